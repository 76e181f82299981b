"""Requests to American. Endpoints, fields and their sources: docs/sources/american.md."""

from __future__ import annotations

import json
from typing import Any, ClassVar
from urllib.parse import quote

from scrapy import Request
from scrapy.http import JsonRequest, Response

from awardspider.crawling.responses import block_pattern
from awardspider.crawling.spider import AwardSpider
from awardspider.items import Cabin, Search, SearchKind
from awardspider.outcomes import Reason

SITE = "https://www.aa.com"

# The site's cabin filters, keyed by the cabins of a search. Without a filter, a response has all cabins.
FILTERS: dict[tuple[Cabin, ...], str] = {
    (Cabin.ECONOMY,): "COACH",
    (Cabin.PREMIUM_ECONOMY,): "PREMIUM_ECONOMY",
    (Cabin.BUSINESS,): "BUSINESS",
    (Cabin.FIRST,): "FIRST",
}
# Sources disagree on the name of this filter. If a month has no award with the first name, the second one is tried.
OTHER_NAMES = {"PREMIUM_ECONOMY": "PREMIUM_COACH"}


class AmericanSpider(AwardSpider):
    """American AAdvantage: each request returns either a month of daily prices for one cabin or a day's flights."""

    name = "american"
    search_kinds = (SearchKind.CALENDAR, SearchKind.ITINERARY)
    # One cabin per request: the site's own filter "BUSINESS,FIRST" returns a price without naming its cabin.
    cabins_per_request: ClassVar = {SearchKind.CALENDAR: tuple(FILTERS)}
    page_markers: ClassVar = {SearchKind.ITINERARY: b"itineraryResult"}
    block_patterns = (
        # This code can mean "no flights" or a block. With HTTP 400, it counts as a block.
        block_pattern(r'"error(Number)?"\s*:\s*"?309\b', Reason.BLOCKED),
        block_pattern(r'"error(Number)?"\s*:\s*"?1100\b', Reason.BAD_REQUEST),
    )

    def booking_url(self, search: Search) -> str:
        one_way = {
            "orig": search.origin,
            "origNearby": False,
            "dest": search.destination,
            "destNearby": False,
            "date": search.first.isoformat(),
        }
        return (
            f"{SITE}/booking/search?locale=en_US&pax={search.travelers}&adult={search.travelers}&type=OneWay"
            f"&searchType=Award&cabin={FILTERS.get(search.cabins, '')}&carriers=ALL"
            f"&slices={quote(json.dumps([one_way], separators=(',', ':')))}"
        )

    def build_request(self, search: Search) -> Request:
        return _request(search, FILTERS.get(search.cabins, ""))

    def next_request(self, search: Search, response: Response) -> Request | None:
        """If a month has no award, build the request for the same month with the filter's other name."""
        cabin = response.request.meta.get("filter") if response.request else None
        other = OTHER_NAMES.get(cabin) if search.kind == SearchKind.CALENDAR and cabin else None
        return _request(search, other) if other and not _has_award(response.body) else None


def _request(search: Search, cabin: str) -> Request:
    return JsonRequest(
        f"{SITE}/booking/api/search/{search.kind}",
        data=_body(search, cabin),
        headers={"Accept": "application/json"},
        meta={"filter": cabin},
    )


def _has_award(body: bytes) -> bool:
    """Return whether any day of the month has a solution; the parser has already checked the structure."""
    months: list[dict[str, Any]] = json.loads(body).get("calendarMonths") or []
    weeks = [week for month in months for week in month.get("weeks") or ()]
    days = [day for week in weeks for day in week.get("days") or ()]
    return any(isinstance(day, dict) and day.get("solution") for day in days)


def _body(search: Search, cabin: str) -> dict[str, Any]:
    return {
        "metadata": {"selectedProducts": [], "tripType": "OneWay", "udo": {}},
        "passengers": [{"type": "adult", "count": search.travelers}],
        "requestHeader": {"clientId": "AAcom"},
        "slices": [
            {
                "allCarriers": True,
                "cabin": cabin,
                "departureDate": search.first.isoformat(),
                "destination": search.destination,
                "destinationNearbyAirports": False,
                "maxStops": None,
                "origin": search.origin,
                "originNearbyAirports": False,
            }
        ],
        "tripOptions": {
            "corporateBooking": False,
            "fareType": "Lowest",
            "locale": "en_US",
            "pointOfSale": None,
            "searchType": "Award",
            "enableBenefits": True,
        },
        "loyaltyInfo": None,
        "version": "",
        "queryParams": {"sliceIndex": 0, "sessionId": "", "solutionSet": "", "solutionId": ""},
    }
