"""Recognition of calendar days, months and years: `April 3-12`, `5 de abril`, `4/12/2027`, `early March`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from awardspider.search.dates import DateRange
from awardspider.search.words.periods import Period, UnclearDates, full_month, week_of
from awardspider.search.words.relative_days import NEXT_YEAR
from awardspider.search.words.text import WishText
from awardspider.search.words.vocabulary import Language, Vocabulary

_SUFFIX = r"(?:st|nd|rd|th|o|a|ro|er|do|ero)?(?![a-z\d])"
_DAY = rf"(?<![\d.,/])(?:0?[1-9]|[12]\d|3[01])(?!\d)(?:{_SUFFIX}|(?={{month_name}}))"
_DAY_NUMBER = r"(?<![\d.,/])(?P<day>0?[1-9]|[12]\d|3[01])"
_BETWEEN_DAYS = r"\s?(?:{range}|{or}|{and}|,|/)(?:\s?(?:{or}|{and}))?\s?(?:(?:{the}|dia|dias)\s)?"
_DAYS = rf"(?P<days>{_DAY}(?:{_BETWEEN_DAYS}{_DAY}(?![/.]\d))*)"
_YEAR = r"(?:\s?(?:,|/|-|{of})?\s?(?P<year>20\d\d)(?![\d.,]\d|\d)|\s?(?:['/]|de\s)\s?(?P<short>2[5-9]|3\d)(?!\d))"
_SHORT_MONTH = 4
_THIS_YEAR = r",?\s(?:of\s|de\s)?(?P<this_year>this year|este ano|deste ano|desse ano)"
_MODAL = r"(?<![a-z])(?:i|we|you|they|it)\smay(?![a-z])|(?<![a-z])may\s(?:be|i|need|want|have|go|fly|travel)(?![a-z])"
_BARE_DAY = (
    r"(?:(?<![a-z])(?:on\s)?(?:the\s)(?P<en>\d{1,2})(?:st|nd|rd|th)(?![a-z])"
    r"|(?<![a-z])(?:no\s|el\s|do\s)?dias?\s(?P<day>\d{1,2})(?![\d/.])"
    r"|(?<![a-z])el\s(?P<es>\d{1,2})(?![\w/.,:]|\s(?:k|mil|por|%)))"
)


def calendar_periods(text: WishText, words: Vocabulary, today: date) -> Iterator[Period]:
    """Claim and yield days, months and years of the calendar. Raise UnclearDates for a day that does not exist."""
    if words.language is Language.ENGLISH:
        list(text.take_all(words.pattern(_MODAL)))
    yield from _joined_year(text, words, today)
    yield from _iso(text, words)
    yield from _weeks(text, words, today)
    yield from _days_and_month(text, words)
    yield from _numeric(text, words)
    yield from _months(text, words, today)
    yield from _years(text, words)
    yield from _bare_days(text, words, today)


def _iso(text: WishText, words: Vocabulary) -> Iterator[Period]:
    pattern = r"(?<!\d)(?P<y>20\d\d)[-/](?P<m>0?[1-9]|1[0-2])(?:[-/](?P<d>0?[1-9]|[12]\d|3[01]))?(?![\d/])"
    for match in text.take_all(words.pattern(pattern)):
        month, day = int(match["m"]), int(match["d"] or 0)
        yield Period(match.start(), match.end(), (month, day or 1), (month, day), int(match["y"]))
    airline_form = rf"{_DAY_NUMBER}(?P<month>{{month_name}})(?P<short>2[5-9]|3\d)(?!\d)"
    for match in text.take_all(words.pattern(airline_form)):  # 1MAR27
        month_day = (words.months[match["month"]], int(match["day"]))
        yield Period(match.start(), match.end(), month_day, month_day, _year(match))


def _weeks(text: WishText, words: Vocabulary, today: date) -> Iterator[Period]:
    """Yield `first week of April`, `last weekend of May`, `first 10 days of June` and `week of April 5`."""
    unit = r"(?P<unit>(?P<weekend>{weekend})|(?P<w>{week})|(?P<d>{day}))"
    which = r"(?:(?P<last>{last_part})|(?P<nth>{ordinal}|{first}))"
    month_of_year = rf"(?P<month>{{month_name}}){_YEAR}?"
    pattern = rf"(?:{{in}}\s)?(?:{{the}}\s)?{which}\s(?:(?P<n>{{n}})\s)?{unit}\s(?:{{of}}\s)?{month_of_year}"
    for match in text.take_all(words.pattern(pattern)):
        month, year = words.months[match["month"]], _year(match)
        count = words.number(match["n"]) if match["n"] else 1
        if match["weekend"]:
            yield _weekend(match, month, _occurrence_year(month, year, today), words)
            continue
        length = count * (7 if match["w"] else 1)
        if match["last"]:
            size = full_month(year or 2027, month).last.day
            yield Period(match.start(), match.end(), (month, size - length + 1), (month, 0), year)
        else:
            first = (words.ordinals.get(match["nth"], 1) - 1) * length + 1
            yield Period(
                match.start(),
                match.end(),
                (month, first),
                (month, min(first + length - 1, 28 + 3 * (first > 28))),
                year,
            )
    this_month = r"{last_part}\s{week}\s(?:of the month|do mes|del mes)(?![a-z]|\s{next})"
    for match in text.take_all(words.pattern(r"(?:{in}\s)?(?:{the}\s)?" + this_month)):
        last = full_month(today.year, today.month).last
        yield Period(match.start(), match.end(), fixed=DateRange(last - timedelta(6), last))
    for name, is_weekend in (("weekend_of", True), ("week_of", False)):
        for pattern in (_month_day(r"(?P<days>" + _DAY + ")"), _day_month(r"(?P<days>" + _DAY + ")")):
            for match in text.take_all(words.pattern(rf"(?:{{in}}\s)?{{{name}}}\s(?:{{the}}\s)?{pattern}")):
                month, day = words.months[match["month"]], int(re.sub(r"\D", "", match["days"]))
                days = Period(0, 0, (month, day), (month, day), _year(match)).resolve(today)
                week = week_of(days.first)
                yield Period(
                    match.start(), match.end(), fixed=DateRange(week.first + timedelta(5 * is_weekend), week.last)
                )


def _weekend(match: re.Match[str], month: int, year: int, words: Vocabulary) -> Period:
    days = full_month(year, month)
    first = days.first + timedelta((5 - days.first.weekday()) % 7)
    if match["last"]:
        last = days.last - timedelta((days.last.weekday() - 5) % 7)
        return Period(match.start(), match.end(), fixed=DateRange(last, last + timedelta(1)))
    saturday = first + timedelta(7 * (words.ordinals.get(match["nth"], 1) - 1))
    return Period(match.start(), match.end(), fixed=DateRange(saturday, saturday + timedelta(1)))


def _occurrence_year(month: int, year: int | None, today: date) -> int:
    return year if year is not None else today.year + (month < today.month)


def _month_day(days: str) -> str:
    return rf"(?P<month>{{month_name}})\.?[\s-]?(?:the\s)?(?:dia\s)?{days}(?:{_YEAR})?"


def _day_month(days: str) -> str:
    articles = r"(?:(?<![a-z])(?:the|o|os|el|los|dia|dias|day)\s){0,2}"
    return rf"{articles}{days}[\s/.-]?\s?(?:{{of}}\s)?(?P<month>{{month_name}})\.?(?:{_YEAR})?"


#: `3 de maio a 17`: a second day after the month.
_SECOND_DAY = (
    rf"^\s?{{range}}\s?(?:(?:the|o|el|dia)\s)?(?P<day>{_DAY})"
    r"(?![/.]\d|\s?(?:{of}\s)?{month_name}|\s?(?:{night}|{day}|{week}|{seats}|{stops}|{thousand}))"
)


def _days_and_month(text: WishText, words: Vocabulary) -> Iterator[Period]:
    """Yield `April 3`, `3 de abril`, and lists and ranges of days: `April 3, 5 and 7`, `3 a 12 de abril`."""
    first_day = r"(?:{the}\s)?(?:first|primeiro|primero)\s(?:of|de|do|del)\s(?P<month>{month_name})"
    for match in text.take_all(words.pattern(rf"{first_day}(?:{_YEAR})?")):
        month = words.months[match["month"]]
        yield Period(match.start(), match.end(), (month, 1), (month, 1), _year(match))
    for pattern in (_day_month(_DAYS), _month_day(_DAYS)):
        for match in list(words.pattern(pattern).finditer(text.free)):
            before = text.free[: match.start()]
            if words.pattern(r"{month_name}\.?\s?$").search(before):
                continue  # "April 28 - May 6"
            between = words.pattern(r"{between}\s(?:{the}\s)?$").search(before)
            start = between.start() if between and re.search(r"\d\D+\d", match["days"]) else match.start()
            text.claim_span(start, match.end())
            month, year = words.months[match["month"]], _year(match)
            ranges = list(_day_ranges(match["days"], words, is_between=bool(between)))
            second = words.pattern(_SECOND_DAY).search(text.free[match.end() :])
            if second and len(ranges) == 1 and (last := int(re.sub(r"\D", "", second["day"]))) > ranges[0][0]:
                text.claim_span(match.end(), match.end() + second.end())
                ranges = [(ranges[0][0], last)]
            for first, last in ranges:
                yield Period(start, match.end(), (month, first), (month, last), year, is_span=first != last)


def _day_ranges(listed: str, words: Vocabulary, *, is_between: bool) -> Iterator[tuple[int, int]]:
    """Yield first and last day of each part of a list such as `3, 5-7 and 9`."""
    numbers = list(re.finditer(r"\d{1,2}(?:st|nd|rd|th|o|a|ro|er|do|ero)?(?![a-z])", listed))
    days = [int(re.sub(r"\D", "", each[0])) for each in numbers]
    is_range = words.pattern(r"\s?{range}\s?(?:(?:{the}|dia|dias)\s)?")
    position = 0
    while position < len(days):
        joined = listed[numbers[position].end() : numbers[position + 1].start()] if position + 1 < len(days) else ""
        if joined and (is_range.fullmatch(joined) or (is_between and len(days) == 2)):
            if days[position + 1] < days[position]:
                raise UnclearDates
            yield days[position], days[position + 1]
            position += 2
        else:
            yield days[position], days[position]
            position += 1


def _numeric(text: WishText, words: Vocabulary) -> Iterator[Period]:
    """Yield `4/12`, `4/12/2027`, `12.04.2027` and `03/2027`; English has the month first, unless it is above 12."""
    year = r"(?P<year>20\d\d|2[5-9]|3\d)"
    is_day_first = words.language is not Language.ENGLISH or re.search(
        r"(?<![\d/.,$-])(?:1[3-9]|2\d|3[01])[/-](?:0?[1-9]|1[0-2])(?![\d])", text.free
    )
    for match in text.take_all(words.pattern(r"(?<![\d/.-])(?P<m>0?[1-9]|1[0-2])[/-](?P<year>20\d\d)(?![\d/])")):
        month = int(match["m"])
        yield Period(match.start(), match.end(), (month, 1), (month, 0), _year(match))
    for pattern in (
        rf"(?<![\d/.,-])(?P<a>\d{{1,2}})(?P<s>[/.-])(?P<b>\d{{1,2}})(?P=s){year}(?![\d/])",
        r"(?<![\d/.,$])(?P<a>\d{1,2})/(?P<b>\d{1,2})(?![\d/%])",
    ):
        for match in list(words.pattern(rf"{_FIRST_DAY}?{pattern}").finditer(text.free)):
            first, second = int(match["a"]), int(match["b"])
            month, day = (second, first) if is_day_first or match.groupdict().get("s") == "." else (first, second)
            if month > 12 >= day:
                month, day = day, month
            if not (1 <= month <= 12 and 1 <= day <= 31):
                continue
            text.claim(match)
            start = int(match["first"]) if match["first"] else day
            if start > day:
                raise UnclearDates
            yield Period(match.start(), match.end(), (month, start), (month, day), _year(match), is_span=start < day)


# `1 a 15/05`, `entre 1 e 15/5`: the first of two days, before a day with its month.
_FIRST_DAY = (
    r"(?:(?:(?P<between>{between})\s)?(?<![\d/.,-])(?P<first>[1-9]|[0-3]\d)\s?"
    r"(?:-|a|ao|al|ate|hasta|to|(?(between)(?:e|y|and)|-))\s?)"
)


def _months(text: WishText, words: Vocabulary, today: date) -> Iterator[Period]:
    part = (
        r"(?:(?P<early>{early})|(?P<middle>{middle})|(?P<half1>{first_half})|(?P<half2>{second_half})|(?P<late>{late}))"
    )
    begin = r"(?:(?P<early0>{early})|(?P<middle0>{middle}))[\s-]?{range}[\s-]?"
    pattern = (
        rf"(?:(?:{begin})?{part}[\s-](?:{{of}}\s)?(?:{{the}}\s)?(?:mes\sde\s)?)?(?:(?P<next>{{next}})\s|{{this}}\s|(?P<last>{{last}})\s)?"
        rf"(?P<month>{{month_name}})\.?(?:\s(?P<after>{{next}}|{{last}})(?![a-z]|\s(?:year|ano)))?"
        rf"(?:\s(?:of\s|do\s|del\s|de\s)?(?P<next_year>{NEXT_YEAR})|{_THIS_YEAR}|{_YEAR})?"
    )
    bounds = {"early": (1, 10), "middle": (11, 20), "late": (21, 0), "half1": (1, 15), "half2": (16, 0)}
    for match in text.take_all(words.pattern(pattern)):
        name = next((name for name in bounds if match[name]), None)
        first, last = bounds[name] if name else (1, 0)
        if match["early0"] or match["middle0"]:
            first = 1 if match["early0"] else 11
        month, year = words.months[match["month"]], _year(match)
        is_past = match["last"] or (match["after"] and match["after"] in words.phrases["last"])
        if match["next_year"]:
            year = today.year + 1
        elif match["this_year"]:
            year = today.year
        elif is_past:
            year = today.year - (month >= today.month)
        is_next = bool(match["next"] or match["after"])
        yield Period(match.start(), match.end(), (month, first), (month, last), year, is_next=is_next)


def _years(text: WishText, words: Vocabulary) -> Iterator[Period]:
    for match in text.take_all(words.pattern(_HALVES)):
        months = ((1, 1), (6, 0)) if match["one"] else ((7, 1), (12, 0))
        yield Period(match.start(), match.end(), *months, _year(match), is_season=True)
    part = r"(?:(?P<part>{early}|{middle}|{late})|(?P<half1>{first_half})|(?P<half2>{second_half}))"
    for match in text.take_all(
        words.pattern(rf"(?:{part}\s?(?:{{of}}\s)?)?(?<![\d/.,$-])(?P<year>20[2-4]\d)(?![\d/.,-]\d|\d|k)")
    ):
        if match["part"]:
            raise UnclearDates
        first = (7, 1) if match["half2"] else (1, 1)
        last = (6, 0) if match["half1"] else (12, 0)
        yield Period(match.start(), match.end(), first, last, int(match["year"]))


_HALVES = (
    r"(?:{in}\s)?(?:{the}\s)?(?:(?P<one>(?:first|1st) half of (?:the )?year|(?:primeiro|primer|1o|1er) semestre)"
    r"|(?:second|2nd) half of (?:the )?year|(?:segundo|2o) semestre)(?:\s(?:of|de|do|del)\s(?P<year>20\d\d))?(?!\d)"
)


def _bare_days(text: WishText, words: Vocabulary, today: date) -> Iterator[Period]:
    """Yield `the 5th` and `dia 5`: the next such day, of any month."""
    for match in text.take_all(words.pattern(_BARE_DAY)):
        number = int(match["en"] or match["day"] or match["es"])
        weekday = words.pattern(r"(?P<day>{weekday}),?\s(?:no\s|el\s|on\s)?$").search(text.free[: match.start()])
        days = [today + timedelta(ahead) for ahead in range(400)]
        found = [day for day in days if day.day == number]
        if not found or not 1 <= number <= 31:
            raise UnclearDates
        if weekday:
            found = [day for day in found if day.weekday() == words.weekdays[weekday["day"]]] or found
        yield Period(match.start(), match.end(), fixed=DateRange(found[0], found[0]), day_of_month=number)


def _joined_year(text: WishText, words: Vocabulary, today: date) -> Iterator[Period]:
    """Claim and yield a month with the year directly after it: `sep27`, but not `sep12`."""
    names = sorted((name for name in words.months if len(name) <= _SHORT_MONTH), key=len, reverse=True)
    pattern = rf"(?<![a-z\d])(?P<month>{'|'.join(names)})(?P<short>\d\d)(?![\d/.-]|\s?(?:-|to|a)\s?\d)"
    for match in list(re.finditer(pattern, text.free)):
        if 0 <= 2000 + int(match["short"]) - today.year <= 1:
            text.claim(match)
            month = words.months[match["month"]]
            yield Period(match.start(), match.end(), (month, 1), (month, 0), _year(match))


def _year(match: re.Match[str]) -> int | None:
    found = match.groupdict()
    year = found.get("year") or found.get("short")
    return None if not year else int(year) if len(year) == 4 else 2000 + int(year)
