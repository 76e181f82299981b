"""Crawls of routes that a program does not fly, and of airports that it rejects as invalid."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from awardspider.programs import programs
from awardspider.sandbox.airlines import airline_sites
from awardspider.sandbox.clock import Clock
from awardspider.sandbox.inventory import Inventory
from awardspider.sandbox.sites import Site
from awardspider.sandbox.world import World
from tests.support.many_crawls import Case, Result, crawl_all
from tests.support.sandbox_server import Sandbox

DAY = (datetime.now(UTC) + timedelta(days=40)).date()
# Routes between airports of the sandbox's world; each program lacks flights on at least one of them.
ROUTES = [("CPT", "LIM"), ("GRU", "GIG"), ("CPH", "OSL"), ("MEX", "CUN")]
# Programs whose responses distinguish a route that is not flown from one without awards.
SAYS_SO = {"cathay", "jetblue", "sas", "southwest"}
ARGUMENTS = {"dates": str(DAY), "cabins": "economy"}


@cache
def sites() -> dict[str, Site]:
    return {site.key: site for site in airline_sites(World(7, Clock(datetime.now(UTC))))}


def is_flown(inventory: Inventory, route: tuple[str, str]) -> bool:
    return any(inventory.itineraries(*route, DAY.toordinal() + day) for day in range(60))


def crawl_route_not_flown(program: str, url: str, folder: Path) -> Result:
    inventory = sites()[program].inventory
    origin, destination = next(route for route in ROUTES if inventory is None or not is_flown(inventory, route))
    case = Case(arguments=ARGUMENTS | {"origin": origin, "destination": destination})
    [result] = crawl_all(url, folder, program, [case])
    return result


@pytest.mark.parametrize("program", sorted(programs()))
def test_a_route_that_is_not_flown_is_empty(program: str, server: Sandbox, tmp_path: Path) -> None:
    result = crawl_route_not_flown(program, server.url, tmp_path)
    assert (result.error, result.finish_reason) == (None, "finished")
    searches = [search for search in result.searches if search[0] != "routes"]
    assert not [search for search in searches if search[1] == "failed"], searches
    empty = [search for search in searches if search[1] == "empty"]
    assert empty, searches
    is_named = any(note.startswith("not served: ") for _, _, _, note, _ in empty)
    assert is_named == (program in SAYS_SO), empty


@pytest.mark.parametrize("program", ["southwest", "united"])
def test_an_invalid_airport_is_empty_only_if_a_control_search_finds_offers(
    program: str, server: Sandbox, tmp_path: Path
) -> None:
    """A changed form of the request would cause the same error for every airport, and must not end offers."""
    arguments = ARGUMENTS | {"origin": "DEN", "destination": "ULN", "detail": "itinerary"}
    no_flights = {"host": "*", "fault": "empty"}
    works, fails = crawl_all(
        server.url, tmp_path, program, [Case(arguments=arguments), Case(arguments=arguments, faults=(no_flights,))]
    )
    outcomes = [[(search[1], search[2]) for search in result.searches] for result in (works, fails)]
    assert outcomes[0] == [("found", None), ("empty", None)]
    assert works.searches[1][3].startswith("not served: ")
    assert outcomes[1] == [("empty", None), ("failed", "bad_request")]
