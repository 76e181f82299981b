"""Requests to Delta. The endpoint, its fields and their sources: docs/sources/delta.md."""

from __future__ import annotations

import functools
import uuid
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any, ClassVar

from scrapy import Request
from scrapy.http import JsonRequest, Response

from awardspider.crawling.responses import block_pattern, json_object
from awardspider.crawling.spider import AwardSpider
from awardspider.items import Cabin, Search, SearchKind
from awardspider.outcomes import Reason, UnexpectedResponse

SITE = "https://www.delta.com"
ENDPOINT = "https://offer-api-prd.delta.com/prd/rm-offer-gql"

DAYS_EACH_SIDE = 3  # days in the grid before and after its center
ITINERARIES_PER_PAGE = 50  # Delta's own page requests 20; 50 was accepted


class DeltaSpider(AwardSpider):
    """Delta SkyMiles, over GraphQL: a grid of 7 days in one request, or a day's flights in pages."""

    name = "delta"
    search_kinds = (SearchKind.CALENDAR, SearchKind.ITINERARY)
    days_per_request = 2 * DAYS_EACH_SIDE + 1
    cabins_per_request: ClassVar = {SearchKind.CALENDAR: ((Cabin.ECONOMY,),)}
    xhr_paths: ClassVar = {SearchKind.ITINERARY: "/rm-offer-gql gqlSearchOffers"}
    block_patterns = (
        block_pattern(r"cpr_chlge", Reason.RATE_LIMITED),
        block_pattern(r"#100904A|#SFAF|^\S*sorry\S*$", Reason.BLOCKED),  # in a page or a redirect target
        block_pattern(r"system-unavailable", Reason.UNREACHABLE),
    )

    def booking_url(self, search: Search) -> str:
        return (
            f"{SITE}/flight-search/search?action=findFlights&tripType=ONE_WAY&priceSchedule=price"
            f"&originCity={search.origin}&destinationCity={search.destination}"
            f"&departureDate={search.first:%m/%d/%Y}&departureTime=AT&returnDate=&returnTime=AT"
            f"&paxCount={search.travelers}&searchByCabin=true&cabinFareClass=BE&deltaOnlySearch=false&deltaOnly=off"
            "&Go=Find%20Flights&meetingEventCode=&refundableFlightsOnly=false&compareAirport=false"
            "&awardTravel=true&shopWithMiles=on"
        )

    def build_request(self, search: Search) -> Request:
        return _request(search, 1, self.now())

    def next_request(self, search: Search, response: Response) -> Request | None:
        """Build the request for the next page of flights."""
        if search.kind == SearchKind.CALENDAR:
            return None
        page, pages = _pages(response)
        return _request(search, page + 1, self.now()) if page < pages else None


def _request(search: Search, page: int, now: datetime) -> Request:
    headers = {
        "Accept": "application/json",
        "Authorization": "GUEST",
        "TransactionId": f"{uuid.uuid4()}_{now.timestamp() * 1000:.0f}",
        "applicationId": "DC",
        "channelId": "DCOM",
        "Airline": "DL",
        "x-app-type": "dcom-shop",
        "x-app-route": "dates" if search.kind == SearchKind.CALENDAR else "search",
        "Origin": SITE,
        "Referer": f"{SITE}/",
    }
    body = {"variables": {"offerSearchCriteria": _criteria(search, page)}, "query": _query(search.kind)}
    return JsonRequest(ENDPOINT, data=body, headers=headers, meta={"page": page})


@functools.cache
def _query(kind: SearchKind) -> str:
    """Return the GraphQL query for a kind of search; a response contains only the fields that the query names."""
    return files("awardspider.spiders").joinpath(f"delta_{kind}.graphql").read_text(encoding="utf-8")


def _criteria(search: Search, page: int) -> dict[str, Any]:
    day = search.first
    if search.kind == SearchKind.CALENDAR:  # the center of the grid is never after the last searched day
        day = min(day + timedelta(days=DAYS_EACH_SIDE), search.last)
    one_way: dict[str, Any] = {
        "departureLocalTs": f"{day}T00:00:00",
        "origins": [{"airportCode": search.origin}],
        "destinations": [{"airportCode": search.destination}],
    }
    if search.kind == SearchKind.CALENDAR:
        # The spelling "calender" is Delta's.
        one_way["calenderDateRequest"] = {"daysBeforeCnt": DAYS_EACH_SIDE, "daysAfterCnt": DAYS_EACH_SIDE}
    return {
        "productGroups": [{"productCategoryCode": "FLIGHTS"}],
        "customers": [
            {"passengerTypeCode": "ADT", "passengerId": str(number)} for number in range(1, search.travelers + 1)
        ],
        "offersCriteria": {
            "showContentLinks": False,
            "resultsPageNum": page,
            "resultsPerRequestNum": ITINERARIES_PER_PAGE,
            "preferences": {
                "refundableOnly": False,
                "showGlobalRegionalUpgradeCertificate": True,
                "nonStopOnly": False,
                "excludeBrandTypes": [],
            },
            "pricingCriteria": {"priceableIn": ["MILES"]},
            "flightRequestCriteria": {
                "currentTripIndexId": "0",
                "sortableOptionId": None,
                "selectedOfferId": "",
                "searchOriginDestination": [one_way],
                "sortByBrandId": "MAIN",
                "additionalCriteriaMap": {"rollOutTag": "GBB"},
            },
        },
    }


def _pages(response: Response) -> tuple[int, int]:
    """Return the page number and the number of pages; each is 1 if missing.

    `pageResultCnt` is the number of pages, despite its name. Raise UnexpectedResponse if a number is invalid or the
    page is not the requested one.
    """
    found: Any = json_object(response)
    for name in ("data", "gqlSearchOffers", "offerDataList", "responseProperties"):
        found = found.get(name) if isinstance(found, dict) else None
    properties = found or {}
    page, pages = properties.get("resultsPageNum") or 1, properties.get("pageResultCnt") or 1
    try:
        page, pages = int(page), int(pages)
    except (TypeError, ValueError) as error:
        raise UnexpectedResponse(f"responseProperties: page {page} of {pages}") from error
    requested = response.request.meta.get("page", page) if response.request else page
    if page != requested:
        raise UnexpectedResponse(f"requested page {requested}, got {page} of {pages}")
    return page, pages
