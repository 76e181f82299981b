"""Virgin Atlantic's face of the sandbox, over real HTTP: a question, its redirect and cookie, and the month behind."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

import pytest
import requests

from tests.support.sandbox_server import ROOT, Sandbox, sandbox
from tests.support.united_wire import collect_types

HOST = "www.virginatlantic.com"
CHECKER = "/travelplus/reward-seat-checker-api/"
RECORDED = ROOT.parent / "shared/recorded/virginatlantic"
ROUTES = ["JFK-LHR", "LHR-JFK", "MAN-ATL", "LHR-DEL"]
CABINS = {
    "awardEconomy": "economy",
    "awardComfortPlusPremiumEconomy": "premium_economy",
    "awardBusiness": "business",
    "awardFirst": "first",
}


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with sandbox(clock="2026-11-22T12:00Z") as running:
        yield running


@pytest.fixture(autouse=True)
def _no_faults(server: Sandbox) -> None:
    server.reset()
    server.client.cookies.clear()


def payload(route: str, month: str = "MARCH", year: int = 2027, travelers: int = 1, **changes: Any) -> dict[str, Any]:
    origin, destination = route.split("-")
    return {
        "slice": {"origin": origin, "destination": destination, "departure": f"{year}-01-01"},
        "passengers": ["ADULT"] * travelers,
        "permittedCarriers": ["VS"],
        "years": [year],
        "months": [month],
    } | changes


def ask(server: Sandbox, body: Any) -> requests.Response:
    return server.client.post(f"{server.url}/{HOST}{CHECKER}", json=body, allow_redirects=False)


def follow(server: Sandbox, asked: requests.Response) -> requests.Response:
    """The answer behind a redirect; an absolute path means one of the site, which stands under its host here."""
    location = asked.headers["Location"]
    path = location if location.startswith("/") else urljoin(CHECKER, location)
    assert path.startswith(CHECKER)
    return server.client.get(f"{server.url}/{HOST}{path}")


def months(server: Sandbox, body: Any) -> list[dict[str, Any]]:
    asked = ask(server, body)
    assert (asked.status_code, asked.content) == (303, b"")
    answer = follow(server, asked)
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()
    return found


# ---- the wire ------------------------------------------------------------------------------------------------------


def test_keys_and_types_are_those_of_the_capture(server: Sandbox) -> None:
    file = RECORDED / "reward-seat-checker-JFK-LHR-2026-10.trimmed.json"
    if not file.exists():
        pytest.skip("the recorded answers are not part of a plain clone")
    recorded: dict[str, set[str]] = defaultdict(set)
    ours: dict[str, set[str]] = defaultdict(set)
    collect_types(json.loads(file.read_text()), "", recorded)
    collect_types(months(server, payload("JFK-LHR")), "", ours)
    assert recorded.keys() == ours.keys()
    # A day without seats costs 0, a whole number.
    assert {path: kinds for path, kinds in ours.items() if not kinds <= recorded[path]} in (
        {},
        {"[].pointsDays[].minPrice": {"int", "float"}},
    )


def test_the_redirect_opens_with_its_own_cookie_only(server: Sandbox) -> None:
    one, two = ask(server, payload("JFK-LHR")), ask(server, payload("LHR-JFK"))
    assert follow(server, one).status_code == 204, "the second question took the first one's cookie"
    assert follow(server, two).json()[0]["pointsDays"]
    server.client.cookies.clear()
    empty = follow(server, two)
    assert (empty.status_code, empty.content) == (204, b"")


def test_the_redirect_is_a_path_or_relative(server: Sandbox) -> None:
    ways = {ask(server, payload(route)).headers["Location"].startswith(CHECKER) for route in (*ROUTES, "LHR-LAX")}
    assert ways == {True, False}


# ---- the truth in it -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("travelers", [1, 4])
@pytest.mark.parametrize("route", ROUTES)
def test_a_month_says_the_truth(server: Sandbox, route: str, travelers: int) -> None:
    origin, destination = route.split("-")
    (month,) = months(server, payload(route, travelers=travelers))
    assert [day["date"] for day in month["pointsDays"]] == [f"2027-03-{number:02}" for number in range(1, 32)]
    told, seats = set(), set()
    for day in month["pointsDays"]:
        cheapest = [one["cabinPointsValue"] for one in day["seats"].values()]
        assert (day["minAwardPointsTotal"], day["minPrice"] > 0) == (min(cheapest, default=0), bool(cheapest))
        for name, one in day["seats"].items():
            count = one["cabinClassSeatCount"]
            assert travelers <= count <= 9
            assert one["cabinClassSeatCountString"] == ("9+" if count == 9 else str(count))
            told.add((day["date"], CABINS[name], one["cabinPointsValue"], one["isSaverAward"]))
            seats.add((day["date"], CABINS[name], count))
    query = {"program": "virginatlantic", "origin": origin, "destination": destination, "month": "2027-03"}
    true = server.truth(**query, travelers=travelers)
    assert told == {(one["departure_date"], one["cabin"], one["miles"], one["saver"]) for one in true}
    counted = server.truth(**query, travelers=travelers, detail="seats")
    assert seats == {(one["departure_date"], one["cabin"], one["seats"]) for one in counted}
    assert month["minAwardPointsTotal"] == min(one["miles"] for one in true)
    assert month["minPrice"] == min(float(one["taxes"]) for one in true)
    assert {one["currency"] for one in true} == {month["currency"]} == {"GBP"}


def test_the_money_of_a_day_is_of_no_cabin_in_particular(server: Sandbox) -> None:
    true = server.truth(program="virginatlantic", origin="LHR", destination="JFK", month="2027-03")
    taxes = defaultdict(set)
    for one in true:
        taxes[one["departure_date"]].add(float(one["taxes"]))
    (month,) = months(server, payload("LHR-JFK"))
    days = [day for day in month["pointsDays"] if len(taxes[day["date"]]) > 1]
    assert days
    assert all(day["minPrice"] == min(taxes[day["date"]]) for day in days)


def test_sums_of_a_month_are_rough(server: Sandbox) -> None:
    (month,) = months(server, payload("JFK-LHR"))
    economy = month["seats"]["awardEconomy"]
    assert economy == {
        "cabinPointsValue": 0,
        "isSaverAward": False,
        "cabinClassSeatCount": 100,
        "cabinClassSeatCountString": "100+",
    }
    assert month["totalAwardsSeatsForMonth"] == sum(one["cabinClassSeatCount"] for one in month["seats"].values())


def test_several_months(server: Sandbox) -> None:
    told = months(server, payload("JFK-LHR", months=["MARCH", "APRIL"]))
    assert [(month["month"], month["year"], month["date"]) for month in told] == [
        ("MARCH", "2027", "2027-03-01"),
        ("APRIL", "2027", "2027-04-01"),
    ]


# ---- none, and no --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("route", "changes"),
    [("SYD-JFK", {}), ("JFK-LHR", {"permittedCarriers": ["DL"]}), ("JFK-LHR", {"years": [2028]})],
)
def test_none_is_a_month_of_empty_days(server: Sandbox, route: str, changes: dict[str, Any]) -> None:
    (month,) = months(server, payload(route, **changes))
    assert (month["minPrice"], month["minAwardPointsTotal"], month["totalAwardsSeatsForMonth"]) == (0, 0, 0)
    assert month["seats"] == {}
    assert len(month["pointsDays"]) == 31
    assert all(day["seats"] == {} and day["minPrice"] == 0 for day in month["pointsDays"])


def test_none_on_demand_and_the_days_that_are_past(server: Sandbox) -> None:
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
def test_bad_input(server: Sandbox, changes: dict[str, Any]) -> None:
    assert ask(server, payload("JFK-LHR", **changes)).status_code == 400


def test_refusals_sign_in_and_robots(server: Sandbox) -> None:
    for variant, status in (("444", 444), ("no_content", 204)):
        server.fault(HOST, "refused", variant=variant)
        assert ask(server, payload("JFK-LHR")).status_code == status
    server.fault(HOST, "sign_in")
    assert ask(server, payload("JFK-LHR")).status_code == 401
    server.fault(HOST, "robots")
    rules = server.client.get(f"{server.url}/{HOST}/robots.txt").text
    assert "Disallow: /travelplus/" in rules
    server.reset()
    assert "Disallow: /login" in server.client.get(f"{server.url}/{HOST}/robots.txt").text
    page = server.client.get(f"{server.url}/{HOST}/reward-flight-finder/results/month?origin=JFK&destination=LHR")
    assert page.headers["Content-Type"].startswith("text/html")
