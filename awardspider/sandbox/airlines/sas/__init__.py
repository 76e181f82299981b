"""SAS EuroBonus: the award finder's seat counts, the points offers of one day, and the pages that ask for them.

What no capture shows and we made up: the answer to an origin or a place that is not served (`[]`), to a day without
offers (no flights under `outboundFlights`), to bad input and to a visitor who must sign in, what the answer in money
looks like, the names and codes of saver products, how a discount is written (`points` before it and
`pointsAfterDiscount` after it), robots.txt, the addresses of the two pages, and the cookie by which the points offers
know that a page was opened before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import partial

from awardspider.items import Cabin
from awardspider.programs import programs
from awardspider.sandbox.airlines.sas.finder import CLASSES, destination_entry, seats_by_day
from awardspider.sandbox.airlines.sas.offers import offers_json
from awardspider.sandbox.fares import Level, Tariff
from awardspider.sandbox.market import Market
from awardspider.sandbox.places import all_places
from awardspider.sandbox.quotes import BUSINESS, ECONOMY, PREMIUM
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

FINDER, OFFERS = "/bff/award-finder/destinations/v1", "/api/offers/flights"
FINDER_PAGE, OFFERS_PAGE, SIGN_IN = "/en/award-finder", "/en/book/flights", "/en/log-in"
COOKIE = "sas-visit"
CACHED = (("Cache-Control", "public, max-age=600"),)
# Near to the chart: 7,000 within Scandinavia, 16,000 within Europe, 45,000 over the Atlantic, 50,000 to Asia.
LEVELS = (
    Level(450, 7000, 11000, 14000, 14000),
    Level(2400, 16000, 24000, 32000, 32000),
    Level(4700, 45000, 60000, 80000, 80000),
    Level(99999, 50000, 70000, 95000, 95000),
)
PASSENGER_TYPES = {"adt": "ADT", "chd": "CHD", "yth": "YTH"}


def site(world: World) -> Site:
    program = programs()["sas"]
    tariff = Tariff(
        program=program.key,
        own=("SK",),
        partners=(),
        levels=LEVELS,
        window_days=program.booking_window_days,
        columns=(ECONOMY, PREMIUM, BUSINESS),
        currency="EUR",
        per_dollar=0.9,
    )
    sas = Sas(world, world.market(tariff))
    finder = "market=en&origin=CPH&destinations=BOS&selectedMonth=&passengers=1&direct=false&availability=true"
    offers = "origin=CPH&destination=JFK&outDate={day}&adt=1&bookingFlow=points"
    return Site(
        key=program.key,
        name=program.name,
        hosts=("www.flysas.com", "www.sas.se", "www.sas.no", "www.sas.dk"),
        routes=(
            Route("GET", FINDER, Kind.DATA, sas.destinations),
            Route("GET", OFFERS, Kind.DATA, sas.offers),
            Route("GET", FINDER_PAGE, Kind.PAGE, partial(sas.page, "award-finder")),
            Route("GET", OFFERS_PAGE, Kind.PAGE, partial(sas.page, "flights")),
            Route("GET", "/", Kind.OTHER, lambda _: redirect(FINDER_PAGE)),
            Route("GET", SIGN_IN, Kind.SIGN_IN, _sign_in_page),
        ),
        sign_in=SIGN_IN,
        robots="User-agent: *\nDisallow: /en/log-in\n",
        searched=("/bff/award-finder/", "/api/offers/", OFFERS_PAGE, FINDER_PAGE),
        renamed=("outbound", "outboundFlights"),
        refusals=(Refusal(name="denied_boarding", reason="blocked", handler=_denied_boarding),),
        examples=(
            ("CPH to BOS, a year of seats", f"{FINDER_PAGE}?origin=CPH&destination=BOS"),
            ("CPH to JFK, one day", f"{OFFERS_PAGE}?{offers}"),
            ("CPH to BOS, as data", f"{FINDER}?{finder}&selectedFlightClass="),
        ),
        market=sas.market,
        seats=sas.seats,
    )


class Sas:
    """Answers SAS's requests out of one world."""

    def __init__(self, world: World, market: Market) -> None:
        self._world = world
        self.market = market

    def destinations(self, question: Question) -> Answer:
        """The award finder: days with seats for each destination, a year of them or one month."""
        if question.members_only:
            return _unauthorized()
        query = question.query
        origin, party = query.get("origin", "").upper(), query.get("passengers") or "1"
        wanted = [code for code in query.get("destinations", "").upper().split(",") if code]
        if origin not in all_places() or party not in tuple("123456789"):
            return json_answer([])
        entries = []
        for code in wanted or sorted(all_places()):
            if code == origin or code not in all_places():
                continue
            if entry := destination_entry(self.market, origin, code, question.step):
                both = ("outbound", "inbound") if len(wanted) == 1 else ("outbound",)
                entry["availability"] = {"outbound": [], "inbound": []}
                if query.get("availability", "true") == "true" and not question.empty:
                    for way in both:
                        entry["availability"][way] = self._days(question, origin, code, way, int(party))
                entries.append(entry)
        answer = json_answer(entries)
        return Answer(body=answer.body, headers=CACHED)

    def _days(self, question: Question, origin: str, destination: str, way: str, party: int) -> list[dict[str, object]]:
        """The days of one direction with enough seats, as far as the window and the month asked for reach."""
        route = (origin, destination) if way == "outbound" else (destination, origin)
        first = self._world.today(route[0])
        last = first + timedelta(days=self.market.tariff.window_days)
        query = question.query
        if month := query.get("selectedMonth"):
            start = _day(f"{month}01")
            if start is None:
                return []
            end = (start + timedelta(days=32)).replace(day=1) - timedelta(days=1)
            first, last = max(first, start), min(last, end)
        if first > last:
            return []
        classes = [query["selectedFlightClass"]] if query.get("selectedFlightClass") else list(CLASSES)
        counts = seats_by_day(
            self.market, route, (first, last), question.step, direct=query.get("direct", "false") == "true"
        )
        return [
            {"key": _key(day), "date": day.isoformat(), "availableSeatsTotal": sum(told.values()), **told}
            for day, seats in counts
            if (told := {name: count for name, count in seats.items() if name in classes})
            and max(told.values()) >= party
        ]

    def seats(
        self, route: tuple[str, str], first: int, days: int, travelers: int, step: int
    ) -> Mapping[Cabin, list[int | None]]:
        """The truth of the finder: every cabin's seats on days when those of some cabin are enough for the party."""
        span = (date.fromordinal(first), date.fromordinal(first + days - 1))
        told: dict[Cabin, list[int | None]] = {cabin: [0] * days for cabin in CLASSES.values()}
        for day, seats in seats_by_day(self.market, route, span, step, direct=False):
            for name, count in seats.items() if max(seats.values()) >= travelers else ():
                told[CLASSES[name]][day.toordinal() - first] = count
        return told

    def offers(self, question: Question) -> Answer:
        """The flights of one day with their prices in points, for visitors of a page; others are denied."""
        if question.members_only:
            return _unauthorized()
        if question.cookies.get(COOKIE) != _visit(question.now):
            return _denied_boarding(question)
        query = question.query
        origin, destination = query.get("from", "").upper(), query.get("to", "").upper()
        day = _day(query.get("outDate", ""))
        party = dict(_party(query))
        known = origin in all_places() and destination in all_places() and origin != destination
        if not known or day is None or not 1 <= sum(party.values()) <= 9 or day < self._world.today(origin):
            return _bad_request()
        today = self._world.today(origin)
        points = query.get("bookingFlow", "").lower() == "points"
        found = []
        if not question.empty and (day - today).days <= self.market.tariff.window_days:
            found = self.market.offers(origin, destination, day.toordinal(), sum(party.values()), question.step)
        return json_answer(offers_json(found, party, self.market.tariff, points=points))

    def page(self, name: str, question: Question) -> Answer:
        """A page for people; it leaves the cookie without which the points offers are denied."""
        cookie = f"{COOKIE}={_visit(question.now)}; Path=/; HttpOnly; SameSite=Lax"
        text = page("sas", f"{name}.html").replace("{style}", page("airline.css"))
        return html_answer(text, headers=(("Set-Cookie", cookie),))


def _visit(now: datetime) -> str:
    return f"{now:%Y%m}"


def _party(query: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """Passengers by type; a number that cannot be read makes a party that nobody flies."""
    for name, kind in PASSENGER_TYPES.items():
        written = query.get(name) or "0"
        count = int(written) if written.isdecimal() else -99
        if count:
            yield kind, count


def _key(day: date) -> int:
    """The day as a number: 261005."""
    return day.year % 100 * 10_000 + day.month * 100 + day.day


def _day(written: str) -> date | None:
    """A day written 20261005."""
    try:
        return date.fromisoformat(written) if len(written) == 8 and written.isdecimal() else None
    except ValueError:
        return None


def _sign_in_page(_: Question) -> Answer:
    return html_answer(page("sign-in.html").replace("{airline}", "SAS EuroBonus"))


def _denied_boarding(_: Question) -> Answer:
    """SAS's own page for clients that it takes for robots."""
    return html_answer(
        "<!DOCTYPE html><html><head><title>Denied boarding</title></head>"
        "<body><h1>Denied boarding</h1><p>Sorry, you cannot come on board right now.</p></body></html>",
        403,
    )


def _unauthorized() -> Answer:
    return json_answer({"errors": [{"errorCode": "401", "errorMessage": "Log in to continue"}]}, 401)


def _bad_request() -> Answer:
    return json_answer({"errors": [{"errorCode": "400", "errorMessage": "Invalid request"}]}, 400)
