"""The simulated Frontier site over HTTP: the redirect, the page, and the ground truth of its escaped JSON."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
import requests

from tests.support.recorded import differing_types, json_types, load_recorded
from tests.support.sandbox_server import Sandbox

HOST = "booking.flyfrontier.com"
SELECT, RESULTS = "/Flight/InternalSelect", "/Flight/Select"
ROUTES = ["DEN-LAS", "LAS-MCO", "SEA-ATL", "DEN-CUN"]
DAYS = {"2027-01-19": "Jan 19, 2027", "2027-03-10": "Mar 10, 2027", "2027-06-04": "Jun 04, 2027"}


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


# ---- format ----------------------------------------------------------------------------------------------------------


def test_keys_and_types_match_recorded_responses(server: Sandbox) -> None:
    (excerpt,) = load_recorded("frontier/pointsnap-2026-09-DEN-LAS-2026-10-05.FlightData.excerpt.json")
    recorded = json_types(excerpt["flightData"])
    ours = json_types(*(data(server, route, "Mar 10, 2027") for route in ROUTES))
    assert recorded.keys() <= ours.keys()
    assert differing_types(ours, recorded).keys() <= {".journeys[].flights[].milesFareFareSeatsRemaining"}
    flights = {path for path in ours if path.startswith(".journeys[].flights[]")}
    assert flights <= recorded.keys()


def test_page_repeats_the_search(server: Sandbox) -> None:
    page_data = data(server, "DEN-LAS", "Mar 10, 2027", 2)
    search = (
        page_data["originOne"],
        page_data["destinationOne"],
        page_data["departureDateOne"][:10],
        page_data["paxCount"],
    )
    assert search == ("DEN", "LAS", "2027-03-10", 2)
    assert (page_data["fareTypeBy"], page_data["journeys"][0]["isMilesBooking"]) == ("Miles", True)
    assert page_data["calendarLink"] == "o1=DEN&d1=LAS&c=true&loy=true&adt=2"
    money = data(server, "DEN-LAS", "Mar 10, 2027", mode="mon")
    assert (money["fareTypeBy"], money["journeys"][0]["isMilesBooking"]) == ("Monetary", False)
    assert all(flight["isMonetary"] for flight in money["journeys"][0]["flights"])


def test_home_pages_and_scope_of_prices(server: Sandbox) -> None:
    """Check what third-party clients require: an open home page, and the sentence that says what prices include."""
    for host, action in (("www.flyfrontier.com", "Flight/InternalSelect"), (HOST, "Flight/InternalSelect")):
        page = server.client.get(f"{server.url}/{host}/", allow_redirects=False)
        assert (page.status_code, f'action="{action}"' in page.text) == (200, True)
    for mode in ("loy", "mon"):
        text = html.unescape(results(server, "DEN-LAS", "Mar 10, 2027", mode=mode).text)
        assert "Fare and bundle prices shown are total one-way price per person, taxes & fees included" in text
    shown = data(server, "DEN-LAS", "Mar 10, 2027")
    assert (shown["isChangeFlight"], shown["isCodeShareFlight"]) == (False, False)


def flights_for(server: Sandbox, travelers: int) -> list[dict[str, Any]]:
    search = [(route, day) for route in ROUTES for day in DAYS.values()]
    return [flight for route, day in search for flight in journey(server, route, day, travelers)["flights"]]


def test_misleading_field_names(server: Sandbox) -> None:
    flights = flights_for(server, 1)
    sold = [flight for flight in flights if flight["standardFare"] < 1e9]
    assert sold
    for flight in sold:
        assert flight["standardFare"] > 1000 > flight["milesFare"]
        assert flight["economyFare"] == pytest.approx(flight["milesFare"] + flight["economyBundleFare"])
        parts = [flight[f"milesBundleFare{name}"] for name in ("Ecob", "Prem", "Busi")]
        assert flight["milesBundleFare"] == "|".join(f"{part:.0f}" for part in parts)
    sold_out = [flight for flight in flights_for(server, 9) if flight["standardFare"] >= 1e9]
    assert sold_out, "sold-out flights are listed with an extreme fare"
    assert all(flight["milesFare"] > 1e9 for flight in sold_out)
    seats = {flight["milesFareFareSeatsRemaining"] for flight in sold}
    assert {None, "1 Seat Left!"} <= seats
    assert all(text is None or re.fullmatch(r"1 Seat Left!|[2-5] Seats Left!", text) for text in seats)


def test_times_are_local_and_in_utc(server: Sandbox) -> None:
    flights = [flight for day in DAYS.values() for flight in journey(server, "LAS-MCO", day)["flights"]]
    legs = [leg for flight in flights for leg in flight["legs"]]
    for leg in legs:
        hours = (int(leg["departureDateUtc"][11:13]) - int(leg["departureDate"][11:13])) % 24
        assert hours in ((7, 8) if leg["departureStation"] == "LAS" else (4, 5, 6, 7))
        assert type(leg["flightNumber"]) is int
    assert any(leg["isNextDayArrival"] for leg in legs)


# ---- ground truth ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("travelers", [1, 3])
@pytest.mark.parametrize("route", ROUTES)
def test_flights_match_the_ground_truth(server: Sandbox, route: str, travelers: int) -> None:
    origin, destination = route.split("-")
    for day, written in DAYS.items():
        search = {"program": "frontier", "origin": origin, "destination": destination, "date": day}
        expected = {
            (item["flights"], item["departs_at"][:19], item["miles"], float(item["taxes"]), item["stops"])
            for item in server.truth(**search, detail="itinerary", travelers=travelers)
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
        assert found == expected


# ---- no results and errors -------------------------------------------------------------------------------------------


def test_no_flights(server: Sandbox) -> None:
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
def test_invalid_search_redirects_to_the_search_page(server: Sandbox, route: str, day: str) -> None:
    response = select(server, route, day)
    assert (response.status_code, response.headers["Location"]) == (302, "/Flight/Search")
    assert not response.cookies


def test_results_without_a_valid_cookie_redirect(server: Sandbox) -> None:
    server.client.cookies.clear()
    for cookies in ({}, {"dotrez_search": "bm90IGpzb24"}):
        response = server.client.get(f"{server.url}/{HOST}{RESULTS}", cookies=cookies, allow_redirects=False)
        assert (response.status_code, response.headers["Location"]) == (302, "/Flight/Search")


def test_sign_in_robots_and_renamed_keys(server: Sandbox) -> None:
    server.fault(HOST, "renamed_keys")
    assert "&quot;standardFareNew&quot;:" in results(server, "DEN-LAS", "Mar 10, 2027").text
    server.fault(HOST, "sign_in")
    assert select(server, "DEN-LAS", "Mar 10, 2027").headers["Location"] == "/Member/Login"
    for host in (HOST, "www.flyfrontier.com"):
        assert "Disallow: /Flight/" not in server.client.get(f"{server.url}/{host}/robots.txt").text
    server.fault(HOST, "robots")
    assert "Disallow: /Flight/" in server.client.get(f"{server.url}/{HOST}/robots.txt").text
    assert server.client.get(f"{server.url}/{HOST}/").status_code == 200


def test_sold_out_flights_have_extreme_prices(server: Sandbox) -> None:
    listed = journey(server, "DEN-LAS", "Mar 10, 2027")["flights"]
    server.fault(HOST, "sold_out")
    sold_out = journey(server, "DEN-LAS", "Mar 10, 2027")["flights"]
    assert len(sold_out) == len(listed) > 0
    assert all(flight["standardFare"] > 1e9 for flight in sold_out)
