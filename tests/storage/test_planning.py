"""The knowledge of past crawls that the planner needs, on both engines."""

from __future__ import annotations

from datetime import date, timedelta

from awardspider.items import AwardOfferItem, Cabin, SearchKind
from awardspider.outcomes import Outcome
from awardspider.search.day_confirmation import DayKey
from awardspider.search.search_needs import MonthPrice
from awardspider.storage.batches import Batch, BatchWriter
from awardspider.storage.planning import (
    MAX_LEFT_AGE,
    confirmed_days,
    days_without_flights,
    lowest_prices,
    planning_knowledge,
    route_histories,
)
from awardspider.storage.store import Store
from tests.support.storage_examples import DAY, NOW, make_batch, make_itinerary, make_offer, make_report, make_search

HOUR = timedelta(hours=1)
KEY = DayKey("united", "LAX", "AUS", DAY, 1, Cabin.ECONOMY)


def write_offers(store: Store, *offers: AwardOfferItem) -> None:
    batch = make_batch(*offers)
    batch.responded_at = {offer.offer_id: offer.seen_at for offer in offers}
    BatchWriter(store).write(batch, "run")


def write_search(store: Store, name: str, **fields: object) -> None:
    report = {name: fields.pop(name) for name in ("outcome", "reason", "requested_at", "offers") if name in fields}
    BatchWriter(store).write(Batch(reports=[make_report(name, search=make_search(**fields), **report)]), "run")


def search_flights(store: Store, name: str, at_hour: float, day: date = DAY, **fields: object) -> None:
    scope = {"kind": SearchKind.ITINERARY, "first": day, "last": day}
    write_search(store, name, requested_at=NOW + at_hour * HOUR, **scope | fields)


def left(store: Store, hours_later: float = 1) -> list[date]:
    now = NOW + hours_later * HOUR
    knowledge = planning_knowledge(store, "united", now)
    return [each.departure_date for each in days_without_flights(store, "united", knowledge.last_searches, now)]


def test_lowest_prices_are_by_route_month_and_cabin(store: Store) -> None:
    days = [DAY, DAY + timedelta(days=1), DAY + timedelta(days=30)]
    offers = [
        make_offer(departure_date=day, miles=miles) for day, miles in zip(days, (9_000, 8_000, 7_000), strict=True)
    ]
    others = [
        make_offer(cabin=Cabin.BUSINESS, miles=None),
        make_itinerary(miles=1),
        make_offer(source="seatsaero", miles=2),
    ]
    write_offers(store, *offers, *others)
    assert sorted(lowest_prices(store, "united", NOW)["LAX", "AUS"]) == [
        MonthPrice(date(2027, 3, 1), Cabin.ECONOMY, 8_000),
        MonthPrice(date(2027, 4, 1), Cabin.ECONOMY, 7_000),
    ]
    assert lowest_prices(store, "united", NOW + timedelta(days=365)) == {}, "they have departed"


def test_days_are_left_until_their_flights_are_searched(store: Store) -> None:
    later = DAY + timedelta(days=1)
    write_offers(store, make_offer(), make_offer(departure_date=later), make_itinerary())
    assert sorted(left(store)) == [DAY, later]
    search_flights(store, "one", 0.5)
    assert left(store) == [later]
    assert left(store, hours_later=MAX_LEFT_AGE / HOUR + 1) == []


def test_a_day_is_left_again_if_its_price_changes(store: Store) -> None:
    write_offers(store, make_offer())
    search_flights(store, "one", 0.5)
    knowledge = planning_knowledge(store, "united", NOW + HOUR)
    assert confirmed_days(store, "united", knowledge.last_searches, NOW + HOUR) == {KEY: 12_500}
    assert confirmed_days(store, "united", knowledge.last_searches, NOW + 30 * HOUR) == {}
    write_offers(store, make_offer(miles=9_000, seen_at=NOW + HOUR))
    assert left(store, hours_later=2) == [DAY]
    assert confirmed_days(store, "united", knowledge.last_searches, NOW + 2 * HOUR) == {}


def test_another_party_does_not_confirm_a_day(store: Store) -> None:
    write_offers(store, make_offer(travelers=2))
    search_flights(store, "one", 0.5)
    assert left(store) == [DAY]


def test_only_empty_searches_of_the_entire_window_count_against_a_route(store: Store) -> None:
    window = {"first": date(2026, 11, 22), "last": date(2027, 10, 25)}
    for number in range(3):
        at = NOW + number * timedelta(days=1)
        empty = {"outcome": Outcome.EMPTY, "requested_at": at, "offers": 0}
        write_search(store, f"window {number}", destination="GUM", **empty, **window)
        for again in range(12):  # as many days in all as the window
            write_search(store, f"month {number} {again}", destination="SEA", **empty)
    write_search(store, "found", destination="DEN")
    found = route_histories(store, "united", now=NOW, window_days=337, cabin_groups=1)
    assert (found["LAX", "GUM"].empty_rounds, found["LAX", "GUM"].had_offers) == (3, False)
    assert found["LAX", "GUM"].last_at == NOW + timedelta(days=2)
    assert found["LAX", "SEA"].empty_rounds == 0, "a month without awards shows nothing about the route"
    assert found["LAX", "DEN"].had_offers
    by_cabin = route_histories(store, "united", now=NOW, window_days=337, cabin_groups=3)
    assert by_cabin["LAX", "GUM"].empty_rounds == 1


def test_months_of_different_years_are_not_an_entire_window(store: Store) -> None:
    for number in range(12):
        for first, last in ((date(2025, 12, 1), date(2025, 12, 31)), (date(2026, 12, 1), date(2026, 12, 31))):
            empty = {"outcome": Outcome.EMPTY, "requested_at": NOW - (365 - number) * timedelta(days=1), "offers": 0}
            write_search(store, f"{first} {number}", first=first, last=last, **empty)
    found = route_histories(store, "united", now=NOW, window_days=337, cabin_groups=1)
    assert found["LAX", "AUS"].empty_rounds == 0
