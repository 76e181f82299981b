"""The simulated Aeroplan site over HTTP: its format, its ground truth and its errors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.support.recorded import differing_types, json_types, load_recorded
from tests.support.sandbox_server import Sandbox

HOST, GATEWAY = "www.aircanada.com", "akamai-gw.dbaas.aircanada.com"
API = "/loyalty/dapidynamic/1ASIUDALAC/v2"
SEARCH, TOKEN = f"{API}/search/air-bounds", f"{API}/reward/market-token"
PAGE = "/aeroplan/redeem/availability/outbound"
CABINS = {"eco": "economy", "ecoPremium": "premium_economy", "business": "business", "first": "first"}
LOWEST = {"STANDARD", "PYLOW", "EXECLOW", "FIRSTLOW"}
ROUTES = ["SFO-YYZ", "YYZ-YVR", "YUL-FRA", "SFO-FRA", "BOS-YYZ"]
DAY = "2027-03-09"


def token(server: Sandbox) -> str:
    text: str = server.client.post(f"{server.url}/{GATEWAY}{TOKEN}").json()["accessToken"]
    return text


def search(server: Sandbox, route: str, day: str = DAY, travelers: int = 1, *, bearer: str = "") -> requests.Response:
    origin, destination = route.split("-")
    bound = {"originLocationCode": origin, "destinationLocationCode": destination}
    body = {
        "commercialFareFamilies": ["REWARD"],
        "itineraries": [bound | {"departureDateTime": f"{day}T00:00:00.000"}],
        "travelers": [{"passengerTypeCode": "ADT"}] * travelers,
    }
    headers = {"Authorization": f"Bearer {bearer or token(server)}"}
    return server.client.post(f"{server.url}/{GATEWAY}{SEARCH}", json=body, headers=headers)


def shown_offers(response: dict[str, Any], travelers: int) -> Iterator[tuple[Any, ...]]:
    """Yield each lowest fare per traveler, in the form of the ground truth."""
    flights, families = (response["dictionaries"][name] for name in ("flight", "fareFamilyWithServices"))
    for group in response["data"]["airBoundGroups"]:
        legs = [flights[segment["flightId"]] for segment in group["boundDetails"]["segments"]]
        for bound in group["airBounds"]:
            if bound["fareFamilyCode"] not in LOWEST:
                continue
            cabin = CABINS[families[bound["fareFamilyCode"]]["cabin"]]
            offer, (total,) = bound["airOffer"], bound["prices"]["totalPrices"]
            assert total["currencyCode"] == "CAD"
            yield (
                " ".join(leg["marketingAirlineCode"] + leg["marketingFlightNumber"] for leg in legs),
                legs[0]["departure"]["dateTime"].replace(".000", ""),
                legs[-1]["arrival"]["dateTime"].replace(".000", ""),
                group["boundDetails"]["duration"] // 60,
                cabin,
                bound.get("isMixedCabin", False),
                offer["milesConversion"]["convertedMiles"]["base"] / travelers,
                f"{total['totalTaxes'] / 100 / travelers:.2f}",
                min(detail["quota"] for detail in bound["availabilityDetails"]),
            )


def expected_offer(offer: dict[str, Any]) -> tuple[Any, ...]:
    return (
        *(offer["flights"], offer["departs_at"], offer["arrives_at"], offer["duration_minutes"], offer["cabin"]),
        *(offer["mixed_cabin"], offer["miles"], offer["taxes"], offer["seats"]),
    )


def test_keys_and_types_match_recorded_responses(server: Sandbox) -> None:
    def types(responses: list[Any]) -> dict[str, set[str]]:
        for response in responses:
            for name, entries in response["dictionaries"].items():  # whose keys are values
                response["dictionaries"][name] = list(entries.values())
        return json_types(*responses)

    recorded = types(load_recorded("aeroplan/*.json"))
    ours = types([search(server, route).json() for route in ROUTES])
    assert {key for key in recorded if key not in ours} <= {".dictionaries.flight[].arrival.terminal"}
    assert not {key for key in ours if key not in recorded}
    assert not differing_types(ours, recorded)


@pytest.mark.parametrize("travelers", [1, 2])
@pytest.mark.parametrize("route", ROUTES)
def test_lowest_fares_match_the_ground_truth(server: Sandbox, route: str, travelers: int) -> None:
    origin, destination = route.split("-")
    query = {"origin": origin, "destination": destination, "date": DAY, "detail": "itinerary", "travelers": travelers}
    expected = sorted(map(expected_offer, server.truth(program="aeroplan", **query)))
    response = search(server, route, travelers=travelers).json()
    assert sorted(shown_offers(response, travelers)) == expected
    assert expected


def test_difficult_cases_occur(server: Sandbox) -> None:
    responses = [search(server, route).json() for route in ROUTES]
    bounds = [bound for a in responses for group in a["data"]["airBoundGroups"] for bound in group["airBounds"]]
    assert {"STANDARD", "FLEX", "LATITUDE", "EXECLOW", "EXECFLEX", "PYLOW"} <= {b["fareFamilyCode"] for b in bounds}
    for bound in bounds:  # the total is the sum of miles and cents
        converted = bound["prices"]["milesConversion"]["convertedMiles"]
        assert converted["total"] == converted["base"] + converted["totalTaxes"]
    flights = [flight for a in responses for flight in a["dictionaries"]["flight"].values()]
    assert all(("operatingAirlineCode" in flight) != ("operatingAirlineName" in flight) for flight in flights)
    assert any("operatingAirlineName" in flight for flight in flights)
    mixed = [bound for bound in bounds if "isMixedCabin" in bound]
    assert all(len({detail["cabin"] for detail in bound["availabilityDetails"]}) > 1 for bound in mixed)
    assert mixed


def test_no_flights(server: Sandbox) -> None:
    for response in (search(server, "YYZ-YVR", "2028-01-10"), search(server, "GUM-BSB")):
        assert response.status_code == 200
        assert [error["title"] for error in response.json()["errors"]] == ["NO FLIGHTS FOUND"]
    server.fault(HOST, "empty")
    assert search(server, "YYZ-YVR").json()["errors"][0]["title"] == "NO FLIGHTS FOUND"


@pytest.mark.parametrize(
    ("route", "day", "travelers"),
    [
        ("YYZ-QQQ", DAY, 1),
        ("YYZ-YYZ", DAY, 1),
        ("YYZ-YVR", "2026-11-20", 1),
        ("YYZ-YVR", "soon", 1),
        ("YYZ-YVR", DAY, 10),
    ],
)
def test_invalid_input(server: Sandbox, route: str, day: str, travelers: int) -> None:
    response = search(server, route, day, travelers)
    assert (response.status_code, response.json()["errors"][0]["title"]) == (400, "INVALID FORMAT")


def test_refusals_and_sign_in(server: Sandbox) -> None:
    assert search(server, "YYZ-YVR", bearer="nothing").status_code == 403
    good = token(server)
    server.fault(GATEWAY, "refused", variant="internal_error")
    assert search(server, "YYZ-YVR", bearer=good).json()["errors"][0]["title"] == "INTERNAL ERROR"
    server.fault(HOST, "sign_in")
    assert search(server, "YYZ-YVR", bearer=good).status_code == 401
    page = server.client.get(f"{server.url}/{HOST}{PAGE}?org0=YYZ", allow_redirects=False)
    assert (page.status_code, page.headers["Location"]) == (302, "/clogin/pages/login")


def test_robots_and_page(server: Sandbox) -> None:
    rules = server.client.get(f"{server.url}/{HOST}/robots.txt").text
    assert not re.search("loyalty|redeem", rules)
    server.fault(HOST, "robots")
    assert "Disallow: /loyalty/" in server.client.get(f"{server.url}/{GATEWAY}/robots.txt").text
    assert server.client.get(f"{server.url}/{HOST}{PAGE}?org0=YYZ&dest0=YVR").status_code == 200
