"""Southwest Rapid Rewards: a day's flights, the low fare calendar, and the pages that ask for them.

Keys and types of the flights are those of the answers of 2022 and 2026-09: prices are text, points are per traveler, a
landing on the way is a second entry of `stopsDetails`. Nobody has seen the calendar's answer: its shape is the one that
a parser describes which never ran. Our guesses besides: `originalFare` holds the same amounts as `fare` and stands
beside a `fareType` of DISCOUNT and a promo token where there is a sale, refusals of a search come with HTTP 200, a past
date has a code of its own, days of the month without a fare have empty `fares`, the address of the script that carries
the key, and its name in there. As at the real site, whoever sends no key gets 403; the sensor headers that the real
page makes up are sent by our page, but not asked for. robots.txt forbids less than that of 2019, which forbade every
page that a search has.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from hashlib import blake2b
from typing import Any

import orjson

from awardspider.items import Cabin
from awardspider.programs import programs
from awardspider.sandbox.airlines.southwest.flights import Json, around, detail, lowest_fares
from awardspider.sandbox.fares import NO_PRICE, Level, Tariff
from awardspider.sandbox.market import Market
from awardspider.sandbox.places import all_places
from awardspider.sandbox.quotes import ECONOMY
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

API = "/api/air-booking/v1/air-booking/page/air"
SHOPPING = f"{API}/booking/shopping"
CALENDAR = f"{API}/low-fare-calendar/select-dates"
RESULTS_PAGE = "/air/booking/select-depart.html"
CALENDAR_PAGE = "/air/low-fare-calendar/select-dates.html"
BOOTSTRAP = "/swa-ui/bootstrap/air-booking/1/data.js"
SIGN_IN = "/account/login.html"
# DEN-LAS sold from 9,500 points in 2026-09, OAK-KOA from 17,000 in 2022. There is one cabin.
LEVELS = (
    Level(350, 4500, 0, 0, 0),
    Level(700, 7500, 0, 0, 0),
    Level(1150, 9500, 0, 0, 0),
    Level(1650, 12000, 0, 0, 0),
    Level(99999, 15000, 0, 0, 0),
)
NO_FLIGHTS = "ERROR__NO_FLIGHTS_AVAILABLE"
NO_ROUTES = "ERROR__NO_ROUTES_EXIST"
BAD_AIRPORT = "ERROR__AIRPORT__INVALID"
BAD_DATE = "ERROR__DEPARTURE_DATE__IN_PAST"
BAD_REQUEST = "ERROR__REQUEST__INVALID"
TERMS = (("terms-of-service", "Use of company information on this site, fare data included, needs our permission."),)


def site(world: World) -> Site:
    program = programs()["southwest"]
    tariff = Tariff(
        program=program.key,
        own=program.carriers,
        partners=(),
        levels=LEVELS,
        window_days=program.booking_window_days,
        columns=(ECONOMY,),
    )
    southwest = Southwest(world, world.market(tariff))
    query = "originationAirportCode=DEN&destinationAirportCode=LAS&departureDate={day}&adultPassengersCount=1"
    results = f"{RESULTS_PAGE}?{query}&fareType=POINTS&passengerType=ADULT&tripType=oneway"
    calendar = f"{CALENDAR_PAGE}?{query}&currencyCode=POINTS&passengerType=ADULT&tripType=oneway"
    return Site(
        key=program.key,
        name=program.name,
        hosts=("www.southwest.com", "southwest.com"),
        routes=(
            Route("POST", SHOPPING, Kind.DATA, southwest.shopping),
            Route("POST", CALENDAR, Kind.DATA, southwest.calendar),
            Route("GET", RESULTS_PAGE, Kind.PAGE, partial(_page, "results.html")),
            Route("GET", "/air/booking/select.html", Kind.PAGE, partial(_page, "results.html")),
            Route("GET", CALENDAR_PAGE, Kind.PAGE, partial(_page, "calendar.html")),
            Route("GET", BOOTSTRAP, Kind.OTHER, southwest.bootstrap),
            Route("GET", "/air/booking/booking.js", Kind.OTHER, _script),
            Route("GET", SIGN_IN, Kind.SIGN_IN, _sign_in),
            Route("GET", "/", Kind.OTHER, lambda _: redirect(SIGN_IN)),
        ),
        sign_in=SIGN_IN,
        robots="User-agent: *\nDisallow: /v2/\nDisallow: /account/\n",
        searched=(API, "/air/booking/", "/air/low-fare-calendar/"),
        renamed=("searchResults", "airProducts", "details", "fareProducts", "lowFareCalendarDays"),
        refusals=(
            Refusal(name="gateway_403", reason="blocked", handler=_gateway),
            Refusal(name="gateway_429", reason="rate_limited", handler=partial(_gateway, code=429050703, status=429)),
        ),
        examples=(("DEN to LAS, one day", results), ("DEN to LAS, the month", calendar), ("Log in", SIGN_IN)),
        market=southwest.market,
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """A search as both endpoints take it; `points` is False for fares in dollars."""

    origin: str
    destination: str
    day: date
    travelers: int
    points: bool


class Refused(Exception):
    """A search that is answered with an error code."""

    def __init__(self, code: str, field: str = "") -> None:
        super().__init__(code)
        self.code, self.field = code, field


class Southwest:
    """Answers Southwest's requests out of one world."""

    def __init__(self, world: World, market: Market) -> None:
        self._world = world
        self.market = market
        self._key = f"l7xx{blake2b(f'{world.seed}|southwest'.encode(), digest_size=16).hexdigest()}"

    def bootstrap(self, _: Question) -> Answer:
        """The script with the public key of the gateway."""
        text = f'window.swaBootstrap = {{"apiKeys": {{"air-booking": "{self._key}"}}}};\n'
        return Answer(body=text.encode(), content_type="text/javascript; charset=utf-8")

    def shopping(self, question: Question) -> Answer:
        """The flights of one day; a flight without a seat is there, and one that has left has no fares at all."""
        if barred := self._barred(question):
            return barred
        try:
            asked = self._asked(question.body, "fareType")
            details = self._details(asked, question.now, question.step)
            if not details or question.empty:
                served = question.empty or self._is_flown(asked)
                raise Refused(NO_FLIGHTS if served else NO_ROUTES)
        except Refused as refusal:
            return _refusal(refusal)
        return json_answer(around(asked.origin, asked.destination, asked.points, details))

    def calendar(self, question: Question) -> Answer:
        """The lowest fares of each day of a month."""
        if barred := self._barred(question):
            return barred
        try:
            asked = self._asked(question.body, "currencyCode", month=True)
            if not asked.points:
                raise Refused(BAD_REQUEST)  # we have no prices in dollars for a month
            if not self._is_flown(asked):
                raise Refused(NO_ROUTES)
        except Refused as refusal:
            return _refusal(refusal)
        start, length = asked.day.replace(day=1), monthrange(asked.day.year, asked.day.month)[1]
        today = self._world.today(asked.origin)
        first = max(start, today)
        last = min(start + timedelta(days=length - 1), today + timedelta(days=self.market.tariff.window_days))
        days = max(0, (last - first).days + 1)
        column: list[int] = []
        if days and not question.empty:
            column = self.market.month(
                asked.origin, asked.destination, first.toordinal(), days, asked.travelers, question.step
            ).columns[ECONOMY]
        prices = dict(zip(range(first.toordinal(), last.toordinal() + 1), column, strict=False))
        shown = [
            {"date": str(date.fromordinal(day)), "fares": lowest_fares(prices.get(day, NO_PRICE))}
            for day in range(start.toordinal(), start.toordinal() + length)
        ]
        results = [{"lowFareCalendarDays": shown}]
        return json_answer({"success": True, "notifications": None, "data": {"searchResults": results}})

    def _barred(self, question: Question) -> Answer | None:
        """What those get who send no key, or who are not signed in where that is the rule."""
        if question.members_only:
            return redirect(SIGN_IN)
        return None if question.headers.get("x-api-key") == self._key else _gateway(question)

    def _asked(self, body: bytes, currency: str, *, month: bool = False) -> Asked:
        """The search in a request body, whose numbers are text. Raises Refused."""
        try:
            request: Mapping[str, Any] = orjson.loads(body)
            origin = str(request["originationAirportCode"]).upper()
            destination = str(request["destinationAirportCode"]).upper()
            day = date.fromisoformat(request["departureDate"])
            travelers = int(request["adultPassengersCount"])
            points, one_way = request[currency] == "POINTS", request["tripType"] == "oneway"
        except (ValueError, LookupError, TypeError, AttributeError):
            raise Refused(BAD_REQUEST) from None
        for field, code in (("originationAirportCode", origin), ("destinationAirportCode", destination)):
            if code not in all_places():
                raise Refused(BAD_AIRPORT, field)
        if origin == destination or not 1 <= travelers <= 8 or not one_way:
            raise Refused(BAD_REQUEST)
        today = self._world.today(origin)
        if day < (today.replace(day=1) if month else today):
            raise Refused(BAD_DATE, "departureDate")
        return Asked(origin, destination, day, travelers, points)

    def _is_flown(self, asked: Asked) -> bool:
        """Whether there is any flight in the week of the day asked."""
        days = range(asked.day.toordinal(), asked.day.toordinal() + 7)
        return any(self.market.flown(asked.origin, asked.destination, day) for day in days)

    def _details(self, asked: Asked, now: datetime, step: int) -> list[Json]:
        ordinal = asked.day.toordinal()
        if (asked.day - self._world.today(asked.origin)).days > self.market.tariff.window_days:
            return []
        offers = {
            id(offer.itinerary): offer
            for offer in self.market.offers(asked.origin, asked.destination, ordinal, asked.travelers, step)
            if offer.cabin is Cabin.ECONOMY
        }
        flown = self.market.flown(asked.origin, asked.destination, ordinal)
        return [detail(itinerary, offers.get(id(itinerary)), ordinal, now, asked.points) for itinerary in flown]


def _refusal(refused: Refused) -> Answer:
    errors = [{"code": refused.code, "field": refused.field}] if refused.field else [{"code": refused.code}]
    form, fields = ([], errors) if refused.field else (errors, [])
    notifications = {"formErrors": form, "fieldErrors": fields}
    return json_answer({"success": False, "notifications": notifications, "data": None})


def _gateway(_: Question, code: int = 403050700, status: int = 403) -> Answer:
    """The gateway's own no: 23 bytes."""
    return Answer(body=b'{"code":%d}' % code, status=status, content_type="application/json")


def _page(name: str, question: Question) -> Answer:
    if question.members_only:
        return redirect(SIGN_IN)
    text = page("southwest", name).replace("{style}", page("airline.css"))
    return html_answer(text, headers=TERMS)


def _sign_in(_: Question) -> Answer:
    return html_answer(page("sign-in.html").replace("{airline}", "Southwest Rapid Rewards"), headers=TERMS)


def _script(_: Question) -> Answer:
    return Answer(body=page("southwest", "booking.js").encode(), content_type="text/javascript; charset=utf-8")
