"""Round trips: pairs of one-way offers, best first, found without building every pair."""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import islice
from typing import NamedTuple

from awardspider.airports import metro_area
from awardspider.items import AwardOfferItem, Money
from awardspider.search.exchange_rates import ExchangeRates, convert
from awardspider.search.watch_fields import Nights
from awardspider.values import elapsed


@dataclass(frozen=True, slots=True, kw_only=True)
class TripLimits:
    """The limits of a round trip. Miles and taxes are for one traveler, both directions together.

    `nights` are counted from the outbound to the return departure date, each local to its origin. With
    `same_program`, one program sells both directions.
    """

    nights: Nights
    max_miles: int | None = None
    max_taxes: Money | None = None
    same_program: bool = False


class RoundTrip(NamedTuple):
    """An outbound and a return offer. `taxes` is None if the taxes of a direction are unknown or not convertible."""

    outbound: AwardOfferItem
    inbound: AwardOfferItem
    miles: int
    taxes: Money | None

    @property
    def nights(self) -> int:
        """Return the days between the two departure dates."""
        return (self.inbound.departure_date - self.outbound.departure_date).days


def find_round_trips(
    outbound: Iterable[AwardOfferItem],
    inbound: Iterable[AwardOfferItem],
    limits: TripLimits,
    *,
    currency: str = "USD",
    rates: ExchangeRates | None = None,
    limit: int | None = None,
) -> list[RoundTrip]:
    """Return the pairs within the limits, at most `limit`: fewest miles first, then lowest taxes, then earliest.

    Pairs that are equal in all of this are in the order of the offers.

    The return flight leaves from the city where the outbound flight arrives, and ends in the city where that begins.
    It does so after the outbound flights arrive, as far as the flights are known. Offers without a price in miles are
    left out; with a limit on taxes, so are those whose taxes are unknown.
    """
    return list(islice(iter_round_trips(outbound, inbound, limits, currency=currency, rates=rates), limit))


def iter_round_trips(
    outbound: Iterable[AwardOfferItem],
    inbound: Iterable[AwardOfferItem],
    limits: TripLimits,
    *,
    currency: str = "USD",
    rates: ExchangeRates | None = None,
) -> Iterator[RoundTrip]:
    """Yield the pairs of `find_round_trips` one by one, in the same order; each takes little work."""
    if limits.max_taxes is not None:
        currency = limits.max_taxes.currency
    sides: dict[_Group, tuple[list[_OneWay], list[_OneWay]]] = {}
    for side, offers in enumerate((outbound, inbound)):
        for one_way in _priced(offers, currency, rates, needs_taxes=limits.max_taxes is not None):
            sides.setdefault(_group(one_way.offer, side, limits), ([], []))[side].append(one_way)
    streams = [_pairs_of_group(*both, limits, currency) for both in sides.values() if all(both)]
    return (trip for _, trip in heapq.merge(*streams, key=lambda entry: entry[0]))


def leaves_after_arrival(outbound: AwardOfferItem, inbound: AwardOfferItem) -> bool:
    """Return whether the return leaves after the outbound flights arrive; True if the flights of one are unknown."""
    if not outbound.segments or not inbound.segments:
        return True
    return elapsed(outbound.segments[-1].arrives_at, inbound.segments[0].departs_at) > timedelta()


#: More than any known taxes. Sums with it differ by the known taxes of the other direction, which they are ordered by.
UNKNOWN_TAXES = Decimal(10) ** 12


def taxes_in(currency: str, taxes: Money | None, rates: ExchangeRates | None) -> Decimal:
    """Return an amount in a currency, or UNKNOWN_TAXES if it is unknown or cannot be converted."""
    converted = convert(taxes, currency, rates) if taxes else None
    return converted.amount if converted else UNKNOWN_TAXES


class _OneWay(NamedTuple):
    """An offer with the values that pairs are ordered by.

    `amount` is UNKNOWN_TAXES if the taxes are unknown, and `number` is the position in the input.
    """

    miles: int
    amount: Decimal
    day: int
    number: int
    offer: AwardOfferItem


class _Group(NamedTuple):
    """The cities that a round trip connects and, if both directions must have the same, the program."""

    home: str
    away: str
    program: str


# Total miles, total taxes, outbound day, return day, and the positions of both offers in the input.
_Order = tuple[int, Decimal, int, int, int, int]
_NO_LIMIT = Decimal("Infinity")


def _priced(
    offers: Iterable[AwardOfferItem], currency: str, rates: ExchangeRates | None, *, needs_taxes: bool
) -> Iterator[_OneWay]:
    converted: dict[Money | None, Decimal] = {None: UNKNOWN_TAXES}
    for number, offer in enumerate(offers):
        if offer.miles is None:
            continue
        if offer.taxes not in converted:
            converted[offer.taxes] = taxes_in(currency, offer.taxes, rates)
        amount = converted[offer.taxes]
        if amount is not UNKNOWN_TAXES or not needs_taxes:
            yield _OneWay(offer.miles, amount, offer.departure_date.toordinal(), number, offer)


def _group(offer: AwardOfferItem, side: int, limits: TripLimits) -> _Group:
    ends = metro_area(offer.origin), metro_area(offer.destination)
    home, away = ends if side == 0 else ends[::-1]
    return _Group(home, away, offer.program if limits.same_program else "")


class _Day:
    """The offers of one day, fewest miles and then lowest taxes first.

    A tree of the lowest taxes finds the next offer that is cheap enough in logarithmic time: otherwise, a limit on
    taxes that excludes the offers with the fewest miles would require a comparison with each of them.
    """

    __slots__ = ("_size", "_tree", "offers")

    def __init__(self, offers: Iterable[_OneWay]) -> None:
        self.offers = sorted(offers)
        self._size = 1 << max(0, len(self.offers) - 1).bit_length()
        self._tree = [_NO_LIMIT] * (2 * self._size)
        for position, one_way in enumerate(self.offers, self._size):
            self._tree[position] = one_way.amount
        for node in range(self._size - 1, 0, -1):
            self._tree[node] = min(self._tree[2 * node], self._tree[2 * node + 1])

    @property
    def lowest_amount(self) -> Decimal:
        """Return the lowest taxes of the day."""
        return self._tree[1]

    def next(self, start: int, most: Decimal) -> int | None:
        """Return the first position from `start` whose taxes are at most `most`, or None."""
        if start >= len(self.offers):
            return None
        node = start + self._size
        while self._tree[node] > most:
            while node & 1:  # the last node on its level, or a right child, whose parent's other half is to the left
                node >>= 1
            if not node:
                return None
            node += 1
        while node < self._size:
            node *= 2
            node += self._tree[node] > most
        position = node - self._size
        return position if position < len(self.offers) else None


class _DayPair(NamedTuple):
    """The offers of an outbound day and of a return day, whose pairs are a matrix with ordered rows and columns."""

    outbound: _Day
    inbound: _Day

    def order(self, row: int, column: int) -> _Order:
        """Return the order of the pair of an outbound and a return offer."""
        out, back = self.outbound.offers[row], self.inbound.offers[column]
        return out.miles + back.miles, out.amount + back.amount, out.day, back.day, out.number, back.number


def _pairs_of_group(
    outbound: Iterable[_OneWay], inbound: Iterable[_OneWay], limits: TripLimits, currency: str
) -> Iterator[tuple[_Order, RoundTrip]]:
    """Yield the pairs between two cities in order.

    The heap has one entry for each pair of days: the next row of its matrix, ordered as the row's first pair. Each row
    that was reached has an entry of its own: its next pair within the limit on taxes.
    """
    most = limits.max_taxes.amount if limits.max_taxes else _NO_LIMIT
    heap: list[tuple[_Order, int, int, bool, _DayPair]] = []

    def push(pair: _DayPair, row: int, column: int, *, is_new_row: bool) -> None:
        order = pair.order(row, column)
        if limits.max_miles is None or order[0] <= limits.max_miles:
            heapq.heappush(heap, (order, row, column, is_new_row, pair))

    for pair in _day_pairs(_days(outbound), _days(inbound), limits.nights):
        if pair.outbound.lowest_amount + pair.inbound.lowest_amount <= most:
            push(pair, 0, 0, is_new_row=True)
    while heap:
        order, row, column, is_new_row, pair = heapq.heappop(heap)
        left = most if most is _NO_LIMIT else most - pair.outbound.offers[row].amount
        if is_new_row:
            if row + 1 < len(pair.outbound.offers):
                push(pair, row + 1, 0, is_new_row=True)
            first = pair.inbound.next(0, left)
            if first != 0:
                if first is not None:
                    push(pair, row, first, is_new_row=False)
                continue
        trip = _round_trip(pair.outbound.offers[row], pair.inbound.offers[column], currency)
        if leaves_after_arrival(trip.outbound, trip.inbound):
            yield order, trip
        following = pair.inbound.next(column + 1, left)
        if following is not None:
            push(pair, row, following, is_new_row=False)


def _days(one_ways: Iterable[_OneWay]) -> dict[int, _Day]:
    by_day: dict[int, list[_OneWay]] = {}
    for one_way in one_ways:
        by_day.setdefault(one_way.day, []).append(one_way)
    return {day: _Day(offers) for day, offers in by_day.items()}


def _day_pairs(outbound: Mapping[int, _Day], inbound: Mapping[int, _Day], nights: Nights) -> Iterator[_DayPair]:
    return_days = sorted(inbound)
    for day, offers in outbound.items():
        first = bisect_left(return_days, day + nights.least)
        for return_day in return_days[first : bisect_right(return_days, day + nights.most)]:
            yield _DayPair(offers, inbound[return_day])


def _round_trip(outbound: _OneWay, inbound: _OneWay, currency: str) -> RoundTrip:
    amount = outbound.amount + inbound.amount
    taxes = Money(amount, currency) if amount < UNKNOWN_TAXES else None
    return RoundTrip(outbound.offer, inbound.offer, outbound.miles + inbound.miles, taxes)
