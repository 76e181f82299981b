"""United MileagePlus: its search page, token, month calendar, flights and sign-in.

What no capture shows and we made up: the shape of the new token answer, the objects in `Errors`, the names of the
sign-in form's fields and of its cookie, robots.txt, and that `calendar=1` or `st=calendar` opens the calendar.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from hashlib import blake2b
from typing import Any
from urllib.parse import parse_qs

import orjson

from awardspider.programs import programs
from awardspider.sandbox.airlines.united.calendar import calendar_json
from awardspider.sandbox.airlines.united.flights import FlightsAnswer
from awardspider.sandbox.airlines.united.frame import opaque
from awardspider.sandbox.edge import access_denied
from awardspider.sandbox.fares import NO_PRICE, Level, Tariff
from awardspider.sandbox.market import Market
from awardspider.sandbox.places import all_places
from awardspider.sandbox.quotes import COLUMNS
from awardspider.sandbox.sites import Answer, Kind, Question, Route, Site, html_answer, json_answer, page, redirect
from awardspider.sandbox.world import World

SIGN_IN = "/en/us/account/signin"
AWARD_PAGE = "/en/us/book-flight/united-award-travel"
COOKIE = "UASession"
SESSION_DAYS = 30
# Saver prices near to what United's calendar showed in 2026: 15,000 for LAX-AUS, 22,500 to 30,000 across the country.
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
    program = programs()["united"]
    tariff = Tariff(
        program=program.key,
        own=program.carriers,
        partners=("AC", "LH", "NH"),
        levels=LEVELS,
        window_days=program.booking_window_days,
    )
    united = United(world, world.market(tariff))
    calendar, flights = "/api/flight/FetchAwardCalendar", "/api/flight/FetchFlights"
    search = "/en/us/fsr/choose-flights"
    query = "f={0}&t={1}&d={{day}}&tt=1&at=1&sc=7&px=1&taxng=1&newHP=True&clm=7&st=bestmatches&tqp=A"
    return Site(
        key=program.key,
        name=program.name,
        hosts=("www.united.com", "united.com"),
        routes=(
            Route("POST", calendar, Kind.DATA, united.calendar),
            Route("POST", flights, Kind.DATA, united.flights),
            Route("GET", "/api/token/anonymous", Kind.OTHER, lambda _: redirect("/api/svc/token/anonymous", 301)),
            Route("GET", "/api/svc/token/anonymous", Kind.OTHER, united.token),
            Route("GET", "/api/auth/anonymous-token", Kind.OTHER, united.token),
            Route("GET", search, Kind.PAGE, united.search_page),
            Route("GET", f"{search}.js", Kind.OTHER, _script),
            Route("GET", "/", Kind.OTHER, lambda _: redirect(AWARD_PAGE)),
            Route("GET", AWARD_PAGE, Kind.PAGE, united.award_page),
            Route("GET", SIGN_IN, Kind.SIGN_IN, partial(_sign_in_page, "")),
            Route("POST", SIGN_IN, Kind.SIGN_IN, united.sign_in),
        ),
        sign_in=SIGN_IN,
        robots="User-agent: *\nDisallow: /en/us/account/\n",
        searched=("/api/flight/", "/en/us/fsr/"),
        renamed=("Calendar", "Months", "Solutions", "Flights", "Products", "Prices"),
        examples=(
            ("LAX to AUS, one day", f"{search}?{query.format('LAX', 'AUS')}"),
            ("SFO to LHR, with the month", f"{search}?{query.format('SFO', 'LHR')}&calendar=1"),
            ("YYZ to LAX, with the month", f"{search}?{query.format('YYZ', 'LAX')}&calendar=1"),
            ("Award travel", AWARD_PAGE),
            ("Sign in", SIGN_IN),
        ),
        market=united.market,
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """A search as the endpoints take it."""

    origin: str
    destination: str
    day: date
    travelers: int
    most_stops: int | None


class Refused(Exception):
    """A request that United does not search for; the text is what its page would say."""


class United:
    """Answers United's requests out of one world."""

    def __init__(self, world: World, market: Market) -> None:
        self._world = world
        self.market = market

    def calendar(self, question: Question) -> Answer:
        """A month of lowest prices. Days that are past or not yet on sale have no solutions."""
        if barred := self._barred(question):
            return barred
        try:
            asked = _asked(question.body)
        except Refused as refusal:
            return _refusal(str(refusal))
        today = self._world.today(asked.origin)
        first = max(asked.day.replace(day=1), today)
        last = min(_month_end(asked.day), today + timedelta(days=self.market.tariff.window_days))
        days = max(0, (last - first).days + 1)
        columns = [[NO_PRICE] * days for _ in COLUMNS]
        if days and not question.empty:
            columns = self.market.month(
                asked.origin, asked.destination, first.toordinal(), days, asked.travelers, question.step
            ).columns
        served = any(price != NO_PRICE for column in columns for price in column)
        route = (asked.origin, asked.destination)
        return Answer(body=calendar_json(route, asked.day, first, columns, served, question.now))

    def flights(self, question: Question) -> Answer:
        """The flights of one day. A day that is past is refused, one not yet on sale has none."""
        if barred := self._barred(question):
            return barred
        try:
            asked = _asked(question.body)
            today = self._world.today(asked.origin)
            if asked.day < today:
                raise Refused(RESTART)
        except Refused as refusal:
            return _refusal(str(refusal))
        beyond = (asked.day - today).days > self.market.tariff.window_days
        answer = FlightsAnswer(self.market, asked.origin, asked.destination, asked.day, asked.travelers, question.step)
        return json_answer(answer.json(question.now, asked.most_stops, empty=question.empty or beyond))

    def _barred(self, question: Question) -> Answer | None:
        """What a visitor who is not signed in gets from the endpoints, where the sign-in rule is on."""
        if not question.members_only or self._member(question):
            return None
        if question.variant == "428":
            return access_denied(question.path, question.now, 428)
        return Answer(body=b"AuthenticationSkipped", status=403, content_type="text/plain")

    def token(self, question: Question) -> Answer:
        """An anonymous token of 207 characters; nothing here asks for it."""
        minute = question.now.replace(second=0, microsecond=0)
        text = "".join(opaque(24, "token", self._world.seed, minute, part) for part in range(9))
        expires = f"{minute + timedelta(minutes=30):%Y-%m-%dT%H:%M:%S}.0000000Z"
        return json_answer({"data": {"token": {"hash": f"DAAAA{text}"[:207], "expiresAt": expires}}})

    def search_page(self, question: Question) -> Answer:
        """The page for people; a session that has ended is sent to sign in again."""
        signed_in = not question.members_only or bool(self._member(question))
        if not signed_in and COOKIE in question.cookies:
            return redirect(SIGN_IN)
        text = page("united", "choose-flights.html")
        return html_answer(text.replace("{signed-in}", "yes" if signed_in else "no"))

    def award_page(self, question: Question) -> Answer:
        day = self._world.today("LAX") + timedelta(days=100)
        member = self._member(question)
        greeting = f"Signed in as {member}." if member else "You are not signed in."
        text = page("united", "award-travel.html").replace("{greeting}", greeting)
        return html_answer(text.replace("{day}", str(day)))

    def sign_in(self, question: Question) -> Answer:
        """Any member number with any code of six digits opens a session."""
        form = {name: values[0] for name, values in parse_qs(question.body.decode("utf-8", "replace")).items()}
        member, code = form.get("member", "").strip().upper(), form.get("code", "").strip()
        if not re.fullmatch(r"[A-Z0-9]{4,12}", member):
            return _sign_in_page("Enter your MileagePlus number: four to twelve letters and digits.", question)
        if not re.fullmatch(r"\d{6}", code):
            return _sign_in_page("Enter the code of six digits; in the sandbox any will do.", question)
        session = self._session(member, int(question.now.timestamp()))
        cookie = f"{COOKIE}={session}; Path=/; Max-Age={SESSION_DAYS * 86400}; HttpOnly; SameSite=Lax"
        return redirect(AWARD_PAGE, headers=(("Set-Cookie", cookie),))

    def _session(self, member: str, since: int) -> str:
        seal = blake2b(f"{self._world.seed}|{member}|{since}".encode(), digest_size=12).hexdigest()
        return f"{member}.{since}.{seal}"

    def _member(self, question: Question) -> str | None:
        """The member whose session the cookie holds, if it is ours and not too old."""
        member, _, rest = question.cookies.get(COOKIE, "").partition(".")
        since = rest.partition(".")[0]
        if not since.isdigit() or f"{member}.{rest}" != self._session(member, int(since)):
            return None
        age = question.now.timestamp() - int(since)
        return member if 0 <= age <= SESSION_DAYS * 86400 else None


def _script(_: Question) -> Answer:
    return Answer(body=page("united", "choose-flights.js").encode(), content_type="text/javascript; charset=utf-8")


def _sign_in_page(problem: str, _: Question) -> Answer:
    return html_answer(page("united", "sign-in.html").replace("{problem}", problem))


def _month_end(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _asked(body: bytes) -> Asked:
    """The search in a request body. Raises Refused with the page's text where United would not search."""
    try:
        request: Mapping[str, Any] = orjson.loads(body)
        trip = request["Trips"][0]
        origin, destination = str(trip["Origin"]).upper(), str(trip["Destination"]).upper()
        day = date.fromisoformat(str(trip["DepartDate"])[:10])
        travelers = len(request.get("PaxInfoList") or [1])
        award = bool(request["AwardTravel"])
    except (ValueError, LookupError, TypeError, AttributeError):
        raise Refused(RESTART) from None
    if origin not in all_places() or destination not in all_places():
        raise Refused(NOT_SERVED)
    if not award or origin == destination or not 1 <= travelers <= 9:
        raise Refused(RESTART)
    most = trip.get("StopCountMax")
    return Asked(origin, destination, day, travelers, most if isinstance(most, int) and most >= 0 else None)


def _refusal(message: str) -> Answer:
    """How United says no to a search; the texts are its page's, the objects around them are our guess."""
    error = {
        "MajorCode": "20003",
        "MajorDescription": "FlightShopping",
        "MinorCode": "10038",
        "MinorDescription": "InvalidRequest",
        "Message": message,
    }
    return json_answer({"data": {"Status": 2, "Errors": [error], "Warnings": [], "Trips": []}})
