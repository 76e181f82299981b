"""Combination of the dates in a wish into ranges of departure days, and nights from a date of return."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from awardspider.search.dates import DateRange
from awardspider.search.words.day_words import calendar_periods
from awardspider.search.words.periods import (
    HORIZON_DAYS,
    PastDates,
    Period,
    UnclearDates,
    cut,
    merge,
    only_weekdays,
    span,
    without,
)
from awardspider.search.words.relative_days import relative_periods
from awardspider.search.words.text import CLAIMED, WishText
from awardspider.search.words.vocabulary import Vocabulary

#: Days before and after a day that is only "around" a date.
AROUND_DAYS = 3
_WEEKEND = frozenset({5, 6})
_WORKDAYS = frozenset(range(5))
_MAX_TOLERANCE = 31


@dataclass(frozen=True, slots=True)
class Departures:
    """Ranges of departure days, sorted and disjoint, and the nights up to a date of return."""

    ranges: tuple[DateRange, ...] = ()
    nights: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class _Mention:
    """Dates in the text; `before` is the unclaimed text before them."""

    days: DateRange
    before: str
    after: str
    is_day: bool
    is_range: bool = False
    #: True for a range from one day to another.
    is_of_days: bool = False


@dataclass(frozen=True, slots=True)
class _Weekdays:
    """Weekdays in the text (0 is Monday)."""

    start: int
    end: int
    days: frozenset[int]
    is_plural: bool
    is_return: bool = False
    is_refused: bool = False


def departures(
    text: WishText, words: Vocabulary, today: date, tolerance: int = 0, *, has_stay: bool = False
) -> Departures:
    """Claim all dates. Raise PastDates or UnclearDates for dates that cannot be searched.

    `tolerance` is the number of days before and after a date that are also possible. With `has_stay`, the length of
    the stay is known, and `starting May 3` is the day of departure.
    """
    recurring = _recurring(text, words)
    periods = sorted(
        [*relative_periods(text, words, today), *calendar_periods(text, words, today)], key=lambda each: each.start
    )
    is_vague = any(period.is_vague for period in periods)
    periods = [period for period in periods if not period.is_vague]
    if is_vague and not periods:
        raise UnclearDates
    periods = [_with_weekend(text, words, period, today) for period in periods]
    if match := text.take(
        words.pattern(r"(?:{in}\s)?(?:(?:any|a|an|one|some|um|algum|qualquer|un|algun|cualquier)\s)?{weekend}")
    ):
        recurring.append(_Weekdays(match.start(), match.end(), _WEEKEND, is_plural=True))
    found = _weekdays(text, words, periods, recurring)
    weekdays = _departure_days(text, words, [each for each in found if not (each.is_return or each.is_refused)])
    without_days = _departure_days(text, words, [each for each in found if each.is_refused])
    if without_days:  # "no weekends"
        weekdays = (weekdays or frozenset(range(7))) - without_days
    is_plural = bool(without_days) or any(each.is_plural for each in found) or len(weekdays) > 1
    periods = [_with_weekday(text, words, period) for period in periods]
    outbound, inbound, refused = [], [], []
    for mention in _mentions(text, words, periods, today):
        if words.pattern(rf"(?:{{no}}|{{any_time}}\s(?:but|menos|salvo)){_PARTICLES}").search(mention.before):
            refused.append(mention.days)
        elif words.pattern(rf"{{return_trip}}{_PARTICLES}").search(mention.before) and not _is_around(mention, words):
            inbound.append(mention)
        else:
            outbound.append(mention)
    ranges = _common([(each, _bounded(each, words, today, tolerance, has_stay=has_stay)) for each in outbound], today)
    is_trip = not has_stay and not inbound and len(outbound) == 1 and outbound[0].is_of_days and not tolerance
    if is_trip and words.pattern(r"{round_trip}").search(text.plain):  # "round trip May 3 - May 17"
        days = outbound[0].days
        return Departures((DateRange(days.first, days.first),), ((days.last - days.first).days,) * 2)
    if (refused or without_days) and not ranges:  # "any date but Christmas"
        ranges = [DateRange(today, today + timedelta(HORIZON_DAYS))]
    ranges = without(ranges, refused)
    list(text.take_all(words.pattern(r"{any_time}")))
    beside_day = r"(?<![a-z])(?:the|an?|el|o|um|un)\s{day}\s(?:before|after|prior|antes|depois|despues)(?![a-z])"
    if words.pattern(beside_day).search(text.free):
        raise UnclearDates
    if words.pattern(r"{week}|{month}|{weekday}|{month_name}|{season}|{long_weekend}").search(text.free):
        raise UnclearDates  # words for dates that nothing explains
    merged = merge(ranges)
    if weekdays:
        merged = _on_weekdays(merged, weekdays, today, is_plural=is_plural)
    returns = [each for each in found if each.is_return]
    if len(returns) == len(weekdays) == 1 and not inbound:  # "Friday, back on Sunday"
        (first,), (last,) = weekdays, returns[0].days
        return Departures(merged, ((last - first) % 7 or 7,) * 2)
    if returns:
        raise UnclearDates
    return Departures(merged, _nights(merged, [mention.days for mention in inbound]))


def _common(bounded: list[tuple[_Mention, DateRange]], today: date) -> list[DateRange]:
    """Return ranges of days; one that is open on a side only limits the others: `in December, before Christmas`."""
    upper = [days for each, days in bounded if days.first == today != each.days.first]
    lower = [days for each, days in bounded if days.last > each.days.last and days not in upper]
    if len(bounded) == 2 and upper and lower and lower[0].first <= upper[0].last:  # "after May 3 but before May 9"
        return [DateRange(lower[0].first, upper[0].last)]
    limits = [*upper, *lower]
    closed = [days for _, days in bounded if days not in limits]
    if len(limits) != 1 or not closed:
        return [days for _, days in bounded]
    limit = limits[0]
    cut_down = [DateRange(max(each.first, limit.first), min(each.last, limit.last)) for each in closed]
    return [each for each in cut_down if each.first <= each.last] or [days for _, days in bounded]


_PARTICLES = r"\s(?:(?:{in}|{until}|{of}|{the}|dia)\s)*$"


def _is_around(mention: _Mention, words: Vocabulary) -> bool:
    return words.pattern(rf"{{around}}{_PARTICLES}").search(mention.before) is not None


def date_tolerance(text: WishText, words: Vocabulary) -> int:
    """Claim words such as `± 3` or `give or take two days`, and return the number of days."""
    few = r"(?:a few|a couple of|couple|few|uns|alguns|unos|algunos|un par de|um par de)\s{day}"
    if text.take(words.pattern(rf"{{flex_before}}\s(?:by\s|de\s|en\s|em\s)?{few}|{few}\s{{flex_after}}")):
        return AROUND_DAYS
    for pattern in (
        r"±\s?(?P<n>{n})(?:\s?{day})?",
        r"{flex_before}\s(?:by\s|de\s|en\s|em\s)?(?P<n>{n})\s?{day}",
        r"(?P<n>{n})\s?-?{day}s?\s{flex_after}",
    ):
        match = text.take(words.pattern(pattern))
        if match:
            return min(words.number(match["n"]), _MAX_TOLERANCE)
    return 0


def _mentions(text: WishText, words: Vocabulary, periods: list[Period], today: date) -> Iterator[_Mention]:
    """Yield single periods, and ranges of two periods that are connected by words such as `to`."""
    particle = r"(?:\s?(?:{in}|{the}|{of}|{since}|dia|dias|on))*\s?"
    connected = words.pattern(rf"\s?{{range}}{particle}")
    joined = words.pattern(rf"\s?{{and}}{particle}")
    between = words.pattern(r"{between}\s(?:{the}\s|{in}\s)?$")
    position, latest = 0, today
    while position < len(periods):
        period = _after_day(periods[position], latest)
        following = (
            _after_day(periods[position + 1], period.resolve(today).first) if position + 1 < len(periods) else None
        )
        before = _tail(text.free, period.start)
        if following and following.start >= period.end:
            gap = text.free[period.end : following.start].replace(CLAIMED, "")
            is_between = between.search(before) and joined.fullmatch(gap)
            if is_between or connected.fullmatch(gap):
                text.claim_span(period.end, following.start)
                days = span(period, following, today)
                is_of_days = period.is_day and following.is_day
                yield _Mention(days, before, text.free[following.end :], False, True, is_of_days)
                position += 2
                continue
        if (
            following
            and following.year is not None
            and period.year is None
            and not period.fixed
            and not following.fixed
        ):
            gap = text.free[period.end : following.start].replace(CLAIMED, "")
            if words.pattern(rf"\s?(?:{{or}}|{{and}}|,|/){particle}").fullmatch(gap) or following.start == period.start:
                period = Period(period.start, period.end, period.first, period.last, following.year)
        days = period.resolve(today)
        latest = days.first
        yield _Mention(days, before, text.free[period.end :], period.is_day, period.is_span, period.is_span)
        position += 1


def _after_day(period: Period, latest: date) -> Period:
    """Return a period; a day without a month is the first one after an earlier date (`May 3, back on the 17th`)."""
    if period.day_of_month is None:
        return period
    days = (latest + timedelta(ahead) for ahead in range(1, 63))
    day = next((day for day in days if day.day == period.day_of_month), None)
    return (
        replace(period, fixed=DateRange(day, day)) if day and period.fixed and period.fixed.first <= latest else period
    )


def _tail(free: str, end: int) -> str:
    """Return the text before a position, with one space at its end."""
    return free[:end].rstrip() + " "


def _bounded(mention: _Mention, words: Vocabulary, today: date, tolerance: int, *, has_stay: bool) -> DateRange:
    """Return the days that a mention means with words such as `after`, `until` or `around` before it."""
    days, before = mention.days, mention.before
    if mention.is_range:
        margin = timedelta(tolerance)
        return cut(DateRange(days.first - margin, days.last + margin), today)
    particle = r"\s(?:(?:{the}|{of}|{in}|dia)\s)*$"
    horizon = today + timedelta(HORIZON_DAYS)
    if words.pattern(rf"{{until}}{particle}").search(before):
        return cut(DateRange(today, days.last), today)
    if words.pattern(rf"{{after}}{particle}").search(before):
        return DateRange(days.last + timedelta(1), max(horizon, days.last + timedelta(1)))
    is_open = words.pattern(rf"{{open_since}}{particle}").search(before) is not None
    if not is_open and words.pattern(rf"{{before}}{particle}").search(before):
        return cut(DateRange(today, days.first - timedelta(1)), today)
    if has_stay and mention.is_day and words.pattern(rf"{{start_stay}}{particle}").search(before):
        is_open = False
    has_onward = words.pattern(r"^\s?{onward}").search(mention.after)
    if has_onward or is_open:
        return DateRange(days.first, max(horizon, days.last))
    around = AROUND_DAYS if _is_around(mention, words) else 0
    margin = timedelta(tolerance or around if mention.is_day else 0)
    return cut(DateRange(days.first - margin, days.last + margin), today)


def _recurring(text: WishText, words: Vocabulary) -> list[_Weekdays]:
    """Claim `weekends` and `weekdays`."""
    return [
        _Weekdays(match.start(), match.end(), days, is_plural=True)
        for name, days in (("weekends", _WEEKEND), ("workdays", _WORKDAYS))
        for match in text.take_all(words.pattern(rf"(?:{{in}}\s)?{{{name}}}(?:\s(?:only|so))?"))
    ]


def _weekdays(text: WishText, words: Vocabulary, periods: list[Period], recurring: list[_Weekdays]) -> list[_Weekdays]:
    """Claim weekdays; those beside a day of the calendar add nothing to it."""
    found = list(recurring)
    for match in text.take_all(words.pattern(r"(?P<name>{weekday_plural}|{weekday})(?:'?s\b)?")):
        name = match["name"]
        is_plural = name in words.weekdays_plural
        day = words.weekdays_plural[name] if is_plural else words.weekdays[name]
        touching = any(_is_beside(text.free, match, period) for period in periods)
        if not touching:
            is_return = words.pattern(rf"{{return_trip}}{_PARTICLES}").search(text.free[: match.start()]) is not None
            found.append(_Weekdays(match.start(), match.end(), frozenset({day}), is_plural, is_return))
    return list(_with_refused(text, words, sorted(found, key=lambda each: each.start)))


def _with_refused(text: WishText, words: Vocabulary, found: list[_Weekdays]) -> Iterator[_Weekdays]:
    """Yield weekdays; those after words such as `no`, and lists of them, are days without a departure."""
    refused = words.pattern(r"{no}\s(?:(?:{in}|{the}|{of}|on|any|fly|flying|voar|volar|ir|travel)\s)*$")
    refused_after = re.compile(r"\s(?:excluded|excepted|(?:are|is) (?:out|no good)|excluidos?|nao|no)(?![a-z])")
    listed = words.pattern(r"\s?(?:{or}|{and}|,|/|nor|nem|ni|{range})\s?(?:(?:{in}|{the}|on)\s)*")
    end: int | None = None  # of the last refused weekday
    for each in found:
        is_listed = end is not None and listed.fullmatch(text.free[end : each.start])
        if is_listed or refused.search(_tail(text.free, each.start)) or refused_after.match(text.free, each.end):
            each = replace(each, is_refused=True)
        end = each.end if each.is_refused else None
        yield each


def _departure_days(text: WishText, words: Vocabulary, found: list[_Weekdays]) -> frozenset[int]:
    """Return the weekdays of departure, with ranges such as `Tue-Thu` expanded."""
    days: set[int] = set()
    is_range = words.pattern(r"\s?{range}\s?(?:{the}\s)?")
    for position, each in enumerate(found):
        previous = found[position - 1] if position else None
        if (
            previous
            and len(each.days) == len(previous.days) == 1
            and is_range.fullmatch(text.free[previous.end : each.start])
        ):
            (first,), (last,) = previous.days, each.days
            days |= {(first + step) % 7 for step in range((last - first) % 7 + 1)}
        days |= each.days
    return frozenset(days)


def _with_weekend(text: WishText, words: Vocabulary, period: Period, today: date) -> Period:
    """Return the weekend nearest to a day, if that is meant: `4th of July weekend`."""
    after = words.pattern(r"\s{weekend}").match(text.free, period.end)
    if not after or not period.is_day:
        return period
    text.claim(after)
    day = period.resolve(today).first
    saturday = day + timedelta(5 - day.weekday() - (7 if day.weekday() == 0 else 0))
    return Period(period.start, after.end(), fixed=DateRange(saturday, saturday + timedelta(1)))


def _with_weekday(text: WishText, words: Vocabulary, period: Period) -> Period:
    """Return a day that begins with the weekday before it: `Sunday, May 9`."""
    weekday = words.pattern(r"{weekday}[\s,.]{0,2}(?:(?:the|dia|el|o|on|no)\s)?$").search(text.plain[: period.start])
    return replace(period, start=weekday.start()) if weekday and period.is_day else period


def _is_beside(free: str, match: re.Match[str], period: Period) -> bool:
    if not period.is_day:
        return False
    after, before = free[match.end() : period.start], free[period.end : match.start()]
    connection = re.compile(r"[\s,.]{0,2}(?:(?:the|dia|el|o|on|no)\s)?")
    return bool(
        (match.end() <= period.start and connection.fullmatch(after))
        or (period.end <= match.start() and connection.fullmatch(before))
    )


def _on_weekdays(
    ranges: tuple[DateRange, ...], weekdays: frozenset[int], today: date, *, is_plural: bool
) -> tuple[DateRange, ...]:
    if ranges:
        limited = only_weekdays(ranges, weekdays)
        if not limited:
            raise UnclearDates
        return limited
    if is_plural:
        raise UnclearDates
    (weekday,) = weekdays
    day = today + timedelta((weekday - today.weekday() - 1) % 7 + 1)
    return (DateRange(day, day),)


def _nights(outbound: tuple[DateRange, ...], inbound: list[DateRange]) -> tuple[int, int] | None:
    """Return the nights between departure and return; None without a date of return."""
    if not inbound:
        return None
    if len(outbound) != 1 or len(inbound) != 1:
        raise UnclearDates
    first = (inbound[0].first - outbound[0].first).days
    last = (inbound[0].last - outbound[0].last).days
    if outbound[0].first != outbound[0].last or not 0 < first <= last:
        raise UnclearDates  # a return date fits each departure day with other nights
    return first, last


__all__ = ["AROUND_DAYS", "Departures", "PastDates", "UnclearDates", "departures"]
