"""How to ask Southwest. Endpoints, fields and their sources: docs/sources/southwest.md."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar
from urllib.parse import urlencode

from scrapy import Request
from scrapy.http import JsonRequest

from awardspider.crawling.responses import block_pattern
from awardspider.crawling.spider import AwardSpider
from awardspider.items import Cabin, Search, SearchKind
from awardspider.outcomes import Reason

SITE = "https://www.southwest.com"
API = f"{SITE}/api/air-booking/v1/air-booking/page"


class SouthwestSpider(AwardSpider):
    """Southwest Rapid Rewards: by browser, as only the page can sign its requests; the plain way is told 403."""

    name = "southwest"
    transport = "browser"
    cabins_per_request: ClassVar[dict[SearchKind, tuple[tuple[Cabin, ...], ...]]] = {
        SearchKind.CALENDAR: ((Cabin.ECONOMY,),),
        SearchKind.ITINERARY: ((Cabin.ECONOMY,),),
    }
    xhr_paths: ClassVar[dict[SearchKind, str]] = {
        SearchKind.CALENDAR: "/air/low-fare-calendar/select-dates",
        SearchKind.ITINERARY: "/air/booking/shopping",
    }
    block_patterns = (
        block_pattern(r"Date must be in the future\.", Reason.BAD_REQUEST),
        block_pattern(r"Enter (departure|arrival) airport\.", Reason.BAD_REQUEST),
        # Its ways to say none, which are read where they come with 200: with another status they are no evidence.
        block_pattern(r"ERROR__NO_(FLIGHTS_AVAILABLE|ROUTES_EXIST)", Reason.UNEXPECTED_RESPONSE),
    )

    def booking_url(self, search: Search) -> str:
        if search.kind == SearchKind.CALENDAR:
            return f"{SITE}/air/low-fare-calendar/select-dates.html?{urlencode(_month(search))}"
        return f"{SITE}/air/booking/select-depart.html?{urlencode(_day(search) | {'int': 'HOMEQBOMAIR'})}"

    def build_request(self, search: Search) -> Request:
        headers = {
            "Accept": "application/json",
            "X-Channel-Id": "southwest",
            "X-User-Experience-Id": str(uuid.uuid4()),
        }
        if search.kind == SearchKind.CALENDAR:
            return JsonRequest(f"{API}{self.xhr_paths[SearchKind.CALENDAR]}", data=_month(search), headers=headers)
        party = {"lapInfantPassengersCount": "0", "returnAirportCode": ""}
        party |= dict.fromkeys(("teensCount", "olderChildCount", "youngerChildCount"), "0")
        return JsonRequest(f"{API}{self.xhr_paths[SearchKind.ITINERARY]}", data=_day(search) | party, headers=headers)


def _day(search: Search) -> dict[str, Any]:
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


def _month(search: Search) -> dict[str, Any]:
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
