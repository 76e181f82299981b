"""The knowledge of past crawls that the planner needs, on both engines."""

from __future__ import annotations

from datetime import date, timedelta

from awardspider.items import AwardOfferItem, Cabin, SearchKind
from awardspider.outcomes import Outcome, Reason
from awardspider.search.day_confirmation import DayKey, DaysLeft
from awardspider.search.search_needs import MonthPrice
from awardspider.storage.batches import Batch, BatchWriter
from awardspider.storage.planning import (
    MAX_LEFT_AGE,
    confirmed_days,
    days_without_flights,
    lowest_prices,
    route_histories,
)
from awardspider.storage.store import Store
from tests.support.storage_examples import DAY, NOW, make_batch, make_itinerary, make_offer, make_report, make_search

HOUR = timedelta(hours=1)
Group = tuple[Cabin, ...]
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


def left(store: Store, hours_later: float = 1, source: str = "united") -> list[date]:
    return [each.departure_date for each in days_left(store, hours_later, source=source).offers]


def days_left(store: Store, hours_later: float = 1, *groups: Group, source: str = "united") -> DaysLeft:
    return days_without_flights(store, source, groups or ((),), NOW + hours_later * HOUR)


def confirmed(store: Store, hours_later: float = 1, *groups: Group, source: str = "united") -> dict[DayKey, int | None]:
    return confirmed_days(store, source, groups or ((),), NOW + hours_later * HOUR)


def test_lowest_prices_are_by_party_and_program(store: Store) -> None:
    write_offers(
        store,
        make_offer(source="seatsaero", miles=9_000),
        make_offer(source="seatsaero", miles=8_000, travelers=2),
        make_offer(source="seatsaero", miles=7_000, program="alaska"),
    )
    assert sorted(lowest_prices(store, "seatsaero", NOW)["LAX", "AUS"]) == [
        MonthPrice(date(2027, 3, 1), Cabin.ECONOMY, 7_000, 1, "alaska"),
        MonthPrice(date(2027, 3, 1), Cabin.ECONOMY, 8_000, 2, "united"),
        MonthPrice(date(2027, 3, 1), Cabin.ECONOMY, 9_000, 1, "united"),
    ]


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
        MonthPrice(date(2027, 3, 1), Cabin.ECONOMY, 8_000, 1, "united"),
        MonthPrice(date(2027, 4, 1), Cabin.ECONOMY, 7_000, 1, "united"),
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
    assert confirmed(store) == {KEY: 12_500}
    assert confirmed(store, 30) == {}
    write_offers(store, make_offer(miles=9_000, seen_at=NOW + HOUR))
    assert left(store, hours_later=2) == [DAY]
    assert confirmed(store, 2) == {}


def test_another_party_does_not_confirm_a_day(store: Store) -> None:
    write_offers(store, make_offer(travelers=2))
    search_flights(store, "one", 0.5)
    assert left(store) == [DAY]


def test_a_failed_search_of_flights_confirms_no_day(store: Store) -> None:
    write_offers(store, make_offer())
    search_flights(store, "one", 0.5, outcome=Outcome.FAILED, reason=Reason.UNREACHABLE, offers=0)
    assert (left(store), confirmed(store)) == ([DAY], {})
    search_flights(store, "two", 0.6, outcome=Outcome.EMPTY, offers=0)
    assert (left(store), confirmed(store)) == ([], {KEY: 12_500})


def test_each_group_of_cabins_needs_its_own_search_of_a_day(store: Store) -> None:
    groups: tuple[Group, ...] = (Cabin.ECONOMY, Cabin.BUSINESS), (Cabin.FIRST,)
    write_offers(store, make_offer())
    search_flights(store, "one", 0.5, cabins=groups[0])
    searched = {KEY._replace(group=groups[0]): 12_500}
    found = days_left(store, 30, *groups)
    assert ([each.departure_date for each in found.offers], found.searched) == ([DAY], searched)
    assert confirmed(store, 1, *groups) == searched
    search_flights(store, "two", 0.6, cabins=groups[1])
    assert days_left(store, 1, *groups) == ([], {})
    assert confirmed(store, 1, *groups) == {KEY._replace(group=group): 12_500 for group in groups}


def test_a_search_of_all_cabins_covers_each_group(store: Store) -> None:
    write_offers(store, make_offer())
    search_flights(store, "one", 0.5)
    assert days_left(store, 1, (Cabin.ECONOMY,), (Cabin.FIRST,)) == ([], {})


def test_each_program_of_a_source_needs_its_own_search_of_a_day(store: Store) -> None:
    programs = ("united", "alaska", "aeroplan")
    write_offers(store, *(make_offer(source="seatsaero", program=each) for each in programs))
    search_flights(store, "one", 0.5, program="seatsaero", target_program="united")
    assert sorted(each.program for each in days_left(store, source="seatsaero").offers) == ["aeroplan", "alaska"]
    assert confirmed(store, source="seatsaero") == {KEY: 12_500}
    search_flights(store, "two", 0.6, program="seatsaero")  # of all programs
    assert left(store, source="seatsaero") == []
    assert {key.program for key in confirmed(store, source="seatsaero")} == set(programs)


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
