"""The knowledge of past crawls that the planner needs, on both engines."""

from __future__ import annotations

from datetime import date, timedelta

from awardspider.items import AwardOfferItem, Cabin, SearchKind
from awardspider.outcomes import Outcome, Reason
from awardspider.search.day_confirmation import DayKey, DaysLeft
from awardspider.search.search_needs import MonthPrice
from awardspider.search.served_routes import SkipReason
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


def postponed(store: Store, destination: str, cabin_groups: int = 1) -> tuple[set[date], SkipReason] | None:
    found = route_histories(store, "united", now=NOW + HOUR, cabin_groups=cabin_groups)
    history = found.get(("LAX", destination))
    return None if history is None else ({*history.postponed}, history.reason)


def in_vain(store: Store, destination: str, days_ago: float, **fields: object) -> None:
    values = {"outcome": Outcome.EMPTY, "offers": 0, "first": DAY, "last": DAY + timedelta(days=2)} | fields
    name = f"{destination} {days_ago} {sorted(fields.items(), key=str)}"
    write_search(store, name, destination=destination, requested_at=NOW - timedelta(days=days_ago), **values)


DAYS = {DAY + timedelta(days=number) for number in range(3)}


def test_empty_searches_count_for_their_days_and_only_hours_apart(store: Store) -> None:
    for days_ago in (0, 1):
        in_vain(store, "GUM", days_ago)
        in_vain(store, "DEN", days_ago)
        in_vain(store, "SEA", days_ago / 100)
        in_vain(store, "ORD", days_ago, outcome=Outcome.FAILED, reason=Reason.UNREACHABLE)
        in_vain(store, "BOS", 121 + days_ago)
    in_vain(store, "GUM", 2, first=DAY + timedelta(days=9), last=DAY + timedelta(days=9))
    write_search(store, "found", destination="DEN")
    assert postponed(store, "GUM") == (DAYS, SkipReason.ALWAYS_EMPTY)
    assert postponed(store, "GUM", cabin_groups=2) == (set(), SkipReason.ALWAYS_EMPTY)
    assert postponed(store, "DEN") == (set(), SkipReason.ALWAYS_EMPTY), "a single offer makes it ordinary"
    assert postponed(store, "SEA") == (set(), SkipReason.ALWAYS_EMPTY), "seconds apart"
    assert postponed(store, "ORD") is None, "nothing is known of it"
    assert postponed(store, "BOS") == (set(), SkipReason.ALWAYS_EMPTY), "too long ago"
    found = route_histories(store, "united", now=NOW, cabin_groups=1)
    assert found["LAX", "DEN"].had_offers
    assert not found["LAX", "GUM"].had_offers


def test_refused_searches_count_unless_one_succeeded(store: Store) -> None:
    for days_ago in (0, 1):
        for destination in ("GUM", "SEA"):
            in_vain(store, destination, days_ago, outcome=Outcome.FAILED, reason=Reason.BAD_REQUEST)
    in_vain(store, "SEA", 3)
    assert postponed(store, "GUM") == (DAYS, SkipReason.ALWAYS_REFUSED)
    assert postponed(store, "SEA") == (set(), SkipReason.ALWAYS_EMPTY)


def test_unknown_responses_count_only_if_the_run_had_others(store: Store) -> None:
    for days_ago in (0, 1):
        in_vain(store, "GUM", days_ago, outcome=Outcome.FAILED, reason=Reason.UNEXPECTED_RESPONSE)
    assert postponed(store, "GUM") is None, "the site may have changed"
    write_search(store, "found", destination="DEN")
    assert postponed(store, "GUM") == (DAYS, SkipReason.ALWAYS_REFUSED)
