"""`scrapy watches`: what people want to hear about: take over a file, list, pause, resume, remove."""

from __future__ import annotations

import argparse
import difflib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from scrapy.exceptions import UsageError

from awardspider.commands._command import AwardCommand
from awardspider.commands._listing import FORMATS, print_records, print_table
from awardspider.commands._options import one_of
from awardspider.commands._table import Column, FittedTable
from awardspider.outcomes import InvalidArgument
from awardspider.search.watches import Watch, load_watches
from awardspider.storage.store import Store, WatchRow

FIELDS = (
    "name", "state", "programs", "origin", "destination", "dates", "cabins", "max_miles", "travelers", "min_seats",
    "max_stops", "allow_mixed_cabin",
)  # fmt: skip

ACTIONS = {"import": "FILE", "list": "", "pause": "NAME", "resume": "NAME", "remove": "NAME"}


class Command(AwardCommand):
    """Keeps watches; a name may be written without quotes, and in any case."""

    def syntax(self) -> str:
        return " | ".join(f"{action} {what}".strip() for action, what in ACTIONS.items())

    def short_desc(self) -> str:
        return "Import, list, pause, resume or remove watches"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--format", metavar="NAME", default="table", help="of list: table, json or csv")

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        action, *rest = args or [""]
        if action not in ACTIONS or bool(rest) is not bool(ACTIONS[action]):
            raise UsageError(f"write scrapy watches {self.syntax()}")
        named = " ".join(rest)
        form = one_of("--format", opts.format, FORMATS)
        if action == "import":
            self._import(Path(named))
        elif action == "list":
            self._list(form)
        else:
            store = self.store()
            row = _find(store, named)
            if action == "remove":
                store.remove_watch(row.name, datetime.now(UTC))
                print(f"Removed '{row.name}'. Its offers and their history stay.")
            else:
                active = action == "resume"
                changed = row.active is not active
                store.save_watches([WatchRow(name=row.name, active=active, definition=row.definition)])
                print(f"'{row.name}' is {'' if changed else 'already '}{'active' if active else 'paused'}.")

    def _import(self, file: Path) -> None:
        watches = load_watches(file)
        rows = [WatchRow(name=each.name, active=each.active, definition=each.to_definition()) for each in watches]
        added, changed = self.store().save_watches(rows)
        print(f"{file}: {added} new, {changed} changed, {len(rows) - added - changed} as they were.")

    def _list(self, form: str) -> None:
        watches = [Watch.from_definition(row.definition, row.active) for row in self.store().watches(active_only=False)]
        today = datetime.now(UTC).date()
        if form == "table":
            notes = [] if watches else ["there are none: scrapy watches import deploy/watches.example.yaml"]
            print_table(_table([_record(watch, today) for watch in watches], notes))
        else:
            print_records((_record(watch, today) for watch in watches), FIELDS, form)


def _find(store: Store, name: str) -> WatchRow:
    rows = {row.name: row for row in store.watches(active_only=False)}
    if name in rows:
        return rows[name]
    by_folded = {known.casefold(): row for known, row in rows.items()}
    if name.casefold() in by_folded:
        return by_folded[name.casefold()]
    part_of = [folded for folded in by_folded if name.casefold() in folded]
    near = part_of or difflib.get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.4)
    meant = f"did you mean '{by_folded[near[0]].name}'?" if near else "scrapy watches list shows all"
    raise InvalidArgument(f"there is no watch '{name}'; {meant}")


def _record(watch: Watch, today: date) -> dict[str, Any]:
    """A watch under FIELDS, flat: what is several has commas between."""
    over = all(span.on(today).last < today for span in watch.spans)
    return {
        "name": watch.name,
        "state": "paused" if not watch.active else "over" if over else "active",
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
        Column[dict[str, Any]](title="name", rank=0, text=lambda row: row["name"], least=20),
        Column[dict[str, Any]](title="state", rank=3, text=lambda row: row["state"]),
        Column[dict[str, Any]](title="from", rank=1, text=lambda row: row["origin"], least=7),
        Column[dict[str, Any]](title="to", rank=1, text=lambda row: row["destination"], least=7),
        Column[dict[str, Any]](title="dates", rank=2, text=lambda row: row["dates"], least=11),
        Column[dict[str, Any]](title="cabins", rank=5, text=lambda row: row["cabins"] or "any", least=10),
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
