"""What an export costs: a million price points of 50,000 offers, each form in a process of its own."""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy import insert

from awardspider.storage import schema
from awardspider.storage.export.files import write_files
from awardspider.storage.export.formats import FORMATS
from awardspider.storage.export.rows import open_export
from awardspider.storage.store import Store, open_store

POINTS_OF_AN_OFFER = 20
START = datetime(2026, 11, 1, tzinfo=UTC)
ROWS_AT_ONCE = 20_000


def main(arguments: list[str]) -> None:
    """Fill a database, export it in each form, and print rows a second and the peak memory of the process."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks export")
    parser.add_argument("--points", type=int, default=1_000_000, help="price points; a twentieth as many offers")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    parser.add_argument("--one", metavar="FORM", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.one:
        print(json.dumps(export_once(options.one, options.folder)))
        return
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder), options.points)
        runs = {form: in_a_process(form, folder) for form in ("nothing", *FORMATS)}
    table = Table("form", "rows", "rows a second", "peak MB", "MB written", title="Export")
    for form, run in runs.items():
        rate = f"{run['rows_per_second']:,.0f}" if run["rows"] else "-"
        table.add_row(form, f"{run['rows']:,}", rate, f"{run['peak_mb']:,.0f}", f"{run['written_mb']:,.1f}")
    Console().print(table)
    if options.json:
        csv = runs["csv"]
        figures = {f"rows_per_second_{form}": round(runs[form]["rows_per_second"]) for form in FORMATS}
        figures |= {f"peak_mb_{form}": round(runs[form]["peak_mb"], 1) for form in ("nothing", *FORMATS)}
        figures |= {"rows": csv["rows"], "rows_per_second": round(csv["rows_per_second"])}
        print(json.dumps(figures | {"peak_mb": round(csv["peak_mb"], 1)}))


def fill(folder: Path, points: int) -> None:
    """A database in which prices went up and down."""
    store = open_store("", folder)
    for first in range(0, points // POINTS_OF_AN_OFFER, ROWS_AT_ONCE // POINTS_OF_AN_OFFER):
        numbers = range(first + 1, first + 1 + ROWS_AT_ONCE // POINTS_OF_AN_OFFER)
        with store.writing() as connection:
            connection.execute(insert(schema.offers), [make_offer(number) for number in numbers])
            connection.execute(insert(schema.price_points), [row for number in numbers for row in points_of(number)])
    store.close()


def make_offer(number: int) -> dict[str, Any]:
    """An offer with all that a calendar and its flights tell."""
    return {
        "number": number, "id": f"{number:020x}", "program": "united", "source": "united", "detail": "itinerary",
        "origin": "LAX", "destination": "AUS", "departure_date": date(2027, 1, 1) + timedelta(days=number % 330),
        "cabin": "economy", "miles": 12_500, "taxes": 5.6, "taxes_currency": "USD", "seats": 4, "stops": 0,
        "flights": "UA1297", "segments": '[{"departs_at":"2027-03-10T08:05:00-08:00",'
        '"arrives_at":"2027-03-10T13:10:00-06:00","flight_number":"1297"}]', "duration_minutes": 185,
        "fare_name": "Economy Saver Award", "saver": True, "on_sale": False, "travelers": 1, "state": "x",
        "first_seen_at": START, "last_seen_at": START, "changed_at": START,
    }  # fmt: skip


def points_of(number: int) -> list[dict[str, Any]]:
    """Its price, hour by hour."""
    fixed = {"offer_number": number, "taxes": 5.6, "taxes_currency": "USD", "seats": 4, "saver": True, "gone": False}
    return [
        fixed | {"seen_at": START + timedelta(hours=hour), "miles": 12_500 + 500 * (hour % 5)}
        for hour in range(POINTS_OF_AN_OFFER)
    ]


def in_a_process(form: str, folder: str) -> dict[str, float]:
    """One export, in a process that does nothing else; its figures."""
    command = [sys.executable, "-m", "benchmarks", "export", "--one", form, "--folder", folder]
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    figures: dict[str, float] = json.loads(result.stdout.splitlines()[-1])
    return figures


def export_once(form: str, folder: Path) -> dict[str, float]:
    """Export offers and price points in a form, or only open the database, for "nothing"."""
    store: Store = open_store("", folder)
    began = time.perf_counter()
    rows = written = 0
    if form != "nothing":
        with open_export(store, {}) as export:
            for _, count in write_files(export, form, ["offers", "price_points"], folder / form):
                rows += count
        written = sum(file.stat().st_size for file in (folder / form).iterdir())
    took = time.perf_counter() - began
    return {
        "rows": rows,
        "rows_per_second": rows / took,
        "peak_mb": peak_mb(),
        "written_mb": written / 1e6,
    }


def peak_mb() -> float:
    """The most memory that this process held; not getrusage's, which starts with what its parent held."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) / 1024
