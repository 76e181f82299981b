"""The simulated JetBlue site over HTTP: its month and its flights with the API key, and their ground truth."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import requests

from tests.support.recorded import differing_types, json_types, load_recorded
from tests.support.sandbox_server import Sandbox

HOST = "www.jetblue.com"
MONTH = "jbrest.jetblue.com/bff/bff-service/bestFares/"
FLIGHTS = "cb-api.jetblue.com/cb-flight-search/v1/search/NGB"
KEY = "ocp-apim-subscription-key"
ROUTES = ["JFK-LAX", "BOS-SFO", "FLL-LIM", "EWR-LHR", "BUF-LAX"]
DAYS = ["2027-01-19", "2027-03-10", "2027-06-04"]
CABINS = {"Economy": "economy", "Premium": "premium_economy", "Business": "business", "First": "first"}


def post(server: Sandbox, address: str, body: Any, **headers: str) -> requests.Response:
    return server.client.post(f"{server.url}/{address}", json=body, headers=headers, allow_redirects=False)


def month(server: Sandbox, route: str, name: str, travelers: int = 1, **changes: Any) -> requests.Response:
    origin, destination = route.split("-")
    body = {"origin": origin, "destination": destination, "month": name, "fareType": "POINTS", "tripType": "ONE_WAY"}
    return post(server, MONTH, body | {"adult": travelers, "child": 0, "infant": 0, "currency": "USD"} | changes)


def key(server: Sandbox, page: str = "/booking/") -> str:
    text = server.client.get(f"{server.url}/{HOST}{page}").text
    script = re.search(r'<script id="rwb-config">window\.__ENV_CONFIG_RWB=(.*?)</script>', text)
    assert script
    found = re.search(r'[{,]crystalBlueSubscriptionKey:"([a-zA-Z0-9_-]{16,128})"', script[1])  # a key without quotes
    assert found
    with pytest.raises(ValueError, match="Expecting property name"):
        json.loads(script[1])
    return found[1]


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


# ---- format ----------------------------------------------------------------------------------------------------------


def test_keys_and_types_match_recorded_responses(server: Sandbox) -> None:
    for file, response in (
        ("pointsnap-2026-09-JFK-LAX-2026-10-05.NGB.excerpt.json", flights(server, "JFK-LAX", "2027-03-10").json()),
        ("pointsnap-2026-09-JFK-LAX-2026-10.bestFares.json", month(server, "JFK-LAX", "MARCH 2027").json()),
    ):
        recorded, ours = json_types(*load_recorded(f"jetblue/{file}")), json_types(response)
        assert recorded.keys() <= ours.keys()
        assert not differing_types(ours, recorded)


def test_difficult_cases_occur(server: Sandbox) -> None:
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


def test_references_point_to_their_segments(server: Sandbox) -> None:
    shown = flights(server, "BUF-LAX", "2027-03-10").json()
    checked = 0
    for product in shown["data"]["searchResults"][0]["productOffers"]:
        segments = product["originAndDestination"][0]["flightSegments"]
        for offer in product["offers"]:
            for position, part in enumerate(offer["offerSegmentInfo"]):
                found: Any = shown
                for step in part["ref"]["flightSegment"]["$ref"].removeprefix("#/").split("/"):
                    found = found[int(step)] if step.isdigit() else found[step]
                assert found is segments[position]
                checked += len(segments) > 1
    assert checked


# ---- ground truth ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("travelers", [1, 2])
@pytest.mark.parametrize("route", ROUTES)
def test_lowest_brand_of_each_cabin_matches_the_ground_truth(server: Sandbox, route: str, travelers: int) -> None:
    origin, destination = route.split("-")
    total = 0
    for day in DAYS:
        query = {"program": "jetblue", "origin": origin, "destination": destination, "date": day}
        expected = [
            (
                item["flights"],
                item["cabin"],
                item["miles"],
                float(item["taxes"]),
                item["seats"],
                item["departs_at"][:19],
            )
            for item in server.truth(**query, detail="itinerary", travelers=travelers)
        ]
        found = set()
        for product in products(server, route, day, travelers):
            (part,) = product["originAndDestination"]
            carriers = [segment["flightInfo"] for segment in part["flightSegments"]]
            name = " ".join(f"{item['marketingAirlineCode']}{item['marketingFlightNumber']}" for item in carriers)
            lowest: dict[str, tuple[Any, ...]] = {}
            for offer in product["offers"]:
                if not offer["soldOut"]:
                    points, taxes = (price["amount"] for price in offer["price"])
                    shown = (points, taxes, offer["seatsRemaining"]["count"], part["departure"]["date"])
                    cabin = CABINS[offer["cabinClass"]]
                    lowest[cabin] = min(lowest.get(cabin, shown), shown)
            found |= {(name, cabin, *shown) for cabin, shown in lowest.items()}
        assert sorted(found) == sorted(expected)
        total += len(expected)
    assert total


@pytest.mark.parametrize("travelers", [1, 4])
@pytest.mark.parametrize("route", ["JFK-LAX", "BOS-SFO"])
def test_month_matches_the_ground_truth(server: Sandbox, route: str, travelers: int) -> None:
    shown = month(server, route, "MARCH 2027", travelers).json()
    origin, destination = route.split("-")
    query = {"program": "jetblue", "origin": origin, "destination": destination}
    expected = server.truth(**query, month="2027-03", travelers=travelers)
    assert {fare["date"]: (fare["amount"], fare["tax"]) for fare in shown["outboundFares"]} == {
        offer["departure_date"]: (offer["miles"], float(offer["taxes"])) for offer in expected
    }
    assert expected
    for fare in shown["outboundFares"][::10]:
        day = server.truth(**query, date=fare["date"], detail="itinerary", cabin="economy", travelers=travelers)
        assert fare["seats"] == max(offer["seats"] for offer in day if offer["miles"] == fare["amount"])


# ---- no results and errors -------------------------------------------------------------------------------------------


def test_no_flights(server: Sandbox) -> None:
    server.fault(HOST, "empty")
    assert month(server, "JFK-LAX", "MARCH 2027").json()["outboundFares"] == []
    shown = flights(server, "JFK-LAX", "2027-03-10").json()
    assert shown["status"]["transactionStatus"] == "success"
    assert shown["data"]["searchResults"][0]["productOffers"] == []


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
def test_invalid_months(server: Sandbox, route: str, name: str, changes: Any, code: str) -> None:
    response = month(server, route, name, **changes)
    assert (response.status_code, response.json()["error"]["code"]) == (400, code)


def test_invalid_flight_searches(server: Sandbox) -> None:
    past = flights(server, "JFK-LAX", "2026-11-20")
    assert (past.status_code, "cannot be in the past" in past.text) == (400, True)
    wrong: list[dict[str, Any]] = [{"awardBooking": False}, {"searchComponents": []}, {"travelerTypes": None}]
    for changes in wrong:
        assert flights(server, "JFK-LAX", "2027-03-10", **changes).status_code == 400


def test_api_key_is_in_the_page_and_required(server: Sandbox) -> None:
    assert key(server) == key(server, "/booking/flights")
    for headers in ({}, {KEY: "0" * 32}):
        response = post(server, FLIGHTS, {}, **headers)
        assert (response.status_code, "subscription key" in response.json()["message"]) == (401, True)
    at_www = f"{HOST}/api/ecom/cb-flight-search/v1/search/NGB"
    assert post(server, at_www, {}, **{KEY: key(server)}).status_code == 400
    assert post(server, "jbrest.jetblue.com/lfs-rwb/outboundLFS", {}).status_code == 404


@pytest.mark.parametrize(
    ("variant", "status", "text"),
    [("invalid_request", 400, "Invalid Request"), ("client_challenge", 200, "<title>Client Challenge</title>")],
)
def test_site_specific_refusals(server: Sandbox, variant: str, status: int, text: str) -> None:
    server.fault(HOST, "refused", variant=variant)
    response = month(server, "JFK-LAX", "MARCH 2027")
    assert (response.status_code, text in response.text) == (status, True)


def test_sign_in_robots_and_renamed_keys(server: Sandbox) -> None:
    server.fault("cb-api.jetblue.com", "sign_in")
    response = month(server, "JFK-LAX", "MARCH 2027")
    assert (response.status_code, response.headers["Location"]) == (302, "/signin")
    server.fault(HOST, "renamed_keys")
    assert "outboundFaresNew" in month(server, "JFK-LAX", "MARCH 2027").json()
    assert "searchResultsNew" in flights(server, "JFK-LAX", "2027-03-10").json()["data"]
    for host in (HOST, "jbrest.jetblue.com"):
        assert "Allow: /" in server.client.get(f"{server.url}/{host}/robots.txt").text
    server.fault(HOST, "robots")
    assert "Disallow: /bff/" in server.client.get(f"{server.url}/jbrest.jetblue.com/robots.txt").text


def test_pages(server: Sandbox) -> None:
    for path in ("/booking/flights", "/best-fare-finder", "/booking/jetblue.js", "/signin", "/"):
        assert server.client.get(f"{server.url}/{HOST}{path}").status_code == 200


def test_sold_out_flights_are_listed(server: Sandbox) -> None:
    listed = len(products(server, "JFK-LAX", "2027-03-10"))
    server.fault(HOST, "sold_out")
    sold_out = products(server, "JFK-LAX", "2027-03-10")
    assert len(sold_out) >= listed > 0
    offers = [offer for product in sold_out for offer in product["offers"]]
    assert {(offer["soldOut"], bool(offer["price"])) for offer in offers} == {(True, False)}
