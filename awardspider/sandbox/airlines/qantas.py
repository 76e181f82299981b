"""Qantas: the Classic Flight Reward finder, which returns pages of results that it collected some hours earlier.

The finder shows flights of Qantas and its partners at chart prices, so no price is dynamic or on sale. A page has fewer
rows than the ten in `pageSize`, as if self-transfers had been filtered out. Assumed, because no capture shows it: pages
after the last one; `maxKnownPage` in a response without flights; the responses to invalid input and to a visitor who
must sign in; the names of mixed cabins; the format of a duration without minutes; robots.txt. Taxes are in Australian
dollars only; the real finder also has other currencies.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from awardspider.items import Cabin
from awardspider.outcomes import Reason
from awardspider.sandbox.airlines._airline import Airline, Json, is_served, styled_page
from awardspider.sandbox.airlines._flights import group_by_itinerary, layovers, local_time, operator_name
from awardspider.sandbox.block_pages import access_denied
from awardspider.sandbox.fares import Level, Tariff
from awardspider.sandbox.inventory import Offer
from awardspider.sandbox.places import all_places, draw
from awardspider.sandbox.schedule import Flight, aircraft_name
from awardspider.sandbox.sites import (
    Kind,
    Refusal,
    Route,
    SandboxRequest,
    SandboxResponse,
    ShownItineraries,
    Site,
    html_response,
    json_response,
)
from awardspider.sandbox.world import World

SEARCH, SIGN_IN = "/api/search", "/login"
PAGE_SIZE, ROWS_PER_PAGE = 10, 3
MAX_DAYS = 31
MAX_SEATS = 6  # shown on the page as "5+"
NAMES = {
    Cabin.ECONOMY: "Economy",
    Cabin.PREMIUM_ECONOMY: "PremiumEconomy",
    Cabin.BUSINESS: "Business",
    Cabin.FIRST: "First",
}
LETTERS = {Cabin.ECONOMY: "X", Cabin.PREMIUM_ECONOMY: "N", Cabin.BUSINESS: "U", Cabin.FIRST: "Z"}
# Fields of the ground truth that the finder does not show; it names operators without their codes.
LACKING = frozenset({"saver", "on_sale", "regular_miles", "cash_price"}) | {
    f"segments.{name}" for name in ("operating_carrier", "stops")
}
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
    """Build the simulated site."""
    qantas = Qantas(
        world,
        "qantas",
        LEVELS,
        own=(),  # a Classic Reward is a saver seat at the chart's price even on Qantas flights
        partners=("QF", "EK", "CX", "AA", "AS"),
        partner_percent=100,
        close_in_fee=0,
        currency="AUD",
        per_dollar=1.5,
        rounded_to=100,
        max_seats=MAX_SEATS,
    )
    return qantas.site(
        hosts=("www.qantas.com", "flightrewardfinder.qantas.com"),
        routes=(
            Route("GET", SEARCH, Kind.DATA, qantas.search),
            Route("GET", "/", Kind.PAGE, _finder_page),
        ),
        sign_in=SIGN_IN,
        search_paths=("/api/",),
        renamed_keys=("flights", "cabins"),
        refusals=(
            Refusal(
                name="denied", reason=Reason.BLOCKED, handler=lambda request: access_denied(request.path, request.now)
            ),
        ),
        examples=(
            ("SYD to DXB, one day", "/?o=SYD&d=DXB&dr={day}I{day}&p=1"),
            ("SYD to LHR, as data", f"{SEARCH}?o=SYD&d=LHR&dr={{day}}I{{day}}&p=1&pr=QF&pg=1&ic=0"),
        ),
        days=None,
        itineraries=ShownItineraries(landings=False, without=LACKING),
    )


class Qantas(Airline):
    """The finder's search."""

    def search(self, request: SandboxRequest) -> SandboxResponse:
        """Return one page of itineraries for one or more days."""
        if request.members_only:
            return json_response({"error": "Unauthorized"}, 401)
        query = request.query
        route = (query.get("o", "").upper(), query.get("d", "").upper())
        days = _parse_days(query.get("dr", ""))
        travelers, number = query.get("p", "1"), query.get("pg", "1")
        numbers = travelers in tuple("123456789") and number.isdecimal() and number.isascii() and int(number) > 0
        if not is_served(*route) or days is None or not numbers or query.get("pr", "QF") != "QF":
            return json_response({"error": "Invalid search"}, 400)
        if {all_places()[code].country for code in route} == {"AU"}:
            return json_response(self._page([], int(number), {"blocked": True, "code": "DOMESTIC_AU_ONLY"}, request))
        rows = [] if request.empty else list(self._rows(route, days, int(travelers), request))
        return json_response(self._page(rows, int(number), {"blocked": False}, request))

    def _rows(
        self, route: tuple[str, str], days: tuple[date, date], travelers: int, request: SandboxRequest
    ) -> Iterator[list[Offer]]:
        """Yield each itinerary's offers for the days that are on sale."""
        first, last = self.limit_to_sale(route[0], *days)
        for ordinal in range(first.toordinal(), last.toordinal() + 1):
            yield from group_by_itinerary(self.inventory.offers(*route, ordinal, travelers, request.step))

    def _page(self, rows: list[list[Offer]], number: int, decision: Json, request: SandboxRequest) -> Json:
        """Build one page of the rows. `maxKnownPage` is at most one more than the page's number."""
        pages = max(1, -(-len(rows) // ROWS_PER_PAGE))
        shown = rows[(number - 1) * ROWS_PER_PAGE : number * ROWS_PER_PAGE]
        return {
            "flights": [_row(offers, request.now, self.tariff) for offers in shown],
            "pagination": {"page": number, "pageSize": PAGE_SIZE, "maxKnownPage": min(pages, number + 1)},
            "routeDecision": decision,
            "verificationToken": f"{draw('token', request.path, request.step):016x}",
        }


def _parse_days(text: str) -> tuple[date, date] | None:
    """Parse a range of days such as 2026-10-05I2026-10-07; return None if it is invalid."""
    first, _, last = text.partition("I")
    try:
        days = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        return None
    return days if timedelta(0) <= days[1] - days[0] < timedelta(days=MAX_DAYS) else None


def _row(offers: list[Offer], now: datetime, tariff: Tariff) -> Json:
    itinerary = offers[0].itinerary
    times = itinerary.times(offers[0].ordinal)
    names = " ".join(flight.name for flight in itinerary.flights)
    chance = draw("row", names, offers[0].ordinal)
    last_seen = now - timedelta(minutes=5 + chance % 1800, microseconds=chance % 1_000_000)
    by_cabin = {offer.cabin: offer for offer in reversed(offers)}
    return {
        "id": 3_000_000_000 + chance % 1_000_000_000,
        "isSelfTransfer": False,
        "selfTransferId": None,
        "layoverMinutes": None,
        "program": "QF",
        "origin": _airport(itinerary.airports[0]),
        "destination": _airport(itinerary.airports[-1]),
        "departsAt": local_time(times[0][0]),
        "arrivesAt": local_time(times[-1][1]),
        "arrivalDayOffset": times[-1][1].toordinal() - times[0][0].toordinal(),
        "duration": f"{itinerary.minutes // 60} hours {itinerary.minutes % 60} mins",
        "stopovers": len(itinerary.flights) - 1,
        "cabins": {
            name: _cabin(by_cabin[cabin], tariff) if cabin in by_cabin else None for cabin, name in NAMES.items()
        },
        "legs": [
            _leg(flight, *ends, layover)
            for flight, ends, layover in zip(itinerary.flights, times, [0, *layovers(times)], strict=False)
        ],
        "lastSeenAt": f"{last_seen:%Y-%m-%d %H:%M:%S.%f}+00",
    }


def _cabin(offer: Offer, tariff: Tariff) -> Json:
    """Build a cabin's price per traveler and its seats."""
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


def _leg(flight: Flight, departs: datetime, arrives: datetime, layover: int) -> Json:
    """Build a flight; `layover` is the wait before it."""
    return {
        "departsAt": local_time(departs),
        "arrivesAt": local_time(arrives),
        "duration": _duration(flight.block),
        "layoverDuration": _duration(layover),
        "flightNumber": flight.name,
        "operatedBy": operator_name(flight),
        "airlineCode": flight.carrier,
        "iconAirlineCode": flight.carrier,
        "equipment": aircraft_name(flight.aircraft).split()[-1].partition("-")[0],
        "origin": _airport(flight.origin),
        "destination": _airport(flight.destination),
    }


def _airport(code: str) -> Json:
    city = all_places()[code].city
    return {"code": code, "name": city, "city": city}


def _duration(minutes: int) -> str:
    return f"{minutes // 60:02}h {minutes % 60:02}m"


def _finder_page(_: SandboxRequest) -> SandboxResponse:
    return html_response(styled_page("qantas", "finder.html"))
