"""American AAdvantage: its search page, the results page, the month calendar, the week and the day's flights.

What no source shows and we made up: `details` and the texts of refusals, the error number of a date beyond the window,
what stands beside an error 309, that days already past keep their date in the calendar while padding has none, that the
calendar of a route nobody flies has empty days, that the results page asks for the month of the day, what a visitor
gets where signing in were needed, and the surroundings of `SearchData` in the page's state. Both names of the premium
economy filter are taken, as sources disagree. The front cabin is sold as FIRST on routes up to 3,000 miles and as
BUSINESS beyond, where FIRST is a cabin of its own.
"""

from __future__ import annotations

import re
import uuid
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import parse_qs

import orjson

from awardspider.programs import programs
from awardspider.sandbox.airlines.american.months import CABIN_FILTERS, calendar_json, weekly_json
from awardspider.sandbox.airlines.american.slices import Json, itinerary_json
from awardspider.sandbox.connections import Itinerary
from awardspider.sandbox.edge import access_denied
from awardspider.sandbox.fares import Level, Tariff
from awardspider.sandbox.market import Market, Offer
from awardspider.sandbox.places import all_places, draw, nearby
from awardspider.sandbox.sites import (
    Answer,
    Handler,
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
from awardspider.sandbox.space import is_sold_out
from awardspider.sandbox.world import World

API = "/booking/api/search"
SEARCH, RESULTS, SIGN_IN = "/booking/search", "/booking/choose-flights/1", "/loyalty/login"
SESSIONS_KEPT = 500
WEEK = 6  # days before and after
# Low prices near to what captures of 2022 and 2026 show: 8,000 for LAX-AUS, 20,000 for LAX-HNL.
LEVELS = (
    Level(500, 6000, 9000, 15000, 20000),
    Level(1300, 8000, 12000, 18000, 25000),
    Level(2000, 11000, 18000, 25000, 40000),
    Level(2700, 16000, 25000, 35000, 55000),
    Level(3800, 22500, 35000, 57500, 80000),
    Level(6000, 30000, 45000, 75000, 110000),
    Level(99999, 40000, 65000, 95000, 140000),
)
PAST, BEYOND, UNREADABLE = 1100, 1101, 1001
ROBOTS = """User-agent: *
Disallow: /i18n/AAdvantage/
Disallow: /i18n/agencyPrograms
Disallow: /i18n/businessPrograms
Disallow: /i18n/promo
Disallow: /contactAA/viewEmailFormAccess.do?eventName=lowFare
Disallow: /pubcontent/jba
"""


def site(world: World) -> Site:
    program = programs()["american"]
    tariff = Tariff(
        program=program.key,
        own=program.carriers,
        partners=("AS", "QF", "CX"),
        levels=LEVELS,
        window_days=program.booking_window_days,
        close_in_fee=0,
    )
    american = American(world, world.market(tariff))
    slices = "%5B%7B%22orig%22:%22{0}%22,%22dest%22:%22{1}%22,%22date%22:%22{{day}}%22%7D%5D"
    query = f"locale=en_US&pax=1&adult=1&type=OneWay&searchType=Award&cabin=&carriers=ALL&slices={slices}"
    return Site(
        key=program.key,
        name=program.name,
        hosts=("www.aa.com", "aa.com"),
        routes=(
            Route("POST", f"{API}/calendar", Kind.DATA, american.calendar),
            Route("POST", f"{API}/weekly", Kind.DATA, american.weekly),
            Route("POST", f"{API}/itinerary", Kind.DATA, american.itinerary),
            Route("GET", SEARCH, Kind.PAGE, american.search_page),
            Route("GET", f"{SEARCH}.js", Kind.OTHER, partial(_script, "search.js")),
            Route("POST", RESULTS, Kind.PAGE, american.search_sent),
            Route("GET", RESULTS, Kind.PAGE, american.results_page),
            Route("GET", "/booking/choose-flights/results.js", Kind.OTHER, partial(_script, "results.js")),
            Route("GET", SIGN_IN, Kind.SIGN_IN, lambda _: html_answer(page("american", "sign-in.html"))),
        ),
        sign_in=SIGN_IN,
        robots=ROBOTS,
        searched=("/booking/",),
        renamed=("calendarMonths", "weeks", "days", "slices", "segments", "pricingDetail"),
        refusals=tuple(Refusal(name=name, reason=REFUSALS[name][0], handler=REFUSALS[name][1]) for name in REFUSALS),
        examples=(
            ("LAX to AUS", f"{SEARCH}?{query.format('LAX', 'AUS')}"),
            ("JFK to LHR", f"{SEARCH}?{query.format('JFK', 'LHR')}"),
            ("LAX to SYD", f"{SEARCH}?{query.format('LAX', 'SYD')}"),
        ),
        market=american.market,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A search as all three endpoints take it. `near` are the ends whose neighbors are asked for too."""

    origin: str
    destination: str
    day: date
    cabin: str
    travelers: int
    near: tuple[bool, bool]


class Refused(Exception):
    """A request that American does not search for: its error number, and what it says."""

    def __init__(self, number: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.number, self.status = number, status


class American:
    """Answers American's requests out of one world."""

    def __init__(self, world: World, market: Market) -> None:
        self._world = world
        self.market = market
        self._sessions: OrderedDict[str, bytes] = OrderedDict()

    def calendar(self, question: Question) -> Answer:
        """The month of the day that was asked, for one cabin filter."""
        return self._answered(question, self._calendar)

    def weekly(self, question: Question) -> Answer:
        """The day that was asked and six days on either side."""
        return self._answered(question, self._weekly)

    def itinerary(self, question: Question) -> Answer:
        """The flights of one day; the code 309 where there are none."""
        return self._answered(question, self._itinerary)

    def _answered(self, question: Question, answer: Callable[[Asked, Question], Json]) -> Answer:
        if question.members_only:
            return json_answer({"error": "UNAUTHORIZED", "message": "Log in to continue."}, 401)
        try:
            return json_answer(answer(self._asked(question.body, question), question))
        except Refused as refusal:
            return _refused(refusal.number, str(refusal), refusal.status, question)

    def _calendar(self, asked: Asked, question: Question) -> Json:
        first = asked.day.replace(day=1)
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        return calendar_json(first, last, self._prices(asked, first, last, question))

    def _weekly(self, asked: Asked, question: Question, points: str = "perPassengerAwardPointsTotal") -> Json:
        first, last = asked.day - timedelta(days=WEEK), asked.day + timedelta(days=WEEK)
        return weekly_json(first, last, self._prices(asked, first, last, question), points)

    def _prices(self, asked: Asked, first: date, last: date, question: Question) -> dict[date, int | None]:
        """The lowest packed price of each day that can be booked."""
        today = self._world.today(asked.origin)
        first, last = max(first, today), min(last, today + timedelta(days=self.market.tariff.window_days))
        days = [first + timedelta(days=day) for day in range((last - first).days + 1)]
        route = (asked.origin, asked.destination)
        columns = CABIN_FILTERS[asked.cabin](route)
        if question.empty or not columns:
            return dict.fromkeys(days)
        month = self.market.month(*route, first.toordinal(), len(days), asked.travelers, question.step)
        shown = zip(*(month.columns[column] for column in columns), strict=True)
        return dict(zip(days, map(min, shown), strict=True))

    def _itinerary(self, asked: Asked, question: Question) -> Json:
        found = [] if question.empty else self._offers(asked, question)
        route, sold_out = (asked.origin, asked.destination), list[Itinerary]()
        if is_sold_out():
            sold_out = self.market.flown(*route, asked.day.toordinal())
        if not found and not sold_out:
            return _nothing()
        key = (self._world.seed, question.step)
        return itinerary_json(route, asked.day, found, asked.travelers, key, sold_out)

    def _offers(self, asked: Asked, question: Question) -> list[Offer]:
        """What is offered from and to the airports asked for. One neighbor's flight slips in where none was asked for,
        on one answer in four, as in the capture of 2022."""
        ordinal, step = asked.day.toordinal(), question.step
        found = self.market.offers(asked.origin, asked.destination, ordinal, asked.travelers, step)
        slips = draw("slips", asked.origin, asked.destination, ordinal) % 4 == 0
        pairs = [(other, asked.destination) for other in nearby(asked.origin) if asked.near[0] or slips]
        pairs += [(asked.origin, other) for other in nearby(asked.destination) if asked.near[1] or slips]
        for origin, destination in pairs:
            near = self.market.offers(origin, destination, ordinal, asked.travelers, step) if found else []
            head = near[0].itinerary if near else None
            found += near if any(asked.near) else [offer for offer in near if offer.itinerary is head]
        return found

    def _asked(self, body: bytes, question: Question) -> Asked:
        asked = _read(body)
        today = question.now.astimezone(all_places()[asked.origin].zone).date()
        if asked.day < today:
            raise Refused(PAST, "The departure date is in the past.", 200)
        if (asked.day - today).days > self.market.tariff.window_days:
            raise Refused(BEYOND, "The departure date is too far in the future.")
        return asked

    # ---- pages ----

    def search_page(self, question: Question) -> Answer:
        """The page of the link for people: it sends its search on at once."""
        return redirect(SIGN_IN) if question.members_only else html_answer(page("american", "search.html"))

    def search_sent(self, question: Question) -> Answer:
        """Takes the form, keeps the search under a session id and leads to its results."""
        form = parse_qs(question.body.decode("utf-8", "replace"))
        search = form.get("searchRequest", [""])[0].encode()
        session = str(uuid.UUID(int=draw("session", search) << 64 | draw("id", search)))
        self._sessions[session] = search
        while len(self._sessions) > SESSIONS_KEPT:
            self._sessions.popitem(last=False)
        return redirect(f"1?sid={session}", 303)

    def results_page(self, question: Question) -> Answer:
        """The results, with the day's flights and the week in the state that the page carries."""
        if question.members_only:
            return redirect(SIGN_IN)
        search = self._sessions.get(question.query.get("sid", ""))
        text = page("american", "results.html")
        try:
            if search is None:
                raise Refused(UNREADABLE, "Your session has ended. Please start a new search.")
            asked = self._asked(search, question)
            data = {
                "itineraryResult": self._itinerary(asked, question),
                "weeklyResult": self._weekly(asked, question, "awardPointsTotal"),
                "searchRequest": orjson.loads(search),
            }
        except Refused as refusal:
            data = {"itineraryResult": None, "weeklyResult": None, "message": str(refusal)}
        state = orjson.dumps({"__nghData__": [], "1742060319": {"b": {"SearchData": data}, "s": 200}}).decode()
        return html_answer(text.replace("{state}", state.replace("<", "\\u003C")))


def _script(name: str, _: Question) -> Answer:
    return Answer(body=page("american", name).encode(), content_type="text/javascript; charset=utf-8")


def _read(body: bytes) -> Asked:
    """The search in a request body. Raises Refused where American would not search."""
    try:
        request: Mapping[str, Any] = orjson.loads(body)
        (trip,) = request["slices"]
        asked = Asked(
            origin=str(trip["origin"]).upper(),
            destination=str(trip["destination"]).upper(),
            day=date.fromisoformat(trip["departureDate"]),
            cabin=str(trip.get("cabin") or ""),
            travelers=sum(int(group["count"]) for group in request["passengers"]),
            near=(bool(trip.get("originNearbyAirports")), bool(trip.get("destinationNearbyAirports"))),
        )
        award = request["tripOptions"]["searchType"] == "Award" and request["metadata"]["tripType"] == "OneWay"
    except (ValueError, LookupError, TypeError, AttributeError):
        raise Refused(UNREADABLE, "The request could not be read.") from None
    if not award or not 1 <= asked.travelers <= 9 or asked.cabin not in CABIN_FILTERS:
        raise Refused(UNREADABLE, "The request could not be read.")
    known = all_places()
    if asked.origin not in known or asked.destination not in known or asked.origin == asked.destination:
        raise Refused(UNREADABLE, "Enter a city or an airport that is served.")
    return asked


def _nothing() -> Json:
    """What American says where it finds no flights, and to those it will not serve."""
    return {"error": "309", "responseMetadata": None, "products": [], "slices": [], "utag": {}}


def _refused(number: int, message: str, status: int, question: Question) -> Answer:
    return json_answer(
        {
            "timestamp": _milliseconds(question.now),
            "message": message,
            "details": f"uri={question.path}",
            "errorNumber": number,
        },
        status,
    )


def _milliseconds(moment: datetime) -> str:
    return re.sub(r"\+00:00$", "+0000", moment.isoformat(timespec="milliseconds"))


# Its own ways not to serve: what each means, and the answer.
REFUSALS: dict[str, tuple[str, Handler]] = {
    "309": ("blocked", lambda _: json_answer(_nothing())),
    "309_other": ("blocked", partial(_refused, 309, "No flights were found.", 200)),
    "challenge": ("blocked", lambda _: html_answer(page("american", "challenge.html"))),
    "denied_403": ("blocked", lambda asked: access_denied(asked.path, asked.now)),
    "denied_428": ("blocked", lambda asked: access_denied(asked.path, asked.now, 428)),
    "busy_429": ("rate_limited", partial(_refused, 429, "Too many requests.", 429)),
    "past_1100": ("bad_request", partial(_refused, PAST, "The date is past.", 200)),
    "bad_400": ("bad_request", partial(_refused, BEYOND, "The date is too far.", 400)),
}
