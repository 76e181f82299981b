"""Baselines: the usual prices of a route or a wider scope, computed from the price history."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from statistics import median

import msgspec

from awardspider.search.judgments import Baseline, BaselineScope
from awardspider.search.price_history import (
    WINDOW_DAYS,
    Histogram,
    KeyHistory,
    PriceKey,
    add_histogram,
    reverse_key,
    wider_keys,
)


@dataclass(frozen=True, slots=True)
class CountedBaseline:
    """A baseline, and the number of prices behind it. Several departure days of one search day are several prices."""

    baseline: Baseline
    prices: int


#: Returns the history of a key before the crawl.
ReadHistory = Callable[[PriceKey], KeyHistory]


class Baselines:
    """The baselines before a crawl, each computed when it is first needed.

    If a route has less than `min_days` search days or `min_prices` prices at a lead time, the next wider scope counts.
    """

    def __init__(self, read: ReadHistory, *, min_days: int, min_prices: int) -> None:
        self._read = read
        self._min_days, self._min_prices = min_days, min_prices
        self._by_key: dict[PriceKey, dict[int, CountedBaseline]] = {}
        self._found: dict[tuple[PriceKey, int], Baseline | None] = {}

    def find(self, key: PriceKey, lead: int) -> Baseline | None:
        """Return the baseline of a route at a lead time (an index of LEAD_STARTS), or None without enough evidence."""
        if (key, lead) not in self._found:
            self._found[key, lead] = self._find(key, lead)
        return self._found[key, lead]

    def _find(self, key: PriceKey, lead: int) -> Baseline | None:
        for scope, other in _scopes(key):
            found = self._baselines_of(other).get(lead)
            if found is not None and found.baseline.days >= self._min_days and found.prices >= self._min_prices:
                return msgspec.structs.replace(found.baseline, scope=scope)
        return None

    def _baselines_of(self, key: PriceKey) -> dict[int, CountedBaseline]:
        """Return the baseline at each lead time. Only these are kept, because a history is many times larger."""
        if key not in self._by_key:
            history = self._read(key)
            leads = {lead for day in history.days for lead in day.prices}
            computed = {lead: compute(history, key.scope, lead) for lead in leads}
            self._by_key[key] = {lead: baseline for lead, baseline in computed.items() if baseline}
        return self._by_key[key]


def _scopes(key: PriceKey) -> Iterable[tuple[BaselineScope, PriceKey]]:
    yield BaselineScope.ROUTE, key
    yield BaselineScope.REVERSE_ROUTE, reverse_key(key)
    for wider in wider_keys(key):
        yield wider.scope, wider


def compute(history: KeyHistory, scope: BaselineScope, lead: int) -> CountedBaseline | None:
    """Return the baseline of a key at a lead time, or None without any price."""
    merged: Histogram = {}
    lowest: dict[date, int] = {}
    searches = 0
    for day in history.days:
        if prices := day.prices.get(lead):
            add_histogram(merged, {lead: prices})
            lowest[day.search_day] = min(prices)
            searches += day.searches
    record = history.record
    if not merged or record is None:
        return None
    prices = merged[lead]
    half, quarter, tenth = percentiles(prices, 0.5, 0.25, 0.1)
    baseline = Baseline(
        scope=scope,
        window_days=min(WINDOW_DAYS, (max(lowest) - min(lowest)).days + 1),
        median=round(half),
        quarter=round(quarter),
        tenth=round(tenth),
        days=len(lowest),
        searches=searches,
        lowest=record.lowest,
        lowest_day=record.lowest_day,
        first_day=record.first_day,
        day_lowest=round(median(lowest.values())),
    )
    return CountedBaseline(baseline, sum(prices.values()))


def percentiles(counts: Mapping[int, int], *shares: float) -> list[float]:
    """Return percentiles of values with counts, interpolated as by `statistics.quantiles(..., method="inclusive")`.

    A share is between 0 and 1; there must be a value.
    """
    ordered = sorted(counts.items())
    last = sum(counts.values()) - 1
    return [_percentile(ordered, share * last) for share in shares]


def _percentile(ordered: list[tuple[int, int]], position: float) -> float:
    index = int(position)
    below = _value_at(ordered, index)
    fraction = position - index
    return below if not fraction else below + fraction * (_value_at(ordered, index + 1) - below)


def _value_at(ordered: list[tuple[int, int]], index: int) -> int:
    for value, count in ordered:
        index -= count
        if index < 0:
            return value
    raise IndexError(index)
