"""Cathay Pacific: award availability of one cabin over a year, high or low or none, and the miles of a route.

What no capture shows and we made up: which number of seats is high and which low, that Choice and Tailored awards are
there while any seat is sold, that a cabin which is not on board is `NA` and has no miles, that the first day is
tomorrow (as `searchStartDate` suggests), the age of `updateTime`, the text of the errors, on which routes the miles
answer with an error instead, the answer to a visitor who must sign in, and robots.txt.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from awardspider.items import Cabin
from awardspider.programs import programs
from awardspider.sandbox.fares import Level, Tariff
from awardspider.sandbox.market import Market
from awardspider.sandbox.places import all_places, draw
from awardspider.sandbox.seats import LETTERS, seat_counts
from awardspider.sandbox.sites import Answer, Kind, Question, Refusal, Route, Site, html_answer, json_answer, page
from awardspider.sandbox.world import World

Json = dict[str, Any]
AVAILABILITY, OPTIONS, SIGN_IN = "/afr/search/availability", "/afr/searchpanel/searchoptions", "/sign-in"
CABINS = {"eco": Cabin.ECONOMY, "pey": Cabin.PREMIUM_ECONOMY, "bus": Cabin.BUSINESS, "fir": Cabin.FIRST}
# en.HKG.LHR.bus.CX.1.20260401.20260430.json and en.HKG.LHR.ow.std.CX.json
ASKED = re.compile(r"en\.([A-Z]{3})\.([A-Z]{3})\.(eco|pey|bus|fir)\.CX\.([1-9])\.(\d{8})\.(\d{8})\.json", re.IGNORECASE)
OPTIONS_ASKED = re.compile(r"en\.([A-Z]{3})\.([A-Z]{3})\.(ow|rt)\.std\.CX\.json", re.IGNORECASE)
HIGH, MIDDLE = 6, 3
EXCEPTION = "Get lvooFindFlightAward occurs Exception"
LEVELS = (
    Level(750, 7500, 11000, 16000, 24000),
    Level(2750, 13000, 23000, 30000, 45000),
    Level(5000, 20000, 38000, 61000, 90000),
    Level(7500, 27000, 50000, 89000, 135000),
    Level(99999, 38000, 75000, 110000, 160000),
)


def site(world: World) -> Site:
    program = programs()["cathay"]
    tariff = Tariff(
        program=program.key,
        own=("CX",),
        partners=(),
        levels=LEVELS,
        window_days=program.booking_window_days,
        nonstop=True,
        currency="HKD",
        per_dollar=7.8,
    )
    cathay = Cathay(world, world.market(tariff))
    return Site(
        key=program.key,
        name=program.name,
        hosts=("www.cathaypacific.com", "api.cathaypacific.com"),
        routes=(
            Route("GET", f"{AVAILABILITY}/*", Kind.DATA, cathay.availability),
            Route("GET", f"{OPTIONS}/*", Kind.OTHER, cathay.options),
            Route("GET", SIGN_IN, Kind.SIGN_IN, _sign_in_page),
        ),
        sign_in=SIGN_IN,
        robots=f"User-agent: *\nDisallow: {SIGN_IN}\n",
        searched=("/afr/",),
        renamed=("availabilities", "availability", "std"),
        refusals=(
            Refusal(
                name="exception", reason="unexpected_response", handler=lambda _: json_answer({"errors": [EXCEPTION]})
            ),
            Refusal(name="503", reason="unreachable", handler=lambda _: json_answer({"errors": ["busy"]}, 503)),
            Refusal(name="408", reason="unreachable", handler=lambda _: json_answer({"errors": ["time-out"]}, 408)),
        ),
        examples=(("HKG to LHR, miles", f"{OPTIONS}/en.HKG.LHR.ow.std.CX.json"),),
        market=cathay.market,
        seats=cathay.seats,
    )


class Cathay:
    """Answers Cathay's requests out of one world."""

    def __init__(self, world: World, market: Market) -> None:
        self._world = world
        self.market = market

    def availability(self, question: Question) -> Answer:
        """One cabin's awards day by day; three empty lists where Cathay does not fly or does not sell yet."""
        if question.members_only:
            return json_answer({"errors": ["Please sign in"]}, 401)
        asked = ASKED.fullmatch(question.path.rpartition("/")[2])
        try:
            origin, destination, cabin, party, *days = asked.groups() if asked else ()
            first, last = map(date.fromisoformat, days)
        except ValueError:
            return json_answer({"errors": ["Bad Request"]}, 400)
        route = (origin.upper(), destination.upper())
        lists: dict[str, list[Json]] = {"std": [], "pt1": [], "pt2": []}
        begin, end = self._on_sale(route[0])
        first, last = max(first, begin), min(last, end)
        if first <= last and self._flown(route, question.step):
            span = (first.toordinal(), (last - first).days + 1)
            for name, saver in (("std", True), ("pt1", False), ("pt2", False)):
                counts = seat_counts(self.market, route, *span, question.step, saver=saver)
                seats = counts.get(CABINS[cabin.lower()], [0] * span[1])
                shown = [0] * span[1] if question.empty else seats
                lists[name] = list(_days(first, shown, int(party), middle=name == "pt2"))
        hour = question.now.astimezone(all_places()["HKG"].zone).replace(minute=0, second=0)
        return json_answer({"availabilities": {"updateTime": f"{hour:%Y-%m-%d %H:%M:%S}", **lists}})

    def options(self, question: Question) -> Answer:
        """The days on sale, and the miles of a standard award of each cabin on board; there and back, twice as many."""
        asked = OPTIONS_ASKED.fullmatch(question.path.rpartition("/")[2])
        if asked is None:
            return json_answer({"errors": ["Bad Request"]}, 400)
        route = (asked[1].upper(), asked[2].upper())
        aboard = self._flown(route, question.step)
        if not aboard or draw("searchoptions", *route) % 8 == 0:
            return json_answer({"errors": [f"CX {'.'.join(route)} {EXCEPTION}"]})
        begin, end = self._on_sale(route[0])
        miles = self.market.tariff.savers(*route, False)
        times = 1 if asked[3].lower() == "ow" else 2
        return json_answer(
            {
                "searchStartDate": f"{begin:%Y%m%d}",
                "searchEndDate": f"{end:%Y%m%d}",
                "milesRequired": {
                    name: miles[cabin.rank] * times for name, cabin in CABINS.items() if LETTERS[cabin] in aboard
                },
            }
        )

    def seats(
        self, route: tuple[str, str], first: int, days: int, travelers: int, step: int
    ) -> dict[Cabin, list[int | None]]:
        """The truth of the standard awards: seats without a count, from tomorrow on."""
        begin = self._on_sale(route[0])[0].toordinal()
        counts = seat_counts(self.market, route, first, days, step, saver=True)
        return {
            cabin: [
                None if seats >= travelers and ordinal >= begin else 0 for ordinal, seats in enumerate(every, first)
            ]
            for cabin, every in counts.items()
        }

    def _on_sale(self, origin: str) -> tuple[date, date]:
        """The first and the last day that is sold."""
        today = self._world.today(origin if origin in all_places() else "HKG")
        return today + timedelta(days=1), today + timedelta(days=self.market.tariff.window_days)

    def _flown(self, route: tuple[str, str], step: int) -> set[str]:
        """The letters of the cabins on board; none where Cathay itself does not fly."""
        if route[0] == route[1] or not set(route) <= all_places().keys():
            return set()
        day = self._world.today(route[0]).toordinal()
        itineraries = [itinerary for _, itinerary, _ in self.market.space(*route, day, 1, step)]
        return {letter for itinerary in itineraries for letter in itinerary.flights[0].cabins}


def _days(first: date, seats: list[int], party: int, *, middle: bool) -> Iterator[Json]:
    """The days of a list; only Tailored awards know a middle."""
    for ordinal, count in enumerate(seats, first.toordinal()):
        level = "NA" if count < party else "H" if count >= HIGH else "M" if middle and count >= MIDDLE else "L"
        yield {"date": date.fromordinal(ordinal).isoformat().replace("-", ""), "availability": level}


def _sign_in_page(_: Question) -> Answer:
    return html_answer(page("sign-in.html").replace("{airline}", "Cathay"))
