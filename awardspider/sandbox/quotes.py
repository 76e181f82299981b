"""Quotes: what itineraries cost in each column on each of many days, from the space of their flights.

Whether there are enough seats is asked for all days at once: a class becomes a number whose bytes are 255 on the days
with enough seats and 0 on the others, so that "on every flight" is AND and "on some flight" is OR.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_

from awardspider.items import Cabin
from awardspider.sandbox.availability import DEMAND, Seats
from awardspider.sandbox.fares import NO_PRICE

# What has a price of its own: a cabin on all flights (False), or on some of them with a lower cabin on the rest (True).
COLUMNS = (
    (Cabin.ECONOMY, False),
    (Cabin.PREMIUM_ECONOMY, True),
    (Cabin.BUSINESS, False),
    (Cabin.BUSINESS, True),
    (Cabin.FIRST, False),
    (Cabin.FIRST, True),
)
ECONOMY, PREMIUM, BUSINESS, BUSINESS_MIXED, FIRST, FIRST_MIXED = range(6)
NOBODY = 255  # a demand that no flight has: there is no seat


@dataclass(frozen=True, slots=True)
class Terms:
    """What does not change with the day: `lows` are the packed saver prices and `moving` the packed prices by demand,
    for each cabin. A partner sells saver space only. `aboard` are the letters of all cabins on the way."""

    partner: bool
    aboard: str
    business_throughout: bool
    lows: tuple[int, ...]
    moving: tuple[tuple[int, ...], ...]


def open_days(terms: Terms, legs: Sequence[Seats], travelers: int) -> list[tuple[int, int]]:
    """For each column the days on which an itinerary sells it at the low price, and at the moving price.

    `legs` are the seats of its flights. Both are numbers with a byte a day, 255 for yes. Where a day is in both, the
    low price counts.
    """
    table = _enough(travelers)
    masks = [[int.from_bytes(values.translate(table)) for values in leg[:DEMAND]] for leg in legs]
    economy, saver, premium, business, business_saver, first = zip(*masks, strict=True)
    if terms.partner:
        economy = business = (0,) * len(legs)
    business_low, business_moving = _every(business_saver), _every(business)
    part_low = part_moving = part_first = 0
    if len(legs) > 1 and "B" in terms.aboard:
        whole = business_low | business_moving
        part_low = _some(business_saver) & _every(map(or_, business_saver, saver)) & ~business_low
        part_moving = _some(business) & _every(map(or_, business, economy)) & ~whole
    if len(legs) > 1 and "F" in terms.aboard:
        part_first = _some(first) & _every(map(or_, first, business_saver)) & ~_every(first)
    with_premium = _some(premium) & _every(map(or_, premium, saver if terms.partner else economy))
    return [
        (_every(saver), _every(economy)),
        (with_premium, 0) if terms.partner else (0, with_premium),
        (business_low, business_moving),
        (part_low, part_moving),
        (_every(first), 0),
        (part_first, 0),
    ]


@functools.cache
def _enough(travelers: int) -> bytes:
    return bytes(255 * (seats >= travelers) for seats in range(256))


_every = functools.partial(reduce, and_)
_some = functools.partial(reduce, or_)


def highest_demand(legs: Sequence[Seats]) -> bytes:
    """The demand of the fullest flight, day by day."""
    return legs[0].demand if len(legs) == 1 else bytes(map(max, *(leg.demand for leg in legs)))


class Lowest:
    """The lowest price of each column and day over itineraries that have the same prices.

    Of these, any one with a low price will do, and else the one with the least demand.
    """

    def __init__(self, terms: Terms, days: int) -> None:
        self._terms, self._days = terms, days
        self._low = [0] * len(COLUMNS)
        self._demands: list[list[bytes]] = [[] for _ in COLUMNS]

    def add(self, terms: Terms, legs: Sequence[Seats], travelers: int) -> None:
        """Takes an itinerary into account."""
        everyday = (1 << 8 * self._days) - 1
        demand = int.from_bytes(highest_demand(legs))
        for column, (low, moving) in enumerate(open_days(terms, legs, travelers)):
            self._low[column] |= low
            if moving:
                self._demands[column].append((demand | moving ^ everyday).to_bytes(self._days))

    def prices(self, column: int, pressure: bytes) -> list[int] | None:
        """Packed list prices, day by day, or None where there is none at all."""
        low, demands = self._low[column], self._demands[column]
        if not low and not demands:
            return None
        rank = COLUMNS[column][0].rank
        cheap, moving = self._terms.lows[rank], self._terms.moving[rank]
        if not demands:
            return [cheap if there else NO_PRICE for there in low.to_bytes(self._days)]
        least = demands[0] if len(demands) == 1 else map(min, *demands)
        days = zip(low.to_bytes(self._days), least, pressure, strict=True)
        return [cheap if there else NO_PRICE if full == NOBODY else moving[full + more] for there, full, more in days]


def quote(terms: Terms, legs: Sequence[Seats], pressure: bytes, travelers: int) -> list[int]:
    """The packed list price of each column for one itinerary on one day."""
    one = Lowest(terms, 1)
    one.add(terms, legs, travelers)
    found = [one.prices(column, pressure) for column in range(len(COLUMNS))]
    return [prices[0] if prices else NO_PRICE for prices in found]


def booked(seats: Seats, cabin: Cabin, saver: bool, travelers: int) -> tuple[Cabin, int]:
    """The cabin a flight is booked in for a quote of one day, and its seats: the quote's own cabin where it can be."""
    business = seats.business_saver[0] if saver else seats.business[0]
    economy = seats.saver[0] if saver else seats.economy[0]
    if cabin is Cabin.FIRST and seats.first[0] >= travelers:
        return cabin, seats.first[0]
    if cabin is Cabin.PREMIUM_ECONOMY and seats.premium[0] >= travelers:
        return cabin, seats.premium[0]
    if cabin.rank >= Cabin.BUSINESS.rank and business >= travelers:
        return Cabin.BUSINESS, business
    return Cabin.ECONOMY, economy
