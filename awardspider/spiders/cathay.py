"""How to ask Cathay. Endpoints, fields and their sources: docs/sources/cathay.md."""

from __future__ import annotations

import json
from datetime import date
from typing import ClassVar

from scrapy import Request
from scrapy.http import Response

from awardspider.crawling.spider import AwardSpider, lookup
from awardspider.items import Cabin, Search, SearchKind
from awardspider.outcomes import Reason, SearchFailed

SITE = "https://www.cathaypacific.com"
OPTIONS = "https://api.cathaypacific.com/afr/searchpanel/searchoptions"
AVAILABILITY = "https://api.cathaypacific.com/afr/search/availability"

# Their passing troubles, and what may come for a route without miles.
NO_MILES = (400, 404, 408, 500, 502, 503, 504)

CABIN_CODES = {Cabin.ECONOMY: "eco", Cabin.PREMIUM_ECONOMY: "pey", Cabin.BUSINESS: "bus", Cabin.FIRST: "fir"}


class CathaySpider(AwardSpider):
    """Cathay Pacific: a year of seats for one cabin in one request, behind one for the miles and the days on sale."""

    name = "cathay"
    search_kinds = (SearchKind.CALENDAR,)
    days_per_request = 366
    cabins_per_request: ClassVar[dict[SearchKind, tuple[tuple[Cabin, ...], ...]]] = {
        SearchKind.CALENDAR: ((Cabin.ECONOMY,), (Cabin.PREMIUM_ECONOMY,), (Cabin.BUSINESS,), (Cabin.FIRST,)),
    }
    status_reasons: ClassVar[dict[int, Reason]] = {400: Reason.UNREACHABLE}  # passes, as their other troubles do

    def booking_url(self, search: Search) -> str:
        return (
            f"{SITE}/cx/en_HK/book-a-trip/redeem-flights/redeem-flight-awards.html?origin={search.origin}"
            f"&destination={search.destination}&departureDate={search.first:%Y%m%d}&adult={search.travelers}"
        )

    def build_request(self, search: Search) -> Request:
        options = f"{OPTIONS}/en.{search.origin}.{search.destination}.ow.std.CX.json"
        # Without the miles the seats are still worth knowing, so an error here does not end the look.
        return lookup(Request(options, headers={"Accept": "application/json"}), accepts=NO_MILES, keep=True)

    def next_request(self, search: Search, response: Response) -> Request | None:
        if not response.url.startswith(OPTIONS):
            return None
        first, last = _on_sale(search, response.body)
        [cabin] = search.cabins
        asked = f"en.{search.origin}.{search.destination}.{CABIN_CODES[cabin]}.CX.{search.travelers}"
        address = f"{AVAILABILITY}/{asked}.{first:%Y%m%d}.{last:%Y%m%d}.json"
        return Request(address, headers={"Accept": "application/json"})


def _on_sale(search: Search, options: bytes) -> tuple[date, date]:
    """The days to ask for: a range that reaches beyond those on sale could come back empty."""
    try:
        told = json.loads(options)
        start, end = (date.fromisoformat(told[key]) for key in ("searchStartDate", "searchEndDate"))
    except (ValueError, TypeError, KeyError):
        return search.first, search.last
    first, last = max(search.first, start), min(search.last, end)
    if first > last:
        raise SearchFailed(Reason.BAD_REQUEST, f"{search.first}..{search.last}: on sale are {start}..{end}")
    return first, last
