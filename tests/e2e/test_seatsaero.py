"""Crawls of seats.aero against the sandbox: in bulk, and what the lists of routes are good for."""

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
    """Make this the one watch that is stored."""
    file = workspace.folder / "watches.yaml"
    lines = [f"  - name: {name}", *(f"    {field}: {value}" for field, value in fields.items())]
    file.write_text("\n".join(["watches:", *lines]) + "\n")
    workspace.scrapy("watches", "import", str(file), check=True)


def test_in_bulk_every_route_between_the_regions_is_stored(workspace: Workspace, server: Sandbox) -> None:
    watch(workspace, "London", origin="JFK", destination="LHR", dates=DAYS, programs="united", max_miles=1)
    crawl(workspace, bulk="united,eurobonus")
    looks = {(look["kind"], look["subject"]): look for look in workspace.searches}
    assert set(looks) == {(kind, program) for kind in ("routes", "bulk") for program in ("united", "sas")}
    bulk = looks["bulk", "united"]
    assert (bulk["origin"], bulk["destination"], bulk["outcome"]) == ("North America", "Europe", "found")
    assert {look["outcome"] for look in looks.values()} <= {"found", "none", "failed"}

    query: dict[str, Any] = {"origin_region": "North America", "destination_region": "Europe", "take": 1000}
    answer = call_api(
        server,
        "/availability",
        source="united",
        start_date=f"{FIRST}",
        end_date=f"{min(LAST, bulk['last_day'])}",
        **query,
    ).json()
    true = {
        (
            row["Route"]["OriginAirport"],
            row["Route"]["DestinationAirport"],
            row["Date"],
            int(row[f"{letter}MileageCost"]),
        )
        for row in answer["data"]
        for letter in "YWJF"
        if row[f"{letter}Available"]
    }
    stored = {
        (offer["origin"], offer["destination"], f"{offer['departure_date']}", offer["miles"])
        for offer in workspace.offers
        if offer["program"] == "united"
    }
    assert not answer["hasMore"]
    assert true
    assert true <= stored
    assert len({offer[:2] for offer in stored}) > 10
    assert {(offer["source"], offer["detail"]) for offer in workspace.offers} == {("seatsaero", "day")}
    assert workspace.rows(alerts) == []
    assert not server.requests(f"{API}/search"), "bulk takes the place of the cached search"


def test_what_a_watch_wants_of_the_bulk_is_confirmed_and_a_second_sweep_marks_nothing_gone(
    workspace: Workspace, server: Sandbox
) -> None:
    crawl(workspace, bulk="united", origin="SFO", destination="FRA", dates=f"{FIRST}")
    itineraries = [offer for offer in workspace.offers if offer["detail"] == "itinerary"]
    assert {(offer["origin"], offer["destination"]) for offer in itineraries} == {("SFO", "FRA")}
    server.fault("seats.aero", "empty")
    crawl(workspace, bulk="united", origin="SFO", destination="FRA", dates=f"{FIRST}")
    assert {look["outcome"] for look in workspace.searches if look["kind"] == "bulk"} == {"found", "none"}
    assert all(offer["gone_at"] is None for offer in workspace.offers)


def test_lists_are_asked_once_a_week_and_for_what_is_wanted_only(workspace: Workspace, server: Sandbox) -> None:
    watch(workspace, "London", origin="JFK", destination="LHR", dates=f"{FIRST}", programs="united, delta", max_miles=1)
    crawl(workspace)
    crawl(workspace)
    assert sorted(look["subject"] for look in workspace.searches if look["kind"] == "routes") == ["delta", "united"]
    kept = {row["program"]: row for row in workspace.rows(monitored_routes)}
    assert set(kept) == {"delta", "united"}
    assert {row["source"] for row in kept.values()} == {"seatsaero@sandbox"}
    true = call_api(server, "/routes", source="delta").json()
    listed = [[route["OriginAirport"], route["DestinationAirport"], route.get("NumDaysOut")] for route in true]
    assert kept["delta"]["routes"] == listed


def test_a_route_that_nobody_scans_is_no_evidence_and_then_not_asked(workspace: Workspace, server: Sandbox) -> None:
    watch(workspace, "Nowhere", origin="JFK", destination="ULN", dates=f"{FIRST}", programs="united")
    crawl(workspace)
    crawl(workspace)
    looks = [look for look in workspace.searches if look["kind"] == "calendar"]
    assert [(look["outcome"], look["reason"]) for look in looks] == [("failed", "bad_request")] * 2
    notes = [look["note"] for look in sorted(looks, key=lambda look: look["requested_at"])]
    assert "no row for JFK-ULN" in notes[0]
    assert notes[1] == "no wanted program is scanned on JFK-ULN"
    assert len(server.requests(f"{API}/search")) == 1
    assert looks[1]["http_status"] is None


def test_calls_that_are_left_alone_are_not_used_for_lists(workspace: Workspace, server: Sandbox) -> None:
    workspace.settings["AWARD_SEATSAERO_KEY"] = "pro_left-53"
    crawl(workspace, origin="JFK", destination="LHR", dates=f"{FIRST}")
    asked = server.requests(API)
    assert len(asked) <= 4, "three calls, and one that was on its way when the first answer came"
    reasons = {look["reason"] for look in workspace.searches if look["outcome"] == "failed"}
    assert reasons == {"out_of_budget"}
