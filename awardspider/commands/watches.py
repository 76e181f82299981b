"""`scrapy watches`: import, list, pause, resume and remove watches."""

from __future__ import annotations

import argparse
import difflib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from awardspider.commands._command import ActionCommand
from awardspider.commands._listing import FORMATS, print_records, print_table
from awardspider.commands._options import choice
from awardspider.commands._table import Column, FittedTable
from awardspider.outcomes import InvalidArgument
from awardspider.search.watches import Watch, load_watches
from awardspider.storage.store import Store
from awardspider.storage.watches import WatchRow, find_watches, remove_watch, save_watches

FIELDS = (
    "name", "state", "programs", "origin", "destination", "dates", "cabins", "max_miles", "travelers", "min_seats",
    "max_stops", "allow_mixed_cabin",
)  # fmt: skip


class Command(ActionCommand):
    """Import, list, pause, resume or remove watches.

    A watch's name needs no quotes, and case is ignored.
    """

    def add_actions(self) -> None:
        """Add the actions."""
        action = self.add_action("import", "Add or update the watches of a YAML file", self._import)
        action.add_argument("file", type=Path, help="file, such as deploy/watches.example.yaml")
        action = self.add_action("list", "List all watches", self._list)
        action.add_argument("--format", metavar="NAME", default="table", help="table, json or csv")
        for name, help, handler in (
            ("pause", "Stop searching for a watch and sending its messages", self._pause),
            ("resume", "Search for a paused watch again", self._resume),
            ("remove", "Delete a watch and its pending messages; its offers stay", self._remove),
        ):
            self.add_action(name, help, handler).add_argument("name", nargs="+", help="name of the watch")

    def _import(self, opts: argparse.Namespace) -> None:
        watches = load_watches(opts.file)
        rows = [WatchRow(name=each.name, active=each.active, definition=each.to_definition()) for each in watches]
        added, changed = save_watches(self.store(), rows)
        print(f"{opts.file}: {added} added, {changed} changed, {len(rows) - added - changed} unchanged.")

    def _pause(self, opts: argparse.Namespace) -> None:
        self._set_active(opts, active=False)

    def _resume(self, opts: argparse.Namespace) -> None:
        self._set_active(opts, active=True)

    def _set_active(self, opts: argparse.Namespace, *, active: bool) -> None:
        store = self.store()
        row = _find(store, " ".join(opts.name))
        save_watches(store, [WatchRow(name=row.name, active=active, definition=row.definition)])
        already = "already " if row.active is active else ""
        print(f"'{row.name}' is {already}{'active' if active else 'paused'}.")

    def _remove(self, opts: argparse.Namespace) -> None:
        store = self.store()
        row = _find(store, " ".join(opts.name))
        remove_watch(store, row.name, datetime.now(UTC))
        print(f"Removed '{row.name}'. Its offers and their history are kept.")

    def _list(self, opts: argparse.Namespace) -> None:
        output_format = choice("--format", opts.format, FORMATS)
        watches = [
            Watch.from_definition(row.definition, row.active) for row in find_watches(self.store(), active_only=False)
        ]
        today = datetime.now(UTC).date()
        if output_format == "table":
            notes = [] if watches else ["no watches; try scrapy watches import deploy/watches.example.yaml"]
            print_table(_table([_record(watch, today) for watch in watches], notes))
        else:
            print_records((_record(watch, today) for watch in watches), FIELDS, output_format)


def _find(store: Store, name: str) -> WatchRow:
    rows = {row.name: row for row in find_watches(store, active_only=False)}
    if name in rows:
        return rows[name]
    by_folded = {known.casefold(): row for known, row in rows.items()}
    if name.casefold() in by_folded:
        return by_folded[name.casefold()]
    containing = [folded for folded in by_folded if name.casefold() in folded]
    close = containing or difflib.get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.4)
    hint = f"did you mean '{by_folded[close[0]].name}'?" if close else "scrapy watches list shows all"
    raise InvalidArgument(f"unknown watch '{name}' ({hint})")


def _record(watch: Watch, today: date) -> dict[str, Any]:
    """Return a watch as flat values keyed by FIELDS, with lists joined by commas."""
    expired = all(span.resolve(today).last < today for span in watch.spans)
    return {
        "name": watch.name,
        "state": "paused" if not watch.active else "expired" if expired else "active",
        "programs": ", ".join(watch.programs),
        "origin": ", ".join(watch.origins),
        "destination": ", ".join(watch.destinations),
        "dates": watch.dates,
        "cabins": ", ".join(watch.cabins),
        "max_miles": watch.max_miles,
        "travelers": watch.travelers,
        "min_seats": watch.min_seats,
        "max_stops": watch.max_stops,
        "allow_mixed_cabin": watch.allow_mixed_cabin,
    }


def _table(records: list[dict[str, Any]], notes: list[str]) -> FittedTable[dict[str, Any]]:
    columns = [
        Column[dict[str, Any]](title="name", rank=0, text=lambda row: row["name"], min_width=20),
        Column[dict[str, Any]](title="state", rank=3, text=lambda row: row["state"]),
        Column[dict[str, Any]](title="from", rank=1, text=lambda row: row["origin"], min_width=7),
        Column[dict[str, Any]](title="to", rank=1, text=lambda row: row["destination"], min_width=7),
        Column[dict[str, Any]](title="dates", rank=2, text=lambda row: row["dates"], min_width=11),
        Column[dict[str, Any]](title="cabins", rank=5, text=lambda row: row["cabins"] or "any", min_width=10),
        Column[dict[str, Any]](
            title="miles", rank=4, text=lambda row: f"≤ {row['max_miles']:,}" if row["max_miles"] else "any", right=True
        ),
        Column[dict[str, Any]](title="party", rank=6, text=lambda row: str(row["travelers"]), right=True),
        Column[dict[str, Any]](title="stops", rank=7, text=_stops, right=True, optional=True),
        Column[dict[str, Any]](title="programs", rank=8, text=lambda row: row["programs"], optional=True),
    ]
    return FittedTable(records, columns, notes)


def _stops(row: dict[str, Any]) -> str:
    return "" if row["max_stops"] is None else f"≤ {row['max_stops']}"
