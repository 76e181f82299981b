"""Departure dates as people write them, and the days of them that can be booked.

Written: a day `2027-03-10`, a month `2027-03`, a range of either `2027-03-10..2027-04-20`, days counted from today
`+30` or `+30..+120`, and several of these with commas between them.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from awardspider.items import airport_zone
from awardspider.outcomes import InvalidArgument

_HOW_TO_WRITE = (
    "write a day (2027-03-10), a month (2027-03), a range (2027-03-10..2027-04-20) or days from today (+30..+120)"
)
_ABSOLUTE = re.compile(r"([0-9]{4})-([0-9]{2})(?:-([0-9]{2}))?")
_RELATIVE = re.compile(r"\+([0-9]{1,3})")


class DateRange(NamedTuple):
    """Local departure dates, both included."""

    first: date
    last: date

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}..{self.last}"


class DateSpan(NamedTuple):
    """One range as written. Both ends, included, are days from today if `counted`, and ordinals of dates if not."""

    written: str
    counted: bool
    first: int
    last: int

    def on(self, today: date) -> DateRange:
        """The dates this means when today is `today`."""
        start = today.toordinal() if self.counted else 0
        return DateRange(date.fromordinal(start + self.first), date.fromordinal(start + self.last))

    def covers(self, day: date, today: date) -> bool:
        """Whether `day` is among them, which is asked for every offer of a crawl."""
        number = day.toordinal() - today.toordinal() if self.counted else day.toordinal()
        return self.first <= number <= self.last


@dataclass(frozen=True, slots=True)
class BookableDates:
    """Ranges that can be booked, in order and apart from each other; `note` says in a sentence what was cut off."""

    ranges: tuple[DateRange, ...]
    note: str = ""


def parse_dates(text: str, today: date, window_days: int) -> BookableDates:
    """The days in `text` that can be booked today, when the last bookable day is `window_days` from today.

    Raises BadArgument for text that is no date, and for a range that lies wholly in the past or beyond the window; a
    range that is partly outside is cut, which `note` says.
    """
    spans = read_dates(text)
    window = booking_window(today, window_days)
    cut = []
    for span in spans:
        whole = span.on(today)
        if whole.last < window.first:
            raise InvalidArgument(f"{span.written} is in the past: bookable are {window.first} to {window.last}")
        if whole.first > window.last:
            raise InvalidArgument(f"{span.written} is beyond the booking window, whose last day is {window.last}")
        if clipped(whole, window) != whole:
            cut.append(f"{span.written} is cut to {clipped(whole, window)}, the part that can be booked today")
    return BookableDates(bookable(spans, today, window_days), "; ".join(cut))


def read_dates(text: str) -> tuple[DateSpan, ...]:
    """What is written in `text`, in its order, without regard to today. Raises BadArgument for text that is no date."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts:
        raise InvalidArgument(f"dates are missing: {_HOW_TO_WRITE}")
    return tuple(_read_span(part) for part in parts)


def bookable(spans: Iterable[DateSpan], today: date, window_days: int) -> tuple[DateRange, ...]:
    """The days of `spans` inside the booking window, as ranges in order that neither overlap nor touch."""
    window = booking_window(today, window_days)
    inside = (clipped(span.on(today), window) for span in spans)
    merged: list[DateRange] = []
    for days in sorted(days for days in inside if days is not None):
        if merged and days.first <= merged[-1].last + timedelta(days=1):
            merged[-1] = DateRange(merged[-1].first, max(merged[-1].last, days.last))
        else:
            merged.append(days)
    return tuple(merged)


def clipped(days: DateRange, window: DateRange) -> DateRange | None:
    """The part of `days` inside `window`, or None."""
    first, last = max(days.first, window.first), min(days.last, window.last)
    return DateRange(first, last) if first <= last else None


def booking_window(today: date, window_days: int) -> DateRange:
    """The days that can be booked: from today to `window_days` later, both included."""
    return DateRange(today, today + timedelta(days=window_days))


def month_of(day: date) -> DateRange:
    """The calendar month around `day`."""
    return DateRange(day.replace(day=1), day.replace(day=calendar.monthrange(day.year, day.month)[1]))


def today_at(iata: str, now: datetime) -> date:
    """The local date at an airport at the aware moment `now`; the date in UTC at an airport we do not know."""
    if now.tzinfo is None:
        raise ValueError("now must be an aware datetime")
    return now.astimezone(airport_zone(iata) or UTC).date()


def _read_span(written: str) -> DateSpan:
    first_text, dots, last_text = (end.strip() for end in written.partition(".."))
    counted, first, last = _read_end(first_text, written)
    if dots:
        also_counted, _, last = _read_end(last_text, written)
        if counted is not also_counted:
            raise InvalidArgument(f"'{written}' mixes a date with days from today: write both ends in the same way")
        if last < first:
            raise InvalidArgument(f"'{written}' runs backwards: write {last_text}..{first_text}")
    return DateSpan(written, counted, first, last)


def _read_end(text: str, written: str) -> tuple[bool, int, int]:
    """Whether it counts from today, and its first and last day, which differ for a month."""
    if relative := _RELATIVE.fullmatch(text):
        return True, int(relative[1]), int(relative[1])
    absolute = _ABSOLUTE.fullmatch(text)
    if absolute is None:
        raise InvalidArgument(f"'{written[:60]}' is not a date: {_HOW_TO_WRITE}")
    year, month, day = (int(number) if number else 0 for number in absolute.groups())
    if not (year and 1 <= month <= 12):
        raise InvalidArgument(f"'{text}' is not a date: there is no such month")
    whole = month_of(date(year, month, 1))
    if absolute[3] is None:
        return False, whole.first.toordinal(), whole.last.toordinal()
    if not 1 <= day <= whole.last.day:
        raise InvalidArgument(f"'{text}' is not a date: that month has {whole.last.day} days")
    ordinal = date(year, month, day).toordinal()
    return False, ordinal, ordinal


def what_is_cut(dates: str, origins: Iterable[str], now: datetime, window_days: int) -> str:
    """What of the dates lies outside the booking window, in words; empty where nothing does.

    It can be another day already at another origin: the first one at which the dates are good decides.
    """
    for origin in origins:
        with suppress(InvalidArgument):
            return parse_dates(dates, today_at(origin, now), window_days).note
    return ""
