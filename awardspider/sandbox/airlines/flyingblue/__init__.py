"""Air France-KLM Flying Blue: the search page, and the one address that takes its queries by name.

A query is known by the hash of its text, and a search needs a context: without the hash an error comes back, without
the context an empty object. The page's own script has both. What no capture shows and we made up: the hashes, the
errors' objects (their texts apart), a context's answer, the calendar's `noFlight` rows and totals beside the fields of
the sheet, that `DAY` gives every day of the interval and `MONTH` the lowest day of each month, which metro codes there
are, the links of the page, what a visitor gets who is not signed in, and robots.txt.
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

from awardspider.programs import programs
from awardspider.sandbox.airlines.flyingblue.offers import CABINS, Json, available_offers, lowest_offers
from awardspider.sandbox.fares import NO_PRICE, Level, Tariff
from awardspider.sandbox.market import Market, Offer
from awardspider.sandbox.places import all_places, nearby
from awardspider.sandbox.quotes import BUSINESS, ECONOMY, FIRST, PREMIUM
from awardspider.sandbox.sites import (
    Answer,
    Kind,
    Question,
    Refusal,
    Route,
    Site,
    html_answer,
    json_answer,
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
LONGEST_INTERVAL = 366
KEPT_CONTEXTS = 2000
HASH_GONE: Json = {
    "errors": [{"message": "PersistedQueryNotFound", "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"}}]
}
UNKNOWN: Json = {"errors": [{"message": "9000: UNKNOWN_ERROR", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]}
SIGNED_OUT: Json = {"errors": [{"message": "Authentication required", "extensions": {"code": "UNAUTHENTICATED"}}]}
# CDG-JNB was 30,000 in economy, 50,000 in premium and 85,000 in business in 2026-02.
LEVELS = (
    Level(700, 7500, 12000, 18000, 40000),
    Level(1650, 11500, 18000, 30000, 60000),
    Level(3300, 18500, 30000, 50000, 100000),
    Level(4500, 22500, 37500, 60000, 160000),
    Level(6000, 30000, 50000, 72000, 200000),
    Level(99999, 37500, 60000, 95000, 240000),
)


def site(world: World) -> Site:
    program = programs()["flyingblue"]
    tariff = Tariff(
        program=program.key,
        own=program.carriers,
        partners=("DL", "VS", "SK"),
        levels=LEVELS,
        window_days=program.booking_window_days,
        close_in_fee=0,
        columns=(ECONOMY, PREMIUM, BUSINESS, FIRST),
        currency="EUR",
        per_dollar=0.92,
    )
    blue = FlyingBlue(world, world.market(tariff))
    link = "pax=1:0:0:0:0:0:0:0&cabinClass={2}&activeConnection=0&connections={0}:A:{{day}}>{1}:A&bookingFlow=REWARD"
    return Site(
        key=program.key,
        name=program.name,
        hosts=("wwws.airfrance.us", "wwws.airfrance.fr", "www.airfrance.us", "www.airfrance.fr", "www.klm.com"),
        routes=(
            Route("POST", QUERIES, Kind.DATA, blue.query),
            Route("GET", "/search/*", Kind.PAGE, blue.search_page),
            Route("GET", "/search", Kind.PAGE, blue.search_page),
            Route("GET", "/", Kind.OTHER, lambda _: redirect("/search/advanced")),
            Route("GET", SIGN_IN, Kind.SIGN_IN, _sign_in_page),
        ),
        sign_in=SIGN_IN,
        robots=f"User-agent: *\nDisallow: {SIGN_IN}\n",
        searched=(QUERIES, "/search"),
        renamed=("offerItineraries", "upsellCabinProducts", "lowestOffers", "price"),
        # The page itself still comes: it is its queries that are refused.
        refusals=tuple(
            Refusal(name=name, reason="unexpected_response", handler=partial(blue.refused, json_answer(answer)))
            for name, answer in (("no_context", {"data": {}}), ("hash_gone", HASH_GONE), ("unknown_error", UNKNOWN))
        ),
        examples=(
            ("CDG to JFK, one day and its month", f"{SEARCH_PAGE}?{link.format('CDG', 'JFK', 'ECONOMY')}"),
            ("AMS to GRU, business", f"{SEARCH_PAGE}?{link.format('AMS', 'GRU', 'BUSINESS')}"),
        ),
        market=blue.market,
    )


def query_hash(operation: str) -> str:
    """The hash by which this sandbox knows a query; the real ones change with each release of the page."""
    return sha256(f"sandbox {operation}".encode()).hexdigest()


class Refused(Exception):
    """A query that is not searched for."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A search as both queries take it: every pair of airports, the days, cabins and travelers; reward or money."""

    pairs: tuple[tuple[str, str], ...]
    first: date
    last: date
    cabins: tuple[str, ...]
    travelers: int
    reward: bool


class FlyingBlue:
    """Answers Flying Blue's requests out of one world."""

    def __init__(self, world: World, market: Market) -> None:
        self._world = world
        self.market = market
        self._contexts: deque[str] = deque(maxlen=KEPT_CONTEXTS)

    def query(self, question: Question) -> Answer:
        """One query by name."""
        try:
            request = orjson.loads(question.body)
            operation, variables = request["operationName"], request["variables"]
            known = request["extensions"]["persistedQuery"]["sha256Hash"] == query_hash(operation)
            context = str(variables["searchStateUuid"])
        except (ValueError, LookupError, TypeError):
            return json_answer(UNKNOWN, 400)
        if question.members_only:
            return json_answer(SIGNED_OUT, 401)
        if not known:
            return json_answer(HASH_GONE)
        if operation == CONTEXT:
            self._contexts.append(context)
            made = {"__typename": "SearchContext", "searchStateUuid": context}
            return json_answer({"data": {"createSearchContext": made}})
        if context not in self._contexts:
            return json_answer({"data": {}})
        try:
            answer = self._lowest(variables, question) if operation == LOWEST else self._offers(variables, question)
        except Refused:
            field = "lowestFareOffers" if operation == LOWEST else "availableOffers"
            return json_answer(UNKNOWN | {"data": {field: None}})
        return json_answer({"data": answer, "extensions": {"aviatoCacheControl": {"hasPrivateData": True}}})

    def _offers(self, variables: Mapping[str, Any], question: Question) -> Json:
        asked = _asked(variables.get("availableOfferRequestBody"), variables.get("bookingFlow"))
        if asked.first < self._world.today(asked.pairs[0][0]):
            raise Refused
        found: list[Offer] = []
        ahead = (asked.first - self._world.today(asked.pairs[0][0])).days
        if not question.empty and ahead <= self.market.tariff.window_days:
            for pair in asked.pairs:
                found += self.market.offers(*pair, asked.first.toordinal(), asked.travelers, question.step)
        return available_offers(found, self.market.tariff, asked.travelers, reward=asked.reward)

    def _lowest(self, variables: Mapping[str, Any], question: Question) -> Json:
        request = variables.get("lowestFareOffersRequest")
        asked = _asked(request, variables.get("bookingFlow"))
        days = [asked.first + timedelta(days=index) for index in range((asked.last - asked.first).days + 1)]
        column = [NO_PRICE] * len(days)
        today = self._world.today(asked.pairs[0][0])
        first, last = max(asked.first, today), min(asked.last, today + timedelta(days=self.market.tariff.window_days))
        if first <= last and not question.empty:
            span = (first.toordinal(), (last - first).days + 1)
            for pair in asked.pairs:
                found = self.market.month(*pair, *span, asked.travelers, question.step).columns
                for index in (COLUMNS[cabin] for cabin in asked.cabins):
                    start = (first - asked.first).days
                    part = column[start : start + span[1]]
                    column[start : start + span[1]] = map(min, part, found[index])
        if isinstance(request, dict) and request.get("type") == "MONTH":
            days, column = _of_months(days, column)
        return lowest_offers(days, column, self.market.tariff, asked.travelers, reward=asked.reward)

    def refused(self, refusal: Answer, question: Question) -> Answer:
        return refusal if question.path == QUERIES else self.search_page(question)

    def search_page(self, question: Question) -> Answer:
        """The page for people; who wants to pay with miles must be signed in, where the rule is on."""
        if question.members_only and question.query.get("bookingFlow") == "REWARD":
            return redirect(SIGN_IN)
        text = page("flyingblue", "offers.html").replace("{style}", page("airline.css"))
        for operation in (CONTEXT, LOWEST, OFFERS):
            text = text.replace(f"{{{operation}}}", query_hash(operation))
        return html_answer(text.replace("{script}", page("flyingblue", "offers.js")))


def _of_months(days: list[date], column: list[int]) -> tuple[list[date], list[int]]:
    """The lowest day of each month."""
    lowest: dict[tuple[int, int], tuple[int, date]] = {}
    for day, packed in zip(days, column, strict=True):
        month = (day.year, day.month)
        lowest[month] = min(lowest.get(month, (packed, day)), (packed, day))
    return [day for _, day in lowest.values()], [packed for packed, _ in lowest.values()]


def _asked(body: object, flow: object) -> Asked:
    """The search in a query's request. Raises Refused."""
    if not isinstance(body, dict):
        raise Refused
    try:
        connection = body["requestedConnections"][0]
        origins, destinations = _airports(connection["origin"]), _airports(connection["destination"])
        first, _, last = str(connection.get("dateInterval") or connection["departureDate"]).partition("/")
        begins, ends = date.fromisoformat(first), date.fromisoformat(last or first)
        cabins = tuple(str(cabin) for cabin in body["commercialCabins"])
        travelers = len(body["passengers"])
    except (LookupError, TypeError, ValueError, AttributeError):
        raise Refused from None
    pairs = tuple((one, two) for one in origins for two in destinations if one != two)
    days = (ends - begins).days
    if not pairs or not set(cabins) <= CABINS.keys() or not cabins:
        raise Refused
    if not 1 <= travelers <= 9 or not 0 <= days < LONGEST_INTERVAL:
        raise Refused
    return Asked(pairs, begins, ends, cabins, travelers, (body.get("bookingFlow") or flow) == "REWARD")


def _airports(place: Mapping[str, Any]) -> tuple[str, ...]:
    """The airports of a place: an airport is itself, a city all of its own."""
    code = str(place["code"]).upper()
    if place.get("type") == "CITY" and code in CITIES:
        return CITIES[code]
    if code not in all_places():
        raise Refused
    return (code, *nearby(code)) if place.get("type") == "CITY" else (code,)


def _sign_in_page(_: Question) -> Answer:
    return html_answer(page("sign-in.html").replace("{airline}", "Flying Blue"))
