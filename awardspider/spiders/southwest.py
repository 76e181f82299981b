"""How to ask Southwest. Endpoints, fields and their sources: docs/sources/southwest.md."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar
from urllib.parse import urlencode

from scrapy import Request
from scrapy.http import JsonRequest

from awardspider.items import Cabin, Search
from awardspider.outcomes import Reason
from awardspider.spiders.answers import sign
from awardspider.spiders.bases import AwardSpider

SITE = "https://www.southwest.com"
API = f"{SITE}/api/air-booking/v1/air-booking/page"


class SouthwestSpider(AwardSpider):
    """Southwest Rapid Rewards: by browser, as only the page can sign its requests; the plain way is told 403."""

    name = "southwest"
    transport = "browser"
    cabins_asked: ClassVar[dict[str, tuple[tuple[Cabin, ...], ...]]] = {
        "calendar": ((Cabin.ECONOMY,),),
        "itinerary": ((Cabin.ECONOMY,),),
    }
    answer_paths: ClassVar[dict[str, str]] = {
        "calendar": "/air/low-fare-calendar/select-dates",
        "itinerary": "/air/booking/shopping",
    }
    signs = (
        sign(r"Date must be in the future\.", Reason.BAD_REQUEST),
        sign(r"Enter (departure|arrival) airport\.", Reason.BAD_REQUEST),
        # Its ways to say none, which are read where they come with 200: with another status they are no evidence.
        sign(r"ERROR__NO_(FLIGHTS_AVAILABLE|ROUTES_EXIST)", Reason.CHANGED),
    )

    def booking_link(self, search: Search) -> str:
        if search.kind == "calendar":
            return f"{SITE}/air/low-fare-calendar/select-dates.html?{urlencode(_month(search))}"
        return f"{SITE}/air/booking/select-depart.html?{urlencode(_day(search) | {'int': 'HOMEQBOMAIR'})}"

    def ask(self, search: Search) -> Request:
        headers = {
            "Accept": "application/json",
            "X-Channel-Id": "southwest",
            "X-User-Experience-Id": str(uuid.uuid4()),
        }
        if search.kind == "calendar":
            return JsonRequest(f"{API}{self.answer_paths['calendar']}", data=_month(search), headers=headers)
        party = {"lapInfantPassengersCount": "0", "returnAirportCode": ""}
        party |= dict.fromkeys(("teensCount", "olderChildCount", "youngerChildCount"), "0")
        return JsonRequest(f"{API}{self.answer_paths['itinerary']}", data=_day(search) | party, headers=headers)


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
