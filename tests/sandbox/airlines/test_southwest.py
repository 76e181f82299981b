"""The simulated Southwest site over HTTP: its format, its ground truth and its errors."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import requests

from tests.support.recorded import differing_types, json_types, load_recorded
from tests.support.sandbox_server import Sandbox

HOST = "www.southwest.com"
API = "/api/air-booking/v1/air-booking/page/air"
SHOPPING, CALENDAR = f"{API}/booking/shopping", f"{API}/low-fare-calendar/select-dates"
CLOCK = "2026-11-22T20:00Z"
ROUTES = ["DEN-LAS", "OAK-HNL", "OAK-MCO", "LAX-MDW", "BWI-SJU"]
DAYS = ["2026-11-22", "2027-01-19", "2027-03-10"]


def key(server: Sandbox) -> str:
    script = server.client.get(f"{server.url}/{HOST}/swa-ui/bootstrap/air-booking/1/data.js").text
    found = re.search(r"l7xx\w{32}", script)
    assert found
    return found[0]


def post_search(
    server: Sandbox, path: str, route: str, day: str, travelers: int = 1, **changes: Any
) -> requests.Response:
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
    response = post_search(server, SHOPPING, route, day, travelers, **changes).json()
    (product,) = response["data"]["searchResults"]["airProducts"]
    assert f"{product['originationAirportCode']}-{product['destinationAirportCode']}" == route
    rows: list[dict[str, Any]] = product["details"]
    return rows


@pytest.fixture(scope="module")
def rows(server: Sandbox) -> list[dict[str, Any]]:
    return [row for route in ROUTES for day in DAYS for row in details(server, route, day)]


def fares(rows: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    return [fare for row in rows for fare in row.get("fareProducts", {"ADULT": {}})["ADULT"].items()]


# ---- format ----------------------------------------------------------------------------------------------------------


def test_keys_and_types_match_recorded_responses(server: Sandbox, rows: list[dict[str, Any]]) -> None:
    recorded = json_types(*load_recorded("southwest/awardwiz-2022-05-14-southwest_sample.json"))
    response = post_search(server, SHOPPING, "DEN-LAS", "2027-03-10").json()
    response["data"]["searchResults"]["airProducts"][0]["details"] += rows
    ours = json_types(response)
    left_out = {path for path in recorded if path not in ours and not path.startswith(".uiMetadata")}
    assert all(path.rpartition(".")[2].startswith("contains") for path in left_out)
    newer = {"PLURED": "2026", "cabinInfo": "2026", "nextDay": "2026", "fareType": "2026", "field": "ours"}
    grown = {path for path in differing_types(ours, recorded) if not any(part in path for part in newer)}
    # The response of 2022 has no sale and no fare that is not for sale.
    assert {path.rpartition(".")[2] for path in grown} <= {"promoToken", "fare", "originalFare"}


def test_prices_are_text(rows: list[dict[str, Any]]) -> None:
    sold = [product for _, product in fares(rows) if product["availabilityStatus"] == "AVAILABLE"]
    assert sold
    for product in sold:
        assert re.fullmatch(r"\d+", product["fare"]["totalFare"]["value"])
        assert re.fullmatch(r"\d+\.\d\d", product["fare"]["totalTaxesAndFees"]["value"])
        assert product["fare"]["totalFare"]["currencyCode"] == "POINTS"


def test_difficult_cases_occur(rows: list[dict[str, Any]]) -> None:
    segments = [segment for row in rows for segment in row["segments"]]
    landing = next(segment for segment in segments if segment["numberOfStops"])
    assert not landing["stopsDetails"][0]["changePlanes"]
    assert len({leg["flightNumber"] for leg in landing["stopsDetails"]}) == 1
    assert {product["availabilityStatus"] for _, product in fares(rows)} == {"AVAILABLE", "UNAVAILABLE", "SOLD_OUT"}
    assert all(product["fare"] is None for _, product in fares(rows) if product["availabilityStatus"] != "AVAILABLE"), (
        "only available fares have a price"
    )
    assert any("fareProducts" not in row for row in rows), "departed flights"
    assert {"73H", "7M8"} <= {segment["aircraftEquipmentType"] for row in rows for segment in row["segments"]}
    left = [product["fare"].get("seatsLeft") for _, product in fares(rows) if product["fare"]]
    assert None in left
    assert {type(seats) for seats in left if seats is not None} == {int}


def test_sales_have_the_original_fare(rows: list[dict[str, Any]]) -> None:
    sale = [product for _, product in fares(rows) if product.get("originalFare")]
    assert sale
    for product in sale:
        assert product["fare"]["fareType"] != "NONDISCOUNT"
        assert int(product["originalFare"]["totalFare"]["value"]) > int(product["fare"]["totalFare"]["value"])


# ---- ground truth ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("travelers", [1, 2])
@pytest.mark.parametrize("route", ROUTES)
def test_lowest_fares_match_the_ground_truth(server: Sandbox, route: str, travelers: int) -> None:
    origin, destination = route.split("-")
    for day in DAYS[1:]:
        expected = {
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
            sold = [item for item in products.values() if item["fare"]]
            if not sold:
                continue
            lowest = min(sold, key=lambda item: int(item["fare"]["totalFare"]["value"]))
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
        assert found == expected
        assert expected


def test_calendar_matches_the_ground_truth(server: Sandbox) -> None:
    response = post_search(server, CALENDAR, "DEN-LAS", "2027-03-10").json()
    (result,) = response["data"]["searchResults"]
    days = {day["date"]: day["fares"] for day in result["lowFareCalendarDays"]}
    assert list(days) == [f"2027-03-{number:02}" for number in range(1, 32)]
    expected = server.truth(program="southwest", origin="DEN", destination="LAS", month="2027-03")
    assert {offer["departure_date"]: str(offer["miles"]) for offer in expected} == {
        day: data["WGARED"]["totalFare"]["value"] for day, data in days.items() if data
    }


def test_past_days_have_no_fares(server: Sandbox) -> None:
    (result,) = post_search(server, CALENDAR, "DEN-LAS", "2026-11-01").json()["data"]["searchResults"]
    days = {day["date"]: day["fares"] for day in result["lowFareCalendarDays"]}
    assert not days["2026-11-21"]
    assert days["2026-11-30"]


# ---- no results and errors -------------------------------------------------------------------------------------------


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
def test_error_codes(server: Sandbox, route: str, day: str, changes: Any, code: str) -> None:
    response = post_search(server, SHOPPING, route, day, **changes)
    data = response.json()
    assert (response.status_code, data["success"], data["data"]) == (200, False, None)
    errors = data["notifications"]["formErrors"] + data["notifications"]["fieldErrors"]
    assert [error["code"] for error in errors] == [code]


def test_fault_empty(server: Sandbox) -> None:
    server.fault(HOST, "empty")
    data = post_search(server, SHOPPING, "DEN-LAS", "2027-03-10").json()
    assert data["notifications"]["formErrors"] == [{"code": "ERROR__NO_FLIGHTS_AVAILABLE"}]
    (result,) = post_search(server, CALENDAR, "DEN-LAS", "2027-03-10").json()["data"]["searchResults"]
    assert not any(day["fares"] for day in result["lowFareCalendarDays"])


def test_cash_fares_have_other_names(server: Sandbox) -> None:
    (row, *_) = details(server, "DEN-LAS", "2027-03-10", fareType="USD")
    product = row["fareProducts"]["ADULT"]["WGA"]
    assert product["fare"]["totalFare"]["currencyCode"] == "USD"


def test_gateway_requires_the_api_key(server: Sandbox) -> None:
    for headers in ({}, {"x-api-key": "l7xx"}):
        response = server.client.post(f"{server.url}/{HOST}{SHOPPING}", data=b"{}", headers=headers)
        assert (response.status_code, response.content) == (403, b'{"code":403050700}')


@pytest.mark.parametrize(
    ("variant", "status", "code"), [("gateway_403", 403, 403050700), ("gateway_429", 429, 429050703)]
)
def test_site_specific_refusals(server: Sandbox, variant: str, status: int, code: int) -> None:
    server.fault(HOST, "refused", variant=variant)
    response = post_search(server, SHOPPING, "DEN-LAS", "2027-03-10")
    assert (response.status_code, response.json()) == (status, {"code": code})


def test_sign_in_robots_and_renamed_keys(server: Sandbox) -> None:
    server.fault(HOST, "sign_in")
    response = post_search(server, SHOPPING, "DEN-LAS", "2027-03-10")
    assert (response.status_code, "login" in response.headers["Location"]) == (302, True)
    server.fault(HOST, "renamed_keys")
    assert "searchResultsNew" in post_search(server, SHOPPING, "DEN-LAS", "2027-03-10").json()["data"]
    allowed = server.client.get(f"{server.url}/{HOST}/robots.txt").text
    assert "Disallow: /api/" not in allowed
    server.fault(HOST, "robots")
    assert f"Disallow: {API}\n" in server.client.get(f"{server.url}/{HOST}/robots.txt").text


def test_pages_have_the_terms_header(server: Sandbox) -> None:
    for path in ("/air/booking/select-depart.html", "/air/low-fare-calendar/select-dates.html"):
        page = server.client.get(f"{server.url}/{HOST}{path}")
        assert page.status_code == 200
        assert "fare data" in page.headers["terms-of-service"]
        assert 'src="../booking/booking.js"' in page.text
    assert server.client.get(f"{server.url}/{HOST}/air/booking/booking.js").status_code == 200


def test_sold_out_flights_are_listed(server: Sandbox) -> None:
    listed = details(server, "DEN-LAS", "2027-03-10")
    server.fault(HOST, "sold_out")
    sold_out = details(server, "DEN-LAS", "2027-03-10")
    assert len(sold_out) == len(listed) > 0
    assert fares(sold_out)
    assert {product["availabilityStatus"] for _, product in fares(sold_out)} <= {"UNAVAILABLE", "SOLD_OUT"}
