"""How to ask Flying Blue. Endpoints, fields and their sources: docs/sources/flyingblue.md."""

from __future__ import annotations

import json
import uuid
from typing import Any, ClassVar

from scrapy import Request
from scrapy.http import JsonRequest, Response

from awardspider.crawling.spider import AwardSpider
from awardspider.items import Cabin, Search, SearchKind
from awardspider.outcomes import UnexpectedResponse

SITE = "https://wwws.airfrance.us"
ENDPOINT = f"{SITE}/gql/v1?bookingFlow=REWARD"

CONTEXT = "SharedSearchCreateSearchContextForSearchQuery"
CALENDAR = "SharedSearchLowestFareOffersForSearchQuery"
FLIGHTS = "SearchResultAvailableOffersQuery"

CABINS = {
    Cabin.ECONOMY: "ECONOMY",
    Cabin.PREMIUM_ECONOMY: "PREMIUM",
    Cabin.BUSINESS: "BUSINESS",
    Cabin.FIRST: "FIRST",
}


class FlyingblueSpider(AwardSpider):
    """Flying Blue: a month of lowest prices for one cabin, and a day's flights in the cabins above economy too."""

    name = "flyingblue"
    transport = "browser"
    search_kinds = (SearchKind.CALENDAR, SearchKind.ITINERARY)
    cabins_per_request: ClassVar[dict[SearchKind, tuple[tuple[Cabin, ...], ...]]] = {
        SearchKind.CALENDAR: tuple((cabin,) for cabin in Cabin),
        SearchKind.ITINERARY: ((Cabin.ECONOMY, Cabin.PREMIUM_ECONOMY, Cabin.BUSINESS), (Cabin.FIRST,)),
    }
    sign_in_page = f"{SITE}/profile/flying-blue/dashboard"
    xhr_paths: ClassVar[dict[SearchKind, str]] = {
        SearchKind.CALENDAR: '/gql/v1 "type":"DAY"',  # the page asks for the lowest day of each month too
        SearchKind.ITINERARY: f"/gql/v1 {FLIGHTS}",
    }
    needs_auth = (SearchKind.CALENDAR, SearchKind.ITINERARY)

    def booking_url(self, search: Search) -> str:
        page = "open-dates" if search.kind == SearchKind.CALENDAR else "offers"
        way = f"{search.origin}:A:{search.first:%Y%m%d}%3E{search.destination}:A"
        return (
            f"{SITE}/search/{page}?pax={search.travelers}:0:0:0:0:0:0:0&cabinClass={_cabin(search)}"
            f"&activeConnection=0&connections={way}&bookingFlow=REWARD"
        )

    def auth_request(self) -> Request:
        context = str(uuid.uuid4())
        request = _operation(CONTEXT, {"searchStateUuid": context})
        request.meta["context"] = context
        return request

    def parse_auth(self, response: Response) -> None:
        """See that the search's context was taken: its name is ours, and its answer's shape is not known."""
        try:
            answer = json.loads(response.body)
        except ValueError as error:
            raise UnexpectedResponse(f"the answer about the search's context is not JSON: {error}") from error
        if not isinstance(answer, dict) or answer.get("errors"):
            raise UnexpectedResponse("the search's context was not taken")
        self.context = response.meta["context"]

    def build_request(self, search: Search) -> Request:
        request = _request(search)
        if search.kind == SearchKind.CALENDAR:
            variables = {"lowestFareOffersRequest": request, "activeConnection": 0}
            return _operation(CALENDAR, variables | {"bookingFlow": "REWARD", "searchStateUuid": self.context})
        variables = {"availableOfferRequestBody": request, "activeConnectionIndex": 0}
        return _operation(FLIGHTS, variables | {"bookingFlow": "REWARD", "searchStateUuid": self.context})


def _operation(name: str, variables: dict[str, Any]) -> Request:
    """A question by its name alone: the site knows its own by a hash that each release of it changes."""
    headers = {
        "Accept": "application/json",
        "afkl-travel-host": "AF",
        "afkl-travel-country": "US",
        "afkl-travel-market": "US",
        "afkl-travel-language": "en",
    }
    return JsonRequest(ENDPOINT, data={"operationName": name, "variables": variables}, headers=headers)


def _request(search: Search) -> dict[str, Any]:
    days = {"dateInterval": f"{search.first}/{search.last}"} if search.kind == SearchKind.CALENDAR else {}
    kind = {"type": "DAY", "fareOption": None, "withUpsellCabins": True} if search.kind == SearchKind.CALENDAR else {}
    party = range(1, search.travelers + 1)
    return {
        "bookingFlow": "REWARD",
        "commercialCabins": [_cabin(search)],
        "passengers": [{"id": number, "type": "ADT"} for number in party],
        "customer": {
            "selectedTravelCompanions": [
                {"passengerId": number, "travelerKey": number - 1, "travelerSource": "PROFILE"} for number in party
            ]
        },
        "requestedConnections": [
            {
                "departureDate": search.first.isoformat(),
                "origin": {"type": "AIRPORT", "code": search.origin},
                "destination": {"type": "AIRPORT", "code": search.destination},
                **days,
            }
        ],
        **kind,
    }


def _cabin(search: Search) -> str:
    """The lowest cabin asked for: the answer holds those above it too."""
    return CABINS[search.cabins[0] if search.cabins else Cabin.ECONOMY]
