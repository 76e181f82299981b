"""Parts of a calendar as wishes name them, with or without a year, and their resolution to dates."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from awardspider.search.dates import DateRange

#: Days from today to the last day of an open range, such as "any time after March".
HORIZON_DAYS = 365


class UnclearDates(ValueError):
    """Dates that do not say which days: February 30, dates that contradict each other, early in a year."""


class PastDates(ValueError):
    """Dates that are entirely in the past."""


@dataclass(frozen=True, slots=True)
class Period:
    """A day, part of a month, month or season, at a position in the text.

    `first` and `last` are (month, day); a day of 0 is the last of the month. If `last` is earlier in the year than
    `first`, the period ends in the next year. `fixed` replaces them for dates that depend only on today.
    """

    start: int
    end: int
    first: tuple[int, int] = (1, 1)
    last: tuple[int, int] = (12, 31)
    year: int | None = None
    fixed: DateRange | None = None
    #: Only an occurrence that begins after today counts ("next summer").
    is_next: bool = False
    #: An occurrence that is nearly over does not count.
    is_season: bool = False
    #: A day without a month, which follows an earlier date if there is one.
    day_of_month: int | None = None
    #: Several days that were named by their first and last.
    is_span: bool = False
    #: Words such as "holiday", which name no days; other dates explain them.
    is_vague: bool = False

    @property
    def is_day(self) -> bool:
        """Return whether the period is a single day."""
        return self.fixed.first == self.fixed.last if self.fixed else self.first == self.last and self.first[1] != 0

    def in_year(self, year: int) -> DateRange | None:
        """Return the dates of the occurrence that begins in a year; None if the year has no such day."""
        if self.fixed:
            return self.fixed
        first = _day(year, *self.first)
        last = _day(year + (self.last_is_next_year()), *self.last)
        return DateRange(first, last) if first and last else None

    def last_is_next_year(self) -> bool:
        """Return whether the period ends in the year after the one in which it begins."""
        first, last = self.first, (self.last[0], self.last[1] or 31)
        return last < first

    def resolve(self, today: date) -> DateRange:
        """Return the dates of the next occurrence, without days before today."""
        if self.fixed:
            return cut(self.fixed, today)
        if self.year is not None:
            days = self.in_year(self.year)
            if days is None:
                raise UnclearDates
            return cut(days, today)
        for year in range(today.year - 1, today.year + 9):
            days = self.in_year(year)
            if days is None or days.last < today or (self.is_next and days.first <= today):
                continue
            if not self.is_season or not is_nearly_over(days, today):
                return cut(days, today)
        raise UnclearDates


def span(first: Period, last: Period, today: date) -> DateRange:
    """Return the dates from the first day of one period to the last day of another, without days before today."""
    if first.fixed or first.year is not None:
        begin = first.in_year(first.year or today.year)
        if begin is None:
            raise UnclearDates
        return cut(DateRange(begin.first, _end_after(last, begin.first)), today)
    if last.fixed or last.year is not None:
        end = last.in_year(last.year or today.year)
        if end is None:
            raise UnclearDates
        begins = [days.first for year in (end.last.year, end.last.year - 1) if (days := first.in_year(year))]
        return cut(DateRange(next(day for day in begins if day <= end.last), end.last), today)
    for year in range(today.year - 1, today.year + 9):
        begin = first.in_year(year)
        if begin and (end_day := _end_after(last, begin.first)) >= today:
            days = DateRange(begin.first, end_day)
            if first.is_day or last.is_day or not is_nearly_over(days, today):
                return cut(days, today)
    raise UnclearDates


def _end_after(last: Period, begin: date) -> date:
    """Return the end of the first occurrence of a period that does not end before `begin`."""
    if last.fixed or last.year is not None:
        days = last.in_year(last.year or begin.year)
        if days is None or days.last < begin:
            raise UnclearDates
        return days.last
    for year in range(begin.year - 1, begin.year + 9):
        days = last.in_year(year)
        if days and days.last >= begin and days.first >= begin.replace(day=1):
            return days.last
    raise UnclearDates


def is_nearly_over(days: DateRange, today: date) -> bool:
    """Return whether most of a season or range of months is in the past."""
    return (days.last - today).days * 4 < (days.last - days.first).days


def cut(days: DateRange, today: date) -> DateRange:
    """Return a range without the days before today. Raise PastDates if no day is left."""
    if days.last < today:
        raise PastDates
    return DateRange(max(days.first, today), days.last)


def merge(ranges: Iterable[DateRange]) -> tuple[DateRange, ...]:
    """Return ranges sorted, with overlapping and adjacent ones merged."""
    merged: list[DateRange] = []
    for days in sorted(ranges):
        if merged and days.first <= merged[-1].last + timedelta(1):
            merged[-1] = DateRange(merged[-1].first, max(merged[-1].last, days.last))
        else:
            merged.append(days)
    return tuple(merged)


def without(ranges: Iterable[DateRange], refused: Iterable[DateRange]) -> list[DateRange]:
    """Return ranges without the days of others."""
    left = list(ranges)
    for gap in refused:
        parts = [
            part
            for days in left
            for part in (
                DateRange(days.first, min(days.last, gap.first - timedelta(1))),
                DateRange(max(days.first, gap.last + timedelta(1)), days.last),
            )
            if part.first <= part.last
        ]
        left = parts if not gap.first > max((days.last for days in left), default=gap.first) else left
    return left


def only_weekdays(ranges: Iterable[DateRange], weekdays: frozenset[int]) -> tuple[DateRange, ...]:
    """Return the days of ranges that fall on some weekdays (0 is Monday)."""
    days = [
        date.fromordinal(number)
        for each in ranges
        for number in range(each.first.toordinal(), each.last.toordinal() + 1)
        if date.fromordinal(number).weekday() in weekdays
    ]
    return merge(DateRange(day, day) for day in days)


def full_month(year: int, month: int) -> DateRange:
    """Return the days of a month; `month` may be below 1 or above 12."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return DateRange(date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]))


def week_of(day: date) -> DateRange:
    """Return the week of a day, Monday to Sunday."""
    monday = day - timedelta(day.weekday())
    return DateRange(monday, monday + timedelta(6))


def easter(year: int) -> date:
    """Return Easter Sunday (Gregorian calendar, algorithm of Meeus, Jones and Butcher)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    j = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * j) // 451
    month, day = divmod(h + j - 7 * m + 114, 31)
    return date(year, month, day + 1)


def _day(year: int, month: int, day: int) -> date | None:
    last = calendar.monthrange(year, month)[1]
    if day > last:
        return None
    return date(year, month, day or last)
