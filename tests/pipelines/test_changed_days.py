"""The changes that the pipeline `dedupe` finds in a search, as they are stored for the planner."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from scrapy.exceptions import DropItem
from scrapy.utils.test import get_crawler
from sqlalchemy import func, select

from awardspider.crawling.offer_context import OfferContext
from awardspider.items import AwardOfferItem, Cabin, Money
from awardspider.outcomes import Outcome, Reason
from awardspider.pipelines.dedupe import DedupePipeline
from awardspider.spiders.united import UnitedSpider
from awardspider.storage import schema
from awardspider.storage.change_rates import route_history
from awardspider.storage.recorder import Recorder, set_recorder
from awardspider.storage.store import Store
from tests.support.storage_examples import NOW, make_offer, make_report, make_search

FIRST = date(2027, 3, 1)
LAST = date(2027, 3, 31)
LATER = NOW + timedelta(hours=12)


def make_day(number: int, **fields: Any) -> AwardOfferItem:
    """Return the lowest price of a day in March."""
    return make_offer(departure_date=FIRST + timedelta(days=number), **fields)


def crawl(store: Store, at: datetime, offers: list[AwardOfferItem], last: date = LAST, **fields: Any) -> None:
    """Run the pipeline on the response of a search for March; the response covers the days until `last`."""
    crawler = get_crawler()
    crawler.spider = UnitedSpider()
    recorder = Recorder(store, "run", None)
    set_recorder(crawler, recorder)
    pipeline = DedupePipeline(crawler)
    search = make_search(id=f"{at}")
    for offer in offers:
        offer.seen_at = at
        crawler.spider.offer_contexts.add(offer, OfferContext(search=search, responded_at=at))
        pipeline.process_item(offer)
    values = {"outcome": Outcome.FOUND if offers else Outcome.EMPTY, "requested_at": at} | fields
    with pytest.raises(DropItem):
        pipeline.process_item(make_report(search.id, search=replace(search, last=last), **values))
    recorder.flush()


def counted(store: Store) -> tuple[int, int]:
    """Return how many departure days had changed and how many had not, after half a day."""
    columns = schema.change_statistics.c
    query = select(func.sum(columns.changed), func.sum(columns.unchanged_days) * 2)
    with store.reading() as connection:
        changed, unchanged = connection.execute(query).one()
    return changed or 0, round(unchanged or 0)


def test_new_changed_and_gone_offers_are_changes(store: Store) -> None:
    crawl(store, NOW, [make_day(1), make_day(2), make_day(3), make_day(4, seats=2), make_day(5)])
    crawl(
        store,
        LATER,
        [
            make_day(1),
            make_day(2, miles=15_000),
            make_day(4, seats=1),
            make_day(5, taxes=Money(Decimal("9.90"), "USD")),
            make_day(6),
        ],
    )
    assert counted(store) == (4, 31 - 4)


def test_an_empty_search_counts_days_whose_offers_are_gone(store: Store) -> None:
    crawl(store, NOW, [make_day(1), make_day(2)])
    crawl(store, LATER, [])
    assert counted(store) == (2, 29)
    history = route_history(store, "united")["LAX", "AUS"]
    assert (history.searches, history.found, history.empty_streak, history.empty_days) == (2, 1, 1, 31)


def test_offers_of_two_cabins_on_one_day_are_one_changed_day(store: Store) -> None:
    cabins = (Cabin.ECONOMY, Cabin.BUSINESS)
    crawl(store, NOW, [make_day(1, cabin=cabin) for cabin in cabins])
    crawl(store, LATER, [make_day(1, cabin=cabin, miles=99_000) for cabin in cabins])
    assert counted(store) == (1, 30)


@pytest.mark.parametrize(
    "fields", [{"outcome": Outcome.FAILED, "reason": Reason.BLOCKED}, {"invalid": 1}], ids=["failed", "incomplete"]
)
def test_a_failed_or_incomplete_response_shows_no_changes(store: Store, fields: dict[str, Any]) -> None:
    crawl(store, NOW, [make_day(1)])
    crawl(store, NOW + timedelta(hours=6), [make_day(1, miles=99_000)], **fields)
    assert counted(store) == (0, 0)


def test_a_response_that_covers_fewer_dates_counts_only_these(store: Store) -> None:
    crawl(store, NOW, [make_day(1), make_day(20)])
    crawl(store, LATER, [make_day(1, miles=99_000)], last=FIRST + timedelta(days=9))
    assert counted(store) == (1, 9)
