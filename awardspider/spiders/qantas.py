"""Requests to Qantas. Endpoints, fields and their sources: docs/sources/qantas.md."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from scrapy import Request
from scrapy.http import Response

from awardspider.crawling.spider import AwardSpider
from awardspider.items import Search, SearchKind

SITE = "https://flightrewardfinder.qantas.com"


class QantasSpider(AwardSpider):
    """Qantas Frequent Flyer: a day's flights with Classic Flight Rewards, in pages, as Qantas last checked them."""

    name = "qantas"
    search_kinds = (SearchKind.ITINERARY,)

    def booking_url(self, search: Search) -> str:
        return f"{SITE}/?{urlencode(_query(search))}"

    def build_request(self, search: Search) -> Request:
        return _page_request(search, 1)

    def next_request(self, search: Search, response: Response) -> Request | None:
        """Build the request for the next page; the number of pages can grow from page to page."""
        try:
            pagination = json.loads(response.body)["pagination"]
            page, last_page = int(pagination["page"]), int(pagination["maxKnownPage"])
        except (ValueError, TypeError, KeyError, OverflowError):
            return None
        return _page_request(search, page + 1) if 0 < page < last_page else None


def _page_request(search: Search, page: int) -> Request:
    # ic=0 excludes combinations of tickets that the traveler would have to book separately.
    query = urlencode(_query(search) | {"pr": "QF", "pg": page, "ic": 0})
    return Request(f"{SITE}/api/search?{query}", headers={"Accept": "application/json", "Referer": f"{SITE}/"})


def _query(search: Search) -> dict[str, object]:
    days = f"{search.first}I{search.last}"
    return {"o": search.origin, "d": search.destination, "dr": days, "p": search.travelers}
