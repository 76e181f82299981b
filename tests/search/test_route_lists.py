"""Routes that a source of many programs monitors."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from awardspider.items import MonitoredRoute, MonitoredRoutes, Search, SearchKind
from awardspider.programs import programs
from awardspider.search.route_lists import RouteLists, due_list_searches, is_monitored, watched_programs
from awardspider.search.watches import Watch
from tests.support.watch_examples import make_watch

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SOURCE = programs()["seatsaero"]
JFK_LHR, SFO_NRT = ("JFK", "LHR"), ("SFO", "NRT")


def watch(**fields: Any) -> Watch:
    values: dict[str, Any] = {"name": "w", "origin": "JFK", "destination": "LHR", "dates": "2027-03"}
    return make_watch(**values | fields)


def listed(program: str, *routes: MonitoredRoute, seen_at: datetime = NOW) -> MonitoredRoutes:
    return MonitoredRoutes(program=program, source="seatsaero", routes=routes, seen_at=seen_at)


def route_lists(*lists: MonitoredRoutes) -> RouteLists:
    found = RouteLists([JFK_LHR, SFO_NRT])
    for each in lists:
        found.add(each)
    return found


def monitored(lists: RouteLists, *watches: Watch, **fields: Any) -> bool | None:
    values: dict[str, Any] = {
        "program": "seatsaero",
        "kind": SearchKind.CALENDAR,
        "origin": "JFK",
        "destination": "LHR",
        "first": date(2026, 11, 22),
        "last": date(2027, 11, 23),
    }
    return is_monitored(Search(**values | fields), watches, source=SOURCE, lists=lists, now=NOW)


def via(*programs: str) -> tuple[str, ...]:
    """Return these programs as found through seats.aero, as a watch lists them."""
    return tuple(f"seatsaero/{key}" for key in programs)


def test_watched_programs() -> None:
    watches = [
        watch(programs=("seatsaero/delta", "southwest", "american")),
        watch(programs=("seatsaero/aeroplan", "qatar")),
    ]
    watches.append(watch(active=False))
    assert watched_programs(watches, SOURCE) == ["delta", "aeroplan", "qatar"]
    assert watched_programs([watch(programs=("seatsaero",))], SOURCE) == list(SOURCE.covers)
    assert watched_programs([watch()], SOURCE) == list(SOURCE.covers)


def test_a_list_is_due_if_it_is_missing_or_a_week_old() -> None:
    week = timedelta(days=7)
    lists = route_lists(
        listed("delta", seen_at=NOW - week), listed("united", seen_at=NOW - week + timedelta(minutes=1))
    )
    searches = due_list_searches(["delta", "united", "sas"], source=SOURCE, lists=lists, now=NOW)
    assert [(search.kind, search.target_program, search.first) for search in searches] == [
        (SearchKind.ROUTES, "delta", NOW.date()),
        (SearchKind.ROUTES, "sas", NOW.date()),
    ]


def test_a_route_is_monitored_if_it_is_monitored_for_one_watched_program() -> None:
    lists = route_lists(listed("delta", MonitoredRoute(*JFK_LHR)), listed("united"))
    assert monitored(lists, watch(programs=via("delta", "united"))) is True
    assert monitored(lists, watch(programs=via("delta", "sas"))) is True, "the list of sas is not needed"
    assert monitored(lists, watch(programs=via("united"))) is False, "the list of another program does not count"
    assert monitored(lists, watch(programs=via("united", "sas"))) is None, "the list of sas could contain it"
    assert monitored(lists, watch(programs=via("united")), watch(programs=via("delta"))) is True
    assert monitored(lists, watch(programs=via("united")), watch(programs=via("delta"), active=False)) is False


def test_a_route_is_monitored_as_many_days_ahead_as_its_list_says() -> None:
    lists = route_lists(listed("delta", MonitoredRoute(*JFK_LHR, 60)))
    delta = via("delta")
    assert monitored(lists, watch(programs=delta, dates="+60..+90")) is True
    assert monitored(lists, watch(programs=delta, dates="+61..+90")) is False


def test_unwatched_routes_are_unknown() -> None:
    lists = route_lists(*(listed(key) for key in SOURCE.covers))
    assert monitored(lists, watch()) is False
    assert monitored(lists, watch(), origin="LAX") is None


def test_a_newer_list_replaces_the_one_before() -> None:
    lists = route_lists(listed("delta", MonitoredRoute(*JFK_LHR)), listed("delta", MonitoredRoute(*SFO_NRT)))
    assert lists.contains("delta", JFK_LHR, 0) is False
    assert lists.contains("delta", SFO_NRT, 300) is True


def test_a_bulk_search_is_for_the_watched_routes_between_its_regions() -> None:
    both = watch(origin="JFK,SFO", destination="LHR,NRT", programs=via("southwest"))
    lists = route_lists(listed("delta", MonitoredRoute(*SFO_NRT)))
    bulk = {"kind": SearchKind.BULK, "target_program": "delta", "origin": "North America"}
    assert monitored(lists, both, **bulk, destination="Asia") is True
    assert monitored(lists, watch(), **bulk, destination="Europe") is False
    assert monitored(lists, watch(), **bulk | {"target_program": "united"}, destination="Europe") is None
