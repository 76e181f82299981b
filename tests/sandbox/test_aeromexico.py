"""Aeromexico's face of the sandbox, over real HTTP: look-ups, a search with its question in the headers, the truth."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.support.sandbox_server import ROOT, Sandbox, sandbox
from tests.support.united_wire import collect_types

HOST = "www.aeromexico.com"
LOOK_UPS, BOOKING = "amx-c-mtpsbk-pd.aeromexico.com", "amx-c-bkngbk-pd.aeromexico.com"
OFFICE, REGION, SEARCH = "/tc/pcc/getPccInfo", "/tc/region/regionByRoute", "/bc/ow/search/flight/points"
RECORDED = ROOT.parent / "shared/recorded/aeromexico"
CLIENT = {"Authorization": "Atmosphere realm=http://atmosphere,atmosphere_signature_method=NONE", "channel": "web"}
ROUTES = ["MEX-CUN", "MEX-JFK", "GDL-MAD", "MTY-LAX"]
DAYS = ["2027-01-19", "2027-03-10", "2027-06-04"]
CABINS = {"MAIN": "economy", "AM_PLUS": "economy", "BUSINESS": "business"}


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with sandbox(clock="2026-11-22T12:00Z") as running:
        yield running


@pytest.fixture(autouse=True)
def _no_faults(server: Sandbox) -> None:
    server.reset()


def look_up(server: Sandbox, path: str, **headers: str) -> requests.Response:
    return server.client.get(f"{server.url}/{LOOK_UPS}{path}", headers=CLIENT | headers, allow_redirects=False)


def region(server: Sandbox, route: str) -> dict[str, Any]:
    origin, destination = route.split("-")
    found: dict[str, Any] = look_up(server, REGION, departure=origin, arrival=destination).json()
    return found


def search(
    server: Sandbox, route: str, day: str, travelers: int = 1, body: Any = None, **changes: str | None
) -> requests.Response:
    """Asked as the look-ups say it should be; a header of None is left out."""
    place = region(server, route)
    headers: dict[str, str | None] = {
        "cityCode": "D5GE",
        "currency": "MXN",
        "itinerary": f"{route.replace('-', '_')}_{day}",
        "legRegion": place["subRegionFinal"],
        "locale": "MZ",
        "store": "MX",
        "travelers": f"A{travelers}_C0_I0_PH0_PC0",
    }
    told = {
        "arrivalAirportLoyaltyZone": place["arrivalAirportLoyaltyZone"],
        "arrivalAirportRegion": place["subRegionDestination"],
        "departureAirportLoyaltyZone": place["departureAirportLoyaltyZone"],
        "departureAirportRegion": place["subRegionOrigin"],
    }
    return server.client.post(
        f"{server.url}/{BOOKING}{SEARCH}",
        json=told if body is None else body,
        headers=CLIENT | headers | changes,
        allow_redirects=False,
    )


# ---- the wire ------------------------------------------------------------------------------------------------------


def test_keys_and_types_are_those_of_the_captures(server: Sandbox) -> None:
    if not RECORDED.exists():
        pytest.skip("the recorded answers are not part of a plain clone")
    told = {
        "getPccInfo-MX_PP.json": [look_up(server, OFFICE, project="BOOKING", storeFront="MX_PP").json()],
        "regionByRoute-MEX-CUN.json": [region(server, "MEX-CUN")],
        "search-flight-points-MEX-CUN-2026-10-05.first3.json": [
            search(server, route, day).json() for route in ROUTES for day in DAYS
        ],
    }
    for file, answers in told.items():
        recorded: dict[str, set[str]] = defaultdict(set)
        ours: dict[str, set[str]] = defaultdict(set)
        collect_types(json.loads((RECORDED / file).read_text()), "", recorded)
        for answer in answers:
            collect_types(answer, "", ours)
        assert recorded.keys() <= ours.keys()
        new = {path.rpartition(".")[2] for path in ours if path not in recorded}
        assert new <= {"unavailable", "isCabinHidden", "stopAirports[]"}, "which the fact sheet names"
        wrong = {path: kinds for path, kinds in ours.items() if path in recorded and not kinds <= recorded[path]}
        assert wrong in ({}, {".outbound[].fares[].seatsRemaining": {"int", "NoneType"}})


def test_the_office_is_the_captured_one(server: Sandbox) -> None:
    office = look_up(server, OFFICE, project="BOOKING", storeFront="MX_PP").json()
    assert (office["jipcc"], office["currency"], office["mappedTo"]) == ("D5GE", "MXN", "MZ")
    place = region(server, "MEX-CUN")
    assert (place["subRegionOrigin"], place["subRegionFinal"]) == ("LOC", "PLA")
    assert (place["departureAirportLoyaltyZone"], place["arrivalAirportLoyaltyZone"]) == ("Z01", "Z02")


# ---- the truth in it -----------------------------------------------------------------------------------------------


def for_sale(fare: dict[str, Any], travelers: int) -> bool:
    withdrawn = fare.get("unavailable") or fare.get("isCabinHidden") or not fare["currency"]["points"]
    return not withdrawn and not 0 < (fare["seatsRemaining"] or 0) < travelers


@pytest.mark.parametrize("travelers", [1, 2])
@pytest.mark.parametrize("route", ROUTES)
def test_the_lowest_fares_say_the_truth(server: Sandbox, route: str, travelers: int) -> None:
    origin, destination = route.split("-")
    total = 0
    for day in DAYS:
        answer = search(server, route, day, travelers).json()
        assert answer["conversionInfo"] == [{"legCode": f"{origin}_{destination}_{day}"}]
        lowest: dict[tuple[str, str, str], tuple[Any, ...]] = {}
        for itinerary in answer["outbound"]:
            (leg,) = itinerary["legCollection"]
            segments = leg["segments"]
            flights = " ".join(f"{one['marketingCarrier']}{one['marketingFlightCode']}" for one in segments)
            minutes = sum(one["duration"] + one["layoverDuration"] for one in segments)
            for fare in itinerary["fares"]:
                if not for_sale(fare, travelers):
                    continue
                price = fare["currency"]
                told = (
                    price["points"],
                    f"{price['totalCash']}.00",
                    fare["seatsRemaining"],
                    fare["ticketType"] == "CLASSIC",
                    price["pointsBeforePromo"] if fare["isPromoActive"] else None,
                    f"{price['total']}.00",
                    minutes,
                    leg["stops"],
                )
                key = (segments[0]["departureDateTime"], flights, CABINS[fare["cabinClass"]])
                lowest[key] = min(lowest.get(key, told), told, key=lambda one: one[0])
        true = server.truth(
            program="aeromexico",
            origin=origin,
            destination=destination,
            date=day,
            detail="itinerary",
            travelers=travelers,
        )
        fields = ("miles", "taxes", "seats", "saver", "regular_miles", "cash_price", "duration_minutes", "stops")
        assert lowest == {
            (one["departs_at"][:19], one["flights"], one["cabin"]): tuple(one[name] for name in fields) for one in true
        }
        total += len(true)
    assert total


def test_traps(server: Sandbox) -> None:
    """Each of these is told of, and breaks a reader that does not expect it."""
    itineraries = [one for route in ROUTES for day in DAYS for one in search(server, route, day, 2).json()["outbound"]]
    fares = [fare for itinerary in itineraries for fare in itinerary["fares"]]
    assert any(fare.get("unavailable") for fare in fares)
    assert any(fare.get("isCabinHidden") for fare in fares)
    assert any(fare["currency"]["points"] == 0 for fare in fares)
    assert any(fare["seatsRemaining"] == 1 for fare in fares)
    assert any(fare["seatsRemaining"] is None for fare in fares)
    assert {fare["cabinClass"] for fare in fares} == set(CABINS)
    legs = [one["legCollection"][0] for one in itineraries]
    shorter = [leg for leg in legs if leg["totalFlightDuration"] < sum(map(_minutes, leg["segments"]))]
    assert shorter, "the total of a leg leaves the waits out"
    operated = {one["operatingCarrier"] for leg in legs for one in leg["segments"]}
    assert operated == {"AM", "5D"}


def _minutes(segment: dict[str, Any]) -> int:
    return int(segment["duration"] + segment["layoverDuration"])


# ---- none, and no --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("route", "day"), [("MEX-GUM", "2027-03-10"), ("MEX-CUN", "2027-11-15")])
def test_none(server: Sandbox, route: str, day: str) -> None:
    answer = search(server, route, day).json()
    assert (answer["outbound"], answer["warnings"]) == ([], [])
    assert answer["conversionInfo"] == [{"legCode": f"{route.replace('-', '_')}_{day}"}]


def test_none_on_demand(server: Sandbox) -> None:
    server.fault(HOST, "empty")
    assert search(server, "MEX-CUN", "2027-03-10").json()["outbound"] == []


@pytest.mark.parametrize(
    "changes",
    [
        {"itinerary": "MEX_CUN_2027-02-30"},
        {"itinerary": "MEX_CUN_2026-11-01"},
        {"itinerary": "MEX_MEX_2027-03-10"},
        {"itinerary": None},
        {"travelers": "A0_C0_I0_PH0_PC0"},
        {"travelers": "two"},
        {"legRegion": "USA"},
        {"currency": "USD"},
        {"cityCode": "MEX"},
        {"body": {}},
        {"body": []},
    ],
)
def test_bad_input(server: Sandbox, changes: dict[str, Any]) -> None:
    assert search(server, "MEX-CUN", "2027-03-10", **changes).status_code == 400


def test_who_does_not_say_what_it_is(server: Sandbox) -> None:
    nobody: dict[str, Any] = {"User-Agent": ""}
    denied = search(server, "MEX-CUN", "2027-03-10", **nobody)
    assert (denied.status_code, denied.text.count("Denied")) == (403, 2)
    assert search(server, "MEX-CUN", "2027-03-10", Authorization=None).status_code == 401
    assert look_up(server, OFFICE, project="BOOKING").status_code == 400
    assert look_up(server, REGION, departure="MEX", arrival="QQQ").status_code == 404


def test_refusals_sign_in_and_robots(server: Sandbox) -> None:
    server.fault(BOOKING, "refused", variant="denied")
    assert search(server, "MEX-CUN", "2027-03-10").status_code == 403
    server.fault(HOST, "sign_in")
    assert search(server, "MEX-CUN", "2027-03-10").status_code == 401
    assert "Disallow: /en-us/login" in server.client.get(f"{server.url}/{HOST}/robots.txt").text
    server.fault(HOST, "robots")
    assert "Disallow: /bc/" in server.client.get(f"{server.url}/{BOOKING}/robots.txt").text
