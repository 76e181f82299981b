"""`scrapy channels`: add, list, test, pause, resume and remove channels, rotate secrets."""

from __future__ import annotations

import argparse
import getpass
import sys
import textwrap
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.text import Text

from awardspider import clock
from awardspider.commands._command import ActionCommand
from awardspider.commands._listing import add_format_options, age, chosen_format, print_records, print_table
from awardspider.commands._options import choice, choices
from awardspider.commands._table import Column, FittedTable
from awardspider.crawling.sandbox_check import require_sandbox
from awardspider.delivery.channels import KINDS
from awardspider.delivery.channels.base import ChannelContext
from awardspider.delivery.channels.channel_check import send_test_message
from awardspider.delivery.channels.configuration import (
    OPERATOR,
    OPERATOR_EVENTS,
    ConfiguredChannel,
    configured_channels,
    with_default_events,
)
from awardspider.delivery.channels.management import (
    EVENT_CHOICES,
    NewChannel,
    add_channel,
    channel_state,
    delete_channel,
    find_channel,
    rotate_secret,
    shown_address,
)
from awardspider.delivery.outbox.dispatcher import build_channel_context
from awardspider.items import EventType, Priority
from awardspider.outcomes import InvalidArgument
from awardspider.storage.channels import ChannelState, PausedBy, channel_states, pause_channel, resume_channel

FIELDS = ("name", "kind", "origin", "address", "events", "priority", "state", "since", "reason", "by", "pending")


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
    def _context(self) -> ChannelContext:
        return build_channel_context(self._store, self.settings)

    def _find(self, name: str) -> ConfiguredChannel:
        return find_channel(self._context, name)

    # ---- add and rotate ----

    def _add(self, opts: argparse.Namespace) -> None:
        priority = opts.priority and Priority(choice("--priority", opts.priority, Priority))
        new = NewChannel(
            name=opts.name,
            kind=opts.kind,
            address=_read_line() if opts.address == "-" else opts.address,
            options=_parse_options(opts.option or []),
            secrets=tuple(opts.secret or ()),
            events=_parse_events(opts.events),
            priority=priority or None,
            encrypted=opts.encrypt,
        )
        replaced = add_channel(self._context, new, replaces=opts.replace)
        print(f"{'Replaced' if replaced else 'Added'} {new.name} ({new.kind}). Try it: scrapy channels test {new.name}")

    def _rotate(self, opts: argparse.Namespace) -> None:
        name = opts.name
        secrets = rotate_secret(self._context, name, opts.secret, encrypted=opts.encrypt, revokes_old=opts.revoke_old)
        if secrets == 2:
            print(
                f"{name} signs with two secrets, the new one first. Once the recipient has the new one: "
                f"scrapy channels rotate {name} --revoke-old"
            )
        else:
            print(f"{name} signs with one secret." if secrets else f"{name} has no secret and does not sign.")

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
            "address": shown_address(row, str(self.settings["AWARD_SECRET_KEY"] or "")),
            "events": ", ".join(row.events),
            "priority": row.priority if row.events else None,
            "state": "paused" if state.paused_at else "backing off" if backing_off else "active",
            "since": state.paused_at.isoformat() if state.paused_at else None,
            "reason": state.paused_reason,
            "by": state.paused_by,
            "pending": state.pending,
        }

    def _test(self, opts: argparse.Namespace) -> None:
        name = opts.name
        row = self._find(name).row
        require_sandbox(self.settings)
        check = send_test_message(self._context, row)
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
        removal = delete_channel(self._context, opts.name)
        canceled = f" {removal.canceled} pending messages are canceled." if removal.canceled else ""
        print(f"Removed {opts.name}.{canceled}")
        if removal.watches:
            names = ", ".join(removal.watches)
            print(f"These watches still name it and no longer notify it: {names}. Edit and import them.")

    def _state(self, name: str) -> ChannelState:
        return channel_state(self._context, name)


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
