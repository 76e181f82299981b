"""How to ask Aeroplan. Endpoints, fields and their sources: docs/sources/aeroplan.md."""

from __future__ import annotations

import json
from typing import ClassVar
from urllib.parse import urlencode

from scrapy import Request
from scrapy.http import JsonRequest, Response

from awardspider.crawling.spider import AwardSpider
from awardspider.items import Search, SearchKind, airports
from awardspider.outcomes import UnexpectedResponse

SITE = "https://www.aircanada.com"
API = "https://akamai-gw.dbaas.aircanada.com/loyalty/dapidynamic/1ASIUDALAC/v2"


class AeroplanSpider(AwardSpider):
    """Air Canada Aeroplan: a day's flights with every fare of every cabin in one request."""

    name = "aeroplan"
    transport = "browser"
    search_kinds = (SearchKind.ITINERARY,)
    sign_in_page = f"{SITE}/aeroplan/member/dashboard?lang=en-CA"
    xhr_paths: ClassVar[dict[SearchKind, str]] = {SearchKind.ITINERARY: "/v2/search/air-bounds"}
    needs_auth = (SearchKind.ITINERARY,)
    readable_statuses = (400, 404)  # with the error that says "no flights"

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
        """Take the token; the shape of its answer is not known, so the usual names are tried."""
        try:
            answer = json.loads(response.body)
        except ValueError as error:
            raise UnexpectedResponse(f"the token's answer is not JSON: {error}") from error
        found = answer if isinstance(answer, dict) else {}
        token = next((found[name] for name in ("accessToken", "access_token", "token") if found.get(name)), None)
        if not isinstance(token, str):
            raise UnexpectedResponse("the token's answer holds no token")
        self.token = token

    def build_request(self, search: Search) -> Request:
        question = {
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
        return JsonRequest(f"{API}/search/air-bounds", data=question, headers=headers)


def _market(search: Search) -> str:
    """Domestic, between Canada and the United States, or international, as Air Canada's page has it."""
    countries = {airports()[code]["country"] for code in (search.origin, search.destination) if code in airports()}
    if countries == {"CA"}:
        return "DOM"
    return "TNB" if countries == {"CA", "US"} else "INT"
