"""Comparison of calendars with stored itineraries, and the searches that recheck them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from awardspider.items import Cabin, Detail, SearchKind
from awardspider.programs import CalendarCoverage, programs
from awardspider.search.capabilities import SearchCapabilities
from awardspider.search.rechecks import (
    ShownDays,
    StoredItinerary,
    find_contradictions,
    recheck_searches,
    without_source_id,
)
from tests.support.program_requests import spider
from tests.support.storage_examples import DAY, NOW, make_itinerary, make_offer
from tests.support.watch_examples import make_watch

BOTH = SearchCapabilities(kinds=(SearchKind.CALENDAR, SearchKind.ITINERARY))
ALL = CalendarCoverage(cabins=tuple(Cabin), party=True, partners=True, evidence="a test")
UNITED = programs()["united"]


def stored(**fields: Any) -> StoredItinerary:
    values: dict[str, Any] = {
        "offer_id": "1",
        "program": "united",
        "source": "united",
        "origin": "LAX",
        "destination": "AUS",
        "departure_date": DAY,
        "cabin": Cabin.ECONOMY,
        "miles": 15_000,
        "travelers": 1,
        "is_unconfirmed": False,
    }
    return StoredItinerary(**values | fields)


def shown(*offers: Any) -> ShownDays:
    days = ShownDays()
    for offer in offers:
        days.add(offer)
    return days


@pytest.mark.parametrize(
    ("offers", "is_contradicted"),
    [
        ([make_offer(miles=15_000)], False),
        ([make_offer(miles=14_000)], False),
        ([make_offer(miles=15_001)], True),
        ([make_offer(miles=30_000), make_offer(miles=15_000, mixed_cabin=True)], False),
        ([make_offer(miles=None, detail=Detail.SEATS)], False),
        ([make_offer(miles=30_000), make_offer(miles=None, detail=Detail.SEATS)], False),
        ([], True),
        ([make_offer(departure_date=DAY + timedelta(days=1))], True),
        ([make_offer(cabin=Cabin.BUSINESS)], True),
        ([make_offer(program="delta")], True),
        ([make_itinerary(miles=15_000)], True),
    ],
    ids=[
        "equal", "lower", "higher", "one of two", "without price", "one without price", "no day", "another day",
        "another cabin", "another program", "itinerary",
    ],
)  # fmt: skip
def test_a_missing_day_or_a_higher_price_contradicts_an_itinerary(offers: list[Any], is_contradicted: bool) -> None:
    found = find_contradictions([stored()], shown(*offers), program=UNITED, is_complete=True)
    assert [each.offer_id for each in found.unconfirmed] == ["1"] * is_contradicted
    assert found.due == found.unconfirmed
    assert not found.ended


def test_only_a_complete_calendar_shows_that_a_day_is_missing() -> None:
    found = find_contradictions([stored()], shown(), program=UNITED, is_complete=False)
    assert not found.unconfirmed
    higher = shown(make_offer(miles=30_000))
    assert find_contradictions([stored()], higher, program=UNITED, is_complete=False).unconfirmed


def test_an_itinerary_that_is_unconfirmed_is_due_even_if_the_calendar_agrees_again() -> None:
    itinerary = stored(is_unconfirmed=True)
    found = find_contradictions([itinerary], shown(make_offer(miles=15_000)), program=UNITED, is_complete=True)
    assert found.unconfirmed == ()
    assert found.due == (itinerary,)


@pytest.mark.parametrize(
    ("coverage", "travelers", "ends"),
    [
        (ALL, 1, True),
        (ALL, 2, True),
        (replace(ALL, party=False), 1, True),
        (replace(ALL, party=False), 2, False),
        (replace(ALL, partners=False), 1, False),
        (replace(ALL, cabins=(Cabin.BUSINESS,)), 1, False),
        (None, 1, False),
    ],
)
def test_a_missing_day_ends_an_itinerary_only_if_the_calendar_shows_every_such_award(
    coverage: CalendarCoverage | None, travelers: int, ends: bool
) -> None:
    program = replace(UNITED, calendar=coverage)
    itinerary = stored(travelers=travelers)
    found = find_contradictions([itinerary], shown(), program=program, is_complete=True)
    assert (found.ended, found.due) == (((itinerary,), ()) if ends else ((), (itinerary,)))
    higher = shown(make_offer(miles=30_000, travelers=travelers))
    assert not find_contradictions([itinerary], higher, program=program, is_complete=True).ended


def test_each_day_is_rechecked_once_and_watched_days_come_first() -> None:
    watch = make_watch(name="Austin", origin="LAX", destination="AUS", dates="2027-03-12", cabins=(Cabin.ECONOMY,))
    days = [date(2027, 3, 10), date(2027, 3, 11), date(2027, 3, 12)]
    itineraries = [stored(departure_date=day, cabin=cabin) for day in days for cabin in (Cabin.ECONOMY, Cabin.FIRST)]
    searches = recheck_searches(itineraries, shown(), [watch], source="united", capabilities=BOTH, now=NOW)
    assert [search.first for search in searches] == [days[2], days[0], days[1]]
    assert {(search.kind, search.first == search.last, search.program) for search in searches} == {
        (SearchKind.ITINERARY, True, "united")
    }


def test_a_recheck_of_a_source_of_several_programs_names_the_program_and_the_row() -> None:
    row = make_offer(source="seatsaero", miles=30_000)
    row.source_id = "abc"
    itinerary = stored(source="seatsaero")
    [search] = recheck_searches([itinerary], shown(row), [], source="seatsaero", capabilities=BOTH, now=NOW)
    assert (search.target_program, search.source_id) == ("united", "abc")
    [other] = recheck_searches([itinerary], shown(), [], source="seatsaero", capabilities=BOTH, now=NOW)
    assert other == without_source_id(search)


def test_itineraries_of_another_source_or_without_such_a_search_are_not_rechecked() -> None:
    only_calendar = SearchCapabilities(kinds=(SearchKind.CALENDAR,))
    for source, capabilities in (("united", only_calendar), ("delta", BOTH)):
        assert recheck_searches([stored()], shown(), [], source=source, capabilities=capabilities, now=NOW) == []


@pytest.mark.parametrize("program", programs().values(), ids=lambda program: program.key)
def test_a_program_with_a_calendar_states_what_its_calendar_shows(program: Any) -> None:
    has_calendar = SearchKind.CALENDAR in spider(program.key).search_kinds
    assert (program.calendar is not None) == has_calendar
    assert program.calendar is None or program.calendar.evidence
