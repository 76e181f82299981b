"""Requests to SAS. Endpoints, fields and their sources: docs/sources/sas.md."""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import urlencode

from scrapy import Request

from awardspider.crawling.declaration import Transport
from awardspider.crawling.responses import block_pattern
from awardspider.crawling.spider import AwardSpider
from awardspider.items import Search, SearchKind
from awardspider.outcomes import Reason

SITE = "https://www.flysas.com"
MARKET = "en"

# The point of sale, which determines the currency of the taxes (EUR).
POINT_OF_SALE = "lu"


class SasSpider(AwardSpider):
    """SAS EuroBonus: a year of seat counts in one request, or a day's flights from the booking page."""

    name = "sas"
    transport = Transport.BROWSER
    days_per_request = 366
    xhr_paths: ClassVar = {SearchKind.ITINERARY: "/api/offers/flights bookingFlow=points"}
    block_patterns = (block_pattern(r"<title>[^<]*denied boarding", Reason.BLOCKED),)

    def booking_url(self, search: Search) -> str:
        if search.kind == SearchKind.CALENDAR:
            query = {"origin": search.origin, "destination": search.destination, "passengers": search.travelers}
            return f"{SITE}/{MARKET}/award-finder?{urlencode(query)}"
        trip = f"OW_{search.origin}-{search.destination}-{search.first:%Y%m%d}_a{search.travelers}c0i0y0"
        return f"{SITE}/{MARKET}/book/flights?search={trip}&view=upsell&bookingFlow=points"

    def build_request(self, search: Search) -> Request:
        if search.kind == SearchKind.CALENDAR:
            url = f"{SITE}/bff/award-finder/destinations/v1?{urlencode(_seats_query(search))}"
        else:
            url = f"{SITE}/api/offers/flights?{urlencode(_flights_query(search))}"
        return Request(url, headers={"Accept": "application/json"})


def _seats_query(search: Search) -> dict[str, object]:
    """Return the query for one destination, in all cabins; for one month if the search spans only one, else for all."""
    one_month = (search.first.year, search.first.month) == (search.last.year, search.last.month)
    return {
        "market": MARKET,
        "origin": search.origin,
        "destinations": search.destination,
        "selectedMonth": f"{search.first:%Y%m}" if one_month else "",
        "passengers": search.travelers,
        "direct": "false",
        "availability": "true",
        "selectedFlightClass": "",
    }


def _flights_query(search: Search) -> dict[str, object]:
    """Return the query that the site's page sends. SAS refused this query when it was sent over HTTP."""
    return {
        "from": search.origin,
        "to": search.destination,
        "outDate": f"{search.first:%Y%m%d}",
        "adt": search.travelers,
        "chd": 0,
        "inf": 0,
        "yth": 0,
        "bookingFlow": "points",
        "pos": POINT_OF_SALE,
        "channel": "web",
        "displayType": "upsell",
    }
