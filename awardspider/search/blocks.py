"""Blocks of days: the days that one search covers, which do not move from day to day."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

from awardspider.search.change_rates import LEAD_STARTS
from awardspider.search.dates import DateRange, booking_window, month_range

#: The length of a block that covers the entire booking window.
ALL_DAYS = date.max.toordinal()

_DAY = timedelta(days=1)


class Run(NamedTuple):
    """Consecutive blocks: the first and last day, and the number of blocks."""

    first: date
    last: date
    number: int


class Blocks:
    """The blocks of one kind of search at one program, seen from one day.

    `length` is the number of days of a block, 0 for a calendar month, or ALL_DAYS for the entire booking window. Blocks
    are counted from year 1, so their dates do not depend on `today`, except that they are cut to the booking window.
    """

    def __init__(self, length: int, today: date, window_days: int) -> None:
        self.length = length
        self.window = booking_window(today, window_days)
        # The days at which a new lead time starts, moved to the start of the next block.
        starts = (today + timedelta(days=days) for days in LEAD_STARTS[1:])
        self._lead_starts = [self._at_or_after(day) for day in starts if day <= self.window.last]

    def start(self, day: date) -> date:
        """Return the first day of the block that contains a day, even if it is before today."""
        return block_range(day, self.length).first

    def union(self, ranges: Iterable[DateRange]) -> list[DateRange]:
        """Return the days of all blocks that contain a day of the ranges, as sorted, disjoint ranges."""
        joined: list[DateRange] = []
        for first, last in ranges:
            start = max(block_range(first, self.length).first, self.window.first)
            end = min(block_range(last, self.length).last, self.window.last)
            if joined and start <= joined[-1].last + _DAY:
                joined[-1] = DateRange(joined[-1].first, max(end, joined[-1].last))
            else:
                joined.append(DateRange(start, end))
        return joined

    def each(self, ranges: Iterable[DateRange]) -> Iterator[DateRange]:
        """Yield the blocks that contain a day of sorted, disjoint ranges, each once and cut to the booking window."""
        for first, last in self.union(ranges):
            day = first
            while day <= last:
                block = block_range(day, self.length)
                yield DateRange(day, min(block.last, last))
                if block.last == date.max:
                    return
                day = block.last + _DAY

    def runs(self, ranges: Iterable[DateRange]) -> list[Run]:
        """Return the same blocks, with consecutive ones joined unless their first days have different lead times."""
        return [run for days in self.union(ranges) for run in self.split(days)]

    def split(self, days: DateRange) -> list[Run]:
        """Return the runs of a range that `union` has returned, or of entire blocks of it."""
        runs = []
        first, last = days
        for start in self._lead_starts:
            if first < start <= last:
                runs.append(self._run(first, start - _DAY))
                first = start
        runs.append(self._run(first, last))
        return runs

    def _run(self, first: date, last: date) -> Run:
        if self.length:
            count = (last.toordinal() - 1) // self.length - (first.toordinal() - 1) // self.length + 1
        else:
            count = 12 * (last.year - first.year) + last.month - first.month + 1
        return Run(first, last, count)

    def _at_or_after(self, day: date) -> date:
        block = block_range(day, self.length)
        return day if block.first == day else date.max if block.last == date.max else block.last + _DAY


@functools.lru_cache(maxsize=16_384)
def block_range(day: date, length: int) -> DateRange:
    """Return the block that contains a day; `length` is 0 for a calendar month."""
    if length == 1:
        return DateRange(day, day)
    if not length:
        return month_range(day)
    first = (day.toordinal() - 1) // length * length + 1
    return DateRange(date.fromordinal(first), date.fromordinal(min(first + length, ALL_DAYS) - 1))
