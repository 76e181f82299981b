"""Deal classes: the judgment of a price by its baseline. docs/deals.md explains the classes and their thresholds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from awardspider.outcomes import InvalidSetting
from awardspider.search.judgments import Baseline, BaselineScope, CashFare, DealClass, Judgment
from awardspider.search.number_settings import parse_number
from awardspider.search.price_history import WINDOW_DAYS

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

#: The scopes with prices of the same two airports. In a wider scope, a route can be cheaper than the others on every
#: day, so a price there is at most *good*.
OWN_SCOPES = frozenset({BaselineScope.ROUTE, BaselineScope.REVERSE_ROUTE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """The limits of the classes, with their defaults.

    `min_days` and `min_prices` are the evidence that a baseline needs. A *good* price is at least `good_percent` below
    the median. An *exceptional* one is at least `exceptional_percent` below it, and at least `rare_percent` below both
    the tenth percentile and the lowest price of a usual search day. A *record low* needs a history of `record_low_days`
    days.
    """

    min_days: int = 5
    min_prices: int = 30
    good_percent: int = 15
    exceptional_percent: int = 30
    rare_percent: int = 10
    record_low_days: int = 30


#: The settings of the thresholds, with the lowest and highest valid value.
SETTINGS: dict[str, tuple[str, int, int]] = {
    "min_days": ("AWARD_BASELINE_DAYS", 1, WINDOW_DAYS),
    "min_prices": ("AWARD_BASELINE_PRICES", 2, 100_000),
    "good_percent": ("AWARD_GOOD_PERCENT", 1, 99),
    "exceptional_percent": ("AWARD_EXCEPTIONAL_PERCENT", 1, 99),
    "rare_percent": ("AWARD_RARE_PERCENT", 0, 99),
    "record_low_days": ("AWARD_RECORD_LOW_DAYS", 1, 3650),
}


def parse_thresholds(settings: Mapping[str, Any] | BaseSettings) -> Thresholds:
    """Return the thresholds of the settings; raise InvalidSetting for an invalid one."""
    defaults = Thresholds()
    thresholds = Thresholds(
        **{
            field: parse_number(settings, name, getattr(defaults, field), lowest=lowest, highest=highest)
            for field, (name, lowest, highest) in SETTINGS.items()
        }
    )
    if thresholds.exceptional_percent < thresholds.good_percent:
        raise InvalidSetting(
            f"AWARD_EXCEPTIONAL_PERCENT is {thresholds.exceptional_percent}, but must be at least AWARD_GOOD_PERCENT "
            f"({thresholds.good_percent})"
        )
    return thresholds


def judge(
    miles: int | None,
    baseline: Baseline | None,
    thresholds: Thresholds,
    *,
    at: datetime,
    mixed_cabin: bool = False,
    lowest_found: int | None = None,
    lowest_since: date | None = None,
    cents_per_point: Decimal | None = None,
    cash_fare: CashFare | None = None,
) -> Judgment:
    """Return the judgment of a price in miles at the time `at`; None for `baseline` means too little evidence.

    `lowest_found` is the lowest price that crawls of the same day have found for the route and cabin so far.
    """
    day = at.date()
    return Judgment(
        deal_class=classify(miles, baseline, thresholds, day=day, mixed_cabin=mixed_cabin, lowest_found=lowest_found),
        miles=miles,
        judged_at=at,
        baseline=baseline,
        lowest_since=lowest_since,
        cents_per_point=cents_per_point,
        cash_fare=cash_fare,
    )


def classify(
    miles: int | None,
    baseline: Baseline | None,
    thresholds: Thresholds,
    *,
    day: date,
    mixed_cabin: bool = False,
    lowest_found: int | None = None,
) -> DealClass:
    """Return the class of a price that was found on the search day `day`; `lowest_found` is that of `judge`."""
    if not miles or baseline is None:
        return DealClass.UNKNOWN
    is_good = miles <= baseline.quarter and _is_below(miles, baseline.median, thresholds.good_percent)
    if not is_good:
        return DealClass.USUAL
    if baseline.scope not in OWN_SCOPES:
        return DealClass.GOOD
    if (
        baseline.scope is BaselineScope.ROUTE
        and not mixed_cabin
        and miles < baseline.lowest
        and (lowest_found is None or miles <= lowest_found)
        and day - baseline.first_day >= timedelta(days=thresholds.record_low_days)
    ):
        return DealClass.RECORD_LOW
    # On a route with few saver seats, their price is below the tenth percentile, but found on most search days.
    rare = baseline.tenth if baseline.day_lowest is None else min(baseline.tenth, baseline.day_lowest)
    if _is_below(miles, baseline.median, thresholds.exceptional_percent) and _is_below(
        miles, rare, thresholds.rare_percent
    ):
        return DealClass.EXCEPTIONAL
    return DealClass.GOOD


def _is_below(miles: int, price: int, percent: int) -> bool:
    """Return True if `miles` is at least `percent` below a price; exact for integers."""
    return 100 * miles <= (100 - percent) * price
