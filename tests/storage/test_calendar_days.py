"""The lowest prices of a calendar and what is known about the other days, on both engines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from awardspider.items import Cabin, SearchKind
from awardspider.outcomes import InvalidArgument, Outcome, Reason
from awardspider.search.deal_ranks import deal_rank
from awardspider.storage.batches import write_batch
from awardspider.storage.calendar_days import (
    CalendarCell,
    CalendarQuery,
    DayStatus,
    calendar_day,
    calendar_days,
    lowest_of_cabins,
)
from awardspider.storage.offer_status import OfferStatus
from awardspider.storage.store import Store
from tests.support.storage_examples import DAY, NOW, make_batch, make_itinerary, make_offer, make_report, make_search

QUERY = CalendarQuery(origins=("LAX",), destinations=("AUS",), first=date(2027, 3, 1), last=date(2027, 3, 31))
MAX_AGE = timedelta(hours=48)
FAILED = {"outcome": Outcome.FAILED, "reason": Reason.BLOCKED}
EMPTY = {"outcome": Outcome.EMPTY}


def cell(store: Store, query: CalendarQuery = QUERY, day: date = DAY, cabin: Cabin = Cabin.ECONOMY) -> CalendarCell:
    """Return a cell of a calendar, which is the same in a calendar of one day or of one cabin."""
    cells = calendar_days(store, query, now=NOW, max_age=MAX_AGE)[day]
    assert calendar_day(store, query, day, now=NOW, max_age=MAX_AGE) == cells
    of_cabin = replace(query, cabins=(cabin,))
    assert calendar_days(store, of_cabin, now=NOW, max_age=MAX_AGE)[day] == {cabin: cells[cabin]}
    return cells[cabin]


def store_search(store: Store, hours: float = 0, fields: dict[str, Any] | None = None, **search: Any) -> datetime:
    """Store a search of so many hours ago and return its time."""
    at = NOW - timedelta(hours=hours)
    report = make_report(f"search {hours}{search}", requested_at=at, search=make_search(**search), **fields or {})
    write_batch(store, make_batch(reports=[report]))
    return at


def test_every_day_and_cabin_of_the_range_is_there(store: Store) -> None:
    calendar = calendar_days(store, QUERY, now=NOW, max_age=None)
    assert list(calendar) == [QUERY.first + timedelta(days=number) for number in range(31)]
    assert list(calendar[DAY].items()) == [(cabin, CalendarCell(status=DayStatus.NOT_SEARCHED)) for cabin in Cabin]
    one = calendar_days(store, replace(QUERY, cabins=(Cabin.FIRST,)), now=NOW, max_age=None)
    assert list(one[DAY]) == [Cabin.FIRST]


def test_the_lowest_price_of_a_day_has_its_offer_age_and_program(store: Store) -> None:
    low = make_itinerary(miles=9_000, seen_at=NOW - timedelta(hours=3))
    unavailable = make_itinerary(miles=1_000, fare_name="Gone")
    outdated = make_offer(miles=2_000, cabin=Cabin.BUSINESS, seen_at=NOW - timedelta(hours=49))
    write_batch(store, make_batch(make_offer(), low, unavailable, outdated))
    write_batch(store, make_batch(gone={NOW: [unavailable.offer_id]}))
    found = cell(store)
    assert found.price is not None
    assert (found.status, found.price.miles, found.price.offer_id) == (DayStatus.FOUND, 9_000, low.offer_id)
    assert (found.price.program, found.price.seen_at, found.price.is_confirmed) == ("united", low.seen_at, True)
    assert cell(store, cabin=Cabin.BUSINESS).status is DayStatus.NOT_SEARCHED
    assert cell(store, replace(QUERY, programs=("delta",))).price is None


def test_an_outdated_or_contradicted_price_is_shown_apart(store: Store) -> None:
    outdated = make_offer(miles=2_000, cabin=Cabin.BUSINESS, seen_at=NOW - timedelta(hours=49))
    contradicted = make_itinerary(miles=9_000)
    write_batch(store, make_batch(outdated, contradicted))
    write_batch(store, make_batch(unconfirmed={NOW + timedelta(hours=1): [contradicted.offer_id]}))
    for offer, status in ((outdated, OfferStatus.OUTDATED), (contradicted, OfferStatus.UNCONFIRMED)):
        found = cell(store, cabin=offer.cabin)
        assert found.price is None
        assert found.stale is not None
        assert (found.stale.offer_id, found.stale.status) == (offer.offer_id, status)
        assert found.status is DayStatus.NOT_SEARCHED
    available = make_offer(miles=12_000)
    write_batch(store, make_batch(available))
    found = cell(store)
    assert found.stale is None
    assert found.price is not None
    assert (found.price.offer_id, found.price.origin, found.price.destination) == (available.offer_id, "LAX", "AUS")


def test_only_available_prices_are_the_lowest_of_cabins(store: Store) -> None:
    cheap, dear = make_offer(miles=9_000), make_itinerary(miles=12_000)
    outdated = make_offer(miles=2_000, cabin=Cabin.BUSINESS, seen_at=NOW - timedelta(hours=49))
    contradicted = make_itinerary(miles=3_000, cabin=Cabin.FIRST)
    elsewhere = make_offer(miles=1_000, origin="SFO")
    write_batch(store, make_batch(cheap, dear, outdated, contradicted, elsewhere))
    write_batch(store, make_batch(unconfirmed={NOW + timedelta(hours=1): [contradicted.offer_id]}))
    assert lowest_of_cabins(store, QUERY, now=NOW, max_age=MAX_AGE) == {Cabin.ECONOMY: 9_000}
    later = replace(QUERY, first=DAY + timedelta(days=1))
    assert lowest_of_cabins(store, later, now=NOW, max_age=MAX_AGE) == {}


def test_the_price_of_a_day_is_not_confirmed(store: Store) -> None:
    write_batch(store, make_batch(make_offer(miles=9_000), make_itinerary()))
    price = cell(store).price
    assert price is not None
    assert (price.miles, price.is_confirmed) == (9_000, False)


@pytest.mark.parametrize("outcome", [Outcome.EMPTY, Outcome.FOUND])
def test_a_day_without_price_in_a_successful_search_is_empty(store: Store, outcome: Outcome) -> None:
    at = store_search(store, 5, {"outcome": outcome})
    assert cell(store) == CalendarCell(status=DayStatus.EMPTY, searched_at=at)
    assert cell(store, replace(QUERY, last=date(2027, 4, 30)), date(2027, 4, 1)).status is DayStatus.NOT_SEARCHED


def test_a_failed_search_is_never_empty(store: Store) -> None:
    store_search(store, 9, EMPTY)
    at = store_search(store, 5, FAILED)
    found = cell(store)
    assert found.failure is not None
    assert (found.status, found.failure.reason, found.failure.requested_at) == (DayStatus.FAILED, Reason.BLOCKED, at)
    store_search(store, 1, EMPTY)
    assert cell(store).status is DayStatus.EMPTY


def test_a_failed_search_leaves_an_older_price(store: Store) -> None:
    write_batch(store, make_batch(make_offer(seen_at=NOW - timedelta(hours=9))))
    store_search(store, 9)
    at = store_search(store, 1, FAILED)
    found = cell(store)
    assert found.price is not None
    assert found.failure is not None
    assert (found.status, found.price.miles, found.failure.requested_at) == (DayStatus.FOUND, 12_500, at)


def test_no_seats_for_a_larger_party_prove_nothing_about_a_smaller_one(store: Store) -> None:
    at = store_search(store, 9, FAILED)
    for party in (2, 4):
        later = store_search(store, 5, EMPTY, travelers=party)
        found = cell(store)
        assert (found.status, found.searched_at) == (DayStatus.FAILED, later)
        assert found.failure is not None
        assert found.failure.requested_at == at
    at = store_search(store, 3, EMPTY)
    store_search(store, 2, EMPTY, travelers=4)
    assert cell(store) == CalendarCell(status=DayStatus.EMPTY, searched_at=at)
    store_search(store, 1, FAILED, travelers=4)
    assert cell(store).status is DayStatus.FAILED


def test_days_that_were_searched_only_for_a_larger_party_are_not_empty(store: Store) -> None:
    at = store_search(store, 5, EMPTY, travelers=4)
    assert cell(store) == CalendarCell(status=DayStatus.EMPTY, searched_at=at)
    store_search(store, 2, EMPTY, last=date(2027, 3, 9))
    assert cell(store) == CalendarCell(status=DayStatus.NOT_SEARCHED, searched_at=at)
    assert cell(store, day=date(2027, 3, 9)).status is DayStatus.EMPTY


def test_each_route_and_program_has_its_own_smallest_party(store: Store) -> None:
    store_search(store, 5, EMPTY, travelers=4)
    store_search(store, 2, EMPTY, program="delta")
    store_search(store, 2, EMPTY, travelers=2, origin="SFO")
    assert cell(store, replace(QUERY, origins=("LAX", "SFO"))).status is DayStatus.EMPTY


def test_a_price_of_a_later_search_for_a_larger_party_hides_a_failed_search(store: Store) -> None:
    store_search(store, 9, FAILED)
    write_batch(store, make_batch(make_offer(travelers=4, seen_at=NOW - timedelta(hours=5))))
    at = store_search(store, 5, travelers=4)
    found = cell(store)
    assert found.price is not None
    assert found == CalendarCell(status=DayStatus.FOUND, price=found.price, searched_at=at)


def test_a_price_of_another_program_hides_no_failed_search(store: Store) -> None:
    failed = store_search(store, 9, FAILED)
    write_batch(store, make_batch(make_offer(program="delta", source="delta", seen_at=NOW - timedelta(hours=5))))
    store_search(store, 4, EMPTY, travelers=4)
    last = store_search(store, 1, program="delta")
    found = cell(store)
    assert found.failure is not None
    assert (found.status, found.failure.requested_at, found.searched_at) == (DayStatus.FOUND, failed, last)


def test_a_failed_search_for_a_larger_party_counts_until_a_later_one_succeeds(store: Store) -> None:
    at = store_search(store, 9, EMPTY)
    store_search(store, 5, FAILED, travelers=4, kind=SearchKind.ITINERARY, first=DAY, last=DAY)
    assert cell(store).status is DayStatus.FAILED
    store_search(store, 3, EMPTY, travelers=4)
    assert cell(store) == CalendarCell(status=DayStatus.EMPTY, searched_at=at)


def test_a_source_whose_prices_do_not_depend_on_the_party_proves_it_for_all(store: Store) -> None:
    store_search(store, 9, FAILED, program="seatsaero", target_program="united")
    at = store_search(store, 3, EMPTY, program="seatsaero", target_program="united", travelers=4)
    assert cell(store) == CalendarCell(status=DayStatus.EMPTY, searched_at=at)


def test_no_seats_for_a_larger_party_hide_no_failed_search_after_a_price(store: Store) -> None:
    write_batch(store, make_batch(make_offer(seen_at=NOW - timedelta(hours=9))))
    at = store_search(store, 5, FAILED)
    store_search(store, 1, EMPTY, travelers=4)
    found = cell(store)
    assert found.failure is not None
    assert (found.status, found.failure.requested_at) == (DayStatus.FOUND, at)


def test_an_empty_day_is_as_old_as_the_oldest_search_behind_it(store: Store) -> None:
    at = store_search(store, 20, EMPTY)
    newest = store_search(store, 1, EMPTY, program="delta")
    store_search(store, 2, EMPTY, origin="SFO")
    both = replace(QUERY, origins=("LAX", "SFO"))
    assert cell(store, both) == CalendarCell(status=DayStatus.EMPTY, searched_at=at)
    write_batch(store, make_batch(make_offer()))
    assert cell(store, both).searched_at == newest
    store_search(store, 3, FAILED, cabins=(Cabin.BUSINESS,))
    assert cell(store, both, cabin=Cabin.BUSINESS).searched_at == newest


@pytest.mark.parametrize("origins", list(permutations(("LAX", "SFO", "SEA"))))
def test_of_equal_offers_the_first_stored_one_is_shown(store: Store, origins: Sequence[str]) -> None:
    offers = [make_offer(origin=origin) for origin in origins]
    assert len({deal_rank(offer) for offer in offers}) == 1
    for offer in offers:
        write_batch(store, make_batch(offer))
    price = cell(store, replace(QUERY, origins=sorted(origins))).price
    assert price is not None
    assert price.offer_id == offers[0].offer_id


def test_the_last_search_of_a_part_of_the_days_decides_about_them(store: Store) -> None:
    store_search(store, 9, EMPTY)
    store_search(store, 5, FAILED, first=DAY, last=DAY, kind=SearchKind.ITINERARY)
    statuses = {
        day: cells[Cabin.ECONOMY].status for day, cells in calendar_days(store, QUERY, now=NOW, max_age=None).items()
    }
    assert statuses.pop(DAY) is DayStatus.FAILED
    assert set(statuses.values()) == {DayStatus.EMPTY}


def test_a_search_of_one_cabin_says_nothing_about_others(store: Store) -> None:
    store_search(store, 5, EMPTY, cabins=(Cabin.ECONOMY,))
    assert cell(store).status is DayStatus.EMPTY
    assert cell(store, cabin=Cabin.BUSINESS).status is DayStatus.NOT_SEARCHED


def test_an_old_search_is_no_evidence_that_a_day_is_empty(store: Store) -> None:
    at = store_search(store, 49, EMPTY)
    assert cell(store) == CalendarCell(status=DayStatus.NOT_SEARCHED, searched_at=at)
    assert calendar_days(store, QUERY, now=NOW, max_age=None)[DAY][Cabin.ECONOMY].status is DayStatus.EMPTY


def test_unreadable_offers_are_not_empty(store: Store) -> None:
    store_search(store, 1, {"outcome": Outcome.EMPTY, "invalid": 2})
    found = cell(store)
    assert found.failure is not None
    assert (found.status, found.failure.reason) == (DayStatus.FAILED, Reason.UNEXPECTED_RESPONSE)


def test_a_day_that_only_one_program_searched_is_not_empty(store: Store) -> None:
    store_search(store, 1, EMPTY)
    store_search(store, 2, EMPTY, program="delta", first=date(2027, 3, 20))
    assert cell(store).status is DayStatus.NOT_SEARCHED
    assert cell(store, day=date(2027, 3, 25)).status is DayStatus.EMPTY
    assert cell(store, replace(QUERY, programs=("united",))).status is DayStatus.EMPTY
    assert cell(store, replace(QUERY, programs=("united",), origins=("SFO",))).status is DayStatus.NOT_SEARCHED


def test_a_program_that_was_never_searched_is_not_empty(store: Store) -> None:
    store_search(store, 1, EMPTY)
    assert cell(store, replace(QUERY, programs=("delta", "united"))).status is DayStatus.NOT_SEARCHED


def test_a_source_of_several_programs_shows_those_of_a_search(store: Store) -> None:
    store_search(store, 1, EMPTY, program="seatsaero", target_program="delta")
    assert cell(store, replace(QUERY, programs=("delta",), sources=("seatsaero",))).status is DayStatus.EMPTY
    assert cell(store, replace(QUERY, programs=("united",), sources=("seatsaero",))).status is DayStatus.NOT_SEARCHED
    store_search(store, 1, EMPTY, program="seatsaero")
    assert cell(store, replace(QUERY, programs=("united",), sources=("seatsaero",))).status is DayStatus.EMPTY


def test_an_earlier_search_that_is_stored_later_changes_nothing(store: Store) -> None:
    store_search(store, 1, EMPTY)
    store_search(store, 5, FAILED)
    assert cell(store).status is DayStatus.EMPTY


def test_a_long_range_is_rejected(store: Store) -> None:
    with pytest.raises(InvalidArgument, match="at most 366 days"):
        cell(store, replace(QUERY, last=date(2028, 4, 1)))
