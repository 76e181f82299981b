"""Measure the size of a database after months of crawls with and without pruning, and the write lock of a prune.

`growth`: each simulated day has SEARCHES searches, OFFERS offers of the next 300 days, each new or with another price,
and MESSAGES messages. Two SQLite files get the same rows; one of them is pruned every five days.

`lock`: a database with `--rows` searches of 182 days, those of two of which have expired, is pruned while another
process writes batches of 50 offers and a search, half of the time, as a crawl does at most. `longest_lock` is the
longest transaction of the prune, and the `wait` figures are the times of the other process for one batch, before and
during the prune.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import update

from awardspider.items import AwardOfferItem, EventType
from awardspider.operations.prune.report import prune
from awardspider.operations.prune.space import database_bytes
from awardspider.storage import schema
from awardspider.storage.batches import Batch, BatchWriter
from awardspider.storage.outbox import OutboxRow
from awardspider.storage.recorder import WRITING_SHARE
from awardspider.storage.store import Store, open_store
from tests.support.storage_examples import make_itinerary, make_report, make_search, make_segment

SEARCHES = 100
OFFERS = 300
MESSAGES = 50
LEAD_DAYS = 300
FLIGHTS = 6
START = datetime(2026, 1, 1, 6, 0, tzinfo=UTC)
SETTINGS = {"AWARD_RESPONSE_RETENTION": "off"}

_ROWS_PER_INSERT = 20_000


def main(arguments: list[str]) -> None:
    """Measure and print the results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks prune", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--only", choices=("growth", "lock"), help="measure one of the two")
    parser.add_argument("--days", type=int, default=360, help="simulated days of crawls")
    parser.add_argument("--rows", type=int, default=500_000, help="searches in the database that is pruned")
    options = parser.parse_args(arguments)
    result: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="awardspider-prune-") as name:
        if options.only != "lock":
            result["growth"] = measure_growth(Path(name), options.days)
        if options.only != "growth":
            result["lock"] = measure_lock(Path(name), options.rows)
    if options.json:
        print(json.dumps(result))
        return
    for part, values in result.items():
        print(part)
        for key, value in values.items():
            print(f"  {key}: {value}")


# ---- growth ----


def measure_growth(folder: Path, days: int) -> dict[str, Any]:
    """Return the sizes in MB after each 60 days, and the seconds that pruning took."""
    sizes: dict[str, list[float]] = {}
    seconds = 0.0
    for name in ("pruned", "unpruned"):
        store = open_store("", folder / name)
        writer, random = BatchWriter(store), Random(7)
        sizes[name] = []
        for day in range(days):
            now = START + timedelta(days=day)
            writer.write(_batch_of_day(random, now), f"run{day}")
            with store.writing() as connection:
                connection.execute(
                    update(schema.outbox).where(schema.outbox.c.status == "pending").values(status="sent")
                )
            if name == "pruned" and day % 5 == 4:
                seconds += prune(store, folder / name, SETTINGS, now, sleep=lambda _: None).seconds
            if day % 60 == 59:
                sizes[name].append(round(database_bytes(store) / 1e6, 1))
        store.close()
    return {
        "days": days,
        "megabytes": sizes["unpruned"],
        "megabytes_pruned": sizes["pruned"],
        "seconds_per_prune": round(seconds / max(days // 5, 1), 2),
    }


def _batch_of_day(random: Random, now: datetime) -> Batch:
    offers = [_random_offer(random, now) for _ in range(OFFERS)]
    reports = []
    for number in range(SEARCHES):
        first = (now + timedelta(days=random.randrange(LEAD_DAYS))).date().replace(day=1)
        search = make_search(first=first, last=first + timedelta(days=27), origin=random.choice(("LAX", "SFO", "JFK")))
        reports.append(
            make_report(f"{now:%Y%m%d}-{number}-{random.getrandbits(40):x}", search=search, requested_at=now)
        )
    rows = [
        OutboxRow(
            key=f"{offer.offer_id}:{now:%Y%m%d}", channel="phone", event_type=EventType.OFFER_MATCHED,
            subject=offer.offer_id, body={"text": "x" * 1_000}, created_at=now, watch_key="watch",
            flight_key=offer.flight_key, miles=offer.miles,
        )
        for offer in offers[:MESSAGES]
    ]  # fmt: skip
    return Batch(offers={offer.offer_id: offer for offer in offers}, reports=reports, outbox=rows)


def _random_offer(random: Random, now: datetime) -> AwardOfferItem:
    day: date = (now + timedelta(days=random.randrange(2, LEAD_DAYS))).date()
    segment = make_segment(
        str(random.randrange(FLIGHTS)),
        departs_at=datetime(day.year, day.month, day.day, 16, tzinfo=UTC),
        arrives_at=datetime(day.year, day.month, day.day, 19, tzinfo=UTC),
    )
    miles = random.randrange(10, 60) * 1_000
    return make_itinerary(departure_date=day, segments=(segment,), miles=miles, seen_at=now)


# ---- lock ----


def measure_lock(folder: Path, rows: int) -> dict[str, Any]:
    """Return how long a prune of many searches takes, and how long another process waits for the lock."""
    data = folder / "lock"
    context = multiprocessing.get_context("fork")  # before this process opens the database
    ours, theirs = context.Pipe()
    process = context.Process(target=_write_batches, args=(data, theirs))
    process.start()
    store = open_store("", data)
    now = START + timedelta(days=400)
    started = time.monotonic()
    _fill(store, rows, now)
    filled = time.monotonic() - started
    before = database_bytes(store)
    ours.send("begin")
    time.sleep(5)
    ours.send("pruning")
    report = prune(store, data, SETTINGS, now)
    ours.send("end")
    alone, during = ours.recv()
    process.join()
    after = database_bytes(store)
    store.close()
    return {
        "rows": rows,
        "removed": sum(each.rows for each in report.tables),
        "seconds_to_fill": round(filled, 1),
        "seconds": round(report.seconds, 1),
        "longest_lock": round(report.longest_lock, 3),
        "megabytes": [round(before / 1e6, 1), round(after / 1e6, 1)],
        "wait_alone": _percentiles(alone),
        "wait_during_prune": _percentiles(during),
    }


def _percentiles(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    shares = {"median": 0.5, "p99": 0.99, "longest": 1.0}
    found = {
        name: round(ordered[min(int(len(ordered) * share), len(ordered) - 1)], 4) for name, share in shares.items()
    }
    return found | {"batches": len(ordered)}


def _fill(store: Store, rows: int, now: datetime) -> None:
    """Insert searches of the last 182 days: of past days, and of days ahead that were searched again."""
    values = _searches(Random(7), rows, now)
    while batch := list(islice(values, _ROWS_PER_INSERT)):
        with store.writing() as connection:
            names = ", ".join(batch[0])
            marks = ", ".join(f":{name}" for name in batch[0])
            driver: Any = connection.connection.driver_connection
            driver.executemany(f"INSERT INTO searches ({names}) VALUES ({marks})", batch)


def _searches(random: Random, rows: int, now: datetime) -> Iterator[dict[str, Any]]:
    airports = [a + b + c for a in "ABCDE" for b in "ABCD" for c in "ABCDE"]
    for number in range(rows):
        at = now - timedelta(days=182 * (1 - number / rows))
        first = (at + timedelta(days=random.randrange(LEAD_DAYS))).date().replace(day=1)
        yield {
            "id": f"{random.getrandbits(80):020x}", "run_id": f"run{number // 1_000}", "program": "united",
            "kind": "calendar", "origin": random.choice(airports), "destination": random.choice(airports),
            "first_day": first.isoformat(), "last_day": (first + timedelta(days=27)).isoformat(), "cabins": "",
            "travelers": 1,
            "outcome": "found", "note": "", "http_status": 200, "offers": 28, "invalid": 0, "seconds": 1.5,
            "requested_at": f"{at:%Y-%m-%d %H:%M:%S.%f}",
        }  # fmt: skip


def _write_batches(data: Path, pipe: Pipe) -> None:
    """Write one batch after another; send the times of each before and during the prune."""
    pipe.recv()
    store = open_store("", data)
    writer, random = BatchWriter(store), Random(8)
    alone: list[float] = []
    during: list[float] = []
    times, number = alone, 0
    while True:
        if pipe.poll():
            if pipe.recv() == "end":
                break
            times = during
        now = START + timedelta(days=400, seconds=number)
        offers = [_random_offer(random, now) for _ in range(50)]
        number += 1
        batch = Batch(offers={offer.offer_id: offer for offer in offers}, reports=[make_report(f"new{number}")])
        started = time.monotonic()
        writer.write(batch, "run")
        times.append(time.monotonic() - started)
        time.sleep(times[-1] / WRITING_SHARE - times[-1])  # as a crawl does
    pipe.send((alone, during))
    store.close()
