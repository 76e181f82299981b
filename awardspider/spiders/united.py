"""How to ask United. Endpoints, fields and their sources: docs/sources/united.md."""

from __future__ import annotations

import json
import uuid
from typing import Any, ClassVar

from scrapy import Request
from scrapy.http import JsonRequest, Response

from awardspider.items import Search
from awardspider.outcomes import Changed, Reason
from awardspider.spiders.answers import sign
from awardspider.spiders.bases import AwardSpider

SITE = "https://www.united.com"


class UnitedSpider(AwardSpider):
    """United MileagePlus: a month of day prices in one request, a day's flights in another."""

    name = "united"
    kinds = ("calendar", "itinerary")
    sign_in_page = f"{SITE}/en/us/account/signin"
    answer_paths: ClassVar[dict[str, str]] = {
        "calendar": "/api/flight/FetchAwardCalendar",
        "itinerary": "/api/flight/FetchFlights",
    }
    prepares = ("calendar", "itinerary")
    signs = (
        sign(r"you must be signed[- ]in to see flight results with miles", Reason.SIGN_IN_NEEDED),
        sign(r"united\.com was unable to complete", Reason.BLOCKED),
        sign(r"can't process this request\. Please restart your search", Reason.BAD_REQUEST),
        sign(r"you entered is not valid or the airport is not served", Reason.BAD_REQUEST),
    )

    def booking_link(self, search: Search) -> str:
        view = "&calendar=1" if search.kind == "calendar" else ""
        return (
            f"{SITE}/en/us/fsr/choose-flights?f={search.origin}&t={search.destination}&d={search.first}"
            f"&tt=1&at=1&sc=7&px={search.travelers}&taxng=1&newHP=True&clm=7&st=bestmatches&tqp=A{view}"
        )

    def preparation(self) -> Request:
        return Request(f"{SITE}/api/token/anonymous", headers={"Accept": "application/json"})

    def prepared(self, response: Response) -> None:
        """Take the token: the shape of today's answer is not known, so the older one and the plain ones are read."""
        try:
            answer = json.loads(response.body)
        except ValueError as error:
            raise Changed(f"the token's answer is not JSON: {error}") from error
        data = answer.get("data") or answer if isinstance(answer, dict) else {}
        token = data.get("token") if isinstance(data, dict) else None
        value = token.get("hash") if isinstance(token, dict) else token
        if not isinstance(value, str) or not value:
            raise Changed("the token's answer holds no token")
        self.token = value

    def ask(self, search: Search) -> Request:
        path = self.answer_paths[search.kind]
        headers = {
            "Accept": "application/json",
            "Accept-Language": "en-US",
            "X-Authorization-api": f"bearer {self.token}",
        }
        return JsonRequest(f"{SITE}{path}", data=_question(search), headers=headers)


def _question(search: Search) -> dict[str, Any]:
    calendar = search.kind == "calendar"
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
        "CalendarLengthOfStay": -1 if calendar else 0,
        "PetCount": 0,
        "RecentSearchKey": f"{search.origin}{search.destination}{search.first:%m/%d/%Y}",
        "CalendarFilters": {"Filters": {"PriceScheduleOptions": {"Stops": 1}}},
        "Characteristics": [{"Code": "SOFT_LOGGED_IN", "Value": False}, {"Code": "UsePassedCartId", "Value": False}],
        "FareType": "mixedtoggle",
        "BuildHashValue": "true",
        "FlexibleDaysAfter": 0,
        "FlexibleDaysBefore": 0,
    }
