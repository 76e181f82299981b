"""`scrapy watches`: import, list, pause, resume and remove watches."""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from awardspider.commands._command import ActionCommand
from awardspider.commands._listing import add_format_options, chosen_format, print_records, print_table
from awardspider.commands._spiders import search_capabilities
from awardspider.commands._table import Column, FittedTable
from awardspider.delivery.channels.configuration import SYNCED_KIND, configured_channels
from awardspider.environment import expand_path
from awardspider.programs import Access, programs
from awardspider.search.budgets import effective_budget, parse_budget
from awardspider.search.notify_prefs import DIGEST_AT, NotifyPrefs
from awardspider.search.request_estimates import requests_per_crawl
from awardspider.search.watch_file import load_watches
from awardspider.search.watches import Watch
from awardspider.storage.store import Store
from awardspider.storage.watches import (
    SaveResult,
    StoredWatch,
    WatchEntry,
    find_entry,
    find_watches,
    read_watches,
    remove_watch,
    save_watches,
    set_active,
)

FIELDS = (
    "id", "name", "state", "programs", "origin", "destination", "dates", "cabins", "max_miles", "travelers",
    "min_seats", "max_stops", "allow_mixed_cabin", "channels", "quiet_hours", "timezone", "max_per_day", "digest_at",
    "digest_size",
)  # fmt: skip

INVALID = "invalid"  # the state of a watch whose stored definition is unreadable


class Command(ActionCommand):
    """Import, list, pause, resume or remove watches.

    A watch's name needs no quotes, and case is ignored.
    """

    def add_actions(self) -> None:
        """Add the actions."""
        action = self.add_action("import", "Add or update the watches of a YAML file", self._import)
        action.add_argument("file", type=expand_path, help="file, such as deploy/watches.example.yaml")
        action = self.add_action("list", "List all watches", self._list)
        add_format_options(action.add_argument)
        for name, help, handler in (
            ("pause", "Stop searching for a watch and sending its messages", self._pause),
            ("resume", "Search for a paused watch again", self._resume),
            ("remove", "Delete a watch and its pending messages; its offers stay", self._remove),
        ):
            self.add_action(name, help, handler).add_argument("name", nargs="+", help="name of the watch")

    def _import(self, opts: argparse.Namespace) -> None:
        store = self.store()
        configured = configured_channels(store, self.settings)
        spreadsheets = [name for name, channel in configured.items() if channel.row.kind == SYNCED_KIND]
        watches = load_watches(opts.file, [name for name in configured if name not in spreadsheets], spreadsheets)
        counts = Counter(saved.result for saved in save_watches(store, watches, now=datetime.now(UTC)))
        print(f"{opts.file}: {', '.join(f'{counts[result]} {result}' for result in SaveResult)}.")
        self._print_requests(watches, store)

    def _print_requests(self, watches: list[Watch], store: Store) -> None:
        """Print how many requests a day each watch of the file causes, and all active watches together."""
        now, capabilities = datetime.now(UTC), search_capabilities(self.settings)
        keys = self.settings.getdict("AWARD_KEYS")
        # Without a key, a program is crawled only if a watch names it.
        lacking = {key for key, program in programs().items() if program.access is Access.KEY and not keys.get(key)}

        def requests(of_watches: list[Watch]) -> dict[str, int]:
            unused = {key for key in lacking if not any(watch.names_source(key) for watch in of_watches)}
            return requests_per_crawl(
                of_watches, {key: value for key, value in capabilities.items() if key not in unused}, now
            )

        rows = [(watch.name, requests([watch])) for watch in watches if watch.active]
        total = requests([stored.watch for stored in find_watches(store, now=now)])
        rows.append(("all active watches", total))
        chosen = parse_budget(self.settings["AWARD_BUDGET"])
        notes = []
        for key, count in total.items():
            limit = effective_budget(programs()[key], chosen).per_day
            if limit is not None and count > limit:
                days = -(-count // limit) if limit else None
                takes = f"so a crawl of all days takes {days} days" if days else "so nothing is searched"
                notes.append(f"{key}: {count:,} requests, but its budget is {limit:,} a day, {takes}")
        print("\nRequests a day with one crawl a day, without the itineraries of days that could match:\n")
        print_table(_requests_table(rows, notes))

    def _pause(self, opts: argparse.Namespace) -> None:
        self._set_active(opts, active=False)

    def _resume(self, opts: argparse.Namespace) -> None:
        self._set_active(opts, active=True)

    def _set_active(self, opts: argparse.Namespace, *, active: bool) -> None:
        store = self.store()
        entry = find_entry(store, " ".join(opts.name))
        already = "" if set_active(store, entry.id, active, now=datetime.now(UTC)) else "already "
        print(f"'{entry.name}' is {already}{'active' if active else 'paused'}.")

    def _remove(self, opts: argparse.Namespace) -> None:
        store = self.store()
        entry = find_entry(store, " ".join(opts.name))
        remove_watch(store, entry.id, datetime.now(UTC))
        print(f"Removed '{entry.name}'. Its offers and their history are kept.")

    def _list(self, opts: argparse.Namespace) -> None:
        output_format = chosen_format(opts)
        now = datetime.now(UTC)
        found = read_watches(self.store(), now=now)
        records = [_record(stored, now.date()) for stored in found.readable]
        records += [_unreadable_record(entry) for entry in found.unreadable]
        if output_format == "table":
            notes = [] if records else ["no watches; try scrapy watches import deploy/watches.example.yaml"]
            notes += [f"'{entry.name}' is invalid and not searched: {entry.error}" for entry in found.unreadable]
            print_table(_table(records, notes))
        else:
            print_records(records, FIELDS, output_format)


def _unreadable_record(entry: WatchEntry) -> dict[str, Any]:
    return dict.fromkeys(FIELDS) | {"id": entry.id, "name": entry.name, "state": INVALID}


def _record(stored: StoredWatch, today: date) -> dict[str, Any]:
    """Return a watch as flat values keyed by FIELDS, with lists joined by commas."""
    watch = stored.watch
    prefs = watch.notify or NotifyPrefs()
    expired = stored.is_expired or watch.dates.is_over(today)
    return {
        "id": watch.id,
        "name": watch.name,
        "state": "paused" if not watch.active else "expired" if expired else "active",
        "programs": ", ".join(watch.programs),
        "origin": watch.origin.text,
        "destination": watch.destination.text,
        "dates": watch.dates.text,
        "cabins": ", ".join(watch.cabins),
        "max_miles": watch.max_miles,
        "travelers": watch.travelers,
        "min_seats": watch.min_seats,
        "max_stops": watch.max_stops,
        "allow_mixed_cabin": watch.allow_mixed_cabin,
        "channels": ", ".join(f"{name}: {priority}" for name, priority in prefs.channels),
        "quiet_hours": "-".join(f"{time:%H:%M}" for time in prefs.quiet_hours or ()),
        "timezone": prefs.timezone or watch.owner_timezone,
        "max_per_day": prefs.max_per_day,
        "digest_at": f"{prefs.digest_at:%H:%M}",
        "digest_size": prefs.digest_size,
    }


def _table(records: list[dict[str, Any]], notes: list[str]) -> FittedTable[dict[str, Any]]:
    columns = [
        Column[dict[str, Any]](title="name", rank=0, text=lambda row: row["name"], min_width=20),
        Column[dict[str, Any]](title="state", rank=4, text=lambda row: row["state"]),
        Column[dict[str, Any]](title="from", rank=1, text=lambda row: row["origin"], min_width=7),
        Column[dict[str, Any]](title="to", rank=1, text=lambda row: row["destination"], min_width=7),
        Column[dict[str, Any]](title="dates", rank=3, text=lambda row: row["dates"], min_width=11),
        Column[dict[str, Any]](title="notifies", rank=2, text=_notifies, min_width=24),
        Column[dict[str, Any]](title="cabins", rank=6, text=lambda row: row["cabins"] or "any", min_width=10),
        Column[dict[str, Any]](
            title="miles", rank=5, text=lambda row: f"≤ {row['max_miles']:,}" if row["max_miles"] else "any", right=True
        ),
        Column[dict[str, Any]](title="party", rank=7, text=lambda row: str(row["travelers"]), right=True),
        Column[dict[str, Any]](title="stops", rank=8, text=_stops, right=True, optional=True),
        Column[dict[str, Any]](title="programs", rank=9, text=lambda row: row["programs"], optional=True),
    ]
    return FittedTable(records, [*columns[:2], *map(_if_readable, columns[2:])], notes)


def _if_readable(column: Column[dict[str, Any]]) -> Column[dict[str, Any]]:
    """Return the column with blank cells for watches whose definition is invalid."""
    return replace(column, text=lambda row: "" if row["state"] == INVALID else column.text(row))


def _notifies(row: dict[str, Any]) -> str:
    """Return who is notified of a watch and when, such as `phone: urgent; quiet 22:00-07:00 (Asia/Tokyo)`."""
    texts = [row["channels"] or "all channels"]
    if row["quiet_hours"]:
        texts.append(f"quiet {row['quiet_hours']}")
    if row["max_per_day"]:
        texts.append(f"≤ {row['max_per_day']} a day")
    if "digest" in row["channels"] or row["digest_at"] != f"{DIGEST_AT:%H:%M}":
        texts.append(f"digest {row['digest_at']}")
    has_times = len(texts) > 1 + bool(row["max_per_day"])
    return "; ".join(texts) + (f" ({row['timezone']})" if has_times else "")


def _requests_table(
    rows: list[tuple[str, dict[str, int]]], notes: list[str]
) -> FittedTable[tuple[str, dict[str, int]]]:
    """Return a table of watches with the requests that they cause, by program."""
    columns = [
        Column[tuple[str, dict[str, int]]](title="watch", rank=0, text=lambda row: row[0], min_width=20),
        Column[tuple[str, dict[str, int]]](
            title="requests", rank=1, text=lambda row: f"{sum(row[1].values()):,}", right=True
        ),
        Column[tuple[str, dict[str, int]]](title="programs", rank=2, text=_by_program, min_width=20),
    ]
    return FittedTable(rows, columns, notes)


def _by_program(row: tuple[str, dict[str, int]]) -> str:
    counts = sorted(row[1].items(), key=lambda entry: (-entry[1], entry[0]))
    return ", ".join(f"{key} {count:,}" for key, count in counts)


def _stops(row: dict[str, Any]) -> str:
    return "" if row["max_stops"] is None else f"≤ {row['max_stops']}"
