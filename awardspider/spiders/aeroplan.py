"""Requests to Aeroplan. Endpoints, fields and their sources: docs/sources/aeroplan.md."""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import urlencode

from scrapy import Request
from scrapy.http import JsonRequest, Response

from awardspider.crawling.declaration import Transport
from awardspider.crawling.responses import json_object
from awardspider.crawling.spider import AwardSpider
from awardspider.items import Search, SearchKind
from awardspider.outcomes import UnexpectedResponse
from awardspider.search.countries import country

SITE = "https://www.aircanada.com"
API = "https://akamai-gw.dbaas.aircanada.com/loyalty/dapidynamic/1ASIUDALAC/v2"


class AeroplanSpider(AwardSpider):
    """Air Canada Aeroplan: each request returns a day's flights with the fares of all cabins."""

    name = "aeroplan"
    transport = Transport.BROWSER
    search_kinds = (SearchKind.ITINERARY,)
    sign_in_page = f"{SITE}/aeroplan/member/dashboard?lang=en-CA"
    xhr_paths: ClassVar = {SearchKind.ITINERARY: "/v2/search/air-bounds"}
    needs_auth = (SearchKind.ITINERARY,)
    readable_statuses = (400, 404)  # "no flights" is an error with one of these

    def booking_url(self, search: Search) -> str:
        query = {
            "org0": search.origin,
            "dest0": search.destination,
            "departureDate0": search.first.isoformat(),
            "lang": "en-CA",
            "tripType": "O",
            "ADT": search.travelers,
            "YTH": 0,
            "CHD": 0,
            "INF": 0,
            "INS": 0,
            "marketCode": _market(search),
        }
        return f"{SITE}/aeroplan/redeem/availability/outbound?{urlencode(query)}"

    def auth_request(self) -> Request:
        return Request(f"{API}/reward/market-token", headers={"Accept": "application/json"})

    def parse_auth(self, response: Response) -> None:
        # The structure of the response is unknown, so try the usual names.
        found = json_object(response)
        token = next((found[name] for name in ("accessToken", "access_token", "token") if found.get(name)), None)
        if not isinstance(token, str):
            raise UnexpectedResponse("the token response contains no token")
        self.token = token

    def build_request(self, search: Search) -> Request:
        body = {
            "itineraries": [
                {
                    "originLocationCode": search.origin,
                    "destinationLocationCode": search.destination,
                    "departureDateTime": f"{search.first}T00:00:00.000",
                    "isRequestedBound": True,
                }
            ],
            "travelers": [{"passengerTypeCode": "ADT"}] * search.travelers,
            "commercialFareFamilies": ["REWARD"],
            "searchPreferences": {"showSoldOut": False, "showMilesPrice": True},
        }
        headers = {"Accept": "application/json", "Authorization": f"Bearer {self.token}"}
        return JsonRequest(f"{API}/search/air-bounds", data=body, headers=headers)


def _market(search: Search) -> str:
    """Return Air Canada's market code: domestic, transborder (with the United States) or international."""
    countries = {country(search.origin), country(search.destination)} - {None}
    if countries == {"CA"}:
        return "DOM"
    return "TNB" if countries == {"CA", "US"} else "INT"
