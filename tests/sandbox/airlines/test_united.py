"""The simulated United site: its format compared with captures, and its ground truth."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from typing import Any

import pytest

from tests.support.recorded import differing_types, json_types, load_recorded
from tests.support.sandbox_server import Sandbox
from tests.support.united_wire import (
    CALENDAR,
    FLIGHTS,
    Site,
    all_segments,
    body,
    decoded_flights,
    decoded_month,
    expected_flights,
)

SEARCH_PAGE = "/en/us/fsr/choose-flights"
SIGN_IN = "/en/us/account/signin"
ROUTES = ["LAX-AUS", "SFO-LHR", "YYZ-LAX", "SFO-FRA", "HNL-GUM", "BOI-ZRH", "EWR-DEL", "SEA-SFO"]
DAYS = ["2026-11-25", "2027-01-19", "2027-03-10", "2027-03-14", "2027-06-02", "2027-09-08"]

# Keys that no file of 2026-04 has, with the evidence for each.
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


# ---- format ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "path"),
    [
        ("searchaero-2026-04-calendar-response.json", CALENDAR),
        ("searchaero-2026-04-detail-response.json", FLIGHTS),
    ],
)
def test_keys_and_types_match_recorded_responses(united: Site, file: str, path: str) -> None:
    recorded = json_types(*load_recorded(f"united/{file}"))
    ours = json_types(*({"data": united.search(path, route, day)} for route in ROUTES for day in DAYS))
    assert {key for key in recorded if key not in ours} <= LEFT_OUT
    assert not {key for key in ours if key not in recorded and not any(part in key for part in SEEN_ELSEWHERE)}
    assert not differing_types(ours, recorded)


def test_calendar_is_the_searched_month_in_weeks_from_sunday(united: Site) -> None:
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


def test_format_of_a_solution(united: Site) -> None:
    response = united.request(CALENDAR, method="POST", body=body("LAX-AUS", "2027-03-10")).body.decode()
    assert re.search(r'"Currency":"MILES","Amount":\d+\.0,"AmountAllPax":0\.0', response)
    assert '"Currency":"USD","Amount":5.6,' in response
    codes = set(re.findall(r'"CabinType":"([^"]+)"', response))
    assert codes == {
        "MIN-ECONOMY-SURP-OR-DISP",
        "MIN-BUSINESS-SURP-OR-DISP",
        "MIN-BUSINESS-SURP-OR-DISP-NOT-MIXED",
    }
    abroad = united.request(CALENDAR, method="POST", body=body("SFO-FRA", "2027-03-10")).body.decode()
    assert set(re.findall(r'"CabinType":"([^"]+)"', abroad)) >= codes | {
        "ECO-PREMIUM-DISP",
        "MIN-FIRST-SURP-OR-DISP",
    }


# ---- ground truth ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("travelers", [1, 3])
@pytest.mark.parametrize("route", ROUTES)
def test_calendar_matches_the_ground_truth(united: Site, route: str, travelers: int) -> None:
    for month in ("2026-11", "2027-03", "2027-10"):
        expected = {
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
        assert decoded_month(data) == expected
        assert expected


@pytest.mark.parametrize("travelers", [1, 2])
@pytest.mark.parametrize("route", ROUTES)
def test_flights_match_the_ground_truth(united: Site, route: str, travelers: int) -> None:
    total = 0
    for day in DAYS:
        expected = expected_flights(united.truth(route, date=day, detail="itinerary", travelers=travelers))
        data = united.search(FLIGHTS, route, day, travelers)
        assert decoded_flights(data, route) == expected
        assert data["TravellerCount"] == travelers
        total += len(expected)
    assert total


def test_time_zone_offsets(united: Site) -> None:
    for flight in united.search(FLIGHTS, "LAX-AUS", "2027-03-14")["Trips"][0]["Flights"]:
        assert (flight["OriginTimezoneOffset"], flight["OrgTimezoneOffset"]) == (-7, -7.0)
        assert all_segments(flight)[-1]["DestinationTimezoneOffset"] == -5
    (flight, *_) = united.search(FLIGHTS, "EWR-DEL", "2027-03-10")["Trips"][0]["Flights"]
    assert all_segments(flight)[-1]["DestTimezoneOffset"] == 5.5


# ---- difficult cases -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def responses(united: Site) -> list[dict[str, Any]]:
    return [united.search(FLIGHTS, route, day) for route in ROUTES for day in DAYS]


def test_column_ids_differ_between_responses(responses: list[dict[str, Any]]) -> None:
    business = {
        column["Value"]
        for data in responses
        for column in data["Trips"][0]["ColumnInformation"]["Columns"]
        if column["Type"] == "MIN-BUSINESS-SURP-OR-DISP"
    }
    premium = {
        column["Value"]
        for data in responses
        for column in data["Trips"][0]["ColumnInformation"]["Columns"]
        if column["Type"] == "ECO-PREMIUM-DISP-NOT-MIXED"
    }
    dates = {"/" in data["Trips"][0]["DepartDate"] for data in responses}
    assert business == {"0-105", "0-109"}
    assert premium == {"0-104"}
    assert dates == {True, False}


def test_difficult_cases_occur(responses: list[dict[str, Any]]) -> None:
    """Check cases of captures and fact sheets that can break a parser."""
    trips = [(data, data["Trips"][0]) for data in responses]
    flights = [flight for _, trip in trips for flight in trip["Flights"]]
    products = [product for flight in flights for part in all_segments(flight) for product in part["Products"]]
    origins = {route.split("-")[0] for route in ROUTES}
    assert any(data["Warnings"] and trip["Flights"] for data, trip in trips), "warning without flights"
    assert any(len(trip["Flights"]) > len({f["Hash"] for f in trip["Flights"]}) for _, trip in trips), "duplicates"
    assert any(flight["Origin"] not in origins for flight in flights), "flights of a nearby airport"
    assert any(flight["StopInfos"] for flight in flights), "landings on the way"
    depths = {(len(f["Connections"]), len(f["Connections"][0]["Connections"])) for f in flights if f["Connections"]}
    assert depths == {(1, 0), (2, 0), (1, 1)}
    assert {product.get("CrossCabinMessaging") for product in products} >= {None, "COACH"}
    assert {"United First", "United Polaris business", "Business", "First"} <= {p.get("Description") for p in products}
    prices = [price for product in products for price in product["Prices"]]
    assert any(price["PricingType"] == "CloseInFee" and price["Currency"] == "" for price in prices)
    contexts = [product["Context"] for product in products if product.get("Context")]
    higher_list_prices = [
        c for c in contexts if int(c["ItaMiles"]) > int(c["NgrpMiles"]) and c["PercentageSavings"] == "0"
    ]
    assert higher_list_prices
    assert not any("StrikeThroughPricing" in context for context in higher_list_prices)
    assert all(
        product["Prices"] == []
        for flight in flights
        for part in all_segments(flight)[1:]
        for product in part["Products"]
    )


def test_premium_economy_has_a_column_without_mixed_cabins(responses: list[dict[str, Any]]) -> None:
    placeholders = set()
    for flight in (flight for data in responses for flight in data["Trips"][0]["Flights"]):
        products = {product["ColumnId"]: product for product in flight["Products"]}
        lowest, not_mixed = products[103], products.get(104)
        if not_mixed is None or not lowest["Prices"]:
            continue
        cabins = [product["CabinType"] for s in all_segments(flight) for product in s["Products"][1:2]]
        is_mixed = "Coach" in cabins
        assert bool(not_mixed["Prices"]) != is_mixed
        placeholders.add(is_mixed)
    assert placeholders == {True, False}


def test_nonstop_filter(united: Site) -> None:
    data = united.search(FLIGHTS, "LAX-AUS", "2027-03-10", StopCountMax=0)
    flights = data["Trips"][0]["Flights"]
    assert flights
    assert not any(flight["Connections"] for flight in flights)


# ---- no results and errors -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("route", "day"), [("CHS-FLL", "2027-03-10"), ("LAX-AUS", "2027-11-20")])
def test_no_flights(united: Site, route: str, day: str) -> None:
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
    ("search_body", "text"),
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
def test_invalid_input(united: Site, path: str, search_body: bytes, text: str) -> None:
    data = json.loads(united.request(path, method="POST", body=search_body).body)["data"]
    assert text in data["Errors"][0]["Message"]
    assert not data["Trips"]


def test_past_days(united: Site) -> None:
    assert "restart your search" in united.search(FLIGHTS, "LAX-AUS", "2026-11-20")["Errors"][0]["Message"]
    data = united.search(CALENDAR, "LAX-AUS", "2026-11-20")
    shown = [day for week in data["Calendar"]["Months"][0]["Weeks"] for day in week["Days"] if day["Solutions"]]
    assert [day["DateValue"] for day in shown] == [f"11/{day}/2026" for day in range(22, 31)]


# ---- addresses, token, pages and sign-in over HTTP -------------------------------------------------------------------


def post(server: Sandbox, url: str, **headers: str) -> bytes:
    response = server.client.post(url, data=body("LAX-AUS", "2027-03-10"), headers=headers)
    assert response.status_code == 200
    return response.content


def test_site_can_be_addressed_by_path_host_or_fallback(server: Sandbox) -> None:
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


def test_unknown_paths(server: Sandbox) -> None:
    assert server.client.get(f"{server.site}/en/us/nothing").status_code == 404
    assert server.client.get(f"{server.site}{CALENDAR}").status_code == 405
    assert server.client.get(f"{server.url}/www.example.com/").status_code == 404


def test_anonymous_token(server: Sandbox) -> None:
    response = server.client.get(f"{server.site}/api/token/anonymous", allow_redirects=False)
    assert (response.status_code, response.headers["Location"]) == (301, "/api/svc/token/anonymous")
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


def test_page_does_not_contain_the_sign_in_text(server: Sandbox) -> None:
    """Check that clients that detect sign-in by this text do not find it on an ordinary search page."""
    assert "must be signed-in" not in server.client.get(f"{server.site}{SEARCH_PAGE}").text


def test_sign_in_required(server: Sandbox) -> None:
    client = server.client
    server.fault("www.united.com", "sign_in")
    response = client.post(f"{server.site}{FLIGHTS}", data=body("LAX-AUS", "2027-03-10"))
    assert (response.status_code, response.text) == (403, "AuthenticationSkipped")
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
    response = client.post(f"{server.site}{FLIGHTS}", data=body("LAX-AUS", "2027-03-10"))
    assert response.status_code == 428
    forged = session[:-1] + ("0" if session[-1] != "0" else "1")
    page = client.get(f"{server.site}{SEARCH_PAGE}", cookies={"UASession": forged}, allow_redirects=False)
    assert (page.status_code, page.headers["Location"]) == (302, SIGN_IN)


def test_ground_truth_over_http(server: Sandbox, united: Site) -> None:
    query = {"program": "united", "origin": "LAX", "destination": "AUS", "date": "2027-03-10", "detail": "itinerary"}
    assert server.truth(**query) == united.truth("LAX-AUS", date="2027-03-10", detail="itinerary")
    bad = server.client.get(f"{server.url}/_truth", params=query | {"origin": "QQQ"})
    assert (bad.status_code, "QQQ" in bad.json()["error"]) == (400, True)
