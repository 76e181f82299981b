"""United MileagePlus: the search page, token, month calendar, flights and sign-in.

Assumed, because no capture shows it: the response that contains the new token; the objects in `Errors`; the names of
the sign-in form's fields and of the session cookie; robots.txt; that `calendar=1` or `st=calendar` opens the calendar.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any
from urllib.parse import parse_qs

import orjson

from awardspider.sandbox.airlines._airline import Airline, SearchRequest, opaque_id, script
from awardspider.sandbox.airlines.united.calendar import calendar_json
from awardspider.sandbox.airlines.united.envelope import opaque
from awardspider.sandbox.airlines.united.flights import FlightsResponse
from awardspider.sandbox.block_pages import access_denied
from awardspider.sandbox.fares import NO_PRICE, Level
from awardspider.sandbox.places import all_places
from awardspider.sandbox.quotes import COLUMNS
from awardspider.sandbox.sites import (
    Kind,
    Route,
    SandboxRequest,
    SandboxResponse,
    Site,
    html_response,
    json_response,
    page,
    redirect,
)
from awardspider.sandbox.world import World

SIGN_IN = "/en/us/account/signin"
AWARD_PAGE = "/en/us/book-flight/united-award-travel"
COOKIE = "UASession"
SESSION_DAYS = 30
# Saver prices close to those in United's 2026 calendar: 15,000 for LAX-AUS, 22,500 to 30,000 coast to coast.
LEVELS = (
    Level(350, 5500, 9000, 15000, 20000),
    Level(700, 7500, 12000, 20000, 30000),
    Level(1150, 10000, 15000, 25000, 35000),
    Level(1650, 15000, 22500, 30000, 45000),
    Level(2700, 22500, 30000, 35000, 60000),
    Level(3300, 25000, 40000, 55000, 90000),
    Level(4500, 30000, 50000, 80000, 110000),
    Level(6000, 35000, 55000, 88000, 121000),
    Level(8000, 40000, 60000, 100000, 130000),
    Level(99999, 45000, 70000, 120000, 150000),
)
NOT_SERVED = "The city or airport you entered is not valid or the airport is not served."
RESTART = "We can't process this request. Please restart your search."


def site(world: World) -> Site:
    """Build the simulated site."""
    united = United(world, "united", LEVELS, partners=("AC", "LH", "NH"))
    calendar, flights = "/api/flight/FetchAwardCalendar", "/api/flight/FetchFlights"
    search = "/en/us/fsr/choose-flights"
    query = "f={0}&t={1}&d={{day}}&tt=1&at=1&sc=7&px=1&taxng=1&newHP=True&clm=7&st=bestmatches&tqp=A"
    return united.site(
        hosts=("www.united.com", "united.com"),
        routes=(
            Route("POST", calendar, Kind.DATA, united.calendar),
            Route("POST", flights, Kind.DATA, united.flights),
            Route("GET", "/api/token/anonymous", Kind.OTHER, lambda _: redirect("/api/svc/token/anonymous", 301)),
            Route("GET", "/api/svc/token/anonymous", Kind.OTHER, united.token),
            Route("GET", "/api/auth/anonymous-token", Kind.OTHER, united.token),
            Route("GET", search, Kind.PAGE, united.search_page),
            Route("GET", f"{search}.js", Kind.OTHER, script("united", "choose-flights.js")),
            Route("GET", "/", Kind.OTHER, lambda _: redirect(AWARD_PAGE)),
            Route("GET", AWARD_PAGE, Kind.PAGE, united.award_page),
            Route("GET", SIGN_IN, Kind.SIGN_IN, partial(_sign_in_page, "")),
            Route("POST", SIGN_IN, Kind.SIGN_IN, united.sign_in),
        ),
        sign_in=SIGN_IN,
        robots="User-agent: *\nDisallow: /en/us/account/\n",
        search_paths=("/api/flight/", "/en/us/fsr/"),
        renamed_keys=("Calendar", "Months", "Solutions", "Flights", "Products", "Prices"),
        examples=(
            ("LAX to AUS, one day", f"{search}?{query.format('LAX', 'AUS')}"),
            ("SFO to LHR, with the month", f"{search}?{query.format('SFO', 'LHR')}&calendar=1"),
            ("YYZ to LAX, with the month", f"{search}?{query.format('YYZ', 'LAX')}&calendar=1"),
            ("Award travel", AWARD_PAGE),
            ("Sign in", SIGN_IN),
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitedSearch(SearchRequest):
    """A search on either endpoint; `max_stops` is None if stops are not limited."""

    max_stops: int | None


class SearchError(Exception):
    """An invalid search; the exception's text is the message on United's page."""


class United(Airline):
    """United's endpoints and pages."""

    def calendar(self, request: SandboxRequest) -> SandboxResponse:
        """Return a month of lowest daily prices. Days in the past or not yet on sale have no solutions."""
        if denied := self._access_error(request):
            return denied
        try:
            search = _parse_search(request.body)
        except SearchError as error:
            return _error(str(error))
        start = search.day.replace(day=1)
        month_end = (start + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        first, last = self.limit_to_sale(search.origin, start, month_end)
        columns = [[NO_PRICE] * max(0, (last - first).days + 1) for _ in COLUMNS]
        if first <= last and not request.empty:
            columns = self.lowest_prices(search.route, first, last, search.travelers, request.step)
        served = any(price != NO_PRICE for column in columns for price in column)
        return SandboxResponse(body=calendar_json(search.route, search.day, first, columns, served, request.now))

    def flights(self, request: SandboxRequest) -> SandboxResponse:
        """Return one day's flights: an error if the day is in the past, and no flights if it is not yet on sale."""
        if denied := self._access_error(request):
            return denied
        try:
            search = _parse_search(request.body)
            if search.day < self.world.today(search.origin):
                raise SearchError(RESTART)
        except SearchError as error:
            return _error(str(error))
        empty = request.empty or not self.is_on_sale(search.origin, search.day)
        response = FlightsResponse(self.inventory, search, request.step)
        return json_response(response.json(request.now, search.max_stops, empty=empty))

    def _access_error(self, request: SandboxRequest) -> SandboxResponse | None:
        """Return the endpoints' response to a visitor who must sign in; None for any other visitor."""
        if not request.members_only or self._member(request):
            return None
        if request.variant == "428":
            return access_denied(request.path, request.now, 428)
        return SandboxResponse(body=b"AuthenticationSkipped", status=403, content_type="text/plain")

    def token(self, request: SandboxRequest) -> SandboxResponse:
        """Return an anonymous token of 207 characters; the sandbox does not require it."""
        minute = request.now.replace(second=0, microsecond=0)
        text = "".join(opaque(24, "token", self.world.seed, minute, part) for part in range(9))
        expires = f"{minute + timedelta(minutes=30):%Y-%m-%dT%H:%M:%S}.0000000Z"
        return json_response({"data": {"token": {"hash": f"DAAAA{text}"[:207], "expiresAt": expires}}})

    def search_page(self, request: SandboxRequest) -> SandboxResponse:
        """Return the search page, or redirect to the sign-in page if a required session has expired."""
        signed_in = not request.members_only or bool(self._member(request))
        if not signed_in and COOKIE in request.cookies:
            return redirect(SIGN_IN)
        text = page("united", "choose-flights.html")
        return html_response(text.replace("{signed-in}", "yes" if signed_in else "no"))

    def award_page(self, request: SandboxRequest) -> SandboxResponse:
        """Return the page with the search form."""
        day = self.world.today("LAX") + timedelta(days=100)
        member = self._member(request)
        greeting = f"Signed in as {member}." if member else "You are not signed in."
        text = page("united", "award-travel.html").replace("{greeting}", greeting)
        return html_response(text.replace("{day}", str(day)))

    def sign_in(self, request: SandboxRequest) -> SandboxResponse:
        """Open a session for any member number and any six-digit code."""
        form = {name: values[0] for name, values in parse_qs(request.body.decode("utf-8", "replace")).items()}
        member, code = form.get("member", "").strip().upper(), form.get("code", "").strip()
        if not re.fullmatch(r"[A-Z0-9]{4,12}", member):
            return _sign_in_page("Enter your MileagePlus number: four to twelve letters and digits.", request)
        if not re.fullmatch(r"\d{6}", code):
            return _sign_in_page("Enter the code of six digits; in the sandbox any will do.", request)
        session = self._session(member, int(request.now.timestamp()))
        cookie = f"{COOKIE}={session}; Path=/; Max-Age={SESSION_DAYS * 86400}; HttpOnly; SameSite=Lax"
        return redirect(AWARD_PAGE, headers=(("Set-Cookie", cookie),))

    def _session(self, member: str, since: int) -> str:
        return f"{member}.{since}.{opaque_id(12, self.world.seed, member, since)}"

    def _member(self, request: SandboxRequest) -> str | None:
        """Return the member whose session is in the cookie; None if the session is invalid or expired."""
        member, _, rest = request.cookies.get(COOKIE, "").partition(".")
        since = rest.partition(".")[0]
        if not since.isdigit() or f"{member}.{rest}" != self._session(member, int(since)):
            return None
        age = request.now.timestamp() - int(since)
        return member if 0 <= age <= SESSION_DAYS * 86400 else None


def _sign_in_page(problem: str, _: SandboxRequest) -> SandboxResponse:
    return html_response(page("united", "sign-in.html").replace("{problem}", problem))


def _parse_search(body: bytes) -> UnitedSearch:
    """Parse the search from a request body. Raise SearchError if it is invalid."""
    try:
        payload: Mapping[str, Any] = orjson.loads(body)
        trip = payload["Trips"][0]
        max_stops = trip.get("StopCountMax")
        search = UnitedSearch(
            origin=str(trip["Origin"]).upper(),
            destination=str(trip["Destination"]).upper(),
            day=date.fromisoformat(str(trip["DepartDate"])[:10]),
            travelers=len(payload.get("PaxInfoList") or [1]),
            max_stops=max_stops if isinstance(max_stops, int) and max_stops >= 0 else None,
        )
        award = bool(payload["AwardTravel"])
    except (ValueError, LookupError, TypeError, AttributeError):
        raise SearchError(RESTART) from None
    if not all_places().keys() >= set(search.route):
        raise SearchError(NOT_SERVED)
    if not award or not search.is_possible():
        raise SearchError(RESTART)
    return search


def _error(message: str) -> SandboxResponse:
    """Return a search error. The message is the page's; the objects around it are assumed."""
    error = {
        "MajorCode": "20003",
        "MajorDescription": "FlightShopping",
        "MinorCode": "10038",
        "MinorDescription": "InvalidRequest",
        "Message": message,
    }
    return json_response({"data": {"Status": 2, "Errors": [error], "Warnings": [], "Trips": []}})
