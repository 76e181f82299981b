"""The truth about each watch at each crawl: prices, flights, and the sales and drops that must be alerted."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from awardspider.items import AwardOfferItem, Cabin, Detail, Search, SearchKind
from awardspider.search.change_rates import lead_time
from awardspider.search.judgments import DealClass
from awardspider.search.watches import Watch
from benchmarks.deals.true_offers import Event, RoutePrices, TrueOffers, make_item

#: Search days after which a deal watch must report sales and drops.
WARM_UP_DAYS = 8
#: A price is surely of a class only if it is this far beyond the class's threshold, in case the thresholds move.
MARGIN = 0.95
EXPECTED_PERCENT = {DealClass.GOOD: 0.85, DealClass.EXCEPTIONAL: 0.7, DealClass.RECORD_LOW: 0.7}


@dataclass(slots=True)
class PriceHistory:
    """The true lowest prices of the departure days of a watch on a route, by search day."""

    by_day: list[list[int]] = field(default_factory=list)

    @property
    def prices(self) -> list[int]:
        """All prices."""
        return [price for day in self.by_day for price in day]


class SeenPrices:
    """The true lowest prices of the departure days that crawls have shown, by route, lead time and search day.

    They are what a class compares with, by docs/deals.md: the flights of a day count instead of a calendar's price.
    """

    def __init__(self) -> None:
        self._days: dict[RoutePrices, dict[date, dict[date, tuple[bool, int]]]] = defaultdict(lambda: defaultdict(dict))

    def add(self, item: AwardOfferItem, day: date) -> None:
        """Add a true offer that a crawl of a search day found."""
        if item.miles is None or item.mixed_cabin:
            return
        places = {"origin": item.origin, "destination": item.destination}
        route = RoutePrices(program=item.program, cabin=item.cabin, **places)
        seen = self._days[route][day]
        price = item.detail is not Detail.ITINERARY, item.miles
        seen[item.departure_date] = min(price, seen.get(item.departure_date, price))

    def is_surely(self, deal: DealClass, route: RoutePrices, miles: int, departure: date, today: date) -> bool:
        """Return whether a price is clearly of a class or better, compared with those of the search days before."""
        lead = lead_time((departure - today).days)
        by_day = [
            prices
            for day, seen in self._days[route].items()
            if day < today
            and (prices := [price for of, (_, price) in seen.items() if lead_time((of - day).days) == lead])
        ]
        prices = [price for day in by_day for price in day]
        if len(by_day) < WARM_UP_DAYS or len(prices) < 40:
            return False
        if miles > MARGIN * EXPECTED_PERCENT[deal] * statistics.median(prices):
            return False
        if deal is DealClass.GOOD:
            return miles <= MARGIN * statistics.quantiles(prices, n=4)[0]
        usual_lowest = statistics.median(min(day) for day in by_day)
        rare = min(statistics.quantiles(prices, n=10)[0], usual_lowest)
        return miles <= MARGIN * 0.9 * rare


@dataclass(frozen=True, slots=True)
class Expected:
    """Flights of a sale or drop that surely match a watch at one crawl, with their prices.

    `reduced` also has those that may be of the class that the watch requires, such as before the warm-up ends.
    """

    watch: str
    event: Event
    at: datetime
    flights: Mapping[str, int]
    reduced: Mapping[str, int]


class TrueDays:
    """The truth of all crawls of the benchmark so far."""

    def __init__(self, offers: TrueOffers, watches: Sequence[Watch]) -> None:
        self._offers = offers
        self._watches = watches
        self.crawled_at: list[datetime] = []
        self.histories: dict[tuple[str, RoutePrices], PriceHistory] = defaultdict(PriceHistory)
        self._seen = SeenPrices()
        self.expected: list[Expected] = []
        #: For each flight the crawls at which it was sold, with its true lowest price.
        self.flights: dict[str, dict[datetime, int]] = defaultdict(dict)
        #: The crawls at which a flight's price was a sale or a sudden drop.
        self.reduced: dict[tuple[str, int], set[datetime]] = defaultdict(set)

    def add(self) -> None:
        """Add the present moment of the world, before the watches are crawled."""
        now = self._offers.now
        self.crawled_at.append(now)
        for watch in self._watches:
            for route in watched_routes(watch):
                self._add_route(watch, route, now)

    def _add_route(self, watch: Watch, route: RoutePrices, now: datetime) -> None:
        history = self.histories[watch.name, route]
        found: dict[Event, dict[str, int]] = defaultdict(dict)
        surely: dict[Event, dict[str, int]] = defaultdict(dict)
        lowest: list[int] = []
        for first, last in watch.dates.ranges(now.date(), 330):
            lowest += self._offers.daily_prices(route, first, last).values()
            for event, day in self._offers.events(route, first, last):
                reduced = self._reduced_flights(watch, route, event, day)
                found[event] |= reduced
                surely[event] |= {
                    flight: miles
                    for flight, miles in reduced.items()
                    if watch.deal is None or self._seen.is_surely(watch.deal, route, miles, day, now.date())
                }
        for event, reduced in found.items():
            self.expected.append(Expected(watch.name, event, now, surely[event], reduced))
        history.by_day.append(lowest)

    def _reduced_flights(self, watch: Watch, route: RoutePrices, event: Event, day: date) -> dict[str, int]:
        """Return the flights of a day that a sale or drop reduces below the watch's limit, with their prices."""
        found = {}
        for offer, item in self.day_offers(route, day):
            is_reduced = offer["drop_percent"] if event.kind == "drop" else offer["on_sale"]
            if not is_reduced or item.miles is None or item.mixed_cabin:
                continue
            self.reduced[item.flight_key, item.miles].add(self._offers.now)
            if item.miles <= (watch.max_miles or item.miles):
                found[item.flight_key] = item.miles
        return found

    def day_offers(self, route: RoutePrices, day: date) -> Iterator[tuple[dict[str, Any], AwardOfferItem]]:
        """Yield the true offers of a day in a cabin, also as items."""
        fields: dict[str, Any] = {"origin": route.origin, "destination": route.destination}
        search = Search(program=route.program, kind=SearchKind.ITINERARY, first=day, last=day, **fields)
        for offer in self._offers.offers(
            route.program, route.origin, route.destination, Detail.ITINERARY, date=str(day)
        ):
            if offer["cabin"] == route.cabin:
                yield offer, make_item(offer, search, Detail.ITINERARY, self._offers.now)

    def add_searched(self, item: AwardOfferItem, at: datetime) -> None:
        """Add a true offer that a crawl found."""
        self._seen.add(item, at.date())
        if item.detail is Detail.ITINERARY and not item.mixed_cabin and item.miles:
            known = self.flights[item.flight_key].get(at)
            self.flights[item.flight_key][at] = min(item.miles, known or item.miles)

    def is_interrupted(self, watch: Watch, flight: str, miles: int, after: datetime, before: datetime) -> bool:
        """Return whether a flight, alerted at a price, truly stopped matching at a crawl between two moments."""
        for at in self.crawled_at:
            if after < at < before:
                price = self.flights[flight].get(at)
                limit = 1.05 * (watch.max_miles if watch.max_miles else miles if watch.deal else 10**9)
                if price is None or price > limit:
                    return True
        return False

    def is_deal(self, watch: Watch, route: RoutePrices, flight: str, miles: int, at: datetime) -> tuple[bool, bool]:
        """Return whether a price was a sale or drop; and whether it was one, or is among the lowest of the route.

        A sale or drop counts at the last crawl before the alert at `at`, not at another one. The lowest prices are the
        lowest 5 % of the true prices of the route and cabin, and at least 30 % below their median.
        """
        crawled_at = max((each for each in self.crawled_at if each <= at), default=None)
        strict = crawled_at in self.reduced.get((flight, miles), ())
        prices = sorted(self.histories[watch.name, route].prices)
        lowest = prices[max(0, len(prices) * 5 // 100 - 1)]
        return strict, strict or (miles <= lowest and miles <= 0.7 * statistics.median(prices))


def watched_routes(watch: Watch) -> Iterator[RoutePrices]:
    """Yield each program, route and cabin of a watch."""
    for program in watch.programs:
        for leg in watch.legs:
            for origin in leg.origin.searched:
                for destination in leg.destination.searched:
                    for cabin in watch.cabins or tuple(Cabin):
                        yield RoutePrices(program=program, origin=origin, destination=destination, cabin=cabin)
