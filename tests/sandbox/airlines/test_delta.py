"""The simulated Delta site over HTTP: its format, its ground truth and its errors."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import requests

from tests.support.paths import ROOT
from tests.support.recorded import json_types, load_recorded
from tests.support.sandbox_server import Sandbox

HOST, API_HOST = "www.delta.com", "offer-api-prd.delta.com"
ENDPOINT = "/prd/rm-offer-gql"
SEARCH, RESULTS = "/flight-search/search", "/flightsearch/search-results"
CLOCK = "2026-11-28T20:00Z"
SCRIPT = (ROOT / "awardspider/sandbox/pages/delta/search-results.js").read_text("utf-8")
# The documents of the page; fields that they do not select are not in the response.
FLIGHTS, GRID = re.findall(r"= `(query.*?)`;", SCRIPT, re.DOTALL)
ROUTES = ["LAX-JFK", "JFK-CDG", "AUS-CDG", "BOS-HNL", "SEA-AMS", "LAX-SYD"]
DAYS = ["2026-11-30", "2027-01-19", "2027-03-10", "2027-06-02"]
OVER_LAND = {"LAX-JFK"}
CABINS = {"N": "economy", "S": "economy", "R": "premium_economy", "P": "premium_economy", "O": "business"}
CABINS |= {"X": "economy", "A": "premium_economy"}  # partners' classes


def variables(route: str, day: str, travelers: int = 1, number: int = 1, size: int = 20, **trip: Any) -> dict[str, Any]:
    origin, destination = route.split("-")
    payload_variables = {
        "departureLocalTs": f"{day}T00:00:00",
        "origins": [{"airportCode": origin}],
        "destinations": [{"airportCode": destination}],
    }
    criteria = {
        "resultsPageNum": number,
        "resultsPerRequestNum": size,
        "pricingCriteria": {"priceableIn": ["MILES"]},
        "flightRequestCriteria": {"searchOriginDestination": [payload_variables | trip], "sortByBrandId": "MAIN"},
    }
    customers = [{"passengerTypeCode": "ADT", "passengerId": str(index + 1)} for index in range(travelers)]
    return {"offerSearchCriteria": {"customers": customers, "offersCriteria": criteria}}


def grid_days(before: int = 3, after: int = 3) -> dict[str, Any]:
    return {"calenderDateRequest": {"daysBeforeCnt": before, "daysAfterCnt": after}}


def post(server: Sandbox, body: object) -> requests.Response:
    return server.client.post(f"{server.url}/{API_HOST}{ENDPOINT}", json=body, allow_redirects=False)


def search(server: Sandbox, payload_variables: dict[str, Any], query: str = FLIGHTS) -> dict[str, Any]:
    response = post(server, {"variables": payload_variables, "query": query})
    assert response.status_code == 200
    data: dict[str, Any] = response.json()
    return data


def search_offers(server: Sandbox, payload_variables: dict[str, Any], query: str = FLIGHTS) -> dict[str, Any]:
    data = search(server, payload_variables, query)
    assert "errors" not in data, data
    response: dict[str, Any] = data["data"]["gqlSearchOffers"]
    return response


def all_sets(server: Sandbox, route: str, day: str, travelers: int = 1) -> list[dict[str, Any]]:
    """Return the sets of all pages; none if the first page is the error without flights."""
    response = search(server, variables(route, day, travelers))
    if "errors" in response:
        assert "no scheduled Delta/Partner flights" in response["errors"][0]["message"]
        return []
    first = response["data"]["gqlSearchOffers"]
    pages = first["offerDataList"]["responseProperties"]["pageResultCnt"]
    rest = [search_offers(server, variables(route, day, travelers, number)) for number in range(2, pages + 1)]
    return [item for page in (first, *rest) for item in page["gqlOffersSets"]]


def ground_truth(server: Sandbox, route: str, **query: Any) -> list[dict[str, Any]]:
    origin, destination = route.split("-")
    return server.truth(program="delta", origin=origin, destination=destination, **query)


@pytest.fixture(scope="module")
def sets(server: Sandbox) -> list[dict[str, Any]]:
    return [item for route in ROUTES for day in DAYS for item in all_sets(server, route, day)]


def fare_information(offer: dict[str, Any]) -> dict[str, Any]:
    fare: dict[str, Any] = offer["offerItems"][0]["retailItems"][0]["retailItemMetaData"]["fareInformation"][0]
    return fare


def all_offers(sets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [offer for item in sets for offer in item["offers"]]


# ---- format ----------------------------------------------------------------------------------------------------------


def test_keys_and_types_match_recorded_responses(sets: list[dict[str, Any]]) -> None:
    (excerpt,) = load_recorded("delta/*.rm-offer-gql.excerpt.json")
    recorded, ours = json_types(excerpt["data"]["gqlSearchOffers"]["gqlOffersSets"]), json_types(sets)
    # Keys of the excerpt that the page's document does not select.
    assert {path for path in recorded if path not in ours} == {
        "[].offers[].additionalOfferProperties.travelPolicyStatus"
    }
    differing = {path: ours[path] - kinds for path, kinds in recorded.items() if path in ours}
    # The excerpt is shortened; other sources describe seats and prices that are null.
    nullable = ("farePrice", "discountsApplied", "refundable")
    assert not {path: kinds for path, kinds in differing.items() if kinds and not path.endswith(nullable)}


def test_response_has_only_the_selected_fields(server: Sandbox) -> None:
    (request,) = load_recorded("delta/*.request.json")
    response = search_offers(server, variables("LAX-JFK", "2027-03-10"), request["query"])
    (trip,) = response["gqlOffersSets"][0]["trips"]
    assert trip["flightSegment"][0]["flightLeg"][0]["distance"]["unitOfMeasureCnt"] > 2400
    few = "query { gqlSearchOffers(offerSearchCriteria: {a: 1}) { gqlOffersSets { offers { soldOut } } } }"
    sets = search_offers(server, variables("LAX-JFK", "2027-03-10"), few)["gqlOffersSets"]
    assert {tuple(item) for item in sets} == {("offers",)}
    assert {tuple(offer) for offer in all_offers(sets)} == {("soldOut",)}


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("query { gqlSearchOffers { milesNew } }", "FieldUndefined: Field 'milesNew' @ 'gqlSearchOffers/milesNew'"),
        ("query { gqlSearchOffers }", "SubselectionRequired"),
        ("query { gqlSearchOffers { offerResponseId { x } } }", "SubselectionNotAllowed"),
        ("query { gqlSearchOffers { offerResponseId }", "<EOF>"),
        ("gqlSearchOffers", "Invalid Syntax"),
        ("{ a: gqlSearchOffers { offerResponseId } }", "offending token ':'"),
    ],
)
def test_invalid_document(server: Sandbox, query: str, text: str) -> None:
    data = search(server, variables("LAX-JFK", "2027-03-10"), query)
    assert text in data["errors"][0]["message"]
    assert data["data"] == {"gqlSearchOffers": None}


def test_pages_have_each_itinerary_once(server: Sandbox) -> None:
    pages = [search_offers(server, variables("LAX-JFK", "2027-03-10", number=number, size=8)) for number in (1, 2, 3)]
    sizes = [len(page["gqlOffersSets"]) for page in pages]
    properties = pages[0]["offerDataList"]["responseProperties"]
    assert sizes[0] == 8
    assert sizes[1] > 0
    assert sizes[2] == 0
    assert (properties["resultsPerRequestNum"], properties["pageResultCnt"]) == (sum(sizes), 2)
    shown = [item["trips"][0]["tripId"] for page in pages for item in page["gqlOffersSets"]]
    assert shown == [str(number + 1) for number in range(sum(sizes))]


def test_a_page_has_as_many_itineraries_as_requested(server: Sandbox) -> None:
    for size in (1, 5, 20):
        page = search_offers(server, variables("LAX-JFK", "2027-03-10", size=size))
        properties = page["offerDataList"]["responseProperties"]
        total = properties["resultsPerRequestNum"]
        assert len(page["gqlOffersSets"]) == min(size, total)
        assert properties["pageResultCnt"] == -(-total // size)


# ---- ground truth ----------------------------------------------------------------------------------------------------


def decoded(sets: list[dict[str, Any]]) -> set[tuple[Any, ...]]:
    """Return flights, cabin, price, seats, stops and minutes of the lowest brand of each cabin."""
    lowest: dict[tuple[str, str], tuple[Any, ...]] = {}
    for item in sets:
        (trip,) = item["trips"]
        carriers = [segment["marketingCarrier"] for segment in trip["flightSegment"]]
        flights = " ".join(f"{carrier['carrierCode']}{carrier['carrierNum']}" for carrier in carriers)
        length = trip["totalTripTime"]
        for offer in item["offers"]:
            fare = fare_information(offer)
            if offer["soldOut"] or not offer["additionalOfferProperties"]["offered"]:
                assert fare["farePrice"] is None
                continue
            letters = {leg["cosCode"][0] for leg in fare["brandByFlightLegs"]}
            cabin = next(CABINS[letter] for letter in "ORPASNX" if letter in letters)
            (price,) = fare["farePrice"]
            before = price["originalTotalPrice"]
            values = (
                price["totalFarePrice"]["milesEquivalentPrice"]["mileCnt"],
                cabin != "economy" and bool(letters & set("NX")),
                price["totalFarePrice"]["currencyEquivalentPrice"]["formattedCurrencyAmt"],
                fare["availableSeatCnt"],
                before and before["milesEquivalentPrice"]["mileCnt"],
                trip["stopCnt"],
                60 * length["hourCnt"] + length["minuteCnt"],
            )
            key = (flights, cabin)
            lowest[key] = min(values, lowest.get(key, values), key=lambda values: values[0])
    return {(*key, *values) for key, values in lowest.items()}


@pytest.mark.parametrize("travelers", [1, 2])
@pytest.mark.parametrize("route", ROUTES)
def test_flights_match_the_ground_truth(server: Sandbox, route: str, travelers: int) -> None:
    total = 0
    for day in DAYS:
        expected = [
            (
                offer["flights"],
                offer["cabin"],
                offer["miles"],
                offer["mixed_cabin"],
                f"{float(offer['taxes']):,.2f}",
                offer["seats"],
                offer["regular_miles"],
                offer["stops"],
                offer["duration_minutes"],
            )
            for offer in ground_truth(server, route, date=day, detail="itinerary", travelers=travelers)
        ]
        assert sorted(decoded(all_sets(server, route, day, travelers))) == sorted(expected)
        total += len(expected)
    assert total


@pytest.mark.parametrize(
    ("brand", "cabin"), [("MAIN", "economy"), ("BE", "economy"), ("DPPS", "premium_economy"), ("D1", "business")]
)
@pytest.mark.parametrize("route", ["JFK-CDG", "LAX-JFK"])
def test_grid_matches_the_ground_truth(server: Sandbox, route: str, brand: str, cabin: str) -> None:
    payload_variables = variables(route, "2027-03-10", **grid_days())
    payload_variables["offerSearchCriteria"]["offersCriteria"]["flightRequestCriteria"]["sortByBrandId"] = brand
    shown = {}
    for item in search_offers(server, payload_variables, GRID)["gqlOffersSets"]:
        (offer,) = item["offers"]
        price = offer["offerPricing"][0]["totalAmt"] if offer["offerPricing"] else None
        assert offer["additionalOfferProperties"]["soldOut"] == (price is None)
        shown[item["itineraryDepartureDate"]] = price and (
            price["milesEquivalentPrice"]["mileCnt"],
            f"{price['currencyEquivalentPrice']['currencyAmt']:.2f}",
        )
    expected: dict[str, tuple[int, str] | None] = {f"2027-03-{number:02}": None for number in range(7, 14)}
    sold_on_route = not (brand == "D1" and route in OVER_LAND)
    for offer in ground_truth(server, route, month="2027-03", cabin=cabin) if sold_on_route else []:
        if (day := offer["departure_date"]) in expected:
            assert expected[day] is None
            expected[day] = (offer["miles"], offer["taxes"])
    assert shown == expected


def test_difficult_cases_occur(sets: list[dict[str, Any]]) -> None:
    """Check cases of captures and fact sheets that can break a parser."""
    segments = [segment for item in sets for segment in item["trips"][0]["flightSegment"]]
    offers = all_offers(sets)
    brands = {offer["additionalOfferProperties"]["dominantSegmentBrandId"] for offer in offers}
    assert brands >= {"BMAIN", "CMAIN", "CDCP", "CFIRST", "CDPS", "CD1", "AFST", "AFPE", "CBU", "CKLEC"}
    legs = [leg for offer in offers for leg in fare_information(offer)["brandByFlightLegs"]]
    assert {("AFPE", "A"), ("AFST", "X"), ("CKLEC", "X")} <= {(leg["brandId"], leg["cosCode"]) for leg in legs}
    assert any(offer["soldOut"] for offer in offers)
    lengths = [item["trips"][0]["totalTripTime"] for item in sets]
    assert any(length["dayCnt"] and length["hourCnt"] < 24 for length in lengths), "dayCnt counts dates, not hours"
    assert any(len(segment["flightLeg"]) == 2 for segment in segments)
    assert any(s["operatingCarrier"]["carrierCode"] != s["marketingCarrier"]["carrierCode"] for s in segments)
    assert all(type(segment["marketingCarrier"]["carrierNum"]) is str for segment in segments)
    priced = [fare_information(offer) for offer in offers if not offer["soldOut"]]
    mixed = [fare for fare in priced if len({leg["brandId"] for leg in fare["brandByFlightLegs"]}) > 1]
    sales = [price for fare in priced for price in fare["farePrice"] if price["discountsApplied"]]
    assert mixed
    assert sales
    for price in sales:
        now, before = (
            price[name]["milesEquivalentPrice"]["mileCnt"] for name in ("totalFarePrice", "originalTotalPrice")
        )
        assert price["discountsApplied"][0]["amount"]["milesEquivalentPrice"]["discountMileCnt"] == before - now > 0


# ---- no results and errors -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("trip", "query"), [({}, FLIGHTS), (grid_days(), GRID)])
def test_no_flights_is_an_error_with_status_200(server: Sandbox, trip: dict[str, Any], query: str) -> None:
    unserved = search(server, variables("CHS-GUM", "2027-03-10", **trip), query)
    assert unserved["data"] == {"gqlSearchOffers": None}
    assert "no scheduled Delta/Partner flights" in unserved["errors"][0]["message"]
    server.fault(HOST, "empty")
    assert search(server, variables("LAX-JFK", "2027-03-10", **trip), query) == unserved


@pytest.mark.parametrize(
    ("payload_variables", "code"),
    [
        (variables("LAX-JFK", "2026-11-21"), "invalidFlightDates"),
        (variables("LAX-JFK", "2027-10-26"), "invalidFlightDates"),
        (variables("LAX-JFK", "2027-10-26", **grid_days()), "invalidFlightDates"),
        (variables("LAX-QQQ", "2027-03-10"), "inputErrorsWarningITA10"),
        (variables("LAX-LAX", "2027-03-10"), "inputErrorsWarningITA10"),
        (variables("LAX-JFK", "2027-03-10", travelers=10), "inputErrorsWarningITA10"),
        (variables("LAX-JFK", "2027-03-10", **grid_days(10, 10)), "inputErrorsWarningITA10"),
    ],
)
def test_invalid_input(server: Sandbox, payload_variables: dict[str, Any], code: str) -> None:
    data = search(server, payload_variables)
    assert data["errors"][0]["extensions"]["errorCode"] == code
    assert data["data"] == {"gqlSearchOffers": None}


@pytest.mark.parametrize("body", [[], {}, {"query": FLIGHTS}, {"query": FLIGHTS, "variables": {}}, {"query": 1}])
def test_invalid_body(server: Sandbox, body: object) -> None:
    assert post(server, body).status_code == 400


def test_grid_is_limited_to_the_booking_window(server: Sandbox) -> None:
    def days(day: str) -> list[str]:
        sets = search_offers(server, variables("LAX-JFK", day, **grid_days()), GRID)["gqlOffersSets"]
        return [item["itineraryDepartureDate"] for item in sets]

    assert days("2026-11-28") == ["2026-11-28", "2026-11-29", "2026-11-30", "2026-12-01"]
    assert days("2027-10-24") == [f"2027-10-{number}" for number in range(21, 26)]


def test_cash_search_has_no_miles(server: Sandbox) -> None:
    payload_variables = variables("LAX-JFK", "2027-03-10")
    payload_variables["offerSearchCriteria"]["offersCriteria"]["pricingCriteria"]["priceableIn"] = ["CURRENCY"]
    fares = [
        fare_information(offer)
        for offer in all_offers(search_offers(server, payload_variables)["gqlOffersSets"])
        if not offer["soldOut"]
    ]
    prices = [price["totalFarePrice"] for fare in fares for price in fare["farePrice"]]
    assert prices
    assert all(price["milesEquivalentPrice"] is None for price in prices)
    assert all(price["currencyEquivalentPrice"]["roundedCurrencyAmt"] > 50 for price in prices)


@pytest.mark.parametrize(
    ("variant", "status", "text"),
    [
        ("edge_444", 444, "Access Denied"),
        ("denied_403", 403, "Access Denied"),
        ("challenge_429", 429, '{"cpr_chlge":"true"}'),
        ("sorry_302", 302, ""),
        ("unavailable_302", 302, ""),
        ("try_again", 200, "Please try again.#100904A"),
        ("failed_200", 200, '"errors"'),
        ("bad_dates_200", 200, "invalidFlightDates"),
        ("bad_400", 400, "Bad Request"),
    ],
)
def test_site_specific_refusals(server: Sandbox, variant: str, status: int, text: str) -> None:
    server.fault(HOST, "refused", variant=variant)
    response = post(server, {"variables": variables("LAX-JFK", "2027-03-10"), "query": FLIGHTS})
    assert (response.status_code, text in response.text) == (status, True)
    if status == 302:
        assert response.headers["Location"].startswith("/content/www/en_US/")


def test_sign_in_required(server: Sandbox) -> None:
    server.fault(HOST, "sign_in")
    assert post(server, {"variables": variables("LAX-JFK", "2027-03-10"), "query": FLIGHTS}).status_code == 401
    page = server.client.get(f"{server.url}/{HOST}{SEARCH}", allow_redirects=False)
    assert (page.status_code, page.headers["Location"]) == (302, "/login/loginPage")


# ---- pages -----------------------------------------------------------------------------------------------------------


def test_booking_link_redirects_to_the_results(server: Sandbox) -> None:
    query = {"originCity": "LAX", "destinationCity": "JFK", "departureDate": "03/10/2027", "awardTravel": "true"}
    page = server.client.get(f"{server.url}/{HOST}{SEARCH}", params=query)
    assert f"{RESULTS}?cacheKeySuffix=" in page.url
    search_offers = re.search(r'<script id="search" type="application/json">(.*?)</script>', page.text)
    assert search_offers
    assert json.loads(search_offers[1]) == query
    ended = server.client.get(f"{server.url}/{HOST}{RESULTS}?cacheKeySuffix=unknown")
    assert '<script id="search" type="application/json">null</script>' in ended.text


def test_pages_scripts_and_robots(server: Sandbox) -> None:
    base = f"{server.url}/{HOST}"
    for path in (f"{RESULTS}.js", "/flightsearch/book-a-flight", "/login/loginPage"):
        assert server.client.get(f"{base}{path}").status_code == 200
    for host in (HOST, API_HOST):
        assert "/prd/" not in server.client.get(f"{server.url}/{host}/robots.txt").text
    server.fault(HOST, "robots")
    assert "Disallow: /prd/" in server.client.get(f"{server.url}/{API_HOST}/robots.txt").text


def test_sold_out_flights_and_days_are_listed(server: Sandbox) -> None:
    listed = len(all_sets(server, "JFK-LAX", "2027-03-10"))
    server.fault(API_HOST, "sold_out")
    sets = all_sets(server, "JFK-LAX", "2027-03-10")
    assert len(sets) >= listed > 0
    days = search_offers(server, variables("JFK-LAX", "2027-03-10", **grid_days()), GRID)["gqlOffersSets"]
    assert len(days) == 7
    aboard = [offer for offer in all_offers(sets + days) if offer["additionalOfferProperties"]["offered"]]
    assert aboard
    assert {offer["additionalOfferProperties"]["soldOut"] for offer in aboard} == {True}
    assert not any(fare_information(offer)["farePrice"] for offer in all_offers(sets))
