"""Quotes: daily prices of itineraries for each combination of cabin and mixed cabin, based on seats.

Availability is checked for all days at once: a class becomes an integer with one byte per day, 255 if there are enough
seats and 0 if not, so that "on every flight" is AND and "on at least one flight" is OR.
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

# Each column has its own price: a cabin on all flights (False), or on at least one, with a lower cabin on the others
# (True).
COLUMNS = (
    (Cabin.ECONOMY, False),
    (Cabin.PREMIUM_ECONOMY, True),
    (Cabin.BUSINESS, False),
    (Cabin.BUSINESS, True),
    (Cabin.FIRST, False),
    (Cabin.FIRST, True),
)
ECONOMY, PREMIUM, BUSINESS, BUSINESS_MIXED, FIRST, FIRST_MIXED = range(6)
NOT_SOLD = 255  # used instead of a demand; real demands are lower


@dataclass(frozen=True, slots=True)
class PriceList:
    """The prices of an itinerary that do not depend on the day.

    `saver` are the packed saver prices by cabin, and `dynamic` the packed prices by cabin and demand. A partner sells
    saver seats only. `aboard` are the letters of the cabins of all flights.
    """

    partner: bool
    aboard: str
    business_throughout: bool
    saver: tuple[int, ...]
    dynamic: tuple[tuple[int, ...], ...]


def bookable_days(prices: PriceList, legs: Sequence[Seats], travelers: int) -> list[tuple[int, int]]:
    """Return for each column the days on which it is sold at the saver price, and at the dynamic price.

    `legs` are the seats of the itinerary's flights. Both results are integers with one byte per day, 255 for yes. If
    a day is in both, the saver price applies.
    """
    table = _enough_table(travelers)
    masks = [[int.from_bytes(values.translate(table)) for values in leg[:DEMAND]] for leg in legs]
    economy, saver, premium, business, business_saver, first = zip(*masks, strict=True)
    if prices.partner:
        economy = business = (0,) * len(legs)
    all_business = _on_all(business_saver), _on_all(business)
    mixed_saver = mixed_dynamic = mixed_first = 0
    if len(legs) > 1 and "B" in prices.aboard:
        mixed_saver = _on_any(business_saver) & _on_all(map(or_, business_saver, saver)) & ~all_business[0]
        mixed_dynamic = _on_any(business) & _on_all(map(or_, business, economy)) & ~(all_business[0] | all_business[1])
    if len(legs) > 1 and "F" in prices.aboard:
        mixed_first = _on_any(first) & _on_all(map(or_, first, business_saver)) & ~_on_all(first)
    with_premium = _on_any(premium) & _on_all(map(or_, premium, saver if prices.partner else economy))
    return [
        (_on_all(saver), _on_all(economy)),
        (with_premium, 0) if prices.partner else (0, with_premium),
        all_business,
        (mixed_saver, mixed_dynamic),
        (_on_all(first), 0),
        (mixed_first, 0),
    ]


@functools.cache
def _enough_table(travelers: int) -> bytes:
    return bytes(255 * (seats >= travelers) for seats in range(256))


_on_all = functools.partial(reduce, and_)
_on_any = functools.partial(reduce, or_)


def highest_demand(legs: Sequence[Seats]) -> bytes:
    """Return the demand of the fullest flight on each day."""
    return legs[0].demand if len(legs) == 1 else bytes(map(max, *(leg.demand for leg in legs)))


class LowestPrices:
    """The lowest price of each column and day over itineraries with the same price list.

    It is the saver price if one of them has it, otherwise the dynamic price of the one with the lowest demand.
    """

    def __init__(self, prices: PriceList, days: int) -> None:
        self._price_list, self._days = prices, days
        self._saver_days = [0] * len(COLUMNS)
        self._demands: list[list[bytes]] = [[] for _ in COLUMNS]

    def add(self, prices: PriceList, legs: Sequence[Seats], travelers: int) -> None:
        """Add an itinerary."""
        all_days = (1 << 8 * self._days) - 1
        demand = int.from_bytes(highest_demand(legs))
        for column, (saver, dynamic) in enumerate(bookable_days(prices, legs, travelers)):
            self._saver_days[column] |= saver
            if dynamic:
                self._demands[column].append((demand | dynamic ^ all_days).to_bytes(self._days))

    def prices(self, column: int, date_demand: bytes) -> list[int] | None:
        """Return the packed list price on each day; None if there is none on any day."""
        saver_days, demands = self._saver_days[column], self._demands[column]
        if not saver_days and not demands:
            return None
        rank = COLUMNS[column][0].rank
        saver, dynamic = self._price_list.saver[rank], self._price_list.dynamic[rank]
        if not demands:
            return [saver if is_saver else NO_PRICE for is_saver in saver_days.to_bytes(self._days)]
        lowest = demands[0] if len(demands) == 1 else map(min, *demands)
        days = zip(saver_days.to_bytes(self._days), lowest, date_demand, strict=True)
        return [
            saver if is_saver else NO_PRICE if demand == NOT_SOLD else dynamic[demand + added]
            for is_saver, demand, added in days
        ]


def quote(prices: PriceList, legs: Sequence[Seats], date_demand: bytes, travelers: int) -> list[int]:
    """Return the packed list price of each column for one itinerary on one day."""
    lowest = LowestPrices(prices, 1)
    lowest.add(prices, legs, travelers)
    columns = [lowest.prices(column, date_demand) for column in range(len(COLUMNS))]
    return [column[0] if column else NO_PRICE for column in columns]


def booked(seats: Seats, cabin: Cabin, saver: bool, travelers: int) -> tuple[Cabin, int]:
    """Return the cabin in which a flight is booked for a quote of one day, and its seats.

    It is the quoted cabin, or a lower one if that has too few seats.
    """
    business = seats.business_saver[0] if saver else seats.business[0]
    economy = seats.saver[0] if saver else seats.economy[0]
    if cabin is Cabin.FIRST and seats.first[0] >= travelers:
        return cabin, seats.first[0]
    if cabin is Cabin.PREMIUM_ECONOMY and seats.premium[0] >= travelers:
        return cabin, seats.premium[0]
    if cabin.rank >= Cabin.BUSINESS.rank and business >= travelers:
        return Cabin.BUSINESS, business
    return Cabin.ECONOMY, economy
