"""Requests: those of our plan against one search for each departure day, with the recall of matching offers.

The calendars and flights are those that the sandbox's ground truth shows for United. A search for each departure day
finds everything; ours is the wide searches and the flights of the days that could match. The lower bound is the wide
searches and the days on which an offer matches. Two kinds of watches are measured:

- Fitted ones, as the aim assumes: their limits are chosen from the prices at the first moment, so that few days match.
- Ordinary ones, with limits in round numbers that nobody has fitted to prices. Many days can match them.

The world's clock advances, and both kinds are measured again at each of several moments, at the prices then.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
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
#: The moments at which prices are compared: this many, an interval apart.
MOMENTS = 4
INTERVAL = timedelta(days=7)
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
#: Limits in miles of ordinary watches, as a person would write them, for short routes and for those over an ocean.
SHORT_LIMITS = {Cabin.ECONOMY: 25_000, Cabin.BUSINESS: 50_000}
LONG_LIMITS = {Cabin.ECONOMY: 60_000, Cabin.BUSINESS: 120_000}
OVERSEAS = frozenset({"NRT", "HND", "LHR", "FRA"})


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

    def __add__(self, other: Result) -> Result:
        """Return the sums of two results."""
        return Result(*map(sum, zip(astuple(self), astuple(other), strict=True)))

    @property
    def recall(self) -> float | None:
        """Return the share of the matching offers that were found."""
        return self.found / self.expected if self.expected else None

    @property
    def ratio(self) -> float:
        """Return our requests as a share of the baseline's."""
        return (self.wide + self.days) / self.baseline

    @property
    def lower_bound(self) -> float:
        """Return the same if only days with a match were confirmed."""
        return (self.wide + self.matching_days) / self.baseline


class TrueOffers:
    """The offers that the sandbox shows at a moment, as a parser returns them."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._world = World(SEED, Clock(now, 0.0))
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
        return [_item(offer, detail, origin, destination, travelers, self.now) for offer in shown]


def _item(
    offer: Mapping[str, Any], detail: Detail, origin: str, destination: str, travelers: int, now: datetime
) -> AwardOfferItem:
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
        seen_at=now,
    )


def run(full: bool) -> Mapping[str, float | int | str | None]:
    """Measure all routes together, and each of them alone; then ordinary watches, and moving prices."""
    offers = TrueOffers(NOW)
    routes = ROUTES if full else ROUTES[:2]
    watches = fitted_watches(offers, routes, full)
    every = measure(offers, watches)
    alone = [measure(offers, fitted_watches(offers, [route], full)) for route in routes]
    usual = ordinary_watches(routes, full)
    moving, ordinary = [every], [measure(offers, usual)]
    for number in range(1, MOMENTS if full else 2):
        later = TrueOffers(NOW + number * INTERVAL)
        moving.append(measure(later, watches))
        ordinary.append(measure(later, usual))
    ratios = [each.ratio for each in alone]
    all_moving, all_ordinary = sum(moving[1:], moving[0]), sum(ordinary[1:], ordinary[0])
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
        "recall": every.recall,
        "recall_one_route": min((each.recall for each in alone if each.recall is not None), default=None),
        "moving_moments": len(moving),
        "moving_request_ratio": all_moving.ratio,
        "moving_request_ratio_highest": max(each.ratio for each in moving),
        "moving_lower_bound": all_moving.lower_bound,
        "moving_recall": min((each.recall for each in moving if each.recall is not None), default=None),
        "ordinary_request_ratio": all_ordinary.ratio,
        "ordinary_lower_bound": all_ordinary.lower_bound,
        "ordinary_recall": min((each.recall for each in ordinary if each.recall is not None), default=None),
        "ordinary_requests": all_ordinary.wide + all_ordinary.days,
        "ordinary_requests_wide": all_ordinary.wide,
        "ordinary_requests_one_per_day": all_ordinary.baseline,
    }


def measure(offers: TrueOffers, watches: Sequence[Watch]) -> Result:
    """Plan the searches of watches at a moment, and compare what they find with the ground truth."""
    capabilities = spider(PROGRAM.key).capabilities
    wide = plan(watches, program=PROGRAM, capabilities=capabilities, now=offers.now).searches()
    assert {search.kind for search in wide} == {SearchKind.CALENDAR}
    searched: set[Day] = set()
    for search in wide:
        shown = offers.calendar(search)
        for day in days_to_confirm(shown, watches, search=search, capabilities=capabilities):
            searched.add(Day(day.origin, day.destination, day.first, day.travelers))
    every = set(watched_days(watches, offers.now.date()))
    expected = {day: set(matches(offers, day, watches)) for day in every}
    return Result(
        baseline=len(every),
        wide=len(wide),
        days=len(searched),
        matching_days=sum(map(bool, expected.values())),
        found=sum(len(flights) for day, flights in expected.items() if day in searched),
        expected=sum(map(len, expected.values())),
    )


def fitted_watches(offers: TrueOffers, routes: Sequence[str], full: bool) -> list[Watch]:
    """Return the fitted watches of some routes."""
    chosen = random.Random(SEED)
    return [watch for route in routes for watch in make_watches(offers, route, chosen, full)]


def ordinary_watches(routes: Sequence[str], full: bool) -> list[Watch]:
    """Return three watches of each route with limits in round numbers, for a year, a quarter and a month.

    Their cabins alternate from route to route, so that each occurs with each length.
    """
    chosen = random.Random(f"{SEED} ordinary")
    last = PROGRAM.booking_window_days if full else 120
    found = []
    for number, route in enumerate(routes):
        origin, destination = route.split("-")
        limits = LONG_LIMITS if destination in OVERSEAS else SHORT_LIMITS
        cabins = (Cabin.ECONOMY, Cabin.BUSINESS)[:: 1 if number % 2 else -1]
        for position, length in enumerate((last, 90, 30)):
            first = NOW.date() + timedelta(days=1 + chosen.randrange(last - length + 1))
            cabin = cabins[position % 2]
            found.append(
                Watch(
                    name=f"{length} days in {cabin} {route}",
                    origin=parse_places(origin),
                    destination=parse_places(destination),
                    dates=parse_dates(f"{first}..{first + timedelta(days=length - 1)}"),
                    cabins=(cabin,),
                    max_miles=limits[cabin],
                    travelers=2 if position == 2 else 1,
                )
            )
    return found


def make_watches(offers: TrueOffers, route: str, chosen: random.Random, full: bool) -> Iterator[Watch]:
    """Yield the fitted watches of a route: for a sale in a year, and for a cheap day of a season, in several kinds.

    The limit of a watch for the year is SALE_SHARE of the lowest price of its days at this moment. A season is drawn
    until at most CHEAP_DAYS of its days have its lowest price, which becomes the limit.
    """
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
            dates = parse_dates(f"{NOW.date() + timedelta(start)}..{NOW.date() + timedelta(start + length)}")
            watch = Watch(name=f"{kind} {route}", dates=dates, **base, **fields)
            days = sorted(_lowest_prices(offers, watch).values())
            if days and days.count(days[0]) <= CHEAP_DAYS:
                yield replace(watch, max_miles=days[0])
                break


def _lowest_prices(offers: TrueOffers, watch: Watch) -> dict[tuple[str, date], int]:
    """Return the lowest price of each watched day in the cabins of a watch, by origin and day."""
    capabilities = spider(PROGRAM.key).capabilities
    lowest: dict[tuple[str, date], int] = {}
    for search in plan([watch], program=PROGRAM, capabilities=capabilities, now=offers.now).searches():
        for offer in offers.calendar(search):
            if offer.miles and could_match(watch, offer):
                day = offer.origin, offer.departure_date
                lowest[day] = min(offer.miles, lowest.get(day, offer.miles))
    return lowest


def watched_days(watches: Sequence[Watch], today: date) -> Iterator[Day]:
    """Yield each departure day that a watch needs."""
    for watch in watches:
        for leg in watch.legs:
            for origin in leg.origin.searched:
                for destination in leg.destination.searched:
                    for first, last in leg.dates.ranges(today, PROGRAM.booking_window_days):
                        for number in range((last - first).days + 1):
                            yield Day(origin, destination, first + timedelta(days=number), watch.travelers)


def matches(offers: TrueOffers, day: Day, watches: Sequence[Watch]) -> Iterator[Flight]:
    """Yield the offers on a day that match a watch."""
    candidates = [
        watch
        for watch in watches
        if watch.travelers == day.travelers and watch.covers(day.origin, day.destination, day.day, offers.now.date())
    ]
    for offer in offers.flights(day):
        for watch in candidates:
            if match(watch, offer).result is MatchResult.MATCH:
                yield Flight(watch.name, offer.offer_id)
