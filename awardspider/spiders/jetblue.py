"""How to ask JetBlue. Endpoints, fields and their sources: docs/sources/jetblue.md."""

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
CONFIG = b"rwb-config"  # id of the script that holds the key
KEY = re.compile(rb"crystalBlueSubscriptionKey\\?[\"']?\s*:\s*\\?[\"']([^\"'\\]+)")


class JetblueSpider(AwardSpider):
    """JetBlue TrueBlue: a month of lowest fares in one request, a day's flights in another with the page's own key."""

    name = "jetblue"
    cabins_per_request: ClassVar[dict[SearchKind, tuple[tuple[Cabin, ...], ...]]] = {
        SearchKind.CALENDAR: ((Cabin.ECONOMY,),)
    }
    xhr_paths: ClassVar[dict[SearchKind, str]] = {
        SearchKind.CALENDAR: "/bff/bff-service/bestFares/",
        SearchKind.ITINERARY: "/cb-flight-search/v1/search/NGB",
    }
    needs_auth: ClassVar[tuple[SearchKind, ...]] = (SearchKind.ITINERARY,)
    refresh_on: ClassVar[tuple[int, ...]] = (401, 403)
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
        return Request(f"{SITE}/booking/", meta={"mark": CONFIG})

    def parse_auth(self, response: Response) -> None:
        """Take the key that the page gives every visitor."""
        script = response.body.partition(CONFIG)[2].partition(b"</script>")[0].replace(b"&quot;", b'"')
        key = KEY.search(script)
        if key is None:
            raise UnexpectedResponse("the page's rwb-config holds no crystalBlueSubscriptionKey")
        self.token = key[1].decode("latin-1")

    def build_request(self, search: Search) -> Request:
        if search.kind == SearchKind.CALENDAR:
            return JsonRequest(MONTH, data=_month(search))
        headers = {"Application-Channel": "Desktop_Web", "Origin": SITE, "Referer": f"{SITE}/"}
        headers["Ocp-Apim-Subscription-Key"] = self.token
        return JsonRequest(DAY, data=_day(search), headers=headers)


def _month(search: Search) -> dict[str, Any]:
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


def _day(search: Search) -> dict[str, Any]:
    return {
        "awardBooking": True,
        "travelerTypes": [{"type": "ADULT", "quantity": search.travelers}],
        "searchComponents": [{"from": search.origin, "to": search.destination, "date": search.first.isoformat()}],
    }
