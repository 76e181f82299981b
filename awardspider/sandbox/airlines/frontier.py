"""Frontier Miles: a results page that contains its flights as escaped JSON.

The flights have every key of a response of 2026-09-05, including misleading ones: in miles mode, `standardFare` is the
price in miles and `milesFare` is the tax in dollars. A search stores its parameters in a cookie and redirects to the
results. A real page is one or two megabytes; this page contains only the data. Assumed, because no capture shows it:
the parameters in miles mode; the name of the cookie; an empty `flights` for a day without flights; the largest decimal
as the fare for a sold-out flight; a redirect to the search page after an invalid search; the journey's keys after
`flights`; prices in cash mode; the booking host's robots.txt.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import partial

import orjson

from awardspider.items import Cabin
from awardspider.sandbox.airlines._airline import (
    Airline,
    Json,
    SearchRequest,
    decode_base64,
    encode_base64,
    is_served,
    styled_page,
)
from awardspider.sandbox.airlines._flights import Leg, Times, layovers, legs_of_flight, local_time
from awardspider.sandbox.connections import Itinerary
from awardspider.sandbox.fares import Level
from awardspider.sandbox.inventory import Offer
from awardspider.sandbox.places import country
from awardspider.sandbox.quotes import ECONOMY
from awardspider.sandbox.sites import (
    Kind,
    Route,
    SandboxRequest,
    SandboxResponse,
    ShownItineraries,
    Site,
    html_response,
    redirect,
)
from awardspider.sandbox.world import World

SELECT = "/Flight/InternalSelect"
RESULTS = "/Flight/Select"
SIGN_IN = "/Member/Login"
SEARCH_PAGE = "/Flight/Search"
COOKIE = "dotrez_search"
SOLD_OUT = 79228162514264337593543950335.0  # the largest decimal of .NET
MAX_SEATS_SHOWN = 5
BUNDLES = {"economy": (35, 2000), "premium": (65, 4000), "business": (125, 8000)}  # dollars and miles
# Fields of the ground truth that the page does not show.
LACKING = frozenset({"mixed_cabin", "saver", "on_sale", "regular_miles", "cash_price"}) | {
    f"segments.{name}" for name in ("operating_carrier", "operated_by", "aircraft")
}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# In 2026-09, most DEN-LAS flights on a given day cost 7,500 miles. Frontier has only one cabin.
LEVELS = (
    Level(350, 5000, 0, 0, 0),
    Level(700, 6000, 0, 0, 0),
    Level(1400, 9000, 0, 0, 0),
    Level(2100, 12500, 0, 0, 0),
    Level(99999, 15000, 0, 0, 0),
)


def site(world: World) -> Site:
    """Build the simulated site."""
    frontier = Frontier(world, "frontier", LEVELS, columns=(ECONOMY,))
    return frontier.site(
        hosts=("www.flyfrontier.com", "flyfrontier.com", "booking.flyfrontier.com"),
        routes=(
            Route("GET", SELECT, Kind.PAGE, frontier.select),
            Route("GET", RESULTS, Kind.DATA, frontier.results),
            Route("GET", SEARCH_PAGE, Kind.OTHER, partial(_search_page, "InternalSelect")),
            Route("GET", "/", Kind.OTHER, partial(_search_page, "Flight/InternalSelect")),
        ),
        sign_in=SIGN_IN,
        robots="User-agent: *\nDisallow: /*?stay=true\nDisallow: /darksite$\n",
        search_paths=("/Flight/",),
        renamed_keys=("journeys", "flights", "legs", "standardFare"),
        examples=(
            ("DEN to LAS, one day, in miles", f"{SELECT}?o1=DEN&d1=LAS&dd1={{day}}&ADT=1&loy=true&promo="),
            ("DEN to LAS, one day, in dollars", f"{SELECT}?o1=DEN&d1=LAS&dd1={{day}}&ADT=1&mon=true&promo="),
        ),
        days=None,
        itineraries=ShownItineraries(without=LACKING),
    )


class Frontier(Airline):
    """Frontier's pages."""

    def select(self, request: SandboxRequest) -> SandboxResponse:
        """Store a search in a cookie and redirect to the results, or to the search page if the search is invalid."""
        if request.members_only:
            return redirect(SIGN_IN)
        query = {name.lower(): value for name, value in request.query.items()}
        day = _parse_day(query.get("dd1", ""))
        origin, destination = query.get("o1", "").upper(), query.get("d1", "").upper()
        travelers = query.get("adt", "1")
        valid = is_served(origin, destination) and travelers in tuple("123456789")
        if day is None or not valid or day < self.world.today(origin):
            return redirect(SEARCH_PAGE)
        search = {"o": origin, "d": destination, "day": str(day), "adt": travelers, "miles": query.get("loy") == "true"}
        value = encode_base64(orjson.dumps(search))
        return redirect(RESULTS, headers=(("Set-Cookie", f"{COOKIE}={value}; Path=/; HttpOnly"),))

    def results(self, request: SandboxRequest) -> SandboxResponse:
        """Return the results page for the search in the cookie."""
        if request.members_only:
            return redirect(SIGN_IN)
        try:
            values = orjson.loads(decode_base64(request.cookies[COOKIE]))
        except (KeyError, ValueError):
            return redirect(SEARCH_PAGE)
        search = SearchRequest(
            origin=values["o"],
            destination=values["d"],
            day=date.fromisoformat(values["day"]),
            travelers=int(values["adt"]),
        )
        data = orjson.dumps(self._data(search, values["miles"], request)).decode()
        return html_response(styled_page("frontier", "select.html").replace("{data}", _escape(data)))

    def _data(self, search: SearchRequest, miles: bool, request: SandboxRequest) -> Json:
        mode = "loy" if miles else "mon"
        return {
            "calendarLink": (f"o1={search.origin}&d1={search.destination}&c=true&{mode}=true&adt={search.travelers}"),
            "originOne": search.origin,
            "destinationOne": search.destination,
            "departureDateOne": f"{search.day}T00:00:00",
            "paxCount": search.travelers,
            "fareTypeBy": "Miles" if miles else "Monetary",
            "includeLoyalty": miles,
            "includeMonetary": not miles,
            "isRoundTrip": False,
            "isChangeFlight": False,
            "isCodeShareFlight": False,
            "journeys": [
                {
                    "isReturnTrip": False,
                    "ribbon": None,
                    "flights": self._flights(search, miles, request),
                    "isMilesBooking": miles,
                    "isInternational": country(search.origin) != country(search.destination),
                    "departureStation": search.origin,
                    "arrivalStation": search.destination,
                }
            ],
        }

    def _flights(self, search: SearchRequest, miles: bool, request: SandboxRequest) -> list[Json]:
        if request.empty or not self.is_on_sale(search.origin, search.day):
            return []
        offers = {offer.itinerary: offer for offer in self.offers(search, request) if offer.cabin is Cabin.ECONOMY}
        lowest = min((offer.miles for offer in offers.values()), default=0)
        return [
            _flight(itinerary, offers.get(itinerary), search.day.toordinal(), miles, lowest)
            for itinerary in self.itineraries(search)
        ]


def _flight(itinerary: Itinerary, offer: Offer | None, ordinal: int, miles: bool, lowest: int) -> Json:
    times = itinerary.times(ordinal)
    key = _fare_key(itinerary, times) if offer else ""
    is_lowest = offer is not None and offer.miles == lowest
    stops = itinerary.stop_count
    return {
        "legs": [
            _leg(flight.number, flight.carrier, leg)
            for flight, ends in zip(itinerary.flights, times, strict=True)
            for leg in legs_of_flight(flight, *ends)
        ],
        "duration": _hours(itinerary.minutes),
        "stops": None,
        "stopCount": stops,
        **_fares(offer, miles),
        "isGoWildFareEnabled": False,
        "isMonetary": not miles,
        "hasSixPlusLayover": any(minutes >= 6 * 60 for minutes in layovers(times)),
        "isNextDayArrival": times[-1][1].date() > times[0][0].date(),
        "standardFareKey": "" if miles else key,
        "bizedFareKey": "",
        "discountDenFareKey": "",
        "goWildFareKey": "",
        "milesFareKey": key if miles else "",
        "stopsText": ("Nonstop", "1 Stop")[stops] if stops < 2 else f"{stops} Stops",
        "standardFareSeatsRemaining": None if miles else _seats(offer),
        "discountDenFareSeatsRemaining": None,
        "goWildFareSeatsRemaining": None,
        "milesFareFareSeatsRemaining": _seats(offer) if miles else None,
        "bizedFareSeatsRemaining": None,
        "isLowestFare": is_lowest,
        "isLowestStandardFare": is_lowest,
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
    """Build the prices. In miles mode, `standardFare` is in miles, and `milesFare` is the tax in dollars."""
    tax = offer.taxes / 100 if offer else SOLD_OUT
    price = (float(offer.miles) if miles else (offer.cash or 0) + 0.98) if offer else SOLD_OUT
    base = tax if miles else price
    extra_miles = [float(extra) if offer else SOLD_OUT for _, extra in BUNDLES.values()]
    bundles = {f"{name}BundleFare": float(extra) if offer else SOLD_OUT for name, (extra, _) in BUNDLES.items()}
    totals = {f"{name}Fare": round(base + extra, 2) if offer else SOLD_OUT for name, (extra, _) in BUNDLES.items()}
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
        "milesBundleFareEcob": extra_miles[0],
        "milesBundleFarePrem": extra_miles[1],
        "milesBundleFareBusi": extra_miles[2],
        "milesBundleFare": "|".join(f"{extra:.0f}" for extra in extra_miles),
        "milesBundleFareClass": "Z" if offer else "",
        "baseFare": base,
        "baseBasicFare": base,
    }


def _leg(number: int, carrier: str, leg: Leg) -> Json:
    hours, minutes = divmod(leg.minutes, 60)
    return {
        "departureStation": leg.origin,
        "arrivalStation": leg.destination,
        "departureDate": local_time(leg.departs),
        "arrivalDate": local_time(leg.arrives),
        "departureDateUtc": _utc(leg.departs),
        "arrivalDateUtc": _utc(leg.arrives),
        "isNextDayArrival": leg.arrives.date() > leg.departs.date(),
        "duration": f"{hours:02}:{minutes:02}:00",
        "durationFormatted": _hours(leg.minutes),
        "flightNumber": number,
        "carrierCode": carrier,
        "carrierText": "",
        "departureDateFormatted": _clock(leg.departs),
        "arrivalDateFormatted": _clock(leg.arrives),
        "flightTime": f"{hours}hrs {minutes}min",
    }


def _fare_key(itinerary: Itinerary, times: Times) -> str:
    flights = [
        f"{flight.carrier}~{flight.number}~ ~~{flight.origin}~{departs:%m/%d/%Y %H:%M}~{flight.destination}"
        f"~{arrives:%m/%d/%Y %H:%M}~~"
        for flight, (departs, arrives) in zip(itinerary.flights, times, strict=True)
    ]
    return f"0~Z~~F9~Z5~FQTV~~0~10~~X|{'^'.join(flights)}"


def _seats(offer: Offer | None) -> str | None:
    if offer is None or offer.seats > MAX_SEATS_SHOWN:
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


def _parse_day(text: str) -> date | None:
    """Parse a date such as `Oct 05, 2026` or 2026-10-05; return None if it is invalid."""
    match = re.fullmatch(r"([A-Z][a-z]{2}) (\d{2}), (\d{4})", text)
    try:
        if match:
            return date(int(match[3]), MONTHS.index(match[1]) + 1, int(match[2]))
        return date.fromisoformat(text)
    except ValueError:
        return None


def _escape(text: str) -> str:
    """Escape text for HTML as .NET does."""
    for plain, entity in (("&", "&amp;"), ('"', "&quot;"), ("'", "&#39;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(plain, entity)
    return text


def _search_page(action: str, _: SandboxRequest) -> SandboxResponse:
    return html_response(styled_page("frontier", "search.html").replace("{action}", action))
