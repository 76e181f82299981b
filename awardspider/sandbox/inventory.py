"""What a program offers on a route: the lowest prices of many days, and every offer of one day."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import shake_128
from typing import NamedTuple

from awardspider.items import Cabin
from awardspider.sandbox.availability import BLOCK, Availability, Seats
from awardspider.sandbox.clock import day_of, step_day
from awardspider.sandbox.connections import Connections, Itinerary, Run
from awardspider.sandbox.fares import (
    NO_PRICE,
    Price,
    Tariff,
    cash_fare,
    moving_prices,
    on_sale,
    pack,
    pressure,
    sale_percents,
    sales,
    unpack,
)
from awardspider.sandbox.places import distance, taxes
from awardspider.sandbox.quotes import BUSINESS, BUSINESS_MIXED, COLUMNS, ECONOMY, Lowest, Terms, booked, quote
from awardspider.sandbox.schedule import Flight, Schedule

PHANTOM_PERCENT = 3  # of which two in three show: the others have real saver seats
CABINS = tuple(cabin for cabin, _ in COLUMNS)


class Month(NamedTuple):
    """The lowest packed price of each day for each column, and the days whose business price nothing stands behind."""

    columns: list[list[int]]
    phantoms: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One price for one traveler on the flights of an itinerary.

    `cabins` say for each flight what it is booked in; `seats` is the least over the flights, 9 for 9 or
    more. `before` is the price without the sale of `percent`. Taxes and fee are US cents, `cash` whole US dollars.
    """

    itinerary: Itinerary
    ordinal: int
    cabin: Cabin
    mixed: bool
    saver: bool
    miles: int
    before: int
    percent: int
    taxes: int
    fee: int
    seats: int
    cabins: tuple[Cabin, ...]
    cash: int | None


class Inventory:
    """The offers of one program in one world. Everything asked here is as of a step of the world's clock."""

    def __init__(self, seed: int, schedule: Schedule, availability: Availability, tariff: Tariff) -> None:
        self.tariff = tariff
        self._seed = seed
        self._availability = availability
        self._connections = Connections(schedule, tariff.own, tariff.partners, nonstop=tariff.nonstop)

    def month(self, origin: str, destination: str, first: int, days: int, travelers: int, step: int) -> Month:
        """The lowest prices of `days` days from the ordinal `first`, for that many travelers together."""
        columns: list[list[int]] = [[] for _ in COLUMNS]
        phantoms: set[int] = set()
        for run in self._connections.runs(origin, destination, first, days):
            found = self._run((origin, destination), first + run.first, run, travelers, step)
            business = BUSINESS in self.tariff.columns
            if business and any(self._terms(itinerary).business_throughout for itinerary in run.itineraries):
                for day in self._set_phantoms(origin, destination, first + run.first, found):
                    phantoms.add(run.first + day)
            for column, more in zip(columns, found, strict=True):
                column += more
        return Month(columns, frozenset(phantoms))

    def _run(self, route: tuple[str, str], first: int, run: Run, travelers: int, step: int) -> list[list[int]]:
        """The lowest prices of the days of a run, which begins at the ordinal `first`."""
        groups: dict[tuple[bool, tuple[int, ...]], Lowest] = {}
        for itinerary in run.itineraries:
            terms = self._terms(itinerary)
            key = (terms.partner, terms.lows)
            if key not in groups:
                groups[key] = Lowest(terms, run.days)
            groups[key].add(terms, self._legs(itinerary, first, run.days, step), travelers)
        demand, off = pressure(first, run.days, step), self._sales(route, first, run.days, step)
        found: list[list[list[int]]] = [[] for _ in COLUMNS]
        for (partner, _), group in groups.items():
            for index, percents in enumerate(off):
                prices = group.prices(index, demand) if index in self.tariff.columns else None
                if prices is not None:
                    found[index].append(prices if partner else _sold(prices, percents))
        return [_lowest(lists, run.days) for lists in found]

    def _set_phantoms(self, origin: str, destination: str, first: int, columns: list[list[int]]) -> Iterator[int]:
        """Puts saver seats in business that are gone into some days, as a stale calendar does; yields these days."""
        cents = taxes((origin, destination), True)
        packed = pack(self.tariff.savers(origin, destination, False)[Cabin.BUSINESS.rank], True, cents)
        for day in _stale_days(self._seed, origin, destination, first, len(columns[ECONOMY])):
            real = min(columns[BUSINESS][day], columns[BUSINESS_MIXED][day])
            if columns[ECONOMY][day] != NO_PRICE and packed < real:
                columns[BUSINESS][day], columns[BUSINESS_MIXED][day] = packed, NO_PRICE
                yield day

    def offers(self, origin: str, destination: str, ordinal: int, travelers: int, step: int) -> list[Offer]:
        """Every offer of one local departure date, itinerary by itinerary."""
        return [
            offer
            for run in self._connections.runs(origin, destination, ordinal, 1)
            for itinerary in run.itineraries
            for offer in self._of(itinerary, ordinal, travelers, step)
        ]

    def availability(
        self, origin: str, destination: str, first: int, days: int, step: int
    ) -> Iterator[tuple[Run, Itinerary, list[Seats]]]:
        """The itineraries of each run of days, and the seats of their flights on these days."""
        for run in self._connections.runs(origin, destination, first, days):
            for itinerary in run.itineraries:
                yield run, itinerary, self._legs(itinerary, first + run.first, run.days, step)

    def quoted(
        self, origin: str, destination: str, first: int, days: int, travelers: int, step: int
    ) -> Iterator[tuple[Run, Itinerary, list[Seats], list[list[int] | None]]]:
        """As `space`, with what each itinerary is sold for: a packed price a day for each column, or None."""
        for run, itinerary, legs in self.availability(origin, destination, first, days, step):
            terms = self._terms(itinerary)
            one = Lowest(terms, run.days)
            one.add(terms, legs, travelers)
            start = first + run.first
            demand, off = pressure(start, run.days, step), self._sales((origin, destination), start, run.days, step)
            prices = [one.prices(index, demand) if index in self.tariff.columns else None for index in range(len(off))]
            if not terms.partner:
                prices = [listed and _sold(listed, percents) for listed, percents in zip(prices, off, strict=True)]
            yield run, itinerary, legs, prices

    def seats_at_lowest(
        self, route: tuple[str, str], first: int, column: list[int], travelers: int, step: int
    ) -> list[int]:
        """For each day of economy's `column` of a month: the most seats that one itinerary has at that price."""
        found = [0] * len(column)
        for run, itinerary, legs in self.availability(*route, first, len(column), step):
            terms = self._terms(itinerary)
            one = Lowest(terms, run.days)
            one.add(terms, legs, travelers)
            prices = one.prices(ECONOMY, pressure(first + run.first, run.days, step))
            if prices is None:
                continue
            if not terms.partner:
                prices = _sold(prices, self._sales(route, first + run.first, run.days, step)[ECONOMY])
            for day, price in enumerate(prices, run.first):
                if price == column[day] != NO_PRICE:
                    low = unpack(price).saver
                    seats = min((leg.saver if low else leg.economy)[day - run.first] for leg in legs)
                    found[day] = max(found[day], seats)
        return found

    def flown(self, origin: str, destination: str, ordinal: int) -> list[Itinerary]:
        """Every itinerary of one local departure date, also those without a seat."""
        return [
            itinerary
            for run in self._connections.runs(origin, destination, ordinal, 1)
            for itinerary in run.itineraries
            if all(
                flight.weekdays >> day_of(ordinal + offset).weekday() & 1
                for flight, offset in zip(itinerary.flights, itinerary.offsets, strict=True)
            )
        ]

    def seats(self, flight: Flight, ordinal: int, step: int) -> Seats:
        """The seats of one flight on one local departure date."""
        return self._availability.seats(flight, ordinal, 1, step)

    def _of(self, itinerary: Itinerary, ordinal: int, travelers: int, step: int) -> Iterator[Offer]:
        terms, legs = self._terms(itinerary), self._legs(itinerary, ordinal, 1, step)
        listed = quote(terms, legs, pressure(ordinal, 1, step), travelers)
        route = (itinerary.stops[0], itinerary.stops[-1])
        off = [None] * len(COLUMNS) if terms.partner else self._sales(route, ordinal, 1, step)
        sold = [_sold([price], percents)[0] for price, percents in zip(listed, off, strict=True)]
        for index, (cabin, mixed) in enumerate(COLUMNS):
            price = unpack(sold[index])
            no_gain = mixed and cabin is not Cabin.PREMIUM_ECONOMY and price.miles >= unpack(sold[index - 1]).miles
            unpriced = sold[index] == NO_PRICE or not price.miles  # a level of 0: the cabin is not sold
            if unpriced or no_gain or index not in self.tariff.columns:
                continue
            parts = [booked(seats, cabin, price.saver, travelers) for seats in legs]
            yield self._offer(itinerary, ordinal, cabin, price, unpack(listed[index]).miles, parts, legs, step)

    def _offer(
        self,
        itinerary: Itinerary,
        ordinal: int,
        cabin: Cabin,
        price: Price,
        before: int,
        parts: list[tuple[Cabin, int]],
        legs: list[Seats],
        step: int,
    ) -> Offer:
        stops = itinerary.stops
        partner = self._terms(itinerary).partner
        demand = max(seats.demand[0] for seats in legs) + pressure(ordinal, 1, step)[0]
        miles = distance(stops[0], stops[-1])
        cabins = tuple(cabin for cabin, _ in parts)
        close = ordinal - step_day(step) < self.tariff.close_in_days
        return Offer(
            itinerary=itinerary,
            ordinal=ordinal,
            cabin=cabin,
            mixed=any(one is not cabin for one in cabins),
            saver=price.saver,
            miles=price.miles,
            before=before,
            percent=round(100 - 100 * price.miles / before),
            taxes=price.taxes,
            fee=self.tariff.close_in_fee if close and partner else 0,
            seats=min(self.tariff.most_seats, *(seats for _, seats in parts)),
            cabins=cabins,
            cash=None if partner else cash_fare(miles, cabin, demand),
        )

    def _sales(self, route: tuple[str, str], first: int, days: int, step: int) -> list[list[int] | None]:
        """Percent off for each column and day; None for a column without a sale."""
        running = sales(self._seed, self.tariff.program, step)
        return [sale_percents(running, route, cabin, first, days) for cabin in CABINS]

    def _legs(self, itinerary: Itinerary, first: int, days: int, step: int) -> list[Seats]:
        return [
            self._availability.seats(flight, first + offset, days, step)
            for flight, offset in zip(itinerary.flights, itinerary.offsets, strict=True)
        ]

    @functools.lru_cache(maxsize=1 << 16)  # noqa: B019 - lives as long as the world does
    def _terms(self, itinerary: Itinerary) -> Terms:
        stops = itinerary.stops
        partner = any(flight.carrier not in self.tariff.own for flight in itinerary.flights)
        savers = self.tariff.savers(stops[0], stops[-1], partner)
        cents = [taxes(stops, cabin.rank >= Cabin.BUSINESS.rank) for cabin in Cabin]
        return Terms(
            partner=partner,
            aboard="".join(flight.cabins for flight in itinerary.flights),
            business_throughout=all("B" in flight.cabins for flight in itinerary.flights),
            lows=tuple(pack(saver, True, tax) for saver, tax in zip(savers, cents, strict=True)),
            moving=tuple(map(moving_prices, savers, cents)),
        )


def _sold(column: list[int], percents: list[int] | None) -> list[int]:
    """List prices of the program's own flights with the sales taken off."""
    return list(map(on_sale, column, percents)) if percents else column


def _lowest(columns: list[list[int]], days: int) -> list[int]:
    """The lowest of several prices, day by day."""
    if len(columns) > 1:
        return list(map(min, *columns))
    return columns[0] if columns else [NO_PRICE] * days


def _stale_days(seed: int, origin: str, destination: str, first: int, days: int) -> list[int]:
    """The days on which a route's calendar may be stale: always the same ones."""
    number, start = divmod(first, BLOCK)
    chances = b"".join(_staleness(seed, origin, destination, number + more) for more in range(2 + days // BLOCK))
    limit = 256 * PHANTOM_PERCENT // 100
    return [day for day, chance in enumerate(chances[start : start + days]) if chance < limit]


@functools.lru_cache(maxsize=1 << 12)
def _staleness(seed: int, origin: str, destination: str, number: int) -> bytes:
    return shake_128(f"{seed}|phantom|{origin}|{destination}|{number}".encode()).digest(BLOCK)
