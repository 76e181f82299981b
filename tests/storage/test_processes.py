"""Several processes on one database, and one that is killed, on both engines."""

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
from awardspider.storage.offers import OfferFilter, find_offers, live_offer_states, offer_history
from awardspider.storage.runs import start_run
from awardspider.storage.searches import SearchFilter, find_searches
from awardspider.storage.store import Store, open_store
from tests.support.paths import ROOT
from tests.support.storage_examples import NOW, a_search
from tests.support.storage_worker import OFFERS_A_SEARCH, ROUNDS, answer

Worker = subprocess.Popen[str]


@pytest.fixture
def workers() -> Iterator[ExitStack]:
    """Workers that a test starts end with it."""
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


def expect(worker: Worker, word: str) -> None:
    assert worker.stdout is not None
    assert worker.stderr is not None
    line = worker.stdout.readline().strip()
    assert line == word, line or worker.stderr.read()


def go(worker: Worker) -> None:
    assert worker.stdin is not None
    worker.stdin.write("\n")
    worker.stdin.flush()


def test_processes_that_open_a_new_database_at_once_all_succeed(bare_database_url: str, workers: ExitStack) -> None:
    several = [start_worker(workers, "opens", bare_database_url) for _ in range(4)]
    for worker in several:
        expect(worker, "ready")
    for worker in several:
        go(worker)
    for worker in several:
        expect(worker, "0")
        assert worker.wait() == 0


def test_processes_that_write_the_same_scope_at_once_neither_double_nor_deadlock(
    store: Store, database_url: str, workers: ExitStack
) -> None:
    several = [start_worker(workers, "writes_the_same", database_url, str(number)) for number in range(3)]
    for worker in several:
        expect(worker, "ready")
    for worker in several:
        go(worker)
    for worker in several:
        expect(worker, "done")
    rows = list(find_offers(store, OfferFilter(gone=True)))
    assert sorted(row.id for row in rows) == sorted(answer(1).offers)
    assert len(list(find_searches(store, SearchFilter()))) == 3 * ROUNDS
    for row in rows:
        points = offer_history(store, row.id)[1]
        assert row.miles in {point.miles for point in points}
        assert row.gone_at in {point.seen_at for point in points if point.gone} | {None}


def test_a_kill_in_the_middle_of_a_write_leaves_what_was_reported(
    store: Store, database_url: str, workers: ExitStack, tmp_path: Path
) -> None:
    worker = start_worker(workers, "stops_in_the_middle", database_url)
    expect(worker, "inside")
    worker.kill()
    assert worker.wait() == -9

    after = open_store(database_url, tmp_path)
    with after.reading() as connection:
        if connection.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        reported = connection.execute(select(schema.searches.c.destination, schema.searches.c.offers)).all()
        query = select(schema.offers.c.destination, func.count()).group_by(schema.offers.c.destination)
        there: dict[str, int] = dict(connection.execute(query).all())
        points = connection.scalar(select(func.count()).select_from(schema.price_points))
    assert sorted(reported) == [("001", OFFERS_A_SEARCH), ("002", OFFERS_A_SEARCH)]
    assert there == dict(reported)
    assert points == 2 * OFFERS_A_SEARCH

    # The next crawl takes over at once, and the lost answer can be written again.
    run_id = start_run(after, program="united", spider="united", job=None, arguments={}, now=NOW)
    write_batch(after, answer(3), run_id)
    assert len(live_offer_states(after, a_search(destination="003"), "united")) > 0
    after.close()
