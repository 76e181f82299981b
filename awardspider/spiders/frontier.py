"""Requests to Frontier. The page, its fields and their sources: docs/sources/frontier.md."""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import quote, urlencode

from scrapy import Request
from scrapy.http import Response

from awardspider.crawling import responses
from awardspider.crawling.declaration import intermediate_request
from awardspider.crawling.spider import AwardSpider
from awardspider.items import Cabin, Search, SearchKind

SITE = "https://booking.flyfrontier.com"
RESULTS = "/Flight/Select"  # path of the results page, to which a search redirects


class FrontierSpider(AwardSpider):
    """Frontier Miles: a search redirects to the results page, which contains a day's flights."""

    name = "frontier"
    search_kinds = (SearchKind.ITINERARY,)
    cabins_per_request: ClassVar = {SearchKind.ITINERARY: ((Cabin.ECONOMY,),)}
    page_markers: ClassVar = {SearchKind.ITINERARY: b"FlightData"}

    def booking_url(self, search: Search) -> str:
        query = {
            "o1": search.origin,
            "d1": search.destination,
            "dd1": f"{search.first:%b %d, %Y}",
            "ADT": search.travelers,
            "loy": "true",
            "promo": "",
        }
        return f"{SITE}/Flight/InternalSelect?{urlencode(query, safe=',', quote_via=quote)}"

    def build_request(self, search: Search) -> Request:
        # The site stores the search in cookies: searches that shared them would get each other's results.
        request = Request(self.booking_url(search), meta={"cookiejar": search.id})
        return intermediate_request(request, accepted_statuses=(302,))

    def next_request(self, search: Search, response: Response) -> Request | None:
        if response.status != 302:
            return None
        url = responses.redirect_target(response)
        if not url.startswith(f"{SITE}{RESULTS}"):
            responses.check(response, self.block_patterns)  # raises: redirected elsewhere, perhaps to sign in
        return Request(url, meta={"cookiejar": search.id})
