"""A world for the panel's benchmark: routes, programs, prices and flights that look like those of a year of crawls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import accumulate, pairwise
from random import Random
from zoneinfo import ZoneInfo

from awardspider.airports import airport_zone, airports
from awardspider.items import AwardOfferItem, Cabin, Detail, Money, Segment
from awardspider.search.judgments import Baseline, BaselineScope, CashFare, DealClass, Judgment

#: The numbers of rows of a complete database; `--scale` multiplies them.
CURRENT_OFFERS = 500_000
PAST_OFFERS = 300_000
PRICE_POINTS = 10_000_000
SEARCHES = 5_000_000
MONTH_PRICES = 1_500_000
MESSAGES = 200_000
RUNS = 5_000
ROUTES = 1_500

LEAD_DAYS = 330
HISTORY_DAYS = 180

_CODES = """
ATL LAX ORD DFW DEN JFK SFO SEA LAS MCO EWR CLT PHX IAH MIA BOS MSP FLL DTW PHL SLC DCA SAN BWI TPA AUS IAD BNA MDW HNL
DAL PDX STL RDU SMF MSY SJC OAK SNA YYZ YVR YUL YYC MEX CUN GDL LHR LGW MAN EDI DUB CDG ORY NCE FRA MUC BER DUS HAM AMS
BRU ZRH GVA VIE MAD BCN AGP LIS OPO FCO MXP VCE ATH CPH ARN OSL HEL WAW PRG BUD IST DOH DXB AUH TLV CAI JNB CPT NBO ADD
NRT HND KIX NGO FUK CTS ICN GMP PEK PVG HKG TPE MNL SIN BKK KUL CGK DPS DEL BOM BLR SYD MEL BNE PER AKL GRU GIG BSB CNF
EZE SCL LIM BOG PTY SJO
"""
_AIRPORTS = tuple(_CODES.split())
_PROGRAMS = {
    "united": "USD", "american": "USD", "delta": "USD", "alaska": "USD", "jetblue": "USD", "smiles": "BRL",
    "flyingblue": "EUR", "aeroplan": "CAD", "virginatlantic": "GBP", "qantas": "AUD", "cathay": "HKD", "sas": "SEK",
}  # fmt: skip
_OF_SOURCE = frozenset({"sas", "virginatlantic"})  # what a source of several programs shows
_CABINS = tuple(Cabin)
_CABIN_WEIGHTS = (50, 12, 28, 10)
_FACTORS = {Cabin.ECONOMY: 1.0, Cabin.PREMIUM_ECONOMY: 1.6, Cabin.BUSINESS: 2.8, Cabin.FIRST: 4.2}
_FARES = ("Saver", "Standard", "Flex")


@dataclass(frozen=True, slots=True)
class Route:
    """A route with the programs that sell it, its usual price in economy, and its share of all offers."""

    origin: str
    destination: str
    programs: tuple[str, ...]
    miles: int
    minutes: int
    weight: float
    zones: tuple[ZoneInfo, ZoneInfo] = field(compare=False)


def make_routes(scale: float) -> list[Route]:
    """Return the routes, the most popular first; a small world has fewer."""
    random = Random(1)
    codes = [code for code in _AIRPORTS if code in airports()]
    pairs = [(one, other) for one in codes for other in codes if airports()[one]["city"] != airports()[other]["city"]]
    chosen = random.sample(pairs, max(int(ROUTES * scale**0.5), 10))
    routes = []
    for number, (origin, destination) in enumerate(chosen):
        minutes = random.randrange(80, 900)
        zones = airport_zone(origin), airport_zone(destination)
        assert zones[0] is not None
        assert zones[1] is not None
        routes.append(
            Route(
                origin=origin,
                destination=destination,
                programs=tuple(random.sample(list(_PROGRAMS), random.randrange(2, 5))),
                miles=5_000 + minutes * 50 // 500 * 500,
                minutes=minutes,
                weight=1 / (number + 20),
                zones=(zones[0], zones[1]),
            )
        )
    return routes


def shares(routes: list[Route], total: int) -> list[int]:
    """Return how many of `total` rows each route has."""
    weights = list(accumulate(route.weight for route in routes))
    ends = [round(total * weight / weights[-1]) for weight in weights]
    return [end - start for start, end in zip([0, *ends], ends, strict=False)]


def make_offers(routes: list[Route], total: int, now: datetime, *, is_past: bool) -> Iterator[AwardOfferItem]:
    """Yield offers, route by route as crawls store them; `is_past` yields those of the last months."""
    random = Random(3 if is_past else 2)
    seen: set[str] = set()
    first = now.date() + timedelta(days=-90 if is_past else 1)
    days = 120 if is_past else LEAD_DAYS
    for route, number in zip(routes, shares(routes, total), strict=True):
        found_at = now - timedelta(minutes=random.randrange(0, 24 * 60))
        is_stale = random.random() < 0.03
        for position in range(number):
            day = first + timedelta(days=position * days // max(number, 1))
            while True:
                # A response has about 150 offers.
                seen_at = found_at - timedelta(hours=72 if is_stale else 0, seconds=7 * (position // 150))
                offer = make_offer(random, route, day, seen_at)
                if offer.offer_id not in seen:
                    break
            seen.add(offer.offer_id)
            yield offer


def make_offer(random: Random, route: Route, day: date, seen_at: datetime) -> AwardOfferItem:
    """Return a random offer of a route and day."""
    program = random.choice(route.programs)
    cabin = random.choices(_CABINS, _CABIN_WEIGHTS)[0]
    kind = random.random()
    detail = Detail.SEATS if kind < 0.03 else Detail.DAY if kind < 0.25 else Detail.ITINERARY
    source = "seatsaero" if program in _OF_SOURCE and random.random() < 0.5 else program
    has_flights = detail is Detail.ITINERARY
    stops = random.choices((0, 1, 2), (35, 55, 10))[0] if has_flights else None
    segments = _segments(random, route, day, program, cabin, stops or 0) if has_flights else ()
    miles = int(route.miles * _FACTORS[cabin] * random.lognormvariate(0, 0.35)) // 500 * 500 + 500
    return AwardOfferItem(
        program=program,
        source=source,
        detail=detail,
        origin=route.origin,
        destination=route.destination,
        departure_date=day,
        cabin=cabin,
        miles=None if detail is Detail.SEATS else miles,
        taxes=None if random.random() < 0.1 else Money(Decimal(random.randrange(56, 40_000)) / 100, _PROGRAMS[program]),
        seats=random.choice((None, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9)),
        stops=stops,
        segments=segments,
        duration_minutes=_duration(segments),
        fare_name=random.choice(_FARES) if has_flights else f"Fare {random.randrange(40)}",
        booking_code=random.choice("XIOUN") if has_flights else None,
        mixed_cabin=random.random() < 0.1 if has_flights else None,
        saver=random.random() < 0.4,
        on_sale=random.random() < 0.02,
        booking_link=f"https://www.example.com/book?from={route.origin}&to={route.destination}&day={day}",
        travelers=random.choices((1, 2, 4), (90, 8, 2))[0],
        seen_at=seen_at,
    )


def _segments(random: Random, route: Route, day: date, program: str, cabin: Cabin, stops: int) -> tuple[Segment, ...]:
    choice = random.randrange(8)
    carrier = program[:2].upper()
    via = [code for code in _AIRPORTS[choice * 7 : choice * 7 + 9] if code not in (route.origin, route.destination)]
    places = [route.origin, *via[:stops], route.destination]
    departs = datetime(day.year, day.month, day.day, 6 + choice * 2, 5, tzinfo=route.zones[0])
    minutes = route.minutes // (stops + 1)
    segments = []
    for number, (origin, destination) in enumerate(pairwise(places)):
        zone = route.zones[1] if destination == route.destination else airport_zone(destination)
        arrives = (departs + timedelta(minutes=minutes)).astimezone(zone)
        segments.append(
            Segment(
                marketing_carrier=carrier,
                operating_carrier=carrier,
                flight_number=str(100 + choice * 10 + number),
                origin=origin,
                destination=destination,
                departs_at=departs,
                arrives_at=arrives,
                aircraft="Boeing 787-9",
                cabin=cabin,
                booking_code="X",
            )
        )
        departs = arrives + timedelta(minutes=75)
    return tuple(segments)


def _duration(segments: tuple[Segment, ...]) -> int | None:
    if not segments:
        return None
    return int((segments[-1].arrives_at - segments[0].departs_at).total_seconds() // 60)


def judge(random: Random, route: Route, offer: AwardOfferItem, now: datetime) -> Judgment | None:
    """Return the judgment of an offer; None for one in ten, which has too little history or no price."""
    if offer.miles is None or random.random() < 0.1:
        return None
    median = int(route.miles * _FACTORS[offer.cabin])
    share = offer.miles / median
    bounds = ((0.45, DealClass.RECORD_LOW), (0.55, DealClass.EXCEPTIONAL), (0.75, DealClass.GOOD))
    deal_class = next((deal_class for bound, deal_class in bounds if share < bound), DealClass.USUAL)
    fare = CashFare(amount=Decimal(offer.miles) / 60, currency="USD", source=offer.source, seen_at=now)
    return Judgment(
        deal_class=deal_class,
        miles=offer.miles,
        judged_at=now,
        baseline=Baseline(
            scope=BaselineScope.ROUTE,
            window_days=90,
            median=median,
            quarter=median * 8 // 10,
            tenth=median * 6 // 10,
            days=61,
            searches=122,
            lowest=median * 45 // 100,
            lowest_day=now.date() - timedelta(days=20),
            first_day=now.date() - timedelta(days=90),
        ),
        cents_per_point=Decimal(random.randrange(60, 300)) / 100 if random.random() < 0.6 else None,
        cash_fare=fare,
    )
