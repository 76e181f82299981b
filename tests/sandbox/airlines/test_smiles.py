"""The simulated Smiles site over HTTP: its format, its ground truth and its errors."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.support.recorded import json_types, load_recorded
from tests.support.sandbox_server import Sandbox

HOST, API = "www.smiles.com.br", "api-air-flightsearch-green.smiles.com.br"
TAX_HOST = "api-airlines-boarding-tax-prd.smiles.com.br"
SEARCH, TAX = "/v1/airlines/search", "/v1/airlines/flight/boardingtax"
# Fields of public lists that the sanitized responses do not have.
LISTED = (
    *("uid", "hasG3", "hasCongener", "resultType", "tripType", "airports", "cabinList", "companyList", "bestPricing"),
    *("durationNumber", "timeStop", "baggage", "baseMiles", "offer", "airline", "legListC", ".airport.", "total"),
)
CABINS = {"ECONOMIC": "economy", "PREMIUM_ECONOMIC": "premium_economy", "BUSINESS": "business"}
ROUTES = ["GRU-GIG", "EZE-BSB", "GIG-MIA", "GRU-CDG", "LAX-GRU"]
DAY = "2027-03-10"


def search(server: Sandbox, route: str, day: str = DAY, *, key: str = "k", **changes: str) -> requests.Response:
    origin, destination = route.split("-")
    query = {
        "adults": "1",
        "children": "0",
        "infants": "0",
        "cabinType": "all",
        "originAirportCode": origin,
        "destinationAirportCode": destination,
        "departureDate": day,
        "tripType": "2",
        "currencyCode": "BRL",
        "forceCongener": "false",
        "r": "br",
    }
    headers = {"x-api-key": key} if key else {}
    return server.client.get(f"{server.url}/{API}{SEARCH}", params=query | changes, headers=headers)


def flights(server: Sandbox, route: str, day: str = DAY, **changes: str) -> list[dict[str, Any]]:
    response = search(server, route, day, **changes)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["requestedFlightSegmentList"][0]["flightList"]
    return found


def shown_offer(flight: dict[str, Any]) -> tuple[Any, ...]:
    """Return an offer for all members, in the form of the ground truth."""
    (fare,) = (fare for fare in flight["fareList"] if fare["type"] == "SMILES")
    taxes = fare["g3"].get("costTax", fare.get("airlineTax"))
    cabins = {leg["cabin"] for leg in flight["legList"]}
    return (
        " ".join(leg["marketingAirline"]["code"] + leg["flightNumber"] for leg in flight["legList"]),
        flight["departure"]["date"],
        flight["arrival"]["date"],
        flight["duration"]["hours"] * 60 + flight["duration"]["minutes"],
        flight["stops"],
        CABINS[flight["cabin"]],
        cabins != {flight["cabin"]},
        fare["miles"],
        f"{taxes:.2f}",
        flight["availableSeats"],
        fare["baseMiles"] if "offer" in fare else None,
        next((f"{fare['money']:.2f}" for fare in flight["fareList"] if fare["type"] == "MONEY"), None),
    )


def expected_offer(offer: dict[str, Any]) -> tuple[Any, ...]:
    return (
        *(offer["flights"], offer["departs_at"][:19], offer["arrives_at"][:19], offer["duration_minutes"]),
        *(offer["stops"], offer["cabin"], offer["mixed_cabin"], offer["miles"], offer["taxes"], offer["seats"]),
        *(offer["regular_miles"], offer["cash_price"]),
    )


# ---- format ----------------------------------------------------------------------------------------------------------


def test_keys_and_types_match_recorded_responses(server: Sandbox) -> None:
    response = search(server, "GRU-GIG", adults="2").json()
    flight = response["requestedFlightSegmentList"][0]["flightList"][0]
    fare = flight["fareList"][0]["uid"]
    quote = server.client.get(
        f"{server.url}/{TAX_HOST}{TAX}",
        params={"adults": "2", "uid": flight["uid"], "fareuid": fare},
        headers={"x-api-key": "k"},
    )
    ours = json_types(response, search(server, "GRU-CDG").json(), root="search") | json_types(quote.json(), root="tax")
    recorded = json_types(
        *load_recorded("smiles/search-*.json"), *load_recorded("smiles/partners-*.json"), root="search"
    )
    recorded |= json_types(*load_recorded("smiles/boardingtax-*.json"), root="tax")
    assert not {key for key in recorded if key not in ours}
    assert not {key for key in ours if key not in recorded and not any(part in key for part in LISTED)}
    numbers = {"int", "float"}
    assert not {key for key in recorded if ours[key] - recorded[key] and not ours[key] | recorded[key] <= numbers}


@pytest.mark.parametrize("adults", ["1", "2"])
@pytest.mark.parametrize("route", ROUTES)
def test_flights_match_the_ground_truth(server: Sandbox, route: str, adults: str) -> None:
    origin, destination = route.split("-")
    query = {"origin": origin, "destination": destination, "date": DAY, "detail": "itinerary", "travelers": adults}
    expected = sorted(map(expected_offer, server.truth(program="smiles", **query)))
    shown = flights(server, route, adults=adults)
    assert sorted(shown_offer(item) for item in shown if item["departure"]["airport"]["code"] == origin) == expected
    assert expected


def test_other_fare_types(server: Sandbox) -> None:
    fares = {fare["type"]: fare for fare in flights(server, "GRU-GIG")[0]["fareList"]}
    assert set(fares) == {"SMILES", "SMILES_CLUB", "SMILES_MONEY", "SMILES_MONEY_CLUB", "MONEY"}
    assert fares["SMILES_CLUB"]["miles"] < fares["SMILES"]["miles"]
    assert (fares["MONEY"]["miles"], fares["SMILES"]["money"]) == (0, 0)
    assert 0 < fares["SMILES_MONEY"]["miles"] < fares["SMILES"]["miles"]


def test_difficult_cases_occur(server: Sandbox) -> None:
    leaked = [flight for flight in flights(server, "LAX-GRU") if flight["departure"]["airport"]["code"] != "LAX"]
    assert len(leaked) <= 1
    abroad = flights(server, "GRU-CDG", "2027-02-09") + flights(server, "GRU-CDG")
    fares = [fare for flight in abroad for fare in flight["fareList"] if not fare["g3"]]
    assert {type(fare["airlineFareAmount"]) for fare in fares} <= {str, float, int}
    assert fares
    assert {flight["cabin"] for flight in flights(server, "GRU-CDG", cabinType="business")} == {"BUSINESS"}
    bounds = search(server, "GRU-GIG", tripType="1", returnDate="2027-03-17").json()["requestedFlightSegmentList"]
    assert [segment["type"] for segment in bounds] == ["SEGMENT_1", "SEGMENT_2"]
    assert bounds[1]["flightList"][0]["departure"]["airport"]["code"] == "GIG"


def test_quote_is_for_the_party(server: Sandbox) -> None:
    flight = flights(server, "GRU-GIG", adults="2")[0]
    query = {"adults": "2", "type": "SEGMENT_1", "uid": flight["uid"], "fareuid": flight["fareList"][0]["uid"]}
    url, headers = f"{server.url}/{TAX_HOST}{TAX}", {"x-api-key": "k"}
    totals = server.client.get(url, params=query, headers=headers).json()["totals"]
    assert totals["passenger"] == 2
    assert totals["totalFare"]["miles"] == 2 * flight["fareList"][0]["miles"]
    assert totals["totalBoardingTax"]["money"] == round(2 * flight["fareList"][0]["g3"]["costTax"], 2)
    assert server.client.get(url, params=query | {"fareuid": "x"}, headers=headers).status_code == 400
    assert server.client.get(url, params=query | {"uid": "x"}, headers=headers).status_code == 400
    server.fault(HOST, "empty")
    unavailable = server.client.get(url, params=query, headers=headers)
    assert (unavailable.status_code, unavailable.json()["code"]) == (452, "113")


# ---- no results and errors -------------------------------------------------------------------------------------------


def test_no_flights(server: Sandbox) -> None:
    assert flights(server, "GRU-GIG", "2027-11-20") == []
    assert search(server, "AKL-BSB").status_code == 404
    server.fault(HOST, "empty")
    assert flights(server, "GRU-GIG") == []


@pytest.mark.parametrize(
    "changes",
    [
        {"destinationAirportCode": "QQQ"},
        {"destinationAirportCode": "GRU"},
        {"departureDate": "2026-11-20"},
        {"departureDate": "tomorrow"},
        {"adults": "12"},
        {"cabinType": "sofa"},
        {"tripType": "1"},
    ],
)
def test_invalid_input(server: Sandbox, changes: dict[str, str]) -> None:
    response = search(server, "GRU-GIG", **changes)
    assert (response.status_code, list(response.json())) == (400, ["message"])


def test_refusals(server: Sandbox) -> None:
    assert search(server, "GRU-GIG", key="").status_code == 406
    for name, status, kind in (("406_json", 406, "json"), ("406_html", 406, "html"), ("403_json", 403, "json")):
        server.fault(API, "refused", variant=name)
        response = search(server, "GRU-GIG")
        assert response.status_code == status
        assert kind in response.headers["Content-Type"]
    server.fault(HOST, "sign_in")
    assert search(server, "GRU-GIG").status_code == 401


def test_robots_and_page(server: Sandbox) -> None:
    assert "/v1/" not in server.client.get(f"{server.url}/{API}/robots.txt").text
    server.fault(HOST, "robots")
    assert "Disallow: /v1/" in server.client.get(f"{server.url}/{API}/robots.txt").text
    page = server.client.get(f"{server.url}/{HOST}/mfe/emissao-passagem/?originAirport=GRU")
    assert page.status_code == 200
    assert "{" + "key}" not in page.text
