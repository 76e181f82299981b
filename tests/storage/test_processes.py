"""Several processes on one database, and a process that is killed, on both engines."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import func, select

from awardspider.storage import schema
from awardspider.storage.batches import write_batch
from awardspider.storage.offers import OfferFilter, find_offers, offer_history
from awardspider.storage.runs import start_run
from awardspider.storage.searches import SearchFilter, find_searches
from awardspider.storage.store import Store, open_store
from tests.support.paths import ROOT
from tests.support.storage_examples import NOW, live_states, make_search
from tests.support.storage_worker import OFFERS_PER_SEARCH, ROUNDS, search_batch

pytestmark = pytest.mark.slow

Worker = subprocess.Popen[str]


@pytest.fixture
def workers() -> Iterator[ExitStack]:
    """Kill the workers of a test at its end."""
    with ExitStack() as running:
        yield running


def start_worker(running: ExitStack, role: str, *arguments: str) -> Worker:
    worker = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "tests.support.storage_worker", role, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    running.enter_context(worker)
    running.callback(worker.kill)
    return worker


def expect(worker: Worker, step: str) -> None:
    assert worker.stdout is not None
    assert worker.stderr is not None
    line = worker.stdout.readline().strip()
    assert line == step, line or worker.stderr.read()


def resume(worker: Worker) -> None:
    assert worker.stdin is not None
    worker.stdin.write("\n")
    worker.stdin.flush()


def test_several_processes_can_create_a_database_at_once(bare_database_url: str, workers: ExitStack) -> None:
    processes = [start_worker(workers, "opens_store", bare_database_url) for _ in range(4)]
    for worker in processes:
        expect(worker, "ready")
    for worker in processes:
        resume(worker)
    for worker in processes:
        expect(worker, "0")
        assert worker.wait() == 0


def test_concurrent_writes_of_the_same_offers_neither_duplicate_nor_deadlock(
    store: Store, database_url: str, workers: ExitStack
) -> None:
    processes = [start_worker(workers, "writes_same_offers", database_url, str(number)) for number in range(3)]
    for worker in processes:
        expect(worker, "ready")
    for worker in processes:
        resume(worker)
    for worker in processes:
        expect(worker, "done")
    rows = list(find_offers(store, OfferFilter(gone=True)))
    assert sorted(row.id for row in rows) == sorted(search_batch(1).offers)
    assert len(list(find_searches(store, SearchFilter()))) == 3 * ROUNDS
    for row in rows:
        points = offer_history(store, row.id)[1]
        assert row.miles in {point.values["miles"] for point in points}
        assert row.gone_at in {point.seen_at for point in points if point.gone} | {None}


def test_a_process_killed_during_a_write_loses_only_that_batch(
    store: Store, database_url: str, workers: ExitStack, tmp_path: Path
) -> None:
    worker = start_worker(workers, "stops_during_write", database_url)
    expect(worker, "writing")
    worker.kill()
    assert worker.wait() == -9

    reopened = open_store(database_url, tmp_path)
    searches, offers = schema.searches.c, schema.offers.c
    with reopened.reading() as connection:
        if connection.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        reported = connection.execute(select(searches.destination, searches.offers)).all()
        stored: dict[str, int] = dict(
            connection.execute(select(offers.destination, func.count()).group_by(offers.destination)).all()
        )
        points = connection.scalar(select(func.count()).select_from(schema.price_points))
    assert sorted(reported) == [("001", OFFERS_PER_SEARCH), ("002", OFFERS_PER_SEARCH)]
    assert stored == dict(reported)
    assert points == 2 * OFFERS_PER_SEARCH

    # The next run takes the lease over immediately and can write the lost batch.
    run_id = start_run(reopened, program="united", spider="united", job=None, arguments={}, now=NOW)
    write_batch(reopened, search_batch(3), run_id)
    assert len(live_states(reopened, make_search(destination="003"), "united")) > 0
    reopened.close()
