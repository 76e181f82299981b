"""How to ask Frontier. The page, its fields and their sources: docs/sources/frontier.md."""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import quote, urlencode

from scrapy import Request
from scrapy.http import Response

from awardspider.items import Cabin, Search
from awardspider.spiders import answers
from awardspider.spiders.bases import AwardSpider, lookup

SITE = "https://booking.flyfrontier.com"
RESULTS = "/Flight/Select"  # where the search is sent on to


class FrontierSpider(AwardSpider):
    """Frontier Miles: a search that redirects to the page of results, which holds the flights itself."""

    name = "frontier"
    kinds: ClassVar[tuple[str, ...]] = ("itinerary",)
    cabins_asked: ClassVar[dict[str, tuple[tuple[Cabin, ...], ...]]] = {"itinerary": ((Cabin.ECONOMY,),)}
    answer_marks: ClassVar[dict[str, bytes]] = {"itinerary": b"FlightData"}

    def booking_link(self, search: Search) -> str:
        query = {
            "o1": search.origin,
            "d1": search.destination,
            "dd1": f"{search.first:%b %d, %Y}",
            "ADT": search.travelers,
            "loy": "true",
            "promo": "",
        }
        return f"{SITE}/Flight/InternalSelect?{urlencode(query, safe=',', quote_via=quote)}"

    def ask(self, search: Search) -> Request:
        # The site keeps the search in its cookies: looks that share them would read each other's results.
        return lookup(Request(self.booking_link(search), meta={"cookiejar": search.id}), accepts=(302,))

    def follow(self, search: Search, response: Response) -> Request | None:
        if response.status != 302:
            return None
        address = response.urljoin((response.headers.get("Location") or b"").decode("latin-1"))
        if not address.startswith(f"{SITE}{RESULTS}"):
            answers.check(response, self.signs)  # raises: sent elsewhere, perhaps to sign in
        return Request(address, meta={"cookiejar": search.id})
