"""Frontier's face of the sandbox, over real HTTP: the redirect, the page and the truth in its escaped JSON."""

from __future__ import annotations

import html
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.support.sandbox_server import ROOT, Sandbox, sandbox
from tests.support.united_wire import collect_types

HOST = "booking.flyfrontier.com"
SELECT, RESULTS = "/Flight/InternalSelect", "/Flight/Select"
RECORDED = ROOT.parent / "shared/recorded/frontier/pointsnap-2026-09-DEN-LAS-2026-10-05.FlightData.excerpt.json"
ROUTES = ["DEN-LAS", "LAS-MCO", "SEA-ATL", "DEN-CUN"]
DAYS = {"2027-01-19": "Jan 19, 2027", "2027-03-10": "Mar 10, 2027", "2027-06-04": "Jun 04, 2027"}


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with sandbox(clock="2026-11-22T12:00Z") as running:
        yield running


@pytest.fixture(autouse=True)
def _no_faults(server: Sandbox) -> None:
    server.reset()


def select(server: Sandbox, route: str, day: str, travelers: int = 1, mode: str = "loy") -> requests.Response:
    origin, destination = route.split("-")
    query = {"o1": origin, "d1": destination, "dd1": day, "ADT": str(travelers), mode: "true", "promo": ""}
    server.client.cookies.clear()
    return server.client.get(f"{server.url}/{HOST}{SELECT}", params=query, allow_redirects=False)


def results(server: Sandbox, route: str, day: str, travelers: int = 1, mode: str = "loy") -> requests.Response:
    sent = select(server, route, day, travelers, mode)
    assert (sent.status_code, sent.headers["Location"]) == (302, RESULTS)
    return server.client.get(f"{server.url}/{HOST}{RESULTS}", allow_redirects=False)


def data(server: Sandbox, route: str, day: str, travelers: int = 1, mode: str = "loy") -> dict[str, Any]:
    page = results(server, route, day, travelers, mode)
    assert page.headers["Content-Type"].startswith("text/html")
    escaped = re.search(r"FlightData = '([^']*)';", page.text)
    assert escaped
    assert "&quot;" in escaped[1]
    found: dict[str, Any] = json.loads(html.unescape(escaped[1]))
    return found


def journey(server: Sandbox, route: str, day: str, travelers: int = 1) -> dict[str, Any]:
    (only,) = data(server, route, day, travelers)["journeys"]
    assert isinstance(only, dict)
    return only


# ---- the wire ------------------------------------------------------------------------------------------------------


def test_keys_and_types_are_those_of_the_excerpt_of_2026(server: Sandbox) -> None:
    if not RECORDED.exists():
        pytest.skip("the recorded answers are not part of a plain clone")
    recorded: dict[str, set[str]] = defaultdict(set)
    ours: dict[str, set[str]] = defaultdict(set)
    collect_types(json.loads(RECORDED.read_text())["flightData"], "", recorded)
    for route in ROUTES:
        collect_types(data(server, route, "Mar 10, 2027"), "", ours)
    assert recorded.keys() <= ours.keys()
    grown = {path for path, kinds in ours.items() if path in recorded and not kinds <= recorded[path]}
    assert grown <= {".journeys[].flights[].milesFareFareSeatsRemaining"}
    flights = {path for path in ours if path.startswith(".journeys[].flights[]")}
    assert flights <= recorded.keys()


def test_the_page_says_what_was_asked(server: Sandbox) -> None:
    told = data(server, "DEN-LAS", "Mar 10, 2027", 2)
    asked = (told["originOne"], told["destinationOne"], told["departureDateOne"][:10], told["paxCount"])
    assert asked == ("DEN", "LAS", "2027-03-10", 2)
    assert (told["fareTypeBy"], told["journeys"][0]["isMilesBooking"]) == ("Miles", True)
    assert told["calendarLink"] == "o1=DEN&d1=LAS&c=true&loy=true&adt=2"
    money = data(server, "DEN-LAS", "Mar 10, 2027", mode="mon")
    assert (money["fareTypeBy"], money["journeys"][0]["isMilesBooking"]) == ("Monetary", False)
    assert all(flight["isMonetary"] for flight in money["journeys"][0]["flights"])


def flights_for(server: Sandbox, travelers: int) -> list[dict[str, Any]]:
    asked = [(route, day) for route in ROUTES for day in DAYS.values()]
    return [flight for route, day in asked for flight in journey(server, route, day, travelers)["flights"]]


def test_names_that_lie(server: Sandbox) -> None:
    flights = flights_for(server, 1)
    sold = [flight for flight in flights if flight["standardFare"] < 1e9]
    assert sold
    for flight in sold:
        assert flight["standardFare"] > 1000 > flight["milesFare"]
        assert flight["economyFare"] == pytest.approx(flight["milesFare"] + flight["economyBundleFare"])
        parts = [flight[f"milesBundleFare{name}"] for name in ("Ecob", "Prem", "Busi")]
        assert flight["milesBundleFare"] == "|".join(f"{part:.0f}" for part in parts)
    gone = [flight for flight in flights_for(server, 9) if flight["standardFare"] >= 1e9]
    assert gone, "a flight without a seat is there, with a fare beyond reason"
    assert all(flight["milesFare"] > 1e9 for flight in gone)
    seats = {flight["milesFareFareSeatsRemaining"] for flight in sold}
    assert {None, "1 Seat Left!"} <= seats
    assert all(text is None or re.fullmatch(r"1 Seat Left!|[2-5] Seats Left!", text) for text in seats)


def test_times_are_local_and_have_twins(server: Sandbox) -> None:
    flights = [flight for day in DAYS.values() for flight in journey(server, "LAS-MCO", day)["flights"]]
    legs = [leg for flight in flights for leg in flight["legs"]]
    for leg in legs:
        hours = (int(leg["departureDateUtc"][11:13]) - int(leg["departureDate"][11:13])) % 24
        assert hours in ((7, 8) if leg["departureStation"] == "LAS" else (4, 5, 6, 7))
        assert type(leg["flightNumber"]) is int
    assert any(leg["isNextDayArrival"] for leg in legs)


# ---- the truth in it -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("travelers", [1, 3])
@pytest.mark.parametrize("route", ROUTES)
def test_the_flights_say_the_truth(server: Sandbox, route: str, travelers: int) -> None:
    origin, destination = route.split("-")
    for day, written in DAYS.items():
        asked = {"program": "frontier", "origin": origin, "destination": destination, "date": day}
        true = {
            (one["flights"], one["departs_at"][:19], one["miles"], float(one["taxes"]), one["stops"])
            for one in server.truth(**asked, detail="itinerary", travelers=travelers)
        }
        found = {
            (
                " ".join(f"{leg['carrierCode']}{leg['flightNumber']}" for leg in flight["legs"]),
                flight["legs"][0]["departureDate"],
                int(flight["standardFare"]),
                flight["milesFare"],
                flight["stopCount"],
            )
            for flight in journey(server, route, written, travelers)["flights"]
            if flight["standardFare"] < 1e9
        }
        assert found == true


# ---- none, and no --------------------------------------------------------------------------------------------------


def test_none(server: Sandbox) -> None:
    assert journey(server, "BUF-GEG", "Mar 10, 2027")["arrivalStation"] == "GEG"
    assert journey(server, "DEN-LAS", "Nov 20, 2027")["flights"] == []
    server.fault(HOST, "empty")
    assert journey(server, "DEN-LAS", "Mar 10, 2027")["flights"] == []


@pytest.mark.parametrize(
    ("route", "day"),
    [
        ("DEN-QQQ", "Mar 10, 2027"),
        ("DEN-DEN", "Mar 10, 2027"),
        ("DEN-LAS", "Nov 20, 2026"),
        ("DEN-LAS", "Feb 30, 2027"),
        ("DEN-LAS", "10/03/2027"),
    ],
)
def test_a_search_that_cannot_be_goes_back(server: Sandbox, route: str, day: str) -> None:
    answer = select(server, route, day)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/Flight/Search")
    assert not answer.cookies


def test_without_the_cookie_there_is_nothing_to_show(server: Sandbox) -> None:
    server.client.cookies.clear()
    for cookies in ({}, {"dotrez_search": "bm90IGpzb24"}):
        answer = server.client.get(f"{server.url}/{HOST}{RESULTS}", cookies=cookies, allow_redirects=False)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/Flight/Search")


def test_sign_in_robots_and_another_shape(server: Sandbox) -> None:
    server.fault(HOST, "changed_shape")
    assert "&quot;standardFareNew&quot;:" in results(server, "DEN-LAS", "Mar 10, 2027").text
    server.fault(HOST, "sign_in")
    assert select(server, "DEN-LAS", "Mar 10, 2027").headers["Location"] == "/Member/Login"
    for host in (HOST, "www.flyfrontier.com"):
        assert "Disallow: /Flight/" not in server.client.get(f"{server.url}/{host}/robots.txt").text
    server.fault(HOST, "robots")
    assert "Disallow: /Flight/" in server.client.get(f"{server.url}/{HOST}/robots.txt").text
    assert server.client.get(f"{server.url}/{HOST}/").status_code == 200


def test_flights_that_are_sold_out_are_there_beyond_reason(server: Sandbox) -> None:
    some = journey(server, "DEN-LAS", "Mar 10, 2027")["flights"]
    server.fault(HOST, "sold_out")
    gone = journey(server, "DEN-LAS", "Mar 10, 2027")["flights"]
    assert len(gone) == len(some) > 0
    assert all(flight["standardFare"] > 1e9 for flight in gone)
