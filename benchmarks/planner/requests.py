"""Requests: those of our plan against one search for each departure day, with the recall of matching offers.

The calendars and flights are those that the sandbox's ground truth shows for United, at one moment. Each route has
several kinds of watches: for a sale in the entire year, and for the cheapest days of a season. A search for each
departure day finds everything; ours is the wide searches and the flights of the days that could match. The lower bound
is the wide searches and the days on which an offer matches.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from awardspider.items import AwardOfferItem, Cabin, Detail, Money, Search, SearchKind
from awardspider.programs import programs
from awardspider.sandbox.airlines import airline_sites
from awardspider.sandbox.clock import Clock
from awardspider.sandbox.truth import truth
from awardspider.sandbox.world import World
from awardspider.search.dates import parse_dates
from awardspider.search.day_confirmation import days_to_confirm
from awardspider.search.matching import MatchResult, could_match, match
from awardspider.search.places import parse_places
from awardspider.search.planner import plan
from awardspider.search.watch_fields import Nights
from awardspider.search.watches import Watch
from tests.support.program_requests import spider

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
SEED = 7
PROGRAM = programs()["united"]
ROUTES = (
    "SFO-NRT", "LAX-AUS", "EWR-LHR", "ORD-DEN", "IAH-MEX", "IAD-FRA", "SEA-ORD", "BOS-SFO", "DEN-LAX", "LAX-HND",
    "SFO-LHR", "EWR-FRA", "ORD-LHR", "IAH-AUS", "DEN-SEA", "LAX-EWR", "SFO-DEN", "IAD-SFO", "ORD-SFO", "EWR-MIA",
)  # fmt: skip
#: A watch for the entire year waits for a sale: its limit is this share of the lowest price now.
SALE_SHARE = 0.9
#: A watch for a season has the lowest price of its days as its limit, and at most this many days at that price.
CHEAP_DAYS = 2
ATTEMPTS = 30


class Day(NamedTuple):
    """The flights that a search finds."""

    origin: str
    destination: str
    day: date
    travelers: int


class Flight(NamedTuple):
    """A watch and an offer of flights that matches it."""

    watch: str
    offer: str


@dataclass(slots=True)
class Result:
    """Requests and matches of one set of watches."""

    baseline: int
    wide: int
    days: int
    matching_days: int
    found: int
    expected: int

    @property
    def ratio(self) -> float:
        """Return our requests as a share of the baseline's."""
        return (self.wide + self.days) / self.baseline

    @property
    def lower_bound(self) -> float:
        """Return the same if only days with a match were confirmed."""
        return (self.wide + self.matching_days) / self.baseline


class TrueOffers:
    """The offers that the sandbox shows, as a parser returns them."""

    def __init__(self) -> None:
        self._world = World(SEED, Clock(NOW))
        self._sites = airline_sites(self._world)
        self._calendars: dict[Search, list[AwardOfferItem]] = {}
        self._flights: dict[Day, list[AwardOfferItem]] = {}

    def calendar(self, search: Search) -> list[AwardOfferItem]:
        """Return the offers of a calendar of one month."""
        return self._offers(
            Detail.DAY, search.origin, search.destination, search.travelers, month=f"{search.first:%Y-%m}"
        )

    def flights(self, day: Day) -> list[AwardOfferItem]:
        """Return the offers of flights on a day."""
        if day not in self._flights:
            on_day = self._offers(Detail.ITINERARY, day.origin, day.destination, day.travelers, date=str(day.day))
            self._flights[day] = on_day
        return self._flights[day]

    def _offers(
        self, detail: Detail, origin: str, destination: str, travelers: int, **days: str
    ) -> list[AwardOfferItem]:
        query = {"program": PROGRAM.key, "origin": origin, "destination": destination, "detail": detail.value}
        shown = truth(self._world, self._sites, query | {"travelers": str(travelers)} | days)["offers"]
        return [_item(offer, detail, origin, destination, travelers) for offer in shown]


def _item(offer: Mapping[str, Any], detail: Detail, origin: str, destination: str, travelers: int) -> AwardOfferItem:
    return AwardOfferItem(
        program=PROGRAM.key,
        source=PROGRAM.key,
        detail=detail,
        origin=origin,
        destination=destination,
        departure_date=date.fromisoformat(offer["departure_date"]),
        cabin=Cabin(offer["cabin"]),
        miles=offer["miles"],
        taxes=Money(Decimal(offer["taxes"]), offer["currency"]) if offer.get("taxes") else None,
        seats=offer.get("seats"),
        stops=offer.get("stops"),
        mixed_cabin=offer.get("mixed_cabin"),
        saver=offer.get("saver"),
        fare_name=offer.get("flights"),  # in place of the flights, so that each itinerary has an id of its own
        travelers=travelers,
        seen_at=NOW,
    )


def run(full: bool) -> Mapping[str, float | int | str | None]:
    """Measure all routes together, and each of them alone."""
    offers = TrueOffers()
    routes = ROUTES if full else ROUTES[:2]
    every = measure(offers, routes, full)
    alone = [measure(offers, [route], full) for route in routes]
    ratios = [each.ratio for each in alone]
    return {
        "request_ratio": every.ratio,
        "request_ratio_one_route": statistics.median(ratios),
        "request_ratio_one_route_lowest": min(ratios),
        "request_ratio_one_route_highest": max(ratios),
        "request_lower_bound_one_route": statistics.median(each.lower_bound for each in alone),
        "request_lower_bound": every.lower_bound,
        "requests": every.wide + every.days,
        "requests_wide": every.wide,
        "requests_days": every.days,
        "requests_one_per_day": every.baseline,
        "matches": every.expected,
        "recall": every.found / every.expected if every.expected else None,
        "recall_one_route": min((each.found / each.expected for each in alone if each.expected), default=None),
    }


def measure(offers: TrueOffers, routes: Sequence[str], full: bool) -> Result:
    """Plan the searches of the watches of some routes, and compare what they find with the ground truth."""
    chosen = random.Random(SEED)
    watches = [watch for route in routes for watch in make_watches(offers, route, chosen, full)]
    capabilities = spider(PROGRAM.key).capabilities
    wide = plan(watches, program=PROGRAM, capabilities=capabilities, now=NOW).searches()
    assert {search.kind for search in wide} == {SearchKind.CALENDAR}
    searched: set[Day] = set()
    for search in wide:
        shown = offers.calendar(search)
        for day in days_to_confirm(shown, watches, search=search, capabilities=capabilities):
            searched.add(Day(day.origin, day.destination, day.first, day.travelers))
    every = set(watched_days(watches))
    expected = {day: set(matches(offers, day, watches)) for day in every}
    return Result(
        baseline=len(every),
        wide=len(wide),
        days=len(searched),
        matching_days=sum(map(bool, expected.values())),
        found=sum(len(flights) for day, flights in expected.items() if day in searched),
        expected=sum(map(len, expected.values())),
    )


def make_watches(offers: TrueOffers, route: str, chosen: random.Random, full: bool) -> Iterator[Watch]:
    """Yield the watches of a route: for a sale in a year, and for a cheap day of a season, in several kinds."""
    origin, destination = route.split("-")
    last = PROGRAM.booking_window_days if full else 120
    base: dict[str, Any] = {"origin": parse_places(origin), "destination": parse_places(destination)}
    for cabin in (Cabin.ECONOMY, Cabin.BUSINESS):
        year = Watch(name=f"year in {cabin} {route}", dates=parse_dates(f"+1..+{last}"), cabins=(cabin,), **base)
        if prices := _lowest_prices(offers, year).values():
            yield replace(year, max_miles=round(SALE_SHARE * min(prices)))
    seasons: dict[str, dict[str, Any]] = {
        "nonstop": {"cabins": (Cabin.ECONOMY,), "max_stops": 0},
        "for two": {"cabins": (Cabin.BUSINESS,), "travelers": 2},
        "there and back": {"cabins": (Cabin.ECONOMY,), "nights": Nights(6, 8)},
    }
    for kind, fields in seasons.items():
        for _ in range(ATTEMPTS):
            start, length = chosen.randrange(20, last - 60), chosen.randrange(10, 45)
            dates = parse_dates(f"+{start}..+{start + length}")
            watch = Watch(name=f"{kind} {route}", dates=dates, **base, **fields)
            days = sorted(_lowest_prices(offers, watch).values())
            if days and days.count(days[0]) <= CHEAP_DAYS:
                yield replace(watch, max_miles=days[0])
                break


def _lowest_prices(offers: TrueOffers, watch: Watch) -> dict[tuple[str, date], int]:
    """Return the lowest price of each watched day in the cabins of a watch, by origin and day."""
    capabilities = spider(PROGRAM.key).capabilities
    lowest: dict[tuple[str, date], int] = {}
    for search in plan([watch], program=PROGRAM, capabilities=capabilities, now=NOW).searches():
        for offer in offers.calendar(search):
            if offer.miles and could_match(watch, offer):
                day = offer.origin, offer.departure_date
                lowest[day] = min(offer.miles, lowest.get(day, offer.miles))
    return lowest


def watched_days(watches: Sequence[Watch]) -> Iterator[Day]:
    """Yield each departure day that a watch needs."""
    for watch in watches:
        for leg in watch.legs:
            for origin in leg.origin.searched:
                for destination in leg.destination.searched:
                    for first, last in leg.dates.ranges(NOW.date(), PROGRAM.booking_window_days):
                        for number in range((last - first).days + 1):
                            yield Day(origin, destination, first + timedelta(days=number), watch.travelers)


def matches(offers: TrueOffers, day: Day, watches: Sequence[Watch]) -> Iterator[Flight]:
    """Yield the offers on a day that match a watch."""
    candidates = [
        watch
        for watch in watches
        if watch.travelers == day.travelers and watch.covers(day.origin, day.destination, day.day, NOW.date())
    ]
    for offer in offers.flights(day):
        for watch in candidates:
            if match(watch, offer).result is MatchResult.MATCH:
                yield Flight(watch.name, offer.offer_id)
