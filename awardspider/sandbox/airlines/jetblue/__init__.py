"""JetBlue TrueBlue: the best fares of a month, a day's flights, and the pages that ask for them.

Keys and types are those of answers of 2026-05 and 2026-09: whole numbers for points and flights, local times without
an offset, the key of the flights' service in the page's `rwb-config`. Days without a fare are left out of the month;
with a flight but no seat everywhere the month is empty, and 400 stands for a route that nobody flies or a month that
cannot be. The lowest fare of the month counts partner flights too. Our guesses: everything in a refusal besides its
status and code (the codes themselves are known, not when each comes), no offers at all as an empty `productOffers`, a
brand that is sold out has no price and no segments, `layoverDuration` is the wait after a segment, `segmentType`
PARTNER, the itinerary shows a cabin with seats on all flights and not also the cheaper mixed one, a body without
`awardBooking` gets 400 as we have no money fares, and robots.txt of the two hosts that answer.
"""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import partial
from hashlib import blake2b
from typing import Any

import orjson

from awardspider.programs import programs
from awardspider.sandbox.airlines.jetblue.flights import product_offer
from awardspider.sandbox.fares import NO_PRICE, Level, Tariff, unpack
from awardspider.sandbox.market import Market, Offer
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

BEST_FARES = "/bff/bff-service/bestFares/"
SEARCH = "/cb-flight-search/v1/search/NGB"
SEARCH_AT_WWW = f"/api/ecom{SEARCH}"
RESULTS_PAGE = "/booking/flights"
CALENDAR_PAGE = "/best-fare-finder"
SIGN_IN = "/signin"
KEY_HEADER = "ocp-apim-subscription-key"
# JFK-LAX was 13,100 to 27,900 in 2026-09, Mint 192,600.
LEVELS = (
    Level(350, 4000, 8000, 12000, 24000),
    Level(700, 5500, 11000, 16500, 33000),
    Level(1150, 7500, 15000, 24000, 45000),
    Level(1700, 9000, 18000, 35000, 60000),
    Level(3000, 11000, 22000, 60000, 90000),
    Level(99999, 22000, 40000, 80000, 130000),
)


def site(world: World) -> Site:
    program = programs()["jetblue"]
    tariff = Tariff(
        program=program.key,
        own=program.carriers,
        partners=("UA",),
        levels=LEVELS,
        window_days=program.booking_window_days,
        close_in_fee=0,
    )
    jetblue = JetBlue(world, world.market(tariff))
    query = "from={}&to={}&depart={{day}}&isMultiCity=false&noOfRoute=1&lang=en&adults=1&usePoints=true"
    return Site(
        key=program.key,
        name=program.name,
        hosts=("www.jetblue.com", "jetblue.com", "jbrest.jetblue.com", "cb-api.jetblue.com"),
        routes=(
            Route("POST", BEST_FARES, Kind.DATA, jetblue.month),
            Route("POST", BEST_FARES.rstrip("/"), Kind.DATA, jetblue.month),
            Route("POST", SEARCH, Kind.DATA, jetblue.flights),
            Route("POST", SEARCH_AT_WWW, Kind.DATA, jetblue.flights),
            Route("GET", "/booking/", Kind.PAGE, partial(jetblue.page, "booking.html")),
            Route("GET", RESULTS_PAGE, Kind.PAGE, partial(jetblue.page, "flights.html")),
            Route("GET", CALENDAR_PAGE, Kind.PAGE, partial(jetblue.page, "best-fares.html")),
            Route("GET", "/booking/jetblue.js", Kind.OTHER, _script),
            Route("GET", SIGN_IN, Kind.SIGN_IN, _sign_in),
            Route("GET", "/", Kind.OTHER, lambda _: redirect(CALENDAR_PAGE)),
        ),
        sign_in=SIGN_IN,
        robots="User-Agent: *\nDisallow: /manageflights/flightnotification/\nDisallow: /boardingpass/\nAllow: /\n",
        searched=("/bff/", "/cb-flight-search/", "/api/ecom/", "/booking/", CALENDAR_PAGE),
        renamed=("outboundFares", "searchResults", "productOffers", "originAndDestination", "flightSegments"),
        refusals=(
            Refusal(name="invalid_request", reason="blocked", handler=_invalid_request),
            Refusal(name="client_challenge", reason="blocked", handler=_client_challenge),
        ),
        examples=(
            ("JFK to LAX, one day", f"{RESULTS_PAGE}?{query.format('JFK', 'LAX')}"),
            ("BOS to SFO, one day", f"{RESULTS_PAGE}?{query.format('BOS', 'SFO')}"),
            ("JFK to LAX, the month", f"{CALENDAR_PAGE}?{query.format('JFK', 'LAX')}"),
        ),
        market=jetblue.market,
    )


class Refused(Exception):
    """A search that is answered with 400: its code, and the page's text where one is known."""

    def __init__(self, code: str, text: str = "") -> None:
        super().__init__(code)
        self.code, self.text = code, text


class JetBlue:
    """Answers JetBlue's requests out of one world."""

    def __init__(self, world: World, market: Market) -> None:
        self._world = world
        self.market = market
        self._key = blake2b(f"{world.seed}|jetblue".encode(), digest_size=16).hexdigest()

    def page(self, name: str, question: Question) -> Answer:
        """A page with the key that every visitor is given."""
        if question.members_only:
            return redirect(SIGN_IN)
        text = page("jetblue", name).replace("{style}", page("airline.css"))
        return html_answer(text.replace("{key}", self._key))

    def month(self, question: Question) -> Answer:
        """The lowest economy fare of each day of a month, with the seats at that price."""
        if question.members_only:
            return redirect(SIGN_IN)
        try:
            origin, destination, start, travelers = self._month_asked(question.body)
        except Refused as refused:
            return _refusal(refused)
        today = self._world.today(origin)
        first = max(start, today)
        last = start + timedelta(days=monthrange(start.year, start.month)[1] - 1)
        last = min(last, today + timedelta(days=self.market.tariff.window_days))
        days = (last - first).days + 1
        if days <= 0:
            return _refusal(Refused("MSCOM13"))
        fares = [] if question.empty else self._fares((origin, destination), first, days, travelers, question.step)
        return json_answer({"currencyCode": "USD", "outboundFares": fares, "inboundFares": []})

    def _fares(self, route: tuple[str, str], first: date, days: int, travelers: int, step: int) -> list[dict[str, Any]]:
        column = self.market.month(*route, first.toordinal(), days, travelers, step).columns[ECONOMY]
        seats = self.market.seats_at_lowest(route, first.toordinal(), column, travelers, step)
        fares = []
        for day, packed in enumerate(column):
            if packed != NO_PRICE:
                price = unpack(packed)
                written = str(first + timedelta(days=day))
                fares.append({"date": written, "amount": price.miles, "tax": price.taxes / 100, "seats": seats[day]})
        return fares

    def _month_asked(self, body: bytes) -> tuple[str, str, date, int]:
        """Route, first of the month and travelers of a request. Raises Refused."""
        try:
            request: Mapping[str, Any] = orjson.loads(body)
            origin, destination = str(request["origin"]).upper(), str(request["destination"]).upper()
            start = datetime.strptime(str(request["month"]), "%B %Y").date()  # noqa: DTZ007 - a month
            upper, travelers = str(request["month"]).isupper(), int(request["adult"])
            points, one_way = request["fareType"] == "POINTS", request["tripType"] == "ONE_WAY"
        except (ValueError, LookupError, TypeError, AttributeError):
            raise Refused("JB_UPSTREAM_ERROR") from None
        if not (upper and points and one_way and 1 <= travelers <= 7):
            raise Refused("JB_UPSTREAM_ERROR")
        if not self._is_served(origin, destination, start):
            raise Refused("MSCOM13")
        return origin, destination, start, travelers

    def flights(self, question: Question) -> Answer:
        """The flights of one day. Without the key, or with another one, it is 401."""
        if question.members_only:
            return redirect(SIGN_IN)
        key = question.headers.get(KEY_HEADER)
        if key != self._key:
            return _no_key("invalid" if key else "missing")
        try:
            asked = self._flights_asked(question.body)
        except Refused as refused:
            return _refusal(refused)
        origin, destination, day, travelers = asked
        found = [] if question.empty else self._product_offers(origin, destination, day, travelers, question.step)
        component = {"from": origin, "to": destination, "date": str(day)}
        results = [{"searchComponent": component, "productOffers": found}]
        return json_answer({"status": {"transactionStatus": "success"}, "data": {"searchResults": results}})

    def _product_offers(
        self, origin: str, destination: str, day: date, travelers: int, step: int
    ) -> list[dict[str, Any]]:
        if (day - self._world.today(origin)).days > self.market.tariff.window_days:
            return []
        ordinal = day.toordinal()
        by_itinerary: defaultdict[int, list[Offer]] = defaultdict(list)
        for offer in self.market.offers(origin, destination, ordinal, travelers, step):
            by_itinerary[id(offer.itinerary)].append(offer)
        flown = self.market.flown(origin, destination, ordinal)
        own = self.market.tariff.own
        # A partner's flight without award seats is not shown at all.
        shown = [one for one in flown if id(one) in by_itinerary or all(leg.carrier in own for leg in one.flights)]
        return [product_offer(one, by_itinerary[id(one)], ordinal, index) for index, one in enumerate(shown)]

    def _flights_asked(self, body: bytes) -> tuple[str, str, date, int]:
        """Route, day and travelers of a request. Raises Refused."""
        try:
            request: Mapping[str, Any] = orjson.loads(body)
            (part,) = request["searchComponents"]
            origin, destination = str(part["from"]).upper(), str(part["to"]).upper()
            day = date.fromisoformat(part["date"])
            travelers = sum(int(kind["quantity"]) for kind in request["travelerTypes"] if kind["type"] == "ADULT")
            award = request["awardBooking"] is True
        except (ValueError, LookupError, TypeError, AttributeError):
            raise Refused("JB_UPSTREAM_ERROR") from None
        if not award or origin == destination or not 1 <= travelers <= 7:
            raise Refused("JB_UPSTREAM_ERROR")
        if not {origin, destination} <= all_places().keys():
            raise Refused("MSCOM13")
        if day < self._world.today(origin):
            raise Refused("MSINFDAO00008", "The dates for your search cannot be in the past.")
        return origin, destination, day, travelers

    def _is_served(self, origin: str, destination: str, start: date) -> bool:
        """Whether the route is flown in the first week of a month."""
        if origin == destination or not {origin, destination} <= all_places().keys():
            return False
        week = range(start.toordinal(), start.toordinal() + 7)
        return any(self.market.flown(origin, destination, day) for day in week)


def _no_key(problem: str) -> Answer:
    """The words of the gateway product that this header belongs to."""
    text = {
        "missing": "Access denied due to missing subscription key.",
        "invalid": "Access denied due to invalid subscription key.",
    }[problem]
    return json_answer({"statusCode": 401, "message": text}, 401)


def _refusal(refused: Refused) -> Answer:
    return json_answer({"error": {"code": refused.code, "message": refused.text}}, 400)


def _invalid_request(_: Question) -> Answer:
    return Answer(body=b"Invalid Request", status=400, content_type="text/plain")


def _client_challenge(_: Question) -> Answer:
    script = "/_fs-ch-1T1wmsGaOgGaSxcX/script.js"
    return html_answer(
        f'<!DOCTYPE html><html><head><title>Client Challenge</title><script src="{script}"></script></head>'
        "<body><p>A required part of this site could not be loaded.</p></body></html>"
    )


def _sign_in(_: Question) -> Answer:
    return html_answer(page("sign-in.html").replace("{airline}", "JetBlue TrueBlue"))


def _script(_: Question) -> Answer:
    return Answer(body=page("jetblue", "jetblue.js").encode(), content_type="text/javascript; charset=utf-8")
