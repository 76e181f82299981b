"""`scrapy outbox`: what was told, what waits, what failed, and putting that right by hand."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from rich.text import Text
from scrapy.exceptions import UsageError

from awardspider.commands._command import AwardCommand
from awardspider.commands._listing import FORMATS, LIMIT_HELP, age, limit_of, print_records, print_table
from awardspider.commands._options import one_of, some_of
from awardspider.commands._table import Column, FittedTable
from awardspider.outcomes import InvalidArgument
from awardspider.storage import outbox
from awardspider.storage.outbox import STATUSES, OutboxFilter

FIELDS = (
    "id", "status", "channel", "kind", "subject", "watch", "level", "tries", "created_at", "due_at", "ended_at", "note",
    "far_id", "key", "part_of",
)  # fmt: skip
ACTIONS = {"list": False, "show": True, "retry": True, "drop": True}
_COLORS = {"sent": "green", "digested": "green", "never": "red", "unknown": "yellow", "canceled": "dim"}


class Command(AwardCommand):
    """Lists the outbox, shows a row with its tries, and lets rows be tried again or dropped."""

    def syntax(self) -> str:
        return "list [options] | show NUMBER | retry NUMBER... | drop NUMBER..."

    def short_desc(self) -> str:
        return "List, show, retry or drop messages"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        add = parser.add_argument
        add("--channel", metavar="NAME", help="one or several, with commas")
        add("--status", metavar="NAME", help=f"{', '.join(STATUSES)}; several with commas")
        add("--limit", metavar="N", help=LIMIT_HELP)
        add("--format", metavar="NAME", default="table", help="of list: table, json or csv")

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        action, *rest = args or ["list"]
        if action not in ACTIONS or bool(rest) is not ACTIONS[action]:
            raise UsageError(f"write scrapy outbox {self.syntax()}")
        now = datetime.now(UTC)
        statuses = some_of("--status", opts.status, STATUSES)
        channels = [part.strip() for part in (opts.channel or "").split(",") if part.strip()]
        if action == "list":
            self._list(OutboxFilter(channels=channels, statuses=statuses), opts, now)
            return
        numbers = [_number(text) for text in rest]
        if action == "show":
            for number in numbers:
                _show(*outbox.row_with_attempts(self.store(), number), now)
        elif action == "retry":
            count = outbox.retry(self.store(), numbers, now)
            print(f"{count} of {len(numbers)} will be tried again; scrapy deliver does it now.")
        else:
            count = outbox.drop(self.store(), numbers, now)
            print(f"{count} of {len(numbers)} dropped; what is sent or on its way stays as it is.")

    def _list(self, wanted: OutboxFilter, opts: argparse.Namespace, now: datetime) -> None:
        form = one_of("--format", opts.format, FORMATS)
        limit = limit_of(opts.limit, form)
        rows = outbox.rows(self.store(), wanted, limit=limit and limit + 1)
        if form != "table":
            print_records(({name: row[name] for name in FIELDS} for row in rows[:limit]), FIELDS, form)
            return
        notes = [] if rows else ["nothing in the outbox fits"]
        if limit and len(rows) > limit:
            notes.append("there are more; --limit 0 shows all")
        print_table(_table(rows[:limit], now, notes))


def _number(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 10 or int(text) > 2**31 - 1:  # as the column holds
        raise InvalidArgument(f"{text!r} is not the number of a message; scrapy outbox list shows them")
    return int(text)


def _what(row: dict[str, Any]) -> str:
    """What a message is about, in a few words."""
    body = row["body"]
    if "origin" in body:
        miles = f" {body['miles']:,} mi" if body.get("miles") is not None else ""
        return f"{body['program']} {body['origin']}-{body['destination']} {body['departure_date']}{miles}"
    if row["kind"] == "digest":
        return f"{len(body['offers'])} offers and {body['more']} more"
    return str(body.get("title") or body.get("program") or body.get("channel") or row["subject"])


def _table(rows: list[dict[str, Any]], now: datetime, notes: Sequence[str]) -> FittedTable[dict[str, Any]]:
    columns = [
        Column[dict[str, Any]](title="number", rank=0, text=lambda row: str(row["id"]), right=True),
        Column[dict[str, Any]](title="status", rank=1, text=_status),
        Column[dict[str, Any]](title="channel", rank=2, text=lambda row: row["channel"], least=8),
        Column[dict[str, Any]](title="kind", rank=4, text=lambda row: row["kind"]),
        Column[dict[str, Any]](title="what", rank=3, text=_what, least=16),
        Column[dict[str, Any]](title="watch", rank=6, text=lambda row: row["watch"] or "", least=10, optional=True),
        Column[dict[str, Any]](title="tries", rank=7, text=lambda row: str(row["tries"]), right=True),
        Column[dict[str, Any]](title="age", rank=5, text=lambda row: age(row["created_at"], now), right=True),
        Column[dict[str, Any]](title="next try", rank=5, text=lambda row: _next(row, now), right=True, optional=True),
        Column[dict[str, Any]](title="note", rank=8, text=lambda row: row["note"] or "", least=20, optional=True),
    ]
    return FittedTable(rows, columns, notes)


def _status(row: dict[str, Any]) -> Text:
    return Text(row["status"], style=_COLORS.get(row["status"], ""))


def _next(row: dict[str, Any], now: datetime) -> str:
    if row["status"] != "waiting":
        return ""
    return "now" if row["due_at"] <= now else f"{row['due_at']:%m-%d %H:%M}"


def _show(row: dict[str, Any], tries: list[dict[str, Any]], now: datetime) -> None:
    print(f"{row['id']}  {row['status']}  {row['channel']}  {row['kind']}  {_what(row)}")
    print(f"  key      {row['key']}")
    print(f"  written  {row['created_at']:%Y-%m-%d %H:%M:%S} UTC, age {age(row['created_at'], now)}")
    for name, title in (("watch", "watch"), ("level", "level"), ("far_id", "far id"), ("note", "note")):
        if row[name]:
            print(f"  {title:<8} {row[name]}")
    if row["status"] == "waiting":
        print(f"  next try {row['due_at']:%Y-%m-%d %H:%M:%S} UTC")
    if row["part_of"]:
        print(f"  part of  the digest {row['part_of']}")
    for number, each in enumerate(tries, 1):
        took = f" in {each['seconds']:.2f} s" if each["seconds"] is not None else ""
        again = f", again {each['later_at']:%m-%d %H:%M:%S}" if each["later_at"] else ""
        print(f"  try {number}    {each['tried_at']:%m-%d %H:%M:%S} {each['result']}{took}{again}: {each['note']}")
    if row["body"]:
        print(orjson.dumps(row["body"], option=orjson.OPT_INDENT_2).decode())
