"""Prices of days are judged before their flights are searched, on both engines."""

from __future__ import annotations

from datetime import timedelta

from awardspider import clock
from awardspider.deals.classes import Thresholds
from awardspider.extensions.day_judging import DayJudge
from awardspider.items import AwardOfferItem
from awardspider.search.judgments import DealClass, Judgment
from awardspider.search.price_history import price_key
from awardspider.storage.price_collector import PriceCollector
from awardspider.storage.store import Store
from tests.support.storage_examples import make_offer, make_report


def make_day(number: int, miles: int | None) -> AwardOfferItem:
    return make_offer(departure_date=clock.now().date() + timedelta(days=90 + number), miles=miles)


def store_prices(store: Store, *miles: int) -> None:
    """Store the prices of successive departure days, found on each of the last ten days."""
    now = clock.now()
    for ago in range(10, 0, -1):
        prices = PriceCollector(store)
        report = make_report("search")
        for number, price in enumerate(miles):
            offer = make_day(number, price)
            prices.add_offer(report.search_id, price_key(offer), offer, (now - timedelta(days=ago)).date())
        prices.add_report(report)
        prices.flush(now - timedelta(days=ago))


def class_of(judgment: Judgment | None) -> DealClass | None:
    return judgment.deal_class if judgment else None


def test_the_price_of_a_day_is_judged_by_the_history(store: Store) -> None:
    store_prices(store, *[20_000] * 8)
    judge = DayJudge(PriceCollector(store), Thresholds())
    assert class_of(judge.judgment_of(make_day(0, 20_000))) is DealClass.USUAL
    assert class_of(judge.judgment_of(make_day(0, 9_000))) in {DealClass.GOOD, DealClass.EXCEPTIONAL}
    assert judge.judgment_of(make_day(0, None)) is None


def test_the_class_of_a_day_is_unknown_without_history(store: Store) -> None:
    judge = DayJudge(PriceCollector(store), Thresholds())
    assert class_of(judge.judgment_of(make_day(0, 20_000))) is DealClass.UNKNOWN
