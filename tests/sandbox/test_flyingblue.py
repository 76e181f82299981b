"""Flying Blue's face of the sandbox, over real HTTP: its queries, its truth, and its ways to say none and no."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.support.sandbox_server import ROOT, Sandbox, sandbox
from tests.support.united_wire import collect_types

HOST, PAGE, API = "wwws.airfrance.us", "/search/offers", "/gql/v1"
CONTEXT = "SharedSearchCreateSearchContextForSearchQuery"
LOWEST = "SharedSearchLowestFareOffersForSearchQuery"
OFFERS = "SearchResultAvailableOffersQuery"
RECORDED = ROOT.parent / "shared/recorded/flyingblue"
CABINS = {"ECONOMY": "economy", "PREMIUM": "premium_economy", "BUSINESS": "business", "FIRST": "first"}
ROUTES = ["CDG-JFK", "AMS-GRU", "CDG-JNB", "LHR-JNB", "JFK-CPH"]
DAY = "2027-03-10"


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with sandbox(clock="2026-11-22T12:00Z") as running:
        yield running


@pytest.fixture(scope="module")
def hashes(server: Sandbox) -> dict[str, str]:
    """The hashes as the page brings them: it is the only one that knows them."""
    text = server.client.get(f"{server.url}/{HOST}{PAGE}").text
    found = {name: re.search(rf'data-{name}="(\w{{64}})"', text) for name in ("context", "lowest", "offers")}
    return dict(zip((CONTEXT, LOWEST, OFFERS), (match[1] for match in found.values() if match), strict=True))


@pytest.fixture(autouse=True)
def _no_faults(server: Sandbox) -> None:
    server.reset()


def ask(
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


def day_of(
    server: Sandbox,
    hashes: dict[str, str],
    route: str,
    day: str = DAY,
    travelers: int = 1,
    flow: str = "REWARD",
    **more: str,
) -> dict[str, Any]:
    ask(server, hashes, CONTEXT, {})
    body = {
        "commercialCabins": ["ECONOMY"],
        "passengers": [{"id": 1, "type": "ADT"}] * travelers,
        "requestedConnections": [connection(route, day, **more)],
        "bookingFlow": flow,
    }
    answer = ask(server, hashes, OFFERS, {"bookingFlow": flow, "availableOfferRequestBody": body})
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def month_of(
    server: Sandbox,
    hashes: dict[str, str],
    route: str,
    interval: str,
    cabin: str,
    travelers: int = 1,
    kind: str = "DAY",
) -> list[dict[str, Any]]:
    ask(server, hashes, CONTEXT, {})
    body = {
        "bookingFlow": "REWARD",
        "commercialCabins": [cabin],
        "passengers": [{"id": 1, "type": "ADT"}] * travelers,
        "type": kind,
        "requestedConnections": [connection(route, interval[:10], dateInterval=interval)],
    }
    answer = ask(server, hashes, LOWEST, {"bookingFlow": "REWARD", "lowestFareOffersRequest": body}).json()
    rows: list[dict[str, Any]] = answer["data"]["lowestFareOffers"]["lowestOffers"]
    return rows


def told(answer: dict[str, Any], travelers: int) -> Iterator[tuple[Any, ...]]:
    """Every price, per traveler, in the words of the truth."""
    for itinerary in answer["data"]["availableOffers"]["offerItineraries"]:
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


def truth(offer: dict[str, Any]) -> tuple[Any, ...]:
    return (
        *(offer["flights"], offer["departs_at"][:19], offer["arrives_at"][:19], offer["duration_minutes"]),
        *(offer["stops"], offer["cabin"], offer["miles"], offer["taxes"], offer["seats"], offer["on_sale"]),
    )


# ---- the wire ------------------------------------------------------------------------------------------------------


def test_keys_and_types_are_those_of_the_answer_of_2026(server: Sandbox, hashes: dict[str, str]) -> None:
    files = list(RECORDED.glob("af-availableoffers-*.json"))
    if not files:
        pytest.skip("the recorded answers are not part of a plain clone")
    ours: dict[str, set[str]] = defaultdict(set)
    recorded: dict[str, set[str]] = defaultdict(set)
    for route in ROUTES:
        collect_types(day_of(server, hashes, route), "", ours)
    for file in files:
        collect_types(json.loads(file.read_text()), "", recorded)
    # The recorded search has a way back too, whose connection is shorter, and a change of airports.
    left_out = ("warnings[]", "environmentalInformation.")
    assert not {key for key in recorded if key not in ours and not any(part in key for part in left_out)}
    grown = ("connections[].segments[]", "stopsAt[]", "connections[]._id")
    assert not {key for key in ours if key not in recorded and not any(part in key for part in grown)}
    empty_there = ("stopsAt", "promoTitle", "environmentalInformation")
    odd = {key for key in ours if key in recorded and ours[key] - recorded[key] and not key.endswith(empty_there)}
    assert not {key for key in odd if not ours[key] | recorded[key] <= {"int", "float", "NoneType"}}


@pytest.mark.parametrize("travelers", [1, 2])
@pytest.mark.parametrize("route", ROUTES)
def test_the_flights_say_the_truth(server: Sandbox, hashes: dict[str, str], route: str, travelers: int) -> None:
    origin, destination = route.split("-")
    query = {"origin": origin, "destination": destination, "date": DAY, "detail": "itinerary", "travelers": travelers}
    true = sorted(map(truth, server.truth(program="flyingblue", **query)))
    assert sorted(told(day_of(server, hashes, route, travelers=travelers), travelers)) == true
    assert true


@pytest.mark.parametrize("travelers", [1, 3])
@pytest.mark.parametrize("cabin", ["ECONOMY", "BUSINESS"])
def test_the_calendar_says_the_truth(server: Sandbox, hashes: dict[str, str], cabin: str, travelers: int) -> None:
    query = {"origin": "CDG", "destination": "JFK", "month": "2027-05", "cabin": CABINS[cabin], "travelers": travelers}
    true = {
        (offer["departure_date"], offer["miles"], offer["taxes"])
        for offer in server.truth(program="flyingblue", **query)
    }
    rows = month_of(server, hashes, "CDG-JFK", "2027-05-01/2027-05-31", cabin, travelers)
    assert [row["flightDate"] for row in rows] == [f"2027-05-{day:02}" for day in range(1, 32)]
    shown = set()
    for row in rows:
        if row["noFlight"]:
            assert (row["totalPrice"], row["connections"]) == (None, [])
            continue
        (fare,) = row["connections"]
        assert fare["price"]["amount"] == row["totalPrice"] == row["displayPrice"] * travelers
        shown.add((row["flightDate"], row["displayPrice"], f"{fare['tax']['amount'] / travelers:.2f}"))
    assert shown == true
    assert true


def test_months_and_cities(server: Sandbox, hashes: dict[str, str]) -> None:
    months = month_of(server, hashes, "CDG-JFK", "2027-01-01/2027-06-30", "ECONOMY", kind="MONTH")
    days = month_of(server, hashes, "CDG-JFK", "2027-02-01/2027-02-28", "ECONOMY")
    assert [row["flightDate"][:7] for row in months] == [f"2027-{month:02}" for month in range(1, 7)]
    assert months[1]["totalPrice"] == min(row["totalPrice"] for row in days if not row["noFlight"])
    itineraries = day_of(server, hashes, "PAR-NYC", kind="CITY")["data"]["availableOffers"]["offerItineraries"]
    ends = {one["activeConnection"]["segments"][-1]["destination"]["code"] for one in itineraries}
    assert {"JFK", "EWR"} <= ends


def test_money_is_told_as_money(server: Sandbox, hashes: dict[str, str]) -> None:
    answer = day_of(server, hashes, "CDG-JFK", flow="LEISURE")
    fares = [
        product["connections"][0]["price"]
        for itinerary in answer["data"]["availableOffers"]["offerItineraries"]
        for product in itinerary["upsellCabinProducts"]
    ]
    assert {fare["currencyCode"] for fare in fares} == {"EUR", None}


# ---- none, and no --------------------------------------------------------------------------------------------------


def test_none(server: Sandbox, hashes: dict[str, str]) -> None:
    def assert_none() -> None:
        offers = day_of(server, hashes, "CDG-JFK", "2027-11-20")["data"]["availableOffers"]
        assert offers["offerItineraries"] == []
        assert "no fare found" in offers["warnings"][0]["description"]

    assert_none()
    server.fault(HOST, "empty")
    offers = day_of(server, hashes, "CDG-JFK")["data"]["availableOffers"]
    assert offers["offerItineraries"] == []
    rows = month_of(server, hashes, "CDG-JFK", "2027-05-01/2027-05-31", "ECONOMY")
    assert len(rows) == 31
    assert all(row["noFlight"] for row in rows)


def test_without_context_or_hash(server: Sandbox, hashes: dict[str, str]) -> None:
    body = {"requestedConnections": [connection("CDG-JFK", DAY)], "commercialCabins": ["ECONOMY"], "passengers": [{}]}
    variables = {"bookingFlow": "REWARD", "availableOfferRequestBody": body}
    assert ask(server, hashes, OFFERS, variables, context="nobody's").json() == {"data": {}}
    gone = ask(server, hashes | {OFFERS: "0" * 64}, OFFERS, variables).json()
    assert gone["errors"][0]["message"] == "PersistedQueryNotFound"


@pytest.mark.parametrize(
    ("route", "day"), [("CDG-QQQ", DAY), ("CDG-CDG", DAY), ("CDG-JFK", "2026-11-20"), ("CDG-JFK", "x")]
)
def test_bad_input(server: Sandbox, hashes: dict[str, str], route: str, day: str) -> None:
    answer = day_of(server, hashes, route, day)
    assert (answer["errors"][0]["message"], answer["data"]) == ("9000: UNKNOWN_ERROR", {"availableOffers": None})
    assert server.client.post(f"{server.url}/{HOST}{API}", data=b"{").status_code == 400


def test_refusals_and_sign_in(server: Sandbox, hashes: dict[str, str]) -> None:
    server.fault(HOST, "refused", variant="no_context")
    assert ask(server, hashes, OFFERS, {}).json() == {"data": {}}
    server.fault(HOST, "sign_in")
    assert ask(server, hashes, CONTEXT, {}).status_code == 401
    page = server.client.get(f"{server.url}/{HOST}{PAGE}?bookingFlow=REWARD", allow_redirects=False)
    assert (page.status_code, page.headers["Location"]) == (302, "/login/otp")


def test_robots(server: Sandbox) -> None:
    assert "/search" not in server.client.get(f"{server.url}/{HOST}/robots.txt").text
    server.fault(HOST, "robots")
    assert "Disallow: /gql/v1" in server.client.get(f"{server.url}/{HOST}/robots.txt").text
