"""Air France-KLM Flying Blue: the search page, and one endpoint for named queries.

A query is identified by the hash of its text and needs a search context. An unknown hash returns an error, and an
unknown context returns an empty object. The page has the hashes, and its script creates a context. Assumed, because no
capture shows it: the hashes; the error objects except their texts; the response to a new context; `noFlight` and the
totals in the calendar's rows; that `DAY` returns every day in the interval and `MONTH` the cheapest day of each month;
the metro codes; the links on the page; the responses to a visitor who is not signed in; robots.txt.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from hashlib import sha256
from typing import Any

import orjson

from awardspider.outcomes import Reason
from awardspider.sandbox.airlines._airline import Airline, Json, styled_page
from awardspider.sandbox.airlines.flyingblue.offers import CABINS, available_offers, lowest_offers
from awardspider.sandbox.fares import NO_PRICE, Level
from awardspider.sandbox.inventory import Offer
from awardspider.sandbox.places import all_places, nearby
from awardspider.sandbox.quotes import BUSINESS, ECONOMY, FIRST, PREMIUM
from awardspider.sandbox.sites import (
    Kind,
    Refusal,
    Route,
    SandboxRequest,
    SandboxResponse,
    ShownDays,
    ShownItineraries,
    Site,
    html_response,
    json_response,
    page,
    redirect,
)
from awardspider.sandbox.world import World

QUERIES, SEARCH_PAGE, SIGN_IN = "/gql/v1", "/search/offers", "/login/otp"
CONTEXT = "SharedSearchCreateSearchContextForSearchQuery"
LOWEST = "SharedSearchLowestFareOffersForSearchQuery"
OFFERS = "SearchResultAvailableOffersQuery"
COLUMNS = {"ECONOMY": ECONOMY, "PREMIUM": PREMIUM, "BUSINESS": BUSINESS, "FIRST": FIRST}
CITIES = {"PAR": ("CDG",), "NYC": ("JFK", "EWR", "LGA"), "LON": ("LHR",), "TYO": ("NRT", "HND"), "CHI": ("ORD", "MDW")}
MAX_INTERVAL_DAYS = 366
MAX_CONTEXTS = 2000
UNKNOWN_HASH: Json = {
    "errors": [{"message": "PersistedQueryNotFound", "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"}}]
}
UNKNOWN_ERROR: Json = {"errors": [{"message": "9000: UNKNOWN_ERROR", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]}
SIGNED_OUT: Json = {"errors": [{"message": "Authentication required", "extensions": {"code": "UNAUTHENTICATED"}}]}
# CDG-JNB cost 30,000 in economy, 50,000 in premium and 85,000 in business in 2026-02.
LEVELS = (
    Level(700, 7500, 12000, 18000, 40000),
    Level(1650, 11500, 18000, 30000, 60000),
    Level(3300, 18500, 30000, 50000, 100000),
    Level(4500, 22500, 37500, 60000, 160000),
    Level(6000, 30000, 50000, 72000, 200000),
    Level(99999, 37500, 60000, 95000, 240000),
)


def site(world: World) -> Site:
    """Build the simulated site."""
    flyingblue = FlyingBlue(world)
    link = "pax=1:0:0:0:0:0:0:0&cabinClass={2}&activeConnection=0&connections={0}:A:{{day}}>{1}:A&bookingFlow=REWARD"
    return flyingblue.site(
        hosts=("wwws.airfrance.us", "wwws.airfrance.fr", "www.airfrance.us", "www.airfrance.fr", "www.klm.com"),
        routes=(
            Route("POST", QUERIES, Kind.DATA, flyingblue.query),
            Route("GET", "/search/*", Kind.PAGE, flyingblue.search_page),
            Route("GET", "/search", Kind.PAGE, flyingblue.search_page),
            Route("GET", "/", Kind.OTHER, lambda _: redirect("/search/advanced")),
        ),
        sign_in=SIGN_IN,
        search_paths=(QUERIES, "/search"),
        renamed_keys=("offerItineraries", "upsellCabinProducts", "lowestOffers", "price"),
        # The page is still served; only its queries are refused.
        refusals=tuple(
            Refusal(
                name=name, reason=Reason.UNEXPECTED_RESPONSE, handler=partial(flyingblue.refused, json_response(data))
            )
            for name, data in (
                ("no_context", {"data": {}}),
                ("hash_gone", UNKNOWN_HASH),
                ("unknown_error", UNKNOWN_ERROR),
            )
        ),
        examples=(
            ("CDG to JFK, one day and its month", f"{SEARCH_PAGE}?{link.format('CDG', 'JFK', 'ECONOMY')}"),
            ("AMS to GRU, business", f"{SEARCH_PAGE}?{link.format('AMS', 'GRU', 'BUSINESS')}"),
        ),
        days=ShownDays(mixed=False, without=frozenset({"saver"})),
        itineraries=ShownItineraries(
            without=frozenset({"mixed_cabin", "saver", "regular_miles", "cash_price", "segments.cabin"}),
        ),
    )


def query_hash(operation: str) -> str:
    """Return the sandbox's hash for a query. The real hashes change with each release of the page."""
    return sha256(f"sandbox {operation}".encode()).hexdigest()


class SearchError(Exception):
    """A query with an invalid search."""


@dataclass(frozen=True, slots=True)
class FlyingBlueSearch:
    """A search from either query: airport pairs, days, cabins and travelers; `reward` is False for cash prices."""

    pairs: tuple[tuple[str, str], ...]
    first: date
    last: date
    cabins: tuple[str, ...]
    travelers: int
    reward: bool


class FlyingBlue(Airline):
    """Flying Blue's queries and page."""

    def __init__(self, world: World) -> None:
        super().__init__(
            world,
            "flyingblue",
            LEVELS,
            partners=("DL", "VS", "SK"),
            close_in_fee=0,
            columns=(ECONOMY, PREMIUM, BUSINESS, FIRST),
            currency="EUR",
            per_dollar=0.92,
        )
        self._contexts: deque[str] = deque(maxlen=MAX_CONTEXTS)

    def query(self, request: SandboxRequest) -> SandboxResponse:
        """Run one named query."""
        try:
            payload = orjson.loads(request.body)
            operation, variables = payload["operationName"], payload["variables"]
            known_hash = payload["extensions"]["persistedQuery"]["sha256Hash"] == query_hash(operation)
            context = str(variables["searchStateUuid"])
        except (ValueError, LookupError, TypeError):
            return json_response(UNKNOWN_ERROR, 400)
        if request.members_only:
            return json_response(SIGNED_OUT, 401)
        if not known_hash:
            return json_response(UNKNOWN_HASH)
        if operation == CONTEXT:
            self._contexts.append(context)
            created = {"__typename": "SearchContext", "searchStateUuid": context}
            return json_response({"data": {"createSearchContext": created}})
        if context not in self._contexts:
            return json_response({"data": {}})
        try:
            data = self._lowest(variables, request) if operation == LOWEST else self._offers(variables, request)
        except SearchError:
            field = "lowestFareOffers" if operation == LOWEST else "availableOffers"
            return json_response(UNKNOWN_ERROR | {"data": {field: None}})
        return json_response({"data": data, "extensions": {"aviatoCacheControl": {"hasPrivateData": True}}})

    def _offers(self, variables: Mapping[str, Any], request: SandboxRequest) -> Json:
        search = _parse_search(variables.get("availableOfferRequestBody"), variables.get("bookingFlow"))
        today, last = self.days_on_sale(search.pairs[0][0])
        if search.first < today:
            raise SearchError
        offers: list[Offer] = []
        if not request.empty and search.first <= last:
            for pair in search.pairs:
                offers += self.inventory.offers(*pair, search.first.toordinal(), search.travelers, request.step)
        return available_offers(offers, self.tariff, search.travelers, reward=search.reward)

    def _lowest(self, variables: Mapping[str, Any], request: SandboxRequest) -> Json:
        payload = variables.get("lowestFareOffersRequest")
        search = _parse_search(payload, variables.get("bookingFlow"))
        days = [search.first + timedelta(days=index) for index in range((search.last - search.first).days + 1)]
        lowest = [NO_PRICE] * len(days)
        first, last = self.limit_to_sale(search.pairs[0][0], search.first, search.last)
        if first <= last and not request.empty:
            on_sale = slice((first - search.first).days, (last - search.first).days + 1)
            for pair in search.pairs:
                columns = self.lowest_prices(pair, first, last, search.travelers, request.step)
                for cabin in search.cabins:
                    lowest[on_sale] = map(min, lowest[on_sale], columns[COLUMNS[cabin]])
        if isinstance(payload, dict) and payload.get("type") == "MONTH":
            days, lowest = _lowest_of_months(days, lowest)
        return lowest_offers(days, lowest, self.tariff, search.travelers, reward=search.reward)

    def refused(self, refusal: SandboxResponse, request: SandboxRequest) -> SandboxResponse:
        """Return the refusal for a query, and the page for any other request."""
        return refusal if request.path == QUERIES else self.search_page(request)

    def search_page(self, request: SandboxRequest) -> SandboxResponse:
        """Return the search page, or redirect a visitor who must sign in to search in miles."""
        if request.members_only and request.query.get("bookingFlow") == "REWARD":
            return redirect(SIGN_IN)
        text = styled_page("flyingblue", "offers.html")
        for operation in (CONTEXT, LOWEST, OFFERS):
            text = text.replace(f"{{{operation}}}", query_hash(operation))
        return html_response(text.replace("{script}", page("airline.js") + page("flyingblue", "offers.js")))


def _lowest_of_months(days: list[date], prices: list[int]) -> tuple[list[date], list[int]]:
    """Return the cheapest day of each month, and that day's packed price."""
    lowest: dict[tuple[int, int], tuple[int, date]] = {}
    for day, packed in zip(days, prices, strict=True):
        month = (day.year, day.month)
        lowest[month] = min(lowest.get(month, (packed, day)), (packed, day))
    return [day for _, day in lowest.values()], [packed for packed, _ in lowest.values()]


def _parse_search(body: object, flow: object) -> FlyingBlueSearch:
    """Parse the search from a query's variables. Raise SearchError if it is invalid."""
    if not isinstance(body, dict):
        raise SearchError
    try:
        connection = body["requestedConnections"][0]
        origins, destinations = _airports(connection["origin"]), _airports(connection["destination"])
        start, _, end = str(connection.get("dateInterval") or connection["departureDate"]).partition("/")
        first, last = date.fromisoformat(start), date.fromisoformat(end or start)
        cabins = tuple(str(cabin) for cabin in body["commercialCabins"])
        travelers = len(body["passengers"])
    except (LookupError, TypeError, ValueError, AttributeError):
        raise SearchError from None
    pairs = tuple((origin, destination) for origin in origins for destination in destinations if origin != destination)
    days = (last - first).days
    if not pairs or not set(cabins) <= CABINS.keys() or not cabins:
        raise SearchError
    if not 1 <= travelers <= 9 or not 0 <= days < MAX_INTERVAL_DAYS:
        raise SearchError
    return FlyingBlueSearch(pairs, first, last, cabins, travelers, (body.get("bookingFlow") or flow) == "REWARD")


def _airports(place: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the airports for a place, which is either an airport or a city."""
    code = str(place["code"]).upper()
    if place.get("type") == "CITY" and code in CITIES:
        return CITIES[code]
    if code not in all_places():
        raise SearchError
    return (code, *nearby(code)) if place.get("type") == "CITY" else (code,)
