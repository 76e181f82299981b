"""Parsing of departure dates as people write them, cut to the booking window.

Accepted forms: a day (`2027-03-10`), a month (`2027-03`), a year (`2027`), a range of these (`2027-03-10..2027-04-20`),
days from today (`+30` or `+30..+120`), `any`, or several of these separated by commas. Each can be widened
(`2027-04-03 ±3`) and limited to weekdays (`2027-03..2027-05 Tue-Thu`), and all can have exclusions
(`2027-03 not 2027-03-28..2027-04-02`, `2027-03 not Sat-Sun`).
"""

from __future__ import annotations

import calendar
import functools
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from awardspider.airports import airport_zone
from awardspider.outcomes import InvalidArgument
from awardspider.search.date_hints import month_hint, suggest_dates
from awardspider.search.exclusions import included_after_exclusion, split_exclusions
from awardspider.search.field_values import quoted
from awardspider.search.weekdays import ALL_WEEKDAYS, parse_weekdays, starts_with_weekday

_FORMS = "write a day (2027-03-10), a month (2027-03), a range (2027-03-10..2027-04-20) or days from today (+30..+120)"
_ABSOLUTE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_RELATIVE = re.compile(r"\+([0-9]{1,3})")
_TOLERANCE = re.compile(r"\s*(?:±|\+\s*/\s*-|\+-)\s*([0-9]{1,2})(?![0-9])(?:\s*(?:days?|d[ií]as?|d)\b)?", re.I)
_ANY = re.compile(
    r"(?:any(?:\s*(?:time|day|date))?|flexible|qualquer\s+(?:data|dia)|cualquier\s+(?:fecha|d[ií]a))\b", re.I
)
# Between dates, a hyphen without spaces is before a year.
_TO = re.compile(
    r"\s+(?:to|through|until|até|ate|hasta|a|-)\s+(?=[0-9+])|\s*[–—]\s*(?=[0-9+])|(?<=[0-9])-(?=[0-9]{4}(?![0-9]))",
    re.IGNORECASE,
)
_FIRST, _LAST = date.min.toordinal(), date.max.toordinal()
_NO_DELAY = (0, 0)
_MAX_TEXT = 1000
# Spans of more days than a century are not checked for exclusions of all their days.
_MAX_CHECKED = 36_525


class DateRange(NamedTuple):
    """A range of local departure dates, both ends included."""

    first: date
    last: date

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}..{self.last}"


class DateSpan(NamedTuple):
    """A date range as written, both ends included, and the mask of its weekdays (bit 0 is Monday).

    If `is_relative` is True, `first` and `last` are days from today; otherwise, they are date ordinals.
    """

    text: str
    is_relative: bool
    first: int
    last: int
    weekdays: int = ALL_WEEKDAYS

    @property
    def is_any_day(self) -> bool:
        """Return whether the span has no first and last day, but some weekdays or all."""
        return (self.is_relative, self.first, self.last) == (False, _FIRST, _LAST)

    def resolve(self, today: date) -> DateRange:
        """Return the first and last date of this span, given today's date; not all weekdays between them are in it."""
        start = today.toordinal() if self.is_relative else 0
        return DateRange(_day(start + self.first), _day(start + self.last))

    def covers(self, day: date, today: date) -> bool:
        """Return whether `day` is in this span."""
        return _is_in((self,), day.toordinal(), today.toordinal())


@dataclass(frozen=True, slots=True)
class Dates:
    """Departure dates as written: the days of `spans` without those of `excluded`.

    `delay` moves them later by each number of days between its ends, both included.
    """

    text: str
    spans: tuple[DateSpan, ...]
    excluded: tuple[DateSpan, ...] = ()
    delay: tuple[int, int] = _NO_DELAY

    def __str__(self) -> str:
        return self.text

    def __hash__(self) -> int:
        return hash(self.text)  # equal dates have equal texts; the planner uses dates as keys many times

    def covers(self, day: date, today: date) -> bool:
        """Return whether the dates include `day`; relative dates count from `today`."""
        ordinal = day.toordinal()
        if self.delay is not _NO_DELAY:
            least, most = self.delay
            return any(self._includes(ordinal - delay, today.toordinal()) for delay in range(least, most + 1))
        for _, is_relative, first, last, weekdays in self.spans:  # a call of _is_in would take half as long again
            number = ordinal - today.toordinal() if is_relative else ordinal
            if first <= number <= last and weekdays >> (ordinal + 6) % 7 & 1:
                return not (self.excluded and _is_in(self.excluded, ordinal, today.toordinal()))
        return False

    def ranges(self, today: date, window_days: int) -> tuple[DateRange, ...]:
        """Return the bookable dates as sorted, disjoint ranges; the booking window ends `window_days` after today."""
        if self.excluded or any(span.weekdays != ALL_WEEKDAYS for span in self.spans):
            days = (today + timedelta(days=number) for number in range(window_days + 1))
            return _merged(DateRange(day, day) for day in days if self.covers(day, today))
        start, (least, most) = today.toordinal(), self.delay
        found = []
        for _, is_relative, first, last, _ in self.spans:
            origin = start if is_relative else 0
            begin, end = max(start, origin + first + least), min(start + window_days, origin + last + most)
            if begin <= end:
                found.append(DateRange(date.fromordinal(begin), date.fromordinal(end)))
        return _merged(found)

    def is_over(self, today: date) -> bool:
        """Return whether all dates are before `today`."""
        ranges = self._outer_ranges(today)
        first, last = min(days.first for days in ranges), max(days.last for days in ranges)
        if last < today or any(span.is_relative for span in self.spans):
            return last < today
        days = range(max(first, today).toordinal(), last.toordinal() + 1)
        return not any(self.covers(date.fromordinal(day), today) for day in days)

    def later(self, least: int, most: int) -> Dates:
        """Return the dates that are `least` to `most` days later: those of a return after that many nights."""
        return Dates(self.text, self.spans, self.excluded, (least, most))

    def _includes(self, ordinal: int, today: int) -> bool:
        return _is_in(self.spans, ordinal, today) and not (self.excluded and _is_in(self.excluded, ordinal, today))

    def _outer_ranges(self, today: date) -> list[DateRange]:
        """Return the range of each span with its delay, without regard to weekdays and exclusions."""
        least, most = self.delay
        start = today.toordinal()
        moved = [(span.first + least, span.last + most, start if span.is_relative else 0) for span in self.spans]
        return [DateRange(_day(origin + first), _day(origin + last)) for first, last, origin in moved]


@dataclass(frozen=True, slots=True)
class BookableDates:
    """Bookable date ranges, sorted and disjoint; `note` describes any dates outside the booking window."""

    ranges: tuple[DateRange, ...]
    note: str = ""


@functools.lru_cache(maxsize=4096)
def parse_dates(text: str) -> Dates:
    """Parse dates, which are kept as written. Raise InvalidArgument for text that is not a date."""
    included: list[DateSpan] = []
    excluded: list[DateSpan] = []
    for is_excluded, part in _parts(text):
        if is_excluded:
            excluded.append(_parse_span(part))
        elif excluded:
            raise included_after_exclusion(quoted(part))
        else:
            included.append(_parse_span(part))
    if not included and not excluded:
        raise InvalidArgument(f"dates are missing: {_FORMS}")
    dates = Dates(" ".join(text.split()), tuple(included) or (_any_day(text),), tuple(excluded))
    _check_some_day_is_left(dates)
    return dates


def parse_date_spans(text: str) -> tuple[DateSpan, ...]:
    """Parse dates without weekdays and exclusions into spans. Raise InvalidArgument for others."""
    dates = parse_dates(text)
    if dates.excluded or any(span.weekdays != ALL_WEEKDAYS for span in dates.spans):
        raise InvalidArgument(f'"{quoted(text)}" has weekdays or exclusions: write only days, months or ranges')
    return dates.spans


def parse_bookable_dates(text: str, today: date, window_days: int) -> BookableDates:
    """Parse dates and cut them to the booking window, which ends `window_days` after today.

    Raise InvalidArgument for text that is not a date, or for a range that is entirely in the past or beyond the
    window. A range that is partly outside the window is cut, and `note` describes the cut.
    """
    dates = parse_dates(text)
    window = booking_window(today, window_days)
    notes = []
    for span in dates.spans:
        days = span.resolve(today)
        if days.last < window.first:
            raise InvalidArgument(f"{span.text} is in the past (bookable dates: {window.first} to {window.last})")
        if days.first > window.last:
            raise InvalidArgument(f"{span.text} is beyond the booking window, which ends on {window.last}")
        if clip(days, window) != days and not span.is_any_day:
            notes.append(f"{span.text} is cut to {clip(days, window)}, the part that can be booked today")
    ranges = dates.ranges(today, window_days)
    if not ranges:
        raise InvalidArgument(f'"{quoted(text)}" has no day that can be booked from {window.first} to {window.last}')
    return BookableDates(ranges, "; ".join(notes))


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


def _is_in(spans: tuple[DateSpan, ...], ordinal: int, today: int) -> bool:
    """Return whether a day is in a span. Creates no date objects, because it runs for every offer of a crawl."""
    for _, is_relative, first, last, weekdays in spans:  # any() would take twice as long
        number = ordinal - today if is_relative else ordinal
        if first <= number <= last and weekdays >> (ordinal + 6) % 7 & 1:
            return True
    return False


def _merged(ranges: Iterable[DateRange]) -> tuple[DateRange, ...]:
    """Return ranges in order; overlapping and adjacent ones are merged."""
    merged: list[DateRange] = []
    for days in sorted(ranges):
        if merged and days.first <= merged[-1].last + timedelta(days=1):
            merged[-1] = DateRange(merged[-1].first, max(merged[-1].last, days.last))
        else:
            merged.append(days)
    return tuple(merged)


def _day(ordinal: int) -> date:
    return date.fromordinal(min(max(ordinal, _FIRST), _LAST))


def _any_day(text: str, weekdays: int = ALL_WEEKDAYS) -> DateSpan:
    return DateSpan(text, False, _FIRST, _LAST, weekdays)


# ---- parsing -----------------------------------------------------------------------------------------------------


def _parts(text: str) -> Iterator[tuple[bool, str]]:
    """Yield each part of a text, and whether it is excluded. Weekdays after a comma belong to the part before them.

    After a semicolon, which also separates the dates of a list, it is unclear if they do.
    """
    if len(text) > _MAX_TEXT:
        raise InvalidArgument(f"the dates are longer than {_MAX_TEXT:,} characters: name months or a year instead")
    parts: list[tuple[bool, str]] = []
    for separator, listed in re.findall("(^|[,;])([^,;]*)", text):
        first, exclusions = split_exclusions(listed.strip())
        if first and parts and starts_with_weekday(first):
            is_excluded, before = parts[-1]
            joined = f"{before}, {first}"
            if separator == ";":
                forms = f'"not {joined}" or "not {first}"' if is_excluded else f'"{joined}" or "any {first}"'
                raise InvalidArgument(f"{first} can be weekdays of {before} or of any dates: write {forms}")
            parts[-1] = is_excluded, joined
        elif first:
            parts.append((False, first))
        if "" in exclusions:
            raise InvalidArgument(f'"{quoted(listed)}" does not say what to exclude: write for example not Sat-Sun')
        parts += [(True, exclusion) for exclusion in exclusions]
    yield from parts


def _parse_span(text: str) -> DateSpan:
    """Parse one part: a date or range, its tolerance, and its weekdays."""
    tolerance = _TOLERANCE.search(text)
    rest = (f"{text[: tolerance.start()]} {text[tolerance.end() :]}" if tolerance else text).strip()
    if not _ABSOLUTE.fullmatch(rest) and (
        hint := suggest_dates(rest) or ("" if starts_with_weekday(rest) else month_hint(rest))
    ):
        raise InvalidArgument(f'"{quoted(text)}" is not a date: write {hint}')
    if found := _ANY.match(rest):
        days, weekdays = "any", rest[found.end() :].strip(" ,")
    elif starts_with_weekday(rest):
        days, weekdays = "any", rest
    else:
        days, weekdays = _split_weekdays(rest)
    mask = parse_weekdays(weekdays) if weekdays else ALL_WEEKDAYS
    if days == "any":
        return _any_day(text, mask)
    span = _parse_range(days, text)
    widen = int(tolerance[1]) if tolerance else 0
    first, last = span.first - widen, span.last + widen
    if span.is_relative:
        return DateSpan(text, True, max(first, 0), last, mask)
    first, last = max(first, _FIRST), min(last, _LAST)
    if not any(mask >> (day + 6) % 7 & 1 for day in range(first, min(first + 7, last + 1))):
        weekday = calendar.day_name[_day(first).weekday()]
        raise InvalidArgument(f'"{quoted(text)}" has no such weekday: {_day(first)} is a {weekday}')
    return DateSpan(text, False, first, last, mask)


def _split_weekdays(text: str) -> tuple[str, str]:
    """Split `2027-03..2027-05 Tue-Thu` at the first letter that is not between two dates."""
    plain = _TO.sub("..", text)
    letter = re.search(r"[^\W\d_]", plain)
    if letter is None or not plain[: letter.start()].strip():
        return plain, ""
    return plain[: letter.start()].strip(" ,"), plain[letter.start() :]


def _parse_range(text: str, part: str) -> DateSpan:
    first_text, dots, last_text = (end.strip() for end in text.partition(".."))
    is_relative, first, last = _parse_end(first_text, part)
    if dots:
        last_is_relative, _, last = _parse_end(last_text, part)
        if is_relative is not last_is_relative:
            raise InvalidArgument(f'"{text}" mixes a date with days from today: write both ends in the same form')
        if last < first:
            raise InvalidArgument(f'"{text}" ends before it starts: write {last_text}..{first_text}')
    return DateSpan(text, is_relative, first, last)


def _parse_end(text: str, part: str) -> tuple[bool, int, int]:
    """Parse one end of a range; return whether it is relative, and its first and last day (of a month or year)."""
    if relative := _RELATIVE.fullmatch(text):
        return True, int(relative[1]), int(relative[1])
    absolute = _ABSOLUTE.fullmatch(text)
    if absolute is None:
        raise InvalidArgument(f'"{quoted(part)}" is not a date: {_FORMS}')
    year, month, day = (int(number) if number else None for number in absolute.groups())
    if not year or (month is not None and not 1 <= month <= 12):
        raise InvalidArgument(f'"{text}" is not a date: there is no such {"month" if year else "year"}')
    if month is None:
        return False, date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
    days = month_range(date(year, month, 1))
    if day is None:
        return False, days.first.toordinal(), days.last.toordinal()
    if not 1 <= day <= days.last.day:
        raise InvalidArgument(f'"{text}" is not a date: that month has {days.last.day} days')
    ordinal = date(year, month, day).toordinal()
    return False, ordinal, ordinal


def _check_some_day_is_left(dates: Dates) -> None:
    """Raise InvalidArgument if the exclusions leave no day. What depends on today is not checked."""
    if not dates.excluded or any(span.is_relative for span in (*dates.spans, *dates.excluded)):
        return
    for span in dates.spans:
        days = range(span.first, min(span.last, span.first + _MAX_CHECKED) + 1)
        if any(dates.covers(_day(day), date.min) for day in days):
            return
        if span.last - span.first > _MAX_CHECKED and not all(each.is_any_day for each in dates.excluded):
            return
    raise InvalidArgument(f'"{quoted(dates.text)}" excludes every day')
