"""Quotes: what an itinerary costs in each column on each of many days, from the space of its flights.

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
from awardspider.sandbox.fares import NO_PRICE
from awardspider.sandbox.space import DEMAND, Seats

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

Prices = tuple[Sequence[int] | None, ...]  # for each column a packed price a day, or None where there is none at all


@dataclass(frozen=True, slots=True)
class Terms:
    """What does not change with the day: `lows` are the packed saver prices and `moving` the packed prices by demand,
    for each cabin. A partner sells saver space only. `aboard` are the letters of all cabins on the way."""

    partner: bool
    aboard: str
    business_throughout: bool
    lows: tuple[int, ...]
    moving: tuple[tuple[int, ...], ...]


def quote(terms: Terms, legs: Sequence[Seats], demand: Sequence[int], travelers: int) -> Prices:
    """The packed list prices of an itinerary whose flights have the seats `legs`."""
    table = _enough(travelers)
    masks = [[int.from_bytes(values.translate(table)) for values in leg[:DEMAND]] for leg in legs]
    economy, saver, premium, business, business_saver, first = zip(*masks, strict=True)
    nobody = (0,) * len(legs)
    if terms.partner:
        economy = business = nobody
    in_business_low, in_business = _every(business_saver), _every(business)
    part_low = part = first_mixed = 0
    if len(legs) > 1 and "B" in terms.aboard:
        part_low = _some(business_saver) & _every(map(or_, business_saver, saver)) & ~in_business_low
        part = _some(business) & _every(map(or_, business, economy)) & ~in_business & ~in_business_low & ~part_low
    if len(legs) > 1 and "F" in terms.aboard:
        first_mixed = _some(first) & _every(map(or_, first, business_saver)) & ~_every(first)
    below = saver if terms.partner else economy
    with_premium = _some(premium) & _every(map(or_, premium, below))
    at_low, at_moving = (with_premium, 0) if terms.partner else (0, with_premium)

    def column(cabin: Cabin, low: int, moving: int) -> list[int] | None:
        if not low | moving:
            return None
        lows, rising = terms.lows[cabin.rank], terms.moving[cabin.rank]
        days = zip(low.to_bytes(len(demand)), moving.to_bytes(len(demand)), demand, strict=True)
        return [lows if cheap else rising[full] if dear else NO_PRICE for cheap, dear, full in days]

    return (
        column(Cabin.ECONOMY, _every(saver), _every(economy)),
        column(Cabin.PREMIUM_ECONOMY, at_low, at_moving),
        column(Cabin.BUSINESS, in_business_low, in_business),
        column(Cabin.BUSINESS, part_low, part),
        column(Cabin.FIRST, _every(first), 0),
        column(Cabin.FIRST, first_mixed, 0),
    )


@functools.cache
def _enough(travelers: int) -> bytes:
    return bytes(255 * (seats >= travelers) for seats in range(256))


_every = functools.partial(reduce, and_)
_some = functools.partial(reduce, or_)


def lowest(columns: Sequence[Sequence[int]], days: int) -> list[int]:
    """The lowest of several prices, day by day."""
    if len(columns) > 1:
        return list(map(min, *columns))
    return list(columns[0]) if columns else [NO_PRICE] * days


def highest_demand(legs: Sequence[Seats]) -> Sequence[int]:
    """The demand of the fullest flight, day by day."""
    if len(legs) == 1:
        return legs[0].demand
    highest: Sequence[int] = legs[0].demand
    for leg in legs[1:]:
        highest = [a if a > b else b for a, b in zip(highest, leg.demand, strict=True)]
    return highest


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
