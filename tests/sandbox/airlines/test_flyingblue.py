"""The simulated Flying Blue site over HTTP: its queries, their ground truth and its errors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.support.recorded import differing_types, json_types, load_recorded
from tests.support.sandbox_server import Sandbox

HOST, PAGE, API = "wwws.airfrance.us", "/search/offers", "/gql/v1"
CONTEXT = "SharedSearchCreateSearchContextForSearchQuery"
LOWEST = "SharedSearchLowestFareOffersForSearchQuery"
OFFERS = "SearchResultAvailableOffersQuery"
CABINS = {"ECONOMY": "economy", "PREMIUM": "premium_economy", "BUSINESS": "business", "FIRST": "first"}
ROUTES = ["CDG-JFK", "AMS-GRU", "CDG-JNB", "LHR-JNB", "JFK-CPH"]
DAY = "2027-03-10"


@pytest.fixture(scope="module")
def hashes(server: Sandbox) -> dict[str, str]:
    """Return the hashes of the queries, which only the page contains."""
    text = server.client.get(f"{server.url}/{HOST}{PAGE}").text
    found = {name: re.search(rf'data-{name}="(\w{{64}})"', text) for name in ("context", "lowest", "offers")}
    return dict(zip((CONTEXT, LOWEST, OFFERS), (match[1] for match in found.values() if match), strict=True))


def post_query(
    server: Sandbox, hashes: dict[str, str], operation: str, variables: dict[str, Any], context: str = "c-1"
) -> requests.Response:
    body = {
        "operationName": operation,
        "variables": variables | {"searchStateUuid": context},
        "extensions": {"persistedQuery": {"version": 1, "sha256Hash": hashes[operation]}},
    }
    return server.client.post(f"{server.url}/{HOST}{API}?bookingFlow=REWARD", json=body)


def connection(route: str, day: str, kind: str = "AIRPORT", **more: str) -> dict[str, Any]:
    origin, destination = ({"type": kind, "code": code} for code in route.split("-"))
    return {"departureDate": day, "origin": origin, "destination": destination} | more


def search_day(
    server: Sandbox,
    hashes: dict[str, str],
    route: str,
    day: str = DAY,
    travelers: int = 1,
    flow: str = "REWARD",
    **more: str,
) -> dict[str, Any]:
    post_query(server, hashes, CONTEXT, {})
    body = {
        "commercialCabins": ["ECONOMY"],
        "passengers": [{"id": 1, "type": "ADT"}] * travelers,
        "requestedConnections": [connection(route, day, **more)],
        "bookingFlow": flow,
    }
    response = post_query(server, hashes, OFFERS, {"bookingFlow": flow, "availableOfferRequestBody": body})
    assert response.status_code == 200
    found: dict[str, Any] = response.json()
    return found


def search_month(
    server: Sandbox,
    hashes: dict[str, str],
    route: str,
    interval: str,
    cabin: str,
    travelers: int = 1,
    kind: str = "DAY",
) -> list[dict[str, Any]]:
    post_query(server, hashes, CONTEXT, {})
    body = {
        "bookingFlow": "REWARD",
        "commercialCabins": [cabin],
        "passengers": [{"id": 1, "type": "ADT"}] * travelers,
        "type": kind,
        "requestedConnections": [connection(route, interval[:10], dateInterval=interval)],
    }
    response = post_query(server, hashes, LOWEST, {"bookingFlow": "REWARD", "lowestFareOffersRequest": body}).json()
    rows: list[dict[str, Any]] = response["data"]["lowestFareOffers"]["lowestOffers"]
    return rows


def shown_offers(response: dict[str, Any], travelers: int) -> Iterator[tuple[Any, ...]]:
    """Yield each price per traveler, in the form of the ground truth."""
    for itinerary in response["data"]["availableOffers"]["offerItineraries"]:
        legs = itinerary["activeConnection"]["segments"]
        for product in itinerary["upsellCabinProducts"]:
            (fare,) = product["connections"]
            assert fare["passengerCount"] == travelers
            if fare["price"]["amount"] is None:
                assert (fare["tax"], fare["fareFamily"], fare["numberOfSeatsAvailable"]) == (None, None, None)
                continue
            assert fare["price"]["currencyCode"] == "MILES"
            yield (
                " ".join(
                    f"{s['marketingFlight']['carrier']['code']}{int(s['marketingFlight']['number'])}" for s in legs
                ),
                legs[0]["departureDateTime"],
                legs[-1]["arrivalDateTime"],
                itinerary["activeConnection"]["duration"],
                len(legs) - 1 + sum(len(leg["stopsAt"] or ()) for leg in legs),
                CABINS[fare["cabinClass"]],
                fare["price"]["amount"] / travelers,
                f"{fare['tax']['amount'] / travelers:.2f}",
                fare["numberOfSeatsAvailable"],
                fare["isPromo"],
            )


def expected_offer(offer: dict[str, Any]) -> tuple[Any, ...]:
    return (
        *(offer["flights"], offer["departs_at"][:19], offer["arrives_at"][:19], offer["duration_minutes"]),
        *(offer["stops"], offer["cabin"], offer["miles"], offer["taxes"], offer["seats"], offer["on_sale"]),
    )


# ---- format ----------------------------------------------------------------------------------------------------------


def test_keys_and_types_match_recorded_responses(server: Sandbox, hashes: dict[str, str]) -> None:
    recorded = json_types(*load_recorded("flyingblue/af-availableoffers-*.json"))
    ours = json_types(*(search_day(server, hashes, route) for route in ROUTES))
    # The recorded search has a return flight, whose connection is shorter, and a change of airports.
    left_out = ("warnings[]", "environmentalInformation.")
    assert not {key for key in recorded if key not in ours and not any(part in key for part in left_out)}
    grown = ("connections[].segments[]", "stopsAt[]", "connections[]._id")
    assert not {key for key in ours if key not in recorded and not any(part in key for part in grown)}
    empty_there = ("stopsAt", "promoTitle", "environmentalInformation")
    differing = {key for key in differing_types(ours, recorded) if not key.endswith(empty_there)}
    assert not {key for key in differing if not ours[key] | recorded[key] <= {"int", "float", "NoneType"}}


@pytest.mark.parametrize("travelers", [1, 2])
@pytest.mark.parametrize("route", ROUTES)
def test_flights_match_the_ground_truth(server: Sandbox, hashes: dict[str, str], route: str, travelers: int) -> None:
    origin, destination = route.split("-")
    query = {"origin": origin, "destination": destination, "date": DAY, "detail": "itinerary", "travelers": travelers}
    expected = sorted(map(expected_offer, server.truth(program="flyingblue", **query)))
    assert sorted(shown_offers(search_day(server, hashes, route, travelers=travelers), travelers)) == expected
    assert expected


@pytest.mark.parametrize("travelers", [1, 3])
@pytest.mark.parametrize("cabin", ["ECONOMY", "BUSINESS"])
def test_calendar_matches_the_ground_truth(server: Sandbox, hashes: dict[str, str], cabin: str, travelers: int) -> None:
    query = {"origin": "CDG", "destination": "JFK", "month": "2027-05", "cabin": CABINS[cabin], "travelers": travelers}
    expected = {
        (offer["departure_date"], offer["miles"], offer["taxes"])
        for offer in server.truth(program="flyingblue", **query)
    }
    rows = search_month(server, hashes, "CDG-JFK", "2027-05-01/2027-05-31", cabin, travelers)
    assert [row["flightDate"] for row in rows] == [f"2027-05-{day:02}" for day in range(1, 32)]
    shown = set()
    for row in rows:
        if row["noFlight"]:
            assert (row["totalPrice"], row["connections"]) == (None, [])
            continue
        (fare,) = row["connections"]
        assert fare["price"]["amount"] == row["totalPrice"] == row["displayPrice"] * travelers
        shown.add((row["flightDate"], row["displayPrice"], f"{fare['tax']['amount'] / travelers:.2f}"))
    assert shown == expected
    assert expected


def test_months_and_cities(server: Sandbox, hashes: dict[str, str]) -> None:
    months = search_month(server, hashes, "CDG-JFK", "2027-01-01/2027-06-30", "ECONOMY", kind="MONTH")
    days = search_month(server, hashes, "CDG-JFK", "2027-02-01/2027-02-28", "ECONOMY")
    assert [row["flightDate"][:7] for row in months] == [f"2027-{month:02}" for month in range(1, 7)]
    assert months[1]["totalPrice"] == min(row["totalPrice"] for row in days if not row["noFlight"])
    itineraries = search_day(server, hashes, "PAR-NYC", kind="CITY")["data"]["availableOffers"]["offerItineraries"]
    ends = {item["activeConnection"]["segments"][-1]["destination"]["code"] for item in itineraries}
    assert {"JFK", "EWR"} <= ends


def test_cash_search_has_cash_prices(server: Sandbox, hashes: dict[str, str]) -> None:
    response = search_day(server, hashes, "CDG-JFK", flow="LEISURE")
    fares = [
        product["connections"][0]["price"]
        for itinerary in response["data"]["availableOffers"]["offerItineraries"]
        for product in itinerary["upsellCabinProducts"]
    ]
    assert {fare["currencyCode"] for fare in fares} == {"EUR", None}


# ---- no results and errors -------------------------------------------------------------------------------------------


def test_no_flights(server: Sandbox, hashes: dict[str, str]) -> None:
    def assert_none() -> None:
        offers = search_day(server, hashes, "CDG-JFK", "2027-11-20")["data"]["availableOffers"]
        assert offers["offerItineraries"] == []
        assert "no fare found" in offers["warnings"][0]["description"]

    assert_none()
    server.fault(HOST, "empty")
    offers = search_day(server, hashes, "CDG-JFK")["data"]["availableOffers"]
    assert offers["offerItineraries"] == []
    rows = search_month(server, hashes, "CDG-JFK", "2027-05-01/2027-05-31", "ECONOMY")
    assert len(rows) == 31
    assert all(row["noFlight"] for row in rows)


def test_unknown_context_or_hash(server: Sandbox, hashes: dict[str, str]) -> None:
    body = {"requestedConnections": [connection("CDG-JFK", DAY)], "commercialCabins": ["ECONOMY"], "passengers": [{}]}
    variables = {"bookingFlow": "REWARD", "availableOfferRequestBody": body}
    assert post_query(server, hashes, OFFERS, variables, context="nobody's").json() == {"data": {}}
    unknown = post_query(server, hashes | {OFFERS: "0" * 64}, OFFERS, variables).json()
    assert unknown["errors"][0]["message"] == "PersistedQueryNotFound"


@pytest.mark.parametrize(
    ("route", "day"), [("CDG-QQQ", DAY), ("CDG-CDG", DAY), ("CDG-JFK", "2026-11-20"), ("CDG-JFK", "x")]
)
def test_invalid_input(server: Sandbox, hashes: dict[str, str], route: str, day: str) -> None:
    response = search_day(server, hashes, route, day)
    assert (response["errors"][0]["message"], response["data"]) == ("9000: UNKNOWN_ERROR", {"availableOffers": None})
    assert server.client.post(f"{server.url}/{HOST}{API}", data=b"{").status_code == 400


def test_refusals_and_sign_in(server: Sandbox, hashes: dict[str, str]) -> None:
    server.fault(HOST, "refused", variant="no_context")
    assert post_query(server, hashes, OFFERS, {}).json() == {"data": {}}
    server.fault(HOST, "sign_in")
    assert post_query(server, hashes, CONTEXT, {}).status_code == 401
    page = server.client.get(f"{server.url}/{HOST}{PAGE}?bookingFlow=REWARD", allow_redirects=False)
    assert (page.status_code, page.headers["Location"]) == (302, "/login/otp")


def test_robots(server: Sandbox) -> None:
    assert "/search" not in server.client.get(f"{server.url}/{HOST}/robots.txt").text
    server.fault(HOST, "robots")
    assert "Disallow: /gql/v1" in server.client.get(f"{server.url}/{HOST}/robots.txt").text
