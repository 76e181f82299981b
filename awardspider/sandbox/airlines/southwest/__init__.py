"""Southwest Rapid Rewards: one day's flights, the low fare calendar, and the pages that fetch them.

The flights' keys and types are those of responses of 2022 and 2026-09: prices are text, points are per traveler, and a
flight with an intermediate stop has a second entry in `stopsDetails`. No response of the calendar is known; its keys
come from a public parser that was never run. Assumed, because no capture shows it: during a sale, `originalFare` with
the same fields as `fare`, the `fareType` DISCOUNT and a promo token; HTTP 200 for search errors; an error code for past
dates; empty `fares` for days without a fare; the address of the script that contains the API key, and the key's name in
that script. As on the real site, a request without the key gets 403. The page sends the real page's sensor headers, but
they are not required. robots.txt disallows less than the one of 2019, which disallowed every search page.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

import orjson

from awardspider.items import Cabin
from awardspider.outcomes import Reason
from awardspider.sandbox.airlines._airline import (
    Airline,
    Json,
    SearchRequest,
    opaque_id,
    script,
    sign_in_page,
    styled_page,
)
from awardspider.sandbox.airlines.southwest.flights import detail_json, flights_json, lowest_fares
from awardspider.sandbox.fares import NO_PRICE, Level
from awardspider.sandbox.places import all_places
from awardspider.sandbox.quotes import ECONOMY
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
    redirect,
)
from awardspider.sandbox.world import World

API = "/api/air-booking/v1/air-booking/page/air"
SHOPPING = f"{API}/booking/shopping"
CALENDAR = f"{API}/low-fare-calendar/select-dates"
RESULTS_PAGE = "/air/booking/select-depart.html"
CALENDAR_PAGE = "/air/low-fare-calendar/select-dates.html"
BOOTSTRAP = "/swa-ui/bootstrap/air-booking/1/data.js"
SIGN_IN = "/account/login.html"
# DEN-LAS cost at least 9,500 points in 2026-09, and OAK-KOA 17,000 in 2022. Southwest has only one cabin.
LEVELS = (
    Level(350, 4500, 0, 0, 0),
    Level(700, 7500, 0, 0, 0),
    Level(1150, 9500, 0, 0, 0),
    Level(1650, 12000, 0, 0, 0),
    Level(99999, 15000, 0, 0, 0),
)
MAX_TRAVELERS = 8
NO_FLIGHTS = "ERROR__NO_FLIGHTS_AVAILABLE"
NO_ROUTES = "ERROR__NO_ROUTES_EXIST"
INVALID_AIRPORT = "ERROR__AIRPORT__INVALID"
PAST_DATE = "ERROR__DEPARTURE_DATE__IN_PAST"
INVALID_REQUEST = "ERROR__REQUEST__INVALID"
TERMS = (("terms-of-service", "Use of company information on this site, fare data included, needs our permission."),)


def site(world: World) -> Site:
    """Build the simulated site."""
    southwest = Southwest(world)
    query = "originationAirportCode=DEN&destinationAirportCode=LAS&departureDate={day}&adultPassengersCount=1"
    results = f"{RESULTS_PAGE}?{query}&fareType=POINTS&passengerType=ADULT&tripType=oneway"
    calendar = f"{CALENDAR_PAGE}?{query}&currencyCode=POINTS&passengerType=ADULT&tripType=oneway"
    return southwest.site(
        hosts=("www.southwest.com", "southwest.com"),
        routes=(
            Route("POST", SHOPPING, Kind.DATA, southwest.shopping),
            Route("POST", CALENDAR, Kind.DATA, southwest.calendar),
            Route("GET", RESULTS_PAGE, Kind.PAGE, partial(_page, "results.html")),
            Route("GET", "/air/booking/select.html", Kind.PAGE, partial(_page, "results.html")),
            Route("GET", CALENDAR_PAGE, Kind.PAGE, partial(_page, "calendar.html")),
            Route("GET", BOOTSTRAP, Kind.OTHER, southwest.bootstrap),
            Route("GET", "/air/booking/booking.js", Kind.OTHER, script("southwest", "booking.js")),
            Route("GET", SIGN_IN, Kind.SIGN_IN, partial(sign_in_page, southwest.program.name, headers=TERMS)),
            Route("GET", "/", Kind.OTHER, lambda _: redirect(SIGN_IN)),
        ),
        sign_in=SIGN_IN,
        robots="User-agent: *\nDisallow: /v2/\nDisallow: /account/\n",
        search_paths=(API, "/air/booking/", "/air/low-fare-calendar/"),
        renamed_keys=("searchResults", "airProducts", "details", "fareProducts", "lowFareCalendarDays"),
        refusals=(
            Refusal(name="gateway_403", reason=Reason.BLOCKED, handler=_gateway),
            Refusal(
                name="gateway_429", reason=Reason.RATE_LIMITED, handler=partial(_gateway, code=429050703, status=429)
            ),
        ),
        examples=(("DEN to LAS, one day", results), ("DEN to LAS, the month", calendar), ("Log in", SIGN_IN)),
        days=ShownDays(without=frozenset({"saver"})),
        itineraries=ShownItineraries(without=frozenset({"mixed_cabin", "saver", "cash_price"})),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SouthwestSearch(SearchRequest):
    """A search on either endpoint; `points` is False for fares in dollars."""

    points: bool


class SearchError(Exception):
    """A search that fails with an error code and, if known, the invalid field."""

    def __init__(self, code: str, field: str = "") -> None:
        super().__init__(code)
        self.code, self.field = code, field


class Southwest(Airline):
    """Southwest's endpoints and pages."""

    def __init__(self, world: World) -> None:
        super().__init__(world, "southwest", LEVELS, columns=(ECONOMY,))
        self._key = f"l7xx{opaque_id(16, world.seed, 'southwest')}"

    def bootstrap(self, _: SandboxRequest) -> SandboxResponse:
        """Return the script with the gateway's public API key."""
        text = f'window.swaBootstrap = {{"apiKeys": {{"air-booking": "{self._key}"}}}};\n'
        return SandboxResponse(body=text.encode(), content_type="text/javascript; charset=utf-8")

    def shopping(self, request: SandboxRequest) -> SandboxResponse:
        """Return one day's flights, including sold-out flights, and departed flights without fares."""
        if denied := self._access_error(request):
            return denied
        try:
            search = self._parse_search(request.body, "fareType")
            details = self._details(search, request)
            if not details:
                raise SearchError(NO_FLIGHTS if request.empty or self._is_served(search) else NO_ROUTES)
        except SearchError as error:
            return _error(error)
        return json_response(flights_json(search.origin, search.destination, search.points, details))

    def calendar(self, request: SandboxRequest) -> SandboxResponse:
        """Return the lowest fares for each day in a month."""
        if denied := self._access_error(request):
            return denied
        try:
            search = self._parse_search(request.body, "currencyCode", month=True)
            if not search.points:
                raise SearchError(INVALID_REQUEST)  # the sandbox has no dollar fares for a month
            if not self._is_served(search):
                raise SearchError(NO_ROUTES)
        except SearchError as error:
            return _error(error)
        start, length = search.day.replace(day=1), monthrange(search.day.year, search.day.month)[1]
        first, last = self.limit_to_sale(search.origin, start, start + timedelta(days=length - 1))
        prices: dict[int, int] = {}
        if first <= last and not request.empty:
            columns = self.lowest_prices(search.route, first, last, search.travelers, request.step)
            prices = dict(enumerate(columns[ECONOMY], first.toordinal()))
        shown = [
            {"date": str(date.fromordinal(day)), "fares": lowest_fares(prices.get(day, NO_PRICE))}
            for day in range(start.toordinal(), start.toordinal() + length)
        ]
        results = [{"lowFareCalendarDays": shown}]
        return json_response({"success": True, "notifications": None, "data": {"searchResults": results}})

    def _access_error(self, request: SandboxRequest) -> SandboxResponse | None:
        """Return the response to a client without the API key or a visitor who must sign in; None for others."""
        if request.members_only:
            return redirect(SIGN_IN)
        return None if request.headers.get("x-api-key") == self._key else _gateway(request)

    def _parse_search(self, body: bytes, currency: str, *, month: bool = False) -> SouthwestSearch:
        """Parse the search from a request body, where numbers are text. Raise SearchError if it is invalid."""
        try:
            payload: Mapping[str, Any] = orjson.loads(body)
            search = SouthwestSearch(
                origin=str(payload["originationAirportCode"]).upper(),
                destination=str(payload["destinationAirportCode"]).upper(),
                day=date.fromisoformat(payload["departureDate"]),
                travelers=int(payload["adultPassengersCount"]),
                points=payload[currency] == "POINTS",
            )
            one_way = payload["tripType"] == "oneway"
        except (ValueError, LookupError, TypeError, AttributeError):
            raise SearchError(INVALID_REQUEST) from None
        for field, code in (("originationAirportCode", search.origin), ("destinationAirportCode", search.destination)):
            if code not in all_places():
                raise SearchError(INVALID_AIRPORT, field)
        if not search.is_possible(MAX_TRAVELERS) or not one_way:
            raise SearchError(INVALID_REQUEST)
        today = self.world.today(search.origin)
        if search.day < (today.replace(day=1) if month else today):
            raise SearchError(PAST_DATE, "departureDate")
        return search

    def _is_served(self, search: SouthwestSearch) -> bool:
        """Return whether the route has a flight in the seven days that start with the requested day."""
        days = range(search.day.toordinal(), search.day.toordinal() + 7)
        return any(self.inventory.itineraries(*search.route, day) for day in days)

    def _details(self, search: SouthwestSearch, request: SandboxRequest) -> list[Json]:
        if request.empty or not self.is_on_sale(search.origin, search.day):
            return []
        offers = {offer.itinerary: offer for offer in self.offers(search, request) if offer.cabin is Cabin.ECONOMY}
        return [
            detail_json(itinerary, offers.get(itinerary), search.day.toordinal(), request.now, search.points)
            for itinerary in self.itineraries(search)
        ]


def _error(error: SearchError) -> SandboxResponse:
    errors = [{"code": error.code, "field": error.field}] if error.field else [{"code": error.code}]
    form, fields = ([], errors) if error.field else (errors, [])
    notifications = {"formErrors": form, "fieldErrors": fields}
    return json_response({"success": False, "notifications": notifications, "data": None})


def _gateway(_: SandboxRequest, code: int = 403050700, status: int = 403) -> SandboxResponse:
    """Return the API gateway's error."""
    return SandboxResponse(body=b'{"code":%d}' % code, status=status, content_type="application/json")


def _page(name: str, request: SandboxRequest) -> SandboxResponse:
    if request.members_only:
        return redirect(SIGN_IN)
    return html_response(styled_page("southwest", name), headers=TERMS)
