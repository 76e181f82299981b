"""Requests to Southwest. Endpoints, fields and their sources: docs/sources/southwest.md."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar
from urllib.parse import urlencode

from scrapy import Request
from scrapy.http import JsonRequest

from awardspider.crawling.declaration import Transport
from awardspider.crawling.responses import block_pattern
from awardspider.crawling.spider import AwardSpider
from awardspider.items import Cabin, Search, SearchKind
from awardspider.outcomes import Reason

SITE = "https://www.southwest.com"
API = f"{SITE}/api/air-booking/v1/air-booking/page"


class SouthwestSpider(AwardSpider):
    """Southwest Rapid Rewards, by browser: only the page can sign its requests, and unsigned requests get HTTP 403."""

    name = "southwest"
    transport = Transport.BROWSER
    cabins_per_request: ClassVar = {
        SearchKind.CALENDAR: ((Cabin.ECONOMY,),),
        SearchKind.ITINERARY: ((Cabin.ECONOMY,),),
    }
    xhr_paths: ClassVar = {
        SearchKind.CALENDAR: "/air/low-fare-calendar/select-dates",
        SearchKind.ITINERARY: "/air/booking/shopping",
    }
    block_patterns = (
        block_pattern(r"Date must be in the future\.", Reason.BAD_REQUEST),
        block_pattern(r"Enter (departure|arrival) airport\.", Reason.BAD_REQUEST),
        # With HTTP 200, the parser reads these codes as "no flights". With any other status, they prove nothing.
        block_pattern(r"ERROR__NO_(FLIGHTS_AVAILABLE|ROUTES_EXIST)", Reason.UNEXPECTED_RESPONSE),
    )

    def booking_url(self, search: Search) -> str:
        if search.kind == SearchKind.CALENDAR:
            return f"{SITE}/air/low-fare-calendar/select-dates.html?{urlencode(_month_query(search))}"
        return f"{SITE}/air/booking/select-depart.html?{urlencode(_day_query(search) | {'int': 'HOMEQBOMAIR'})}"

    def build_request(self, search: Search) -> Request:
        headers = {
            "Accept": "application/json",
            "X-Channel-Id": "southwest",
            "X-User-Experience-Id": str(uuid.uuid4()),
        }
        if search.kind == SearchKind.CALENDAR:
            data = _month_query(search)
        else:
            data = _day_query(search) | {"lapInfantPassengersCount": "0", "returnAirportCode": ""}
            data |= dict.fromkeys(("teensCount", "olderChildCount", "youngerChildCount"), "0")
        return JsonRequest(f"{API}{self.xhr_paths[search.kind]}", data=data, headers=headers)


def _day_query(search: Search) -> dict[str, Any]:
    return {
        "adultPassengersCount": str(search.travelers),
        "adultsCount": str(search.travelers),
        "departureDate": search.first.isoformat(),
        "departureTimeOfDay": "ALL_DAY",
        "destinationAirportCode": search.destination,
        "fareType": "POINTS",
        "originationAirportCode": search.origin,
        "passengerType": "ADULT",
        "promoCode": "",
        "returnDate": "",
        "returnTimeOfDay": "ALL_DAY",
        "tripType": "oneway",
    }


def _month_query(search: Search) -> dict[str, Any]:
    return {
        "adultPassengersCount": str(search.travelers),
        "currencyCode": "POINTS",
        "departureDate": search.first.isoformat(),
        "destinationAirportCode": search.destination,
        "lapInfantPassengersCount": "0",
        "originationAirportCode": search.origin,
        "passengerType": "ADULT",
        "promoCode": "",
        "returnAirportCode": "",
        "returnDate": "",
        "selectedFlight1": search.first.isoformat(),
        "selectedFlight2": "",
        "tripType": "oneway",
    }
