"""Requests to JetBlue. Endpoints, fields and their sources: docs/sources/jetblue.md."""

from __future__ import annotations

import re
from typing import Any, ClassVar
from urllib.parse import urlencode

from scrapy import Request
from scrapy.http import JsonRequest, Response

from awardspider.crawling.responses import block_pattern
from awardspider.crawling.spider import AwardSpider
from awardspider.items import Cabin, Search, SearchKind
from awardspider.outcomes import Reason, UnexpectedResponse

SITE = "https://www.jetblue.com"
MONTH = "https://jbrest.jetblue.com/bff/bff-service/bestFares/"
DAY = "https://cb-api.jetblue.com/cb-flight-search/v1/search/NGB"
CONFIG = b"rwb-config"  # id of the script that contains the key
KEY = re.compile(rb"crystalBlueSubscriptionKey\\?[\"']?\s*:\s*\\?[\"']([^\"'\\]+)")


class JetblueSpider(AwardSpider):
    """JetBlue TrueBlue: a month of lowest fares, or a day's flights, requested with a key from the booking page."""

    name = "jetblue"
    cabins_per_request: ClassVar = {SearchKind.CALENDAR: ((Cabin.ECONOMY,),)}
    xhr_paths: ClassVar = {
        SearchKind.CALENDAR: "/bff/bff-service/bestFares/",
        SearchKind.ITINERARY: "/cb-flight-search/v1/search/NGB",
    }
    needs_auth = (SearchKind.ITINERARY,)
    refresh_on = (401, 403)
    readable_statuses = (400,)  # "no such route or month" is an error with this status
    block_patterns = (
        block_pattern(r"Invalid Request", Reason.BLOCKED),
        block_pattern(r"JB_UPSTREAM_ERROR", Reason.UNREACHABLE),
        block_pattern(r"dates for your search cannot be in the past", Reason.BAD_REQUEST),
    )

    def booking_url(self, search: Search) -> str:
        query = {
            "from": search.origin,
            "to": search.destination,
            "depart": search.first.isoformat(),
            "isMultiCity": "false",
            "noOfRoute": 1,
            "lang": "en",
            "adults": search.travelers,
            "children": 0,
            "infants": 0,
            "sharedMarket": "false",
            "roundTripFaresFlag": "false",
            "usePoints": "true",
        }
        page = "best-fare-finder" if search.kind == SearchKind.CALENDAR else "booking/flights"
        return f"{SITE}/{page}?{urlencode(query)}"

    def auth_request(self) -> Request:
        return Request(f"{SITE}/booking/", meta={"page_marker": CONFIG})

    def parse_auth(self, response: Response) -> None:
        # The page gives this key to every visitor.
        script = response.body.partition(CONFIG)[2].partition(b"</script>")[0].replace(b"&quot;", b'"')
        key = KEY.search(script)
        if key is None:
            raise UnexpectedResponse("the page's rwb-config contains no crystalBlueSubscriptionKey")
        self.token = key[1].decode("latin-1")

    def build_request(self, search: Search) -> Request:
        if search.kind == SearchKind.CALENDAR:
            return JsonRequest(MONTH, data=_month_body(search))
        headers = {"Application-Channel": "Desktop_Web", "Origin": SITE, "Referer": f"{SITE}/"}
        headers["Ocp-Apim-Subscription-Key"] = self.token
        return JsonRequest(DAY, data=_day_body(search), headers=headers)


def _month_body(search: Search) -> dict[str, Any]:
    return {
        "origin": search.origin,
        "destination": search.destination,
        "month": f"{search.first:%B %Y}".upper(),
        "fareType": "POINTS",
        "tripType": "ONE_WAY",
        "adult": search.travelers,
        "child": 0,
        "infant": 0,
        "currency": "USD",
    }


def _day_body(search: Search) -> dict[str, Any]:
    return {
        "awardBooking": True,
        "travelerTypes": [{"type": "ADULT", "quantity": search.travelers}],
        "searchComponents": [{"from": search.origin, "to": search.destination, "date": search.first.isoformat()}],
    }
