"""The simulated Aeromexico site over HTTP: lookups, the search in headers, and its ground truth."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.support.recorded import differing_types, json_types, load_recorded
from tests.support.sandbox_server import Sandbox

HOST = "www.aeromexico.com"
LOOKUPS, BOOKING = "amx-c-mtpsbk-pd.aeromexico.com", "amx-c-bkngbk-pd.aeromexico.com"
OFFICE, REGION, SEARCH = "/tc/pcc/getPccInfo", "/tc/region/regionByRoute", "/bc/ow/search/flight/points"
CLIENT = {"Authorization": "Atmosphere realm=http://atmosphere,atmosphere_signature_method=NONE", "channel": "web"}
ROUTES = ["MEX-CUN", "MEX-JFK", "GDL-MAD", "MTY-LAX"]
DAYS = ["2027-01-19", "2027-03-10", "2027-06-04"]
CABINS = {"MAIN": "economy", "AM_PLUS": "economy", "BUSINESS": "business"}


def get_lookup(server: Sandbox, path: str, **headers: str) -> requests.Response:
    return server.client.get(f"{server.url}/{LOOKUPS}{path}", headers=CLIENT | headers, allow_redirects=False)


def region(server: Sandbox, route: str) -> dict[str, Any]:
    origin, destination = route.split("-")
    found: dict[str, Any] = get_lookup(server, REGION, departure=origin, arrival=destination).json()
    return found


def search(
    server: Sandbox, route: str, day: str, travelers: int = 1, body: Any = None, **changes: str | None
) -> requests.Response:
    """Search with the data of the lookups. A header of None is left out."""
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
    zones = {
        "arrivalAirportLoyaltyZone": place["arrivalAirportLoyaltyZone"],
        "arrivalAirportRegion": place["subRegionDestination"],
        "departureAirportLoyaltyZone": place["departureAirportLoyaltyZone"],
        "departureAirportRegion": place["subRegionOrigin"],
    }
    return server.client.post(
        f"{server.url}/{BOOKING}{SEARCH}",
        json=zones if body is None else body,
        headers=CLIENT | headers | changes,
        allow_redirects=False,
    )


# ---- format ----------------------------------------------------------------------------------------------------------


def test_keys_and_types_match_recorded_responses(server: Sandbox) -> None:
    responses = {
        "getPccInfo-MX_PP.json": [get_lookup(server, OFFICE, project="BOOKING", storeFront="MX_PP").json()],
        "regionByRoute-MEX-CUN.json": [region(server, "MEX-CUN")],
        "search-flight-points-MEX-CUN-2026-10-05.first3.json": [
            search(server, route, day).json() for route in ROUTES for day in DAYS
        ],
    }
    for file, shown in responses.items():
        recorded, ours = json_types(*load_recorded(f"aeromexico/{file}")), json_types(*shown)
        assert recorded.keys() <= ours.keys()
        new = {path.rpartition(".")[2] for path in ours if path not in recorded}
        new = {name for name in new if name not in ("connectionInformations[]", "changeOfAirport")}
        assert new <= {"unavailable", "isCabinHidden", "stopAirports[]", "duration"}, "only fields of the fact sheet"
        assert differing_types(ours, recorded) in ({}, {".outbound[].fares[].seatsRemaining": {"int", "NoneType"}})


def test_store_and_regions_match_the_capture(server: Sandbox) -> None:
    office = get_lookup(server, OFFICE, project="BOOKING", storeFront="MX_PP").json()
    assert (office["jipcc"], office["currency"], office["mappedTo"]) == ("D5GE", "MXN", "MZ")
    place = region(server, "MEX-CUN")
    assert (place["subRegionOrigin"], place["subRegionFinal"]) == ("LOC", "PLA")
    assert (place["departureAirportLoyaltyZone"], place["arrivalAirportLoyaltyZone"]) == ("Z01", "Z02")


def test_connections(server: Sandbox) -> None:
    """Compare with a capture of 2026-09-05: GDL-CUN by way of MEX, 95 + 50 + 151 = 296 minutes."""
    connecting = 0
    for day in DAYS:
        for itinerary in (
            search(server, "GDL-MAD", day).json()["outbound"] + search(server, "MEX-CUN", day).json()["outbound"]
        ):
            (leg,) = itinerary["legCollection"]
            segments = leg["segments"]
            assert leg["legType"] == ("CONNECTING" if leg["stops"] else "NONSTOP")
            assert leg["totalFlightDuration"] == sum(item["duration"] + item["layoverDuration"] for item in segments)
            assert leg["flightIdentifier"] == ".".join(item["segmentCode"] for item in segments)
            assert leg["flightIdentifierMetas"] == leg["flightIdentifier"]
            assert leg["connectionInformations"] == [
                {"duration": item["layoverDuration"], "changeOfAirport": False} for item in segments[:-1]
            ]
            assert segments[-1]["layoverDuration"] == 0
            connecting += len(segments) > 1
    assert connecting


# ---- ground truth ----------------------------------------------------------------------------------------------------


def for_sale(fare: dict[str, Any], travelers: int) -> bool:
    withdrawn = fare.get("unavailable") or fare.get("isCabinHidden") or not fare["currency"]["points"]
    return not withdrawn and not 0 < (fare["seatsRemaining"] or 0) < travelers


@pytest.mark.parametrize("travelers", [1, 2])
@pytest.mark.parametrize("route", ROUTES)
def test_lowest_fares_match_the_ground_truth(server: Sandbox, route: str, travelers: int) -> None:
    origin, destination = route.split("-")
    total = 0
    for day in DAYS:
        response = search(server, route, day, travelers).json()
        assert response["conversionInfo"] == [{"legCode": f"{origin}_{destination}_{day}"}]
        lowest: dict[tuple[str, str, str], tuple[Any, ...]] = {}
        for itinerary in response["outbound"]:
            (leg,) = itinerary["legCollection"]
            segments = leg["segments"]
            flights = " ".join(f"{item['marketingCarrier']}{item['marketingFlightCode']}" for item in segments)
            minutes = sum(item["duration"] + item["layoverDuration"] for item in segments)
            for fare in itinerary["fares"]:
                if not for_sale(fare, travelers):
                    continue
                price = fare["currency"]
                values = (
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
                lowest[key] = min(lowest.get(key, values), values, key=lambda item: item[0])
        expected = server.truth(
            program="aeromexico",
            origin=origin,
            destination=destination,
            date=day,
            detail="itinerary",
            travelers=travelers,
        )
        fields = ("miles", "taxes", "seats", "saver", "regular_miles", "cash_price", "duration_minutes", "stops")
        assert lowest == {
            (item["departs_at"][:19], item["flights"], item["cabin"]): tuple(item[name] for name in fields)
            for item in expected
        }
        total += len(expected)
    assert total


def test_difficult_cases_occur(server: Sandbox) -> None:
    """Check cases of the fact sheet that can break a parser."""
    itineraries = [
        item for route in ROUTES for day in DAYS for item in search(server, route, day, 2).json()["outbound"]
    ]
    fares = [fare for itinerary in itineraries for fare in itinerary["fares"]]
    assert any(fare.get("unavailable") for fare in fares)
    assert any(fare.get("isCabinHidden") for fare in fares)
    assert any(fare["currency"]["points"] == 0 for fare in fares)
    assert any(fare["seatsRemaining"] == 1 for fare in fares)
    assert any(fare["seatsRemaining"] is None for fare in fares)
    assert {fare["cabinClass"] for fare in fares} == set(CABINS)
    operated = {item["operatingCarrier"] for row in itineraries for item in row["legCollection"][0]["segments"]}
    assert operated == {"AM", "5D"}


# ---- no results and errors -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("route", "day"), [("MEX-GUM", "2027-03-10"), ("MEX-CUN", "2027-11-15")])
def test_no_flights(server: Sandbox, route: str, day: str) -> None:
    response = search(server, route, day).json()
    assert (response["outbound"], response["warnings"]) == ([], [])
    assert response["conversionInfo"] == [{"legCode": f"{route.replace('-', '_')}_{day}"}]


def test_fault_empty_returns_no_flights(server: Sandbox) -> None:
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
def test_invalid_input(server: Sandbox, changes: dict[str, Any]) -> None:
    assert search(server, "MEX-CUN", "2027-03-10", **changes).status_code == 400


def test_clients_without_user_agent_or_marker_are_rejected(server: Sandbox) -> None:
    no_user_agent: dict[str, Any] = {"User-Agent": ""}
    denied = search(server, "MEX-CUN", "2027-03-10", **no_user_agent)
    assert (denied.status_code, denied.text.count("Denied")) == (403, 2)
    assert search(server, "MEX-CUN", "2027-03-10", Authorization=None).status_code == 401
    assert get_lookup(server, OFFICE, project="BOOKING").status_code == 400
    assert get_lookup(server, REGION, departure="MEX", arrival="QQQ").status_code == 404


def test_refusals_sign_in_and_robots(server: Sandbox) -> None:
    server.fault(BOOKING, "refused", variant="denied")
    assert search(server, "MEX-CUN", "2027-03-10").status_code == 403
    server.fault(HOST, "sign_in")
    assert search(server, "MEX-CUN", "2027-03-10").status_code == 401
    assert "Disallow: /en-us/login" in server.client.get(f"{server.url}/{HOST}/robots.txt").text
    server.fault(HOST, "robots")
    assert "Disallow: /bc/" in server.client.get(f"{server.url}/{BOOKING}/robots.txt").text
