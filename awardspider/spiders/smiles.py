"""Requests to Smiles. Endpoints, fields and their sources: docs/sources/smiles.md."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import ClassVar
from urllib.parse import urlencode

from scrapy import Request

from awardspider.crawling.responses import block_pattern
from awardspider.crawling.spider import AwardSpider
from awardspider.items import Search, SearchKind
from awardspider.outcomes import Reason

SITE = "https://www.smiles.com.br"
ENDPOINT = "https://api-air-flightsearch-prd.smiles.com.br/v1/airlines/search"

ONE_WAY = 2

# The page's URL has the day as a timestamp in milliseconds. At this hour it is the same day in Brazil and in UTC.
NOON_IN_BRAZIL = time(15, tzinfo=UTC)


class SmilesSpider(AwardSpider):
    """GOL Smiles: each request returns a day's flights on GOL and its partners."""

    name = "smiles"
    search_kinds = (SearchKind.ITINERARY,)
    xhr_paths: ClassVar = {SearchKind.ITINERARY: "/v1/airlines/search"}
    readable_statuses = (400, 404)  # returned for "no flights" and for a bad request
    block_patterns = (
        block_pattern(r"something went wrong", Reason.BLOCKED),
        block_pattern(r"code\W+113\b", Reason.UNREACHABLE),  # the seats were sold during the search
    )

    def booking_url(self, search: Search) -> str:
        day = datetime.combine(search.first, NOON_IN_BRAZIL)
        query = {
            "tripType": ONE_WAY,
            "originAirport": search.origin,
            "destinationAirport": search.destination,
            "departureDate": int(day.timestamp() * 1000),
            "returnDate": "",
            "adults": search.travelers,
            "children": 0,
            "infants": 0,
            "cabin": "ALL",
            "searchType": "g3",
            "segments": 1,
            "isFlexibleDateChecked": "false",
        }
        return f"{SITE}/mfe/emissao-passagem/?{urlencode(query)}"

    def build_request(self, search: Search) -> Request:
        query = {
            "adults": search.travelers,
            "children": 0,
            "infants": 0,
            "cabinType": "all",
            "originAirportCode": search.origin,
            "destinationAirportCode": search.destination,
            "departureDate": search.first.isoformat(),
            "tripType": ONE_WAY,
            "currencyCode": "BRL",
            "isFlexibleDateChecked": "false",
            "forceCongener": "false",
            "memberNumber": "",
            "r": "br",
        }
        headers = {
            "Accept": "application/json",
            "x-api-key": self.access_key,
            "region": "BRASIL",
            "channel": "WEB",
            "language": "pt-BR",
            "Origin": SITE,
            "Referer": f"{SITE}/",
        }
        return Request(f"{ENDPOINT}?{urlencode(query)}", headers=headers)
