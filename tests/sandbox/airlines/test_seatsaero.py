"""The simulated seats.aero API over HTTP: keys and quota, bulk availability, routes, trips and other endpoints."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from awardspider.sandbox.airlines.seatsaero import site
from awardspider.sandbox.clock import Clock, parse_time
from awardspider.sandbox.sites import SandboxRequest
from awardspider.sandbox.world import World
from tests.support.sandbox_server import Sandbox
from tests.support.seatsaero_requests import API, HOST, MARCH, call_api, rows, search

WORDS = {"economy": "economy", "premium": "premium_economy", "business": "business", "first": "first"}


def post(server: Sandbox, path: str, body: object, key: str = "pro_refresh") -> requests.Response:
    headers = {"Partner-Authorization": key}
    return server.client.post(f"{server.url}/{HOST}{API}{path}", json=body, headers=headers)


# ---- keys and quota --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (None, "missing_partner_key"),
        ("", "missing_partner_key"),
        ("hunter2", "bad_partner_key"),
        ("Bearer x", "bad_partner_key"),
    ],
)
def test_invalid_keys(server: Sandbox, key: str | None, text: str) -> None:
    response = call_api(server, "/search", key, origin_airport="JFK", destination_airport="LHR")
    assert (response.status_code, response.text) == (401, text)
    assert response.headers["Content-Type"].startswith("text/plain")
    assert "x-ratelimit-remaining" not in response.headers


def test_app_token_is_a_valid_key(server: Sandbox) -> None:
    assert call_api(server, "/routes", "Bearer seats:ota:abc", source="united").status_code == 200


def test_calls_are_counted_by_key_and_day(server: Sandbox) -> None:
    left = []
    for query in ({"source": "united"}, {"source": "united"}, {"source": "nobody's"}):
        response = call_api(server, "/routes", "pro_counted", **query)
        assert (response.headers["x-ratelimit-limit"], response.headers["x-ratelimit-reset"]) == ("1000", "43200")
        left.append(response.headers["x-ratelimit-remaining"])
    assert left == ["999", "998", "997"]  # an invalid request uses a call, too
    assert call_api(server, "/routes", "pro_other", source="united").headers["x-ratelimit-remaining"] == "999"


def test_last_call_of_the_day(server: Sandbox) -> None:
    query = {"source": "united"}
    assert [call_api(server, "/routes", "pro_left-2", **query).status_code for _ in range(3)] == [200, 200, 429]
    refused = call_api(server, "/routes", "pro_left-2", **query)
    assert (refused.text, refused.headers["x-ratelimit-remaining"]) == ("user_rate_limit_exceeded", "0")
    assert refused.headers["Retry-After"] == "43200"


def test_quota_is_reset_every_day() -> None:
    passed = [0.0]
    world = World(7, Clock(parse_time("2026-11-22T23:59:58Z"), monotonic=lambda: passed[0]))
    route = site(world).route("GET", f"{API}/routes")
    assert route is not None

    def status() -> int:
        request = SandboxRequest(
            method="GET",
            path=f"{API}/routes",
            query={"source": "azul"},
            headers={"Partner-Authorization": "pro_left-1"},
            cookies={},
            body=b"",
            now=world.clock.now(),
            step=world.clock.step,
        )
        return route.handler(request).status

    assert [status(), status()] == [200, 429]
    passed[0] = 3.0
    assert [status(), status()] == [200, 429]


def test_refusals(server: Sandbox) -> None:
    refusals = {
        "missing_key": (401, "missing_partner_key"),
        "bad_key": (401, "bad_partner_key"),
        "pro_only": (403, "pro_key_required"),
        "quota": (429, "user_rate_limit_exceeded"),
        "unsupported_source": (200, "unsupported source"),
    }
    for name, (status, text) in refusals.items():
        server.fault(HOST, "refused", variant=name)
        response = call_api(server, "/search", origin_airport="JFK", destination_airport="LHR")
        assert (response.status_code, text in response.text) == (status, True)
    server.fault(HOST, "sign_in")
    assert call_api(server, "/routes", source="united").text == "bad_partner_key"


def test_live_search_is_not_enabled(server: Sandbox) -> None:
    response = post(server, "/live", {"origin_airport": "JFK"}, "pro_live")
    assert (response.status_code, response.json()["success"]) == (401, False)
    assert "commercial agreement" in response.json()["error"]
    assert response.headers["x-ratelimit-remaining"] == "999"


# ---- other endpoints -------------------------------------------------------------------------------------------------


def test_bulk_availability(server: Sandbox) -> None:
    query = {
        "source": "aeroplan",
        "origin_region": "North America",
        "destination_region": "Europe",
        "cabin": "business",
    }
    response = call_api(
        server, "/availability", start_date="2027-03-10", end_date="2027-03-20", take=300, **query
    ).json()
    assert response["count"] > 50
    for row in response["data"]:
        assert (row["Source"], row["JAvailable"]) == ("aeroplan", True)
        assert (row["Route"]["OriginRegion"], row["Route"]["DestinationRegion"]) == ("North America", "Europe")
        assert "2027-03-10" <= row["Date"] <= "2027-03-20"


def test_routes(server: Sandbox) -> None:
    found = call_api(server, "/routes", source="delta").json()
    assert isinstance(found, list)
    keys = "ID OriginAirport OriginRegion DestinationAirport DestinationRegion NumDaysOut Distance Source".split()  # noqa: SIM905
    assert {tuple(route) for route in found} == {tuple(keys), tuple(key for key in keys if key != "NumDaysOut")}
    assert ("JFK", "LHR") in {(route["OriginAirport"], route["DestinationAirport"]) for route in found}
    near = [route for route in found if route.get("NumDaysOut") == 60]
    assert near
    ends = near[0]["OriginAirport"], near[0]["DestinationAirport"]
    assert search(server, *ends, sources="delta", start_date="2027-02-01")["count"] == 0
    assert call_api(server, "/routes", source="velocity").json() == []


def test_trips_match_the_ground_truth(server: Sandbox) -> None:
    query = {"start_date": "2027-03-09", "end_date": "2027-03-09", "sources": "united", "include_filtered": "true"}
    (row,) = rows(server, "SFO", "FRA", **query)
    response = call_api(server, f"/trips/{row['ID']}", include_filtered="true", min_cabin_pct=0).json()
    expected = server.truth(program="united", origin="SFO", destination="FRA", date="2027-03-09", detail="itinerary")
    shown = {
        (
            trip["FlightNumbers"].replace(",", ""),
            WORDS[trip["Cabin"]],
            "MixedCabinPct" in trip,
            trip["MileageCost"],
            f"{trip['TotalTaxes'] / 100:.2f}",
            trip["RemainingSeats"],
            trip["Stops"],
            trip["TotalDuration"],
            trip["DepartsAt"].rstrip("Z"),
            trip["ArrivesAt"].rstrip("Z"),
        )
        for trip in response["data"]
    }
    assert shown == {
        (
            *(offer["flights"], offer["cabin"], offer["mixed_cabin"], offer["miles"], offer["taxes"], offer["seats"]),
            *(offer["stops"], offer["duration_minutes"], offer["departs_at"][:19], offer["arrives_at"][:19]),
        )
        for offer in expected
    }
    assert response["data"]
    for trip in response["data"]:
        assert (trip["AvailabilityID"], trip["Source"], trip["TaxesCurrency"]) == (row["ID"], "united", "USD")
        assert [segment["Order"] for segment in trip["AvailabilitySegments"]] == list(range(trip["Stops"] + 1))
        assert trip["Filtered"] in (True, False)
    plain = call_api(server, f"/trips/{row['ID']}").json()["data"]
    assert not any("MixedCabinPct" in trip or "Filtered" in trip for trip in plain)
    assert response["booking_links"][0]["primary"] is True
    assert response["booking_links"][0]["link"].startswith("https://www.united.com/")


def test_unknown_row_ids(server: Sandbox) -> None:
    name = rows(server, "SFO", "FRA", sources="united", **MARCH)[0]["ID"]
    for unknown in ("nothing", name[::-1], name[:-1] + ("a" if name[-1] != "a" else "b"), "0" * 27):
        response = call_api(server, f"/trips/{unknown}")
        assert (response.status_code, response.content) == (404, b"")


def test_trips_in_rows(server: Sandbox) -> None:
    query = {"start_date": "2027-03-09", "end_date": "2027-03-10", "sources": "united"}
    assert {row["AvailabilityTrips"] for row in rows(server, "SFO", "LHR", **query)} == {None}
    full = rows(server, "SFO", "LHR", include_trips="true", **query)
    minified = rows(server, "SFO", "LHR", include_trips="true", minify_trips="true", **query)
    for row, small in zip(full, minified, strict=True):
        assert row["AvailabilityTrips"] == call_api(server, f"/trips/{row['ID']}").json()["data"]
        assert all(
            set(few) < set(many) for few, many in zip(small["AvailabilityTrips"], row["AvailabilityTrips"], strict=True)
        )


def test_destinations(server: Sandbox) -> None:
    response = call_api(server, "/destinations", origin_airport="JFK").json()
    assert (response["success"], response["origin_airport"]) == (True, "JFK")
    by_airport = {found["airport"]: found for found in response["destinations"]}
    assert by_airport["LHR"]["economy"] < by_airport["LHR"]["business"]
    assert by_airport["LHR"].keys() == {"airport", "economy", "premium", "business", "first"}
    back = call_api(server, "/destinations", destination_airport="NYC").json()["destinations"]
    assert "LHR" in {found["airport"] for found in back}


def test_refresh(server: Sandbox) -> None:
    name = max(rows(server, "SFO", "FRA", sources="united", **MARCH), key=lambda row: row["Date"])["ID"]
    states, used = [], []
    for _ in range(3):
        response = post(server, "/refresh", {"availability_ids": [name, "nothing"]}).json()
        assert response["items"][1]["status"] == "not_found"
        states.append(response["items"][0]["status"])
        used.append(response["quota"]["used"])
    assert states == ["queued", "processing", "succeeded"]
    assert used == [2, 3, 4]  # a call for each request, and one for the queued row
    assert response["complete"]
    row = next(row for row in rows(server, "SFO", "FRA", sources="united", **MARCH) if row["ID"] == name)
    assert row["UpdatedAt"] == "2026-11-22T12:00:00.000000Z"
    assert post(server, "/refresh", {"availability_ids": [name]}).json()["items"][0]["status"] == "fresh"
    bodies: list[Any] = [{"availability_ids": []}, {}, []]
    for bad in bodies:
        refused = post(server, "/refresh", bad)
        assert (refused.status_code, refused.text) == (400, "no_availability_ids")


def test_robots_and_pages(server: Sandbox) -> None:
    assert API not in server.client.get(f"{server.url}/{HOST}/robots.txt").text
    server.fault(HOST, "robots")
    assert f"Disallow: {API}/" in server.client.get(f"{server.url}/{HOST}/robots.txt").text
    assert "eurobonus" in server.client.get(f"{server.url}/{HOST}/").text
