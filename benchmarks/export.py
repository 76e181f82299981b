"""Measure the speed and memory of exports: a million price points for 50,000 offers, one process for each format."""

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

POINTS_PER_OFFER = 20
START = datetime(2026, 11, 1, tzinfo=UTC)
ROWS_PER_TRANSACTION = 20_000


def main(arguments: list[str]) -> None:
    """Fill a database, export it in each format, and print the rows per second and peak memory of each export."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks export")
    parser.add_argument("--points", type=int, default=1_000_000, help="price points, 20 per offer")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    parser.add_argument("--one", metavar="FORMAT", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.one:
        print(json.dumps(export_once(options.one, options.folder)))
        return
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder), options.points)
        runs = {name: run_in_process(name, folder) for name in ("nothing", *FORMATS)}
    table = Table("format", "rows", "rows per second", "peak MB", "MB written", title="Export")
    for name, run in runs.items():
        rate = f"{run['rows_per_second']:,.0f}" if run["rows"] else "-"
        table.add_row(name, f"{run['rows']:,}", rate, f"{run['peak_mb']:,.0f}", f"{run['written_mb']:,.1f}")
    Console().print(table)
    if options.json:
        csv = runs["csv"]
        figures = {f"rows_per_second_{name}": round(runs[name]["rows_per_second"]) for name in FORMATS}
        figures |= {f"peak_mb_{name}": round(runs[name]["peak_mb"], 1) for name in ("nothing", *FORMATS)}
        figures |= {"rows": csv["rows"], "rows_per_second": round(csv["rows_per_second"])}
        print(json.dumps(figures | {"peak_mb": round(csv["peak_mb"], 1)}))


def fill(folder: Path, points: int) -> None:
    """Create a database with `points` price points that go up and down."""
    store = open_store("", folder)
    for first in range(0, points // POINTS_PER_OFFER, ROWS_PER_TRANSACTION // POINTS_PER_OFFER):
        numbers = range(first + 1, first + 1 + ROWS_PER_TRANSACTION // POINTS_PER_OFFER)
        with store.writing() as connection:
            connection.execute(insert(schema.offers), [make_offer(number) for number in numbers])
            connection.execute(insert(schema.price_points), [row for number in numbers for row in make_points(number)])
    store.close()


def make_offer(number: int) -> dict[str, Any]:
    """Return the column values of an offer that has flights."""
    return {
        "number": number, "id": f"{number:020x}", "program": "united", "source": "united", "detail": "itinerary",
        "origin": "LAX", "destination": "AUS", "departure_date": date(2027, 1, 1) + timedelta(days=number % 330),
        "cabin": "economy", "miles": 12_500, "taxes": 5.6, "taxes_currency": "USD", "seats": 4, "stops": 0,
        "flights": "UA1297", "segments": '[{"departs_at":"2027-03-10T08:05:00-08:00",'
        '"arrives_at":"2027-03-10T13:10:00-06:00","flight_number":"1297"}]', "duration_minutes": 185,
        "fare_name": "Economy Saver Award", "saver": True, "on_sale": False, "travelers": 1, "state": "x",
        "first_seen_at": START, "last_seen_at": START, "changed_at": START,
    }  # fmt: skip


def make_points(number: int) -> list[dict[str, Any]]:
    """Return the hourly price points of an offer."""
    fixed = {"offer_number": number, "taxes": 5.6, "taxes_currency": "USD", "seats": 4, "saver": True, "gone": False}
    return [
        fixed | {"seen_at": START + timedelta(hours=hour), "miles": 12_500 + 500 * (hour % 5)}
        for hour in range(POINTS_PER_OFFER)
    ]


def run_in_process(name: str, folder: str) -> dict[str, float]:
    """Run one export in a new process and return its figures."""
    command = [sys.executable, "-m", "benchmarks", "export", "--one", name, "--folder", folder]
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    figures: dict[str, float] = json.loads(result.stdout.splitlines()[-1])
    return figures


def export_once(name: str, folder: Path) -> dict[str, float]:
    """Export offers and price points in one format and return the figures; `nothing` only opens the database."""
    store: Store = open_store("", folder)
    started = time.perf_counter()
    rows = written = 0
    if name != "nothing":
        with open_export(store, {}, now=datetime.now(UTC)) as export:
            for _, count in write_files(export, name, ["offers", "price_points"], folder / name):
                rows += count
        written = sum(file.stat().st_size for file in (folder / name).iterdir())
    seconds = time.perf_counter() - started
    return {
        "rows": rows,
        "rows_per_second": rows / seconds,
        "peak_mb": peak_mb(),
        "written_mb": written / 1e6,
    }


def peak_mb() -> float:
    """Return the peak memory of this process alone; getrusage would include memory inherited from the parent."""
    match = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert match
    return int(match[1]) / 1024
