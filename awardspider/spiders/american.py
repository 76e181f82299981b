"""How to ask American. Endpoints, fields and their sources: docs/sources/american.md."""

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

# What the filter is called, by the cabins that a search is for; all of them without.
FILTERS: dict[tuple[Cabin, ...], str] = {
    (Cabin.ECONOMY,): "COACH",
    (Cabin.PREMIUM_ECONOMY,): "PREMIUM_ECONOMY",
    (Cabin.BUSINESS,): "BUSINESS",
    (Cabin.FIRST,): "FIRST",
}
# Sources disagree on the name of this one: where the first finds nothing in a month, the other is asked.
OTHER_NAMES = {"PREMIUM_ECONOMY": "PREMIUM_COACH"}


class AmericanSpider(AwardSpider):
    """American AAdvantage: a month of day prices for one cabin in one request, a day's flights in another."""

    name = "american"
    search_kinds = (SearchKind.CALENDAR, SearchKind.ITINERARY)
    # One filter each: the site's own "BUSINESS,FIRST" gives one price and does not say for which of the two.
    cabins_per_request: ClassVar[dict[SearchKind, tuple[tuple[Cabin, ...], ...]]] = {
        SearchKind.CALENDAR: tuple(FILTERS)
    }
    page_markers: ClassVar[dict[SearchKind, bytes]] = {SearchKind.ITINERARY: b"itineraryResult"}
    block_patterns = (
        # Where it comes with HTTP 400: "no flights" and "not for you" alike, so no evidence of either.
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
        """The same month under the filter's other name, where it has one and the first found no award."""
        asked = response.request.meta.get("filter") if response.request else None
        other = OTHER_NAMES.get(asked) if search.kind == SearchKind.CALENDAR and asked else None
        return _request(search, other) if other and not _holds_award(response.body) else None


def _request(search: Search, cabin: str) -> Request:
    return JsonRequest(
        f"{SITE}/booking/api/search/{search.kind}",
        data=_question(search, cabin),
        headers={"Accept": "application/json"},
        meta={"filter": cabin},
    )


def _holds_award(body: bytes) -> bool:
    """Whether a day of the month has a solution; the reader has found the shape to be the one that it knows."""
    months: list[dict[str, Any]] = json.loads(body).get("calendarMonths") or []
    weeks = [week for month in months for week in month.get("weeks") or ()]
    days = [day for week in weeks for day in week.get("days") or ()]
    return any(isinstance(day, dict) and day.get("solution") for day in days)


def _question(search: Search, cabin: str) -> dict[str, Any]:
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
