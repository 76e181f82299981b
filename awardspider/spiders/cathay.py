"""Requests to Cathay. Endpoints, fields and their sources: docs/sources/cathay.md."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from scrapy import Request
from scrapy.http import Response

from awardspider.crawling.declaration import intermediate_request
from awardspider.crawling.responses import json_object
from awardspider.crawling.spider import AwardSpider
from awardspider.items import Cabin, Search, SearchKind
from awardspider.outcomes import Reason, SearchFailed

SITE = "https://www.cathaypacific.com"
OPTIONS = "https://api.cathaypacific.com/afr/searchpanel/searchoptions"
AVAILABILITY = "https://api.cathaypacific.com/afr/search/availability"

# Statuses of temporary errors, and of possible responses for a route without miles.
STATUSES_WITHOUT_MILES = (400, 404, 408, 500, 502, 503, 504)

CABIN_CODES = {Cabin.ECONOMY: "eco", Cabin.PREMIUM_ECONOMY: "pey", Cabin.BUSINESS: "bus", Cabin.FIRST: "fir"}


class CathaySpider(AwardSpider):
    """Cathay Pacific: a year of availability in one cabin, after a request for the miles and the days on sale."""

    name = "cathay"
    search_kinds = (SearchKind.CALENDAR,)
    days_per_request = 366
    cabins_per_request: ClassVar = {SearchKind.CALENDAR: tuple((cabin,) for cabin in Cabin)}
    status_reasons: ClassVar = {400: Reason.UNREACHABLE}  # temporary, like Cathay's other errors

    def booking_url(self, search: Search) -> str:
        return (
            f"{SITE}/cx/en_HK/book-a-trip/redeem-flights/redeem-flight-awards.html?origin={search.origin}"
            f"&destination={search.destination}&departureDate={search.first:%Y%m%d}&adult={search.travelers}"
        )

    def build_request(self, search: Search) -> Request:
        url = f"{OPTIONS}/en.{search.origin}.{search.destination}.ow.std.CX.json"
        request = Request(url, headers={"Accept": "application/json"})
        # The availability is useful even without the miles, so an error here does not end the search.
        return intermediate_request(request, accepted_statuses=STATUSES_WITHOUT_MILES, keep_body=True)

    def next_request(self, search: Search, response: Response) -> Request | None:
        if not response.url.startswith(OPTIONS):
            return None
        first, last = _days_on_sale(search, response)
        [cabin] = search.cabins
        scope = f"en.{search.origin}.{search.destination}.{CABIN_CODES[cabin]}.CX.{search.travelers}"
        url = f"{AVAILABILITY}/{scope}.{first:%Y%m%d}.{last:%Y%m%d}.json"
        return Request(url, headers={"Accept": "application/json"})


def _days_on_sale(search: Search, response: Response) -> tuple[date, date]:
    """Return the searched days that are on sale, or all of them if the days on sale are unknown.

    A request that reaches beyond the days on sale could return an empty response.
    """
    try:
        options = json_object(response)
        start, end = (date.fromisoformat(options[key]) for key in ("searchStartDate", "searchEndDate"))
    except (ValueError, TypeError, KeyError, SearchFailed):
        return search.first, search.last
    first, last = max(search.first, start), min(search.last, end)
    if first > last:
        raise SearchFailed(Reason.BAD_REQUEST, f"{search.first}..{search.last} is not on sale ({start}..{end} is)")
    return first, last
