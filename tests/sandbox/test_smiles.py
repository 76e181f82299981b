"""Smiles' face of the sandbox, over real HTTP: its wire, its truth, and its ways to say none and no."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.support.sandbox_server import ROOT, Sandbox, sandbox
from tests.support.united_wire import collect_types

HOST, API = "www.smiles.com.br", "api-air-flightsearch-green.smiles.com.br"
TAX_HOST = "api-airlines-boarding-tax-prd.smiles.com.br"
SEARCH, TAX = "/v1/airlines/search", "/v1/airlines/flight/boardingtax"
RECORDED = ROOT.parent / "shared/recorded/smiles"
# Fields that public lists name and the sanitized answers lack.
LISTED = (
    *("uid", "hasG3", "hasCongener", "resultType", "tripType", "airports", "cabinList", "companyList", "bestPricing"),
    *("durationNumber", "timeStop", "baggage", "baseMiles", "offer", "airline", "legListC", ".airport.", "total"),
)
CABINS = {"ECONOMIC": "economy", "PREMIUM_ECONOMIC": "premium_economy", "BUSINESS": "business"}
ROUTES = ["GRU-GIG", "EZE-BSB", "GIG-MIA", "GRU-CDG", "LAX-GRU"]
DAY = "2027-03-10"


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with sandbox(clock="2026-11-22T12:00Z") as running:
        yield running


@pytest.fixture(autouse=True)
def _no_faults(server: Sandbox) -> None:
    server.reset()


def ask(server: Sandbox, route: str, day: str = DAY, *, key: str = "k", **changes: str) -> requests.Response:
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
    answer = ask(server, route, day, **changes)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["requestedFlightSegmentList"][0]["flightList"]
    return found


def told(flight: dict[str, Any]) -> tuple[Any, ...]:
    """An offer for everybody, in the words of the truth."""
    (fare,) = (fare for fare in flight["fareList"] if fare["type"] == "SMILES")
    taxes = fare["g3"]["costTax"] if "g3" in fare else fare["airlineTax"]
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


def truth(offer: dict[str, Any]) -> tuple[Any, ...]:
    return (
        *(offer["flights"], offer["departs_at"][:19], offer["arrives_at"][:19], offer["duration_minutes"]),
        *(offer["stops"], offer["cabin"], offer["mixed_cabin"], offer["miles"], offer["taxes"], offer["seats"]),
        *(offer["regular_miles"], offer["cash_price"]),
    )


# ---- the wire ------------------------------------------------------------------------------------------------------


def test_keys_and_types_are_those_of_the_recorded_answers(server: Sandbox) -> None:
    if not RECORDED.is_dir():
        pytest.skip("the recorded answers are not part of a plain clone")
    ours: dict[str, set[str]] = defaultdict(set)
    recorded: dict[str, set[str]] = defaultdict(set)
    answer = ask(server, "GRU-GIG", adults="2").json()
    flight = answer["requestedFlightSegmentList"][0]["flightList"][0]
    fare = flight["fareList"][0]["uid"]
    quote = server.client.get(
        f"{server.url}/{TAX_HOST}{TAX}",
        params={"adults": "2", "uid": flight["uid"], "fareuid": fare},
        headers={"x-api-key": "k"},
    )
    (searched,), (quoted,) = (list(RECORDED.glob(f"{name}-*.json")) for name in ("search", "boardingtax"))
    for name, value, file in (("search", answer, searched), ("tax", quote.json(), quoted)):
        collect_types(value, name, ours)
        collect_types(json.loads(file.read_text()), name, recorded)
    assert not {key for key in recorded if key not in ours}
    assert not {key for key in ours if key not in recorded and not any(part in key for part in LISTED)}
    numbers = {"int", "float"}
    assert not {key for key in recorded if ours[key] - recorded[key] and not ours[key] | recorded[key] <= numbers}


@pytest.mark.parametrize("adults", ["1", "2"])
@pytest.mark.parametrize("route", ROUTES)
def test_the_flights_say_the_truth(server: Sandbox, route: str, adults: str) -> None:
    origin, destination = route.split("-")
    query = {"origin": origin, "destination": destination, "date": DAY, "detail": "itinerary", "travelers": adults}
    true = sorted(map(truth, server.truth(program="smiles", **query)))
    shown = flights(server, route, adults=adults)
    assert sorted(told(one) for one in shown if one["departure"]["airport"]["code"] == origin) == true
    assert true


def test_the_other_fares_are_no_price_for_everybody(server: Sandbox) -> None:
    fares = {fare["type"]: fare for fare in flights(server, "GRU-GIG")[0]["fareList"]}
    assert set(fares) == {"SMILES", "SMILES_CLUB", "SMILES_MONEY", "SMILES_MONEY_CLUB", "MONEY"}
    assert fares["SMILES_CLUB"]["miles"] < fares["SMILES"]["miles"]
    assert (fares["MONEY"]["miles"], fares["SMILES"]["money"]) == (0, 0)
    assert 0 < fares["SMILES_MONEY"]["miles"] < fares["SMILES"]["miles"]


def test_traps(server: Sandbox) -> None:
    leaked = [flight for flight in flights(server, "LAX-GRU") if flight["departure"]["airport"]["code"] != "LAX"]
    assert len(leaked) <= 1
    abroad = flights(server, "GRU-CDG", "2027-02-09") + flights(server, "GRU-CDG")
    fares = [fare for flight in abroad for fare in flight["fareList"] if "g3" not in fare]
    assert {type(fare["airlineFareAmount"]) for fare in fares} <= {str, float, int}
    assert fares
    assert {flight["cabin"] for flight in flights(server, "GRU-CDG", cabinType="business")} == {"BUSINESS"}
    both = ask(server, "GRU-GIG", tripType="1", returnDate="2027-03-17").json()["requestedFlightSegmentList"]
    assert [segment["type"] for segment in both] == ["SEGMENT_1", "SEGMENT_2"]
    assert both[1]["flightList"][0]["departure"]["airport"]["code"] == "GIG"


def test_the_quote_is_the_partys(server: Sandbox) -> None:
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
    gone = server.client.get(url, params=query, headers=headers)
    assert (gone.status_code, gone.json()["code"]) == (452, "113")


# ---- none, and no --------------------------------------------------------------------------------------------------


def test_none(server: Sandbox) -> None:
    assert flights(server, "GRU-GIG", "2027-11-20") == []
    assert ask(server, "AKL-BSB").status_code == 404
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
def test_bad_input(server: Sandbox, changes: dict[str, str]) -> None:
    answer = ask(server, "GRU-GIG", **changes)
    assert (answer.status_code, list(answer.json())) == (400, ["message"])


def test_refusals(server: Sandbox) -> None:
    assert ask(server, "GRU-GIG", key="").status_code == 406
    for name, status, kind in (("406_json", 406, "json"), ("406_html", 406, "html"), ("403_json", 403, "json")):
        server.fault(API, "refused", variant=name)
        answer = ask(server, "GRU-GIG")
        assert answer.status_code == status
        assert kind in answer.headers["Content-Type"]
    server.fault(HOST, "sign_in")
    assert ask(server, "GRU-GIG").status_code == 401


def test_robots_and_page(server: Sandbox) -> None:
    assert "/v1/" not in server.client.get(f"{server.url}/{API}/robots.txt").text
    server.fault(HOST, "robots")
    assert "Disallow: /v1/" in server.client.get(f"{server.url}/{API}/robots.txt").text
    page = server.client.get(f"{server.url}/{HOST}/mfe/emissao-passagem/?originAirport=GRU")
    assert page.status_code == 200
    assert "{" + "key}" not in page.text
