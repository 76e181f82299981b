"""The rank of an offer among all offers: one number, so that an index has the offers in the order from the best."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from awardspider.items import AwardOfferItem, Detail
from awardspider.search.judgments import DealClass, Judgment

# The parts of a rank, from the most to the least important one, with their numbers of bits. Lower is better.
_CLASS_BITS = 3
_DETAIL_BITS = 1  # known flights before the price of a day
_SHARE_BITS = 14  # the price as a share of the median
_MILES_BITS = 22
_SOURCE_BITS = 1  # a program's own response before that of another source
_PARTY_BITS = 4
_DAY_BITS = 16

_DAY = 0
_PARTY = _DAY + _DAY_BITS
_SOURCE = _PARTY + _PARTY_BITS
_MILES = _SOURCE + _SOURCE_BITS
_SHARE = _MILES + _MILES_BITS
_DETAIL = _SHARE + _SHARE_BITS
_CLASS = _DETAIL + _DETAIL_BITS

# A share is stored in steps of a quarter of a thousandth, up to four times the median.
_SHARE_STEPS = 4_000
_FIRST_DAY = 730_000  # in September 1999, so that days until 2179 fit

#: The share of an offer without a known median or price.
UNKNOWN_SHARE = (1 << _SHARE_BITS) - 1

#: The bits that a judgment decides. An offer's other bits stay the same when it is judged.
JUDGED_BITS = (((1 << _CLASS_BITS) - 1) << _CLASS) | (UNKNOWN_SHARE << _SHARE)
UNJUDGED_BITS = ((1 << (_CLASS + _CLASS_BITS)) - 1) & ~JUDGED_BITS

#: The rank after all others, of an offer about which nothing is known.
WORST_RANK = (1 << (_CLASS + _CLASS_BITS)) - 1


class RankRange(NamedTuple):
    """Ranks from `first` to before `end`."""

    first: int
    end: int


def deal_rank(offer: AwardOfferItem, judgment: Judgment | None = None) -> int:
    """Return the rank of an offer; the best offer has the lowest.

    The order is: deal class, known flights, discount below the median, miles. Then a program's own response comes
    before that of another source, the smallest party first, and the earliest departure.
    """
    without_flights = offer.detail is not Detail.ITINERARY
    return (
        judged_bits(judgment)
        | without_flights << _DETAIL
        | _limited(offer.miles, _MILES_BITS) << _MILES
        | (offer.source != offer.program) << _SOURCE
        | _limited(offer.travelers, _PARTY_BITS) << _PARTY
        | _limited(offer.departure_date.toordinal() - _FIRST_DAY, _DAY_BITS) << _DAY
    )


def judged_bits(judgment: Judgment | None) -> int:
    """Return the part of a rank that a judgment decides: the deal class and the discount."""
    deal_class = judgment.deal_class if judgment else DealClass.UNKNOWN
    share = UNKNOWN_SHARE
    if judgment and judgment.baseline and judgment.miles is not None:
        share = min(round(_SHARE_STEPS * judgment.miles / judgment.baseline.median), UNKNOWN_SHARE - 1)
    return deal_class.rank << _CLASS | share << _SHARE


def rank_ranges(
    classes: Sequence[DealClass], *, known_flights: bool = True, unknown_flights: bool = True
) -> list[RankRange]:
    """Return the ranges that contain the ranks of offers of these classes, given best first.

    They have the offers with known flights, those with unknown flights, or both.
    """
    details = [bit for bit, is_included in enumerate((known_flights, unknown_flights)) if is_included]
    found: list[RankRange] = []
    for deal_class in classes:
        for detail in details:
            first = deal_class.rank << _CLASS | detail << _DETAIL
            end = first + (UNKNOWN_SHARE + 1 << _SHARE)
            if found and found[-1].end == first:
                found[-1] = RankRange(found[-1].first, end)
            else:
                found.append(RankRange(first, end))
    return found


def discount_ranges(classes: Sequence[DealClass]) -> list[RankRange]:
    """Return the ranges of ranks with a known discount in each of which the ranks are in the order of discounts."""
    return [
        RankRange(first, first + (UNKNOWN_SHARE << _SHARE))
        for deal_class in classes
        for first in (deal_class.rank << _CLASS, deal_class.rank << _CLASS | 1 << _DETAIL)
    ]


def first_rank(ranks: RankRange, share: int) -> int:
    """Return the first rank with this share of the median in a range of `discount_ranges`."""
    return ranks.first | share << _SHARE


def share_of_median(rank: int) -> int | None:
    """Return the price as a share of the median, in steps, from the rank of an offer; None if it is unknown."""
    share = rank >> _SHARE & UNKNOWN_SHARE
    return None if share == UNKNOWN_SHARE else share


def _limited(value: int | None, bits: int) -> int:
    """Return a value as a number of so many bits; the highest one if it is unknown or higher."""
    highest = (1 << bits) - 1
    return highest if value is None else min(max(value, 0), highest)
