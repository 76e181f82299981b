"""The simulated Qantas site over HTTP: the pages of its reward finder and their ground truth."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests

from tests.support.recorded import differing_types, json_types, load_recorded
from tests.support.sandbox_server import Sandbox

HOST, FINDER = "www.qantas.com", "flightrewardfinder.qantas.com"
NOW = datetime.fromisoformat("2026-11-22T12:00:00+00:00")
ROUTES = ["SYD-DXB", "SYD-LHR", "LAX-SYD", "JFK-LHR", "MEL-NRT"]
DAYS = ["2027-01-19", "2027-03-10", "2027-06-04"]
CABINS = {"Economy": "economy", "PremiumEconomy": "premium_economy", "Business": "business", "First": "first"}


def search(
    server: Sandbox, route: str, day: str, page: int = 1, travelers: int = 1, **changes: Any
) -> requests.Response:
    origin, destination = route.split("-")
    query: dict[str, Any] = {
        "o": origin,
        "d": destination,
        "dr": f"{day}I{day}",
        "p": travelers,
        "pr": "QF",
        "pg": page,
        "ic": 0,
    }
    return server.client.get(f"{server.url}/{FINDER}/api/search", params=query | changes)


def pages(server: Sandbox, route: str, day: str, travelers: int = 1, **changes: Any) -> list[dict[str, Any]]:
    """Return all pages. Each page shows at most one more page than its own number."""
    found: list[dict[str, Any]] = []
    last = 1
    while len(found) < last:
        response = search(server, route, day, len(found) + 1, travelers, **changes).json()
        assert response["pagination"]["page"] == len(found) + 1
        assert response["pagination"]["pageSize"] >= len(response["flights"])
        last = response["pagination"]["maxKnownPage"]
        found.append(response)
    return found


def rows(server: Sandbox, route: str, day: str, travelers: int = 1) -> list[dict[str, Any]]:
    return [row for page in pages(server, route, day, travelers) for row in page["flights"]]


# ---- format ----------------------------------------------------------------------------------------------------------


def test_keys_and_types_match_recorded_responses(server: Sandbox) -> None:
    recorded = json_types(*load_recorded("qantas/flightrewardfinder-SYD-DXB-2026-10-05.json"))
    ours = json_types(*(page for route in ROUTES for day in DAYS for page in pages(server, route, day)))
    # The capture has no business seat and no connection, and its token was removed.
    extra = {path for path in ours if path not in recorded and ".Business" not in path}
    assert extra <= {".verificationToken", *(path for path in extra if path.endswith("mixedCabinClasses[]"))}
    assert recorded.keys() <= ours.keys()
    not_null = {path: types - {"NoneType"} for path, types in ours.items()}
    wrong = differing_types(not_null, recorded)
    assert all(re.fullmatch(r"\.flights\[\]\.cabins\.\w+(\.mixedCabinClasses)?", path) for path in wrong), wrong


def test_last_known_page_increases(server: Sandbox) -> None:
    found = pages(server, "SYD-LHR", "2027-03-10", dr="2027-03-10I2027-03-14")
    assert len(found) > 3
    assert [page["pagination"]["maxKnownPage"] for page in found] == [*range(2, len(found) + 1), len(found)]
    identities = [row["id"] for page in found for row in page["flights"]]
    assert len(identities) == len(set(identities))
    beyond = search(server, "SYD-LHR", "2027-03-10", len(found) + 1).json()
    assert beyond["flights"] == []


def test_row_fields(server: Sandbox) -> None:
    every = [row for route in ROUTES for day in DAYS for row in rows(server, route, day)]
    for row in every:
        legs = row["legs"]
        assert (row["departsAt"], row["arrivesAt"]) == (legs[0]["departsAt"], legs[-1]["arrivesAt"])
        assert row["stopovers"] == len(legs) - 1
        days = datetime.fromisoformat(row["arrivesAt"]).date() - datetime.fromisoformat(row["departsAt"]).date()
        assert row["arrivalDayOffset"] == days.days
        seen = datetime.fromisoformat(row["lastSeenAt"])
        assert timedelta(0) < NOW - seen < timedelta(hours=31)
        assert all(leg["flightNumber"].startswith(leg["airlineCode"]) for leg in legs)
    shown = [cabin for row in every for cabin in row["cabins"].values() if cabin]
    assert any(cabin["seats"] == 6 for cabin in shown), "the page shows 5+"
    assert max(cabin["seats"] for cabin in shown) == 6
    assert {type(cabin["tax"]) for cabin in shown} == {int}
    mixed = [cabin for cabin in shown if cabin["mixedCabinClasses"]]
    assert mixed
    assert all(len(set(cabin["mixedCabinClasses"])) > 1 for cabin in mixed)
    assert any("," in cabin["rbd"] for cabin in shown)


# ---- ground truth ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("travelers", [1, 2])
@pytest.mark.parametrize("route", ROUTES)
def test_pages_match_the_ground_truth(server: Sandbox, route: str, travelers: int) -> None:
    origin, destination = route.split("-")
    total = 0
    for day in DAYS:
        shown = {
            (
                row["departsAt"],
                " ".join(leg["flightNumber"] for leg in row["legs"]),
                CABINS[name],
                cabin["points"],
                f"{cabin['tax']}.00",
                cabin["seats"],
                cabin["mixedCabinClasses"] is not None,
            )
            for row in rows(server, route, day, travelers)
            for name, cabin in row["cabins"].items()
            if cabin
        }
        expected = server.truth(
            program="qantas", origin=origin, destination=destination, date=day, detail="itinerary", travelers=travelers
        )
        fields = ("flights", "cabin", "miles", "taxes", "seats", "mixed_cabin")
        assert shown == {(item["departs_at"][:19], *(item[name] for name in fields)) for item in expected}
        assert {(item["currency"], item["saver"], item["cash_price"]) for item in expected} <= {("AUD", None, None)}
        total += len(expected)
    assert total


# ---- no results and errors -------------------------------------------------------------------------------------------


def test_no_flights_and_uncovered_routes(server: Sandbox) -> None:
    none = {"flights": [], "pagination": {"page": 1, "pageSize": 10, "maxKnownPage": 1}}
    for route, day in (("SYD-GUM", "2027-03-10"), ("SYD-DXB", "2027-11-20"), ("SYD-DXB", "2026-11-01")):
        response = search(server, route, day).json()
        assert response.items() >= (none | {"routeDecision": {"blocked": False}}).items()
    response = search(server, "SYD-MEL", "2027-03-10").json()
    assert response.items() >= (none | {"routeDecision": {"blocked": True, "code": "DOMESTIC_AU_ONLY"}}).items()
    server.fault(FINDER, "empty")
    assert search(server, "SYD-DXB", "2027-03-10").json()["flights"] == []


@pytest.mark.parametrize(
    "changes",
    [
        {"o": "QQQ"},
        {"d": "SYD"},
        {"dr": "2027-03-10"},
        {"dr": "2027-03-10I2027-03-09"},
        {"dr": "2027-03-10I2027-06-09"},
        {"p": 0},
        {"pg": 0},
        {"pg": "x"},
        {"pr": "XX"},
    ],
)
def test_invalid_input(server: Sandbox, changes: dict[str, Any]) -> None:
    assert search(server, "SYD-DXB", "2027-03-10", **changes).status_code == 400


def test_refusals_sign_in_robots_and_page(server: Sandbox) -> None:
    assert "reward finder" in server.client.get(f"{server.url}/{FINDER}/").text
    server.fault(FINDER, "refused", variant="denied")
    assert search(server, "SYD-DXB", "2027-03-10").status_code == 403
    server.fault(HOST, "sign_in")
    assert search(server, "SYD-DXB", "2027-03-10").status_code == 401
    assert "Disallow: /login" in server.client.get(f"{server.url}/{FINDER}/robots.txt").text
    server.fault(HOST, "robots")
    assert "Disallow: /api/" in server.client.get(f"{server.url}/{FINDER}/robots.txt").text
