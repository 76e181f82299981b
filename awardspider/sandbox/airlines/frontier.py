"""Frontier Miles: a results page that holds its flights as escaped JSON.

The flights have every key of an answer of 2026-09-05, and its traps: in miles mode `standardFare` is the miles and
`milesFare` the tax in dollars. A search is a redirect that leaves the question in a cookie. A real page weighs one or
two megabytes; ours holds the data and little else. Our guesses: the parameters in miles mode, the name of the cookie,
no flights as an empty `flights`, a sold-out flight as a fare of the largest decimal, a search that cannot be as a
redirect to the search page, the journey's keys after `flights`, prices in cash mode, and what robots.txt says at the
booking host.
"""

from __future__ import annotations

import base64
import itertools
import re
from datetime import date, datetime
from typing import Any

import orjson

from awardspider.items import Cabin
from awardspider.programs import programs
from awardspider.sandbox.connections import Itinerary
from awardspider.sandbox.fares import Level, Tariff
from awardspider.sandbox.market import Market, Offer
from awardspider.sandbox.places import all_places, country
from awardspider.sandbox.quotes import ECONOMY
from awardspider.sandbox.sites import Answer, Kind, Question, Route, Site, html_answer, page, redirect
from awardspider.sandbox.world import World

Json = dict[str, Any]

SELECT = "/Flight/InternalSelect"
RESULTS = "/Flight/Select"
SIGN_IN = "/Member/Login"
SEARCH_PAGE = "/Flight/Search"
COOKIE = "dotrez_search"
SOLD_OUT = 79228162514264337593543950335.0  # the largest decimal of .NET
FEW_SEATS = 5
BUNDLES = ((35, 2000), (65, 4000), (125, 8000))  # dollars and miles: economy, premium, business
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# DEN-LAS was 7,500 miles on most flights of a day in 2026-09. There is one cabin.
LEVELS = (
    Level(350, 5000, 0, 0, 0),
    Level(700, 6000, 0, 0, 0),
    Level(1400, 9000, 0, 0, 0),
    Level(2100, 12500, 0, 0, 0),
    Level(99999, 15000, 0, 0, 0),
)


def site(world: World) -> Site:
    program = programs()["frontier"]
    tariff = Tariff(
        program=program.key,
        own=program.carriers,
        partners=(),
        levels=LEVELS,
        window_days=program.booking_window_days,
        columns=(ECONOMY,),
    )
    frontier = Frontier(world, world.market(tariff))
    return Site(
        key=program.key,
        name=program.name,
        hosts=("www.flyfrontier.com", "flyfrontier.com", "booking.flyfrontier.com"),
        routes=(
            Route("GET", SELECT, Kind.PAGE, frontier.select),
            Route("GET", RESULTS, Kind.DATA, frontier.results),
            Route("GET", SEARCH_PAGE, Kind.OTHER, _search_page),
            Route("GET", "/", Kind.OTHER, lambda _: redirect(SEARCH_PAGE)),
            Route("GET", SIGN_IN, Kind.SIGN_IN, _sign_in),
        ),
        sign_in=SIGN_IN,
        robots="User-agent: *\nDisallow: /*?stay=true\nDisallow: /darksite$\n",
        searched=("/Flight/",),
        renamed=("journeys", "flights", "legs", "standardFare"),
        examples=(
            ("DEN to LAS, one day, in miles", f"{SELECT}?o1=DEN&d1=LAS&dd1={{day}}&ADT=1&loy=true&promo="),
            ("DEN to LAS, one day, in dollars", f"{SELECT}?o1=DEN&d1=LAS&dd1={{day}}&ADT=1&mon=true&promo="),
        ),
        market=frontier.market,
    )


class Frontier:
    """Answers Frontier's requests out of one world."""

    def __init__(self, world: World, market: Market) -> None:
        self._world = world
        self.market = market

    def select(self, question: Question) -> Answer:
        """Takes a search, leaves it in a cookie and sends on to the results; a search that cannot be goes back."""
        if question.members_only:
            return redirect(SIGN_IN)
        asked = {name.lower(): value for name, value in question.query.items()}
        day = _day(asked.get("dd1", ""))
        origin, destination = asked.get("o1", "").upper(), asked.get("d1", "").upper()
        known = {origin, destination} <= all_places().keys() and origin != destination
        travelers = asked.get("adt", "1")
        if day is None or not known or travelers not in tuple("123456789") or day < self._world.today(origin):
            return redirect(SEARCH_PAGE)
        search = {"o": origin, "d": destination, "day": str(day), "adt": travelers, "miles": asked.get("loy") == "true"}
        value = base64.urlsafe_b64encode(orjson.dumps(search)).decode().rstrip("=")
        return redirect(RESULTS, headers=(("Set-Cookie", f"{COOKIE}={value}; Path=/; HttpOnly"),))

    def results(self, question: Question) -> Answer:
        """The page of the search that the cookie holds."""
        if question.members_only:
            return redirect(SIGN_IN)
        try:
            value = question.cookies[COOKIE]
            search = orjson.loads(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)))
        except (KeyError, ValueError):
            return redirect(SEARCH_PAGE)
        data = self._data(search, question)
        text = page("frontier", "select.html").replace("{style}", page("airline.css"))
        return html_answer(text.replace("{data}", _escaped(orjson.dumps(data).decode())))

    def _data(self, search: Json, question: Question) -> Json:
        origin, destination, miles = search["o"], search["d"], search["miles"]
        day, travelers = date.fromisoformat(search["day"]), int(search["adt"])
        mode = "loy" if miles else "mon"
        flights = [] if question.empty else self._flights(origin, destination, day, travelers, miles, question.step)
        return {
            "calendarLink": f"o1={origin}&d1={destination}&c=true&{mode}=true&adt={travelers}",
            "originOne": origin,
            "destinationOne": destination,
            "departureDateOne": f"{day}T00:00:00",
            "paxCount": travelers,
            "fareTypeBy": "Miles" if miles else "Monetary",
            "includeLoyalty": miles,
            "includeMonetary": not miles,
            "isRoundTrip": False,
            "journeys": [
                {
                    "isReturnTrip": False,
                    "ribbon": None,
                    "flights": flights,
                    "isMilesBooking": miles,
                    "isInternational": country(origin) != country(destination),
                    "departureStation": origin,
                    "arrivalStation": destination,
                }
            ],
        }

    def _flights(self, origin: str, destination: str, day: date, travelers: int, miles: bool, step: int) -> list[Json]:
        if (day - self._world.today(origin)).days > self.market.tariff.window_days:
            return []
        ordinal = day.toordinal()
        offers = {
            id(offer.itinerary): offer
            for offer in self.market.offers(origin, destination, ordinal, travelers, step)
            if offer.cabin is Cabin.ECONOMY
        }
        lowest = min((offer.miles for offer in offers.values()), default=0)
        flown = self.market.flown(origin, destination, ordinal)
        return [_flight(itinerary, offers.get(id(itinerary)), ordinal, miles, lowest) for itinerary in flown]


def _flight(itinerary: Itinerary, offer: Offer | None, ordinal: int, miles: bool, lowest: int) -> Json:
    legs = [leg for index in range(len(itinerary.flights)) for leg in _legs(itinerary, ordinal, index)]
    times = itinerary.times(ordinal)
    next_day = times[-1][1].date() > times[0][0].date()
    waits = [(later[0] - earlier[1]).total_seconds() for earlier, later in itertools.pairwise(times)]
    key = _fare_key(itinerary, times) if offer else ""
    best = offer is not None and offer.miles == lowest
    words = _hours(itinerary.minutes)
    return {
        "legs": legs,
        "duration": words,
        "stops": None,
        "stopCount": itinerary.landings,
        **_fares(offer, miles),
        "isGoWildFareEnabled": False,
        "isMonetary": not miles,
        "hasSixPlusLayover": any(wait >= 6 * 3600 for wait in waits),
        "isNextDayArrival": next_day,
        "standardFareKey": "" if miles else key,
        "bizedFareKey": "",
        "discountDenFareKey": "",
        "goWildFareKey": "",
        "milesFareKey": key if miles else "",
        "stopsText": ("Nonstop", "1 Stop")[itinerary.landings]
        if itinerary.landings < 2
        else f"{itinerary.landings} Stops",
        "standardFareSeatsRemaining": None if miles else _seats(offer),
        "discountDenFareSeatsRemaining": None,
        "goWildFareSeatsRemaining": None,
        "milesFareFareSeatsRemaining": _seats(offer) if miles else None,
        "bizedFareSeatsRemaining": None,
        "isLowestFare": best,
        "isLowestStandardFare": best,
        "isSga": False,
        "message": None,
        "otherMessages": None,
        "isKidsFlyFreeEligible": False,
        "isCffValid": False,
        "dateMessage": None,
        **{f"{name}FareKey": key for name in ("economy", "premium", "business", "base")},
        **{f"basic{name}FareKey": "" for name in ("Standard", "Economy", "Premium", "Business")},
    }


def _fares(offer: Offer | None, miles: bool) -> Json:
    """The prices, with the names they have in miles mode: `standardFare` is miles, `milesFare` the tax in dollars."""
    tax = offer.taxes / 100 if offer else SOLD_OUT
    price = (float(offer.miles) if miles else (offer.cash or 0) + 0.98) if offer else SOLD_OUT
    base = tax if miles else price
    dollars = [money if offer else SOLD_OUT for money, _ in BUNDLES]
    extra = [float(more) if offer else SOLD_OUT for _, more in BUNDLES]
    names = ("economy", "premium", "business")
    bundles = {f"{name}BundleFare": float(more) for name, more in zip(names, dollars, strict=True)}
    totals = {
        f"{name}Fare": round(base + more, 2) if offer else SOLD_OUT for name, more in zip(names, dollars, strict=True)
    }
    return {
        "standardFare": price,
        "bizedFare": base,
        "discountDenFare": 0.0,
        "goWildFare": 0.0,
        "milesFare": tax,
        **totals,
        **bundles,
        "basicBundleFare": 0.0,
        "bizedBundleFare": 0.0,
        **{f"basic{name}Fare": base for name in ("Standard", "Economy", "Premium", "Business")},
        **{f"basic{name}BundleFare": 0.0 for name in ("Economy", "Premium", "Business")},
        "milesBundleFareEcob": extra[0],
        "milesBundleFarePrem": extra[1],
        "milesBundleFareBusi": extra[2],
        "milesBundleFare": "|".join(f"{more:.0f}" for more in extra),
        "milesBundleFareClass": "Z" if offer else "",
        "baseFare": base,
        "baseBasicFare": base,
    }


def _legs(itinerary: Itinerary, ordinal: int, index: int) -> list[Json]:
    """The legs of a flight: two with one number where it lands on the way."""
    flight, (leaves, arrives) = itinerary.flights[index], itinerary.times(ordinal)[index]
    landing = flight.landing(leaves.date())
    ends = [(flight.origin, leaves, flight.destination, arrives)]
    if landing:
        via, down, up = landing
        ends = [(flight.origin, leaves, via, down), (via, up, flight.destination, arrives)]
    return [_leg(flight.number, flight.carrier, *end) for end in ends]


def _leg(number: int, carrier: str, origin: str, leaves: datetime, destination: str, arrives: datetime) -> Json:
    minutes = int((arrives - leaves).total_seconds()) // 60
    hours, rest = divmod(minutes, 60)
    return {
        "departureStation": origin,
        "arrivalStation": destination,
        "departureDate": f"{leaves:%Y-%m-%dT%H:%M:%S}",
        "arrivalDate": f"{arrives:%Y-%m-%dT%H:%M:%S}",
        "departureDateUtc": _utc(leaves),
        "arrivalDateUtc": _utc(arrives),
        "isNextDayArrival": arrives.date() > leaves.date(),
        "duration": f"{hours:02}:{rest:02}:00",
        "durationFormatted": _hours(minutes),
        "flightNumber": number,
        "carrierCode": carrier,
        "carrierText": "",
        "departureDateFormatted": _clock(leaves),
        "arrivalDateFormatted": _clock(arrives),
        "flightTime": f"{hours}hrs {rest}min",
    }


def _fare_key(itinerary: Itinerary, times: list[tuple[datetime, datetime]]) -> str:
    legs = [
        f"{flight.carrier}~{flight.number}~ ~~{flight.origin}~{leaves:%m/%d/%Y %H:%M}~{flight.destination}"
        f"~{arrives:%m/%d/%Y %H:%M}~~"
        for flight, (leaves, arrives) in zip(itinerary.flights, times, strict=True)
    ]
    return f"0~Z~~F9~Z5~FQTV~~0~10~~X|{'^'.join(legs)}"


def _seats(offer: Offer | None) -> str | None:
    """Told only when there are few."""
    if offer is None or offer.seats > FEW_SEATS:
        return None
    return "1 Seat Left!" if offer.seats == 1 else f"{offer.seats} Seats Left!"


def _utc(moment: datetime) -> str:
    offset = moment.utcoffset()
    assert offset is not None
    return f"{moment.replace(tzinfo=None) - offset:%Y-%m-%dT%H:%M:%S}Z"


def _hours(minutes: int) -> str:
    return f"{minutes // 60} hrs {minutes % 60} min"


def _clock(moment: datetime) -> str:
    return f"{moment.hour % 12 or 12}:{moment:%M} {'AM' if moment.hour < 12 else 'PM'}"


def _day(written: str) -> date | None:
    """`Oct 05, 2026`, or an ISO date."""
    found = re.fullmatch(r"([A-Z][a-z]{2}) (\d{2}), (\d{4})", written)
    try:
        if found:
            return date(int(found[3]), MONTHS.index(found[1]) + 1, int(found[2]))
        return date.fromisoformat(written)
    except ValueError:
        return None


def _escaped(text: str) -> str:
    """As .NET escapes text for HTML."""
    for plain, entity in (("&", "&amp;"), ('"', "&quot;"), ("'", "&#39;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(plain, entity)
    return text


def _search_page(_: Question) -> Answer:
    return html_answer(page("frontier", "search.html").replace("{style}", page("airline.css")))


def _sign_in(_: Question) -> Answer:
    return html_answer(page("sign-in.html").replace("{airline}", "Frontier Miles"))
