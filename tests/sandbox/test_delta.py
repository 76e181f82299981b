"""Delta's face of the sandbox, over real HTTP: its wire, the truth in it, its ways to say none and no."""

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

HOST, API_HOST = "www.delta.com", "offer-api-prd.delta.com"
ENDPOINT = "/prd/rm-offer-gql"
SEARCH, RESULTS = "/flight-search/search", "/flightsearch/search-results"
FOLDER = ROOT.parent / "shared/recorded/delta"
SCRIPT = (ROOT / "awardspider/sandbox/pages/delta/search-results.js").read_text("utf-8")
# The documents of the page are as good as any: what they do not ask for does not come back.
FLIGHTS, GRID = re.findall(r"= `(query.*?)`;", SCRIPT, re.DOTALL)
ROUTES = ["LAX-JFK", "JFK-CDG", "AUS-CDG", "BOS-HNL", "SEA-AMS", "LAX-SYD"]
DAYS = ["2026-11-30", "2027-01-19", "2027-03-10", "2027-06-02"]
OVER_LAND = {"LAX-JFK"}
CABINS = {"N": "economy", "S": "economy", "R": "premium_economy", "P": "premium_economy", "O": "business"}


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with sandbox(clock="2026-11-28T20:00Z") as running:
        yield running


@pytest.fixture(autouse=True)
def _no_faults(server: Sandbox) -> None:
    server.reset()
    server.client.cookies.clear()


def variables(route: str, day: str, travelers: int = 1, number: int = 1, **trip: Any) -> dict[str, Any]:
    origin, destination = route.split("-")
    asked = {
        "departureLocalTs": f"{day}T00:00:00",
        "origins": [{"airportCode": origin}],
        "destinations": [{"airportCode": destination}],
    }
    criteria = {
        "resultsPageNum": number,
        "resultsPerRequestNum": 20,
        "pricingCriteria": {"priceableIn": ["MILES"]},
        "flightRequestCriteria": {"searchOriginDestination": [asked | trip], "sortByBrandId": "MAIN"},
    }
    customers = [{"passengerTypeCode": "ADT", "passengerId": str(index + 1)} for index in range(travelers)]
    return {"offerSearchCriteria": {"customers": customers, "offersCriteria": criteria}}


def around(before: int = 3, after: int = 3) -> dict[str, Any]:
    return {"calenderDateRequest": {"daysBeforeCnt": before, "daysAfterCnt": after}}


def post(server: Sandbox, body: object) -> requests.Response:
    return server.client.post(f"{server.url}/{API_HOST}{ENDPOINT}", json=body, allow_redirects=False)


def ask(server: Sandbox, asked: dict[str, Any], query: str = FLIGHTS) -> dict[str, Any]:
    answer = post(server, {"variables": asked, "query": query})
    assert answer.status_code == 200
    data: dict[str, Any] = answer.json()
    return data


def found(server: Sandbox, asked: dict[str, Any], query: str = FLIGHTS) -> dict[str, Any]:
    data = ask(server, asked, query)
    assert "errors" not in data, data
    answer: dict[str, Any] = data["data"]["gqlSearchOffers"]
    return answer


def every_set(server: Sandbox, route: str, day: str, travelers: int = 1) -> list[dict[str, Any]]:
    """The sets of all pages; none where the first one says that there are no flights."""
    answer = ask(server, variables(route, day, travelers))
    if "errors" in answer:
        assert "no scheduled Delta/Partner flights" in answer["errors"][0]["message"]
        return []
    first = answer["data"]["gqlSearchOffers"]
    pages = first["offerDataList"]["responseProperties"]["pageResultCnt"]
    rest = [found(server, variables(route, day, travelers, number)) for number in range(2, pages + 1)]
    return [one for page in (first, *rest) for one in page["gqlOffersSets"]]


def truth(server: Sandbox, route: str, **query: Any) -> list[dict[str, Any]]:
    origin, destination = route.split("-")
    return server.truth(program="delta", origin=origin, destination=destination, **query)


@pytest.fixture(scope="module")
def sets(server: Sandbox) -> list[dict[str, Any]]:
    return [one for route in ROUTES for day in DAYS for one in every_set(server, route, day)]


def fare_of(offer: dict[str, Any]) -> dict[str, Any]:
    fare: dict[str, Any] = offer["offerItems"][0]["retailItems"][0]["retailItemMetaData"]["fareInformation"][0]
    return fare


def offers_of(sets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [offer for one in sets for offer in one["offers"]]


# ---- the wire ------------------------------------------------------------------------------------------------------


def test_keys_and_types_are_those_of_the_excerpt(sets: list[dict[str, Any]]) -> None:
    if not FOLDER.exists():
        pytest.skip("the recorded answers are not part of a plain clone")
    text = next(FOLDER.glob("*.rm-offer-gql.excerpt.json")).read_text("utf-8")
    recorded: dict[str, set[str]] = defaultdict(set)
    ours: dict[str, set[str]] = defaultdict(set)
    collect_types(json.loads(text)["data"]["gqlSearchOffers"]["gqlOffersSets"], "", recorded)
    collect_types(sets, "", ours)
    # Keys of the excerpt that the page's document does not ask for.
    assert {path for path in recorded if path not in ours} == {
        "[].offers[].additionalOfferProperties.travelPolicyStatus"
    }
    differing = {path: ours[path] - kinds for path, kinds in recorded.items() if path in ours}
    # The excerpt says less than there was: seats and prices that are null elsewhere are told of in words.
    nullable = ("farePrice", "discountsApplied", "refundable")
    assert not {path: kinds for path, kinds in differing.items() if kinds and not path.endswith(nullable)}


def test_the_captured_document_is_served_and_only_what_it_selects_comes_back(server: Sandbox) -> None:
    if not FOLDER.exists():
        pytest.skip("the recorded answers are not part of a plain clone")
    request = json.loads(next(FOLDER.glob("*.request.json")).read_text("utf-8"))
    answer = found(server, variables("LAX-JFK", "2027-03-10"), request["query"])
    (trip,) = answer["gqlOffersSets"][0]["trips"]
    assert trip["flightSegment"][0]["flightLeg"][0]["distance"]["unitOfMeasureCnt"] > 2400
    few = "query { gqlSearchOffers(offerSearchCriteria: {a: 1}) { gqlOffersSets { offers { soldOut } } } }"
    sets = found(server, variables("LAX-JFK", "2027-03-10"), few)["gqlOffersSets"]
    assert {tuple(one) for one in sets} == {("offers",)}
    assert {tuple(offer) for offer in offers_of(sets)} == {("soldOut",)}


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
def test_a_document_that_is_wrong(server: Sandbox, query: str, text: str) -> None:
    data = ask(server, variables("LAX-JFK", "2027-03-10"), query)
    assert text in data["errors"][0]["message"]
    assert data["data"] == {"gqlSearchOffers": None}


def test_pages_hold_each_itinerary_once(server: Sandbox) -> None:
    pages = [found(server, variables("LAX-JFK", "2027-03-10", number=number)) for number in (1, 2, 3)]
    sizes = [len(page["gqlOffersSets"]) for page in pages]
    properties = pages[0]["offerDataList"]["responseProperties"]
    assert sizes[0] == 8
    assert sizes[1] > 0
    assert sizes[2] == 0
    assert (properties["resultsPerRequestNum"], properties["pageResultCnt"]) == (sum(sizes), 2)
    shown = [one["trips"][0]["tripId"] for page in pages for one in page["gqlOffersSets"]]
    assert shown == [str(number + 1) for number in range(sum(sizes))]


# ---- the truth in it -----------------------------------------------------------------------------------------------


def decoded(sets: list[dict[str, Any]]) -> set[tuple[Any, ...]]:
    """Flights, cabin, mixed, miles, taxes, seats, price before, stops, minutes: the cheapest brand of each cabin."""
    kept: dict[tuple[str, str], tuple[Any, ...]] = {}
    for one in sets:
        (trip,) = one["trips"]
        carriers = [segment["marketingCarrier"] for segment in trip["flightSegment"]]
        flights = " ".join(f"{carrier['carrierCode']}{carrier['carrierNum']}" for carrier in carriers)
        length = trip["totalTripTime"]
        for offer in one["offers"]:
            fare = fare_of(offer)
            if offer["soldOut"] or not offer["additionalOfferProperties"]["offered"]:
                assert fare["farePrice"] is None
                continue
            letters = {leg["cosCode"][0] for leg in fare["brandByFlightLegs"]}
            cabin = next(CABINS[letter] for letter in "ORPSN" if letter in letters)
            (price,) = fare["farePrice"]
            before = price["originalTotalPrice"]
            told = (
                price["totalFarePrice"]["milesEquivalentPrice"]["mileCnt"],
                cabin != "economy" and "N" in letters,
                price["totalFarePrice"]["currencyEquivalentPrice"]["formattedCurrencyAmt"],
                fare["availableSeatCnt"],
                before and before["milesEquivalentPrice"]["mileCnt"],
                trip["stopCnt"],
                60 * length["hourCnt"] + length["minuteCnt"],
            )
            key = (flights, cabin)
            kept[key] = min(told, kept.get(key, told), key=lambda told: told[0])
    return {(*key, *told) for key, told in kept.items()}


@pytest.mark.parametrize("travelers", [1, 2])
@pytest.mark.parametrize("route", ROUTES)
def test_the_flights_say_the_truth(server: Sandbox, route: str, travelers: int) -> None:
    total = 0
    for day in DAYS:
        lowest: dict[tuple[str, str], tuple[Any, ...]] = {}
        for offer in truth(server, route, date=day, detail="itinerary", travelers=travelers):
            if offer["cabin"] == "first":
                continue  # a partner's first class is not sold
            told = (
                offer["miles"],
                offer["mixed_cabin"],
                f"{float(offer['taxes']):,.2f}",
                offer["seats"],
                offer["regular_miles"],
                offer["stops"],
                offer["duration_minutes"],
            )
            key = (offer["flights"], offer["cabin"])
            lowest[key] = min(told, lowest.get(key, told), key=lambda told: told[0])
        assert decoded(every_set(server, route, day, travelers)) == {(*key, *told) for key, told in lowest.items()}
        total += len(lowest)
    assert total


@pytest.mark.parametrize(
    ("brand", "cabin"), [("MAIN", "economy"), ("BE", "economy"), ("DPPS", "premium_economy"), ("D1", "business")]
)
@pytest.mark.parametrize("route", ["JFK-CDG", "LAX-JFK"])
def test_the_grid_says_the_truth(server: Sandbox, route: str, brand: str, cabin: str) -> None:
    asked = variables(route, "2027-03-10", **around())
    asked["offerSearchCriteria"]["offersCriteria"]["flightRequestCriteria"]["sortByBrandId"] = brand
    shown = {}
    for one in found(server, asked, GRID)["gqlOffersSets"]:
        (offer,) = one["offers"]
        price = offer["offerPricing"][0]["totalAmt"] if offer["offerPricing"] else None
        assert offer["additionalOfferProperties"]["soldOut"] == (price is None)
        shown[one["itineraryDepartureDate"]] = price and (
            price["milesEquivalentPrice"]["mileCnt"],
            f"{price['currencyEquivalentPrice']['currencyAmt']:.2f}",
        )
    true: dict[str, tuple[int, str] | None] = {f"2027-03-{number:02}": None for number in range(7, 14)}
    sold_here = not (brand == "D1" and route in OVER_LAND)
    for offer in truth(server, route, month="2027-03", cabin=cabin) if sold_here else []:
        if (day := offer["departure_date"]) in true:
            price = (offer["miles"], offer["taxes"])
            true[day] = min(price, true[day] or price)
    assert shown == true


def test_traps(sets: list[dict[str, Any]]) -> None:
    """Each of these is in a capture or told of, and breaks a reader that does not expect it."""
    segments = [segment for one in sets for segment in one["trips"][0]["flightSegment"]]
    offers = offers_of(sets)
    brands = {offer["additionalOfferProperties"]["dominantSegmentBrandId"] for offer in offers}
    assert brands >= {"BMAIN", "CMAIN", "CDCP", "CFIRST", "CDPS", "CD1", "AFST", "AFPE", "CBU", "CKLEC"}
    assert any(offer["soldOut"] for offer in offers)
    lengths = [one["trips"][0]["totalTripTime"] for one in sets]
    assert any(length["dayCnt"] and length["hourCnt"] < 24 for length in lengths), "a day on the clock, not of travel"
    assert any(len(segment["flightLeg"]) == 2 for segment in segments)
    assert any(s["operatingCarrier"]["carrierCode"] != s["marketingCarrier"]["carrierCode"] for s in segments)
    assert all(type(segment["marketingCarrier"]["carrierNum"]) is str for segment in segments)
    priced = [fare_of(offer) for offer in offers if not offer["soldOut"]]
    mixed = [fare for fare in priced if len({leg["brandId"] for leg in fare["brandByFlightLegs"]}) > 1]
    sales = [price for fare in priced for price in fare["farePrice"] if price["discountsApplied"]]
    assert mixed
    assert sales
    for price in sales:
        now, before = (
            price[name]["milesEquivalentPrice"]["mileCnt"] for name in ("totalFarePrice", "originalTotalPrice")
        )
        assert price["discountsApplied"][0]["amount"]["milesEquivalentPrice"]["discountMileCnt"] == before - now > 0


# ---- none, and no --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("trip", "query"), [({}, FLIGHTS), (around(), GRID)])
def test_no_flights_are_an_error_at_status_200(server: Sandbox, trip: dict[str, Any], query: str) -> None:
    unserved = ask(server, variables("CHS-GUM", "2027-03-10", **trip), query)
    assert unserved["data"] == {"gqlSearchOffers": None}
    assert "no scheduled Delta/Partner flights" in unserved["errors"][0]["message"]
    server.fault(HOST, "empty")
    assert ask(server, variables("LAX-JFK", "2027-03-10", **trip), query) == unserved


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (variables("LAX-JFK", "2026-11-21"), "invalidFlightDates"),
        (variables("LAX-JFK", "2027-10-26"), "invalidFlightDates"),
        (variables("LAX-JFK", "2027-10-26", **around()), "invalidFlightDates"),
        (variables("LAX-QQQ", "2027-03-10"), "inputErrorsWarningITA10"),
        (variables("LAX-LAX", "2027-03-10"), "inputErrorsWarningITA10"),
        (variables("LAX-JFK", "2027-03-10", travelers=10), "inputErrorsWarningITA10"),
        (variables("LAX-JFK", "2027-03-10", **around(10, 10)), "inputErrorsWarningITA10"),
    ],
)
def test_bad_input(server: Sandbox, asked: dict[str, Any], code: str) -> None:
    data = ask(server, asked)
    assert data["errors"][0]["extensions"]["errorCode"] == code
    assert data["data"] == {"gqlSearchOffers": None}


@pytest.mark.parametrize("body", [[], {}, {"query": FLIGHTS}, {"query": FLIGHTS, "variables": {}}, {"query": 1}])
def test_a_body_that_is_no_question(server: Sandbox, body: object) -> None:
    assert post(server, body).status_code == 400


def test_the_grid_ends_where_booking_ends(server: Sandbox) -> None:
    def days(day: str) -> list[str]:
        sets = found(server, variables("LAX-JFK", day, **around()), GRID)["gqlOffersSets"]
        return [one["itineraryDepartureDate"] for one in sets]

    assert days("2026-11-28") == ["2026-11-28", "2026-11-29", "2026-11-30", "2026-12-01"]
    assert days("2027-10-24") == [f"2027-10-{number}" for number in range(21, 26)]


def test_a_search_in_money_has_no_miles(server: Sandbox) -> None:
    asked = variables("LAX-JFK", "2027-03-10")
    asked["offerSearchCriteria"]["offersCriteria"]["pricingCriteria"]["priceableIn"] = ["CURRENCY"]
    fares = [fare_of(offer) for offer in offers_of(found(server, asked)["gqlOffersSets"]) if not offer["soldOut"]]
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
def test_its_own_ways_to_refuse(server: Sandbox, variant: str, status: int, text: str) -> None:
    server.fault(HOST, "refused", variant=variant)
    answer = post(server, {"variables": variables("LAX-JFK", "2027-03-10"), "query": FLIGHTS})
    assert (answer.status_code, text in answer.text) == (status, True)
    if status == 302:
        assert answer.headers["Location"].startswith("/content/www/en_US/")


def test_the_sign_in_rule(server: Sandbox) -> None:
    server.fault(HOST, "sign_in")
    assert post(server, {"variables": variables("LAX-JFK", "2027-03-10"), "query": FLIGHTS}).status_code == 401
    page = server.client.get(f"{server.url}/{HOST}{SEARCH}", allow_redirects=False)
    assert (page.status_code, page.headers["Location"]) == (302, "/login/loginPage")


# ---- the pages -----------------------------------------------------------------------------------------------------


def test_the_link_for_people_leads_to_the_results(server: Sandbox) -> None:
    query = {"originCity": "LAX", "destinationCity": "JFK", "departureDate": "03/10/2027", "awardTravel": "true"}
    page = server.client.get(f"{server.url}/{HOST}{SEARCH}", params=query)
    assert f"{RESULTS}?cacheKeySuffix=" in page.url
    found = re.search(r'<script id="search" type="application/json">(.*?)</script>', page.text)
    assert found
    assert json.loads(found[1]) == query
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


def test_flights_and_days_that_are_sold_out_are_there_and_say_so(server: Sandbox) -> None:
    some = len(every_set(server, "JFK-LAX", "2027-03-10"))
    server.fault(API_HOST, "sold_out")
    sets = every_set(server, "JFK-LAX", "2027-03-10")
    assert len(sets) >= some > 0
    days = found(server, variables("JFK-LAX", "2027-03-10", **around()), GRID)["gqlOffersSets"]
    assert len(days) == 7
    aboard = [offer for offer in offers_of(sets + days) if offer["additionalOfferProperties"]["offered"]]
    assert aboard
    assert {offer["additionalOfferProperties"]["soldOut"] for offer in aboard} == {True}
    assert not any(fare_of(offer)["farePrice"] for offer in offers_of(sets))
