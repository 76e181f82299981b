"""Alaska Atmos Rewards (with Hawaiian): a 31-day calendar, and one day's flights as SvelteKit data or as a page.

Keys and types are those of responses of 2026-05 to 2026-09. The calendar shows the lowest price in economy; the real
calendar shows the lowest price in any cabin, which is the same in practice. The results are chunk 1 or 2 of the stream;
the page has the same chunk number and value, as a literal in a script. Assumed, because no capture shows it: the other
values in the stream; that the calendar leaves out days in the past and days after the booking window; for an unknown
airport, status 400 in the calendar and blank stations in the results; the text of a 406; that a flight with an
intermediate stop has two segments with the same flight number; that an itinerary with business seats on all flights
does not show its cheaper mixed fares; the three partner fare keys `REFUNDABLE_PARTNER_MAIN`, `_BUSINESS` and `_FIRST`;
robots.txt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import orjson

from awardspider.items import Cabin
from awardspider.outcomes import Reason
from awardspider.sandbox.airlines._airline import (
    Airline,
    Json,
    SearchRequest,
    client_challenge,
    opaque_id,
    styled_page,
)
from awardspider.sandbox.airlines._flights import group_by_itinerary, not_mixed_if_possible
from awardspider.sandbox.airlines.alaska.flights import row
from awardspider.sandbox.airlines.alaska.stream import UNDEFINED, data_stream, flatten, literal, promise
from awardspider.sandbox.block_pages import challenge
from awardspider.sandbox.fares import NO_PRICE, Level, cash_fare, sale_percents, sales, unpack
from awardspider.sandbox.places import distance, draw
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

CALENDAR = "/search/api/shoulderDates"
RESULTS = "/search/results"
DATA = "/search/results/__data.json"
CALENDAR_PAGE = "/search/calendar"
SIGN_IN = "/account/signin"
PARTNERS = ("AA", "CX", "QF")
CALENDAR_DAYS, SHOULDER_DAYS = 15, 3  # days on each side of the requested date: `calendarDates`, `shoulderDates`
MAX_TRAVELERS = 7
# Close to SEA-SFO in 2026: 7,500 in the calendar, 17,500 to 42,500 for one day's flights.
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
    """Build the simulated site."""
    alaska = Alaska(world)
    query = "O={}&D={}&OD={{day}}&A=1&C=0&L=0&RT=false"
    award = "&ShoppingMethod=onlineaward&awardType=MilesOnly&locale=en-us"
    month = f"{CALENDAR_PAGE}?{query}&RequestType=Calendar&ShoppingMethod=onlineaward&locale=en-us"
    return alaska.site(
        hosts=("www.alaskaair.com", "alaskaair.com"),
        routes=(
            Route("POST", CALENDAR, Kind.DATA, alaska.calendar),
            Route("GET", DATA, Kind.DATA, alaska.data),
            Route("GET", RESULTS, Kind.DATA, alaska.results),
            Route("GET", CALENDAR_PAGE, Kind.PAGE, alaska.calendar_page),
            Route("GET", "/Shopping/Flights/Shop", Kind.OTHER, lambda _: redirect(RESULTS)),
        ),
        sign_in=SIGN_IN,
        robots="User-agent: *\nAllow: /\nDisallow: /*.asp\nDisallow: /*.aspx\nDisallow: /*.asmx\nDisallow: /health\n",
        search_paths=("/search/",),
        renamed_keys=("rows", "solutions", "segments", "shoulderDates", "calendarDates"),
        refusals=(
            Refusal(name="too_fast_406", reason=Reason.BLOCKED, handler=_not_acceptable),
            Refusal(name="client_challenge", reason=Reason.BLOCKED, handler=client_challenge),
            Refusal(name="challenge_page", reason=Reason.BLOCKED, handler=lambda _: challenge()),
        ),
        examples=(
            ("SEA to SFO, one day", f"{RESULTS}?{query.format('SEA', 'SFO')}{award}"),
            ("PDX to OGG, one day", f"{RESULTS}?{query.format('PDX', 'OGG')}{award}"),
            ("SEA to SFO, 31 days", month.format("SEA", "SFO")),
        ),
        days=ShownDays(columns=(ECONOMY,), without=frozenset({"saver"})),
        itineraries=ShownItineraries(
            pick=not_mixed_if_possible, without=frozenset({"saver", "regular_miles", "cash_price"})
        ),
    )


class Alaska(Airline):
    """Alaska's calendar and results."""

    def __init__(self, world: World) -> None:
        super().__init__(world, "alaska", LEVELS, partners=PARTNERS, close_in_fee=0)
        self._without_partners = world.inventory(replace(self.tariff, partners=()))  # sales cover only own flights

    # ---- 31 days -----------------------------------------------------------------------------------------------------

    def calendar(self, request: SandboxRequest) -> SandboxResponse:
        """Return the lowest price for each day around the requested date."""
        if request.members_only:
            return redirect(SIGN_IN)
        try:
            payload: Mapping[str, Any] = orjson.loads(request.body)
            search = SearchRequest(
                origin=str(payload["origins"][0]).upper(),
                destination=str(payload["destinations"][0]).upper(),
                day=date.fromisoformat(payload["dates"][0]),
                travelers=int(payload["numADTs"]),
            )
            award = payload["fareView"] == "as_awards"
        except (ValueError, LookupError, TypeError, AttributeError):
            return json_response({"message": "The request is not valid."}, 400)
        if not search.is_possible(MAX_TRAVELERS):
            return json_response({"message": "The request is not valid."}, 400)
        around = timedelta(days=CALENDAR_DAYS)
        first, last = self.limit_to_sale(search.origin, search.day - around, search.day + around)
        span = range(first.toordinal(), last.toordinal() + 1)
        days = self._days(search.route, span, search.travelers, award, request)
        session = opaque_id(10, *search.route, search.day)
        shoulder_days = [
            {**day, "flightSegments": [], "solutionId": f"{session}-{index}" if day["awardPoints"] else None}
            for index, day in enumerate(days)
            if abs((date.fromisoformat(day["date"]) - search.day).days) <= SHOULDER_DAYS
        ]
        ids = {"sessionId": session, "solutionSetId": session[::-1]}
        return json_response({"shoulderDates": shoulder_days, "calendarDates": days, **ids})

    def _days(
        self, route: tuple[str, str], span: range, travelers: int, award: bool, request: SandboxRequest
    ) -> list[Json]:
        if not award:
            dollars = cash_fare(distance(*route), Cabin.ECONOMY, 20) + 0.4
            return [_day(ordinal, dollars, None, False) for ordinal in span]
        if not span or request.empty:
            return [_day(ordinal, 0, None, False) for ordinal in span]
        step = request.step
        column = self.inventory.calendar(*route, span[0], len(span), travelers, step).columns[ECONOMY]
        running = sales(self.world.seed, self.tariff.program, step)
        percents = sale_percents(running, route, Cabin.ECONOMY, span[0], len(span))
        own = column
        if percents:
            own = self._without_partners.calendar(*route, span[0], len(span), travelers, step).columns[ECONOMY]
        days = []
        for index, ordinal in enumerate(span):
            if column[index] == NO_PRICE:
                days.append(_day(ordinal, 0, None, False))
                continue
            price = unpack(column[index])
            on_sale = bool(percents and percents[index]) and own[index] == column[index]
            days.append(_day(ordinal, price.taxes / 100, price.miles, on_sale))
        return days

    def calendar_page(self, request: SandboxRequest) -> SandboxResponse:
        """Return the calendar page."""
        return redirect(SIGN_IN) if request.members_only else html_response(styled_page("alaska", "calendar.html"))

    # ---- one day -----------------------------------------------------------------------------------------------------

    def data(self, request: SandboxRequest) -> SandboxResponse:
        """Return the page's data as lines of JSON, or 406 if the request has a Referer."""
        if request.members_only:
            return redirect(SIGN_IN)
        if "Referer" in request.headers:
            return _not_acceptable(request)
        number, chunks = self._chunks(request)
        query = {**request.query, "DD": UNDEFINED}
        head = flatten({"query": query, "locale": "en-us", "isAward": _is_award(request)})
        layout: object = {"type": "skip"}
        if "x-sveltekit-invalidated" not in request.query:
            layout = {"type": "data", "data": flatten({"locale": "en-us", "user": None}), "uses": {}}
        node = {"type": "data", "data": promise(head, "results", number), "uses": {"url": 1}}
        return SandboxResponse(body=data_stream([layout, node], chunks), content_type="text/sveltekit-data")

    def results(self, request: SandboxRequest) -> SandboxResponse:
        """Return the results page, which has the same data in scripts."""
        if request.members_only:
            return redirect(SIGN_IN)
        number, chunks = self._chunks(request)
        name = f"__sveltekit_{opaque_id(10, 'build')[:7]}"
        scripts = "\n".join(
            f"<script>{name}.resolve({chunk}, () => {literal(value)})</script>" for chunk, value in chunks
        )
        text = styled_page("alaska", "results.html").replace("{sveltekit}", name).replace("{number}", str(number))
        return html_response(text.replace("{scripts}", scripts))

    def _chunks(self, request: SandboxRequest) -> tuple[int, list[tuple[int, object]]]:
        """Return the number of the chunk that contains the flights, and all chunks in the order sent."""
        route = request.query.get("O", "").upper(), request.query.get("D", "").upper()
        results: list[object] = [self._slice(*route, request)]
        others: list[object] = [{"banners": [], "carbon": {"unit": "kg", "share": 0.25}, "subscription": UNDEFINED}]
        if draw("chunks", *route, request.query.get("OD")) % 2:
            return 1, [(2, others), (1, results)]
        return 2, [(1, others), (2, results)]

    def _slice(self, origin: str, destination: str, request: SandboxRequest) -> Json:
        """Build one day's flights. The stations are blank if the search is invalid, not on sale, or has no flights."""
        blank: Json = {"departureStation": "", "arrivalStation": "", "rows": []}
        try:
            day = date.fromisoformat(request.query.get("OD", ""))
            travelers = int(request.query.get("A", "1"))
        except ValueError:
            return blank
        search = SearchRequest(origin=origin, destination=destination, day=day, travelers=travelers)
        if not search.is_possible(MAX_TRAVELERS) or not self.is_on_sale(origin, day) or not self.itineraries(search):
            return blank
        award = _is_award(request)
        offers = [offer for offer in self.offers(search, request) if award or offer.cash is not None]
        rows = [row(not_mixed_if_possible(group), travelers, award) for group in group_by_itinerary(offers)]
        return {"departureStation": origin, "arrivalStation": destination, "rows": rows}


def _day(ordinal: int, price: float, points: int | None, on_sale: bool) -> Json:
    return {"date": str(date.fromordinal(ordinal)), "price": price, "awardPoints": points, "isDiscounted": on_sale}


def _is_award(request: SandboxRequest) -> bool:
    return request.query.get("ShoppingMethod") == "onlineaward"


def _not_acceptable(_: SandboxRequest) -> SandboxResponse:
    return html_response("<html><head><title>406 Not Acceptable</title></head><body>Not Acceptable</body></html>", 406)
