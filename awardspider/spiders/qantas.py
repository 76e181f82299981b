"""How to ask Qantas. Endpoints, fields and their sources: docs/sources/qantas.md."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from scrapy import Request
from scrapy.http import Response

from awardspider.crawling.spider import AwardSpider
from awardspider.items import Search, SearchKind
from awardspider.parsers._values import positive_int

SITE = "https://flightrewardfinder.qantas.com"


class QantasSpider(AwardSpider):
    """Qantas Frequent Flyer: a day's flights with Classic Flight Rewards, page by page, as Qantas last saw them."""

    name = "qantas"
    search_kinds = (SearchKind.ITINERARY,)

    def booking_url(self, search: Search) -> str:
        return f"{SITE}/?{urlencode(_asked(search))}"

    def build_request(self, search: Search) -> Request:
        return _page(search, 1)

    def next_request(self, search: Search, response: Response) -> Request | None:
        """The next page: how many there are can grow while one turns them."""
        try:
            pages = json.loads(response.body)["pagination"]
            page, known = positive_int(pages["page"]), positive_int(pages["maxKnownPage"])
        except (ValueError, TypeError, KeyError):
            return None
        return _page(search, page + 1) if page and known and page < known else None


def _page(search: Search, page: int) -> Request:
    # ic: no combinations of tickets that the traveler would have to join.
    query = urlencode(_asked(search) | {"pr": "QF", "pg": page, "ic": 0})
    return Request(f"{SITE}/api/search?{query}", headers={"Accept": "application/json", "Referer": f"{SITE}/"})


def _asked(search: Search) -> dict[str, object]:
    days = f"{search.first}I{search.last}"
    return {"o": search.origin, "d": search.destination, "dr": days, "p": search.travelers}
