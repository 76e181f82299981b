"""The sort orders of lists of offers, as keys that are compared in Python and stored in cursors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement

from awardspider.search.deal_ranks import share_of_median
from awardspider.search.exchange_rates import BASE, ExchangeRates
from awardspider.storage import schema

_offers = schema.offers.c
#: More seats and stops are not distinguished: an airline seldom says more.
MOST_SEATS = 9
MOST_STOPS = 3


class OfferSort(StrEnum):
    """Sort orders of offers. Equal offers follow in the order of deals, and unknown values come last."""

    DEAL = "deal"  # deal class, known flights, discount, miles
    MILES = "miles"
    DATE = "date"  # departure
    TAXES = "taxes"  # in one currency
    SEATS = "seats"  # most first
    STOPS = "stops"
    DURATION = "duration"
    CENTS_PER_POINT = "cents_per_point"  # most first
    DISCOUNT = "discount"  # largest first


class SortKey(NamedTuple):
    """The place of an offer in a list: known values first, then the value, then the rank of the deal."""

    is_unknown: int
    value: float
    rank: int
    number: int


def sort_columns(sort: OfferSort) -> tuple[ColumnElement[Any], ...]:
    """Return the columns from which the place of an offer follows, besides its rank and number."""
    return _COLUMNS[sort]


def sort_key(sort: OfferSort, rank: int, number: int, values: Sequence[Any], rates: ExchangeRates | None) -> SortKey:
    """Return the place of an offer from the values of its `sort_columns`.

    Taxes in several currencies are compared at `rates`.
    """
    value = _taxes(values[0], values[1], rates) if sort is OfferSort.TAXES else _VALUES[sort](rank, *values)
    return SortKey(1, 0, rank, number) if value is None else SortKey(0, value, rank, number)


def _taxes(amount: Decimal | None, currency: str | None, rates: ExchangeRates | None) -> float | None:
    """Return taxes in euros; None if they, or their exchange rate, are unknown."""
    if amount is None or currency is None:
        return None
    rate = euro_rate(currency, rates)
    return None if rate is None else float(amount) / float(rate)


def euro_rate(currency: str, rates: ExchangeRates | None) -> Decimal | None:
    """Return the units of a currency for one euro, or None if they are unknown."""
    if currency == BASE:
        return Decimal(1)
    return rates.rates.get(currency) if rates else None


def _limited(value: int | None, most: int) -> int | None:
    return None if value is None else min(value, most)


def _negative(value: float | Decimal | None) -> float | None:
    return None if value is None else -float(value)


_COLUMNS: dict[OfferSort, tuple[ColumnElement[Any], ...]] = {
    OfferSort.DEAL: (),
    OfferSort.MILES: (_offers.miles,),
    OfferSort.DATE: (_offers.departure_date,),
    OfferSort.TAXES: (_offers.taxes, _offers.taxes_currency),
    OfferSort.SEATS: (_offers.seats,),
    OfferSort.STOPS: (_offers.stops,),
    OfferSort.DURATION: (_offers.duration_minutes,),
    OfferSort.CENTS_PER_POINT: (_offers.cents_per_point,),
    OfferSort.DISCOUNT: (),
}
_VALUES: dict[OfferSort, Callable[..., float | None]] = {
    OfferSort.DEAL: lambda rank: 0,
    OfferSort.MILES: lambda rank, miles: miles,
    OfferSort.DATE: lambda rank, day: day.toordinal(),
    OfferSort.SEATS: lambda rank, seats: _negative(_limited(seats, MOST_SEATS)),
    OfferSort.STOPS: lambda rank, stops: _limited(stops, MOST_STOPS),
    OfferSort.DURATION: lambda rank, minutes: minutes,
    OfferSort.CENTS_PER_POINT: lambda rank, cents: _negative(cents),
    OfferSort.DISCOUNT: lambda rank: share_of_median(rank),
}
