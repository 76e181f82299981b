"""Dates that an announcement names: texts such as `October 7 - November 21, 2026`, and the days that they mean."""

from __future__ import annotations

import calendar
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import dateparser  # type: ignore[import-untyped]

from awardspider.parsers._promotion_words import Words, languages

# A day without a year that is further ahead was rather meant in the past.
_MAX_DAYS_AHEAD = 340
_YEARS = range(2000, 2101)


@dataclass(frozen=True, slots=True)
class DateMention:
    """A day or a range of days in a text; `first` is None for a single day.

    `is_month` is True for months as a unit, from their first to their last day, and `is_bare` if they have no year.
    `is_far` is True for a day without a year whose next date is so far ahead that the last one may be meant.
    """

    start: int
    end: int
    first: date | None
    last: date
    is_month: bool = False
    is_bare: bool = False
    is_far: bool = False


@dataclass(frozen=True, slots=True)
class _Day:
    """A day as written; without a year, or (as the first of a range) without a month."""

    day: int
    month: int | None
    year: int | None


def find_dates(folded: str, words: Words, published: date) -> tuple[DateMention, ...]:
    """Return the dates in a text, in order. Days without a year are the next ones, or just over."""
    found = (_mention(match, words, published) for match in _pattern(words.language).finditer(folded))
    return tuple(mention for mention in found if mention)


def resolve_past(mention: DateMention, published: date) -> DateMention:
    """Return a mention of a day in the past: the last such day before `published`, if it was dated in the future."""
    if mention.last <= published or mention.is_month:
        return mention
    earlier = _safe_date(mention.last.year - 1, mention.last.month, mention.last.day)
    return DateMention(mention.start, mention.end, None, earlier or mention.last)


def last_of_month(day: date) -> date:
    """Return the last day of a day's month."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def next_weekday(published: date, weekday: int) -> date:
    """Return the first day from `published` on that is this weekday; Monday is 0."""
    return published + timedelta(days=(weekday - published.weekday()) % 7)


@functools.cache
def _pattern(language: str) -> re.Pattern[str]:
    """Return the pattern of all forms of dates in a language."""
    words = languages()[language]
    months = "|".join(sorted(words.month_numbers, key=len, reverse=True))
    full_months = "|".join(names[0] for names in words.months)
    weekdays = "|".join(sorted(words.weekday_numbers, key=len, reverse=True))
    month, year = rf"(?:{months})\b\.?", r"(?:20\d\d|'\d\d)"
    day = r"(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th|o|º|ª)?(?![\d%]|[.,:]\d|\s?(?:%|k\b|x\b|mil\b|am\b|pm\b))"
    of = r"(?:\s(?:of|de|del)\s|\sde\s|[\s/.-]{1,2})"
    weekday = rf"(?:(?:{weekdays})\b\.?,?\s(?:(?:o\s)?dia\s|the\s)?)?"
    joints = "to|through|thru|until|till|til|and|a|ao|al|as|ate|hasta|e|y|the"
    to = rf"(?:\s?-\s?|\s(?:{joints})\s)(?:the\s|o\sdia\s|el\s|dia\s|de\s)?{weekday}"
    month_day = rf"{month}\s?{day}"
    day_month = rf"{day}{of}{month}"
    comma_year = rf"(?:,?\s(?:de\s|del\s|of\s)?{year}|/{year}|-{year})"
    numeric = r"(?:0?[1-9]|[12]\d|3[01])/(?:0?[1-9]|[12]\d|3[01])(?:/(?:20)?\d\d)?(?![\d/])"
    dotted = r"(?:0?[1-9]|[12]\d|3[01])\.(?:0?[1-9]|1[0-2])\.(?:20)?\d\d(?!\d)"
    iso = r"20\d\d-\d\d-\d\d(?!\d)"
    forms = {
        "iso": rf"{iso}(?:{to}{iso})?",
        "dotted": rf"{dotted}(?:{to}{dotted})?",
        "numeric": rf"{numeric}(?:{to}{numeric})?",
        "range_md_md": rf"{month_day}{comma_year}?{to}{month_day}{comma_year}?",
        "range_md_d": rf"{month_day}{to}{day}{comma_year}?(?!\s?(?:{months}))",
        "range_dm_dm": rf"{day_month}{comma_year}?{to}{day_month}{comma_year}?",
        "range_d_dm": rf"{day}{to}{day_month}{comma_year}?",
        "md": rf"{month_day}{comma_year}?",
        "dm": rf"{day_month}{comma_year}?",
        "months": rf"{month}{comma_year}?{to}{month}{comma_year}",
        "month": rf"(?:{months})\b{comma_year}",
        "bare_months": rf"(?:{full_months})\b(?:{to}(?:{full_months})\b)?",
    }
    return re.compile(
        r"(?<![\w$€£/.])(?:" + "|".join(f"(?P<{name}>{form})" for name, form in forms.items()) + r")(?!\w)"
    )


_PIECE = re.compile(r"20\d\d(?!\d)|(?<=[/-])\d\d(?!\d)|'\d\d|\d{1,2}(?!\d)|[a-z]+")


def _mention(match: re.Match[str], words: Words, published: date) -> DateMention | None:
    form, text = str(match.lastgroup), match[0]
    if form == "iso":
        days = [_iso(part) for part in re.findall(r"20\d\d-\d\d-\d\d", text)]
        known = [day for day in days if day]
        return _span(match, known) if len(known) == len(days) else None
    if form in ("numeric", "dotted"):
        return _numeric(match, words, published)
    if form in ("months", "month", "bare_months"):
        return _months(match, words, published)
    days_written = list(_written_days(text, words))
    return _resolve(match, days_written, words, published)


def _numeric(match: re.Match[str], words: Words, published: date) -> DateMention | None:
    """Return the mention of 10/31, 31/10/2026 or 31.10.2026.

    If a day could be a month, the order is that of the language, or the other one if only that is not over.
    """
    parts = re.findall(r"(\d{1,2})[/.](\d{1,2})(?:[/.]((?:20)?\d\d))?", match[0])
    written = [(int(first), int(second), _year(year)) for first, second, year in parts]
    day_first = words.day_first or match.lastgroup == "dotted"
    if any(second > 12 for _, second, _ in written):
        day_first = False
    elif any(first > 12 for first, _, _ in written):
        day_first = True
    days = [_Day(a if day_first else b, b if day_first else a, year) for a, b, year in written]
    if any(day.month is None or day.month > 12 for day in days):
        return None
    found = _resolve(match, days, words, published)
    is_ambiguous = all(first <= 12 and second <= 12 for first, second, _ in written)
    if found and found.last < published and is_ambiguous:
        swapped = _resolve(match, [_Day(day.month or 0, day.day, day.year) for day in days], words, published)
        return swapped if swapped and swapped.last >= published else found
    return found


def _year(text: str) -> int | None:
    if not text:
        return None
    digits = text.strip("'")
    return int(digits) if len(digits) == 4 else 2000 + int(digits)


def _written_days(text: str, words: Words) -> Iterator[_Day]:
    """Yield the one or two days of a text with names of months."""
    days: list[int] = []
    months: list[int] = []
    years: list[tuple[int, int]] = []
    for piece in _PIECE.findall(text):
        if piece in words.month_numbers:
            months.append(words.month_numbers[piece])
        elif piece.startswith("'") or (piece.isdigit() and len(piece) == 4) or (piece.isdigit() and int(piece) > 31):
            years.append((len(days), _year(piece) or 0))
        elif piece.isdigit() and len(days) == 2:
            years.append((2, 2000 + int(piece)))
        elif piece.isdigit():
            days.append(int(piece))
    last_year = years[-1][1] if years else None
    for index, day in enumerate(days):
        is_last = index == len(days) - 1
        own = [year for position, year in years if position == index + 1]
        month = months[min(index, len(months) - 1)]
        yield _Day(day, month, own[0] if own else (last_year if is_last else None))


def _resolve(match: re.Match[str], days: list[_Day], words: Words, published: date) -> DateMention | None:
    *firsts, last = days
    if last.month is None:
        return None
    end = _date(last.day, last.month, last.year, words, published)
    if end is None:
        return None
    is_far = last.year is None and (end - published).days > _MAX_DAYS_AHEAD
    if not firsts:
        return DateMention(match.start(), match.end(), None, end, is_far=is_far)
    first = firsts[0]
    month = first.month or last.month
    begin = _safe_date(first.year or end.year, month, first.day)
    if begin and first.year is None and begin > end:
        begin = _safe_date(end.year - 1, month, first.day)
    if first.year is not None and last.year is None and begin:  # October 7, 2026 - January 5
        end = _after(begin, last.month, last.day) or end
    return DateMention(match.start(), match.end(), begin, end, is_far=is_far) if begin and begin <= end else None


def _date(day: int, month: int, year: int | None, words: Words, published: date) -> date | None:
    if year is not None:
        return _parsed(day, month, year, words.language) if year in _YEARS else None
    return _after(published, month, day)


@functools.lru_cache(maxsize=2048)
def _parsed(day: int, month: int, year: int, language: str) -> date | None:
    """Return a day with dateparser, which knows the days of each month."""
    settings = {"DATE_ORDER": "DMY", "REQUIRE_PARTS": ["day", "month", "year"]}
    name = languages()[language].months[month - 1][0]
    found = dateparser.parse(f"{day} {name} {year}", languages=[language], settings=settings)
    return found.date() if found else None


def _after(earliest: date, month: int, day: int) -> date | None:
    for year in range(earliest.year, earliest.year + 5):  # February 29
        found = _safe_date(year, month, day)
        if found and found >= earliest:
            return found
    return None


def _safe_date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _iso(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _span(match: re.Match[str], days: list[date]) -> DateMention | None:
    first = days[0] if len(days) == 2 else None
    return DateMention(match.start(), match.end(), first, days[-1]) if first is None or first <= days[-1] else None


def _months(match: re.Match[str], words: Words, published: date) -> DateMention | None:
    """Return the mention of `March 2027`, `January - March 2027` or `March`: from the first to the last day."""
    months = [words.month_numbers[piece] for piece in _PIECE.findall(match[0]) if piece in words.month_numbers]
    years = [_year(piece) for piece in re.findall(r"20\d\d|'\d\d", match[0])]
    last_year = years[-1] if years else published.year + (months[-1] < published.month)
    if last_year is None or last_year not in _YEARS:
        return None
    end = last_of_month(date(last_year, months[-1], 1))
    first_year = years[0] if len(years) == 2 and years[0] else last_year - (months[0] > months[-1])
    first = date(first_year, months[0], 1)
    return DateMention(match.start(), match.end(), first, end, is_month=True, is_bare=not years)
