"""The simulated Cathay site over HTTP: a year of one cabin, the miles of a route, and their ground truth."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import requests

from tests.support.sandbox_server import Sandbox

HOST = "api.cathaypacific.com"
ROUTES = ["HKG-LHR", "LAX-HKG", "HKG-NRT", "SYD-HKG"]
CABINS = {"eco": "economy", "pey": "premium_economy", "bus": "business", "fir": "first"}
FIRST, LAST = date(2026, 11, 22), date(2027, 11, 17)


def get(server: Sandbox, path: str) -> requests.Response:
    return server.client.get(f"{server.url}/{HOST}{path}", allow_redirects=False)


def get_awards(
    server: Sandbox, route: str, cabin: str, first: date = FIRST, last: date = LAST, travelers: int = 1
) -> requests.Response:
    origin, destination = route.split("-")
    name = f"en.{origin}.{destination}.{cabin}.CX.{travelers}.{first:%Y%m%d}.{last:%Y%m%d}.json"
    return get(server, f"/afr/search/availability/{name}")


def award_lists(server: Sandbox, route: str, cabin: str, **options: Any) -> dict[str, Any]:
    found: dict[str, Any] = get_awards(server, route, cabin, **options).json()["availabilities"]
    return found


def options(server: Sandbox, route: str, trip: str = "ow") -> dict[str, Any]:
    found: dict[str, Any] = get(server, f"/afr/searchpanel/searchoptions/en.{route}.{trip}.std.CX.json").json()
    return found


# ---- format ----------------------------------------------------------------------------------------------------------


def test_year_of_one_cabin(server: Sandbox) -> None:
    awards = award_lists(server, "HKG-LHR", "bus")
    assert awards.keys() == {"updateTime", "std", "pt1", "pt2"}
    assert awards["updateTime"] == "2026-11-22 20:00:00", "Hong Kong's clock"
    # Tomorrow is the first day on sale.
    days = [f"{FIRST + timedelta(days=number):%Y%m%d}" for number in range(1, 361)]
    for name in ("std", "pt1", "pt2"):
        assert [day["date"] for day in awards[name]] == days
        assert all(day.keys() == {"date", "availability"} for day in awards[name])
    assert {day["availability"] for day in awards["std"]} == {"H", "L", "NA"}
    assert {day["availability"] for day in awards["pt2"]} >= {"H", "M", "L"}


def test_range_is_limited_to_days_on_sale(server: Sandbox) -> None:
    awards = award_lists(server, "HKG-LHR", "eco", first=LAST - timedelta(days=1), last=LAST + timedelta(days=30))
    assert [day["date"] for day in awards["std"]] == ["20271116", "20271117"]


def test_miles_and_days_on_sale(server: Sandbox) -> None:
    assert options(server, "HKG.LHR") == {
        "searchStartDate": "20261123",
        "searchEndDate": "20271117",
        "milesRequired": {"eco": 27000, "pey": 50000, "bus": 89000, "fir": 135000},
    }
    assert options(server, "HKG.LHR", "rt")["milesRequired"]["eco"] == 54000
    assert options(server, "HKG.NRT")["milesRequired"].keys() == {"eco", "bus"}, "what is on board"
    for route in ("HKG.SYD", "HKG.CPT", "LHR.JFK"):
        assert "lvooFindFlightAward occurs Exception" in options(server, route)["errors"][0]


# ---- ground truth ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("travelers", [1, 3])
@pytest.mark.parametrize("route", ROUTES)
def test_standard_awards_match_the_ground_truth(server: Sandbox, route: str, travelers: int) -> None:
    origin, destination = route.split("-")
    total = 0
    for month in ("2026-11", "2027-03"):
        expected = server.truth(
            program="cathay", origin=origin, destination=destination, month=month, detail="seats", travelers=travelers
        )
        awards = {
            (f"{day['date'][:4]}-{day['date'][4:6]}-{day['date'][6:]}", CABINS[cabin])
            for cabin in CABINS
            for day in award_lists(server, route, cabin, travelers=travelers)["std"]
            if day["availability"] != "NA"
        }
        awards = {(day, cabin) for day, cabin in awards if day.startswith(month)}
        assert awards == {(item["departure_date"], item["cabin"]) for item in expected}
        assert {item["seats"] for item in expected} <= {None}
        total += len(expected)
    assert total


def test_more_expensive_awards_have_more_days(server: Sandbox) -> None:
    awards = award_lists(server, "HKG-LHR", "bus")
    standard, choice = ({day["date"] for day in awards[name] if day["availability"] != "NA"} for name in ("std", "pt1"))
    assert standard < choice


# ---- no results and errors -------------------------------------------------------------------------------------------


def test_unavailable_days_are_listed_as_na(server: Sandbox) -> None:
    assert {day["availability"] for day in award_lists(server, "HKG-NRT", "fir")["std"]} == {"NA"}, (
        "a cabin not on board"
    )
    server.fault(HOST, "empty")
    awards = award_lists(server, "HKG-LHR", "bus")
    assert len(awards["std"]) == 360
    assert {day["availability"] for name in ("std", "pt1", "pt2") for day in awards[name]} == {"NA"}


@pytest.mark.parametrize(
    ("route", "first"), [("HKG-CPT", FIRST), ("LHR-JFK", FIRST), ("HKG-QQQ", FIRST), ("HKG-LHR", date(2028, 1, 1))]
)
def test_unserved_routes_and_days_not_on_sale_are_empty_lists(server: Sandbox, route: str, first: date) -> None:
    awards = award_lists(server, route, "eco", first=first, last=first + timedelta(days=30))
    assert (awards["std"], awards["pt1"], awards["pt2"]) == ([], [], [])


@pytest.mark.parametrize(
    "name",
    [
        "en.HKG.LHR.sky.CX.1.20270301.20270330.json",
        "en.HKG.LHR.bus.CX.0.20270301.20270330.json",
        "en.HKG.LHR.bus.CX.1.20270301.20270230.json",
        "en.HKG.LHR.bus.CX.1.20270301.json",
        "en.HKG.LHR.bus.BA.1.20270301.20270330.json",
    ],
)
def test_invalid_input(server: Sandbox, name: str) -> None:
    assert get(server, f"/afr/search/availability/{name}").status_code == 400


def test_refusals_sign_in_and_robots(server: Sandbox) -> None:
    server.fault(HOST, "refused", variant="exception")
    assert "errors" in get_awards(server, "HKG-LHR", "bus").json()
    for variant in ("503", "408"):
        server.fault(HOST, "refused", variant=variant)
        assert get_awards(server, "HKG-LHR", "bus").status_code == int(variant)
    server.fault("www.cathaypacific.com", "sign_in")
    assert get_awards(server, "HKG-LHR", "bus").status_code == 401
    assert "Disallow: /sign-in" in get(server, "/robots.txt").text
    server.fault(HOST, "robots")
    assert "Disallow: /afr/" in get(server, "/robots.txt").text
