"""JetBlue's face of the sandbox, over real HTTP: its month, its flights with their key, and their truth."""

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

HOST = "www.jetblue.com"
MONTH = "jbrest.jetblue.com/bff/bff-service/bestFares/"
FLIGHTS = "cb-api.jetblue.com/cb-flight-search/v1/search/NGB"
KEY = "ocp-apim-subscription-key"
RECORDED = ROOT.parent / "shared/recorded/jetblue"
ROUTES = ["JFK-LAX", "BOS-SFO", "FLL-LIM", "EWR-LHR", "BUF-LAX"]
DAYS = ["2027-01-19", "2027-03-10", "2027-06-04"]
CABINS = {"Economy": "economy", "Premium": "premium_economy", "Business": "business", "First": "first"}


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with sandbox(clock="2026-11-22T12:00Z") as running:
        yield running


@pytest.fixture(autouse=True)
def _no_faults(server: Sandbox) -> None:
    server.reset()


def post(server: Sandbox, address: str, body: Any, **headers: str) -> requests.Response:
    return server.client.post(f"{server.url}/{address}", json=body, headers=headers, allow_redirects=False)


def month(server: Sandbox, route: str, name: str, travelers: int = 1, **changes: Any) -> requests.Response:
    origin, destination = route.split("-")
    body = {"origin": origin, "destination": destination, "month": name, "fareType": "POINTS", "tripType": "ONE_WAY"}
    return post(server, MONTH, body | {"adult": travelers, "child": 0, "infant": 0, "currency": "USD"} | changes)


def key(server: Sandbox, page: str = "/booking/") -> str:
    text = server.client.get(f"{server.url}/{HOST}{page}").text
    script = re.search(r'<script id="rwb-config"[^>]*>(.*?)</script>', text)
    assert script
    found = json.loads(script[1])["crystalBlueSubscriptionKey"]
    assert isinstance(found, str)
    return found


def flights(server: Sandbox, route: str, day: str, travelers: int = 1, **changes: Any) -> requests.Response:
    origin, destination = route.split("-")
    body = {
        "awardBooking": True,
        "travelerTypes": [{"type": "ADULT", "quantity": travelers}],
        "searchComponents": [{"from": origin, "to": destination, "date": day}],
    }
    return post(server, FLIGHTS, body | changes, **{KEY: key(server)})


def products(server: Sandbox, route: str, day: str, travelers: int = 1) -> list[dict[str, Any]]:
    (result,) = flights(server, route, day, travelers).json()["data"]["searchResults"]
    origin, destination = route.split("-")
    assert result["searchComponent"] == {"from": origin, "to": destination, "date": day}
    found: list[dict[str, Any]] = result["productOffers"]
    return found


# ---- the wire ------------------------------------------------------------------------------------------------------


def test_keys_and_types_are_those_of_the_answers_of_2026(server: Sandbox) -> None:
    if not RECORDED.exists():
        pytest.skip("the recorded answers are not part of a plain clone")
    for file, told in (
        ("pointsnap-2026-09-JFK-LAX-2026-10-05.NGB.excerpt.json", flights(server, "JFK-LAX", "2027-03-10").json()),
        ("pointsnap-2026-09-JFK-LAX-2026-10.bestFares.json", month(server, "JFK-LAX", "MARCH 2027").json()),
    ):
        recorded: dict[str, set[str]] = defaultdict(set)
        ours: dict[str, set[str]] = defaultdict(set)
        collect_types(json.loads((RECORDED / file).read_text()), "", recorded)
        collect_types(told, "", ours)
        assert recorded.keys() <= ours.keys()
        assert not {path: kinds for path, kinds in ours.items() if path in recorded and not kinds <= recorded[path]}


def test_what_makes_it_hard(server: Sandbox) -> None:
    found = [(route, product) for route in ROUTES for day in DAYS for product in products(server, route, day)]
    offers = [offer for _, product in found for offer in product["offers"]]
    parts = [product["originAndDestination"][0] for _, product in found]
    segments = [segment for part in parts for segment in part["flightSegments"]]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:00", segment["departure"]["date"]) for segment in segments)
    assert {type(segment["flightInfo"]["marketingFlightNumber"]) for segment in segments} == {int}
    assert any(part["arrivalDateOffset"] == 1 for part in parts)
    assert any(segment["layoverDuration"] for segment in segments)
    sold_out = [offer for offer in offers if offer["soldOut"]]
    assert sold_out
    assert not any(offer["price"] for offer in sold_out)
    brands = {offer["brand"]["brandId"] for offer in offers}
    assert brands >= {"DN", "AN", "GR", "DE", "EN", "ER", "MN", "MR", "A2", "J2"}
    mixed = [offer for offer in offers if len({part["cabinClass"] for part in offer["offerSegmentInfo"]}) > 1]
    assert mixed


def test_every_reference_leads_to_its_segment(server: Sandbox) -> None:
    told = flights(server, "BUF-LAX", "2027-03-10").json()
    checked = 0
    for product in told["data"]["searchResults"][0]["productOffers"]:
        segments = product["originAndDestination"][0]["flightSegments"]
        for offer in product["offers"]:
            for position, part in enumerate(offer["offerSegmentInfo"]):
                found: Any = told
                for step in part["ref"]["flightSegment"]["$ref"].removeprefix("#/").split("/"):
                    found = found[int(step)] if step.isdigit() else found[step]
                assert found is segments[position]
                checked += len(segments) > 1
    assert checked


# ---- the truth in it -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("travelers", [1, 2])
@pytest.mark.parametrize("route", ROUTES)
def test_the_lowest_brand_of_each_cabin_is_the_truth(server: Sandbox, route: str, travelers: int) -> None:
    origin, destination = route.split("-")
    total = 0
    for day in DAYS:
        asked = {"program": "jetblue", "origin": origin, "destination": destination, "date": day}
        offers = server.truth(**asked, detail="itinerary", travelers=travelers)
        whole = {(one["flights"], one["cabin"]) for one in offers if not one["mixed_cabin"]}
        true = {
            (one["flights"], one["cabin"], one["miles"], float(one["taxes"]), one["seats"], one["departs_at"][:19])
            for one in offers
            if not one["mixed_cabin"] or (one["flights"], one["cabin"]) not in whole
        }
        found = set()
        for product in products(server, route, day, travelers):
            (part,) = product["originAndDestination"]
            carriers = [segment["flightInfo"] for segment in part["flightSegments"]]
            name = " ".join(f"{one['marketingAirlineCode']}{one['marketingFlightNumber']}" for one in carriers)
            lowest: dict[str, tuple[Any, ...]] = {}
            for offer in product["offers"]:
                if not offer["soldOut"]:
                    points, taxes = (price["amount"] for price in offer["price"])
                    told = (points, taxes, offer["seatsRemaining"]["count"], part["departure"]["date"])
                    cabin = CABINS[offer["cabinClass"]]
                    lowest[cabin] = min(lowest.get(cabin, told), told)
            found |= {(name, cabin, *told) for cabin, told in lowest.items()}
        assert found == true
        total += len(true)
    assert total


@pytest.mark.parametrize("travelers", [1, 4])
@pytest.mark.parametrize("route", ["JFK-LAX", "BOS-SFO"])
def test_the_month_is_the_truth(server: Sandbox, route: str, travelers: int) -> None:
    told = month(server, route, "MARCH 2027", travelers).json()
    origin, destination = route.split("-")
    asked = {"program": "jetblue", "origin": origin, "destination": destination, "cabin": "economy"}
    true = server.truth(**asked, month="2027-03", travelers=travelers)
    assert {fare["date"]: (fare["amount"], fare["tax"]) for fare in told["outboundFares"]} == {
        offer["departure_date"]: (offer["miles"], float(offer["taxes"])) for offer in true
    }
    assert true
    for fare in told["outboundFares"][::10]:
        day = server.truth(**asked, date=fare["date"], detail="itinerary", travelers=travelers)
        assert fare["seats"] == max(offer["seats"] for offer in day if offer["miles"] == fare["amount"])


# ---- none, and no --------------------------------------------------------------------------------------------------


def test_none(server: Sandbox) -> None:
    server.fault(HOST, "empty")
    assert month(server, "JFK-LAX", "MARCH 2027").json()["outboundFares"] == []
    told = flights(server, "JFK-LAX", "2027-03-10").json()
    assert told["status"]["transactionStatus"] == "success"
    assert told["data"]["searchResults"][0]["productOffers"] == []


@pytest.mark.parametrize(
    ("route", "name", "changes", "code"),
    [
        ("JFK-QQQ", "MARCH 2027", {}, "MSCOM13"),
        ("JFK-LAX", "OCTOBER 2026", {}, "MSCOM13"),
        ("JFK-LAX", "March 2027", {}, "JB_UPSTREAM_ERROR"),
        ("JFK-LAX", "2027-03", {}, "JB_UPSTREAM_ERROR"),
        ("JFK-LAX", "MARCH 2027", {"fareType": "LOWEST"}, "JB_UPSTREAM_ERROR"),
        ("JFK-LAX", "MARCH 2027", {"adult": None}, "JB_UPSTREAM_ERROR"),
    ],
)
def test_months_that_cannot_be(server: Sandbox, route: str, name: str, changes: Any, code: str) -> None:
    answer = month(server, route, name, **changes)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


def test_flights_that_cannot_be(server: Sandbox) -> None:
    past = flights(server, "JFK-LAX", "2026-11-20")
    assert (past.status_code, "cannot be in the past" in past.text) == (400, True)
    wrong: list[dict[str, Any]] = [{"awardBooking": False}, {"searchComponents": []}, {"travelerTypes": None}]
    for changes in wrong:
        assert flights(server, "JFK-LAX", "2027-03-10", **changes).status_code == 400


def test_the_key_is_in_the_page_and_asked_for(server: Sandbox) -> None:
    assert key(server) == key(server, "/booking/flights")
    for headers in ({}, {KEY: "0" * 32}):
        answer = post(server, FLIGHTS, {}, **headers)
        assert (answer.status_code, "subscription key" in answer.json()["message"]) == (401, True)
    at_www = f"{HOST}/api/ecom/cb-flight-search/v1/search/NGB"
    assert post(server, at_www, {}, **{KEY: key(server)}).status_code == 400
    assert post(server, "jbrest.jetblue.com/lfs-rwb/outboundLFS", {}).status_code == 404


@pytest.mark.parametrize(
    ("variant", "status", "text"),
    [("invalid_request", 400, "Invalid Request"), ("client_challenge", 200, "<title>Client Challenge</title>")],
)
def test_its_own_refusals(server: Sandbox, variant: str, status: int, text: str) -> None:
    server.fault(HOST, "refused", variant=variant)
    answer = month(server, "JFK-LAX", "MARCH 2027")
    assert (answer.status_code, text in answer.text) == (status, True)


def test_sign_in_robots_and_another_shape(server: Sandbox) -> None:
    server.fault("cb-api.jetblue.com", "sign_in")
    answer = month(server, "JFK-LAX", "MARCH 2027")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/signin")
    server.fault(HOST, "changed_shape")
    assert "outboundFaresNew" in month(server, "JFK-LAX", "MARCH 2027").json()
    assert "searchResultsNew" in flights(server, "JFK-LAX", "2027-03-10").json()["data"]
    for host in (HOST, "jbrest.jetblue.com"):
        assert "Allow: /" in server.client.get(f"{server.url}/{host}/robots.txt").text
    server.fault(HOST, "robots")
    assert "Disallow: /bff/" in server.client.get(f"{server.url}/jbrest.jetblue.com/robots.txt").text


def test_pages(server: Sandbox) -> None:
    for path in ("/booking/flights", "/best-fare-finder", "/booking/jetblue.js", "/signin", "/"):
        assert server.client.get(f"{server.url}/{HOST}{path}").status_code == 200


def test_flights_that_are_sold_out_are_there_and_say_so(server: Sandbox) -> None:
    some = len(products(server, "JFK-LAX", "2027-03-10"))
    server.fault(HOST, "sold_out")
    gone = products(server, "JFK-LAX", "2027-03-10")
    assert len(gone) >= some > 0
    offers = [offer for product in gone for offer in product["offers"]]
    assert {(offer["soldOut"], bool(offer["price"])) for offer in offers} == {(True, False)}
