"""The days whose flights earlier crawls did not search."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from awardspider.crawling.context import CrawlContext
from awardspider.crawling.day_searches import MAX_UNJUDGED
from awardspider.items import AwardOfferItem, Cabin, Detail
from awardspider.outcomes import Reason
from awardspider.search.day_confirmation import DayKey, DaysLeft
from awardspider.search.judgments import DealClass, Judgment
from awardspider.spiders.flyingblue import FlyingblueSpider
from tests.support.plans import make_route_watch

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = date(2027, 3, 1)


class FixedSpider(FlyingblueSpider):
    """The spider at a fixed time."""

    now = staticmethod(lambda: NOW)


def make_day(day: date = DAY, miles: int = 20_000) -> AwardOfferItem:
    return AwardOfferItem(
        program="flyingblue",
        source="flyingblue",
        detail=Detail.DAY,
        origin="CDG",
        destination="JFK",
        departure_date=day,
        cabin=Cabin.ECONOMY,
        miles=miles,
        seen_at=NOW,
    )


def test_only_the_searches_that_are_left_of_a_day_are_sent() -> None:
    offer = make_day()
    most = (Cabin.ECONOMY, Cabin.PREMIUM_ECONOMY, Cabin.BUSINESS)
    searched = {DayKey("flyingblue", "CDG", "JFK", DAY, 1, Cabin.ECONOMY, most): 20_000}
    spider = FixedSpider(origin="CDG", destination="JFK", dates="2027-03")
    spider.context = CrawlContext(days_left=DaysLeft([offer], searched))
    spider.day_searches.add_days_left()
    started = list(spider.day_searches.start_waiting(None))
    assert len(started) == 1
    assert [state.search.cabins for state in spider.open_searches.values()] == [(Cabin.FIRST,)]


def test_searches_that_are_open_when_the_run_is_closed_were_interrupted() -> None:
    offer = make_day()
    spider = FixedSpider(origin="CDG", destination="JFK", dates="2027-03")
    spider.context = CrawlContext(days_left=DaysLeft([offer], {}))
    spider.day_searches.add_days_left()
    assert list(spider.day_searches.start_waiting(None))
    assert {report.reason for report in spider.unfinished()} == {Reason.INTERRUPTED}
    assert not list(spider.unfinished())


def test_few_days_of_an_unknown_class_are_searched_for_deals_the_cheapest_first() -> None:
    def judgment_of(offer: AwardOfferItem) -> Judgment:
        found = DealClass.GOOD if offer.miles == 50_000 else DealClass.UNKNOWN
        return Judgment(deal_class=found, miles=offer.miles, judged_at=NOW)

    unknown = [make_day(DAY + timedelta(days=each), 40_000 - 100 * each) for each in range(MAX_UNJUDGED + 20)]
    good = [make_day(DAY + timedelta(days=100 + each), 50_000) for each in range(10)]
    watch = make_route_watch(route="CDG-JFK", dates="2027-03..2027-08", cabins=(Cabin.ECONOMY,), deal=DealClass.GOOD)
    spider = FixedSpider()
    spider.context = CrawlContext(watches=(watch,), days_left=DaysLeft([*unknown, *good]), judgment_of=judgment_of)
    spider.day_searches.add_days_left()
    for limit in (30, None, None):
        list(spider.day_searches.start_waiting(limit))
    days = [state.search.first for state in spider.open_searches.values()]
    assert days == [each.departure_date for each in [*good, *reversed(unknown[20:])]]
    assert not spider.day_searches.has_waiting
