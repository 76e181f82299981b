"""The sort orders of lists of offers, as keys that are compared in Python and stored in cursors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import RowMapping

from awardspider.search.deal_ranks import share_of_median
from awardspider.search.exchange_rates import BASE, ExchangeRates

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: More seats and stops are not distinguished: an airline seldom says more.
MOST_SEATS = 9
MOST_STOPS = 3


class OfferSort(StrEnum):
    """Sort orders of offers. Equal offers follow in the order of deals, and unknown values come last."""

    DEAL = "deal"  # deal class, known flights, discount, miles
    MILES = "miles"
    DATE = "date"  # departure
    SEEN = "seen"  # latest first
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


def sort_key(row: RowMapping, sort: OfferSort, rates: ExchangeRates | None) -> SortKey:
    """Return the place of a row of the table `offers`. Taxes in several currencies are compared at `rates`."""
    value = taxes_value(row, rates) if sort is OfferSort.TAXES else _VALUES[sort](row)
    return SortKey(int(value is None), 0 if value is None else value, row["deal_rank"], row["number"])


def taxes_value(row: RowMapping, rates: ExchangeRates | None) -> float | None:
    """Return the taxes of an offer in euros; None if they, or their exchange rate, are unknown."""
    amount, currency = row["taxes"], row["taxes_currency"]
    if amount is None or currency is None:
        return None
    rate = euro_rate(currency, rates)
    return None if rate is None else float(amount) / float(rate)


def euro_rate(currency: str, rates: ExchangeRates | None) -> Decimal | None:
    """Return the units of a currency for one euro, or None if they are unknown."""
    if currency == BASE:
        return Decimal(1)
    return rates.rates.get(currency) if rates else None


def _negative(value: float | Decimal | None) -> float | None:
    return None if value is None else -float(value)


def _seen(row: RowMapping) -> float:
    return float((EPOCH - row["last_seen_at"]) / timedelta(microseconds=1))


def _seats(row: RowMapping) -> float | None:
    return None if row["seats"] is None else -min(row["seats"], MOST_SEATS)


def _stops(row: RowMapping) -> float | None:
    return None if row["stops"] is None else min(row["stops"], MOST_STOPS)


_VALUES: dict[OfferSort, Callable[[RowMapping], float | None]] = {
    OfferSort.DEAL: lambda row: 0,
    OfferSort.MILES: lambda row: row["miles"],
    OfferSort.DATE: lambda row: row["departure_date"].toordinal(),
    OfferSort.SEEN: _seen,
    OfferSort.SEATS: _seats,
    OfferSort.STOPS: _stops,
    OfferSort.DURATION: lambda row: row["duration_minutes"],
    OfferSort.CENTS_PER_POINT: lambda row: _negative(row["cents_per_point"]),
    OfferSort.DISCOUNT: lambda row: share_of_median(row["deal_rank"]),
}
