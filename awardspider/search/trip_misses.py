"""The pairs of one-way offers that miss the limits of a round trip by least."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

from awardspider.items import AwardOfferItem, Money
from awardspider.programs import DEFAULT_CURRENCY, program_currency
from awardspider.search.currency_texts import amount_text
from awardspider.search.exchange_rates import ExchangeRates
from awardspider.search.misses import (
    FARTHEST_DAYS,
    PLAIN_DISTANCE,
    Criterion,
    Miss,
    count_text,
    money_text,
    share_over,
    total_distance,
)
from awardspider.search.round_trips import RoundTrip, TripLimits, iter_round_trips
from awardspider.search.watch_fields import Nights

#: Nights by which a near miss may be shorter or longer than the limits.
NEAR_NIGHTS = 3

#: Pairs to compare for each way of relaxing the limits. A watch with more pairs within its limits has enough of them.
_MAX_PAIRS = 10_000


class TripMiss(NamedTuple):
    """A pair that does not meet the limits of a round trip, with the reasons."""

    trip: RoundTrip
    reasons: tuple[Miss, ...]


def nearest_trips(
    outbound: Sequence[AwardOfferItem],
    inbound: Sequence[AwardOfferItem],
    limits: TripLimits,
    count: int,
    *,
    rates: ExchangeRates | None = None,
) -> list[TripMiss]:
    """Return at most `count` pairs that miss the limits by least, nearest first.

    Distances are added as for one-way offers; a night outside the limits counts like a day outside the dates.
    """
    found: dict[tuple[str, str], TripMiss] = {}
    for relaxed in _relaxed(limits):
        currency = limits.max_taxes.currency if limits.max_taxes else "USD"
        trips = iter_round_trips(outbound, inbound, relaxed, currency=currency, rates=rates)
        for trip in islice(trips, _MAX_PAIRS):
            if reasons := tuple(_reasons(trip, limits)):
                found[trip.outbound.offer_id, trip.inbound.offer_id] = TripMiss(trip, reasons)
    return heapq.nsmallest(count, found.values(), key=_order)


def _relaxed(limits: TripLimits) -> Iterator[TripLimits]:
    """Yield the limits without one of them, and without all: the pairs with the fewest miles come first in each."""
    near = Nights(min(limits.nights.least, max(1, limits.nights.least - NEAR_NIGHTS)), limits.nights.most + NEAR_NIGHTS)
    yield replace(limits, nights=near, max_miles=None, max_taxes=None)
    yield replace(limits, nights=near)
    if limits.max_miles is not None:
        yield replace(limits, max_miles=None)
    if limits.max_taxes is not None:
        yield replace(limits, max_taxes=None)


def _reasons(trip: RoundTrip, limits: TripLimits) -> Iterator[Miss]:
    outside = max(limits.nights.least - trip.nights, trip.nights - limits.nights.most)
    if outside > 0:
        direction = "few" if trip.nights < limits.nights.least else "many"
        text = f"{count_text(outside, 'night')} too {direction}"
        yield Miss(Criterion.NIGHTS, text, outside / FARTHEST_DAYS)
    if limits.max_miles is not None and trip.miles > limits.max_miles:
        over = trip.miles - limits.max_miles
        out, back = (program_currency(offer.program) for offer in (trip.outbound, trip.inbound))
        currency = out if out.unit is back.unit else DEFAULT_CURRENCY
        text = f"{amount_text(over, currency)} over for both directions"
        yield Miss(Criterion.MAX_TRIP_MILES, text, share_over(trip.miles, limits.max_miles))
    if limits.max_taxes is None:
        return
    if trip.taxes is None:
        yield Miss(Criterion.MAX_TRIP_TAXES, "the taxes of one direction are unknown", PLAIN_DISTANCE)
    elif trip.taxes.amount > limits.max_taxes.amount:
        money = Money(trip.taxes.amount - limits.max_taxes.amount, trip.taxes.currency)
        text = f"{money_text(money)} over in taxes for both directions"
        yield Miss(Criterion.MAX_TRIP_TAXES, text, share_over(trip.taxes.amount, limits.max_taxes.amount))


def _order(miss: TripMiss) -> tuple[float, int, str, str, str, str]:
    out, back = miss.trip[:2]
    days = (str(out.departure_date), str(back.departure_date))
    return total_distance(miss.reasons), miss.trip.miles, *days, out.offer_id, back.offer_id
