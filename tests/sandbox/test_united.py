"""United's face of the sandbox: the wire shapes of the captures, and the truth inside them."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest

from tests.support.sandbox_server import ROOT, Sandbox, sandbox
from tests.support.united_wire import (
    CALENDAR,
    CLOCK,
    FLIGHTS,
    Site,
    body,
    decoded_flights,
    decoded_month,
    all_segments,
    collect_types,
    expected_flights,
)

RECORDED = ROOT.parent / "shared/recorded/united"
SEARCH_PAGE = "/en/us/fsr/choose-flights"
SIGN_IN = "/en/us/account/signin"
ROUTES = ["LAX-AUS", "SFO-LHR", "YYZ-LAX", "SFO-FRA", "HNL-GUM", "BOI-ZRH", "EWR-DEL", "SEA-SFO"]
DAYS = ["2026-11-25", "2027-01-19", "2027-03-10", "2027-03-14", "2027-06-02", "2027-09-08"]

# Keys that no file of 2026-04 has, each with its evidence or a word that it is inferred.
SEEN_ELSEWHERE = {
    "AwardCloseInFeeCheck": "2022",
    "EliteLevel": "2026-09",
    "StopInfos[]": "inferred",
    "Connections[].OperatingCarrierMessage": "on the first flight in 2026-04",
    "Connections[].OperatingCarrierShort": "on the first flight in 2026-04",
    "Connections[].IsUnitedExpress": "on the first flight in 2026-04",
    "Warnings[].SDLContent.Params": "on a connection in 2026-04",
    "Warnings[].SDLMessages[].Params": "on a connection in 2026-04",
}
LEFT_OUT = {".data.Timings[].DTStart"}


@pytest.fixture(scope="module")
def united() -> Site:
    return Site()


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with sandbox(clock=CLOCK) as running:
        yield running


@pytest.fixture(autouse=True)
def _no_faults(request: pytest.FixtureRequest) -> None:
    if "server" in request.fixturenames:
        running: Sandbox = request.getfixturevalue("server")
        running.reset()
        running.client.cookies.clear()


# ---- wire shapes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "path"),
    [
        ("searchaero-2026-04-calendar-response.json", CALENDAR),
        ("searchaero-2026-04-detail-response.json", FLIGHTS),
    ],
)
def test_keys_and_types_are_those_of_the_captures(united: Site, file: str, path: str) -> None:
    if not (RECORDED / file).exists():
        pytest.skip("the recorded answers are not part of a plain clone")
    recorded: dict[str, set[str]] = defaultdict(set)
    ours: dict[str, set[str]] = defaultdict(set)
    collect_types(json.loads((RECORDED / file).read_text()), "", recorded)
    for route in ROUTES:
        for day in DAYS:
            collect_types({"data": united.search(path, route, day)}, "", ours)
    assert {key for key in recorded if key not in ours} <= LEFT_OUT
    assert not {key for key in ours if key not in recorded and not any(part in key for part in SEEN_ELSEWHERE)}
    assert not {key: kinds for key, kinds in ours.items() if key in recorded and not kinds <= recorded[key]}


def test_the_calendar_is_the_month_of_the_anchor_in_weeks_from_sunday(united: Site) -> None:
    (month,) = united.search(CALENDAR, "LAX-AUS", "2027-03-10")["Calendar"]["Months"]
    assert (month["Year"], month["Month"]) == (2027, 3)
    days = [day for week in month["Weeks"] for day in week["Days"]]
    assert all(len(week["Days"]) == 7 for week in month["Weeks"])
    written = [datetime.strptime(day["DateValue"], "%m/%d/%Y").date() for day in days]  # noqa: DTZ007 - a date
    assert written[0] == date(2027, 2, 28)
    assert [day.toordinal() for day in written] == list(range(written[0].toordinal(), written[-1].toordinal() + 1))
    assert written[0].isoweekday() == 7
    for day, when in zip(days, written, strict=True):
        assert day["DayNotInThisMonth"] == (when.month != 3) == ("CabinCount" not in day)
        assert (day["Year"], day["Month"]) == (when.year, when.month)
        assert bool(day["Solutions"]) == (when.month == 3)


def test_a_solution_is_written_as_united_writes_it(united: Site) -> None:
    answer = united.request(CALENDAR, method="POST", body=body("LAX-AUS", "2027-03-10")).body.decode()
    assert re.search(r'"Currency":"MILES","Amount":\d+\.0,"AmountAllPax":0\.0', answer)
    assert '"Currency":"USD","Amount":5.6,' in answer
    codes = set(re.findall(r'"CabinType":"([^"]+)"', answer))
    assert codes == {
        "MIN-ECONOMY-SURP-OR-DISP",
        "MIN-BUSINESS-SURP-OR-DISP",
        "MIN-BUSINESS-SURP-OR-DISP-NOT-MIXED",
    }
    abroad = united.request(CALENDAR, method="POST", body=body("SFO-FRA", "2027-03-10")).body.decode()
    assert set(re.findall(r'"CabinType":"([^"]+)"', abroad)) >= codes | {"ECO-PREMIUM-DISP", "MIN-FIRST-SURP-OR-DISP"}


# ---- the truth in it -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("travelers", [1, 3])
@pytest.mark.parametrize("route", ROUTES)
def test_the_calendar_says_the_truth(united: Site, route: str, travelers: int) -> None:
    for month in ("2026-11", "2027-03", "2027-10"):
        true = {
            (
                offer["departure_date"],
                offer["cabin"],
                bool(offer["mixed_cabin"]),
                offer["miles"],
                offer["taxes"],
                offer["saver"],
            )
            for offer in united.truth(route, month=month, travelers=travelers)
        }
        data = united.search(CALENDAR, route, f"{month}-15", travelers)
        assert decoded_month(data) == true
        assert true


@pytest.mark.parametrize("travelers", [1, 2])
@pytest.mark.parametrize("route", ROUTES)
def test_the_flights_say_the_truth(united: Site, route: str, travelers: int) -> None:
    total = 0
    for day in DAYS:
        true = expected_flights(united.truth(route, date=day, detail="itinerary", travelers=travelers))
        data = united.search(FLIGHTS, route, day, travelers)
        assert decoded_flights(data, route) == true
        assert data["TravellerCount"] == travelers
        total += len(true)
    assert total


def test_offsets_are_those_of_the_airports(united: Site) -> None:
    for flight in united.search(FLIGHTS, "LAX-AUS", "2027-03-14")["Trips"][0]["Flights"]:
        assert (flight["OriginTimezoneOffset"], flight["OrgTimezoneOffset"]) == (-7, -7.0)
        assert all_segments(flight)[-1]["DestinationTimezoneOffset"] == -5
    (flight, *_) = united.search(FLIGHTS, "EWR-DEL", "2027-03-10")["Trips"][0]["Flights"]
    assert all_segments(flight)[-1]["DestTimezoneOffset"] == 5.5


# ---- what makes it hard --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def answers(united: Site) -> list[dict[str, Any]]:
    return [united.search(FLIGHTS, route, day) for route in ROUTES for day in DAYS]


def test_columns_move_from_answer_to_answer(answers: list[dict[str, Any]]) -> None:
    business = {
        column["Value"]
        for data in answers
        for column in data["Trips"][0]["ColumnInformation"]["Columns"]
        if column["Type"] == "MIN-BUSINESS-SURP-OR-DISP"
    }
    dates = {"/" in data["Trips"][0]["DepartDate"] for data in answers}
    assert business == {"0-105", "0-109"}
    assert dates == {True, False}


def test_traps(answers: list[dict[str, Any]]) -> None:
    """Each of these has been seen at United, or is told of it, and breaks a reader that does not expect it."""
    trips = [(data, data["Trips"][0]) for data in answers]
    flights = [flight for _, trip in trips for flight in trip["Flights"]]
    products = [product for flight in flights for part in all_segments(flight) for product in part["Products"]]
    asked = {route.split("-")[0] for route in ROUTES}
    assert any(data["Warnings"] and trip["Flights"] for data, trip in trips), "the warning of an empty answer"
    assert any(len(trip["Flights"]) > len({f["Hash"] for f in trip["Flights"]}) for _, trip in trips), "twice the same"
    assert any(flight["Origin"] not in asked for flight in flights), "flights of a nearby airport"
    assert any(flight["StopInfos"] for flight in flights), "landings on the way"
    depths = {(len(f["Connections"]), len(f["Connections"][0]["Connections"])) for f in flights if f["Connections"]}
    assert depths == {(1, 0), (2, 0), (1, 1)}
    assert {product.get("CrossCabinMessaging") for product in products} >= {None, "COACH"}
    assert {"United First", "United Polaris business", "Business", "First"} <= {p.get("Description") for p in products}
    prices = [price for product in products for price in product["Prices"]]
    assert any(price["PricingType"] == "CloseInFee" and price["Currency"] == "" for price in prices)
    contexts = [product["Context"] for product in products if product.get("Context")]
    dearer_but_no_sale = [
        c for c in contexts if int(c["ItaMiles"]) > int(c["NgrpMiles"]) and c["PercentageSavings"] == "0"
    ]
    assert dearer_but_no_sale
    assert not any("StrikeThroughPricing" in context for context in dearer_but_no_sale)
    assert all(
        product["Prices"] == []
        for flight in flights
        for part in all_segments(flight)[1:]
        for product in part["Products"]
    )


def test_a_nonstop_filter(united: Site) -> None:
    data = united.search(FLIGHTS, "LAX-AUS", "2027-03-10", StopCountMax=0)
    flights = data["Trips"][0]["Flights"]
    assert flights
    assert not any(flight["Connections"] for flight in flights)


# ---- none, and no --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("route", "day"), [("CHS-FLL", "2027-03-10"), ("LAX-AUS", "2027-11-20")])
def test_none_is_said_in_uniteds_own_way(united: Site, route: str, day: str) -> None:
    data = united.search(FLIGHTS, route, day)
    assert data["Trips"][0]["Flights"] == []
    (warning,) = data["Warnings"]
    assert (warning["MajorCode"], warning["MinorCode"]) == ("20003.26", "10051")
    assert "could not find answers to your query" in warning["Message"]
    days = [
        day for week in united.search(CALENDAR, route, day)["Calendar"]["Months"][0]["Weeks"] for day in week["Days"]
    ]
    assert not any(day["Solutions"] for day in days)


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (body("LAX-QQQ", "2027-03-10"), "the airport is not served"),
        (body("QQQ-LAX", "2027-03-10"), "the airport is not served"),
        (body("LAX-LAX", "2027-03-10"), "Please restart your search"),
        (body("LAX-AUS", "2027-02-30"), "Please restart your search"),
        (body("LAX-AUS", "2027-03-10", travelers=12), "Please restart your search"),
        (b"{", "Please restart your search"),
        (b"[]", "Please restart your search"),
        (b'{"Trips": []}', "Please restart your search"),
    ],
)
@pytest.mark.parametrize("path", [CALENDAR, FLIGHTS])
def test_bad_input_is_refused_in_uniteds_words(united: Site, path: str, asked: bytes, text: str) -> None:
    data = json.loads(united.request(path, method="POST", body=asked).body)["data"]
    assert text in data["Errors"][0]["Message"]
    assert not data["Trips"]


def test_a_day_that_is_past(united: Site) -> None:
    assert "restart your search" in united.search(FLIGHTS, "LAX-AUS", "2026-11-20")["Errors"][0]["Message"]
    data = united.search(CALENDAR, "LAX-AUS", "2026-11-20")
    shown = [day for week in data["Calendar"]["Months"][0]["Weeks"] for day in week["Days"] if day["Solutions"]]
    assert [day["DateValue"] for day in shown] == [f"11/{day}/2026" for day in range(22, 31)]


# ---- addresses, token, pages, sign-in, over real HTTP --------------------------------------------------------------


def post(server: Sandbox, url: str, **headers: str) -> bytes:
    answer = server.client.post(url, data=body("LAX-AUS", "2027-03-10"), headers=headers)
    assert answer.status_code == 200
    return answer.content


def test_three_ways_to_address_the_site(server: Sandbox) -> None:
    by_path = post(server, f"{server.site}{CALENDAR}")
    by_host = post(server, f"{server.url}{CALENDAR}", Host="www.united.com")
    by_fallback = post(server, f"{server.url}{CALENDAR}")
    assert by_path == by_host == by_fallback
    assert server.counts() == {CALENDAR: 3}
    pages = [
        server.client.get(f"{server.site}/robots.txt").text,
        server.client.get(f"{server.url}/robots.txt", headers={"Host": "www.united.com"}).text,
    ]
    assert set(pages) == {"User-agent: *\nDisallow: /en/us/account/\n"}


def test_what_is_not_there(server: Sandbox) -> None:
    assert server.client.get(f"{server.site}/en/us/nothing").status_code == 404
    assert server.client.get(f"{server.site}{CALENDAR}").status_code == 405
    assert server.client.get(f"{server.url}/www.example.com/").status_code == 404


def test_the_token(server: Sandbox) -> None:
    answer = server.client.get(f"{server.site}/api/token/anonymous", allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (301, "/api/svc/token/anonymous")
    new = server.client.get(f"{server.site}/api/token/anonymous").json()["data"]["token"]
    assert len(new["hash"]) == 207
    old = server.client.get(f"{server.site}/api/auth/anonymous-token").json()["data"]["token"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z", old["expiresAt"])


def test_pages(server: Sandbox) -> None:
    home = server.client.get(server.url).text
    assert "www.united.com" in home
    for link in re.findall(r'href="(/[^"]+)"', home):
        assert server.client.get(f"{server.url}{link.replace('&amp;', '&')}").status_code == 200
    for path in (SEARCH_PAGE, f"{SEARCH_PAGE}.js", "/en/us/book-flight/united-award-travel", SIGN_IN, "/"):
        assert server.client.get(f"{server.site}{path}").status_code == 200
    assert 'data-signed-in="yes"' in server.client.get(f"{server.site}{SEARCH_PAGE}").text


def test_only_the_script_says_that_one_must_sign_in(server: Sandbox) -> None:
    """A client that looks for the sentence in the page must not find it while it may search."""
    assert "must be signed-in" not in server.client.get(f"{server.site}{SEARCH_PAGE}").text


def test_the_sign_in_rule(server: Sandbox) -> None:
    client = server.client
    server.fault("www.united.com", "sign_in")
    answer = client.post(f"{server.site}{FLIGHTS}", data=body("LAX-AUS", "2027-03-10"))
    assert (answer.status_code, answer.text) == (403, "AuthenticationSkipped")
    assert 'data-signed-in="no"' in client.get(f"{server.site}{SEARCH_PAGE}").text
    wrong = client.post(f"{server.site}{SIGN_IN}", data={"member": "AB123456", "code": "12"})
    assert "six digits" in wrong.text
    signed_in = client.post(
        f"{server.site}{SIGN_IN}", data={"member": "AB123456", "code": "123456"}, allow_redirects=False
    )
    assert signed_in.status_code == 302
    assert signed_in.headers["Location"].startswith("/en/us/")
    assert "Signed in as AB123456" in client.get(f"{server.site}/en/us/book-flight/united-award-travel").text
    assert post(server, f"{server.site}{FLIGHTS}")
    assert 'data-signed-in="yes"' in client.get(f"{server.site}{SEARCH_PAGE}").text
    server.fault("www.united.com", "sign_in", variant="428")
    session = client.cookies.get_dict()["UASession"]
    client.cookies.clear()
    answer = client.post(f"{server.site}{FLIGHTS}", data=body("LAX-AUS", "2027-03-10"))
    assert answer.status_code == 428
    forged = session[:-1] + ("0" if session[-1] != "0" else "1")
    page = client.get(f"{server.site}{SEARCH_PAGE}", cookies={"UASession": forged}, allow_redirects=False)
    assert (page.status_code, page.headers["Location"]) == (302, SIGN_IN)


def test_the_truth_over_http(server: Sandbox, united: Site) -> None:
    query = {"program": "united", "origin": "LAX", "destination": "AUS", "date": "2027-03-10", "detail": "itinerary"}
    assert server.truth(**query) == united.truth("LAX-AUS", date="2027-03-10", detail="itinerary")
    bad = server.client.get(f"{server.url}/_truth", params=query | {"origin": "QQQ"})
    assert (bad.status_code, "QQQ" in bad.json()["error"]) == (400, True)
