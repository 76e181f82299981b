"""Recognition of dates relative to today, holidays and seasons: `next week`, `em duas semanas`, `Semana Santa`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from awardspider.search.dates import DateRange
from awardspider.search.words.periods import Period, UnclearDates, easter, full_month, week_of
from awardspider.search.words.text import CLAIMED, WishText
from awardspider.search.words.vocabulary import Vocabulary

_DAY_BEFORE_TODAY = timedelta(1)
_MAX_AHEAD = 1000


def relative_periods(text: WishText, words: Vocabulary, today: date) -> Iterator[Period]:
    """Claim and yield the dates that are relative to today, and holidays and seasons."""
    yield from _days_of_next_month(text, words, today)
    yield from _named_days(text, words, today)
    yield from _counted(text, words, today)
    yield from _holidays(text, words, today)
    yield from _units(text, words, today)
    yield from _seasons(text, words, today)
    yield from _quarters(text, words, today)


def _days_of_next_month(text: WishText, words: Vocabulary, today: date) -> Iterator[Period]:
    """Claim and yield `the 20th of next month` and `10 a 20 do mes que vem`."""
    day = r"(?:[0-2]?\d|3[01])"
    pattern = (
        rf"(?:(?:{{the}}|{{since}}|dias?|on)\s)*(?<![\d/.,-])(?:(?P<first>{day})(?:st|nd|rd|th)?\s?(?:-|to|a|ao|al)\s?)?"
        rf"(?P<day>{day})(?:st|nd|rd|th|o)?\s(?:of|de|do|del)\s(?:{{the}}\s)?"
        r"(?:(?:(?P<next>{next})|{this})\s{month}|{month}\s(?P<following>{next}))"
    )
    for match in text.take_all(words.pattern(pattern)):
        month = full_month(today.year, today.month + bool(match["next"] or match["following"]))
        last = int(match["day"])
        first = int(match["first"] or last)
        if not 1 <= first <= last <= month.last.day:
            raise UnclearDates
        yield _fixed(match, month.first.replace(day=first), month.first.replace(day=last))


def _named_days(text: WishText, words: Vocabulary, today: date) -> Iterator[Period]:
    for name, offset in (("after_tomorrow", 2), ("tomorrow", 1), ("today", 0)):
        for match in text.take_all(words.pattern(rf"(?:{{in}}\s)?{{{name}}}")):
            if name == "tomorrow" and re.search(r"(?:la|por la|de la)\s$", text.plain[: match.start()]):
                continue  # "por la mañana" is the morning
            or_later = name == "tomorrow" and text.take(
                words.pattern(rf"(?<={CLAIMED})\s(?:or|ou|o)\s(?:the day after|{{after_tomorrow}})")
            )
            yield _fixed(match, today + timedelta(offset), today + timedelta(offset + bool(or_later)))
    for match in text.take_all(words.pattern(r"{yesterday}(?!\s{n})")):
        yield _fixed(match, today - _DAY_BEFORE_TODAY)
    for match in text.take_all(words.pattern(r"{year_rest}")):
        yield _fixed(match, today, date(today.year, 12, 31))


def _counted(text: WishText, words: Vocabulary, today: date) -> Iterator[Period]:
    """Yield `in two weeks` (that day), `10 days from now`, and `next 3 months` (from today until then)."""
    unit = r"(?P<unit>(?P<d>{day})|(?P<w>{week})|(?P<m>{month})|(?P<y>{year}))"
    during = rf"(?:within|over|during|dentro de)?\s?(?:the\s|os\s|as\s)?{{next}}\s(?P<n>{{n}})\s{unit}"
    for match in text.take_all(words.pattern(during)):
        yield _fixed(match, today, _ahead(match, words, today))
    for match in text.take_all(words.pattern(rf"within\s(?P<n>{{n}})\s{unit}")):
        yield _fixed(match, today, _ahead(match, words, today))
    for pattern in (
        rf"{{in_time}}\s(?:(?:{{around}}|unos|unas|uns|umas)\s)?(?P<n>{{n}})\s?{unit}(?:'?\stime)?(?!\s(?:de|of)\s{{month_name}})",
        rf"(?P<n>{{n}})\s?{unit}\s{{from_now}}",
    ):
        for match in text.take_all(words.pattern(pattern)):
            is_span = re.match(
                r"(?:in the next|nos proximos|nas proximas|en los proximos|en las proximas|proxim)", match[0]
            )
            until = _ahead(match, words, today)
            yield _fixed(match, today if is_span else until, until)


def _ahead(match: re.Match[str], words: Vocabulary, today: date) -> date:
    count = min(words.number(match["n"]), _MAX_AHEAD)
    if match["m"] or match["y"]:
        months = full_month(today.year, today.month + count * (12 if match["y"] else 1))
        return min(months.first + timedelta(today.day - 1), months.last)
    return today + timedelta(count * (7 if match["w"] else 1))


def _units(text: WishText, words: Vocabulary, today: date) -> Iterator[Period]:
    """Yield `this weekend`, `next month`, `proxima semana`, `semana que vem`, `next friday` and similar."""
    which = r"(?P<which>(?P<next>{next})|(?P<this>{this})|(?P<last>{last}))"
    unit = r"(?P<unit>(?P<weekend>{weekend})|(?P<w>{week})|(?P<m>{month})|(?P<y>{year})|(?P<day>{weekday}))"
    part = (
        r"(?:(?P<early>{early})|(?P<middle>{middle})|(?P<late>{late})|(?P<half1>{first_half})|(?P<half2>{second_half}))"
    )
    for pattern in (
        r"(?:{in}\s)?(?:(?:{the}\s)?(?P<unit>(?P<weekend>{weekend}))\s(?:{the}\s)?(?P<which>(?P<next>{next})|(?P<this>{this})|(?P<last>{last})))",
        rf"(?:{part}\s?(?:o|a|el|la|the|do|da|del)?\s?)?(?:{{in}}\s)?{which}\s{unit}(?!\s?\d|\s(?:of|de|do|del|in|em|en)\s(?!¦))",
        rf"(?:{part}\s?(?:o|a|el|la|the|do|da|del)?\s?)?(?:{{in}}\s)?(?:{{the}}\s)?{unit}\s{which}",
        rf"{part}\s(?:the\s|o\s|el\s)?(?P<unit>(?P<m>{{month}})|(?P<y>{{year}}))(?!\s(?:of|de|do|del)\s)",
    ):
        for match in list(words.pattern(pattern).finditer(text.free)):
            named = words.pattern(
                r"(?:{month_name}|{season}|{holiday}|q[1-4]|{quarter}|half of the year|semestre),?\s"
                r"(?:of\s|de\s|do\s|del\s)?$"
            )
            if match.groupdict().get("y") and named.search(text.free[: match.start()]):
                continue  # "March next year"
            period = _unit(match, words, today)
            if period:
                text.claim(match)
                yield period


def _unit(match: re.Match[str], words: Vocabulary, today: date) -> Period | None:
    found = match.groupdict()
    step = 1 if found.get("next") else -1 if found.get("last") else 0
    if found.get("weekend"):
        saturday = week_of(today).first + timedelta(5 + 7 * step)
        days = DateRange(saturday, saturday + timedelta(1))
    elif found.get("w"):
        monday = week_of(today).first + timedelta(7 * step)
        days = DateRange(monday, monday + timedelta(6))
    elif found.get("m"):
        days = full_month(today.year, today.month + step)
    elif found.get("y"):
        days = DateRange(date(today.year + step, 1, 1), date(today.year + step, 12, 31))
        if found.get("early") or found.get("middle") or found.get("late"):
            raise UnclearDates
        return Period(match.start(), match.end(), fixed=_part(found, days))
    else:
        weekday = words.weekdays[found["day"]]
        ahead = (weekday - today.weekday() - 1) % 7 + 1
        if found.get("last"):
            ahead -= 7
        return _fixed(match, today + timedelta(ahead))
    return Period(match.start(), match.end(), fixed=_part(found, days))


def _part(found: dict[str, str | None], days: DateRange) -> DateRange:
    """Return the named part of a month, by its thirds or halves; of other ranges, halves only."""
    length = (days.last - days.first).days
    if length > 31:  # a year
        middle = date(days.first.year, 7, 1)
        if found.get("half1"):
            return DateRange(days.first, middle - timedelta(1))
        return DateRange(middle, days.last) if found.get("half2") else days
    if length < 27:
        return days
    bounds = {"early": (1, 10), "middle": (11, 20), "late": (21, 0), "half1": (1, 15), "half2": (16, 0)}
    name = next((name for name in bounds if found.get(name)), None)
    if not name:
        return days
    first, last = bounds[name]
    return DateRange(days.first.replace(day=first), days.first.replace(day=last) if last else days.last)


NEXT_YEAR = (
    r"(?:next year|ano que vem|proximo ano|ano que viene|ano proximo|do ano que vem|del ano que viene|del proximo ano)"
)


def _holidays(text: WishText, words: Vocabulary, today: date) -> Iterator[Period]:
    year = rf"(?:,?\s(?:{{of}}\s)?(?:(?P<year>20\d\d)(?!\d)|(?P<next_year>{NEXT_YEAR})))?"
    for match in text.take_all(
        words.pattern(rf"(?:{{in}}\s)?(?:{{the}}\s)?(?:(?P<next>{{next}})\s)?(?P<name>{{holiday}}){year}")
    ):
        name = words.holidays[match["name"]]
        if name == "unclear":
            yield Period(match.start(), match.end(), is_vague=True)
            continue
        if match["year"] or match["next_year"]:
            year_number = int(match["year"]) if match["year"] else today.year + 1
            yield Period(match.start(), match.end(), fixed=_HOLIDAYS[name](year_number))
        else:
            occurrences = (_HOLIDAYS[name](year) for year in range(today.year - 1, today.year + 3))
            days = next(days for days in occurrences if days.last >= today)
            yield Period(match.start(), match.end(), fixed=days)


def _around(day: date, before: int, after: int) -> DateRange:
    return DateRange(day - timedelta(before), day + timedelta(after))


def _thanksgiving(year: int) -> date:
    first = date(year, 11, 1)
    return first + timedelta((3 - first.weekday()) % 7 + 21)


#: Dates of each holiday in the year in which it begins.
_HOLIDAYS: dict[str, Callable[[int], DateRange]] = {
    "christmas": lambda year: DateRange(date(year, 12, 20), date(year + 1, 1, 2)),
    "christmas_day": lambda year: DateRange(date(year, 12, 24), date(year, 12, 25)),
    "between_years": lambda year: DateRange(date(year, 12, 25), date(year + 1, 1, 1)),
    "epiphany": lambda year: DateRange(date(year, 1, 6), date(year, 1, 6)),
    "new_year": lambda year: DateRange(date(year, 12, 28), date(year + 1, 1, 2)),
    "easter": lambda year: _around(easter(year), 2, 1),
    "holy_week": lambda year: _around(easter(year), 7, 0),
    "carnival": lambda year: _around(easter(year), 51, -46),
    "valentine": lambda year: DateRange(date(year, 2, 14), date(year, 2, 14)),
    "halloween": lambda year: DateRange(date(year, 10, 31), date(year, 10, 31)),
    "thanksgiving": lambda year: _around(_thanksgiving(year), 1, 3),
}


def _quarters(text: WishText, words: Vocabulary, today: date) -> Iterator[Period]:
    year = rf"(?:,?\s(?:{{of}}\s)?(?:(?P<year>20\d\d)(?!\d)|(?P<next_year>{NEXT_YEAR})))?(?![a-z\d])"
    pattern = r"(?:{the}\s)?(?:q(?P<q>[1-4])|(?P<nth>{ordinal})\s{quarter})" + year
    for match in text.take_all(words.pattern(pattern)):
        number = int(match["q"]) if match["q"] else min(words.ordinals[match["nth"]], 4)
        in_year = int(match["year"]) if match["year"] else today.year + 1 if match["next_year"] else None
        yield Period(match.start(), match.end(), (3 * number - 2, 1), (3 * number, 0), in_year, is_season=True)


def _seasons(text: WishText, words: Vocabulary, today: date) -> Iterator[Period]:
    thirds = r"(?:(?P<early>{early})|(?P<middle>{middle})|(?P<late>{late}))\s(?:o\s|a\s|el\s|la\s|the\s)?"
    year = rf"(?:,?\s(?:{{of}}\s)?(?:(?P<year>20\d\d)(?:/(?P<to>\d\d))?(?!\d)|(?P<next_year>{NEXT_YEAR})))?"
    which = r"(?:{in}\s)?(?:{the}\s)?(?:(?:(?P<next>{next})|(?P<this>{this}))\s)?"
    pattern = rf"(?:{thirds})?{which}(?P<name>{{season}})(?:\s(?P<after>{{next}}))?{year}"
    for match in text.take_all(words.pattern(pattern)):
        first, last = words.seasons[match["name"]]
        months = [(first + step - 1) % 12 + 1 for step in range(3)]
        if match["early"]:
            last = months[0]
        elif match["middle"]:
            first = last = months[1]
        elif match["late"]:
            first = months[2]
        yield Period(
            match.start(),
            match.end(),
            (first, 1),
            (last, 0),
            year=int(match["year"]) if match["year"] else today.year + 1 if match["next_year"] else None,
            is_season=not match["this"],
            is_next=bool(match["next"] or match["after"]),
        )


def _fixed(match: re.Match[str], first: date, last: date | None = None) -> Period:
    return Period(match.start(), match.end(), fixed=DateRange(first, last or first))
