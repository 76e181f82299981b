"""Quotes: daily prices of itineraries for each cabin, mixed or not, based on seats.

Availability is checked for all days at once: each flight's class becomes an integer with one byte per day, 255 if the
class has enough seats and 0 if not. A bitwise AND then means "on every flight", and OR "on at least one flight".
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

# Each column is priced separately: a cabin on all flights (False), or on at least one, with a lower cabin on the others
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
NOT_SOLD = 255  # in place of a demand; real demands are lower


@dataclass(frozen=True, slots=True)
class PriceList:
    """The prices of an itinerary that do not depend on the day.

    `saver` are the packed saver prices by cabin, and `dynamic` the packed prices by cabin and demand. If `partner`,
    only saver seats are sold. `aboard` joins the cabin letters of all flights.
    """

    partner: bool
    aboard: str
    business_throughout: bool
    saver: tuple[int, ...]
    dynamic: tuple[tuple[int, ...], ...]


def bookable_days(prices: PriceList, legs: Sequence[Seats], travelers: int) -> list[tuple[int, int]]:
    """Return, for each column, the days on which it is sold at the saver price and at the dynamic price.

    `legs` are the seats of the itinerary's flights. Each set of days is an integer with one byte per day, 255 if sold.
    The saver price applies to a day in both sets.
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
    """Return the highest demand of any flight on each day."""
    return legs[0].demand if len(legs) == 1 else bytes(map(max, *(leg.demand for leg in legs)))


class LowestPrices:
    """The lowest price by column and day, over itineraries with the same prices.

    That is the saver price if any itinerary has saver seats, otherwise the dynamic price at the lowest demand.
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
        """Return a column's packed price for each day before sales, or None if no day has a price."""
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
    """Return the packed price of each column before sales, for one itinerary on one day."""
    lowest = LowestPrices(prices, 1)
    lowest.add(prices, legs, travelers)
    columns = [lowest.prices(column, date_demand) for column in range(len(COLUMNS))]
    return [column[0] if column else NO_PRICE for column in columns]


def booked(seats: Seats, cabin: Cabin, saver: bool, travelers: int) -> tuple[Cabin, int]:
    """Return the cabin booked on one flight when `cabin` was quoted, and the seats in that cabin.

    That is the quoted cabin or, if it has too few seats, a lower one.
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
