"""Qantas: the Classic Flight Reward finder, which tells what it saw some hours ago, page by page.

Its flights are those of Qantas and its partners at the chart's price, so nothing here is dynamic or on sale. A page
holds fewer rows than its ten, as if those of self-transfers, which nobody asked for, had been taken out. What no
capture shows and we made up: the pages after the last, `maxKnownPage` of an answer without flights, an answer to bad
input or to a visitor who must sign in, how mixed cabins are named, durations of whole hours, robots.txt. Every price
here is in Australian dollars, although the finder also knows others.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from awardspider.items import Cabin
from awardspider.programs import programs
from awardspider.sandbox.connections import Itinerary
from awardspider.sandbox.edge import access_denied
from awardspider.sandbox.fares import Level, Tariff
from awardspider.sandbox.market import Market, Offer
from awardspider.sandbox.places import all_places, draw
from awardspider.sandbox.schedule import Flight, aircraft_name, carrier_names
from awardspider.sandbox.sites import Answer, Kind, Question, Refusal, Route, Site, html_answer, json_answer, page
from awardspider.sandbox.world import World

Json = dict[str, Any]
SEARCH, SIGN_IN = "/api/search", "/login"
PAGE_SIZE, ROWS_LEFT = 10, 3
LONGEST_RANGE = 31
MOST_SEATS = 6  # which the page shows as "5+"
NAMES = {
    Cabin.ECONOMY: "Economy",
    Cabin.PREMIUM_ECONOMY: "PremiumEconomy",
    Cabin.BUSINESS: "Business",
    Cabin.FIRST: "First",
}
LETTERS = {Cabin.ECONOMY: "X", Cabin.PREMIUM_ECONOMY: "N", Cabin.BUSINESS: "U", Cabin.FIRST: "Z"}
LEVELS = (
    Level(600, 8000, 13000, 18500, 28000),
    Level(1200, 12000, 20000, 27500, 41500),
    Level(2400, 18000, 36000, 41500, 62500),
    Level(3600, 20500, 45500, 57000, 85500),
    Level(4800, 25500, 55000, 68500, 102500),
    Level(5800, 31500, 72000, 82000, 123000),
    Level(7000, 37500, 87000, 94500, 142000),
    Level(8400, 42000, 102500, 108500, 163000),
    Level(99999, 55500, 128500, 144500, 216500),
)


def site(world: World) -> Site:
    program = programs()["qantas"]
    tariff = Tariff(
        program=program.key,
        own=(),  # even on its own flights a Classic Reward is a saver seat at the chart's price
        partners=("QF", "EK", "CX", "AA", "AS"),
        levels=LEVELS,
        window_days=program.booking_window_days,
        partner_percent=100,
        close_in_fee=0,
        currency="AUD",
        per_dollar=1.5,
        rounded_to=100,
        most_seats=MOST_SEATS,
    )
    qantas = Qantas(world, world.market(tariff))
    return Site(
        key=program.key,
        name=program.name,
        hosts=("www.qantas.com", "flightrewardfinder.qantas.com"),
        routes=(
            Route("GET", SEARCH, Kind.DATA, qantas.search),
            Route("GET", "/", Kind.PAGE, _finder_page),
            Route("GET", SIGN_IN, Kind.SIGN_IN, _sign_in_page),
        ),
        sign_in=SIGN_IN,
        robots=f"User-agent: *\nDisallow: {SIGN_IN}\n",
        searched=("/api/",),
        renamed=("flights", "cabins"),
        refusals=(
            Refusal(name="denied", reason="blocked", handler=lambda asked: access_denied(asked.path, asked.now)),
        ),
        examples=(
            ("SYD to DXB, one day", "/?o=SYD&d=DXB&dr={day}I{day}&p=1"),
            ("SYD to LHR, as data", f"{SEARCH}?o=SYD&d=LHR&dr={{day}}I{{day}}&p=1&pr=QF&pg=1&ic=0"),
        ),
        market=qantas.market,
    )


class Qantas:
    """Answers the finder's requests out of one world."""

    def __init__(self, world: World, market: Market) -> None:
        self._world = world
        self.market = market

    def search(self, question: Question) -> Answer:
        """A page of the itineraries of one or more days."""
        if question.members_only:
            return json_answer({"error": "Unauthorized"}, 401)
        query = question.query
        origin, destination = query.get("o", "").upper(), query.get("d", "").upper()
        days = _days(query.get("dr", ""))
        party, number = query.get("p", "1"), query.get("pg", "1")
        known = origin in all_places() and destination in all_places() and origin != destination
        numbers = party in tuple("123456789") and number.isdecimal() and number.isascii() and int(number) > 0
        if not known or days is None or not numbers or query.get("pr", "QF") != "QF":
            return json_answer({"error": "Invalid search"}, 400)
        if all_places()[origin].country == all_places()[destination].country == "AU":
            return json_answer(self._answer([], int(number), {"blocked": True, "code": "DOMESTIC_AU_ONLY"}, question))
        rows = [] if question.empty else list(self._rows((origin, destination), days, int(party), question))
        return json_answer(self._answer(rows, int(number), {"blocked": False}, question))

    def _rows(
        self, route: tuple[str, str], days: tuple[date, date], party: int, question: Question
    ) -> Iterator[tuple[Itinerary, list[Offer]]]:
        """Itineraries with their offers, day by day, as far as they are on sale."""
        today = self._world.today(route[0])
        first = max(days[0], today).toordinal()
        last = min(days[1], today + timedelta(days=self.market.tariff.window_days)).toordinal()
        for ordinal in range(first, last + 1):
            offers = self.market.offers(*route, ordinal, party, question.step)
            for itinerary, found in groupby(offers, key=lambda offer: offer.itinerary):
                yield itinerary, list(found)

    def _answer(
        self, rows: list[tuple[Itinerary, list[Offer]]], number: int, decision: Json, question: Question
    ) -> Json:
        """A page of the rows. The last page is known only when one has come near it."""
        pages = max(1, -(-len(rows) // ROWS_LEFT))
        return {
            "flights": [
                _row(*row, question.now, self.market.tariff)
                for row in rows[(number - 1) * ROWS_LEFT : number * ROWS_LEFT]
            ],
            "pagination": {"page": number, "pageSize": PAGE_SIZE, "maxKnownPage": min(pages, number + 1)},
            "routeDecision": decision,
            "verificationToken": f"{draw('token', question.path, question.step):016x}",
        }


def _days(written: str) -> tuple[date, date] | None:
    """Both days of 2026-10-05I2026-10-05; None where they cannot be."""
    first, _, last = written.partition("I")
    try:
        days = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        return None
    return days if timedelta(0) <= days[1] - days[0] < timedelta(days=LONGEST_RANGE) else None


def _row(itinerary: Itinerary, offers: list[Offer], now: datetime, tariff: Tariff) -> Json:
    times = itinerary.times(offers[0].ordinal)
    names = " ".join(flight.name for flight in itinerary.flights)
    chance = draw("row", names, offers[0].ordinal)
    seen = now - timedelta(minutes=5 + chance % 1800, microseconds=chance % 1_000_000)
    by_cabin = {offer.cabin: offer for offer in reversed(offers)}
    return {
        "id": 3_000_000_000 + chance % 1_000_000_000,
        "isSelfTransfer": False,
        "selfTransferId": None,
        "layoverMinutes": None,
        "program": "QF",
        "origin": _airport(itinerary.stops[0]),
        "destination": _airport(itinerary.stops[-1]),
        "departsAt": _local(times[0][0]),
        "arrivesAt": _local(times[-1][1]),
        "arrivalDayOffset": times[-1][1].toordinal() - times[0][0].toordinal(),
        "duration": f"{itinerary.minutes // 60} hours {itinerary.minutes % 60} mins",
        "stopovers": len(itinerary.flights) - 1,
        "cabins": {
            name: _cabin(by_cabin[cabin], tariff) if cabin in by_cabin else None for cabin, name in NAMES.items()
        },
        "legs": [
            _leg(flight, leaves, arrives, (leaves - times[index - 1][1]) if index else timedelta(0))
            for index, (flight, (leaves, arrives)) in enumerate(zip(itinerary.flights, times, strict=True))
        ],
        "lastSeenAt": f"{seen:%Y-%m-%d %H:%M:%S.%f}+00",
    }


def _cabin(offer: Offer, tariff: Tariff) -> Json:
    """The reward for one person."""
    return {
        "isSelfTransfer": False,
        "cabinClass": NAMES[offer.cabin],
        "points": offer.miles,
        "seats": offer.seats,
        "tax": tariff.charge(offer.taxes + offer.fee) // 100,
        "currency": "AU$",
        "rbd": ",".join(LETTERS[cabin] for cabin in offer.cabins),
        "isDynamicPricing": False,
        "dynamicPoints": None,
        "classDetailId": 4_000_000_000 + draw("class", offer.ordinal, offer.cabin, offer.miles) % 1_999_999_999,
        "mixedCabinClasses": [NAMES[cabin] for cabin in offer.cabins] if offer.mixed else None,
    }


def _leg(flight: Flight, leaves: datetime, arrives: datetime, waited: timedelta) -> Json:
    return {
        "departsAt": _local(leaves),
        "arrivesAt": _local(arrives),
        "duration": _clock(flight.block),
        "layoverDuration": _clock(round(waited.total_seconds() / 60)),
        "flightNumber": flight.name,
        "operatedBy": flight.operator_name or carrier_names()[flight.carrier],
        "airlineCode": flight.carrier,
        "iconAirlineCode": flight.carrier,
        "equipment": aircraft_name(flight.aircraft).split()[-1].partition("-")[0],
        "origin": _airport(flight.origin),
        "destination": _airport(flight.destination),
    }


def _airport(code: str) -> Json:
    city = all_places()[code].city
    return {"code": code, "name": city, "city": city}


def _local(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}h {minutes % 60:02}m"


def _finder_page(_: Question) -> Answer:
    return html_answer(page("qantas", "finder.html").replace("{style}", page("airline.css")))


def _sign_in_page(_: Question) -> Answer:
    return html_answer(page("sign-in.html").replace("{airline}", "Qantas Frequent Flyer"))
