"""Price history: the lowest prices of departure days as found on each search day, and the groups that they belong to.

The package `storage` stores these values, and `deals` derives baselines from them.
"""

from __future__ import annotations

import functools
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from awardspider.airports import airports
from awardspider.items import AwardOfferItem, Cabin, Detail
from awardspider.search.change_rates import lead_time
from awardspider.search.distances import distance_km
from awardspider.search.judgments import BaselineScope
from awardspider.search.regions import regions_by_airport

#: Baselines derive from the prices of this many search days before today, and of today.
WINDOW_DAYS = 90

#: The regions of a region pair, as in data/regions.toml. An airport is in the first one that contains it, so that each
#: airport has exactly one.
PRICE_REGIONS = (
    "caribbean", "central_america", "north_america", "south_america", "middle_east", "europe", "central_asia",
    "south_asia", "southeast_asia", "east_asia", "africa", "oceania",
)  # fmt: skip

#: The first statute mile of each distance band. Our choice: close to the zones of distance-based award charts.
BAND_STARTS = (0, 500, 1000, 1500, 2000, 3000, 4000, 5500, 7000)

_KM_PER_MILE = 1.609344

#: Departure days by price in miles, by lead time (an index of search.change_rates.LEAD_STARTS).
Histogram = dict[int, dict[int, int]]


class PriceKey(NamedTuple):
    """The key of prices that are compared with each other: those of one program, scope, place and kind of cabin.

    `origin` and `destination` are airports for a route. For a region pair, they are regions, the second one followed by
    the distance band; for a distance band, they are the band and an empty text. `mixed_cabin` is True only if the
    program reports a mixed cabin.
    """

    program: str
    scope: BaselineScope
    origin: str
    destination: str
    cabin: Cabin
    mixed_cabin: bool


class DayPrice(NamedTuple):
    """The lowest price of a departure day. Prices of flights replace those of a calendar."""

    miles: int
    has_flights: bool

    def merged(self, other: DayPrice | None) -> DayPrice:
        """Return the price that counts; the result does not depend on the order."""
        if other is None:
            return self
        if self.has_flights != other.has_flights:
            return self if self.has_flights else other
        return self if self.miles <= other.miles else other


@dataclass(slots=True)
class DaySample:
    """The prices of one key that searches found on one day, by departure day.

    `searches` counts the searches that found any. `lowest` is the lowest price of all, replaced ones included.
    """

    prices: dict[date, DayPrice] = field(default_factory=dict)
    searches: int = 0
    lowest: int | None = None

    def add(self, departure: date, price: DayPrice) -> None:
        """Add the price of a departure day."""
        self.prices[departure] = price.merged(self.prices.get(departure))
        if self.lowest is None or price.miles < self.lowest:
            self.lowest = price.miles

    def update(self, other: DaySample) -> None:
        """Add the prices and searches of another sample."""
        for departure, price in other.prices.items():
            self.add(departure, price)
        self.searches += other.searches
        if other.lowest is not None and (self.lowest is None or other.lowest < self.lowest):
            self.lowest = other.lowest


class StoredDay(NamedTuple):
    """The stored prices of a key on one search day. `searches` counts the searches behind them."""

    search_day: date
    prices: Histogram
    searches: int


class PriceRecord(NamedTuple):
    """The lowest price ever found for a key, last found on `lowest_day`, and how much history is behind it.

    `earlier_lowest` and `earlier_day` are the same for the days before `last_day`; None if that is the only day.
    """

    lowest: int
    lowest_day: date
    first_day: date
    last_day: date
    days: int
    searches: int
    earlier_lowest: int | None = None
    earlier_day: date | None = None

    @classmethod
    def merged(
        cls, record: PriceRecord | None, day: date, *, lowest: int, searches: int, is_new_day: bool
    ) -> PriceRecord:
        """Return a record, or None for none yet, after more searches of one day with this lowest price."""
        if record is None:
            return cls(lowest, day, day, day, 1, searches)
        found, before = (lowest, day), (record.lowest, record.lowest_day)
        earlier = record.earlier
        if day > record.last_day:
            earlier = before
        elif day < record.last_day:
            earlier = _lower(found, earlier)
        best = _lower(found, before)
        return cls(
            *best,
            first_day=min(day, record.first_day),
            last_day=max(day, record.last_day),
            days=record.days + is_new_day,
            searches=record.searches + searches,
            earlier_lowest=earlier[0] if earlier else None,
            earlier_day=earlier[1] if earlier else None,
        )

    @property
    def earlier(self) -> tuple[int, date] | None:
        """Return the lowest price of the days before the last one and its last day, or None."""
        if self.earlier_lowest is None or self.earlier_day is None:
            return None
        return self.earlier_lowest, self.earlier_day

    def before(self, day: date) -> PriceRecord:
        """Return the record with the lowest price of the days before `day`; unchanged if there are none."""
        if self.last_day < day or self.earlier is None:
            return self
        lowest, lowest_day = self.earlier
        return self._replace(lowest=lowest, lowest_day=lowest_day)


def _lower(one: tuple[int, date], other: tuple[int, date] | None) -> tuple[int, date]:
    """Return the lower of two prices with their days; of equal prices, the later day."""
    return one if other is None else min(one, other, key=lambda each: (each[0], -each[1].toordinal()))


class KeyHistory(NamedTuple):
    """The history of a key: its days in the window, oldest first, and its record; None if no search found a price."""

    days: tuple[StoredDay, ...] = ()
    record: PriceRecord | None = None


def price_key(offer: AwardOfferItem) -> PriceKey:
    """Return the key of an offer's route and kind of cabin."""
    return PriceKey(
        offer.program,
        BaselineScope.ROUTE,
        offer.origin,
        offer.destination,
        offer.cabin,
        offer.mixed_cabin is True,
    )


def day_price(offer: AwardOfferItem) -> DayPrice | None:
    """Return the price of an offer, or None if it has none."""
    return DayPrice(offer.miles, offer.detail is Detail.ITINERARY) if offer.miles else None


def reverse_key(key: PriceKey) -> PriceKey:
    """Return the key of the reverse route."""
    return key._replace(origin=key.destination, destination=key.origin)


def wider_keys(key: PriceKey) -> tuple[PriceKey, ...]:
    """Return the keys of a route's region pair and distance band; none if an airport is unknown."""
    return tuple(
        key._replace(scope=scope, origin=origin, destination=destination)
        for scope, origin, destination in _wider_places(key.origin, key.destination)
    )


@functools.lru_cache(1 << 16)
def _wider_places(origin: str, destination: str) -> tuple[tuple[BaselineScope, str, str], ...]:
    if origin not in airports() or destination not in airports():
        return ()
    band = distance_band(origin, destination)
    found = [(BaselineScope.DISTANCE_BAND, band, "")]
    regions = price_region(origin), price_region(destination)
    if regions[0] and regions[1]:
        found.insert(0, (BaselineScope.REGION_PAIR, regions[0], f"{regions[1]} {band}"))
    return tuple(found)


@functools.lru_cache(1 << 14)
def price_region(airport: str) -> str | None:
    """Return the region of an airport, or None for an unknown one."""
    found = regions_by_airport().get(airport, ())
    return next((region for region in PRICE_REGIONS if region in found), None)


def distance_band(origin: str, destination: str) -> str:
    """Return the distance band of two known airports, such as `500-999` or `7000+`, in statute miles."""
    index = bisect_right(BAND_STARTS, distance_km(origin, destination) / _KM_PER_MILE)
    first = BAND_STARTS[index - 1]
    return f"{first}-{BAND_STARTS[index] - 1}" if index < len(BAND_STARTS) else f"{first}+"


# ---- histograms ----


def histogram(prices: Mapping[date, DayPrice], search_day: date) -> Histogram:
    """Return the number of departure days with each price, by lead time."""
    found: Histogram = {}
    for departure, price in prices.items():
        by_price = found.setdefault(lead_time((departure - search_day).days), {})
        by_price[price.miles] = by_price.get(price.miles, 0) + 1
    return found


def add_histogram(to: Histogram, other: Histogram, factor: int = 1) -> None:
    """Add a histogram to another one, or subtract it with a factor of -1; prices without days are removed."""
    for lead, prices in other.items():
        by_price = to.setdefault(lead, {})
        for miles, days in prices.items():
            if count := by_price.get(miles, 0) + factor * days:
                by_price[miles] = count
            else:
                by_price.pop(miles, None)
        if not by_price:
            del to[lead]


def lowest_price(prices: Histogram) -> int | None:
    """Return the lowest price of a histogram, or None if it is empty."""
    return min((miles for by_price in prices.values() for miles in by_price), default=None)


def lowest_by_month(prices: Mapping[date, DayPrice], months: Iterable[date]) -> dict[date, tuple[int, date, int]]:
    """Return the lowest price, its first departure day and the number of departure days, by first day of the month."""
    found: dict[date, tuple[int, date, int]] = {}
    included = set(months)
    for departure, price in prices.items():
        month = departure.replace(day=1)
        if month in included:
            lowest, day, days = found.get(month, (price.miles, departure, 0))
            lowest, day = min((lowest, day), (price.miles, departure))
            found[month] = lowest, day, days + 1
    return found
