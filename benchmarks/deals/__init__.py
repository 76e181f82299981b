"""Measure alerts in a simulated world over many days: recall, precision and the number of messages.

Each day all programs of about 20 watches are crawled at noon (UTC), with the real plan, pipelines, storage and end of a
run; true offers of the sandbox stand in for responses. The real dispatcher then sends to a channel in this process,
after the crawls and once more in the evening. The truth is computed from the world, never by our parsers:

- An *event* is a sale or a sudden drop of a program on a route in a cabin. It is expected for a watch if at a crawl it
  reduces flights that match the watch. A watch that requires a deal class expects only prices that are clearly of the
  class: 5 % beyond its thresholds, among the true prices at the same lead time that crawls of earlier days have shown,
  after 8 of these days. An event is not expected if each of its flights was alerted before, has matched since, and is
  not at least 5 % cheaper now.
- `recall`: the share of the expected events of all watches of which an alert was sent within a day of a crawl, with a
  flight at its true price. An alert in a digest counts, also as one of "37 more".
- `repeated`: alerts of a flight for a watch that had an alert of it, although the price is not at least 5 % lower (or
  lower and a record low) and the flight truly matched at every crawl in between.
- `precision`: of the alerts with the class exceptional or record low, the share whose price truly is reduced by a sale
  or a drop at that crawl, or is among the lowest 5 % of the true lowest prices of all departure days of the watch at
  all crawls (program, route and cabin) and at least 30 % below their median. `precision_strict`: sales and drops only.
- `alerts_per_watch_day`: the median number of messages about a watch on a day, over all watches and days, also those
  without one. Also the 90th percentile, and the median over the days with a message.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from awardspider import clock
from awardspider.search.watches import Watch
from awardspider.storage.store import Store, open_store
from awardspider.storage.watches import find_watches, save_watches
from benchmarks.deals.crawls import Crawl, set_time
from benchmarks.deals.delivery import deliver, save_local_channel
from benchmarks.deals.figures import Figures, delivered_alerts
from benchmarks.deals.true_days import TrueDays
from benchmarks.deals.true_offers import TrueOffers
from benchmarks.deals.watched import KINDS, make_watches

START = datetime(2026, 10, 1, 12, tzinfo=UTC)
DAYS = 60
EVENING = timedelta(hours=8)
EXAMPLES = 5


class Simulation:
    """Daily crawls of watches, with the truth of each day."""

    def __init__(self, folder: Path, watch_count: int) -> None:
        self._folder = folder
        self._settings = {
            "AWARD_DATA_DIR": str(folder),
            "AWARD_RESPONSE_RETENTION": "0",
            "AWARD_SANDBOX_URL": "http://127.0.0.1:1",
            "AWARD_PROGRESS": "off",
        }
        self.store: Store = open_store("", folder)
        save_watches(self.store, make_watches(watch_count, START.date()), now=START - timedelta(hours=1))
        self.watches: list[Watch] = [stored.watch for stored in find_watches(self.store, now=START)]
        save_local_channel(self.store, START)
        self._offers = TrueOffers(START)
        self.truth = TrueDays(self._offers, self.watches)
        self._programs = sorted({program for watch in self.watches for program in watch.programs})
        self._days_searched: dict[str, set[Any]] = {program: set() for program in self._programs}
        self.searches = 0

    def run_day(self, number: int) -> None:
        """Crawl all programs and deliver."""
        now = START + timedelta(days=number)
        self._offers.set_clock(now)
        self.truth.add()
        asyncio.run(self._crawl())
        for moment in (now + timedelta(minutes=5), now + EVENING):
            set_time(moment)
            deliver(self.store, self._folder, moment, self._settings)

    async def _crawl(self) -> None:
        """Crawl all programs; the extension that records a run requires an event loop."""
        for program in self._programs:
            crawl = Crawl(self._offers, program, self.watches, self._settings, self.truth.add_searched)
            self._days_searched[program] = crawl.run(self._days_searched[program])
            self.searches += crawl.searches

    def figures(self, days: int) -> Figures:
        """Return the figures of the days so far."""
        names = {watch.key: watch.name for watch in self.watches}
        return Figures(self.truth, self.watches, delivered_alerts(self.store, names))


@contextmanager
def simulation(watch_count: int) -> Iterator[Simulation]:
    """Yield a simulation with a database in a new folder; restore the time afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        run = Simulation(Path(folder), watch_count)
        try:
            yield run
        finally:
            run.store.close()
            os.environ.pop(clock.SETTING, None)


def measure(days: int, watch_count: int, examples: bool = False) -> dict[str, Any]:
    """Run the simulation and return its figures."""
    started = time.perf_counter()
    with simulation(watch_count) as run:
        for number in range(days):
            run.run_day(number)
        figures = run.figures(days)
        found = {
            **figures.recall(),
            "repeated": figures.repeated(),
            **figures.precision(),
            **figures.alerts_per_watch_day(days),
            "days": days,
            "watches": len(run.watches),
            "searches": run.searches,
            "seconds": round(time.perf_counter() - started, 1),
        }
        if examples:
            print_examples("missed", figures.missed)
            print_examples("repeated", figures.repeats)
            print_examples("not a deal", figures.wrong)
    return found


def print_examples(title: str, cases: Sequence[object]) -> None:
    """Print the first cases of a fault."""
    for case in cases[:EXAMPLES]:
        print(f"{title}: {case}")


def main(arguments: list[str]) -> None:
    """Run the simulation and print its figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks deals")
    parser.add_argument("--days", type=int, default=DAYS, help="simulated days (default: %(default)s)")
    parser.add_argument("--watches", type=int, default=len(KINDS), help="number of watches (default: %(default)s)")
    parser.add_argument("--examples", action="store_true", help="print some missed, repeated and wrong alerts")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    options = parser.parse_args(arguments)
    found = measure(options.days, options.watches, options.examples)
    table = Table("figure", "value", title="Deals")
    for name, value in found.items():
        table.add_row(name, f"{value:,.4g}" if isinstance(value, float) else str(value))
    Console().print(table)
    if options.json:
        print(json.dumps(found))
