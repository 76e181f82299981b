"""Measure the end of a crawl with price histories of different sizes: its cost must not grow with the history.

The same crawl (ROUTES routes, a calendar of DAYS days in each of three cabins) is stored with every size, twice on each
of UPDATE_DAYS days; `update` is the shortest time, because other processes only add to it, and `update_cpu` the
shortest time of the processor. `read` is the shortest time in which the baselines of all its routes are read.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from awardspider.airports import airports
from awardspider.deals.baselines import Baselines
from awardspider.items import Cabin
from awardspider.search.judgments import BaselineScope
from awardspider.search.price_history import DayPrice, DaySample, PriceKey, wider_keys
from awardspider.storage.price_collector import PriceCollector
from awardspider.storage.price_samples import PriceHistoryWriter
from awardspider.storage.store import Store, open_store

SIZES = (1_000_000, 10_000_000)
ROUTES = 100
DAYS = 90
HISTORY_DAYS = 400
UPDATE_DAYS = 4
READS = 3
CABINS = (Cabin.ECONOMY, Cabin.PREMIUM_ECONOMY, Cabin.BUSINESS)
TODAY = date(2026, 11, 22)


class Figures(NamedTuple):
    """The times in seconds with one size: the update, the reading of baselines, and the building of the history."""

    rows: int
    update: float
    update_cpu: float
    read: float
    build: float
    megabytes: float


def main(arguments: list[str]) -> None:
    """Build each history, store the crawl, and print the times and their ratio."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks baselines")
    parser.add_argument("--size", type=int, action="append", help="rows of the history (default: 1 M and 10 M)")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    options = parser.parse_args(arguments)
    figures = [measure(size) for size in options.size or SIZES]
    table = Table("history rows", "MB", "update s", "update CPU s", "read s", "build s", title="End of a crawl")
    for row in figures:
        table.add_row(
            f"{row.rows:,}",
            f"{row.megabytes:,.0f}",
            f"{row.update:.3f}",
            f"{row.update_cpu:.3f}",
            f"{row.read:.3f}",
            f"{row.build:.1f}",
        )
    Console().print(table)
    if options.json:
        first, last = figures[0], figures[-1]
        ratios = {
            "ratio": round(last.update / first.update, 2),
            "cpu_ratio": round(last.update_cpu / first.update_cpu, 2),
            "read_ratio": round(last.read / first.read, 2),
        }
        print(json.dumps(ratios | {"sizes": [row._asdict() for row in figures], "prices": ROUTES * DAYS * len(CABINS)}))


def measure(size: int) -> Figures:
    """Return the times with a history of about `size` rows."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store("", Path(folder))
        started = time.perf_counter()
        keys, wider = make_keys(size)
        rows = build_history(store, [*keys, *wider])
        build = time.perf_counter() - started
        store.close()
        store = open_store("", Path(folder))
        crawled = keys[: ROUTES * len(CABINS)]
        read = min(read_baselines(store, crawled) for _ in range(READS))
        updates = [update(store, crawled, TODAY + timedelta(days=number // 2)) for number in range(2 * UPDATE_DAYS)]
        store.close()
        megabytes = sum(path.stat().st_size for path in Path(folder).iterdir()) / 2**20
    return Figures(rows, *map(min, zip(*updates, strict=True)), read, build, megabytes)


def make_keys(rows: int) -> tuple[list[PriceKey], list[PriceKey]]:
    """Return keys of routes, three cabins each, and those of their wider scopes, for about this number of rows."""
    codes = sorted(airports())[:: max(1, len(airports()) // 120)]
    programs = ("alaska", "american", "delta", "flyingblue", "united")
    keys: list[PriceKey] = []
    wider: set[PriceKey] = set()
    for program, origin, destination in product(programs, codes, codes):
        if len(keys) >= ROUTES * len(CABINS) and (len(keys) + len(wider)) * HISTORY_DAYS >= rows:
            break
        if origin != destination:
            found = [PriceKey(program, BaselineScope.ROUTE, origin, destination, cabin, False) for cabin in CABINS]
            keys += found
            wider.update(other for key in found for other in wider_keys(key))
    return keys, sorted(wider)


def build_history(store: Store, keys: list[PriceKey]) -> int:
    """Insert a row for each key and day, and a record for each key; return the number of rows."""
    days = [((TODAY - timedelta(days=ago)).isoformat(),) for ago in range(HISTORY_DAYS, 0, -1)]
    connection = store.engine.raw_connection()
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=OFF")
    cursor.execute("DROP INDEX ix_price_samples_search_day")
    cursor.execute("CREATE TEMP TABLE days (day)")
    cursor.execute("CREATE TEMP TABLE keys (program, scope, origin, destination, cabin, mixed_cabin)")
    cursor.executemany("INSERT INTO days VALUES (?)", days)
    rows = [(*key[:1], key.scope.value, *key[2:4], key.cabin.value, 0) for key in keys]
    cursor.executemany("INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?)", sorted(rows))
    cursor.execute(
        "INSERT INTO price_samples (program, scope, origin, destination, cabin, mixed_cabin, search_day, prices, "
        "searches, lowest) SELECT keys.*, day, ?, 3, 20000 FROM keys CROSS JOIN days",
        ('{"2":{"20000":8,"25000":12},"3":{"20000":20,"27500":50}}',),
    )
    cursor.execute(
        "INSERT INTO price_records (program, scope, origin, destination, cabin, mixed_cabin, lowest, lowest_day, "
        "first_day, last_day, days, searches) SELECT keys.*, 20000, ?, ?, ?, ?, ? FROM keys",
        (*days[-1], *days[0], *days[-1], len(days), 3 * len(days)),
    )
    cursor.execute("CREATE INDEX ix_price_samples_search_day ON price_samples (search_day)")
    connection.commit()
    connection.close()
    return len(keys) * len(days)


def update(store: Store, keys: list[PriceKey], day: date) -> tuple[float, float]:
    """Store a crawl of all keys, and return the seconds and those of the processor."""
    samples = {key: {day: make_sample(day, number)} for number, key in enumerate(keys)}
    started, cpu_started = time.perf_counter(), time.process_time()
    PriceHistoryWriter(store).write(samples, datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
    return time.perf_counter() - started, time.process_time() - cpu_started


def make_sample(day: date, number: int) -> DaySample:
    """Return a calendar of DAYS days."""
    sample = DaySample(searches=1)
    for ahead in range(30, 30 + DAYS):
        sample.add(day + timedelta(days=ahead), DayPrice(20_000 + 500 * ((ahead * 7 + number) % 13), False))
    return sample


def read_baselines(store: Store, keys: list[PriceKey]) -> float:
    """Read the baseline of each key at one lead time, as the first offer of each does, and return the seconds."""
    started = time.perf_counter()
    collector = PriceCollector(store)
    baselines = Baselines(lambda key: collector.history(key, TODAY), min_days=5, min_prices=30)
    for key in keys:
        assert baselines.find(key, 3) is not None
    return time.perf_counter() - started
