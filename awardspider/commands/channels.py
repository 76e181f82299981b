"""`scrapy channels`: where alerts go: add, list, test, pause, resume, rotate a secret, remove."""

from __future__ import annotations

import argparse
import contextlib
import difflib
import getpass
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from rich.text import Text
from scrapy.exceptions import UsageError

from awardspider.commands._command import AwardCommand
from awardspider.commands._listing import FORMATS, age, print_records, print_table
from awardspider.commands._options import one_of, some_of
from awardspider.commands._table import Column, FittedTable
from awardspider.delivery.channels import kind_of, open_channel
from awardspider.delivery.channels.base import Message, Verdict
from awardspider.delivery.channels.configuration import Configured, config_of, configured, with_events
from awardspider.delivery.channels.secrets import NEW_KEY, is_reference, resolve, seal
from awardspider.delivery.messages.events import EVENTS, Test, body_of
from awardspider.delivery.outbox.dispatcher import surroundings_of
from awardspider.outcomes import InvalidArgument, InvalidSetting
from awardspider.storage.channels import (
    LEVELS,
    ChannelRow,
    ChannelState,
    channel_states_of,
    pause_channel,
    remove_channel,
    resume_channel,
    save_channel,
)

FIELDS = ("name", "kind", "origin", "address", "events", "level", "state", "since", "reason", "by", "waiting")

# Each action with what follows it.
ACTIONS = {
    "add": ("NAME", "KIND", "ADDRESS"),
    "list": (),
    "test": ("NAME",),
    "pause": ("NAME",),
    "resume": ("NAME",),
    "rotate": ("NAME",),
    "remove": ("NAME",),
}

# Which options go with which action; given with another, they would be passed over in silence.
GOES_WITH = {
    "option": ("add",), "secret": ("add", "rotate"), "events": ("add",), "level": ("add",), "seal": ("add", "rotate"),
    "replace": ("add",), "format": ("list",), "reason": ("pause",), "drop_old": ("rotate",),
}  # fmt: skip

# What can be chosen: a digest is a level, and a test is made by hand.
CHOICES = tuple(name for name in EVENTS if name not in ("digest", "test"))

# Values of options that are sealed like secrets; the others are numbers and words of no interest to anybody.
_MAY_BE_SECRET = re.compile(r"^header\.|key|token|secret|password|auth", re.IGNORECASE)

_SAID = {
    Verdict.SENT: "sent",
    Verdict.LATER: "not sent, another try may work",
    Verdict.NEVER: "not sent, and it would not be taken another time either",
    Verdict.UNKNOWN: "perhaps sent",
}


class Command(AwardCommand):
    """Keeps channels. Secrets come in as references, or are encrypted before they are stored; none goes out."""

    def syntax(self) -> str:
        return " | ".join(" ".join((action, *follows)) for action, follows in ACTIONS.items())

    def short_desc(self) -> str:
        return "Add, list, test, pause, resume or remove the channels that alerts go to"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        add = parser.add_argument
        add("--option", metavar="NAME=VALUE", action="append", help="of add: an option of the kind; several times")
        add("--secret", metavar="REFERENCE", action="append", help="of add and rotate: env:NAME, file:PATH or itself")
        add("--events", metavar="NAMES", help="of add: which events it wants, with commas between")
        add("--level", metavar="NAME", help="of add: urgent, normal or digest, for watches that do not say")
        add("--seal", action="store_true", help="of add and rotate: encrypt also what a reference stands for now")
        add("--replace", action="store_true", help="of add: in place of a channel that has the name")
        add("--reason", metavar="TEXT", help="of pause: why, for the list")
        add("--drop-old", action="store_true", help="of rotate: only the newest secret stays")
        add("--format", metavar="NAME", help="of list: table, json or csv")

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        action, *rest = args or [""]
        if action not in ACTIONS or len(rest) != len(ACTIONS[action]):
            raise UsageError(f"write scrapy channels {self.syntax()}")
        for option, actions in GOES_WITH.items():
            if getattr(opts, option) and action not in actions:
                raise InvalidArgument(
                    f"--{option.replace('_', '-')} goes with {' and '.join(actions)}, not with {action}"
                )
        self._store = self.store()
        if action == "add":
            self._add(opts, *rest)
        elif action == "list":
            self._list(one_of("--format", opts.format or "table", FORMATS))
        elif action == "test":
            self._test(rest[0])
        elif action == "rotate":
            self._rotate(rest[0], opts)
        elif action == "remove":
            self._remove(rest[0])
        else:
            self._pause(rest[0], opts.reason) if action == "pause" else self._resume(rest[0])

    # ---- what the settings say ----

    @property
    def _key(self) -> str:
        return str(self.settings["AWARD_SECRET_KEY"] or "")

    def _find(self, name: str) -> Configured:
        known = configured(self._store, self.settings)
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
            meant = f"did you mean {near[0]}?" if near else "scrapy channels list shows all"
            raise InvalidArgument(f"there is no channel {name}; {meant}")
        return known[name]

    # ---- add and rotate ----

    def _add(self, opts: argparse.Namespace, name: str, kind_name: str, address: str) -> None:
        if not name.isidentifier():
            raise InvalidArgument("a channel's name is one word of letters, digits and _, such as family_telegram")
        if "://" in kind_name:  # an address, which no sentence may repeat
            raise InvalidArgument(
                "write the name, the kind and then the address: scrapy channels add NAME KIND ADDRESS"
            )
        kind = kind_of(kind_name)
        known = configured(self._store, self.settings).get(name)
        if known and known.origin == "environment":
            raise InvalidArgument(f"the settings name a channel {name} already; take another name")
        if known and not opts.replace:
            raise InvalidArgument(f"there is a channel {name} already; --replace puts this one in its place")
        if kind.writes_rows and (opts.events or opts.level):
            raise InvalidArgument(f"a channel of kind {kind_name} keeps rows; --events and --level are for messages")
        if opts.secret and kind_name != "webhook":
            raise InvalidArgument(f"--secret is what webhooks are signed with; a channel of kind {kind_name} has none")
        given = _read_line() if address == "-" else address
        options = _options_of(opts.option or [])
        row = ChannelRow(
            name=name,
            kind=kind_name,
            address=self._stored(given, "the address", secret=kind.address_is_secret, all_of_it=opts.seal),
            options={
                option: self._stored(value, option, secret=bool(_MAY_BE_SECRET.search(option)), all_of_it=opts.seal)
                for option, value in options.items()
            },
            secrets=tuple(
                self._stored(each, "--secret", secret=True, all_of_it=opts.seal) for each in opts.secret or []
            ),
            events=tuple(some_of("--events", opts.events, CHOICES)),
            level=one_of("--level", opts.level or "normal", LEVELS),
            created_at=datetime.now(UTC),
        )
        kind.check(config_of(row, self.settings), surroundings_of(self._store, self.settings))
        if kind.writes_rows:
            self._must_be_the_only_one(row)
        save_channel(self._store, row)
        print(f"{'Replaced' if known else 'Added'} {name} ({kind_name}). Try it: scrapy channels test {name}")

    def _must_be_the_only_one(self, row: ChannelRow) -> None:
        """Raise BadArgument where another channel keeps this spreadsheet: at the same time, each adds every row."""
        from awardspider.delivery.channels.sheets.account import (
            spreadsheet_id,  # here, because it takes a third of a second
        )

        def sheet(of: ChannelRow) -> str:
            return spreadsheet_id(config_of(of, self.settings).address)

        for name, each in configured(self._store, self.settings).items():
            if name == row.name or each.row.kind != row.kind:
                continue
            with contextlib.suppress(InvalidSetting):  # of a channel that cannot be used anyway
                if sheet(each.row) == sheet(row):
                    raise InvalidArgument(
                        f"the channel {name} keeps that spreadsheet already; one channel a spreadsheet"
                    )

    def _rotate(self, name: str, opts: argparse.Namespace) -> None:
        found = self._find(name)
        if found.origin == "environment":
            raise InvalidArgument(f"{name} is of the settings; write the new secret before the old one in "
                              "AWARD_WEBHOOK_SECRET, with a blank between")  # fmt: skip
        if found.row.kind != "webhook":
            raise InvalidArgument(f"{name} is of kind {found.row.kind}; only webhooks are signed with a secret of ours")
        given = opts.secret or []
        if len(given) > 1 or not (given or opts.drop_old):
            raise InvalidArgument("rotate takes one --secret, --drop-old or both")
        new = [self._stored(each, "--secret", secret=True, all_of_it=opts.seal) for each in given]
        secrets = (*new, *found.row.secrets)[: 1 if opts.drop_old else 2]
        row = replace(found.row, secrets=secrets)
        kind_of(row.kind).check(config_of(row, self.settings), surroundings_of(self._store, self.settings))
        state = self._state(name)
        save_channel(self._store, row)
        if state.paused_at:  # saving begins anew, but this is the same channel
            reason, by = state.paused_reason or "", state.paused_by or "operator"
            pause_channel(self._store, name, reason=reason, by=by, now=state.paused_at)
        if len(secrets) == 2:
            print(f"{name} signs with two secrets, the new one first. When the far side knows it: "
                  f"scrapy channels rotate {name} --drop-old")  # fmt: skip
        else:
            print(f"{name} signs with one secret." if secrets else f"{name} has no secret and does not sign.")

    def _stored(self, text: str, what: str, *, secret: bool, all_of_it: bool) -> str:
        """What is stored of a value: a reference as it is, a plain secret encrypted; with `all_of_it` all encrypted."""
        text = text.strip()
        if not text:
            raise InvalidArgument(f"{what} is empty")
        if text.startswith("sealed:"):
            raise InvalidArgument(f"{what} is sealed already; give it plain, or as env:NAME or file:PATH")
        if not (all_of_it or (secret and not is_reference(text))):
            return text
        if not self._key:
            raise InvalidArgument(
                f"{what} is a secret, which is not stored as it is. Write env:NAME for an environment variable that "
                f"holds it, or file:PATH for a file, or set AWARD_SECRET_KEY to have it encrypted; make a key with "
                f"{NEW_KEY}"
            )
        return seal(resolve(text, self._key), self._key)

    # ---- the rest ----

    def _list(self, form: str) -> None:
        states, now = channel_states_of(self._store), datetime.now(UTC)
        records = [
            self._record(each, states.get(name, ChannelState(name=name)), now)
            for name, each in configured(self._store, self.settings).items()
        ]
        if form == "table":
            notes = [] if records else ["there are none: scrapy channels add NAME KIND ADDRESS; see docs/channels.md"]
            print_table(_table(records, notes, now))
        else:
            print_records(records, FIELDS, form)

    def _record(self, each: Configured, state: ChannelState, now: datetime) -> dict[str, Any]:
        row = with_events(each.row)
        resting = state.rests_until is not None and state.rests_until > now
        return {
            "name": row.name,
            "kind": row.kind,
            "origin": each.origin,
            "address": self._shown(row),
            "events": ", ".join(row.events),
            "level": row.level if row.events else None,
            "state": "paused" if state.paused_at else "resting" if resting else "active",
            "since": state.paused_at.isoformat() if state.paused_at else None,
            "reason": state.paused_reason,
            "by": state.paused_by,
            "waiting": state.waiting,
        }

    def _shown(self, row: ChannelRow) -> str:
        """As much of an address as everybody may see: its host, of an Apprise URL only the service."""
        try:
            address = resolve(row.address, self._key) if row.address.startswith("sealed:") else row.address
        except InvalidSetting:
            return "sealed"
        if is_reference(address):
            return address
        scheme, slashes, _ = address.partition("://")
        if row.kind == "apprise":
            return f"{scheme}://…" if slashes else "…"
        if slashes and kind_of(row.kind).address_is_secret:
            return f"{scheme}://{urlsplit(address).hostname}/…"
        return "…" if kind_of(row.kind).address_is_secret else address

    def _test(self, name: str) -> None:
        row = self._find(name).row
        channel = open_channel(config_of(row, self.settings), surroundings_of(self._store, self.settings))
        now = datetime.now(UTC)
        key = f"test:{name}:{now:%Y%m%dT%H%M%S%f}"
        body = body_of(Test(id=key, created_at=now, channel=name))
        try:
            (result,) = channel.deliver(
                [Message(number=0, key=key, type="test", subject=name, body=body, created_at=now)]
            )
        finally:
            channel.close()
        rows = channel.writes_rows and result.verdict is Verdict.SENT
        said = "its rows can be written" if rows else _SAID[result.verdict]
        print(f"{name}: {said}{f': {result.note}' if result.note else ''}")
        if self._state(name).paused_at:
            print(f"{name} is paused all the same: scrapy channels resume {name}")
        self.exitcode = 0 if result.verdict is Verdict.SENT else 1

    def _pause(self, name: str, reason: str | None) -> None:
        self._find(name)
        paused = pause_channel(
            self._store, name, reason=reason or "by hand", by="operator", now=datetime.now(UTC)
        )  # fmt: skip
        print(f"{name} is {'' if paused else 'already '}paused. What is for it waits.")

    def _resume(self, name: str) -> None:
        self._find(name)
        resumed = resume_channel(self._store, name, now=datetime.now(UTC))
        waiting = self._state(name).waiting
        waits = f"; {waiting} that waited go out with the next scrapy deliver" if waiting else ""
        print(f"{name} is {'' if resumed else 'already '}active{waits}.")

    def _remove(self, name: str) -> None:
        if self._find(name).origin == "environment":
            raise InvalidArgument(f"{name} is of the settings (AWARD_GOOGLE_SHEET or AWARD_WEBHOOKS); take it out there, or "
                              f"scrapy channels pause {name}")  # fmt: skip
        canceled = remove_channel(self._store, name, datetime.now(UTC))
        print(f"Removed {name}." + (f" {canceled} messages that waited for it are canceled." if canceled else ""))

    def _state(self, name: str) -> ChannelState:
        return channel_states_of(self._store).get(name, ChannelState(name=name))


def _options_of(given: Sequence[str]) -> dict[str, str]:
    options: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise InvalidArgument("--option takes NAME=VALUE, such as timeout=20")
        if name in options:
            raise InvalidArgument(f"--option gives {name} twice")
        options[name] = value
    return options


def _read_line() -> str:
    """The first line of standard input; on a terminal it is not shown while it is typed."""
    line = getpass.getpass("address: ") if sys.stdin.isatty() else sys.stdin.readline()
    return line.strip()


def _table(records: list[dict[str, Any]], notes: list[str], now: datetime) -> FittedTable[dict[str, Any]]:
    def state(row: dict[str, Any]) -> Text:
        if row["state"] == "paused":
            return Text(f"paused {age(datetime.fromisoformat(row['since']), now)}", style="yellow")
        return Text(row["state"], style="green" if row["state"] == "active" else "default")

    columns = [
        Column[dict[str, Any]](title="name", rank=0, text=lambda row: row["name"], least=12),
        Column[dict[str, Any]](title="kind", rank=2, text=lambda row: row["kind"]),
        Column[dict[str, Any]](title="address", rank=4, text=lambda row: row["address"], least=16),
        Column[dict[str, Any]](title="state", rank=1, text=state),
        Column[dict[str, Any]](title="waiting", rank=3, text=lambda row: str(row["waiting"]), right=True),
        Column[dict[str, Any]](title="why", rank=5, text=lambda row: row["reason"] or "", optional=True, least=16),
        Column[dict[str, Any]](title="level", rank=7, text=lambda row: row["level"] or ""),
        Column[dict[str, Any]](title="events", rank=8, text=lambda row: row["events"] or "rows"),
        Column[dict[str, Any]](title="from", rank=9, text=lambda row: row["origin"]),
    ]
    return FittedTable(records, columns, notes)
