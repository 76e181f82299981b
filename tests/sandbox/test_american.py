"""American's face of the sandbox, over real HTTP: its wire, the truth in it, its ways to say none and no."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import requests

from tests.support.sandbox_server import ROOT, Sandbox, sandbox
from tests.support.united_wire import collect_types

HOST = "www.aa.com"
API = "/booking/api/search"
CALENDAR, WEEKLY, ITINERARY = f"{API}/calendar", f"{API}/weekly", f"{API}/itinerary"
SEARCH, RESULTS = "/booking/search", "/booking/choose-flights/1"
RECORDED = ROOT.parent / "shared/recorded/american/awardwiz-2022-LAX-HNL-2022-08-29.first6.json"
ROUTES = ["LAX-AUS", "LAX-JFK", "PHX-MIA", "JFK-LHR", "LAX-SYD", "AUS-HND", "SEA-LIM"]
DAYS = ["2026-11-24", "2027-01-19", "2027-03-10", "2027-06-02"]
RANKS = {"COACH": 0, "PREMIUM_ECONOMY": 1, "BUSINESS": 2, "FIRST": 3}
CABINS = ("economy", "premium_economy", "business", "first")
OVER_LAND = {"LAX-AUS", "LAX-JFK", "PHX-MIA"}
# What the capture of 2022 has and the sandbox leaves out: parts that concern its visitor and its page.
LEFT_OUT = (".responseMetadata.", ".utag.")
# What came later: parts of the answers of 2026.
ADDED = (".aircraftCode", ".refundable", ".refundableProducts", "Metadata.tripType", "Metadata.cached")


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with sandbox(clock="2026-11-22T20:00Z") as running:
        yield running


@pytest.fixture(autouse=True)
def _no_faults(server: Sandbox) -> None:
    server.reset()
    server.client.cookies.clear()


def payload(route: str, day: str, travelers: int = 1, **trip: Any) -> dict[str, Any]:
    origin, destination = route.split("-")
    asked = {"allCarriers": True, "cabin": "", "departureDate": day, "origin": origin, "destination": destination}
    return {
        "metadata": {"selectedProducts": [], "tripType": "OneWay", "udo": {}},
        "passengers": [{"type": "adult", "count": travelers}],
        "requestHeader": {"clientId": "AAcom"},
        "slices": [asked | trip],
        "tripOptions": {"corporateBooking": False, "fareType": "Lowest", "locale": "en_US", "searchType": "Award"},
        "loyaltyInfo": None,
    }


def post(server: Sandbox, path: str, body: object) -> requests.Response:
    return server.client.post(f"{server.url}/{HOST}{path}", json=body, allow_redirects=False)


def ask(server: Sandbox, path: str, route: str, day: str, travelers: int = 1, **trip: Any) -> dict[str, Any]:
    answer = post(server, path, payload(route, day, travelers, **trip))
    assert answer.status_code == 200
    data: dict[str, Any] = answer.json()
    return data


def truth(server: Sandbox, route: str, **query: Any) -> list[dict[str, Any]]:
    origin, destination = route.split("-")
    return server.truth(program="american", origin=origin, destination=destination, **query)


@pytest.fixture(scope="module")
def answers(server: Sandbox) -> list[dict[str, Any]]:
    return [ask(server, ITINERARY, route, day) for route in ROUTES for day in DAYS]


def slices_of(answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for answer in answers for one in answer["slices"]]


def legs_of(slices: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [leg for one in slices for segment in one["segments"] for leg in segment["legs"]]


# ---- the wire ------------------------------------------------------------------------------------------------------


def test_keys_and_types_are_those_of_the_capture(answers: list[dict[str, Any]]) -> None:
    if not RECORDED.exists():
        pytest.skip("the recorded answers are not part of a plain clone")
    recorded: dict[str, set[str]] = defaultdict(set)
    ours: dict[str, set[str]] = defaultdict(set)
    collect_types(json.loads(RECORDED.read_text()), "", recorded)
    for answer in answers:
        collect_types(answer, "", ours)
    assert not {path for path in recorded if path not in ours and not path.startswith(LEFT_OUT)}
    assert not {path for path in ours if path not in recorded and not path.endswith(ADDED)}
    differing = {path: kinds - recorded[path] for path, kinds in ours.items() if path in recorded}
    assert not {path: kinds for path, kinds in differing.items() if kinds}


def test_times_and_numbers_are_written_as_american_writes_them(answers: list[dict[str, Any]]) -> None:
    for leg in legs_of(slices_of(answers)):
        for name in ("departureDateTime", "arrivalDateTime"):
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:00\.000[+-]\d\d:\d\d", leg[name])
    for one in slices_of(answers):
        assert all(type(segment["flight"]["flightNumber"]) is str for segment in one["segments"])
        assert {price["productType"] for price in one["pricingDetail"]} == set(RANKS)
        absent = [price for price in one["pricingDetail"] if not price["productAvailable"]]
        assert all(price["perPassengerAwardPoints"] == 0 and price["extendedFareCode"] == "" for price in absent)


def test_the_calendar_has_weeks_with_padding_and_past_days(server: Sandbox) -> None:
    data = ask(server, CALENDAR, "LAX-JFK", "2026-11-24", cabin="COACH")
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


def test_the_week_has_thirteen_days_with_points_as_text(server: Sandbox) -> None:
    days = ask(server, WEEKLY, "LAX-JFK", "2026-11-24")["days"]
    first = date(2026, 11, 18)
    assert [day["date"] for day in days] == [str(first + timedelta(days=number)) for number in range(13)]
    past, sold = days[:4], [day for day in days if day["solutionId"]]
    assert all(day["perPassengerAwardPointsTotal"] is day["perPassengerDisplayTotal"] is None for day in past)
    assert sold
    assert all(day["perPassengerAwardPointsTotal"].isdigit() for day in sold)


# ---- the truth in it -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("travelers", [1, 3])
@pytest.mark.parametrize("route", ROUTES)
def test_the_calendar_says_the_truth(server: Sandbox, route: str, travelers: int) -> None:
    filters = {"COACH": CABINS[:1], "PREMIUM_ECONOMY": CABINS[1:2], "BUSINESS,FIRST": CABINS[2:], "": CABINS}
    # Over land the front cabin is called FIRST.
    filters |= {"BUSINESS": (), "FIRST": CABINS[2:]} if route in OVER_LAND else {"BUSINESS": CABINS[2:3]}
    true = truth(server, route, month="2027-03", travelers=travelers)
    assert true
    for name, cabins in filters.items():
        lowest: dict[str, tuple[int, str]] = {}
        for offer in true:
            if offer["cabin"] in cabins:
                price = (offer["miles"], offer["taxes"])
                lowest[offer["departure_date"]] = min(price, lowest.get(offer["departure_date"], price))
        data = ask(server, CALENDAR, route, "2027-03-10", travelers, cabin=name)
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
    """Flights, product, miles, taxes, price before, seats, stops, minutes: each product once, at its lowest price."""
    found = set()
    for one in data["slices"]:
        if f"{one['origin']['code']}-{one['destination']['code']}" != route:
            continue
        flights = " ".join(f"{s['flight']['carrierCode']}{s['flight']['flightNumber']}" for s in one["segments"])
        for product in RANKS:
            rows = [price for price in one["pricingDetail"] if price["productType"] == product]
            low, *dear = sorted(rows, key=lambda price: int(price["perPassengerAwardPoints"]))
            if not low["productAvailable"]:
                continue
            assert low["webSpecial"] == bool(dear)
            each, everyone = low["perPassengerTaxesAndFees"]["amount"], low["allPassengerTaxesAndFees"]["amount"]
            assert everyone == pytest.approx(each * travelers)
            found.add(
                (
                    flights,
                    product,
                    low["perPassengerAwardPoints"],
                    f"{each:.2f}",
                    dear[0]["perPassengerAwardPoints"] if dear else None,
                    low["seatsRemaining"],
                    one["stops"],
                    one["durationInMinutes"],
                )
            )
    return found


@pytest.mark.parametrize("travelers", [1, 2])
@pytest.mark.parametrize("route", ROUTES)
def test_the_flights_say_the_truth(server: Sandbox, route: str, travelers: int) -> None:
    products = {"economy": "COACH", "premium_economy": "PREMIUM_ECONOMY", "business": "BUSINESS", "first": "FIRST"}
    if route in OVER_LAND:
        products["business"] = "FIRST"
    total = 0
    for day in DAYS:
        lowest: dict[tuple[str, str], tuple[Any, ...]] = {}
        for offer in truth(server, route, date=day, detail="itinerary", travelers=travelers):
            seats = offer["seats"] if offer["seats"] <= 4 else 0
            told = (
                offer["miles"],
                offer["taxes"],
                offer["regular_miles"],
                seats,
                offer["stops"],
                offer["duration_minutes"],
            )
            key = (offer["flights"], products[offer["cabin"]])
            if key not in lowest or told[0] < lowest[key][0]:
                lowest[key] = told
        data = ask(server, ITINERARY, route, day, travelers)
        assert decoded(data, route, travelers) == {(*key, *told) for key, told in lowest.items()}
        total += len(lowest)
    assert total


def test_traps(answers: list[dict[str, Any]]) -> None:
    """Each of these is in a capture or told of, and breaks a reader that does not expect it."""
    slices = slices_of(answers)
    details = [row for leg in legs_of(slices) for row in leg["productDetails"]]
    prices = [price for one in slices for price in one["pricingDetail"] if price["productAvailable"]]
    assert {price["webSpecial"] for price in prices} == {True, False}
    assert any(price["seatsRemaining"] == 0 for price in prices)
    assert {price["extendedFareCode"][0] for price in prices} >= set("YTWXJU")
    assert any(one["origin"]["code"] not in {route[:3] for route in ROUTES} for one in slices), "a nearby airport"
    assert any(len(segment["legs"]) > 1 for one in slices for segment in one["segments"]), "a landing on the way"
    assert any(" as American Eagle" in leg["operationalDisclosure"] for leg in legs_of(slices))
    assert any(segment["flight"]["carrierCode"] == "QF" for one in slices for segment in one["segments"])
    for row in details:
        lower = RANKS[row["cabinType"]] < RANKS[row["productType"]]
        assert lower == ("ALERTS.CLASS-OF-SERVICE-NOT-AVAILABLE" in row["alerts"])
    named = {(row["productType"], row["cabinType"]) for row in details}
    assert named >= {("FIRST", "COACH"), ("BUSINESS", "FIRST"), ("BUSINESS", "BUSINESS"), ("PREMIUM_ECONOMY", "COACH")}


# ---- none, and no --------------------------------------------------------------------------------------------------


def test_no_flights_are_an_error_309(server: Sandbox) -> None:
    assert ask(server, ITINERARY, "CHS-GUM", "2027-03-10") == {
        "error": "309", "responseMetadata": None, "products": [], "slices": [], "utag": {},
    }  # fmt: skip
    data = ask(server, CALENDAR, "CHS-GUM", "2027-03-10")
    days = [day for week in data["calendarMonths"][0]["weeks"] for day in week["days"] if day["validDay"]]
    assert len(days) == 31
    assert not any(day["solution"] for day in days)


def test_the_fault_empty_is_the_same_none(server: Sandbox) -> None:
    server.fault(HOST, "empty")
    assert ask(server, ITINERARY, "LAX-AUS", "2027-03-10")["error"] == "309"
    assert ask(server, CALENDAR, "LAX-AUS", "2027-03-10")["calendarDetails"] == {"lowestMonthlyPrice": None}
    assert not any(day["solutionId"] for day in ask(server, WEEKLY, "LAX-AUS", "2027-03-10")["days"])


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
def test_bad_input(server: Sandbox, path: str, body: object, status: int, number: int) -> None:
    answer = post(server, path, body)
    assert (answer.status_code, answer.json()["errorNumber"]) == (status, number)
    assert set(answer.json()) == {"timestamp", "message", "details", "errorNumber"}


def test_the_last_day_that_is_open(server: Sandbox) -> None:
    assert ask(server, ITINERARY, "LAX-JFK", "2027-10-19")["slices"]  # 331 days from the 22nd
    data = ask(server, CALENDAR, "LAX-JFK", "2027-10-01", cabin="COACH")
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
def test_its_own_ways_to_refuse(server: Sandbox, variant: str, status: int, text: str) -> None:
    server.fault(HOST, "refused", variant=variant)
    answer = post(server, ITINERARY, payload("LAX-AUS", "2027-03-10"))
    assert (answer.status_code, text in answer.text) == (status, True)


def test_the_sign_in_rule(server: Sandbox) -> None:
    server.fault(HOST, "sign_in")
    assert post(server, CALENDAR, payload("LAX-AUS", "2027-03-10")).status_code == 401
    page = server.client.get(f"{server.url}/{HOST}{SEARCH}", allow_redirects=False)
    assert (page.status_code, page.headers["Location"]) == (302, "/loyalty/login")
    assert 'type="password"' in server.client.get(f"{server.url}/{HOST}/loyalty/login").text


# ---- the pages -----------------------------------------------------------------------------------------------------


def state(server: Sandbox, body: object) -> dict[str, Any]:
    """What the results page carries for a search, reached as the search page's form reaches it."""
    form = {"searchRequest": json.dumps(body), "requestType": "itinerary"}
    page = server.client.post(f"{server.url}/{HOST}{RESULTS}", data=form)
    assert "?sid=" in page.url
    found = re.search(r'<script id="ng-state" type="application/json">(.*?)</script>', page.text, re.DOTALL)
    assert found
    (data,) = (entry["b"]["SearchData"] for entry in json.loads(found[1]).values() if isinstance(entry, dict))
    assert isinstance(data, dict)
    return data


def test_the_results_page_carries_the_flights_and_the_week(server: Sandbox) -> None:
    asked = payload("LAX-AUS", "2027-03-10")
    data = state(server, asked)
    assert data["itineraryResult"] == ask(server, ITINERARY, "LAX-AUS", "2027-03-10")
    week = ask(server, WEEKLY, "LAX-AUS", "2027-03-10")["days"]
    told = [(day["date"], day["awardPointsTotal"]) for day in data["weeklyResult"]["days"]]
    assert told == [(day["date"], day["perPassengerAwardPointsTotal"]) for day in week]
    assert any(points for _, points in told)


def test_the_results_page_of_a_search_that_cannot_be(server: Sandbox) -> None:
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
