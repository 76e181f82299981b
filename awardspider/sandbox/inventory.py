"""A program's offers on a route: the lowest price for each of many days, and every offer on one day."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import shake_128
from typing import NamedTuple

from awardspider.items import Cabin
from awardspider.sandbox.availability import BLOCK_DAYS, Availability, Seats
from awardspider.sandbox.clock import step_day
from awardspider.sandbox.connections import Connections, Itinerary, Period
from awardspider.sandbox.drops import drop_percents, find_drop
from awardspider.sandbox.fares import (
    NO_PRICE,
    Tariff,
    apply_discount,
    cash_fare,
    date_demand,
    dynamic_prices,
    pack,
    sale_percents,
    sales,
    unpack,
)
from awardspider.sandbox.places import distance, taxes
from awardspider.sandbox.quotes import (
    BUSINESS,
    BUSINESS_MIXED,
    COLUMNS,
    ECONOMY,
    LowestPrices,
    PriceList,
    booked,
    quote,
)
from awardspider.sandbox.schedule import Flight, Schedule

PHANTOM_PERCENT = 3  # about two thirds appear; on the other days a real price is at least as low
CABINS = tuple(cabin for cabin, _ in COLUMNS)


class Calendar(NamedTuple):
    """The lowest packed prices by column and day, the days whose business price is a phantom, and sudden drops.

    `drops` has the percentage for each column and day whose lowest price is reduced by a sudden drop.
    """

    columns: list[list[int]]
    phantoms: frozenset[int]
    drops: dict[tuple[int, int], int]


class Discounts(NamedTuple):
    """A column's discounts by day, in percent, or None if there are none. A day has at most one of the two."""

    sale: list[int] | None
    drop: list[int] | None

    def apply(self, column: list[int]) -> list[int]:
        """Return the prices with the discounts."""
        for percents in self:
            column = list(map(apply_discount, column, percents)) if percents else column
        return column


NO_DISCOUNTS = Discounts(None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One price for one traveler on the flights of an itinerary.

    `cabins` has the booked cabin of each flight. `seats` is the lowest count of any flight, and 9 means nine or more.
    `regular_miles` is the price before the discount of a sale, which `discount_percent` is; `drop_percent` is the
    discount of a sudden drop, which no site shows. `taxes` and `fee` are in US cents, `cash` is in US dollars.
    """

    itinerary: Itinerary
    ordinal: int
    cabin: Cabin
    mixed: bool
    saver: bool
    miles: int
    regular_miles: int
    discount_percent: int
    drop_percent: int
    taxes: int
    fee: int
    seats: int
    cabins: tuple[Cabin, ...]
    cash: int | None


class Inventory:
    """The offers of one program at any step of the simulated clock."""

    def __init__(self, seed: int, schedule: Schedule, availability: Availability, tariff: Tariff) -> None:
        self.tariff = tariff
        self._seed = seed
        self._availability = availability
        self._connections = Connections(schedule, tariff.own, tariff.partners, nonstop=tariff.nonstop)

    def calendar(self, origin: str, destination: str, first: int, days: int, travelers: int, step: int) -> Calendar:
        """Return the lowest prices with enough seats for all travelers, on `days` days from the ordinal `first`."""
        columns: list[list[int]] = [[] for _ in COLUMNS]
        phantoms: set[int] = set()
        drops: dict[tuple[int, int], int] = {}
        for period in self._connections.periods(origin, destination, first, days):
            prices, dropped = self._period_prices((origin, destination), first + period.first, period, travelers, step)
            if BUSINESS in self.tariff.columns and any(
                self._price_list(itinerary).business_throughout for itinerary in period.itineraries
            ):
                for day in self._add_phantoms(origin, destination, first + period.first, prices):
                    phantoms.add(period.first + day)
                    dropped.pop((BUSINESS, day), None)
            drops |= {(column, period.first + day): percent for (column, day), percent in dropped.items()}
            for column, added in zip(columns, prices, strict=True):
                column += added
        return Calendar(columns, frozenset(phantoms), drops)

    def _period_prices(
        self, route: tuple[str, str], first: int, period: Period, travelers: int, step: int
    ) -> tuple[list[list[int]], dict[tuple[int, int], int]]:
        """Return the lowest prices by column and day for a period that starts on the ordinal `first`, and the drops."""
        groups: dict[tuple[bool, tuple[int, ...]], LowestPrices] = {}
        for itinerary in period.itineraries:
            prices = self._price_list(itinerary)
            key = (prices.partner, prices.saver)
            if key not in groups:
                groups[key] = LowestPrices(prices, period.days)
            groups[key].add(prices, self._legs(itinerary, first, period.days, step), travelers)
        found: list[list[list[int]]] = [[] for _ in COLUMNS]
        own: list[list[list[int]]] = [[] for _ in COLUMNS]
        for (partner, _), group in groups.items():
            columns = self._sold_columns(group, partner, route, first, period.days, step)
            for index, column in enumerate(columns):
                if column is not None:
                    found[index].append(column)
                    own[index] += [] if partner else [column]
        lowest = [_lowest(lists, period.days) for lists in found]
        dropped = {
            (index, day): discounts.drop[day]
            for index, discounts in enumerate(self._discounts(route, first, period.days, step))
            if discounts.drop
            for day, price in enumerate(lowest[index])
            if discounts.drop[day] and price != NO_PRICE and any(column[day] == price for column in own[index])
        }
        return lowest, dropped

    def _sold_columns(
        self, lowest: LowestPrices, partner: bool, route: tuple[str, str], first: int, days: int, step: int
    ) -> list[list[int] | None]:
        """Return the daily prices of each column with discounts, or None for a column that is not sold."""
        demand, discounts = date_demand(first, days, step), self._discounts(route, first, days, step)
        columns = [
            lowest.prices(index, demand) if index in self.tariff.columns else None for index in range(len(COLUMNS))
        ]
        if partner:
            return columns
        return [column and discount.apply(column) for column, discount in zip(columns, discounts, strict=True)]

    def _add_phantoms(self, origin: str, destination: str, first: int, columns: list[list[int]]) -> Iterator[int]:
        """Add business saver prices without seats to a few days, as a stale calendar shows them; yield these days."""
        cents = taxes((origin, destination), True)
        packed = pack(self.tariff.saver_prices(origin, destination, False)[Cabin.BUSINESS.rank], True, cents)
        for day in _stale_days(self._seed, origin, destination, first, len(columns[ECONOMY])):
            real = min(columns[BUSINESS][day], columns[BUSINESS_MIXED][day])
            if columns[ECONOMY][day] != NO_PRICE and packed < real:
                columns[BUSINESS][day], columns[BUSINESS_MIXED][day] = packed, NO_PRICE
                yield day

    def offers(self, origin: str, destination: str, ordinal: int, travelers: int, step: int) -> list[Offer]:
        """Return every offer for one local departure date, grouped by itinerary."""
        return [
            offer
            for period in self._connections.periods(origin, destination, ordinal, 1)
            for itinerary in period.itineraries
            for offer in self._itinerary_offers(itinerary, ordinal, travelers, step)
        ]

    def availability(
        self, origin: str, destination: str, first: int, days: int, step: int
    ) -> Iterator[tuple[Period, Itinerary, list[Seats]]]:
        """Yield each period and itinerary with the seats of the itinerary's flights on each day of the period."""
        for period in self._connections.periods(origin, destination, first, days):
            for itinerary in period.itineraries:
                yield period, itinerary, self._legs(itinerary, first + period.first, period.days, step)

    def priced_itineraries(
        self, origin: str, destination: str, first: int, days: int, travelers: int, step: int
    ) -> Iterator[tuple[Period, Itinerary, list[Seats], list[list[int] | None]]]:
        """Yield what `availability` yields, plus each column's daily packed prices (None for an unsold column)."""
        for period, itinerary, legs in self.availability(origin, destination, first, days, step):
            prices = self._price_list(itinerary)
            lowest = LowestPrices(prices, period.days)
            lowest.add(prices, legs, travelers)
            route, start = (origin, destination), first + period.first
            columns = self._sold_columns(lowest, prices.partner, route, start, period.days, step)
            yield period, itinerary, legs, columns

    def seats_at_lowest(
        self, route: tuple[str, str], first: int, column: list[int], travelers: int, step: int
    ) -> list[int]:
        """Return, for each day, the most seats that one itinerary has at that day's price in the economy `column`."""
        most = [0] * len(column)
        for period, _, legs, columns in self.priced_itineraries(*route, first, len(column), travelers, step):
            for day, price in enumerate(columns[ECONOMY] or (), period.first):
                if price == column[day] != NO_PRICE:
                    saver = unpack(price).saver
                    seats = min((leg.saver if saver else leg.economy)[day - period.first] for leg in legs)
                    most[day] = max(most[day], seats)
        return most

    def itineraries(self, origin: str, destination: str, ordinal: int) -> list[Itinerary]:
        """Return every itinerary that operates on a local departure date, even those without seats."""
        return [
            itinerary
            for period in self._connections.periods(origin, destination, ordinal, 1)
            for itinerary in period.itineraries
            if all(
                flight.weekdays >> date.fromordinal(ordinal + offset).weekday() & 1
                for flight, offset in zip(itinerary.flights, itinerary.offsets, strict=True)
            )
        ]

    def seats(self, flight: Flight, ordinal: int, step: int) -> Seats:
        """Return the seats of one flight on one local departure date."""
        return self._availability.seats(flight, ordinal, 1, step)

    def _itinerary_offers(self, itinerary: Itinerary, ordinal: int, travelers: int, step: int) -> Iterator[Offer]:
        prices, legs = self._price_list(itinerary), self._legs(itinerary, ordinal, 1, step)
        added_demand = date_demand(ordinal, 1, step)
        demand = max(seats.demand[0] for seats in legs) + added_demand[0]
        listed = quote(prices, legs, added_demand, travelers)
        route = (itinerary.airports[0], itinerary.airports[-1])
        discounts = [NO_DISCOUNTS] * len(COLUMNS) if prices.partner else self._discounts(route, ordinal, 1, step)
        sold = [discount.apply([price])[0] for price, discount in zip(listed, discounts, strict=True)]
        close_in = ordinal - step_day(step) < self.tariff.close_in_days
        for index, (cabin, mixed) in enumerate(COLUMNS):
            price, drop = unpack(sold[index]), discounts[index].drop
            drop_percent = drop[0] if drop else 0
            regular_miles = price.miles if drop_percent else unpack(listed[index]).miles
            not_cheaper = mixed and cabin is not Cabin.PREMIUM_ECONOMY and price.miles >= unpack(sold[index - 1]).miles
            not_sold = sold[index] == NO_PRICE or not price.miles  # zero miles: the cabin is not sold
            if not_sold or not_cheaper or index not in self.tariff.columns:
                continue
            cabins, seats = zip(*(booked(leg, cabin, price.saver, travelers) for leg in legs), strict=True)
            yield Offer(
                itinerary=itinerary,
                ordinal=ordinal,
                cabin=cabin,
                mixed=any(booked_cabin is not cabin for booked_cabin in cabins),
                saver=price.saver,
                miles=price.miles,
                regular_miles=regular_miles,
                discount_percent=round(100 - 100 * price.miles / regular_miles),
                drop_percent=drop_percent,
                taxes=price.taxes,
                fee=self.tariff.close_in_fee if close_in and prices.partner else 0,
                seats=min(self.tariff.max_seats, *seats),
                cabins=cabins,
                cash=None if prices.partner else cash_fare(distance(*route), cabin, demand),
            )

    def _discounts(self, route: tuple[str, str], first: int, days: int, step: int) -> list[Discounts]:
        """Return the discounts of each column on the program's own flights."""
        running = sales(self._seed, self.tariff.program, step)
        by_cabin = {}
        for cabin in Cabin:
            sale = sale_percents(running, route, cabin, first, days)
            drop = find_drop(self._seed, self.tariff.program, route, cabin, step)
            by_cabin[cabin] = Discounts(sale, drop_percents(drop, sale, first, days))
        return [by_cabin[cabin] for cabin in CABINS]

    def _legs(self, itinerary: Itinerary, first: int, days: int, step: int) -> list[Seats]:
        return [
            self._availability.seats(flight, first + offset, days, step)
            for flight, offset in zip(itinerary.flights, itinerary.offsets, strict=True)
        ]

    @functools.lru_cache(maxsize=1 << 16)  # noqa: B019 - lives as long as the world does
    def _price_list(self, itinerary: Itinerary) -> PriceList:
        airports = itinerary.airports
        partner = any(flight.carrier not in self.tariff.own for flight in itinerary.flights)
        prices = self.tariff.saver_prices(airports[0], airports[-1], partner)
        cents = [taxes(airports, cabin.rank >= Cabin.BUSINESS.rank) for cabin in Cabin]
        return PriceList(
            partner=partner,
            aboard="".join(flight.cabins for flight in itinerary.flights),
            business_throughout=all("B" in flight.cabins for flight in itinerary.flights),
            saver=tuple(pack(price, True, tax) for price, tax in zip(prices, cents, strict=True)),
            dynamic=tuple(map(dynamic_prices, prices, cents)),
        )


def _lowest(columns: list[list[int]], days: int) -> list[int]:
    """Return the lowest price for each day."""
    if len(columns) > 1:
        return list(map(min, *columns))
    return columns[0] if columns else [NO_PRICE] * days


def _stale_days(seed: int, origin: str, destination: str, first: int, days: int) -> list[int]:
    """Return the indexes of the days on which a route's calendar may be stale. They are the same at every step."""
    number, start = divmod(first, BLOCK_DAYS)
    blocks = range(number, number + 2 + days // BLOCK_DAYS)
    random = b"".join(_stale_bytes(seed, origin, destination, block) for block in blocks)
    limit = 256 * PHANTOM_PERCENT // 100
    return [day for day, byte in enumerate(random[start : start + days]) if byte < limit]


@functools.lru_cache(maxsize=1 << 12)
def _stale_bytes(seed: int, origin: str, destination: str, number: int) -> bytes:
    return shake_128(f"{seed}|phantom|{origin}|{destination}|{number}".encode()).digest(BLOCK_DAYS)
