"""Judgments of offers: deal class, cents per point and the evidence for both.

The package `deals` makes them; matching, storage and messages use them.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

import msgspec


class DealClass(StrEnum):
    """Classes of prices, best first. docs/deals.md defines them."""

    RECORD_LOW = "record_low"  # lower than every price seen before on the route
    EXCEPTIONAL = "exceptional"
    GOOD = "good"
    USUAL = "usual"
    UNKNOWN = "unknown"  # too little evidence

    @property
    def rank(self) -> int:
        """Return the rank of the class; the best class has rank 0."""
        return _RANKS[self]


_RANKS = {deal_class: rank for rank, deal_class in enumerate(DealClass)}

#: The classes of deals, best first.
DEAL_CLASSES = (DealClass.RECORD_LOW, DealClass.EXCEPTIONAL, DealClass.GOOD)
#: The classes whose messages do not wait, lead a summary, or stand alone.
TOP_CLASSES = (DealClass.RECORD_LOW, DealClass.EXCEPTIONAL)


class BaselineScope(StrEnum):
    """Groups of prices that an offer can be compared with, from the most to the least specific."""

    ROUTE = "route"
    REVERSE_ROUTE = "reverse_route"
    REGION_PAIR = "region_pair"
    DISTANCE_BAND = "distance_band"


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """The usual prices for a program, scope, cabin and lead time, before the offer was seen.

    A price is the lowest one of a departure day, in miles for one traveler, one way, as found on one search day (UTC).
    `median`, `quarter` and `tenth` are the 50th, 25th and 10th percentile. `window_days` are the days from the first to
    the last search day behind them; `days` and `searches` count the search days and the searches. `lowest` is the
    lowest price since `first_day` on the days before the offer was seen, last seen on `lowest_day`; `day_lowest` is
    the median of the lowest prices of the search days.
    """

    scope: BaselineScope
    window_days: int
    median: int
    quarter: int
    tenth: int
    days: int
    searches: int
    lowest: int
    lowest_day: date
    first_day: date
    day_lowest: int | None = None


class CashFare(msgspec.Struct, frozen=True, kw_only=True):
    """The cash fare of the same flights in the same cabin, for one traveler, one way.

    `source` is the key of the program whose response had it, and `seen_at` the time of that response.
    """

    amount: Decimal
    currency: str
    source: str
    seen_at: datetime


class Judgment(msgspec.Struct, frozen=True, kw_only=True):
    """The judgment of an offer at the price `miles`.

    `lowest_since` is the last earlier search day with a price as low as this one; None if there is none in the history
    or no baseline. `cents_per_point` is in US cents, from `cash_fare`; both are None without a cash fare.
    """

    deal_class: DealClass
    miles: int | None
    judged_at: datetime
    baseline: Baseline | None = None
    lowest_since: date | None = None
    cents_per_point: Decimal | None = None
    cash_fare: CashFare | None = None

    @property
    def discount_percent(self) -> int | None:
        """Return how many percent the price is below the median; negative above it, None if unknown."""
        if self.baseline is None or self.miles is None:
            return None
        return round(100 * (self.baseline.median - self.miles) / self.baseline.median)
