"""How to ask Frontier. The page, its fields and their sources: docs/sources/frontier.md."""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import quote, urlencode

from scrapy import Request
from scrapy.http import Response

from awardspider.crawling import responses
from awardspider.crawling.spider import AwardSpider, lookup
from awardspider.items import Cabin, Search, SearchKind

SITE = "https://booking.flyfrontier.com"
RESULTS = "/Flight/Select"  # where the search is sent on to


class FrontierSpider(AwardSpider):
    """Frontier Miles: a search that redirects to the page of results, which holds the flights itself."""

    name = "frontier"
    search_kinds: ClassVar[tuple[SearchKind, ...]] = (SearchKind.ITINERARY,)
    cabins_per_request: ClassVar[dict[SearchKind, tuple[tuple[Cabin, ...], ...]]] = {
        SearchKind.ITINERARY: ((Cabin.ECONOMY,),)
    }
    page_markers: ClassVar[dict[SearchKind, bytes]] = {SearchKind.ITINERARY: b"FlightData"}

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
        # The site keeps the search in its cookies: looks that share them would read each other's results.
        return lookup(Request(self.booking_url(search), meta={"cookiejar": search.id}), accepts=(302,))

    def next_request(self, search: Search, response: Response) -> Request | None:
        if response.status != 302:
            return None
        address = response.urljoin((response.headers.get("Location") or b"").decode("latin-1"))
        if not address.startswith(f"{SITE}{RESULTS}"):
            responses.check(response, self.block_patterns)  # raises: sent elsewhere, perhaps to sign in
        return Request(address, meta={"cookiejar": search.id})
