"""`scrapy outbox`: list, show, retry and cancel messages."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from rich.text import Text

from awardspider import clock
from awardspider.commands._command import ActionCommand
from awardspider.commands._listing import (
    LIMIT_HELP,
    add_format_options,
    age,
    chosen_format,
    print_records,
    print_table,
    row_limit,
)
from awardspider.commands._options import choices
from awardspider.commands._table import Column, FittedTable
from awardspider.items import EventType
from awardspider.operations.texts import number_of
from awardspider.outcomes import InvalidArgument
from awardspider.search.currency_texts import miles_text
from awardspider.storage.outbox import (
    DeliveryStatus,
    OutboxFilter,
    drop_rows,
    find_rows,
    require_rows,
    retry_rows,
    row_with_attempts,
)
from awardspider.storage.store import Store

FIELDS = (
    "id", "status", "channel", "event_type", "subject", "watch", "priority", "attempt_count", "created_at",
    "next_attempt_at", "ended_at", "note", "provider_id", "key", "digest_id",
)  # fmt: skip
_COLORS = {
    DeliveryStatus.SENT: "green",
    DeliveryStatus.IN_DIGEST: "green",
    DeliveryStatus.REJECTED: "red",
    DeliveryStatus.UNKNOWN: "yellow",
    DeliveryStatus.CANCELED: "dim",
}


class Command(ActionCommand):
    """List, show, retry or cancel messages."""

    def add_actions(self) -> None:
        """Add the actions."""
        add = self.add_action("list", "List messages, latest first", self._list).add_argument
        add("--channel", metavar="NAME", help="one or several, separated by commas")
        add("--status", metavar="NAME", help=f"one or several of {', '.join(DeliveryStatus)}, separated by commas")
        add("--limit", metavar="N", help=LIMIT_HELP)
        add_format_options(add)
        for name, help, handler in (
            ("show", "Show messages with their attempts and content", self._show),
            ("retry", "Make messages pending again, whatever their status", self._retry),
            ("cancel", "Cancel messages that have not been sent", self._cancel),
        ):
            self.add_action(name, help, handler).add_argument("number", nargs="+", help="number in scrapy outbox list")

    def _list(self, opts: argparse.Namespace) -> None:
        now = clock.now()
        statuses = [DeliveryStatus(name) for name in choices("--status", opts.status, DeliveryStatus)]
        channels = [name.strip() for name in (opts.channel or "").split(",") if name.strip()]
        output_format = chosen_format(opts)
        limit = row_limit(opts.limit, output_format)
        query = OutboxFilter(channels=channels, statuses=statuses)
        rows = find_rows(self.store(), query, limit=limit and limit + 1)
        if output_format != "table":
            print_records(({name: row[name] for name in FIELDS} for row in rows[:limit]), FIELDS, output_format)
            return
        notes = [] if rows else ["no matching messages"]
        if limit and len(rows) > limit:
            notes.append("more rows exist; --limit 0 shows all")
        print_table(_table(rows[:limit], now, notes))

    def _show(self, opts: argparse.Namespace) -> None:
        now = clock.now()
        for number in [_number(text) for text in opts.number]:
            _show(*row_with_attempts(self.store(), number), now)

    def _retry(self, opts: argparse.Namespace) -> None:
        numbers, store = self._numbers(opts)
        count = retry_rows(store, numbers, clock.now())
        self.exitcode = 0 if count else 1
        print(f"{count} of {len(numbers)} messages are pending again; scrapy deliver sends them.")

    def _numbers(self, opts: argparse.Namespace) -> tuple[list[int], Store]:
        """Return the message numbers, and the store. Raise InvalidArgument if a message does not exist."""
        numbers = list(dict.fromkeys(_number(text) for text in opts.number))
        store = self.store()
        require_rows(store, numbers)
        return numbers, store

    def _cancel(self, opts: argparse.Namespace) -> None:
        numbers, store = self._numbers(opts)
        count = drop_rows(store, numbers, clock.now())
        self.exitcode = 0 if count else 1
        print(f"{count} of {len(numbers)} messages canceled; messages that were sent or are being sent are unchanged.")


def _number(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 10 or int(text) > 2**31 - 1:  # column limit
        raise InvalidArgument(f"{text!r} is not a message number; scrapy outbox list shows them")
    return int(text)


def _subject(row: dict[str, Any]) -> str:
    """Return a short description of a message's subject."""
    body = row["body"]
    if "origin" in body:
        miles = f" {miles_text(body['miles'], body['program'])}" if body.get("miles") is not None else ""
        return f"{body['program']} {body['origin']}-{body['destination']} {body['departure_date']}{miles}"
    if row["event_type"] is EventType.DIGEST:
        return _digest_subject(body)
    return str(body.get("headline") or body.get("program") or body.get("channel") or row["subject"])


def _digest_subject(body: Mapping[str, Any]) -> str:
    """Return what a digest contains, such as `5 offers and 12 more, 2 promotions`."""
    texts = []
    for noun, entries, more in (("offer", "offers", "more"), ("promotion", "promotions", "more_promotions")):
        if shown := len(body.get(entries, ())):
            others = body.get(more, 0)
            texts.append(number_of(shown, noun) + (f" and {others:,} more" if others else ""))
    return ", ".join(texts)


def _table(rows: list[dict[str, Any]], now: datetime, notes: Sequence[str]) -> FittedTable[dict[str, Any]]:
    columns = [
        Column[dict[str, Any]](title="number", rank=0, text=lambda row: str(row["id"]), right=True),
        Column[dict[str, Any]](title="status", rank=1, text=_status),
        Column[dict[str, Any]](title="channel", rank=2, text=lambda row: row["channel"], min_width=8),
        Column[dict[str, Any]](title="event", rank=4, text=lambda row: row["event_type"]),
        Column[dict[str, Any]](title="subject", rank=3, text=_subject, min_width=16),
        Column[dict[str, Any]](title="watch", rank=6, text=lambda row: row["watch"] or "", min_width=10, optional=True),
        Column[dict[str, Any]](title="attempts", rank=7, text=lambda row: str(row["attempt_count"]), right=True),
        Column[dict[str, Any]](title="age", rank=5, text=lambda row: age(row["created_at"], now), right=True),
        Column[dict[str, Any]](
            title="next attempt", rank=5, text=lambda row: _next_attempt(row, now), right=True, optional=True
        ),
        Column[dict[str, Any]](title="note", rank=8, text=lambda row: row["note"] or "", min_width=20, optional=True),
    ]
    return FittedTable(rows, columns, notes)


def _status(row: dict[str, Any]) -> Text:
    return Text(row["status"], style=_COLORS.get(row["status"], ""))


def _next_attempt(row: dict[str, Any], now: datetime) -> str:
    if row["status"] is not DeliveryStatus.PENDING:
        return ""
    return "now" if row["next_attempt_at"] <= now else f"{row['next_attempt_at']:%m-%d %H:%M}"


def _show(row: dict[str, Any], attempts: list[dict[str, Any]], now: datetime) -> None:
    print(f"{row['id']}  {row['status']}  {row['channel']}  {row['event_type']}  {_subject(row)}")
    print(f"  key           {row['key']}")
    print(f"  created       {row['created_at']:%Y-%m-%d %H:%M:%S} UTC (age {age(row['created_at'], now)})")
    for column in ("watch", "priority", "provider_id", "note"):
        if row[column]:
            print(f"  {column.replace('_', ' '):<13} {row[column]}")
    if row["status"] is DeliveryStatus.PENDING:
        print(f"  next attempt  {row['next_attempt_at']:%Y-%m-%d %H:%M:%S} UTC")
    if row["digest_id"]:
        print(f"  digest        {row['digest_id']}")
    for number, attempt in enumerate(attempts, 1):
        took = f" in {attempt['seconds']:.2f} s" if attempt["seconds"] is not None else ""
        retry = f", retry at {attempt['retry_at']:%m-%d %H:%M:%S}" if attempt["retry_at"] else ""
        result = f"{attempt['result']}{took}{retry}: {attempt['note']}"
        print(f"  {f'attempt {number}':<13} {attempt['attempted_at']:%m-%d %H:%M:%S} {result}")
    if row["body"]:
        print(orjson.dumps(row["body"], option=orjson.OPT_INDENT_2).decode())
