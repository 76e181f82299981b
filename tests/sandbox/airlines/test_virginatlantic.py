"""The simulated Virgin Atlantic site over HTTP: a search, its redirect and cookie, and the month in the result."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urljoin

import pytest
import requests

from awardspider.sandbox.airlines.virginatlantic import site
from awardspider.sandbox.clock import Clock, parse_time
from awardspider.sandbox.fares import NO_PRICE, unpack
from awardspider.sandbox.quotes import BUSINESS, ECONOMY, FIRST, PREMIUM
from awardspider.sandbox.world import World
from tests.support.recorded import differing_types, json_types, load_recorded
from tests.support.sandbox_server import Sandbox

HOST = "www.virginatlantic.com"
CHECKER = "/travelplus/reward-seat-checker-api/"
ROUTES = ["JFK-LHR", "LHR-JFK", "MAN-ATL", "LHR-DEL"]
CABINS = {
    "awardEconomy": "economy",
    "awardComfortPlusPremiumEconomy": "premium_economy",
    "awardBusiness": "business",
    "awardFirst": "first",
}


def payload(route: str, month: str = "MARCH", year: int = 2027, travelers: int = 1, **changes: Any) -> dict[str, Any]:
    origin, destination = route.split("-")
    return {
        "slice": {"origin": origin, "destination": destination, "departure": f"{year}-01-01"},
        "passengers": ["ADULT"] * travelers,
        "permittedCarriers": ["VS"],
        "years": [year],
        "months": [month],
    } | changes


def submit(server: Sandbox, body: Any) -> requests.Response:
    return server.client.post(f"{server.url}/{HOST}{CHECKER}", json=body, allow_redirects=False)


def follow(server: Sandbox, redirect: requests.Response) -> requests.Response:
    """Return the result that a redirect leads to; the sandbox has the host before absolute paths."""
    location = redirect.headers["Location"]
    path = location if location.startswith("/") else urljoin(CHECKER, location)
    assert path.startswith(CHECKER)
    return server.client.get(f"{server.url}/{HOST}{path}")


def months(server: Sandbox, body: Any) -> list[dict[str, Any]]:
    redirect = submit(server, body)
    assert (redirect.status_code, redirect.content) == (303, b"")
    response = follow(server, redirect)
    assert response.status_code == 200
    found: list[dict[str, Any]] = response.json()
    return found


# ---- format ----------------------------------------------------------------------------------------------------------


def test_keys_and_types_match_recorded_responses(server: Sandbox) -> None:
    recorded = json_types(*load_recorded("virginatlantic/reward-seat-checker-JFK-LHR-2026-10.trimmed.json"))
    ours = json_types(months(server, payload("JFK-LHR")))
    assert recorded.keys() == ours.keys()
    # The price of a day without seats is the integer 0.
    assert differing_types(ours, recorded) in (
        {},
        {"[].pointsDays[].minPrice": {"int", "float"}},
    )


def test_result_requires_its_own_cookie(server: Sandbox) -> None:
    first, second = submit(server, payload("JFK-LHR")), submit(server, payload("LHR-JFK"))
    assert follow(server, first).status_code == 204, "the second search replaced the cookie of the first one"
    assert follow(server, second).json()[0]["pointsDays"]
    server.client.cookies.clear()
    empty = follow(server, second)
    assert (empty.status_code, empty.content) == (204, b"")


def test_redirects_are_absolute_or_relative(server: Sandbox) -> None:
    absolute = {
        submit(server, payload(route)).headers["Location"].startswith(CHECKER) for route in (*ROUTES, "LHR-LAX")
    }
    assert absolute == {True, False}


# ---- ground truth ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("travelers", [1, 4])
@pytest.mark.parametrize("route", ROUTES)
def test_month_matches_the_ground_truth(server: Sandbox, route: str, travelers: int) -> None:
    origin, destination = route.split("-")
    (month,) = months(server, payload(route, travelers=travelers))
    assert [day["date"] for day in month["pointsDays"]] == [f"2027-03-{number:02}" for number in range(1, 32)]
    shown, seats = set(), set()
    for day in month["pointsDays"]:
        cheapest = [item["cabinPointsValue"] for item in day["seats"].values()]
        assert (day["minAwardPointsTotal"], day["minPrice"] > 0) == (min(cheapest, default=0), bool(cheapest))
        for name, item in day["seats"].items():
            count = item["cabinClassSeatCount"]
            assert travelers <= count <= 9
            assert item["cabinClassSeatCountString"] == ("9+" if count == 9 else str(count))
            shown.add((day["date"], CABINS[name], item["cabinPointsValue"], item["isSaverAward"]))
            seats.add((day["date"], CABINS[name], count))
    query = {"program": "virginatlantic", "origin": origin, "destination": destination, "month": "2027-03"}
    expected = server.truth(**query, travelers=travelers)
    assert shown == {(item["departure_date"], item["cabin"], item["miles"], item["saver"]) for item in expected}
    counted = server.truth(**query, travelers=travelers, detail="seats")
    assert seats == {(item["departure_date"], item["cabin"], item["seats"]) for item in counted}
    assert month["minAwardPointsTotal"] == min(item["miles"] for item in expected)
    assert month["minPrice"] == min(day["minPrice"] for day in month["pointsDays"] if day["seats"])
    assert {(item["currency"], item["taxes"], item["mixed_cabin"]) for item in expected} == {("GBP", None, None)}
    assert month["currency"] == "GBP"


def test_price_of_a_day_is_the_lowest_tax_in_any_cabin(server: Sandbox) -> None:
    """The ground truth has no tax for a cabin, because the checker has none: the taxes come from the world itself."""
    first, days = date(2027, 3, 1), 31
    inventory = site(World(7, Clock(parse_time("2026-11-22T12:00Z"), speed=0))).inventory
    assert inventory is not None
    columns = inventory.calendar("LHR", "JFK", first.toordinal(), days, 1, 0).columns
    (month,) = months(server, payload("LHR-JFK"))
    differing = 0
    for index, day in enumerate(month["pointsDays"]):
        packed = [columns[column][index] for column in (ECONOMY, PREMIUM, BUSINESS, FIRST)]
        taxes = [inventory.tariff.charge(unpack(price).taxes) / 100 for price in packed if price != NO_PRICE]
        assert day["minPrice"] == min(taxes, default=0)
        differing += len(set(taxes)) > 1
    assert differing


def test_seats_of_a_month_are_capped_by_cabin(server: Sandbox) -> None:
    (month,) = months(server, payload("JFK-LHR"))
    caps = {"awardEconomy": 100, "awardComfortPlusPremiumEconomy": 50, "awardBusiness": 50, "awardFirst": 50}
    assert {"awardEconomy", "awardComfortPlusPremiumEconomy", "awardBusiness"} <= month["seats"].keys()
    for name, seats in month["seats"].items():
        count = sum(day["seats"][name]["cabinClassSeatCount"] for day in month["pointsDays"] if name in day["seats"])
        assert seats == {
            "cabinPointsValue": 0,
            "isSaverAward": False,
            "cabinClassSeatCount": min(count, caps[name]),
            "cabinClassSeatCountString": f"{caps[name]}+" if count >= caps[name] else str(count),
        }
    assert month["seats"]["awardEconomy"]["cabinClassSeatCountString"] == "100+"
    assert month["seats"]["awardBusiness"]["cabinClassSeatCountString"] == "50+"
    assert month["totalAwardsSeatsForMonth"] == sum(item["cabinClassSeatCount"] for item in month["seats"].values())


def test_several_months(server: Sandbox) -> None:
    shown = months(server, payload("JFK-LHR", months=["MARCH", "APRIL"]))
    assert [(month["month"], month["year"], month["date"]) for month in shown] == [
        ("MARCH", "2027", "2027-03-01"),
        ("APRIL", "2027", "2027-04-01"),
    ]


# ---- no results and errors -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("route", "changes"),
    [("SYD-JFK", {}), ("JFK-LHR", {"permittedCarriers": ["DL"]}), ("JFK-LHR", {"years": [2028]})],
)
def test_no_seats_is_a_month_of_empty_days(server: Sandbox, route: str, changes: dict[str, Any]) -> None:
    (month,) = months(server, payload(route, **changes))
    assert (month["minPrice"], month["minAwardPointsTotal"], month["totalAwardsSeatsForMonth"]) == (0, 0, 0)
    assert month["seats"] == {}
    assert len(month["pointsDays"]) == 31
    assert all(day["seats"] == {} and day["minPrice"] == 0 for day in month["pointsDays"])


def test_fault_empty_and_past_days(server: Sandbox) -> None:
    (month,) = months(server, payload("JFK-LHR", "NOVEMBER", 2026))
    assert min(day["date"] for day in month["pointsDays"] if day["seats"]) >= "2026-11-22"
    server.fault(HOST, "empty")
    (month,) = months(server, payload("JFK-LHR"))
    assert not any(day["seats"] for day in month["pointsDays"])


@pytest.mark.parametrize(
    "changes",
    [
        {"slice": {"origin": "QQQ", "destination": "LHR", "departure": "2027-03-01"}},
        {"slice": {"origin": "LHR", "destination": "LHR", "departure": "2027-03-01"}},
        {"months": ["MAERZ"]},
        {"months": []},
        {"passengers": []},
        {"slice": None},
    ],
)
def test_invalid_input(server: Sandbox, changes: dict[str, Any]) -> None:
    assert submit(server, payload("JFK-LHR", **changes)).status_code == 400


def test_refusals_sign_in_and_robots(server: Sandbox) -> None:
    for variant, status in (("444", 444), ("no_content", 204)):
        server.fault(HOST, "refused", variant=variant)
        assert submit(server, payload("JFK-LHR")).status_code == status
    server.fault(HOST, "sign_in")
    assert submit(server, payload("JFK-LHR")).status_code == 401
    server.fault(HOST, "robots")
    rules = server.client.get(f"{server.url}/{HOST}/robots.txt").text
    assert "Disallow: /travelplus/" in rules
    server.reset()
    assert "Disallow: /login" in server.client.get(f"{server.url}/{HOST}/robots.txt").text
    page = server.client.get(f"{server.url}/{HOST}/reward-flight-finder/results/month?origin=JFK&destination=LHR")
    assert page.headers["Content-Type"].startswith("text/html")
