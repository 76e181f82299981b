"""Requests to Alaska. Endpoints, fields and their sources: docs/sources/alaska.md."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode

from scrapy import Request
from scrapy.http import JsonRequest

from awardspider.crawling.spider import AwardSpider
from awardspider.items import Cabin, Search, SearchKind

SITE = "https://www.alaskaair.com"
DAYS_EACH_SIDE = 15  # days in the calendar before and after its center
NO_REFERRER = {"referrer_policy": "no-referrer"}  # a Referer header by itself can cause HTTP 406 (2026-09)


class AlaskaSpider(AwardSpider):
    """Alaska Atmos Rewards: each request returns either 31 days of lowest prices or a day's flights."""

    name = "alaska"
    days_per_request = 2 * DAYS_EACH_SIDE + 1
    cabins_per_request: ClassVar = {SearchKind.CALENDAR: ((Cabin.ECONOMY,),)}
    xhr_paths: ClassVar = {SearchKind.CALENDAR: "/search/api/shoulderDates"}
    page_markers: ClassVar = {SearchKind.ITINERARY: b"__sveltekit_"}

    def booking_url(self, search: Search) -> str:
        if search.kind == SearchKind.CALENDAR:
            query = {
                "O": search.origin,
                "D": search.destination,
                "OD": _center(search),
                "A": search.travelers,
                "RT": "false",
                "RequestType": "Calendar",
                "ShoppingMethod": "onlineaward",
                "int": "flightresultsmicrosite:viewby-calendar",
                "locale": "en-us",
            }
            return f"{SITE}/search/calendar?{urlencode(query)}"
        return f"{SITE}/search/results?{urlencode(_day_query(search))}"

    def build_request(self, search: Search) -> Request:
        if search.kind == SearchKind.CALENDAR:
            url = f"{SITE}{self.xhr_paths[SearchKind.CALENDAR]}"
            return JsonRequest(url, data=_calendar_body(search), meta=NO_REFERRER)
        query = _day_query(search) | {"x-sveltekit-invalidated": "01"}
        url = f"{SITE}/search/results/__data.json?{urlencode(query)}"
        return Request(url, headers={"Accept": "*/*"}, meta=NO_REFERRER)


def _center(search: Search) -> str:
    """Return the center date of a calendar that contains all days of the search."""
    return min(search.first + timedelta(DAYS_EACH_SIDE), search.last).isoformat()


def _day_query(search: Search) -> dict[str, Any]:
    return {
        "O": search.origin,
        "D": search.destination,
        "OD": search.first.isoformat(),
        "A": search.travelers,
        "C": 0,
        "L": 0,
        "RT": "false",
        "ShoppingMethod": "onlineaward",
        "awardType": "MilesOnly",
        "locale": "en-us",
    }


def _calendar_body(search: Search) -> dict[str, Any]:
    no_discount = {
        "code": "",
        "status": 0,
        "expirationDate": f"{search.first.isoformat()}T00:00:00Z",
        "message": "",
        "memo": "",
        "type": 0,
        "searchContainsDiscountedFare": False,
        "campaignName": "",
        "campaignCode": "",
        "distribution": 0,
        "amount": 0,
        "validationErrors": [],
        "maxPassengers": 0,
        "minPassengers": 0,
    }
    return {
        "origins": [search.origin],
        "destinations": [search.destination],
        "dates": [_center(search)],
        "onba": False,
        "dnba": False,
        "numADTs": search.travelers,
        "numCHDs": 0,
        "isAddingToAdultRes": False,
        "sliceToSearch": 0,
        "sliceSelections": [],
        "selectedSegments": [],
        "fareView": "as_awards",
        "discount": no_discount,
        "isAlaska": False,
        "isWholeTripPricing": True,
    }
