"""The usual prices of a route over all lead times together, for charts and summaries of a route."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from awardspider.deals.baselines import percentiles
from awardspider.deals.classes import Thresholds


@dataclass(frozen=True, slots=True, kw_only=True)
class UsualPrices:
    """The median and the 25th percentile of the prices of all departure days."""

    median: int
    quarter: int


def usual_prices(counts: Mapping[int, int], days: int, thresholds: Thresholds) -> UsualPrices | None:
    """Return the usual prices of miles with their counts, found on a number of search days.

    Return None if a baseline needs more evidence.
    """
    if days < thresholds.min_days or sum(counts.values()) < thresholds.min_prices:
        return None
    quarter, median = percentiles(counts, 0.25, 0.5)
    return UsualPrices(median=round(median), quarter=round(quarter))


def may_have_record(first_day: date, last_day: date, thresholds: Thresholds) -> bool:
    """Return True if a history is long enough for a record low, as docs/deals.md defines it."""
    return (last_day - first_day).days >= thresholds.record_low_days
