"""Crawls of seats.aero against the sandbox: bulk searches and route lists."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from awardspider.storage.schema import alerts, monitored_routes
from tests.support.crawls import Workspace
from tests.support.sandbox_server import Sandbox
from tests.support.seatsaero_requests import API, call_api

FIRST = (datetime.now(UTC) + timedelta(days=40)).date()
LAST = FIRST + timedelta(days=2)
DAYS = f"{FIRST}..{LAST}"


@pytest.fixture
def workspace(server: Sandbox, tmp_path: Path) -> Workspace:
    server.reset()
    return Workspace(tmp_path, server.url, settings={"AWARD_SEATSAERO_KEY": "pro_key"})


def crawl(workspace: Workspace, **arguments: str) -> None:
    pairs = [part for name, value in arguments.items() for part in ("-a", f"{name}={value}")]
    workspace.scrapy("crawl", "seatsaero", *pairs, check=True)


def watch(workspace: Workspace, name: str, **fields: object) -> None:
    """Store this watch as the only one."""
    file = workspace.folder / "watches.yaml"
    lines = [f"  - name: {name}", *(f"    {field}: {value}" for field, value in fields.items())]
    file.write_text("\n".join(["watches:", *lines]) + "\n")
    workspace.scrapy("watches", "import", str(file), check=True)


def test_a_bulk_crawl_stores_every_route_between_the_regions(workspace: Workspace, server: Sandbox) -> None:
    watch(workspace, "London", origin="JFK", destination="LHR", dates=DAYS, programs="seatsaero/united", max_miles=1)
    crawl(workspace, bulk="united,eurobonus")
    searches = {(search["kind"], search["target_program"]): search for search in workspace.searches}
    assert set(searches) == {(kind, program) for kind in ("routes", "bulk") for program in ("united", "sas")}
    bulk = searches["bulk", "united"]
    assert (bulk["origin"], bulk["destination"], bulk["outcome"]) == ("North America", "Europe", "found")
    assert {search["outcome"] for search in searches.values()} <= {"found", "empty", "failed"}

    query: dict[str, Any] = {"origin_region": "North America", "destination_region": "Europe", "take": 1000}
    response = call_api(
        server,
        "/availability",
        source="united",
        start_date=f"{FIRST}",
        end_date=f"{min(LAST, bulk['last_day'])}",
        **query,
    ).json()
    expected = {
        (
            row["Route"]["OriginAirport"],
            row["Route"]["DestinationAirport"],
            row["Date"],
            int(row[f"{letter}MileageCost"]),
        )
        for row in response["data"]
        for letter in "YWJF"
        if row[f"{letter}Available"]
    }
    stored = {
        (offer["origin"], offer["destination"], f"{offer['departure_date']}", offer["miles"])
        for offer in workspace.offers
        if offer["program"] == "united"
    }
    assert not response["hasMore"]
    assert expected
    assert expected <= stored
    assert len({offer[:2] for offer in stored}) > 10
    assert {(offer["source"], offer["detail"]) for offer in workspace.offers} == {("seatsaero", "day")}
    assert workspace.rows(alerts) == []
    assert not server.requests(f"{API}/search"), "bulk searches replace the searches by route"


def test_bulk_offers_of_a_watch_are_confirmed_and_an_empty_bulk_marks_nothing_gone(
    workspace: Workspace, server: Sandbox
) -> None:
    crawl(workspace, bulk="united", origin="SFO", destination="FRA", dates=f"{FIRST}")
    itineraries = [offer for offer in workspace.offers if offer["detail"] == "itinerary"]
    assert {(offer["origin"], offer["destination"]) for offer in itineraries} == {("SFO", "FRA")}
    server.fault("seats.aero", "empty")
    crawl(workspace, bulk="united", origin="SFO", destination="FRA", dates=f"{FIRST}")
    assert {search["outcome"] for search in workspace.searches if search["kind"] == "bulk"} == {"found", "empty"}
    assert all(offer["gone_at"] is None for offer in workspace.offers)


def test_route_lists_are_requested_once_a_week_for_watched_programs(workspace: Workspace, server: Sandbox) -> None:
    both = "seatsaero/united, seatsaero/delta"
    watch(workspace, "London", origin="JFK", destination="LHR", dates=f"{FIRST}", programs=both, max_miles=1)
    crawl(workspace)
    crawl(workspace)
    assert sorted(search["target_program"] for search in workspace.searches if search["kind"] == "routes") == [
        "delta",
        "united",
    ]
    stored = {row["program"]: row for row in workspace.rows(monitored_routes)}
    assert set(stored) == {"delta", "united"}
    assert {row["source"] for row in stored.values()} == {"seatsaero@sandbox"}
    routes = call_api(server, "/routes", source="delta").json()
    listed = [[route["OriginAirport"], route["DestinationAirport"], route.get("NumDaysOut")] for route in routes]
    assert stored["delta"]["routes"] == listed


def test_a_route_that_is_not_monitored_is_requested_once(workspace: Workspace, server: Sandbox) -> None:
    watch(workspace, "Nowhere", origin="JFK", destination="ULN", dates=f"{FIRST}", programs="seatsaero/united")
    crawl(workspace)
    crawl(workspace)
    searches = [search for search in workspace.searches if search["kind"] == "calendar"]
    # The first response can arrive before the list of routes, and then nothing shows that the route is not monitored.
    assert (searches[0]["outcome"], searches[0]["reason"]) in (("empty", None), ("failed", "bad_request"))
    assert (searches[1]["outcome"], searches[1]["reason"]) == ("empty", None)
    assert searches[1]["note"] == "not served: JFK-ULN is not monitored for any watched program"
    assert len(server.requests(f"{API}/search")) == 1
    assert searches[1]["http_status"] is None


def test_reserved_calls_are_not_used(workspace: Workspace, server: Sandbox) -> None:
    workspace.settings["AWARD_SEATSAERO_KEY"] = "pro_left-53"
    crawl(workspace, origin="JFK", destination="LHR", dates=f"{FIRST}")
    sent = server.requests(API)
    assert len(sent) <= 4, "three calls, and one that was in flight when the first response arrived"
    reasons = {search["reason"] for search in workspace.searches if search["outcome"] == "failed"}
    assert reasons == {"out_of_budget"}
