"""Measure flushes of many offers to a sheet: first all new, then all changed, then all unchanged.

Each flush runs in a separate process, as at the end of a crawl. `calls`, `seconds`, `peak_mb` and `idle_mb` are for the
flush of changed offers; `peak_mb` is the peak memory of the process, and `idle_mb` its peak before the flush.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from awardspider.items import AwardOfferItem, Cabin, Detail, EventType, Money
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.store import Store, open_store
from tests.support.sandbox_server import sandbox

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
AIRPORTS = tuple(f"{first}{second}X" for first in "ABCDE" for second in "KLMN")


def main(arguments: list[str]) -> None:
    """Flush three times and print the calls, seconds and peak memory of each flush."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks sheets")
    parser.add_argument("--offers", type=int, default=50_000)
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    parser.add_argument("--flush", nargs=3, metavar=("SANDBOX", "SPREADSHEET", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.flush:
        print(json.dumps(flush(*options.flush)))
        return
    table = Table("flush", "offers", "calls", "seconds", "peak MB", title="One flush of the sheet")
    figures = {}
    with sandbox(speed=1) as server, tempfile.TemporaryDirectory() as folder:
        spreadsheet = server.client.post(f"{server.url}/_sheets", json={"title": "Benchmark"}).json()["id"]
        store = open_store("", Path(folder))
        command = [sys.executable, "-m", "benchmarks", "sheets", "--flush", server.url, spreadsheet, folder]
        for name, miles in (("new", 50_000), ("changed", 40_000), ("unchanged", 40_000)):
            if name != "unchanged":
                write(store, options.offers, miles, NOW + timedelta(hours=len(figures)))
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            run = json.loads(done.stdout.splitlines()[-1])
            assert run["results"] == {"sent": options.offers}, run
            figures[name] = run
            cells = [f"{options.offers:,}", f"{run['calls']}", f"{run['seconds']:.1f}", f"{run['peak_mb']:,.0f}"]
            table.add_row(name, *cells)
        store.close()
    Console().print(table)
    changed = {key: figures["changed"][key] for key in ("calls", "seconds", "peak_mb", "idle_mb")}
    print(" ".join(f"{key}={value}" for key, value in changed.items()))
    if options.json:
        new = {f"{key}_new": figures["new"][key] for key in ("calls", "seconds", "peak_mb")}
        print(json.dumps(changed | new | {"offers": options.offers}))


def write(store: Store, count: int, miles: int, seen_at: datetime) -> None:
    """Store `count` offers that cost about `miles`, seen at `seen_at`."""
    for start in range(0, count, 5_000):
        offers = [make_offer(number, miles, seen_at) for number in range(start, min(start + 5_000, count))]
        write_batch(store, Batch(offers={offer.offer_id: offer for offer in offers}))


def make_offer(number: int, miles: int, seen_at: datetime) -> AwardOfferItem:
    """Return the offer for a number; every number has a different combination of route and day."""
    route, days = divmod(number, 300)
    origin, destination = divmod(route, len(AIRPORTS) - 1)
    airports = [AIRPORTS[origin % len(AIRPORTS)], AIRPORTS[(origin + 1 + destination) % len(AIRPORTS)]]
    return AwardOfferItem(
        program="united",
        source="united",
        detail=Detail.DAY,
        origin=airports[0],
        destination=airports[1],
        departure_date=date(2026, 12, 1) + timedelta(days=days),
        cabin=Cabin.BUSINESS,
        miles=miles + number % 977,
        taxes=Money(Decimal("5.60"), "USD"),
        seats=number % 9 + 1,
        saver=number % 3 == 0,
        booking_link=f"https://www.united.com/en/us/fsr/choose-flights?f={airports[0]}&t={airports[1]}&d={days}",
        seen_at=seen_at,
    )


def flush(sandbox_url: str, spreadsheet: str, folder: str) -> dict[str, Any]:
    """Flush all stored offers in this process and return the figures."""
    from collections import Counter

    from sqlalchemy import select

    from awardspider.delivery.channels.base import Message
    from awardspider.delivery.channels.sheet_options import OfferSelection, SheetOptions
    from awardspider.delivery.channels.sheets.account import credentials
    from awardspider.delivery.channels.sheets.client import SheetsClient
    from awardspider.delivery.channels.sheets.flush import Flusher
    from awardspider.delivery.channels.sheets.layout import repair
    from awardspider.storage.schema import offers

    store = open_store("", Path(folder))
    with store.reading() as connection:
        ids = list(connection.scalars(select(offers.c.id)))
    messages = [
        Message(id=number, key=f"sheets:{key}", type=EventType.OFFER_CHANGED, subject=key, body={}, created_at=NOW)
        for number, key in enumerate(ids)
    ]
    client = SheetsClient(spreadsheet, credentials({}, sandbox_url), sandbox_url=sandbox_url)
    repair(client)  # as `scrapy sheets setup` does
    everything = SheetOptions(offers=OfferSelection.ALL)
    flusher = Flusher(client, store, lambda: NOW, options=everything, program_suffix="@sandbox")
    idle, before, started = peak_mb(), client.calls, time.perf_counter()
    reports = flusher.flush(messages)
    seconds = time.perf_counter() - started
    return {
        "calls": client.calls - before,
        "seconds": round(seconds, 1),
        "peak_mb": round(peak_mb(), 1),
        "idle_mb": round(idle, 1),
        "results": Counter(report.result.value for report in reports),
    }


def peak_mb() -> float:
    """Return the peak memory of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
