"""SAS's face of the sandbox, over real HTTP: the year of its award finder, its points offers, and their truth."""

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

HOST = "www.flysas.com"
FINDER, OFFERS, PAGE = "/bff/award-finder/destinations/v1", "/api/offers/flights", "/en/book/flights"
RECORDED = ROOT.parent / "shared/recorded/sas"
ROUTES = ["CPH-BOS", "CPH-JFK", "ARN-OSL", "JFK-OSL", "OSL-BKK"]
DAYS = ["2027-01-19", "2027-03-10", "2027-06-04"]
CLASSES = {"AG": "economy", "AP": "premium_economy", "AB": "business"}
CABINS = {"ECONOMY": "economy", "PREMIUM": "premium_economy", "BUSINESS": "business"}


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with sandbox(clock="2026-11-22T12:00Z") as running:
        yield running


@pytest.fixture(autouse=True)
def _no_faults(server: Sandbox) -> None:
    server.reset()
    server.client.cookies.clear()


def get(server: Sandbox, path: str, **query: Any) -> requests.Response:
    return server.client.get(f"{server.url}/{HOST}{path}", params=query, allow_redirects=False)


def finder(server: Sandbox, origin: str, destinations: str, **changes: Any) -> requests.Response:
    query = {"market": "en", "origin": origin, "destinations": destinations, "selectedMonth": "", "passengers": 1}
    return get(
        server, FINDER, **query | {"direct": "false", "availability": "true", "selectedFlightClass": ""} | changes
    )


def offers(server: Sandbox, route: str, day: str, travelers: int = 1, **changes: Any) -> requests.Response:
    """Asked as the page does, which leaves its cookie."""
    get(server, PAGE)
    origin, destination = route.split("-")
    query = {"from": origin, "to": destination, "outDate": day.replace("-", ""), "adt": travelers, "chd": 0, "inf": 0}
    return get(server, OFFERS, **query | {"yth": 0, "bookingFlow": "points", "pos": "lu"} | changes)


def products(answer: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str, dict[str, Any]]]:
    """Flight, cabin and product of everything that is sold."""
    for flight in answer["outboundFlights"].values():
        for cabin, names in flight["cabins"].items():
            for name, held in names.items():
                for product in held["products"].values():
                    assert product["productName"] == name
                    yield flight, cabin, product


# ---- the wire ------------------------------------------------------------------------------------------------------


def plain(answer: Any) -> dict[str, set[str]]:
    """JSON types by path; what stands in place of a name (F0, a cabin, a product, O_1) is left out."""
    found: dict[str, set[str]] = defaultdict(set)
    collect_types(answer, "", found)
    merged: dict[str, set[str]] = defaultdict(set)
    for path, kinds in found.items():
        path = re.sub(r"\.cabins\.[A-Z]+\.[A-Z ]+", ".cabins.*.*", re.sub(r"\.(F\d+|O_\d+)", ".*", path))
        if not re.search(r"\.cabins\.[A-Z]+$", path):
            merged[path] |= kinds
    return merged


@pytest.mark.parametrize(
    ("file", "extra"),
    [
        ("award-finder-destinations-v1-CPH-BOS-allmonths.json", set()),
        ("api-offers-flights-points-CPH-JFK-2026-10-05.first2.json", {"operatingCarrier"}),
    ],
)
def test_keys_and_types_are_those_of_the_captures(server: Sandbox, file: str, extra: set[str]) -> None:
    if not RECORDED.exists():
        pytest.skip("the recorded answers are not part of a plain clone")
    recorded = plain(json.loads((RECORDED / file).read_text()))
    ours: dict[str, set[str]] = defaultdict(set)
    if "finder" in file:
        told = [entry for origin in ("CPH", "OSL", "ARN") for entry in finder(server, origin, "LHR").json()]
        told += finder(server, "CPH", "BOS").json() + finder(server, "CPH", "JFK").json()
        ours |= plain(told)
    else:
        for route in ("CPH-JFK", "ARN-LHR", "CPH-LHR"):
            for path, kinds in plain(offers(server, route, "2027-03-10").json()).items():
                ours[path] |= kinds
    assert recorded.keys() <= ours.keys()
    assert not {path for path in ours if path not in recorded and not any(part in path for part in extra)}
    assert not {path: kinds for path, kinds in ours.items() if path in recorded and not kinds <= recorded[path]}


def test_the_internal_class_misleads(server: Sandbox) -> None:
    """Y is premium over the ocean and business within Europe; M is economy."""
    told = set()
    for route in ROUTES:
        for day in DAYS:
            for _, cabin, product in products(offers(server, route, day).json()):
                told |= {(cabin, fare["cabinClass"]) for fare in product["fares"]}
    assert told >= {("ECONOMY", "M"), ("PREMIUM", "Y"), ("BUSINESS", "Y"), ("BUSINESS", "C")}
    assert ("ECONOMY", "Y") not in told


# ---- the truth in it -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("travelers", [1, 3])
@pytest.mark.parametrize("route", ROUTES)
def test_the_finder_says_the_truth(server: Sandbox, route: str, travelers: int) -> None:
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
        true = server.truth(
            program="sas", origin=origin, destination=destination, month=month, detail="seats", travelers=travelers
        )
        told = {
            (day["date"], cabin, day[name])
            for day in days
            for name, cabin in CLASSES.items()
            if day["date"].startswith(month) and name in day
        }
        assert told == {(offer["departure_date"], offer["cabin"], offer["seats"]) for offer in true}
    assert days


@pytest.mark.parametrize("travelers", [1, 2])
@pytest.mark.parametrize("route", ROUTES)
def test_the_offers_say_the_truth(server: Sandbox, route: str, travelers: int) -> None:
    origin, destination = route.split("-")
    total = 0
    for day in DAYS:
        answer = offers(server, route, day, travelers).json()
        lowest: dict[tuple[str, str], tuple[Any, ...]] = {}
        for flight, cabin, product in products(answer):
            price, (each,) = product["price"], product["price"]["pricePerPassengerType"]
            assert (each["type"], each["numberCount"]) == ("ADT", travelers)
            assert price["points"] == each["price"]["points"] * travelers
            assert price["totalTax"] == pytest.approx(each["price"]["totalTax"] * travelers)
            flights = " ".join(one["marketingCarrier"]["code"] + one["flightNumber"] for one in flight["segments"])
            told = (
                each["price"]["pointsAfterDiscount"],
                f"{each['price']['totalTax']:.2f}",
                min(fare["avlSeats"] for fare in product["fares"]),
                "BONUS" in product["productName"],
                each["price"]["points"] if each["price"]["discountedPoints"] else None,
                f"{each['price']['totalPrice']:.2f}",
            )
            key = (flights, CABINS[cabin])
            lowest[key] = min(lowest.get(key, told), told)
        true = server.truth(
            program="sas", origin=origin, destination=destination, date=day, detail="itinerary", travelers=travelers
        )
        assert {offer["currency"] for offer in true} <= {"EUR"} == {answer["currency"]["code"]}
        fields = ("miles", "taxes", "seats", "saver", "regular_miles", "cash_price")
        assert lowest == {(one["flights"], one["cabin"]): tuple(one[name] for name in fields) for one in true}
        total += len(true)
    assert total


# ---- what the finder takes, none, and no ---------------------------------------------------------------------------


def test_one_place_has_both_ways_and_all_places_only_one(server: Sandbox) -> None:
    (one,) = finder(server, "CPH", "BOS").json()
    assert one["availability"]["inbound"]
    every = finder(server, "CPH", "")
    assert every.headers["Cache-Control"] == "public, max-age=600"
    by_code = {entry["airportCode"]: entry for entry in every.json()}
    assert by_code["BOS"]["availability"] == {**one["availability"], "inbound": []}
    assert {"JFK", "LHR", "OSL"} < by_code.keys()
    assert by_code["LHR"]["flightClasses"] == ["AG", "AB"]
    assert len(finder(server, "CPH", "BOS,LHR").json()) == 2


def test_it_narrows_what_was_asked(server: Sandbox) -> None:
    days = finder(server, "CPH", "BOS").json()[0]["availability"]["outbound"]
    month = finder(server, "CPH", "BOS", selectedMonth="202703").json()[0]["availability"]["outbound"]
    assert month == [day for day in days if day["date"].startswith("2027-03")]
    business = finder(server, "CPH", "BOS", selectedFlightClass="AB").json()[0]["availability"]["outbound"]
    assert [day["date"] for day in business] == [day["date"] for day in days if "AB" in day]
    direct = finder(server, "OSL", "BKK", direct="true").json()[0]["availability"]["outbound"]
    assert direct == []
    catalog = finder(server, "CPH", "BOS", availability="false").json()[0]
    assert catalog["availability"] == {"outbound": [], "inbound": []}


def test_none_and_nobody_flies_there(server: Sandbox) -> None:
    assert finder(server, "CPH", "GUM").json() == finder(server, "XXX", "BOS").json() == []
    assert offers(server, "CPH-JFK", "2027-11-20").json()["outboundFlights"] == {}
    server.fault(HOST, "empty")
    assert finder(server, "CPH", "BOS").json()[0]["availability"] == {"outbound": [], "inbound": []}
    answer = offers(server, "CPH-JFK", "2027-03-10").json()
    assert (answer["bookingFlow"], answer["outboundFlights"]) == ("POINTS", {})


def test_money_is_another_flow(server: Sandbox) -> None:
    answer = offers(server, "CPH-JFK", "2027-03-10", bookingFlow="").json()
    assert answer["bookingFlow"] == "REVENUE"
    assert not any("points" in product["price"] for _, _, product in products(answer))


@pytest.mark.parametrize(
    "changes",
    [{"from": "QQQ"}, {"to": "CPH"}, {"outDate": "20270230"}, {"outDate": "20261101"}, {"adt": 0}, {"adt": "ten"}],
)
def test_bad_input(server: Sandbox, changes: dict[str, Any]) -> None:
    assert offers(server, "CPH-JFK", "2027-03-10", **changes).status_code == 400


def test_who_did_not_come_by_the_page_is_denied(server: Sandbox) -> None:
    answer = get(server, OFFERS, **{"from": "CPH", "to": "JFK", "outDate": "20270310", "adt": 1})
    assert (answer.status_code, "Denied boarding" in answer.text) == (403, True)
    server.fault(HOST, "refused", variant="denied_boarding")
    assert "Denied boarding" in finder(server, "CPH", "BOS").text


def test_sign_in_robots_and_what_is_not_there(server: Sandbox) -> None:
    assert get(server, "/bff/award-finder/calendar/v1").status_code == 404
    assert "Disallow: /en/log-in" in get(server, "/robots.txt").text
    server.fault(HOST, "sign_in")
    assert finder(server, "CPH", "BOS").status_code == offers(server, "CPH-JFK", "2027-03-10").status_code == 401
    server.fault(HOST, "redirect_sign_in", variant="relative")
    assert 'type="password"' in get(server, finder(server, "CPH", "BOS").headers["Location"]).text
    server.fault(HOST, "robots")
    rules = get(server, "/robots.txt").text
    assert all(f"Disallow: {path}" in rules for path in ("/bff/award-finder/", "/api/offers/", PAGE))
