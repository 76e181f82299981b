"""The days whose flights earlier crawls did not search."""

from __future__ import annotations

from datetime import UTC, date, datetime

from awardspider.crawling.context import CrawlContext
from awardspider.items import AwardOfferItem, Cabin, Detail
from awardspider.search.day_confirmation import DayKey, DaysLeft
from awardspider.spiders.flyingblue import FlyingblueSpider

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = date(2027, 3, 1)


class FixedSpider(FlyingblueSpider):
    """The spider at a fixed time."""

    now = staticmethod(lambda: NOW)


def test_only_the_searches_that_are_left_of_a_day_are_sent() -> None:
    offer = AwardOfferItem(
        program="flyingblue",
        source="flyingblue",
        detail=Detail.DAY,
        origin="CDG",
        destination="JFK",
        departure_date=DAY,
        cabin=Cabin.ECONOMY,
        miles=20_000,
        seen_at=NOW,
    )
    most = (Cabin.ECONOMY, Cabin.PREMIUM_ECONOMY, Cabin.BUSINESS)
    searched = {DayKey("flyingblue", "CDG", "JFK", DAY, 1, Cabin.ECONOMY, most): 20_000}
    spider = FixedSpider(origin="CDG", destination="JFK", dates="2027-03")
    spider.context = CrawlContext(days_left=DaysLeft([offer], searched))
    spider.day_searches.add_days_left()
    started = list(spider.day_searches.start_waiting(None))
    assert len(started) == 1
    assert [state.search.cabins for state in spider.open_searches.values()] == [(Cabin.FIRST,)]
