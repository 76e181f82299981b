"""Offers of a crawl get a judgment, and their prices become part of the history, on both engines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from awardspider.crawling.offer_context import OfferContext
from awardspider.items import AwardOfferItem, Detail
from awardspider.outcomes import Outcome, Reason
from awardspider.search.change_rates import lead_time
from awardspider.search.judgments import BaselineScope, DealClass, Judgment
from awardspider.search.price_history import price_key
from awardspider.storage import schema
from awardspider.storage.store import Store
from tests.support.pipeline_crawl import Crawl
from tests.support.storage_examples import NOW, make_itinerary, make_offer, make_report, make_search
from tests.support.stored_prices import price_record, route_days

DEPARTURE = date(2027, 3, 10)
KEY = price_key(make_offer())
TODAY = NOW.date()


class PricedCrawl(Crawl):
    """A crawl that keeps the judgments of its offers, and stores its prices at the end."""

    def __init__(self, store: Store, *, days: int = 0, is_regular: bool = True, **fields: Any) -> None:
        super().__init__(store, **fields)
        self.days = days
        if not is_regular:
            self.spider.is_regular = False
            self._steps = [type(self._steps[0])(self), *self._steps[1:]]  # type: ignore[arg-type]

    def judge(self, *offers: AwardOfferItem, outcome: Outcome = Outcome.FOUND) -> list[Judgment | None]:
        """Process one calendar search, and return the judgments of its offers."""
        at = NOW + timedelta(days=self.days)
        search = make_search(kind="calendar", first=DEPARTURE, last=DEPARTURE + timedelta(days=99), id=f"s{at}")
        contexts = []
        for offer in offers:
            offer.seen_at = at
            contexts.append(OfferContext(search=search, responded_at=at))
            self.spider.offer_contexts.add(offer, contexts[-1])
            self.process(offer)
        reason = Reason.BLOCKED if outcome is Outcome.FAILED else None
        report = make_report(search.id, search=search, offers=len(offers), requested_at=at)
        report.outcome, report.reason = outcome, reason
        self.process(report)
        self.recorder.flush()
        return [context.judgment for context in contexts]

    def end(self) -> None:
        self.recorder.prices.flush(NOW + timedelta(days=self.days))


def make_days(*miles: int, **fields: Any) -> list[AwardOfferItem]:
    """Return an offer for each of these prices, on successive departure days."""
    return [
        make_offer(departure_date=DEPARTURE + timedelta(days=number), miles=price, **fields)
        for number, price in enumerate(miles)
    ]


def store_history(store: Store, days: int = 6, miles: Sequence[int] = (20_000,) * 8, until: int = 1) -> None:
    """Crawl once a day, from `days` to `until` days before NOW."""
    for ago in range(days, until - 1, -1):
        crawl = PricedCrawl(store, days=-ago)
        crawl.judge(*make_days(*miles))
        crawl.end()


def classes(judgments: Sequence[Judgment | None]) -> list[DealClass | None]:
    return [judgment and judgment.deal_class for judgment in judgments]


def stored_judgments(store: Store) -> dict[date, tuple[str, Any]]:
    columns = schema.offers.c
    with store.reading() as connection:
        rows = connection.execute(select(columns.departure_date, columns.deal_class, columns.judgment)).all()
    return {day: (deal_class, judgment and judgment["miles"]) for day, deal_class, judgment in rows}


def test_a_price_is_compared_with_the_history_before_the_crawl(store: Store) -> None:
    store_history(store)
    crawl = PricedCrawl(store)
    [judgment, usual] = crawl.judge(*make_days(12_000, 20_000))
    crawl.end()
    assert judgment is not None
    assert judgment.deal_class is DealClass.EXCEPTIONAL
    assert (judgment.miles, judgment.judged_at, judgment.lowest_since) == (12_000, NOW, None)
    assert judgment.baseline is not None
    assert judgment.baseline.scope is BaselineScope.ROUTE
    assert (judgment.baseline.median, judgment.baseline.lowest) == (20_000, 20_000)
    assert (judgment.baseline.days, judgment.baseline.searches) == (6, 6)
    assert classes([usual]) == [DealClass.USUAL]
    assert stored_judgments(store)[DEPARTURE] == ("exceptional", 12_000)


def test_the_first_crawls_have_too_little_evidence(store: Store) -> None:
    for day in range(5):
        crawl = PricedCrawl(store, days=day)
        assert classes(crawl.judge(*make_days(*[20_000] * 8))) == [DealClass.UNKNOWN] * 8
        crawl.end()
    assert classes(PricedCrawl(store, days=5).judge(*make_days(*[20_000] * 8))) == [DealClass.USUAL] * 8


def test_an_unchanged_price_keeps_its_judgment(store: Store) -> None:
    store_history(store)
    first = PricedCrawl(store)
    judged = first.judge(*make_days(12_000))
    first.end()
    second = PricedCrawl(store, days=1)
    assert second.judge(*make_days(12_000)) == judged
    second.end()
    # A change of other values keeps it too.
    assert PricedCrawl(store, days=2).judge(*make_days(12_000, seats=3)) == judged
    assert stored_judgments(store)[DEPARTURE] == ("exceptional", 12_000)


def test_a_changed_price_is_judged_again(store: Store) -> None:
    store_history(store)
    first = PricedCrawl(store)
    first.judge(*make_days(12_000))
    first.end()
    [judgment] = PricedCrawl(store, days=1).judge(*make_days(19_000))
    assert classes([judgment]) == [DealClass.USUAL]
    assert stored_judgments(store)[DEPARTURE] == ("usual", 19_000)


def test_an_unknown_class_is_judged_again_when_there_is_evidence(store: Store) -> None:
    crawl = PricedCrawl(store, days=-20)
    crawl.judge(*make_days(12_000))
    assert stored_judgments(store) == {DEPARTURE: ("unknown", None)}
    store_history(store, miles=[12_000, *[20_000] * 7])
    assert classes(PricedCrawl(store).judge(*make_days(12_000))) == [DealClass.GOOD]
    assert stored_judgments(store)[DEPARTURE] == ("good", 12_000)


def test_a_lower_price_than_ever_after_30_days_is_a_record_low(store: Store) -> None:
    store_history(store, days=31)
    [judgment, mixed] = PricedCrawl(store).judge(*make_days(16_000), *make_days(16_000, mixed_cabin=True))
    assert classes([judgment, mixed]) == [DealClass.RECORD_LOW, DealClass.UNKNOWN]


def test_only_the_lowest_price_that_a_crawl_has_found_so_far_is_a_record_low(store: Store) -> None:
    store_history(store, days=31)
    found = PricedCrawl(store).judge(*make_days(16_000, 15_000, 15_500, 15_000))
    expected = [DealClass.RECORD_LOW, DealClass.RECORD_LOW, DealClass.GOOD, DealClass.RECORD_LOW]
    assert classes(found) == expected


def test_a_second_crawl_of_the_day_finds_the_same_record_low(store: Store) -> None:
    """The records of today are those of all its crawls, such as of a program and of a source that copies it."""
    store_history(store, days=31)
    first = PricedCrawl(store)
    assert classes(first.judge(*make_days(15_000))) == [DealClass.RECORD_LOW]
    first.end()
    found = PricedCrawl(store).judge(*make_days(19_000, 15_000, 15_500, 14_000))
    expected = [DealClass.USUAL, DealClass.RECORD_LOW, DealClass.GOOD, DealClass.RECORD_LOW]
    assert classes(found) == expected
    assert found[1] is not None
    assert found[1].baseline is not None
    assert found[1].baseline.lowest == 20_000


def test_lowest_since_is_the_last_earlier_day_with_a_price_as_low(store: Store) -> None:
    store_history(store, days=20, miles=[12_000, *[20_000] * 7], until=9)
    store_history(store, days=8)
    [judgment] = PricedCrawl(store).judge(*make_days(12_000))
    assert judgment is not None
    assert judgment.lowest_since == TODAY - timedelta(days=9)


def test_an_offer_without_miles_has_no_judgment(store: Store) -> None:
    crawl = PricedCrawl(store)
    assert crawl.judge(make_offer(miles=None, detail=Detail.SEATS, seats=2)) == [None]
    crawl.end()
    assert price_record(store, KEY) is None


# ---- collecting ----


@pytest.mark.parametrize("outcome", [Outcome.FOUND, Outcome.EMPTY, Outcome.FAILED])
def test_only_a_search_that_did_not_fail_adds_prices(store: Store, outcome: Outcome) -> None:
    crawl = PricedCrawl(store)
    crawl.judge(*make_days(20_000), outcome=outcome)
    crawl.end()
    assert (price_record(store, KEY) is None) == (outcome is Outcome.FAILED)


def test_a_second_crawl_of_a_day_does_not_count_prices_twice(store: Store) -> None:
    for _ in range(2):
        crawl = PricedCrawl(store)
        crawl.judge(*make_days(20_000, 20_000))
        crawl.end()
    [day] = route_days(store, KEY, TODAY, TODAY)
    assert day.prices == {lead_time((DEPARTURE - TODAY).days): {20_000: 2}}
    assert day.searches == 2


def test_flights_replace_the_price_of_a_calendar(store: Store) -> None:
    crawl = PricedCrawl(store)
    crawl.judge(*make_days(20_000, 21_000))
    flights = make_itinerary(miles=25_000, departure_date=DEPARTURE)
    crawl.search(flights)
    crawl.end()
    key = price_key(flights)
    [day] = route_days(store, key, TODAY, TODAY)
    assert day.prices == {lead_time((DEPARTURE - TODAY).days): {25_000: 1, 21_000: 1}}


def test_prices_that_are_stored_during_a_crawl_are_not_part_of_its_baselines(store: Store) -> None:
    store_history(store, days=4)
    crawl = PricedCrawl(store)
    for route in ({}, {"origin": "SAN"}):
        crawl.judge(*make_days(*[20_000] * 8, **route))
        crawl.end()  # as after ten minutes
    assert classes(crawl.judge(*make_days(12_000, origin="AUS", destination="LAX"))) == [DealClass.UNKNOWN]
    later = PricedCrawl(store, days=1)
    assert classes(later.judge(*make_days(12_000, origin="AUS", destination="LAX"))) == [DealClass.EXCEPTIONAL]


def test_earlier_crawls_of_the_same_day_count(store: Store) -> None:
    store_history(store, days=4)
    for expected in (DealClass.UNKNOWN, DealClass.USUAL):
        crawl = PricedCrawl(store)
        assert classes(crawl.judge(*make_days(*[20_000] * 8)))[0] is expected
        crawl.end()


# ---- old responses ----


def test_an_old_response_is_neither_judged_nor_counted(store: Store) -> None:
    store_history(store)
    first = PricedCrawl(store)
    [judgment] = first.judge(*make_days(12_000))
    first.end()
    before = price_record(store, KEY)
    again = PricedCrawl(store, is_regular=False)
    kept, new, unknown = again.judge(*make_days(12_000), *make_days(9_000, fare_name="X"), make_offer(origin="SEA"))
    again.end()
    assert kept == judgment
    assert (new, unknown) == (None, None)
    assert price_record(store, KEY) == before


def test_a_price_that_a_fixed_parser_corrects_has_no_class_until_the_next_crawl(store: Store) -> None:
    store_history(store)
    first = PricedCrawl(store)
    first.judge(*make_days(12_000))
    first.end()
    PricedCrawl(store, is_regular=False).judge(*make_days(19_000))
    assert stored_judgments(store)[DEPARTURE] == ("unknown", None)
    PricedCrawl(store, days=1).judge(*make_days(19_000))
    assert stored_judgments(store)[DEPARTURE] == ("usual", 19_000)


def test_a_stored_judgment_has_all_its_evidence(store: Store) -> None:
    store_history(store)
    [judgment] = PricedCrawl(store).judge(*make_days(12_000))
    with store.reading() as connection:
        stored = connection.scalar(select(schema.offers.c.judgment).where(schema.offers.c.departure_date == DEPARTURE))
    assert msgspec.convert(stored, Judgment) == judgment
