"""The deals benchmark at CI size, and its judgments of alerts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from awardspider.items import Cabin
from awardspider.search.judgments import DealClass
from benchmarks.deals import measure
from benchmarks.deals.figures import Delivered, Figures
from benchmarks.deals.true_days import Expected, PriceHistory, SeenPrices, TrueDays, watched_routes
from benchmarks.deals.true_offers import Event, RoutePrices, TrueOffers
from benchmarks.deals.watched import make_watches
from tests.support.item_examples import make_offer

NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
WATCHES = make_watches(2, NOON.date())
LIMITED, DEAL = WATCHES


def truth(days: int = 0) -> TrueDays:
    """Return the truth of some crawls, which found nothing."""
    true_days = TrueDays(TrueOffers(NOON), WATCHES)
    true_days.crawled_at = [NOON + number * DAY for number in range(days)]
    return true_days


def alert(day: int, miles: int = 9000, deal_class: DealClass = DealClass.USUAL, watch: str = "") -> Delivered:
    """Return an alert about the flight `a`, a message of its own."""
    return Delivered(watch or LIMITED.name, "a", miles, NOON + day * DAY, deal_class.value, "united", day)


def figures(true_days: TrueDays, *alerts: Delivered) -> Figures:
    return Figures(true_days, WATCHES, alerts)


def expect(true_days: TrueDays, day: int, kind: str = "drop", **flights: int) -> None:
    event = Event("united", "LAX", "AUS", Cabin.ECONOMY, kind, "name")
    true_days.expected.append(_expected(event, day, flights))


def _expected(event: Event, day: int, flights: dict[str, int]) -> Expected:
    return Expected(LIMITED.name, event, NOON + day * DAY, flights, flights)


@pytest.mark.slow
def test_the_benchmark_measures_a_few_days() -> None:
    found = measure(days=3, watch_count=2)
    assert found["days"] == 3
    assert found["searches"] > 20
    assert found["alerts"] > 0
    assert found["recall"] == 1
    assert found["repeated"] == 0
    assert found["alerts_per_watch_day_highest"] <= 2


def test_an_event_is_alerted_by_any_of_its_flights_at_its_price() -> None:
    true_days = truth(3)
    expect(true_days, 1, a=4000, b=4500)
    assert figures(true_days, alert(1, 4000)).recall() == {"recall": 1.0, "drops_alerted": 1}
    for other in (alert(1, 4500), alert(0, 4000), alert(2, 4000)):
        assert figures(true_days, other).recall()["recall"] == 0


def test_an_event_is_not_expected_if_its_flights_are_known_at_about_the_price() -> None:
    true_days = truth(3)
    true_days.flights["a"] = {NOON: 9000, NOON + DAY: 8800}
    expect(true_days, 1, a=8800)
    assert figures(true_days, alert(0, 9000)).recall() == {"recall": None, "already_known": 1}
    assert figures(true_days, alert(0, 9500)).recall()["recall"] == 0


def test_an_alert_before_a_price_surely_is_of_the_class_counts() -> None:
    true_days = truth(3)
    expect(true_days, 2, b=4500)
    early = replace(true_days.expected[0], at=NOON + DAY, flights={}, reduced={"a": 4000})
    true_days.expected.insert(0, early)
    assert figures(true_days, alert(1, 4000)).recall() == {"recall": 1.0, "drops_alerted": 1}
    true_days.expected.pop()  # the price is never surely of the class
    assert figures(true_days).recall() == {"recall": None}


def test_an_event_is_expected_again_after_an_interruption() -> None:
    true_days = truth(3)
    true_days.flights["a"] = {NOON: 9000, NOON + DAY: 20_000, NOON + 2 * DAY: 9000}
    expect(true_days, 2, a=9000)
    assert figures(true_days, alert(0, 9000)).recall()["recall"] == 0


@pytest.mark.parametrize(
    ("prices", "second", "repeated"),
    [
        ([9000, 9000, 9000], alert(2, 9000), 1),
        ([9000, 9000, 8600], alert(2, 8600), 1),
        ([9000, 9000, 8500], alert(2, 8500), 0),  # at least 5 % lower
        ([9000, 9000, 8900], alert(2, 8900, DealClass.RECORD_LOW), 0),
        ([9000, 9400, 9000], alert(2, 9000), 1),  # above the limit by less than the margin
        ([9000, 9500, 9000], alert(2, 9000), 0),
        ([9000, None, 9000], alert(2, 9000), 0),  # was gone
    ],
)
def test_an_alert_without_a_new_reason_is_repeated(prices: list[int | None], second: Delivered, repeated: int) -> None:
    true_days = truth(3)
    true_days.flights["a"] = {NOON + day * DAY: price for day, price in enumerate(prices) if price}
    assert figures(true_days, alert(0, 9000), second).repeated() == repeated


def test_precision_counts_reductions_and_the_lowest_prices() -> None:
    true_days = truth(3)
    route = next(watched_routes(LIMITED))
    true_days.histories[LIMITED.name, route] = PriceHistory([[5000, *[10_000] * 19], [7000, *[10_000] * 19]])
    true_days.reduced["a", 8000].add(NOON)
    true_days.reduced["a", 7500].add(NOON)  # the alert at this price comes two days later, when it is no sale
    judged = [alert(day, miles, DealClass.EXCEPTIONAL) for day, miles in enumerate((8000, 7000, 7500))]
    found = figures(true_days, *judged, alert(3, 9000, DealClass.GOOD)).precision()
    assert (found["precision"], found["precision_strict"]) == (2 / 3, 1 / 3)
    assert (found["judged_exceptional"], found["judged_record_low"]) == (3, 0)


def test_messages_are_counted_for_all_watches_and_days() -> None:
    found = figures(truth(3), alert(0), alert(0), alert(1)).alerts_per_watch_day(3)
    assert found["alerts_per_watch_day"] == 0  # four of six have none
    assert found["alerts_per_watch_day_highest"] == 1
    assert (found["messages"], found["alerts"]) == (2, 3)


def test_a_price_is_surely_of_a_class_only_well_beyond_its_threshold() -> None:
    prices = seen_prices(days=10)
    assert prices(DealClass.GOOD, 8500)
    assert not prices(DealClass.GOOD, 9300)
    assert prices(DealClass.EXCEPTIONAL, 6000)
    assert not prices(DealClass.EXCEPTIONAL, 7600)
    assert not seen_prices(days=5)(DealClass.GOOD, 5000)
    assert not prices(DealClass.GOOD, 5000, lead=20)  # no price was seen at this lead time


def seen_prices(days: int) -> Callable[..., bool]:
    """Return a test of a price after crawls of `days` days, which saw 10,000 to 11,900 miles 90 days ahead."""
    seen, today = SeenPrices(), NOON.date()
    for ago in range(1, days + 1):
        for number in range(20):
            departure = today + timedelta(days=90 + number)
            offer = make_offer(departure_date=departure, miles=10_000 + 100 * number)
            seen.add(offer, today - timedelta(days=ago))
    route = RoutePrices(program=offer.program, origin=offer.origin, destination=offer.destination, cabin=offer.cabin)

    def is_surely(deal: DealClass, miles: int, lead: int = 90) -> bool:
        return seen.is_surely(deal, route, miles, today + timedelta(days=lead), today)

    return is_surely


def test_the_truth_has_the_flights_that_a_drop_reduces() -> None:
    offers = TrueOffers(NOON)
    true_days = TrueDays(offers, make_watches(4, NOON.date()))
    true_days.add()
    (drop,) = (each for each in true_days.expected if each.event.kind == "drop" and each.flights)
    assert drop.watch.startswith("LAX-JFK")
    route = RoutePrices(program="american", origin="LAX", destination="JFK", cabin=Cabin.ECONOMY)
    days = [date(2026, 12, 20) + number * DAY for number in range(14)]
    reduced = {
        item.flight_key: item.miles
        for day in days
        for offer, item in true_days.day_offers(route, day)
        if offer["drop_percent"] and not item.mixed_cabin
    }
    assert drop.flights == reduced
