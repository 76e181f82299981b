"""American AAdvantage: the search page, results page, month calendar, week view and one day's flights.

Assumed, because no source shows it: `details` and the text of errors; the error number for a date after the booking
window; the other fields of error 309; that past days in the calendar have a date while padding has none; that the
calendar for an unserved route has empty days; that the results page requests the month that contains the requested day;
the responses to a visitor who must sign in; the objects around `SearchData` in the page's state. Both names for the
premium economy filter are accepted because sources disagree. The front cabin is sold as FIRST on routes up to 3,000
miles and as BUSINESS on longer routes, where FIRST is a separate cabin.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import parse_qs

import orjson

from awardspider.outcomes import Reason
from awardspider.sandbox.airlines._airline import Airline, Json, SearchRequest, Sessions, is_served, script
from awardspider.sandbox.airlines.american.months import CABIN_FILTERS, calendar_json, weekly_json
from awardspider.sandbox.airlines.american.slices import itinerary_json, shown_offers
from awardspider.sandbox.availability import is_sold_out
from awardspider.sandbox.block_pages import access_denied
from awardspider.sandbox.fares import Level
from awardspider.sandbox.inventory import Offer
from awardspider.sandbox.places import draw, nearby
from awardspider.sandbox.sites import (
    Handler,
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

API = "/booking/api/search"
SEARCH, RESULTS, SIGN_IN = "/booking/search", "/booking/choose-flights/1", "/loyalty/login"
WEEK = timedelta(days=6)  # before and after the requested day
# Saver prices close to those in captures of 2022 and 2026: 8,000 for LAX-AUS, 20,000 for LAX-HNL.
LEVELS = (
    Level(500, 6000, 9000, 15000, 20000),
    Level(1300, 8000, 12000, 18000, 25000),
    Level(2000, 11000, 18000, 25000, 40000),
    Level(2700, 16000, 25000, 35000, 55000),
    Level(3800, 22500, 35000, 57500, 80000),
    Level(6000, 30000, 45000, 75000, 110000),
    Level(99999, 40000, 65000, 95000, 140000),
)
DATE_PAST, DATE_TOO_FAR, INVALID = 1100, 1101, 1001  # values of errorNumber
ROBOTS = """User-agent: *
Disallow: /i18n/AAdvantage/
Disallow: /i18n/agencyPrograms
Disallow: /i18n/businessPrograms
Disallow: /i18n/promo
Disallow: /contactAA/viewEmailFormAccess.do?eventName=lowFare
Disallow: /pubcontent/jba
"""


def site(world: World) -> Site:
    """Build the simulated site."""
    american = American(world)
    slices = "%5B%7B%22orig%22:%22{0}%22,%22dest%22:%22{1}%22,%22date%22:%22{{day}}%22%7D%5D"
    query = f"locale=en_US&pax=1&adult=1&type=OneWay&searchType=Award&cabin=&carriers=ALL&slices={slices}"
    return american.site(
        hosts=("www.aa.com", "aa.com"),
        routes=(
            Route("POST", f"{API}/calendar", Kind.DATA, american.calendar),
            Route("POST", f"{API}/weekly", Kind.DATA, american.weekly),
            Route("POST", f"{API}/itinerary", Kind.DATA, american.itinerary),
            Route("GET", SEARCH, Kind.PAGE, american.search_page),
            Route("GET", f"{SEARCH}.js", Kind.OTHER, script("american", "search.js")),
            Route("POST", RESULTS, Kind.PAGE, american.submit_search),
            Route("GET", RESULTS, Kind.PAGE, american.results_page),
            Route("GET", "/booking/choose-flights/results.js", Kind.OTHER, script("american", "results.js")),
            Route("GET", SIGN_IN, Kind.SIGN_IN, lambda _: html_response(page("american", "sign-in.html"))),
        ),
        sign_in=SIGN_IN,
        robots=ROBOTS,
        search_paths=("/booking/",),
        renamed_keys=("calendarMonths", "weeks", "days", "slices", "segments", "pricingDetail"),
        refusals=tuple(Refusal(name=name, reason=reason, handler=handler) for name, reason, handler in REFUSALS),
        examples=(
            ("LAX to AUS", f"{SEARCH}?{query.format('LAX', 'AUS')}"),
            ("JFK to LHR", f"{SEARCH}?{query.format('JFK', 'LHR')}"),
            ("LAX to SYD", f"{SEARCH}?{query.format('LAX', 'SYD')}"),
        ),
        days=ShownDays(mixed=False, without=frozenset({"saver"})),
        itineraries=ShownItineraries(pick=shown_offers, without=frozenset({"cash_price"})),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AmericanSearch(SearchRequest):
    """A search on any endpoint; `nearby` says whether to include airports near the origin and near the destination."""

    cabin: str
    nearby: tuple[bool, bool]


class SearchError(Exception):
    """A search that fails with an error number and a message."""

    def __init__(self, number: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.number, self.status = number, status


class American(Airline):
    """American's endpoints and pages."""

    def __init__(self, world: World) -> None:
        super().__init__(world, "american", LEVELS, partners=("AS", "QF", "CX"), close_in_fee=0)
        self._sessions: Sessions[bytes] = Sessions()

    def calendar(self, request: SandboxRequest) -> SandboxResponse:
        """Return the month that contains the requested day, for one cabin filter."""
        return self._respond(request, self._calendar)

    def weekly(self, request: SandboxRequest) -> SandboxResponse:
        """Return the requested day and six days on either side."""
        return self._respond(request, self._weekly)

    def itinerary(self, request: SandboxRequest) -> SandboxResponse:
        """Return one day's flights, or error 309 if the day has none."""
        return self._respond(request, self._itinerary)

    def _respond(
        self, request: SandboxRequest, build: Callable[[AmericanSearch, SandboxRequest], Json]
    ) -> SandboxResponse:
        if request.members_only:
            return json_response({"error": "UNAUTHORIZED", "message": "Log in to continue."}, 401)
        try:
            return json_response(build(self._parse_search(request.body), request))
        except SearchError as error:
            return _error(error.number, str(error), error.status, request)

    def _calendar(self, search: AmericanSearch, request: SandboxRequest) -> Json:
        first = search.day.replace(day=1)
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        return calendar_json(first, last, self._prices(search, first, last, request))

    def _weekly(
        self, search: AmericanSearch, request: SandboxRequest, points: str = "perPassengerAwardPointsTotal"
    ) -> Json:
        first, last = search.day - WEEK, search.day + WEEK
        return weekly_json(first, last, self._prices(search, first, last, request), points)

    def _prices(
        self, search: AmericanSearch, first: date, last: date, request: SandboxRequest
    ) -> dict[date, int | None]:
        """Return the lowest packed price for each day that can be booked."""
        first, last = self.limit_to_sale(search.origin, first, last)
        days = [first + timedelta(days=day) for day in range((last - first).days + 1)]
        filtered = CABIN_FILTERS[search.cabin](search.route)
        if request.empty or not filtered:
            return dict.fromkeys(days)
        columns = self.lowest_prices(search.route, first, last, search.travelers, request.step)
        shown = zip(*(columns[column] for column in filtered), strict=True)
        return dict(zip(days, map(min, shown), strict=True))

    def _itinerary(self, search: AmericanSearch, request: SandboxRequest) -> Json:
        offers = self._offers(search, request)
        sold_out = self.itineraries(search) if is_sold_out() else []
        if not offers and not sold_out:
            return _error_309()
        key = (self.world.seed, request.step)
        return itinerary_json(search.route, search.day, offers, search.travelers, key, sold_out)

    def _offers(self, search: AmericanSearch, request: SandboxRequest) -> list[Offer]:
        """Return the offers for the route and, if requested, for nearby airports.

        One response in four also has flights for nearby airports that were not requested, as in the capture of 2022.
        """
        ordinal, step = search.day.toordinal(), request.step
        offers = self.offers(search, request)
        unrequested = draw("slips", *search.route, ordinal) % 4 == 0
        pairs = [(other, search.destination) for other in nearby(search.origin) if search.nearby[0] or unrequested]
        pairs += [(search.origin, other) for other in nearby(search.destination) if search.nearby[1] or unrequested]
        for pair in pairs:
            others = self.inventory.offers(*pair, ordinal, search.travelers, step) if offers else []
            first = others[0].itinerary if others else None
            offers += others if any(search.nearby) else [offer for offer in others if offer.itinerary is first]
        return offers

    def _parse_search(self, body: bytes) -> AmericanSearch:
        search = _parse_search(body)
        today, last = self.days_on_sale(search.origin)
        if search.day < today:
            raise SearchError(DATE_PAST, "The departure date is in the past.", 200)
        if search.day > last:
            raise SearchError(DATE_TOO_FAR, "The departure date is too far in the future.")
        return search

    # ---- pages ----

    def search_page(self, request: SandboxRequest) -> SandboxResponse:
        """Return the page that a booking link opens; it submits the link's search immediately."""
        return redirect(SIGN_IN) if request.members_only else html_response(page("american", "search.html"))

    def submit_search(self, request: SandboxRequest) -> SandboxResponse:
        """Store the search in a form, keyed by a session id, and redirect to its results."""
        form = parse_qs(request.body.decode("utf-8", "replace"))
        search = form.get("searchRequest", [""])[0].encode()
        session = str(uuid.UUID(int=draw("session", search) << 64 | draw("id", search)))
        self._sessions.keep(session, search)
        return redirect(f"1?sid={session}", 303)

    def results_page(self, request: SandboxRequest) -> SandboxResponse:
        """Return the results page, whose state contains the day's flights and the week."""
        if request.members_only:
            return redirect(SIGN_IN)
        body = self._sessions.get(request.query.get("sid", ""))
        try:
            if body is None:
                raise SearchError(INVALID, "Your session has ended. Please start a new search.")
            search = self._parse_search(body)
            data = {
                "itineraryResult": self._itinerary(search, request),
                "weeklyResult": self._weekly(search, request, "awardPointsTotal"),
                "searchRequest": orjson.loads(body),
            }
        except SearchError as error:
            data = {"itineraryResult": None, "weeklyResult": None, "message": str(error)}
        state = orjson.dumps({"__nghData__": [], "1742060319": {"b": {"SearchData": data}, "s": 200}}).decode()
        return html_response(page("american", "results.html").replace("{state}", state.replace("<", "\\u003C")))


def _parse_search(body: bytes) -> AmericanSearch:
    """Parse the search from a request body. Raise SearchError if it is invalid."""
    try:
        payload: Mapping[str, Any] = orjson.loads(body)
        (trip,) = payload["slices"]
        search = AmericanSearch(
            origin=str(trip["origin"]).upper(),
            destination=str(trip["destination"]).upper(),
            day=date.fromisoformat(trip["departureDate"]),
            cabin=str(trip.get("cabin") or ""),
            travelers=sum(int(group["count"]) for group in payload["passengers"]),
            nearby=(bool(trip.get("originNearbyAirports")), bool(trip.get("destinationNearbyAirports"))),
        )
        award = payload["tripOptions"]["searchType"] == "Award" and payload["metadata"]["tripType"] == "OneWay"
    except (ValueError, LookupError, TypeError, AttributeError):
        raise SearchError(INVALID, "The request could not be read.") from None
    if not award or not 1 <= search.travelers <= 9 or search.cabin not in CABIN_FILTERS:
        raise SearchError(INVALID, "The request could not be read.")
    if not is_served(*search.route):
        raise SearchError(INVALID, "Enter a city or an airport that is served.")
    return search


def _error_309() -> Json:
    """Build the response for a day without flights; American sends the same to clients that it blocks."""
    return {"error": "309", "responseMetadata": None, "products": [], "slices": [], "utag": {}}


def _error(number: int, message: str, status: int, request: SandboxRequest) -> SandboxResponse:
    return json_response(
        {
            "timestamp": _milliseconds(request.now),
            "message": message,
            "details": f"uri={request.path}",
            "errorNumber": number,
        },
        status,
    )


def _milliseconds(moment: datetime) -> str:
    return re.sub(r"\+00:00$", "+0000", moment.isoformat(timespec="milliseconds"))


# Name, reason and response of each refusal.
REFUSALS: tuple[tuple[str, Reason, Handler], ...] = (
    ("309", Reason.BLOCKED, lambda _: json_response(_error_309())),
    ("309_other", Reason.BLOCKED, partial(_error, 309, "No flights were found.", 200)),
    ("challenge", Reason.BLOCKED, lambda _: html_response(page("american", "challenge.html"))),
    ("denied_403", Reason.BLOCKED, lambda request: access_denied(request.path, request.now)),
    ("denied_428", Reason.BLOCKED, lambda request: access_denied(request.path, request.now, 428)),
    ("busy_429", Reason.RATE_LIMITED, partial(_error, 429, "Too many requests.", 429)),
    ("past_1100", Reason.BAD_REQUEST, partial(_error, DATE_PAST, "The date is past.", 200)),
    ("bad_400", Reason.BAD_REQUEST, partial(_error, DATE_TOO_FAR, "The date is too far.", 400)),
)
