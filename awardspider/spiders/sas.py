"""How to ask SAS. Endpoints, fields and their sources: docs/sources/sas.md."""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import urlencode

from scrapy import Request

from awardspider.crawling.responses import block_pattern
from awardspider.crawling.spider import AwardSpider
from awardspider.items import Search, SearchKind
from awardspider.outcomes import Reason

SITE = "https://www.flysas.com"
MARKET = "en"

# Where the flights are sold from: it decides the currency of the taxes (EUR).
POINT_OF_SALE = "lu"


class SasSpider(AwardSpider):
    """SAS EuroBonus: a year of seat counts in one request; a day's flights, with points, by the site's own page."""

    name = "sas"
    transport = "browser"
    days_per_request = 366
    xhr_paths: ClassVar[dict[SearchKind, str]] = {SearchKind.ITINERARY: "/api/offers/flights bookingFlow=points"}
    block_patterns = (block_pattern(r"<title>[^<]*denied boarding", Reason.BLOCKED),)

    def booking_url(self, search: Search) -> str:
        if search.kind == SearchKind.CALENDAR:
            asked = {"origin": search.origin, "destination": search.destination, "passengers": search.travelers}
            return f"{SITE}/{MARKET}/award-finder?{urlencode(asked)}"
        trip = f"OW_{search.origin}-{search.destination}-{search.first:%Y%m%d}_a{search.travelers}c0i0y0"
        return f"{SITE}/{MARKET}/book/flights?search={trip}&view=upsell&bookingFlow=points"

    def build_request(self, search: Search) -> Request:
        path, asked = _flights(search) if search.kind == SearchKind.ITINERARY else _seats(search)
        return Request(f"{SITE}{path}?{urlencode(asked)}", headers={"Accept": "application/json"})


def _seats(search: Search) -> tuple[str, dict[str, object]]:
    """One destination, every cabin and flight, all months; only one of them where no other is asked for."""
    one_month = (search.first.year, search.first.month) == (search.last.year, search.last.month)
    return "/bff/award-finder/destinations/v1", {
        "market": MARKET,
        "origin": search.origin,
        "destinations": search.destination,
        "selectedMonth": f"{search.first:%Y%m}" if one_month else "",
        "passengers": search.travelers,
        "direct": "false",
        "availability": "true",
        "selectedFlightClass": "",
    }


def _flights(search: Search) -> tuple[str, dict[str, object]]:
    """The question that the site's own page asks; asked plainly it was refused."""
    return "/api/offers/flights", {
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
