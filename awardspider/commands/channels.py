"""`scrapy channels`: add, list, test, pause, resume and remove channels, rotate secrets."""

from __future__ import annotations

import argparse
import contextlib
import difflib
import getpass
import re
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from rich.text import Text

from awardspider import clock
from awardspider.commands._channel_check import send_test_message
from awardspider.commands._command import ActionCommand
from awardspider.commands._listing import add_format_options, age, chosen_format, print_records, print_table
from awardspider.commands._options import choice, choices
from awardspider.commands._table import Column, FittedTable
from awardspider.crawling.sandbox_check import require_sandbox
from awardspider.delivery.channels import KINDS, channel_class
from awardspider.delivery.channels.configuration import (
    OPERATOR,
    OPERATOR_EVENTS,
    ConfiguredChannel,
    Origin,
    configured_channels,
    resolve_config,
    with_default_events,
)
from awardspider.delivery.channels.secrets import NEW_KEY, encrypt, is_encrypted, is_reference, resolve
from awardspider.delivery.messages.events import EVENTS
from awardspider.delivery.outbox.dispatcher import build_channel_context
from awardspider.items import EventType, Priority
from awardspider.outcomes import InvalidArgument, InvalidSetting
from awardspider.search.promotion_watches import PromotionWatch
from awardspider.search.watches import Watch
from awardspider.storage.channels import (
    ChannelRow,
    ChannelState,
    PausedBy,
    channel_states,
    pause_channel,
    remove_channel,
    resume_channel,
    save_channel,
)
from awardspider.storage.promotion_watches import read_promotion_watches
from awardspider.storage.watches import find_watches

FIELDS = ("name", "kind", "origin", "address", "events", "priority", "state", "since", "reason", "by", "pending")

#: Values of --events. Digests follow from matches and drops, and test messages are sent only by `scrapy channels test`.
EVENT_CHOICES = tuple(name for name in EVENTS if name not in (EventType.DIGEST, EventType.TEST))

#: Names of options whose values may be secrets; these values are stored as secrets.
_SECRET_OPTIONS = re.compile(r"^header\.|key|token|secret|password|auth", re.IGNORECASE)


class Command(ActionCommand):
    """Add, list, test, pause, resume or remove the channels that messages are sent to.

    Secrets are stored as references or encrypted, and are never printed.
    """

    def add_actions(self) -> None:
        """Add the actions."""
        add = self.add_action("add", "Add a channel", self._add).add_argument
        add("name", help="one word of letters, digits and _")
        add("kind", help=", ".join(KINDS))
        add("address", help="URL or other address of the recipient; - reads it from standard input")
        add("--option", metavar="NAME=VALUE", action="append", help="option of the channel kind; may be repeated")
        add("--secret", metavar="REFERENCE", action="append", help="signing secret: env:NAME, file:PATH or the secret")
        add("--events", metavar="NAMES", help="events to send, separated by commas; operator: those about problems")
        add("--priority", metavar="NAME", help="urgent, normal or digest, unless a watch says otherwise")
        add("--encrypt", action="store_true", help="store the current value of references, encrypted")
        add("--replace", action="store_true", help="replace a channel of this name")
        action = self.add_action("list", "List all channels", self._list)
        add_format_options(action.add_argument)
        self.add_action("test", "Send a test message", self._test).add_argument("name")
        action = self.add_action("pause", "Keep a channel's messages until it is resumed", self._pause)
        action.add_argument("name")
        action.add_argument("--reason", metavar="TEXT", default="by hand", help="shown in the list of channels")
        self.add_action("resume", "Resume sending a paused channel's messages", self._resume).add_argument("name")
        action = self.add_action("rotate", "Replace the signing secret of a webhook", self._rotate)
        action.add_argument("name")
        action.add_argument("--secret", metavar="REFERENCE", help="new secret: env:NAME, file:PATH or the secret")
        action.add_argument("--encrypt", action="store_true", help="store the current value of a reference, encrypted")
        action.add_argument("--revoke-old", action="store_true", help="keep only the newest secret")
        self.add_action("remove", "Remove a channel and cancel its messages", self._remove).add_argument("name")

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        """Open the store and run the chosen action."""
        self._store = self.store()
        super().run_command(args, opts)

    @property
    def _key(self) -> str:
        return str(self.settings["AWARD_SECRET_KEY"] or "")

    def _find(self, name: str) -> ConfiguredChannel:
        known = configured_channels(self._store, self.settings)
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
            hint = f"did you mean {close[0]}?" if close else "scrapy channels list shows all"
            raise InvalidArgument(f"unknown channel {name} ({hint})")
        return known[name]

    # ---- add and rotate ----

    def _add(self, opts: argparse.Namespace) -> None:
        name, kind_name = opts.name, opts.kind
        if not name.isidentifier():
            raise InvalidArgument("a channel's name is one word of letters, digits and _, such as family_telegram")
        if "://" in kind_name:  # may be the address, which is secret, so it is not printed
            raise InvalidArgument("expected name, kind and address: scrapy channels add NAME KIND ADDRESS")
        kind = channel_class(kind_name)
        known = configured_channels(self._store, self.settings).get(name)
        if known and known.origin is Origin.ENVIRONMENT:
            raise InvalidArgument(f"the settings already define a channel {name}; choose another name")
        if known and not opts.replace:
            raise InvalidArgument(f"a channel {name} exists; --replace replaces it")
        if kind.syncs_rows and (opts.events or opts.priority):
            raise InvalidArgument(f"a {kind_name} channel syncs rows; --events and --priority are for messages")
        if opts.secret and kind_name != "webhook":
            raise InvalidArgument(f"--secret signs webhooks; a {kind_name} channel has no secret")
        address = _read_line() if opts.address == "-" else opts.address
        options = _parse_options(opts.option or [])
        row = ChannelRow(
            name=name,
            kind=kind_name,
            address=self._stored(address, "the address", secret=kind.address_is_secret, resolved=opts.encrypt),
            options={
                option: self._stored(value, option, secret=bool(_SECRET_OPTIONS.search(option)), resolved=opts.encrypt)
                for option, value in options.items()
            },
            secrets=tuple(
                self._stored(secret, "--secret", secret=True, resolved=opts.encrypt) for secret in opts.secret or []
            ),
            events=_parse_events(opts.events),
            priority=Priority(choice("--priority", opts.priority or Priority.NORMAL, Priority)),
            created_at=clock.now(),
        )
        kind.check(resolve_config(row, self.settings), build_channel_context(self._store, self.settings))
        if kind.syncs_rows:
            self._refuse_shared_spreadsheet(row)
        save_channel(self._store, row)
        print(f"{'Replaced' if known else 'Added'} {name} ({kind_name}). Try it: scrapy channels test {name}")

    def _refuse_shared_spreadsheet(self, row: ChannelRow) -> None:
        """Raise InvalidArgument if another channel syncs this spreadsheet: both would add every row."""
        # Imported here because the import takes a third of a second.
        from awardspider.delivery.channels.sheets.account import spreadsheet_id

        def spreadsheet(channel: ChannelRow) -> str:
            return spreadsheet_id(resolve_config(channel, self.settings).address)

        for name, other in configured_channels(self._store, self.settings).items():
            if name == row.name or other.row.kind != row.kind:
                continue
            with contextlib.suppress(InvalidSetting):  # an unusable channel cannot conflict
                if spreadsheet(other.row) == spreadsheet(row):
                    raise InvalidArgument(f"the channel {name} already syncs that spreadsheet")

    def _rotate(self, opts: argparse.Namespace) -> None:
        name = opts.name
        found = self._find(name)
        if found.origin is Origin.ENVIRONMENT:
            raise InvalidArgument(
                f"{name} comes from the settings; put the new secret before the old one in AWARD_WEBHOOK_SECRET, "
                "separated by a space"
            )
        if found.row.kind != "webhook":
            raise InvalidArgument(f"{name} is of kind {found.row.kind}; only webhooks have a signing secret")
        if not (opts.secret or opts.revoke_old):
            raise InvalidArgument("rotate needs --secret, --revoke-old or both")
        new = [self._stored(opts.secret, "--secret", secret=True, resolved=opts.encrypt)] if opts.secret else []
        secrets = (*new, *found.row.secrets)[: 1 if opts.revoke_old else 2]
        row = replace(found.row, secrets=secrets)
        channel_class(row.kind).check(
            resolve_config(row, self.settings), build_channel_context(self._store, self.settings)
        )
        state = self._state(name)
        save_channel(self._store, row)
        if state.paused_at:  # saving a channel resumes it
            reason, by = state.paused_reason or "", state.paused_by or PausedBy.OPERATOR
            pause_channel(self._store, name, reason=reason, by=by, now=state.paused_at)
        if len(secrets) == 2:
            print(
                f"{name} signs with two secrets, the new one first. Once the recipient has the new one: "
                f"scrapy channels rotate {name} --revoke-old"
            )
        else:
            print(f"{name} signs with one secret." if secrets else f"{name} has no secret and does not sign.")

    def _stored(self, text: str, subject: str, *, secret: bool, resolved: bool) -> str:
        """Return a value in its stored form: references and public values unchanged, plain secrets encrypted.

        If `resolved` is True, a reference is resolved first, and the value is always encrypted.
        """
        text = text.strip()
        if not text:
            raise InvalidArgument(f"{subject} is empty")
        if is_encrypted(text):
            raise InvalidArgument(f"{subject} is already encrypted; give the plain value, env:NAME or file:PATH")
        if not (resolved or (secret and not is_reference(text))):
            return text
        if not self._key:
            raise InvalidArgument(
                f"{subject} is a secret and would be stored in plain text. Give env:NAME or file:PATH, or set "
                f"AWARD_SECRET_KEY to encrypt it; create a key with {NEW_KEY}"
            )
        return encrypt(resolve(text, self._key), self._key)

    # ---- other actions ----

    def _list(self, opts: argparse.Namespace) -> None:
        output_format = chosen_format(opts)
        states, now = channel_states(self._store), clock.now()
        records = [
            self._record(channel, states.get(name, ChannelState(name=name)), now)
            for name, channel in configured_channels(self._store, self.settings).items()
        ]
        if output_format == "table":
            notes = (
                [] if records else ["no channels; add one: scrapy channels add NAME KIND ADDRESS, see docs/channels.md"]
            )
            print_table(_table(records, notes, now))
        else:
            print_records(records, FIELDS, output_format)

    def _record(self, channel: ConfiguredChannel, state: ChannelState, now: datetime) -> dict[str, Any]:
        row = with_default_events(channel.row)
        backing_off = state.backoff_until is not None and state.backoff_until > now
        return {
            "name": row.name,
            "kind": row.kind,
            "origin": channel.origin,
            "address": self._shown(row),
            "events": ", ".join(row.events),
            "priority": row.priority if row.events else None,
            "state": "paused" if state.paused_at else "backing off" if backing_off else "active",
            "since": state.paused_at.isoformat() if state.paused_at else None,
            "reason": state.paused_reason,
            "by": state.paused_by,
            "pending": state.pending,
        }

    def _shown(self, row: ChannelRow) -> str:
        """Return an address without secrets: only the host of a secret URL, only the service of an Apprise URL."""
        try:
            address = resolve(row.address, self._key) if is_encrypted(row.address) else row.address
        except InvalidSetting:
            return "encrypted"
        if is_reference(address):
            return address
        scheme, slashes, _ = address.partition("://")
        if row.kind == "apprise":
            return f"{scheme}://…" if slashes else "…"
        if slashes and channel_class(row.kind).address_is_secret:
            return f"{scheme}://{urlsplit(address).hostname}/…"
        return "…" if channel_class(row.kind).address_is_secret else address

    def _test(self, opts: argparse.Namespace) -> None:
        name = opts.name
        row = self._find(name).row
        require_sandbox(self.settings)
        check = send_test_message(self._store, row, self.settings)
        print(f"{name}: {check.text}")
        if check.preview:
            where = "This was sent to the sandbox" if check.is_sent else "Outside the sandbox, this would be sent"
            print(f"{where}:\n\n{textwrap.indent(check.preview, '  ')}\n")
        if check.preview and not check.is_sent:
            print("The sandbox receives messages to https://hooks.example.com/… (kind webhook) and")
            print("json://hooks.example.com/… (kind apprise).")
        if self._state(name).paused_at:
            print(f"{name} is still paused; resume it: scrapy channels resume {name}")
        self.exitcode = 0 if check.is_sent else 1

    def _pause(self, opts: argparse.Namespace) -> None:
        self._find(opts.name)
        paused = pause_channel(self._store, opts.name, reason=opts.reason, by=PausedBy.OPERATOR, now=clock.now())
        print(f"{opts.name} is {'' if paused else 'already '}paused. Its messages stay pending.")

    def _resume(self, opts: argparse.Namespace) -> None:
        self._find(opts.name)
        resumed = resume_channel(self._store, opts.name, now=clock.now())
        pending = self._state(opts.name).pending
        note = f"; scrapy deliver sends its {pending} pending messages" if pending else ""
        print(f"{opts.name} is {'' if resumed else 'already '}active{note}.")

    def _remove(self, opts: argparse.Namespace) -> None:
        if self._find(opts.name).origin is Origin.ENVIRONMENT:
            raise InvalidArgument(
                f"{opts.name} comes from the settings; remove it from AWARD_GOOGLE_SHEET or AWARD_WEBHOOKS, or "
                f"scrapy channels pause {opts.name}"
            )
        canceled = remove_channel(self._store, opts.name, clock.now())
        print(f"Removed {opts.name}." + (f" {canceled} pending messages are canceled." if canceled else ""))
        now = clock.now()
        stored: list[Watch | PromotionWatch] = [
            *(each.watch for each in find_watches(self._store, now=now, active_only=False)),
            *(each.watch for each in read_promotion_watches(self._store, now=now).readable),
        ]
        watches = [watch.name for watch in stored if watch.notify and opts.name in dict(watch.notify.channels)]
        if watches:
            print(f"These watches still name it and no longer notify it: {', '.join(watches)}. Edit and import them.")

    def _state(self, name: str) -> ChannelState:
        return channel_states(self._store).get(name, ChannelState(name=name))


def _parse_events(text: str | None) -> tuple[EventType, ...]:
    """Return the events of --events; `operator` means all events for the operator."""
    chosen = choices("--events", text, (*EVENT_CHOICES, OPERATOR))
    names = [event for name in chosen for event in (OPERATOR_EVENTS if name == OPERATOR else (EventType(name),))]
    return tuple(dict.fromkeys(names))


def _parse_options(given: Sequence[str]) -> dict[str, str]:
    options: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise InvalidArgument("--option: expected NAME=VALUE, such as timeout=20")
        if name in options:
            raise InvalidArgument(f"--option: {name} is given twice")
        options[name] = value
    return options


def _read_line() -> str:
    """Return the first line of standard input; on a terminal, the typed text is hidden."""
    line = getpass.getpass("address: ") if sys.stdin.isatty() else sys.stdin.readline()
    return line.strip()


def _table(records: list[dict[str, Any]], notes: list[str], now: datetime) -> FittedTable[dict[str, Any]]:
    def state(row: dict[str, Any]) -> Text:
        if row["state"] == "paused":
            return Text(f"paused {age(datetime.fromisoformat(row['since']), now)}", style="yellow")
        return Text(row["state"], style="green" if row["state"] == "active" else "default")

    columns = [
        Column[dict[str, Any]](title="name", rank=0, text=lambda row: row["name"], min_width=12),
        Column[dict[str, Any]](title="kind", rank=2, text=lambda row: row["kind"]),
        Column[dict[str, Any]](title="address", rank=4, text=lambda row: row["address"], min_width=16),
        Column[dict[str, Any]](title="state", rank=1, text=state),
        Column[dict[str, Any]](title="pending", rank=3, text=lambda row: str(row["pending"]), right=True),
        Column[dict[str, Any]](
            title="reason", rank=5, text=lambda row: row["reason"] or "", optional=True, min_width=16
        ),
        Column[dict[str, Any]](title="priority", rank=7, text=lambda row: row["priority"] or ""),
        Column[dict[str, Any]](title="events", rank=8, text=lambda row: row["events"] or "rows"),
        Column[dict[str, Any]](title="origin", rank=9, text=lambda row: row["origin"]),
    ]
    return FittedTable(records, columns, notes)
