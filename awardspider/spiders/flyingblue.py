"""How to ask Flying Blue. Endpoints, fields and their sources: docs/sources/flyingblue.md."""

from __future__ import annotations

import json
import uuid
from typing import Any, ClassVar

from scrapy import Request
from scrapy.http import JsonRequest, Response

from awardspider.items import Cabin, Search
from awardspider.outcomes import Changed
from awardspider.spiders.bases import AwardSpider

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
    kinds = ("calendar", "itinerary")
    cabins_asked: ClassVar[dict[str, tuple[tuple[Cabin, ...], ...]]] = {
        "calendar": tuple((cabin,) for cabin in Cabin),
        "itinerary": ((Cabin.ECONOMY, Cabin.PREMIUM_ECONOMY, Cabin.BUSINESS), (Cabin.FIRST,)),
    }
    sign_in_page = f"{SITE}/profile/flying-blue/dashboard"
    answer_paths: ClassVar[dict[str, str]] = {
        "calendar": '/gql/v1 "type":"DAY"',  # the page asks for the lowest day of each month too
        "itinerary": f"/gql/v1 {FLIGHTS}",
    }
    prepares = ("calendar", "itinerary")

    def booking_link(self, search: Search) -> str:
        page = "open-dates" if search.kind == "calendar" else "offers"
        way = f"{search.origin}:A:{search.first:%Y%m%d}%3E{search.destination}:A"
        return (
            f"{SITE}/search/{page}?pax={search.travelers}:0:0:0:0:0:0:0&cabinClass={_cabin(search)}"
            f"&activeConnection=0&connections={way}&bookingFlow=REWARD"
        )

    def preparation(self) -> Request:
        context = str(uuid.uuid4())
        request = _operation(CONTEXT, {"searchStateUuid": context})
        request.meta["context"] = context
        return request

    def prepared(self, response: Response) -> None:
        """See that the search's context was taken: its name is ours, and its answer's shape is not known."""
        try:
            answer = json.loads(response.body)
        except ValueError as error:
            raise Changed(f"the answer about the search's context is not JSON: {error}") from error
        if not isinstance(answer, dict) or answer.get("errors"):
            raise Changed("the search's context was not taken")
        self.context = response.meta["context"]

    def ask(self, search: Search) -> Request:
        request = _request(search)
        if search.kind == "calendar":
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
    days = {"dateInterval": f"{search.first}/{search.last}"} if search.kind == "calendar" else {}
    kind = {"type": "DAY", "fareOption": None, "withUpsellCabins": True} if search.kind == "calendar" else {}
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
