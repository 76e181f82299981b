"""The simulated American site over HTTP: its format, its ground truth and its errors."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from typing import Any

import pytest
import requests

from tests.support.recorded import differing_types, json_types, load_recorded
from tests.support.sandbox_server import Sandbox

HOST = "www.aa.com"
API = "/booking/api/search"
CALENDAR, WEEKLY, ITINERARY = f"{API}/calendar", f"{API}/weekly", f"{API}/itinerary"
SEARCH, RESULTS = "/booking/search", "/booking/choose-flights/1"
CLOCK = "2026-11-22T20:00Z"
ROUTES = ["LAX-AUS", "LAX-JFK", "PHX-MIA", "JFK-LHR", "LAX-SYD", "AUS-HND", "SEA-LIM"]
DAYS = ["2026-11-24", "2027-01-19", "2027-03-10", "2027-06-02"]
RANKS = {"COACH": 0, "PREMIUM_ECONOMY": 1, "BUSINESS": 2, "FIRST": 3}
CABINS = ("economy", "premium_economy", "business", "first")
OVER_LAND = {"LAX-AUS", "LAX-JFK", "PHX-MIA"}
# Parts of the capture of 2022 that the sandbox leaves out: those of its visitor and its page.
LEFT_OUT = (".responseMetadata.", ".utag.")
# Parts of responses of 2026 that the capture of 2022 does not have.
ADDED = (".aircraftCode", ".refundable", ".refundableProducts", "Metadata.tripType", "Metadata.cached")


def payload(route: str, day: str, travelers: int = 1, **trip: Any) -> dict[str, Any]:
    origin, destination = route.split("-")
    trip_data = {"allCarriers": True, "cabin": "", "departureDate": day, "origin": origin, "destination": destination}
    return {
        "metadata": {"selectedProducts": [], "tripType": "OneWay", "udo": {}},
        "passengers": [{"type": "adult", "count": travelers}],
        "requestHeader": {"clientId": "AAcom"},
        "slices": [trip_data | trip],
        "tripOptions": {"corporateBooking": False, "fareType": "Lowest", "locale": "en_US", "searchType": "Award"},
        "loyaltyInfo": None,
    }


def post(server: Sandbox, path: str, body: object) -> requests.Response:
    return server.client.post(f"{server.url}/{HOST}{path}", json=body, allow_redirects=False)


def search(server: Sandbox, path: str, route: str, day: str, travelers: int = 1, **trip: Any) -> dict[str, Any]:
    response = post(server, path, payload(route, day, travelers, **trip))
    assert response.status_code == 200
    data: dict[str, Any] = response.json()
    return data


def ground_truth(server: Sandbox, route: str, **query: Any) -> list[dict[str, Any]]:
    origin, destination = route.split("-")
    return server.truth(program="american", origin=origin, destination=destination, **query)


@pytest.fixture(scope="module")
def responses(server: Sandbox) -> list[dict[str, Any]]:
    return [search(server, ITINERARY, route, day) for route in ROUTES for day in DAYS]


def all_slices(responses: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [item for response in responses for item in response["slices"]]


def all_legs(slices: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [leg for item in slices for segment in item["segments"] for leg in segment["legs"]]


# ---- format ----------------------------------------------------------------------------------------------------------


def test_keys_and_types_match_recorded_responses(responses: list[dict[str, Any]]) -> None:
    recorded = json_types(*load_recorded("american/awardwiz-2022-LAX-HNL-2022-08-29.first6.json"))
    ours = json_types(*responses)
    assert not {path for path in recorded if path not in ours and not path.startswith(LEFT_OUT)}
    assert not {path for path in ours if path not in recorded and not path.endswith(ADDED)}
    assert not differing_types(ours, recorded)


def test_formats_of_times_and_numbers(responses: list[dict[str, Any]]) -> None:
    for leg in all_legs(all_slices(responses)):
        for name in ("departureDateTime", "arrivalDateTime"):
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:00\.000[+-]\d\d:\d\d", leg[name])
    for item in all_slices(responses):
        assert all(type(segment["flight"]["flightNumber"]) is str for segment in item["segments"])
        assert {price["productType"] for price in item["pricingDetail"]} == set(RANKS)
        absent = [price for price in item["pricingDetail"] if not price["productAvailable"]]
        assert all(price["perPassengerAwardPoints"] == 0 and price["extendedFareCode"] == "" for price in absent)


def test_calendar_weeks_have_padding_and_past_days(server: Sandbox) -> None:
    data = search(server, CALENDAR, "LAX-JFK", "2026-11-24", cabin="COACH")
    (month,) = data["calendarMonths"]
    assert (month["year"], month["month"], data["error"]) == (2026, 11, "")
    days = [day for week in month["weeks"] for day in week["days"]]
    assert all(len(week["days"]) == 7 for week in month["weeks"])
    assert [day["date"] for day in days if day["validDay"]] == [f"2026-11-{number}" for number in range(22, 31)]
    assert {day["dayOfMonth"] for day in days if day["date"] is None} == {0}
    assert not any(day["solution"] for day in days if not day["validDay"])
    solution = next(day["solution"] for day in days if day["solution"])
    assert set(solution) == {"perPassengerAwardPoints", "perPassengerSaleTotal"}
    assert solution["perPassengerSaleTotal"] == {"amount": 5.6, "currency": "USD"}


def test_week_has_thirteen_days_with_points_as_text(server: Sandbox) -> None:
    days = search(server, WEEKLY, "LAX-JFK", "2026-11-24")["days"]
    first = date(2026, 11, 18)
    assert [day["date"] for day in days] == [str(first + timedelta(days=number)) for number in range(13)]
    past, sold = days[:4], [day for day in days if day["solutionId"]]
    assert all(day["perPassengerAwardPointsTotal"] is day["perPassengerDisplayTotal"] is None for day in past)
    assert sold
    assert all(day["perPassengerAwardPointsTotal"].isdigit() for day in sold)


# ---- ground truth ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("travelers", [1, 3])
@pytest.mark.parametrize("route", ROUTES)
def test_calendar_matches_the_ground_truth(server: Sandbox, route: str, travelers: int) -> None:
    filters = {"COACH": CABINS[:1], "PREMIUM_ECONOMY": CABINS[1:2], "BUSINESS,FIRST": CABINS[2:], "": CABINS}
    # On routes up to 3,000 miles the front cabin is called FIRST.
    filters |= {"BUSINESS": (), "FIRST": CABINS[2:]} if route in OVER_LAND else {"BUSINESS": CABINS[2:3]}
    expected = ground_truth(server, route, month="2027-03", travelers=travelers)
    assert expected
    for name, cabins in filters.items():
        lowest: dict[str, tuple[int, str]] = {}
        for offer in expected:
            if offer["cabin"] in cabins:
                price = (offer["miles"], offer["taxes"])
                lowest[offer["departure_date"]] = min(price, lowest.get(offer["departure_date"], price))
        data = search(server, CALENDAR, route, "2027-03-10", travelers, cabin=name)
        shown = {
            day["date"]: (
                day["solution"]["perPassengerAwardPoints"],
                f"{day['solution']['perPassengerSaleTotal']['amount']:.2f}",
            )
            for week in data["calendarMonths"][0]["weeks"]
            for day in week["days"]
            if day["solution"]
        }
        assert shown == lowest, name
        least = min((miles for miles, _ in lowest.values()), default=None)
        assert data["calendarDetails"]["lowestMonthlyPrice"] == (least and {"perPassengerAwardPoints": least})


def decoded(data: dict[str, Any], route: str, travelers: int) -> set[tuple[Any, ...]]:
    """Return flights, product, miles, taxes, regular miles, seats, stops and minutes of each product's lowest price."""
    found = set()
    for item in data["slices"]:
        if f"{item['origin']['code']}-{item['destination']['code']}" != route:
            continue
        flights = " ".join(f"{s['flight']['carrierCode']}{s['flight']['flightNumber']}" for s in item["segments"])
        for product in RANKS:
            rows = [price for price in item["pricingDetail"] if price["productType"] == product]
            lowest, *regular = sorted(rows, key=lambda price: int(price["perPassengerAwardPoints"]))
            if not lowest["productAvailable"]:
                continue
            assert lowest["webSpecial"] == bool(regular)
            per_traveler, total_taxes = (
                lowest["perPassengerTaxesAndFees"]["amount"],
                lowest["allPassengerTaxesAndFees"]["amount"],
            )
            assert total_taxes == pytest.approx(per_traveler * travelers)
            found.add(
                (
                    flights,
                    product,
                    lowest["perPassengerAwardPoints"],
                    f"{per_traveler:.2f}",
                    regular[0]["perPassengerAwardPoints"] if regular else 0,
                    lowest["seatsRemaining"],
                    item["stops"],
                    item["durationInMinutes"],
                )
            )
    return found


@pytest.mark.parametrize("travelers", [1, 2])
@pytest.mark.parametrize("route", ROUTES)
def test_flights_match_the_ground_truth(server: Sandbox, route: str, travelers: int) -> None:
    products = {"economy": "COACH", "premium_economy": "PREMIUM_ECONOMY", "business": "BUSINESS", "first": "FIRST"}
    if route in OVER_LAND:
        products["business"] = "FIRST"
    total = 0
    for day in DAYS:
        expected = [
            (
                offer["flights"],
                products[offer["cabin"]],
                offer["miles"],
                offer["taxes"],
                offer["regular_miles"] or 0,
                offer["seats"] if offer["seats"] <= 4 else 0,
                offer["stops"],
                offer["duration_minutes"],
            )
            for offer in ground_truth(server, route, date=day, detail="itinerary", travelers=travelers)
        ]
        assert sorted(decoded(search(server, ITINERARY, route, day, travelers), route, travelers)) == sorted(expected)
        total += len(expected)
    assert total


def test_difficult_cases_occur(responses: list[dict[str, Any]]) -> None:
    """Check cases of captures and fact sheets that can break a parser."""
    slices = all_slices(responses)
    details = [row for leg in all_legs(slices) for row in leg["productDetails"]]
    prices = [price for item in slices for price in item["pricingDetail"] if price["productAvailable"]]
    assert {price["webSpecial"] for price in prices} == {True, False}
    assert any(price["seatsRemaining"] == 0 for price in prices)
    assert {price["extendedFareCode"][0] for price in prices} >= set("YTWXJU")
    assert any(item["origin"]["code"] not in {route[:3] for route in ROUTES} for item in slices), "a nearby airport"
    assert any(len(segment["legs"]) > 1 for item in slices for segment in item["segments"]), "a landing on the way"
    assert any(" as American Eagle" in leg["operationalDisclosure"] for leg in all_legs(slices))
    assert any(segment["flight"]["carrierCode"] == "QF" for item in slices for segment in item["segments"])
    for row in details:
        lower = RANKS[row["cabinType"]] < RANKS[row["productType"]]
        assert lower == ("ALERTS.CLASS-OF-SERVICE-NOT-AVAILABLE" in row["alerts"])
    named = {(row["productType"], row["cabinType"]) for row in details}
    assert named >= {("FIRST", "COACH"), ("BUSINESS", "FIRST"), ("BUSINESS", "BUSINESS"), ("PREMIUM_ECONOMY", "COACH")}


# ---- no results and errors -------------------------------------------------------------------------------------------


def test_no_flights_is_error_309(server: Sandbox) -> None:
    assert search(server, ITINERARY, "CHS-GUM", "2027-03-10") == {
        "error": "309", "responseMetadata": None, "products": [], "slices": [], "utag": {},
    }  # fmt: skip
    data = search(server, CALENDAR, "CHS-GUM", "2027-03-10")
    days = [day for week in data["calendarMonths"][0]["weeks"] for day in week["days"] if day["validDay"]]
    assert len(days) == 31
    assert not any(day["solution"] for day in days)


def test_fault_empty_returns_error_309(server: Sandbox) -> None:
    server.fault(HOST, "empty")
    assert search(server, ITINERARY, "LAX-AUS", "2027-03-10")["error"] == "309"
    assert search(server, CALENDAR, "LAX-AUS", "2027-03-10")["calendarDetails"] == {"lowestMonthlyPrice": None}
    assert not any(day["solutionId"] for day in search(server, WEEKLY, "LAX-AUS", "2027-03-10")["days"])


BAD: list[tuple[object, int, int]] = [
    (payload("LAX-AUS", "2026-11-21"), 200, 1100),
    (payload("LAX-AUS", "2027-10-20"), 400, 1101),
    (payload("LAX-QQQ", "2027-03-10"), 400, 1001),
    (payload("LAX-LAX", "2027-03-10"), 400, 1001),
    (payload("LAX-AUS", "2027-02-30"), 400, 1001),
    (payload("LAX-AUS", "2027-03-10", 10), 400, 1001),
    (payload("LAX-AUS", "2027-03-10", cabin="STUDIO"), 400, 1001),
    (payload("LAX-AUS", "2027-03-10") | {"tripOptions": {"searchType": "Revenue"}}, 400, 1001),
    ([], 400, 1001),
]


@pytest.mark.parametrize(("body", "status", "number"), BAD)
@pytest.mark.parametrize("path", [CALENDAR, WEEKLY, ITINERARY])
def test_invalid_input(server: Sandbox, path: str, body: object, status: int, number: int) -> None:
    response = post(server, path, body)
    assert (response.status_code, response.json()["errorNumber"]) == (status, number)
    assert set(response.json()) == {"timestamp", "message", "details", "errorNumber"}


def test_last_day_of_the_booking_window(server: Sandbox) -> None:
    assert search(server, ITINERARY, "LAX-JFK", "2027-10-19")["slices"]  # 331 days from the 22nd
    data = search(server, CALENDAR, "LAX-JFK", "2027-10-01", cabin="COACH")
    days = [day for week in data["calendarMonths"][0]["weeks"] for day in week["days"] if day["validDay"]]
    assert days[-1]["date"] == "2027-10-19"


@pytest.mark.parametrize(
    ("variant", "status", "text"),
    [
        ("309", 200, '"error":"309"'),
        ("309_other", 200, '"errorNumber":309'),
        ("challenge", 200, "<title>Challenge Validation</title>"),
        ("denied_403", 403, "Access Denied"),
        ("denied_428", 428, "Access Denied"),
        ("busy_429", 429, "Too many"),
        ("past_1100", 200, '"errorNumber":1100'),
        ("bad_400", 400, "too far"),
    ],
)
def test_site_specific_refusals(server: Sandbox, variant: str, status: int, text: str) -> None:
    server.fault(HOST, "refused", variant=variant)
    response = post(server, ITINERARY, payload("LAX-AUS", "2027-03-10"))
    assert (response.status_code, text in response.text) == (status, True)


def test_sign_in_required(server: Sandbox) -> None:
    server.fault(HOST, "sign_in")
    assert post(server, CALENDAR, payload("LAX-AUS", "2027-03-10")).status_code == 401
    page = server.client.get(f"{server.url}/{HOST}{SEARCH}", allow_redirects=False)
    assert (page.status_code, page.headers["Location"]) == (302, "/loyalty/login")
    assert 'type="password"' in server.client.get(f"{server.url}/{HOST}/loyalty/login").text


# ---- pages -----------------------------------------------------------------------------------------------------------


def state(server: Sandbox, body: object) -> dict[str, Any]:
    """Return the state of the results page after submitting a search with the form of the search page."""
    form = {"searchRequest": json.dumps(body), "requestType": "itinerary"}
    page = server.client.post(f"{server.url}/{HOST}{RESULTS}", data=form)
    assert "?sid=" in page.url
    found = re.search(r'<script id="ng-state" type="application/json">(.*?)</script>', page.text, re.DOTALL)
    assert found
    (data,) = (entry["b"]["SearchData"] for entry in json.loads(found[1]).values() if isinstance(entry, dict))
    assert isinstance(data, dict)
    return data


def test_results_page_state_has_flights_and_week(server: Sandbox) -> None:
    trip_data = payload("LAX-AUS", "2027-03-10")
    data = state(server, trip_data)
    assert data["itineraryResult"] == search(server, ITINERARY, "LAX-AUS", "2027-03-10")
    week = search(server, WEEKLY, "LAX-AUS", "2027-03-10")["days"]
    values = [(day["date"], day["awardPointsTotal"]) for day in data["weeklyResult"]["days"]]
    assert values == [(day["date"], day["perPassengerAwardPointsTotal"]) for day in week]
    assert any(points for _, points in values)


def test_results_page_of_an_invalid_search(server: Sandbox) -> None:
    assert "past" in state(server, payload("LAX-AUS", "2026-11-21"))["message"]
    assert state(server, payload("CHS-GUM", "2027-03-10"))["itineraryResult"]["error"] == "309"
    ended = server.client.get(f"{server.url}/{HOST}{RESULTS}?sid=unknown").text
    assert "Your session has ended" in ended


def test_pages_scripts_and_robots(server: Sandbox) -> None:
    base = f"{server.url}/{HOST}"
    for path in (SEARCH, "/booking/search.js", "/booking/choose-flights/results.js"):
        assert server.client.get(f"{base}{path}").status_code == 200
    assert "/booking" not in server.client.get(f"{base}/robots.txt").text
    server.fault(HOST, "robots")
    assert "Disallow: /booking/" in server.client.get(f"{base}/robots.txt").text
