"""A process of its own for tests of storage: `python -m tests.support.storage_worker ROLE URL [NUMBER]`.

It says what it has done on stdout, one word a line, and goes on when it is given a line on stdin.
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
from tests.support.storage_examples import DAY, NOW, a_report, a_search, an_offer, batch_of

OFFERS_A_SEARCH = 200
ROUNDS = 15


def tell(word: str) -> None:
    print(word, flush=True)


def wait() -> None:
    sys.stdin.readline()


def answer(number: int, **known: object) -> Batch:
    """What one search brings: its report and its offers, which no other search has."""
    destination = f"{number:03}"
    days = (DAY + timedelta(days=day) for day in range(OFFERS_A_SEARCH))
    offers = (an_offer(destination=destination, departure_date=day, **known) for day in days)
    report = a_report(f"search {number}", search=a_search(destination=destination), offers=OFFERS_A_SEARCH)
    return batch_of(*offers, reports=[report])


def opens(store_url: str) -> None:
    """Opens the store when told to."""
    tell("ready")
    wait()
    store = open_store(store_url, Path())
    tell(str(count_sent_searches(store, "united", NOW)))


def stops_in_the_middle(store_url: str) -> None:
    """Writes two answers, and stops inside of the third one's transaction."""
    store = open_store(store_url, Path())
    run_id = start_run(store, program="united", spider="united", job=None, arguments={}, now=NOW)
    write_batch(store, answer(1), run_id)
    write_batch(store, answer(2), run_id)

    def stop(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if statement.startswith("INSERT INTO searches"):
            tell("inside")
            wait()

    event.listen(store.engine, "after_cursor_execute", stop)
    write_batch(store, answer(3), run_id)


def writes_the_same(store_url: str, number: int) -> None:
    """Writes the same offers as every other worker, each round in another mixture of new, seen and gone."""
    store = open_store(store_url, Path())
    tell("ready")
    wait()
    mixture = random.Random(number)
    for turn in range(ROUNDS):
        _write_mixture(store, mixture, number, turn)
    tell("done")


def _write_mixture(store: Store, mixture: random.Random, number: int, turn: int) -> None:
    at = NOW + timedelta(minutes=turn, seconds=number)
    offers: list[AwardOfferItem] = list(answer(1, seen_at=at, miles=mixture.randrange(1000, 90_000)).offers.values())
    mixture.shuffle(offers)
    ids = [offer.offer_id for offer in offers]
    batch = batch_of(*offers[:100], reports=[a_report(f"search {number} {turn}")])
    batch.seen = {at: ids[100:140], at + timedelta(seconds=1): ids[140:170]}
    batch.gone = {at: ids[170:]}
    write_batch(store, batch)


if __name__ == "__main__":
    role, url, *numbers = sys.argv[1:]
    globals()[role](url, *map(int, numbers))
