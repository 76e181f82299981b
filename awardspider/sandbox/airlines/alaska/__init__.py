"""Alaska Atmos Rewards: the 31 days round a date, a day's flights as SvelteKit data and as a page, both with Hawaiian.

Shapes are those of answers of 2026-05 to 2026-09. The calendar's points are the lowest of economy; the real ones are
the lowest of all cabins, in practice the same. The results come as a chunk of the stream, now as the first and now as
the second, and in the page as a script's literal under the same number. Our guesses: the other values in the stream,
days before today and beyond the booking window are left out of the calendar, an airport that nobody knows gives 400
there and blank stations among the flights, the text of a 406, a landing on the way is two segments with one flight
number, an itinerary with business seats on all flights does not also show the cheaper mixed ones, three keys of
partner fares (`REFUNDABLE_PARTNER_MAIN`, `_BUSINESS` and `_FIRST`), and robots.txt.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import partial
from hashlib import blake2b
from itertools import groupby
from typing import Any

import orjson

from awardspider.items import Cabin
from awardspider.programs import programs
from awardspider.sandbox.airlines.alaska.flights import Json, knows, row
from awardspider.sandbox.airlines.alaska.stream import UNDEFINED, data_stream, flattened, literal, promise
from awardspider.sandbox.edge import challenge
from awardspider.sandbox.fares import NO_PRICE, Level, Tariff, cash_fare, sale_percents, sales, unpack
from awardspider.sandbox.market import Market
from awardspider.sandbox.places import distance, draw
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

CALENDAR = "/search/api/shoulderDates"
RESULTS = "/search/results"
DATA = "/search/results/__data.json"
CALENDAR_PAGE = "/search/calendar"
SIGN_IN = "/account/signin"
PARTNERS = ("AA", "CX", "QF")
AROUND, CLOSE = 15, 3  # days on each side of the anchor: all of them, and those in `shoulderDates`
# Near to what SEA-SFO showed in 2026: 7,500 in the calendar, 17,500 to 42,500 for a day's flights.
LEVELS = (
    Level(350, 5000, 8000, 10000, 20000),
    Level(700, 7500, 12000, 15000, 30000),
    Level(1400, 10000, 16000, 20000, 40000),
    Level(2100, 12500, 20000, 25000, 50000),
    Level(4000, 17500, 27500, 35000, 70000),
    Level(6000, 32500, 45000, 60000, 110000),
    Level(99999, 42500, 60000, 85000, 130000),
)


def site(world: World) -> Site:
    program = programs()["alaska"]
    alaska = Alaska(world)
    query = "O={}&D={}&OD={{day}}&A=1&C=0&L=0&RT=false"
    award = "&ShoppingMethod=onlineaward&awardType=MilesOnly&locale=en-us"
    month = f"{CALENDAR_PAGE}?{query}&RequestType=Calendar&ShoppingMethod=onlineaward&locale=en-us"
    return Site(
        key=program.key,
        name=program.name,
        hosts=("www.alaskaair.com", "alaskaair.com"),
        routes=(
            Route("POST", CALENDAR, Kind.DATA, alaska.calendar),
            Route("GET", DATA, Kind.DATA, alaska.data),
            Route("GET", RESULTS, Kind.DATA, alaska.results),
            Route("GET", CALENDAR_PAGE, Kind.PAGE, alaska.calendar_page),
            Route("GET", "/Shopping/Flights/Shop", Kind.OTHER, lambda _: redirect(RESULTS)),
            Route("GET", SIGN_IN, Kind.SIGN_IN, _sign_in),
        ),
        sign_in=SIGN_IN,
        robots="User-agent: *\nAllow: /\nDisallow: /*.asp\nDisallow: /*.aspx\nDisallow: /*.asmx\nDisallow: /health\n",
        searched=("/search/",),
        renamed=("rows", "solutions", "segments", "shoulderDates", "calendarDates"),
        refusals=(
            Refusal(name="too_fast_406", reason="blocked", handler=_not_acceptable),
            Refusal(name="client_challenge", reason="blocked", handler=_client_challenge),
            Refusal(name="challenge_page", reason="blocked", handler=lambda _: challenge()),
        ),
        examples=(
            ("SEA to SFO, one day", f"{RESULTS}?{query.format('SEA', 'SFO')}{award}"),
            ("PDX to OGG, one day", f"{RESULTS}?{query.format('PDX', 'OGG')}{award}"),
            ("SEA to SFO, 31 days", month.format("SEA", "SFO")),
        ),
        market=alaska.market,
    )


class Alaska:
    """Answers Alaska's requests out of one world."""

    def __init__(self, world: World) -> None:
        program = programs()["alaska"]
        sold = partial(
            Tariff,
            program=program.key,
            own=program.carriers,
            levels=LEVELS,
            window_days=program.booking_window_days,
            close_in_fee=0,
        )
        self._world = world
        self.market: Market = world.market(sold(partners=PARTNERS))
        self._own: Market = world.market(sold(partners=()))  # sales are of one's own flights

    # ---- 31 days -----------------------------------------------------------------------------------------------------

    def calendar(self, question: Question) -> Answer:
        """The lowest points of each day round the date asked."""
        if question.members_only:
            return redirect(SIGN_IN)
        try:
            request: Mapping[str, Any] = orjson.loads(question.body)
            origin, destination = str(request["origins"][0]).upper(), str(request["destinations"][0]).upper()
            anchor = date.fromisoformat(request["dates"][0])
            travelers = int(request["numADTs"])
            award = request["fareView"] == "as_awards"
        except (ValueError, LookupError, TypeError, AttributeError):
            return json_answer({"message": "The request is not valid."}, 400)
        if not knows(origin, destination) or origin == destination or not 1 <= travelers <= 7:
            return json_answer({"message": "The request is not valid."}, 400)
        today = self._world.today(origin)
        first = max(anchor - timedelta(days=AROUND), today)
        last = min(anchor + timedelta(days=AROUND), today + timedelta(days=self.market.tariff.window_days))
        span = range(first.toordinal(), last.toordinal() + 1)
        days = self._days((origin, destination), span, travelers, award, question)
        seal = _seal(origin, destination, anchor)
        close = [
            {**day, "flightSegments": [], "solutionId": f"{seal}-{index}" if day["awardPoints"] else None}
            for index, day in enumerate(days)
            if abs((date.fromisoformat(day["date"]) - anchor).days) <= CLOSE
        ]
        return json_answer(
            {"shoulderDates": close, "calendarDates": days, "sessionId": seal, "solutionSetId": seal[::-1]}
        )

    def _days(self, route: tuple[str, str], span: range, travelers: int, award: bool, question: Question) -> list[Json]:
        if not award:
            dollars = cash_fare(distance(*route), Cabin.ECONOMY, 20) + 0.4
            return [_day(ordinal, dollars, None, False) for ordinal in span]
        if not span or question.empty:
            return [_day(ordinal, 0, None, False) for ordinal in span]
        step = question.step
        column = self.market.month(*route, span[0], len(span), travelers, step).columns[ECONOMY]
        running = sales(self._world.seed, self.market.tariff.program, step)
        percents = sale_percents(running, route, Cabin.ECONOMY, span[0], len(span))
        own = self._own.month(*route, span[0], len(span), travelers, step).columns[ECONOMY] if percents else column
        days = []
        for index, ordinal in enumerate(span):
            if column[index] == NO_PRICE:
                days.append(_day(ordinal, 0, None, False))
                continue
            price = unpack(column[index])
            on_sale = bool(percents and percents[index]) and own[index] == column[index]
            days.append(_day(ordinal, price.taxes / 100, price.miles, on_sale))
        return days

    def calendar_page(self, question: Question) -> Answer:
        return redirect(SIGN_IN) if question.members_only else html_answer(_text("calendar.html"))

    # ---- one day -----------------------------------------------------------------------------------------------------

    def data(self, question: Question) -> Answer:
        """`__data.json`: the page's data in lines. A Referer alone can bring 406 here."""
        if question.members_only:
            return redirect(SIGN_IN)
        if "Referer" in question.headers:
            return _not_acceptable(question)
        number, chunks = self._chunks(question)
        told = dict(question.query)
        head = flattened({"query": {**told, "DD": UNDEFINED}, "locale": "en-us", "isAward": _is_award(question)})
        layout: object = {"type": "skip"}
        if "x-sveltekit-invalidated" not in question.query:
            layout = {"type": "data", "data": flattened({"locale": "en-us", "user": None}), "uses": {}}
        node = {"type": "data", "data": promise(head, "results", number), "uses": {"url": 1}}
        return Answer(body=data_stream([layout, node], chunks), content_type="text/sveltekit-data")

    def results(self, question: Question) -> Answer:
        """The page, with the same value in a script."""
        if question.members_only:
            return redirect(SIGN_IN)
        number, chunks = self._chunks(question)
        name = f"__sveltekit_{_seal('build')[:7]}"
        scripts = "\n".join(
            f"<script>{name}.resolve({chunk}, () => {literal(value)})</script>" for chunk, value in chunks
        )
        text = _text("results.html").replace("{sveltekit}", name).replace("{number}", str(number))
        return html_answer(text.replace("{scripts}", scripts))

    def _chunks(self, question: Question) -> tuple[int, list[tuple[int, object]]]:
        """The number of the chunk with the flights, and all chunks in the order in which they are ready."""
        asked = question.query.get("O", "").upper(), question.query.get("D", "").upper()
        found: list[object] = [self._slice(*asked, question)]
        others: list[object] = [{"banners": [], "carbon": {"unit": "kg", "share": 0.25}, "subscription": UNDEFINED}]
        if draw("chunks", *asked, question.query.get("OD")) % 2:
            return 1, [(2, others), (1, found)]
        return 2, [(1, others), (2, found)]

    def _slice(self, origin: str, destination: str, question: Question) -> Json:
        """The flights of a day. A route that nobody flies has blank stations."""
        blank: Json = {"departureStation": "", "arrivalStation": "", "rows": []}
        try:
            day = date.fromisoformat(question.query.get("OD", ""))
            travelers = int(question.query.get("A", "1"))
        except ValueError:
            return blank
        if not knows(origin, destination) or origin == destination or not 1 <= travelers <= 7:
            return blank
        ahead = (day - self._world.today(origin)).days
        if not 0 <= ahead <= self.market.tariff.window_days:
            return blank
        if not self.market.flown(origin, destination, day.toordinal()):
            return blank
        told: Json = {"departureStation": origin, "arrivalStation": destination, "rows": []}
        if question.empty:
            return told
        award = _is_award(question)
        offers = self.market.offers(origin, destination, day.toordinal(), travelers, question.step)
        offers = [offer for offer in offers if award or offer.cash is not None]
        groups = [list(group) for _, group in groupby(offers, key=lambda offer: id(offer.itinerary))]
        return told | {"rows": [row(group, travelers, award) for group in groups]}


def _day(ordinal: int, price: float, points: int | None, on_sale: bool) -> Json:
    return {"date": str(date.fromordinal(ordinal)), "price": price, "awardPoints": points, "isDiscounted": on_sale}


def _is_award(question: Question) -> bool:
    return question.query.get("ShoppingMethod") == "onlineaward"


def _seal(*key: object) -> str:
    return blake2b("|".join(map(str, key)).encode(), digest_size=10).hexdigest()


def _not_acceptable(_: Question) -> Answer:
    return html_answer("<html><head><title>406 Not Acceptable</title></head><body>Not Acceptable</body></html>", 406)


def _client_challenge(_: Question) -> Answer:
    script = "/_fs-ch-1T1wmsGaOgGaSxcX/script.js"
    return html_answer(
        f'<!DOCTYPE html><html><head><title>Client Challenge</title><script src="{script}"></script></head>'
        "<body><p>A required part of this site could not be loaded.</p></body></html>"
    )


def _sign_in(_: Question) -> Answer:
    return html_answer(page("sign-in.html").replace("{airline}", "Alaska Atmos Rewards"))


def _text(name: str) -> str:
    return page("alaska", name).replace("{style}", page("airline.css"))
