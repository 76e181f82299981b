"""Bulk searches of a source with many programs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from awardspider.items import Search, SearchKind
from awardspider.programs import programs
from awardspider.search.bulk import bulk_searches
from awardspider.search.watches import Watch
from tests.support.watch_examples import make_watch

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SOURCE = programs()["seatsaero"]


def watch(**fields: Any) -> Watch:
    values: dict[str, Any] = {"name": "w", "origin": "JFK", "destination": "LHR", "dates": "2027-03"}
    return make_watch(**values | fields)


def bulk(*watches: Watch, of: tuple[str, ...] = ("delta",)) -> list[Search]:
    return bulk_searches(of, watches, source=SOURCE, now=NOW, last_searches={})


def test_a_search_is_for_a_program_a_pair_of_regions_and_a_month() -> None:
    routes = watch(origin="JFK,SFO", destination="LHR,FRA,NRT", dates="2027-03-20..2027-04-10")
    searches = bulk(routes, of=("delta", "sas"))
    assert {(search.program, search.kind, search.origin) for search in searches} == {
        ("seatsaero", SearchKind.BULK, "North America")
    }
    march, april = (date(2027, 3, 20), date(2027, 3, 31)), (date(2027, 4, 1), date(2027, 4, 10))
    assert [(search.target_program, search.destination, search.first, search.last) for search in searches] == [
        (program, region, *days)
        for days in (march, april)
        for program in ("delta", "sas")
        for region in ("Asia", "Europe")
    ]


def test_an_airport_that_can_be_in_two_regions_is_searched_in_both() -> None:
    searches = bulk(watch(origin="SJU,PTY", destination="CMB", dates="2027-03-20"))
    assert {(search.origin, search.destination) for search in searches} == {
        (origin, destination) for origin in ("South America", "North America") for destination in ("Africa", "Asia")
    }
    assert len(searches) == 4


def test_watches_share_a_search_that_covers_their_days_for_the_smallest_party() -> None:
    first = watch(dates="2027-03-10", travelers=3)
    second = watch(origin="SFO", destination="FRA", dates="2027-03-20", travelers=2)
    [search] = bulk(first, second, watch(active=False, dates="2027-05"))
    assert (search.first, search.last, search.travelers) == (date(2027, 3, 10), date(2027, 3, 20), 2)


def test_only_bookable_days_are_searched() -> None:
    assert bulk(watch(dates="2026-01..2026-10")) == []
    [search] = bulk(watch(dates="2026-11"))
    assert (search.first, search.last) == (date(2026, 11, 22), date(2026, 11, 30))


def test_the_least_recent_search_comes_first() -> None:
    regions, first = ("North America", "Europe"), date(2027, 3, 9)  # the first bookable day of a month moves
    last_searches = {("delta", *regions, first): NOW, ("sas", *regions, first): NOW - timedelta(days=1)}
    searches = bulk_searches(("delta", "sas", "united"), [watch()], source=SOURCE, now=NOW, last_searches=last_searches)
    assert [search.target_program for search in searches] == ["united", "sas", "delta"]
