"""The simulated SAS site over HTTP: the year of its award finder, its points offers, and their ground truth."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.support.recorded import differing_types, json_types, load_recorded
from tests.support.sandbox_server import Sandbox

HOST = "www.flysas.com"
FINDER, OFFERS, PAGE = "/bff/award-finder/destinations/v1", "/api/offers/flights", "/en/book/flights"
ROUTES = ["CPH-BOS", "CPH-JFK", "ARN-OSL", "JFK-OSL", "OSL-BKK"]
DAYS = ["2027-01-19", "2027-03-10", "2027-06-04"]
CLASSES = {"AG": "economy", "AP": "premium_economy", "AB": "business"}
CABINS = {"ECONOMY": "economy", "PREMIUM": "premium_economy", "BUSINESS": "business"}


def get(server: Sandbox, path: str, **query: Any) -> requests.Response:
    return server.client.get(f"{server.url}/{HOST}{path}", params=query, allow_redirects=False)


def finder(server: Sandbox, origin: str, destinations: str, **changes: Any) -> requests.Response:
    query = {"market": "en", "origin": origin, "destinations": destinations, "selectedMonth": "", "passengers": 1}
    return get(
        server, FINDER, **query | {"direct": "false", "availability": "true", "selectedFlightClass": ""} | changes
    )


def offers(server: Sandbox, route: str, day: str, travelers: int = 1, **changes: Any) -> requests.Response:
    """Search with the cookie of the page."""
    get(server, PAGE)
    origin, destination = route.split("-")
    query = {"from": origin, "to": destination, "outDate": day.replace("-", ""), "adt": travelers, "chd": 0, "inf": 0}
    return get(server, OFFERS, **query | {"yth": 0, "bookingFlow": "points", "pos": "lu"} | changes)


def products(response: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str, dict[str, Any]]]:
    """Yield flight, cabin and product of each product."""
    for flight in response["outboundFlights"].values():
        for cabin, names in flight["cabins"].items():
            for name, held in names.items():
                for product in held["products"].values():
                    assert product["productName"] == name
                    yield flight, cabin, product


# ---- format ----------------------------------------------------------------------------------------------------------


def normalized_types(response: Any) -> dict[str, set[str]]:
    """Return JSON types by path without keys that are values (F0, a cabin, a product, O_1)."""
    merged: dict[str, set[str]] = defaultdict(set)
    for path, kinds in json_types(response).items():
        path = re.sub(r"\.cabins\.[A-Z]+\.[A-Z ]+", ".cabins.*.*", re.sub(r"\.(F\d+|O_\d+)", ".*", path))
        if not re.search(r"\.cabins\.[A-Z]+$", path):
            merged[path] |= kinds
    return merged


@pytest.mark.parametrize(
    "files", ["award-finder-destinations-v1-CPH-BOS-allmonths.json", "api-offers-flights-points-*.json"]
)
def test_keys_and_types_match_recorded_responses(server: Sandbox, files: str) -> None:
    recorded, ours = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    for response in load_recorded(f"sas/{files}"):
        for path, kinds in normalized_types(response).items():
            recorded[path] |= kinds
    if "finder" in files:
        shown = [entry for origin in ("CPH", "OSL", "ARN") for entry in finder(server, origin, "LHR").json()]
        shown += finder(server, "CPH", "BOS").json() + finder(server, "CPH", "JFK").json()
        ours |= normalized_types(shown)
    else:
        for route in ("CPH-JFK", "ARN-LHR", "CPH-LHR"):
            for path, kinds in normalized_types(offers(server, route, "2027-03-10").json()).items():
                ours[path] |= kinds
    assert recorded.keys() <= ours.keys()
    assert ours.keys() <= recorded.keys()
    assert not differing_types(ours, recorded)


def test_internal_class_is_misleading(server: Sandbox) -> None:
    """Check that Y is premium on long flights and business within Europe, and M is economy."""
    shown = set()
    for route in ROUTES:
        for day in DAYS:
            for _, cabin, product in products(offers(server, route, day).json()):
                shown |= {(cabin, fare["cabinClass"]) for fare in product["fares"]}
    assert shown >= {("ECONOMY", "M"), ("PREMIUM", "Y"), ("BUSINESS", "Y"), ("BUSINESS", "C")}
    assert ("ECONOMY", "Y") not in shown


# ---- ground truth ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("travelers", [1, 3])
@pytest.mark.parametrize("route", ROUTES)
def test_finder_matches_the_ground_truth(server: Sandbox, route: str, travelers: int) -> None:
    origin, destination = route.split("-")
    (entry,) = finder(server, origin, destination, passengers=travelers).json()
    assert entry["airportCode"] == destination
    days = entry["availability"]["outbound"]
    for day in days:
        counts = [day[name] for name in CLASSES if name in day]
        assert sum(counts) == day["availableSeatsTotal"]
        assert min(counts) > 0
        assert max(counts) >= travelers
        assert str(day["key"]) == day["date"][2:].replace("-", "")
    for month in ("2026-11", "2027-03", "2027-10"):
        expected = server.truth(
            program="sas", origin=origin, destination=destination, month=month, detail="seats", travelers=travelers
        )
        shown = {
            (day["date"], cabin, day[name])
            for day in days
            for name, cabin in CLASSES.items()
            if day["date"].startswith(month) and name in day
        }
        assert shown == {(offer["departure_date"], offer["cabin"], offer["seats"]) for offer in expected}
    assert days


@pytest.mark.parametrize("travelers", [1, 2])
@pytest.mark.parametrize("route", ROUTES)
def test_offers_match_the_ground_truth(server: Sandbox, route: str, travelers: int) -> None:
    origin, destination = route.split("-")
    total = 0
    for day in DAYS:
        response = offers(server, route, day, travelers).json()
        lowest: dict[tuple[str, str], tuple[Any, ...]] = {}
        for flight, cabin, product in products(response):
            price, (per_traveler,) = product["price"], product["price"]["pricePerPassengerType"]
            assert (per_traveler["type"], per_traveler["numberCount"]) == ("ADT", travelers)
            assert price["points"] == per_traveler["price"]["points"] * travelers
            assert price["totalTax"] == pytest.approx(per_traveler["price"]["totalTax"] * travelers)
            flights = " ".join(item["marketingCarrier"]["code"] + item["flightNumber"] for item in flight["segments"])
            shown = (
                per_traveler["price"]["pointsAfterDiscount"],
                f"{per_traveler['price']['totalTax']:.2f}",
                min(fare["avlSeats"] for fare in product["fares"]),
                "BONUS" in product["productName"],
                per_traveler["price"]["points"] if per_traveler["price"]["discountedPoints"] else None,
                None if product.get("isStandardAward") else f"{per_traveler['price']['totalPrice']:.2f}",
            )
            assert product.get("isStandardAward", False) == (price["totalPrice"] == price["totalTax"])
            key = (flights, CABINS[cabin])
            lowest[key] = min(lowest.get(key, shown), shown)
        expected = server.truth(
            program="sas", origin=origin, destination=destination, date=day, detail="itinerary", travelers=travelers
        )
        assert {offer["currency"] for offer in expected} <= {"EUR"} == {response["currency"]["code"]}
        fields = ("miles", "taxes", "seats", "saver", "regular_miles", "cash_price")
        assert lowest == {(item["flights"], item["cabin"]): tuple(item[name] for name in fields) for item in expected}
        total += len(expected)
    assert total


# ---- finder filters, no results and errors ---------------------------------------------------------------------------


def test_only_a_single_destination_has_both_directions(server: Sandbox) -> None:
    (item,) = finder(server, "CPH", "BOS").json()
    assert item["availability"]["inbound"]
    every = finder(server, "CPH", "")
    assert every.headers["Cache-Control"] == "public, max-age=600"
    by_code = {entry["airportCode"]: entry for entry in every.json()}
    assert by_code["BOS"]["availability"] == {**item["availability"], "inbound": []}
    assert {"JFK", "LHR", "OSL"} < by_code.keys()
    assert by_code["LHR"]["flightClasses"] == ["AG", "AB"]
    assert len(finder(server, "CPH", "BOS,LHR").json()) == 2


def test_finder_filters(server: Sandbox) -> None:
    days = finder(server, "CPH", "BOS").json()[0]["availability"]["outbound"]
    month = finder(server, "CPH", "BOS", selectedMonth="202703").json()[0]["availability"]["outbound"]
    assert month == [day for day in days if day["date"].startswith("2027-03")]
    business = finder(server, "CPH", "BOS", selectedFlightClass="AB").json()[0]["availability"]["outbound"]
    assert [day["date"] for day in business] == [day["date"] for day in days if "AB" in day]
    direct = finder(server, "OSL", "BKK", direct="true").json()[0]["availability"]["outbound"]
    assert direct == []
    catalog = finder(server, "CPH", "BOS", availability="false").json()[0]
    assert catalog["availability"] == {"outbound": [], "inbound": []}


def test_no_seats_and_unserved_routes(server: Sandbox) -> None:
    assert finder(server, "CPH", "GUM").json() == finder(server, "XXX", "BOS").json() == []
    assert offers(server, "CPH-JFK", "2027-11-20").json()["outboundFlights"] == {}
    server.fault(HOST, "empty")
    assert finder(server, "CPH", "BOS").json()[0]["availability"] == {"outbound": [], "inbound": []}
    response = offers(server, "CPH-JFK", "2027-03-10").json()
    assert (response["bookingFlow"], response["outboundFlights"]) == ("POINTS", {})


def test_cash_search_has_no_points(server: Sandbox) -> None:
    response = offers(server, "CPH-JFK", "2027-03-10", bookingFlow="").json()
    assert response["bookingFlow"] == "REVENUE"
    assert not any("points" in product["price"] for _, _, product in products(response))


@pytest.mark.parametrize(
    "changes",
    [{"from": "QQQ"}, {"to": "CPH"}, {"outDate": "20270230"}, {"outDate": "20261101"}, {"adt": 0}, {"adt": "ten"}],
)
def test_invalid_input(server: Sandbox, changes: dict[str, Any]) -> None:
    assert offers(server, "CPH-JFK", "2027-03-10", **changes).status_code == 400


def test_offers_require_the_cookie_of_a_page(server: Sandbox) -> None:
    response = get(server, OFFERS, **{"from": "CPH", "to": "JFK", "outDate": "20270310", "adt": 1})
    assert (response.status_code, "Denied boarding" in response.text) == (403, True)
    server.fault(HOST, "refused", variant="denied_boarding")
    assert "Denied boarding" in finder(server, "CPH", "BOS").text


def test_sign_in_robots_and_unknown_paths(server: Sandbox) -> None:
    assert get(server, "/bff/award-finder/calendar/v1").status_code == 404
    assert "Disallow: /en/log-in" in get(server, "/robots.txt").text
    server.fault(HOST, "sign_in")
    assert finder(server, "CPH", "BOS").status_code == offers(server, "CPH-JFK", "2027-03-10").status_code == 401
    server.fault(HOST, "redirect_sign_in", variant="relative")
    assert 'type="password"' in get(server, finder(server, "CPH", "BOS").headers["Location"]).text
    server.fault(HOST, "robots")
    rules = get(server, "/robots.txt").text
    assert all(f"Disallow: {path}" in rules for path in ("/bff/award-finder/", "/api/offers/", PAGE))
