"""A process for tests of storage: `python -m tests.support.storage_worker ROLE URL [NUMBER]`.

It reports each step as a line on stdout and continues after a line on stdin.
"""

from __future__ import annotations

import random
import sys
from datetime import timedelta
from pathlib import Path

from sqlalchemy import event

from awardspider.items import AwardOfferItem
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.runs import start_run
from awardspider.storage.searches import count_sent_searches
from awardspider.storage.store import Store, open_store
from tests.support.storage_examples import DAY, NOW, make_batch, make_offer, make_report, make_search

OFFERS_PER_SEARCH = 200
ROUNDS = 15


def report(step: str) -> None:
    sys.stdout.write(f"{step}\n")
    sys.stdout.flush()


def wait() -> None:
    sys.stdin.readline()


def search_batch(number: int, **fields: object) -> Batch:
    """Return the report and the offers of a search; no other search has the same offers."""
    destination = f"{number:03}"
    days = (DAY + timedelta(days=day) for day in range(OFFERS_PER_SEARCH))
    offers = (make_offer(destination=destination, departure_date=day, **fields) for day in days)
    search = make_search(destination=destination)
    return make_batch(*offers, reports=[make_report(f"search {number}", search=search, offers=OFFERS_PER_SEARCH)])


def opens_store(store_url: str) -> None:
    """Open the store after a line on stdin."""
    report("ready")
    wait()
    store = open_store(store_url, Path())
    report(str(count_sent_searches(store, "united", NOW, now=NOW)))


def stops_during_write(store_url: str) -> None:
    """Write two batches and stop within the transaction of the third one."""
    store = open_store(store_url, Path())
    run_id = start_run(store, program="united", spider="united", job=None, arguments={}, now=NOW)
    write_batch(store, search_batch(1), run_id)
    write_batch(store, search_batch(2), run_id)

    def stop(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if statement.startswith("INSERT INTO searches"):
            report("writing")
            wait()

    event.listen(store.engine, "after_cursor_execute", stop)
    write_batch(store, search_batch(3), run_id)


def writes_same_offers(store_url: str, number: int) -> None:
    """Write the same offers as other workers, in each round another mixture of changed, seen and gone offers."""
    store = open_store(store_url, Path())
    report("ready")
    wait()
    mixture = random.Random(number)
    for turn in range(ROUNDS):
        _write_mixture(store, mixture, number, turn)
    report("done")


def _write_mixture(store: Store, mixture: random.Random, number: int, turn: int) -> None:
    at = NOW + timedelta(minutes=turn, seconds=number)
    changed = search_batch(1, seen_at=at, miles=mixture.randrange(1000, 90_000))
    offers: list[AwardOfferItem] = list(changed.offers.values())
    mixture.shuffle(offers)
    ids = [offer.offer_id for offer in offers]
    batch = make_batch(*offers[:100], reports=[make_report(f"search {number} {turn}")])
    batch.seen = {at: ids[100:140], at + timedelta(seconds=1): ids[140:170]}
    batch.gone = {at: ids[170:]}
    write_batch(store, batch)


if __name__ == "__main__":
    role, url, *numbers = sys.argv[1:]
    globals()[role](url, *map(int, numbers))
