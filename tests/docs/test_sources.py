"""What a source of many programs is asked for: the routes that it scans, and everything between two regions."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from awardspider.items import MonitoredRoute, MonitoredRoutes, Search, airports
from awardspider.programs import programs
from awardspider.search.bulk import bulk_searches
from awardspider.search.monitored import Monitored, is_scanned, lists_due, wanted_programs
from awardspider.search.regions import REGIONS, region
from awardspider.search.watches import Watch

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SOURCE = programs()["seatsaero"]
JFK_LHR, SFO_NRT = ("JFK", "LHR"), ("SFO", "NRT")


def watch(**known: Any) -> Watch:
    values: dict[str, Any] = {"name": "w", "origins": ("JFK",), "destinations": ("LHR",), "dates": "2027-03"}
    return Watch(**values | known)


def listed(program: str, *routes: MonitoredRoute, seen_at: datetime = NOW) -> MonitoredRoutes:
    return MonitoredRoutes(program=program, source="seatsaero", routes=routes, seen_at=seen_at)


def known(*lists: MonitoredRoutes) -> Monitored:
    monitored = Monitored([JFK_LHR, SFO_NRT])
    for each in lists:
        monitored.note(each)
    return monitored


def a_search(**wanted: Any) -> Search:
    values: dict[str, Any] = {
        "program": "seatsaero", "kind": "calendar", "origin": "JFK", "destination": "LHR",
        "first": date(2026, 11, 22), "last": date(2027, 11, 23),
    }  # fmt: skip
    return Search(**values | wanted)


def scanned(monitored: Monitored, *watches: Watch, **wanted: Any) -> bool | None:
    return is_scanned(a_search(**wanted), watches, source=SOURCE, monitored=monitored, now=NOW)


# ---- regions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("airport", "name"),
    [
        ("JFK", "North America"), ("MEX", "North America"), ("HNL", "North America"), ("GRU", "South America"),
        ("CAI", "Africa"), ("DXB", "Asia"), ("IST", "Asia"), ("LHR", "Europe"), ("KEF", "Europe"), ("AKL", "Oceania"),
        ("GUM", "Oceania"), ("???", None),
    ],
)  # fmt: skip
def test_the_region_of_an_airport(airport: str, name: str | None) -> None:
    assert region(airport) == name


def test_every_airport_has_a_region() -> None:
    assert {region(code) for code in airports()} == set(REGIONS)


# ---- which routes are scanned --------------------------------------------------------------------------------------


def test_the_programs_that_watches_want() -> None:
    watches = [watch(programs=("delta", "southwest")), watch(programs=("aeroplan",)), watch(active=False)]
    assert wanted_programs(watches, SOURCE) == ["delta", "aeroplan"]
    assert wanted_programs([watch(programs=("seatsaero",))], SOURCE) == list(SOURCE.covers)
    assert wanted_programs([watch()], SOURCE) == list(SOURCE.covers)


def test_a_list_is_asked_for_where_it_is_missing_or_a_week_old() -> None:
    week = timedelta(days=7)
    monitored = known(listed("delta", seen_at=NOW - week), listed("united", seen_at=NOW - week + timedelta(minutes=1)))
    searches = lists_due(["delta", "united", "sas"], source=SOURCE, monitored=monitored, now=NOW)
    assert [(search.kind, search.target_program, search.first) for search in searches] == [
        ("routes", "delta", NOW.date()),
        ("routes", "sas", NOW.date()),
    ]


def test_a_route_that_one_wanted_program_scans_is_scanned() -> None:
    monitored = known(listed("delta", MonitoredRoute(*JFK_LHR)), listed("united"))
    assert scanned(monitored, watch(programs=("delta", "united"))) is True
    assert scanned(monitored, watch(programs=("delta", "sas"))) is True, "the list of sas is not needed"
    assert scanned(monitored, watch(programs=("united",))) is False, "that another program scans it does not count"
    assert scanned(monitored, watch(programs=("united", "sas"))) is None, "the list of sas could have it"
    assert scanned(monitored, watch(programs=("united",)), watch(programs=("delta",))) is True
    assert scanned(monitored, watch(programs=("united",)), watch(programs=("delta",), active=False)) is False


def test_a_route_is_scanned_as_far_ahead_as_its_list_says() -> None:
    monitored = known(listed("delta", MonitoredRoute(*JFK_LHR, 60)))
    delta = ("delta",)
    assert scanned(monitored, watch(programs=delta, dates="+60..+90")) is True
    assert scanned(monitored, watch(programs=delta, dates="+61..+90")) is False


def test_nothing_is_said_of_routes_that_nobody_watches() -> None:
    monitored = known(*(listed(key) for key in SOURCE.covers))
    assert scanned(monitored, watch()) is False
    assert scanned(monitored, watch(), origin="LAX") is None


def test_a_newer_list_takes_the_place_of_the_one_before() -> None:
    monitored = known(listed("delta", MonitoredRoute(*JFK_LHR)), listed("delta", MonitoredRoute(*SFO_NRT)))
    assert monitored.scans("delta", JFK_LHR, 0) is False
    assert monitored.scans("delta", SFO_NRT, 300) is True


def test_a_search_in_bulk_is_for_the_wanted_routes_between_its_regions() -> None:
    both = watch(origins=("JFK", "SFO"), destinations=("LHR", "NRT"), programs=("southwest",))
    monitored = known(listed("delta", MonitoredRoute(*SFO_NRT)))
    bulk = {"kind": "bulk", "subject": "delta", "origin": "North America"}
    assert scanned(monitored, both, **bulk, destination="Asia") is True
    assert scanned(monitored, watch(), **bulk, destination="Europe") is False
    assert scanned(monitored, watch(), **bulk | {"subject": "united"}, destination="Europe") is None


# ---- in bulk -------------------------------------------------------------------------------------------------------


def asked_in_bulk(*watches: Watch, of: tuple[str, ...] = ("delta",)) -> list[Search]:
    return bulk_searches(of, watches, source=SOURCE, now=NOW, last_searches={})


def test_a_search_is_for_a_program_a_pair_of_regions_and_a_month() -> None:
    routes = watch(origins=("JFK", "SFO"), destinations=("LHR", "FRA", "NRT"), dates="2027-03-20..2027-04-10")
    asked = asked_in_bulk(routes, of=("delta", "sas"))
    assert {(each.program, each.kind, each.origin) for each in asked} == {("seatsaero", "bulk", "North America")}
    march, april = (date(2027, 3, 20), date(2027, 3, 31)), (date(2027, 4, 1), date(2027, 4, 10))
    assert [(search.target_program, search.destination, search.first, search.last) for search in asked] == [
        (program, region, *days)
        for days in (march, april)
        for program in ("delta", "sas")
        for region in ("Asia", "Europe")
    ]


def test_watches_share_a_search_that_spans_their_days_for_the_smallest_party() -> None:
    one = watch(dates="2027-03-10", travelers=3)
    other = watch(origins=("SFO",), destinations=("FRA",), dates="2027-03-20", travelers=2)
    [search] = asked_in_bulk(one, other, watch(active=False, dates="2027-05"))
    assert (search.first, search.last, search.travelers) == (date(2027, 3, 10), date(2027, 3, 20), 2)


def test_only_days_that_can_be_booked_are_asked() -> None:
    assert asked_in_bulk(watch(dates="2026-01..2026-10")) == []
    [search] = asked_in_bulk(watch(dates="2026-11"))
    assert (search.first, search.last) == (date(2026, 11, 22), date(2026, 11, 30))


def test_what_waited_longest_comes_first() -> None:
    regions, first = ("North America", "Europe"), date(2027, 3, 9)  # another day of the month: it moved since
    looks = {("delta", *regions, first): NOW, ("sas", *regions, first): NOW - timedelta(days=1)}
    asked = bulk_searches(("delta", "sas", "united"), [watch()], source=SOURCE, now=NOW, last_searches=looks)
    assert [search.target_program for search in asked] == ["united", "sas", "delta"]
