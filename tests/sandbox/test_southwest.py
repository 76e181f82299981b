"""Southwest's face of the sandbox, over real HTTP: its wire, its truth, and its ways to say none and no."""

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

HOST = "www.southwest.com"
API = "/api/air-booking/v1/air-booking/page/air"
SHOPPING, CALENDAR = f"{API}/booking/shopping", f"{API}/low-fare-calendar/select-dates"
RECORDED = ROOT.parent / "shared/recorded/southwest/awardwiz-2022-05-14-southwest_sample.json"
ROUTES = ["DEN-LAS", "OAK-HNL", "OAK-MCO", "LAX-MDW", "BWI-SJU"]
DAYS = ["2026-11-22", "2027-01-19", "2027-03-10"]


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with sandbox(clock="2026-11-22T20:00Z") as running:
        yield running


@pytest.fixture(autouse=True)
def _no_faults(server: Sandbox) -> None:
    server.reset()
    server.client.cookies.clear()


def key(server: Sandbox) -> str:
    script = server.client.get(f"{server.url}/{HOST}/swa-ui/bootstrap/air-booking/1/data.js").text
    found = re.search(r"l7xx\w{32}", script)
    assert found
    return found[0]


def ask(server: Sandbox, path: str, route: str, day: str, travelers: int = 1, **changes: Any) -> requests.Response:
    origin, destination = route.split("-")
    body = {
        "adultPassengersCount": str(travelers),
        "departureDate": day,
        "destinationAirportCode": destination,
        "originationAirportCode": origin,
        "fareType": "POINTS",
        "currencyCode": "POINTS",
        "passengerType": "ADULT",
        "tripType": "oneway",
    }
    headers = {"x-api-key": key(server), "Content-Type": "application/json"}
    return server.client.post(
        f"{server.url}/{HOST}{path}", data=json.dumps(body | changes), headers=headers, allow_redirects=False
    )


def details(server: Sandbox, route: str, day: str, travelers: int = 1, **changes: Any) -> list[dict[str, Any]]:
    answer = ask(server, SHOPPING, route, day, travelers, **changes).json()
    (product,) = answer["data"]["searchResults"]["airProducts"]
    assert f"{product['originationAirportCode']}-{product['destinationAirportCode']}" == route
    rows: list[dict[str, Any]] = product["details"]
    return rows


@pytest.fixture(scope="module")
def rows(server: Sandbox) -> list[dict[str, Any]]:
    return [row for route in ROUTES for day in DAYS for row in details(server, route, day)]


def fares(rows: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    return [fare for row in rows for fare in row.get("fareProducts", {"ADULT": {}})["ADULT"].items()]


# ---- the wire ------------------------------------------------------------------------------------------------------


def test_keys_and_types_are_those_of_the_answer_of_2022(server: Sandbox, rows: list[dict[str, Any]]) -> None:
    if not RECORDED.exists():
        pytest.skip("the recorded answers are not part of a plain clone")
    recorded: dict[str, set[str]] = defaultdict(set)
    ours: dict[str, set[str]] = defaultdict(set)
    collect_types(json.loads(RECORDED.read_text()), "", recorded)
    collect_types(ask(server, SHOPPING, "DEN-LAS", "2027-03-10").json(), "", ours)
    for row in rows:
        collect_types(row, ".data.searchResults.airProducts[].details[]", ours)
    left_out = {path for path in recorded if path not in ours and not path.startswith(".uiMetadata")}
    assert all(path.rpartition(".")[2].startswith("contains") for path in left_out)
    newer = {"PLURED": "2026", "cabinInfo": "2026", "nextDay": "2026", "fareType": "2026", "field": "ours"}
    grown = {
        path
        for path, kinds in ours.items()
        if path in recorded and not kinds <= recorded[path] and not any(part in path for part in newer)
    }
    # A sale, and a fare that is not for sale: 2022 shows neither.
    assert {path.rpartition(".")[2] for path in grown} <= {"promoToken", "fare", "originalFare"}


def test_prices_are_text(rows: list[dict[str, Any]]) -> None:
    sold = [product for _, product in fares(rows) if product["availabilityStatus"] == "AVAILABLE"]
    assert sold
    for product in sold:
        assert re.fullmatch(r"\d+", product["fare"]["totalFare"]["value"])
        assert re.fullmatch(r"\d+\.\d\d", product["fare"]["totalTaxesAndFees"]["value"])
        assert product["fare"]["totalFare"]["currencyCode"] == "POINTS"


def test_what_makes_it_hard(rows: list[dict[str, Any]]) -> None:
    segments = [segment for row in rows for segment in row["segments"]]
    landing = next(segment for segment in segments if segment["numberOfStops"])
    assert not landing["stopsDetails"][0]["changePlanes"]
    assert len({leg["flightNumber"] for leg in landing["stopsDetails"]}) == 1
    assert {product["availabilityStatus"] for _, product in fares(rows)} == {"AVAILABLE", "UNAVAILABLE", "SOLD_OUT"}
    assert all(product["fare"] is None for _, product in fares(rows) if product["availabilityStatus"] != "AVAILABLE"), (
        "a fare that is not for sale has no price"
    )
    assert any("fareProducts" not in row for row in rows), "flights that have left"
    left = [product["fare"].get("seatsLeft") for _, product in fares(rows) if product["fare"]]
    assert None in left
    assert {type(seats) for seats in left if seats is not None} == {int}


def test_a_sale_has_the_fare_before(rows: list[dict[str, Any]]) -> None:
    sale = [product for _, product in fares(rows) if product.get("originalFare")]
    assert sale
    for product in sale:
        assert product["fare"]["fareType"] != "NONDISCOUNT"
        assert int(product["originalFare"]["totalFare"]["value"]) > int(product["fare"]["totalFare"]["value"])


# ---- the truth in it -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("travelers", [1, 2])
@pytest.mark.parametrize("route", ROUTES)
def test_the_lowest_fare_of_each_flight_is_the_truth(server: Sandbox, route: str, travelers: int) -> None:
    origin, destination = route.split("-")
    for day in DAYS[1:]:
        true = {
            (
                offer["flights"],
                offer["departs_at"],
                offer["miles"],
                offer["taxes"],
                offer["stops"],
                offer["regular_miles"],
            )
            for offer in server.truth(
                program="southwest",
                origin=origin,
                destination=destination,
                date=day,
                detail="itinerary",
                travelers=travelers,
            )
        }
        found = set()
        for row in details(server, route, day, travelers):
            products = row["fareProducts"]["ADULT"]
            sold = [one for one in products.values() if one["fare"]]
            if not sold:
                continue
            lowest = min(sold, key=lambda one: int(one["fare"]["totalFare"]["value"]))
            assert lowest is products["WGARED"]
            before = lowest["originalFare"]
            found.add(
                (
                    " ".join(f"WN{number}" for number in row["flightNumbers"]),
                    row["departureDateTime"].replace(".000", ""),
                    int(lowest["fare"]["totalFare"]["value"]),
                    lowest["fare"]["totalTaxesAndFees"]["value"],
                    len(row["segments"]) - 1 + sum(segment["numberOfStops"] for segment in row["segments"]),
                    int(before["totalFare"]["value"]) if before else None,
                )
            )
        assert found == true
        assert true


def test_the_calendar_is_the_truth(server: Sandbox) -> None:
    answer = ask(server, CALENDAR, "DEN-LAS", "2027-03-10").json()
    (result,) = answer["data"]["searchResults"]
    days = {day["date"]: day["fares"] for day in result["lowFareCalendarDays"]}
    assert list(days) == [f"2027-03-{number:02}" for number in range(1, 32)]
    true = server.truth(program="southwest", origin="DEN", destination="LAS", month="2027-03")
    assert {offer["departure_date"]: str(offer["miles"]) for offer in true} == {
        day: told["WGARED"]["totalFare"]["value"] for day, told in days.items() if told
    }


def test_days_that_are_past_have_no_fares(server: Sandbox) -> None:
    (result,) = ask(server, CALENDAR, "DEN-LAS", "2026-11-01").json()["data"]["searchResults"]
    days = {day["date"]: day["fares"] for day in result["lowFareCalendarDays"]}
    assert not days["2026-11-21"]
    assert days["2026-11-30"]


# ---- none, and no --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("route", "day", "changes", "code"),
    [
        ("SEA-SJU", "2027-12-10", {}, "ERROR__NO_ROUTES_EXIST"),
        ("DEN-LAS", "2027-11-20", {}, "ERROR__NO_FLIGHTS_AVAILABLE"),
        ("DEN-QQQ", "2027-03-10", {}, "ERROR__AIRPORT__INVALID"),
        ("DEN-LAS", "2026-11-20", {}, "ERROR__DEPARTURE_DATE__IN_PAST"),
        ("DEN-LAS", "2027-02-30", {}, "ERROR__REQUEST__INVALID"),
        ("DEN-LAS", "2027-03-10", {"adultPassengersCount": "many"}, "ERROR__REQUEST__INVALID"),
    ],
)
def test_none_and_bad_input_have_their_codes(server: Sandbox, route: str, day: str, changes: Any, code: str) -> None:
    answer = ask(server, SHOPPING, route, day, **changes)
    told = answer.json()
    assert (answer.status_code, told["success"], told["data"]) == (200, False, None)
    errors = told["notifications"]["formErrors"] + told["notifications"]["fieldErrors"]
    assert [error["code"] for error in errors] == [code]


def test_the_fault_empty(server: Sandbox) -> None:
    server.fault(HOST, "empty")
    told = ask(server, SHOPPING, "DEN-LAS", "2027-03-10").json()
    assert told["notifications"]["formErrors"] == [{"code": "ERROR__NO_FLIGHTS_AVAILABLE"}]
    (result,) = ask(server, CALENDAR, "DEN-LAS", "2027-03-10").json()["data"]["searchResults"]
    assert not any(day["fares"] for day in result["lowFareCalendarDays"])


def test_money_fares_have_other_names(server: Sandbox) -> None:
    (row, *_) = details(server, "DEN-LAS", "2027-03-10", fareType="USD")
    product = row["fareProducts"]["ADULT"]["WGA"]
    assert product["fare"]["totalFare"]["currencyCode"] == "USD"


def test_the_gateway_wants_the_pages_key(server: Sandbox) -> None:
    for headers in ({}, {"x-api-key": "l7xx"}):
        answer = server.client.post(f"{server.url}/{HOST}{SHOPPING}", data=b"{}", headers=headers)
        assert (answer.status_code, answer.content) == (403, b'{"code":403050700}')


@pytest.mark.parametrize(
    ("variant", "status", "code"), [("gateway_403", 403, 403050700), ("gateway_429", 429, 429050703)]
)
def test_its_own_refusals(server: Sandbox, variant: str, status: int, code: int) -> None:
    server.fault(HOST, "refused", variant=variant)
    answer = ask(server, SHOPPING, "DEN-LAS", "2027-03-10")
    assert (answer.status_code, answer.json()) == (status, {"code": code})


def test_sign_in_robots_and_another_shape(server: Sandbox) -> None:
    server.fault(HOST, "sign_in")
    answer = ask(server, SHOPPING, "DEN-LAS", "2027-03-10")
    assert (answer.status_code, "login" in answer.headers["Location"]) == (302, True)
    server.fault(HOST, "changed_shape")
    assert "searchResultsNew" in ask(server, SHOPPING, "DEN-LAS", "2027-03-10").json()["data"]
    allowed = server.client.get(f"{server.url}/{HOST}/robots.txt").text
    assert "Disallow: /api/" not in allowed
    server.fault(HOST, "robots")
    assert f"Disallow: {API}\n" in server.client.get(f"{server.url}/{HOST}/robots.txt").text


def test_pages_say_what_the_terms_say(server: Sandbox) -> None:
    for path in ("/air/booking/select-depart.html", "/air/low-fare-calendar/select-dates.html"):
        page = server.client.get(f"{server.url}/{HOST}{path}")
        assert page.status_code == 200
        assert "fare data" in page.headers["terms-of-service"]
        assert 'src="../booking/booking.js"' in page.text
    assert server.client.get(f"{server.url}/{HOST}/air/booking/booking.js").status_code == 200


def test_flights_that_are_sold_out_are_there_and_say_so(server: Sandbox) -> None:
    some = details(server, "DEN-LAS", "2027-03-10")
    server.fault(HOST, "sold_out")
    gone = details(server, "DEN-LAS", "2027-03-10")
    assert len(gone) == len(some) > 0
    assert fares(gone)
    assert {product["availabilityStatus"] for _, product in fares(gone)} <= {"UNAVAILABLE", "SOLD_OUT"}
