"""Parsing of departure dates as people write them, cut to the booking window.

Accepted forms: a day (`2027-03-10`), a month (`2027-03`), a range of days or months (`2027-03-10..2027-04-20`), days
from today (`+30` or `+30..+120`), or several of these separated by commas.
"""

from __future__ import annotations

import calendar
import functools
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from awardspider.airports import airport_zone
from awardspider.outcomes import InvalidArgument

_FORMS = "write a day (2027-03-10), a month (2027-03), a range (2027-03-10..2027-04-20) or days from today (+30..+120)"
_ABSOLUTE = re.compile(r"([0-9]{4})-([0-9]{2})(?:-([0-9]{2}))?")
_RELATIVE = re.compile(r"\+([0-9]{1,3})")


class DateRange(NamedTuple):
    """A range of local departure dates, both ends included."""

    first: date
    last: date

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}..{self.last}"


class DateSpan(NamedTuple):
    """A date range as written, both ends included.

    If `is_relative` is True, `first` and `last` are days from today; otherwise, they are date ordinals.
    """

    text: str
    is_relative: bool
    first: int
    last: int

    def resolve(self, today: date) -> DateRange:
        """Return the dates of this span, given today's date."""
        start = today.toordinal() if self.is_relative else 0
        return DateRange(date.fromordinal(start + self.first), date.fromordinal(start + self.last))

    def covers(self, day: date, today: date) -> bool:
        """Return whether `day` is in this span. Creates no date objects, because it runs for every offer of a crawl."""
        number = day.toordinal() - today.toordinal() if self.is_relative else day.toordinal()
        return self.first <= number <= self.last


@dataclass(frozen=True, slots=True)
class Dates:
    """Departure dates as written. `delay` moves them later by each number of days between its ends, both included."""

    text: str
    spans: tuple[DateSpan, ...]
    delay: tuple[int, int] = (0, 0)

    def __str__(self) -> str:
        return self.text

    def covers(self, day: date, today: date) -> bool:
        """Return whether the dates include `day`; relative dates count from `today`."""
        least, most = self.delay
        for span in self.spans:  # any() would take twice as long, and this runs for every offer of a crawl
            number = day.toordinal() - today.toordinal() if span.is_relative else day.toordinal()
            if span.first + least <= number <= span.last + most:
                return True
        return False

    def ranges(self, today: date, window_days: int) -> tuple[DateRange, ...]:
        """Return the bookable dates as sorted, disjoint ranges; the booking window ends `window_days` after today."""
        least, most = self.delay
        moved = [span._replace(first=span.first + least, last=span.last + most) for span in self.spans]
        return bookable_ranges(moved, today, window_days)

    def is_over(self, today: date) -> bool:
        """Return whether all dates are before `today`."""
        return all(span.resolve(today).last + timedelta(days=self.delay[1]) < today for span in self.spans)

    def later(self, least: int, most: int) -> Dates:
        """Return the dates that are `least` to `most` days later: those of a return after that many nights."""
        return Dates(self.text, self.spans, (least, most))


@functools.lru_cache(maxsize=4096)
def parse_dates(text: str) -> Dates:
    """Parse dates, which are kept as written. Raises InvalidArgument for text that is not a date."""
    return Dates(text.strip(), parse_date_spans(text))


@dataclass(frozen=True, slots=True)
class BookableDates:
    """Bookable date ranges, sorted and disjoint; `note` describes any dates outside the booking window."""

    ranges: tuple[DateRange, ...]
    note: str = ""


def parse_bookable_dates(text: str, today: date, window_days: int) -> BookableDates:
    """Parse dates and cut them to the booking window, which ends `window_days` after today.

    Raises InvalidArgument for text that is not a date, or for a range that is entirely in the past or beyond the
    window. A range that is partly outside the window is cut, and `note` describes the cut.
    """
    spans = parse_date_spans(text)
    window = booking_window(today, window_days)
    notes = []
    for span in spans:
        days = span.resolve(today)
        if days.last < window.first:
            raise InvalidArgument(f"{span.text} is in the past (bookable dates: {window.first} to {window.last})")
        if days.first > window.last:
            raise InvalidArgument(f"{span.text} is beyond the booking window, which ends on {window.last}")
        if clip(days, window) != days:
            notes.append(f"{span.text} is cut to {clip(days, window)}, the part that can be booked today")
    return BookableDates(bookable_ranges(spans, today, window_days), "; ".join(notes))


def parse_date_spans(text: str) -> tuple[DateSpan, ...]:
    """Parse dates into spans, in the order written. Raises InvalidArgument for text that is not a date."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts:
        raise InvalidArgument(f"dates are missing: {_FORMS}")
    return tuple(_parse_span(part) for part in parts)


def bookable_ranges(spans: Iterable[DateSpan], today: date, window_days: int) -> tuple[DateRange, ...]:
    """Return the days of `spans` inside the booking window, as sorted ranges; adjacent ranges are merged."""
    window = booking_window(today, window_days)
    inside = (clip(span.resolve(today), window) for span in spans)
    merged: list[DateRange] = []
    for days in sorted(days for days in inside if days is not None):
        if merged and days.first <= merged[-1].last + timedelta(days=1):
            merged[-1] = DateRange(merged[-1].first, max(merged[-1].last, days.last))
        else:
            merged.append(days)
    return tuple(merged)


def clip(days: DateRange, window: DateRange) -> DateRange | None:
    """Return the part of `days` inside `window`, or None if they do not overlap."""
    first, last = max(days.first, window.first), min(days.last, window.last)
    return DateRange(first, last) if first <= last else None


def booking_window(today: date, window_days: int) -> DateRange:
    """Return the bookable days: from today to `window_days` later, both included."""
    return DateRange(today, today + timedelta(days=window_days))


def month_range(day: date) -> DateRange:
    """Return the calendar month of `day`."""
    return DateRange(day.replace(day=1), day.replace(day=calendar.monthrange(day.year, day.month)[1]))


def today_at(iata: str, now: datetime) -> date:
    """Return the local date at an airport at the aware time `now`; for an unknown airport, return the UTC date."""
    if now.tzinfo is None:
        raise ValueError("now must be an aware datetime")
    return now.astimezone(airport_zone(iata) or UTC).date()


def describe_cut_dates(dates: str, origins: Iterable[str], now: datetime, window_days: int) -> str:
    """Describe the part of `dates` outside the booking window; return an empty string if all dates are inside.

    The local date can differ between origins, so the first origin at which the dates are valid is used.
    """
    for origin in origins:
        with suppress(InvalidArgument):
            return parse_bookable_dates(dates, today_at(origin, now), window_days).note
    return ""


def _parse_span(text: str) -> DateSpan:
    first_text, dots, last_text = (end.strip() for end in text.partition(".."))
    is_relative, first, last = _parse_end(first_text, text)
    if dots:
        last_is_relative, _, last = _parse_end(last_text, text)
        if is_relative is not last_is_relative:
            raise InvalidArgument(f'"{text}" mixes a date with days from today: write both ends in the same form')
        if last < first:
            raise InvalidArgument(f'"{text}" ends before it starts: write {last_text}..{first_text}')
    return DateSpan(text, is_relative, first, last)


def _parse_end(text: str, span: str) -> tuple[bool, int, int]:
    """Parse one end of a span; return whether it is relative, its first day and its last day (of a month, or equal)."""
    if relative := _RELATIVE.fullmatch(text):
        return True, int(relative[1]), int(relative[1])
    absolute = _ABSOLUTE.fullmatch(text)
    if absolute is None:
        raise InvalidArgument(f'"{span[:60]}" is not a date: {_FORMS}')
    year, month, day = (int(number) if number else 0 for number in absolute.groups())
    if not (year and 1 <= month <= 12):
        raise InvalidArgument(f'"{text}" is not a date: there is no such month')
    days = month_range(date(year, month, 1))
    if absolute[3] is None:
        return False, days.first.toordinal(), days.last.toordinal()
    if not 1 <= day <= days.last.day:
        raise InvalidArgument(f'"{text}" is not a date: that month has {days.last.day} days')
    ordinal = date(year, month, day).toordinal()
    return False, ordinal, ordinal
