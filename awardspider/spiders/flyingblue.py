"""Requests to Flying Blue. Endpoints, fields and their sources: docs/sources/flyingblue.md."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from scrapy import Request
from scrapy.http import JsonRequest, Response

from awardspider.crawling.declaration import Transport
from awardspider.crawling.responses import json_object
from awardspider.crawling.spider import AwardSpider
from awardspider.items import Cabin, Search, SearchKind
from awardspider.outcomes import UnexpectedResponse

SITE = "https://wwws.airfrance.us"
ENDPOINT = f"{SITE}/gql/v1?bookingFlow=REWARD"

CREATE_CONTEXT = "SharedSearchCreateSearchContextForSearchQuery"
CALENDAR = "SharedSearchLowestFareOffersForSearchQuery"
FLIGHTS = "SearchResultAvailableOffersQuery"

CABINS = {
    Cabin.ECONOMY: "ECONOMY",
    Cabin.PREMIUM_ECONOMY: "PREMIUM",
    Cabin.BUSINESS: "BUSINESS",
    Cabin.FIRST: "FIRST",
}


class FlyingblueSpider(AwardSpider):
    """Flying Blue: a month of lowest prices in one cabin, or a day's flights in several cabins."""

    name = "flyingblue"
    transport = Transport.BROWSER
    search_kinds = (SearchKind.CALENDAR, SearchKind.ITINERARY)
    cabins_per_request: ClassVar = {
        SearchKind.CALENDAR: tuple((cabin,) for cabin in Cabin),
        SearchKind.ITINERARY: ((Cabin.ECONOMY, Cabin.PREMIUM_ECONOMY, Cabin.BUSINESS), (Cabin.FIRST,)),
    }
    sign_in_page = f"{SITE}/profile/flying-blue/dashboard"
    xhr_paths: ClassVar = {
        SearchKind.CALENDAR: '/gql/v1 "type":"DAY"',  # the page also requests the cheapest day of each month
        SearchKind.ITINERARY: f"/gql/v1 {FLIGHTS}",
    }
    needs_auth = (SearchKind.CALENDAR, SearchKind.ITINERARY)

    def booking_url(self, search: Search) -> str:
        page = "open-dates" if search.kind == SearchKind.CALENDAR else "offers"
        connection = f"{search.origin}:A:{search.first:%Y%m%d}%3E{search.destination}:A"
        return (
            f"{SITE}/search/{page}?pax={search.travelers}:0:0:0:0:0:0:0&cabinClass={_cabin(search)}"
            f"&activeConnection=0&connections={connection}&bookingFlow=REWARD"
        )

    def auth_request(self) -> Request:
        state_uuid = str(uuid.uuid4())
        return _operation(CREATE_CONTEXT, {"searchStateUuid": state_uuid}, {"state_uuid": state_uuid})

    def parse_auth(self, response: Response) -> None:
        # This response makes the id that we generated valid; its other content is unknown.
        if json_object(response).get("errors"):
            raise UnexpectedResponse("the search context was rejected")
        self.state_uuid = response.meta["state_uuid"]

    def build_request(self, search: Search) -> Request:
        common = {"bookingFlow": "REWARD", "searchStateUuid": self.state_uuid}
        if search.kind == SearchKind.CALENDAR:
            return _operation(CALENDAR, common | {"lowestFareOffersRequest": _body(search), "activeConnection": 0})
        return _operation(FLIGHTS, common | {"availableOfferRequestBody": _body(search), "activeConnectionIndex": 0})


def _operation(name: str, variables: dict[str, Any], meta: dict[str, Any] | None = None) -> Request:
    """Build a GraphQL request that names the query but omits its hash, which changes with each release of the site."""
    headers = {
        "Accept": "application/json",
        "afkl-travel-host": "AF",
        "afkl-travel-country": "US",
        "afkl-travel-market": "US",
        "afkl-travel-language": "en",
    }
    data = {"operationName": name, "variables": variables}
    return JsonRequest(ENDPOINT, data=data, headers=headers, meta=meta)


def _body(search: Search) -> dict[str, Any]:
    is_calendar = search.kind == SearchKind.CALENDAR
    days = {"dateInterval": f"{search.first}/{search.last}"} if is_calendar else {}
    options = {"type": "DAY", "fareOption": None, "withUpsellCabins": True} if is_calendar else {}
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
        **options,
    }


def _cabin(search: Search) -> str:
    """Return the site's name for the lowest searched cabin; a day's flights also include the other searched cabins."""
    return CABINS[search.cabins[0] if search.cabins else Cabin.ECONOMY]
