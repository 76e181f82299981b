"""Requests to United. Endpoints, fields and their sources: docs/sources/united.md."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from scrapy import Request
from scrapy.http import JsonRequest, Response

from awardspider.crawling.responses import block_pattern, json_object
from awardspider.crawling.spider import AwardSpider
from awardspider.items import Search, SearchKind
from awardspider.outcomes import Reason, UnexpectedResponse

SITE = "https://www.united.com"


class UnitedSpider(AwardSpider):
    """United MileagePlus: each request returns either a month of daily prices or a day's flights."""

    name = "united"
    search_kinds = (SearchKind.CALENDAR, SearchKind.ITINERARY)
    sign_in_page = f"{SITE}/en/us/account/signin"
    xhr_paths: ClassVar = {
        SearchKind.CALENDAR: "/api/flight/FetchAwardCalendar",
        SearchKind.ITINERARY: "/api/flight/FetchFlights",
    }
    needs_auth = (SearchKind.CALENDAR, SearchKind.ITINERARY)
    block_patterns = (
        block_pattern(r"you must be signed[- ]in to see flight results with miles", Reason.SIGN_IN_NEEDED),
        block_pattern(r"united\.com was unable to complete", Reason.BLOCKED),
        block_pattern(r"can't process this request\. Please restart your search", Reason.BAD_REQUEST),
        block_pattern(r"you entered is not valid or the airport is not served", Reason.BAD_REQUEST),
    )

    def booking_url(self, search: Search) -> str:
        view = "&calendar=1" if search.kind == SearchKind.CALENDAR else ""
        return (
            f"{SITE}/en/us/fsr/choose-flights?f={search.origin}&t={search.destination}&d={search.first}"
            f"&tt=1&at=1&sc=7&px={search.travelers}&taxng=1&newHP=True&clm=7&st=bestmatches&tqp=A{view}"
        )

    def auth_request(self) -> Request:
        return Request(f"{SITE}/api/token/anonymous", headers={"Accept": "application/json"})

    def parse_auth(self, response: Response) -> None:
        # The current structure is unknown, so try the older one (data.token.hash) and simpler ones.
        found = json_object(response)
        data = found.get("data") or found
        token = data.get("token") if isinstance(data, dict) else None
        value = token.get("hash") if isinstance(token, dict) else token
        if not isinstance(value, str) or not value:
            raise UnexpectedResponse("the token response contains no token")
        self.token = value

    def build_request(self, search: Search) -> Request:
        headers = {
            "Accept": "application/json",
            "Accept-Language": "en-US",
            "X-Authorization-api": f"bearer {self.token}",
        }
        return JsonRequest(f"{SITE}{self.xhr_paths[search.kind]}", data=_body(search), headers=headers)


def _body(search: Search) -> dict[str, Any]:
    return {
        "SearchTypeSelection": 1,
        "SortType": "bestmatches",
        "SortTypeDescending": False,
        "Trips": [
            {
                "Origin": search.origin,
                "Destination": search.destination,
                "DepartDate": search.first.isoformat(),
                "Index": 1,
                "TripIndex": 1,
                "SearchRadiusMilesOrigin": 0,
                "SearchRadiusMilesDestination": 0,
                "DepartTimeApprox": 0,
                "SearchFiltersIn": {"FareFamily": "ECONOMY", "AirportsStop": None, "AirportsStopToAvoid": None},
            }
        ],
        "CabinPreferenceMain": "economy",
        "CartId": str(uuid.uuid4()),
        "PaxInfoList": [{"PaxType": 1}] * search.travelers,
        "AwardTravel": True,
        "NGRP": True,
        "CalendarLengthOfStay": -1 if search.kind == SearchKind.CALENDAR else 0,
        "PetCount": 0,
        "RecentSearchKey": f"{search.origin}{search.destination}{search.first:%m/%d/%Y}",
        "CalendarFilters": {"Filters": {"PriceScheduleOptions": {"Stops": 1}}},
        "Characteristics": [{"Code": "SOFT_LOGGED_IN", "Value": False}, {"Code": "UsePassedCartId", "Value": False}],
        "FareType": "mixedtoggle",
        "BuildHashValue": "true",
        "FlexibleDaysAfter": 0,
        "FlexibleDaysBefore": 0,
    }
