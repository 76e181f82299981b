"""The periods of an announcement: which of its dates end the promotion, and which are those of the flights."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import Enum

from awardspider.parsers._promotion_dates import DateMention, find_dates, last_of_month, next_weekday, resolve_past
from awardspider.parsers._promotion_words import Words, languages

_CONTEXT = 70
_TAIL = 40
_MAX_MONTH = 31
# Characters between two dates of one period: "from January 10 through March 31".
_CONTINUES = 22
_FEW_WORDS = r"(?:[\s':-]+[a-z]+){0,4}[\s:,]*$"
# Between the parts of a sentence, each with its own subject: "(book by October 31) for travel ...".
# A colon after the name of a period does not end it: "Booking period: until October 31".
_CLAUSE_ENDS = re.compile(r"[;!?()\[\]|]|\.(?!\d)|\s-\s|:\s(?!(?:now|until|through|by|from|de|ate|desde|del|hasta)\b)")
_CLOCK = (
    r"(?:\d{1,2}(?:[:.]\d\d)?\s?[ap]\.?m\b\.?|\d{1,2}:\d\d(?:\s?h\b)?|\d{1,2}h(?:\d\d)?\b|(?:12 )?(?:midnight|noon))"
)
_ZONE = (
    r"(?:\s(?:local|eastern|pacific|central|mountain|standard|daylight|brasilia|[ecmpb]s?[dt]?t|gmt|utc|cest|brt)\b)*"
    r"(?:\stime\b)?"
)
_TIME = re.compile(rf"(?:(?<!\d )\b(?:at|as|a las)\s)?\b{_CLOCK}{_ZONE},?\s?(?:d[eo]l?\s(?:dia\s)?)?")
# "Before 11:59 pm on October 31" includes the day; "before October 31" does not.
_BEFORE_TIME = re.compile(rf"\bbefore\s(?={_CLOCK})")
# A promotion that ended earlier is not the one that is announced.
_MAX_DAYS_AGO = 60


class _Subject(Enum):
    """Subjects of a date; ENDS is the promotion itself."""

    REGISTER = 0
    ON_DAY = 5
    ENDS = 1
    BOOK = 2
    TRAVEL = 3
    STAY = 4


@dataclass(frozen=True, slots=True)
class Periods:
    """The days of an announcement; None if it does not name them, or names several."""

    book_from: date | None = None
    book_by: date | None = None
    travel_from: date | None = None
    travel_until: date | None = None

    def filled_from(self, other: Periods) -> Periods:
        """Return these periods, with those that are missing from others."""
        found = self
        if found.book_by is None and found.book_from is None:
            found = replace(found, book_from=other.book_from, book_by=other.book_by)
        elif found.book_by is None and (
            other.book_by is None or found.book_from is None or found.book_from <= other.book_by
        ):
            found = replace(found, book_by=other.book_by)
        if found.travel_from is None and found.travel_until is None:
            found = replace(found, travel_from=other.travel_from, travel_until=other.travel_until)
        return found


@dataclass(frozen=True, slots=True)
class _Dated:
    """The first and last day that a part of a text gives for a subject; `of_flights` if flights are named before."""

    subject: _Subject
    first: date | None
    last: date | None
    is_extended: bool = False
    of_flights: bool = False


def find_periods(
    folded: str, words: Words, published: date, *, is_promotion: bool, earns: bool, is_over: bool = False
) -> Periods:
    """Return the periods of a text.

    Without `is_promotion`, only the last day to book counts, not the dates of news. `earns` is True if the promotion is
    for stays, whose last day is then also its own. `is_over` is True if the promotion has ended: its days
    are then in the past if they would be almost a year ahead.
    """
    folded = _TIME.sub("", _BEFORE_TIME.sub("by ", folded))
    dated = _dated(folded, words, published, is_over)
    if any(item.is_extended for item in dated):  # the end before is no longer the end
        dated = [item for item in dated if item.is_extended or item.subject in (_Subject.TRAVEL, _Subject.STAY)]
    dated = _with_flights(dated)
    ends = (_Subject.BOOK, _Subject.ENDS, _Subject.ON_DAY, _Subject.REGISTER) if is_promotion else (_Subject.BOOK,)
    if earns:
        ends = (*ends, _Subject.STAY)
    book_by = book_from = None
    for subject in ends:
        if any(item.last for item in dated if item.subject is subject):
            book_by = _only([item.last for item in dated if item.subject is subject])
            break
    if is_promotion:
        book_from = _only([item.first for item in dated if item.subject in (_Subject.BOOK, _Subject.ENDS)])
    if book_by and (published - book_by).days > _MAX_DAYS_AGO:
        book_by = None
    if book_from and book_by and book_from > book_by:
        book_from = None
    travel = [item for item in dated if item.subject is _Subject.TRAVEL]
    return Periods(book_from, book_by, _only([item.first for item in travel]), _only([item.last for item in travel]))


def _with_flights(dated: list[_Dated]) -> list[_Dated]:
    """Return the dates with those of flights as travel: `on flights until March 31 (book by October 9)`."""
    days = [item.last for item in dated if item.subject is _Subject.BOOK and item.last]
    if not days:
        return dated
    return [
        replace(item, subject=_Subject.TRAVEL)
        if item.subject is _Subject.ENDS and item.of_flights and item.last and item.last >= max(days)
        else item
        for item in dated
    ]


def _only(days: Iterable[date | None]) -> date | None:
    """Return the day, if all texts mean the same one."""
    found = {day for day in days if day is not None}
    return found.pop() if len(found) == 1 else None


def _dated(folded: str, words: Words, published: date, is_over: bool) -> list[_Dated]:
    """Return what a text says of each of its dates, and of relative ones such as `ends tomorrow`."""
    found: list[_Dated] = []
    mentions = find_dates(folded, words, published)
    previous: DateMention | None = None
    for mention in mentions:
        before = folded[previous.end if previous else 0 : mention.start]
        before = _weekday_before_pattern(words.language).sub(" ", before)
        context = _context(before)
        if mention.is_far:
            if not is_over and _relation(context, words) != "ended":
                previous = mention
                continue
            mention = resolve_past(mention, published)
        item = _of_mention(context, mention, words, published)
        if mention.first is None and not mention.is_month:
            if _is_only_day(folded, before, mention, words):
                item = _Dated(_Subject.ENDS, mention.last, mention.last)
            elif item is None and before.rstrip().endswith(("(", "[")) and folded[mention.end :][:1] in (")", "]"):
                item = _Dated(_Subject.ON_DAY, mention.last, mention.last)
        elif (mention.is_month and item is None) and (
            _travel_after_pattern(words.language).match(folded, mention.end)  # for October travel
            or _ends_with(context, words, "dates.travel_before")  # awards for October
        ):
            item = _Dated(_Subject.TRAVEL, mention.first, mention.last)
        if item and _ends_with(context, words, "dates.ignored", few_words=True):
            item = None
            previous = mention
            continue
        if item is None and found and previous and len(context) <= _CONTINUES and _relation(context, words) == "until":
            item = replace(found[-1], first=None, last=mention.last)
        elif item and item.subject is _Subject.ENDS and item.first is None and found and previous:
            gap = folded[previous.end : mention.start]
            if (
                found[-1].subject in (_Subject.TRAVEL, _Subject.STAY)
                and found[-1].last is None
                and len(gap) <= _CONTINUES
            ):
                item = replace(item, subject=found[-1].subject)
        if item:
            found.append(replace(item, of_flights=bool(words.patterns["dates.flights"].search(before))))
        previous = mention
    taken = [(mention.start, mention.end) for mention in mentions if not mention.is_bare]
    return found + list(_relative(folded, words, published, taken))


def _context(before: str) -> str:
    """Return the clause before a date."""
    return _CLAUSE_ENDS.split(before[-_CONTEXT:].rstrip(" :,"))[-1]


def _is_only_day(folded: str, before: str, mention: DateMention, words: Words) -> bool:
    """Return whether a promotion is on one day: `October 1 only` or `only on October 1`."""
    if _only_pattern(words.language).match(folded, mention.end):
        return True
    return bool(re.search(words.sources["dates.only_before"] + r"\W*$", before.rstrip(" :,-")))


def _of_mention(context: str, mention: DateMention, words: Words, published: date) -> _Dated | None:
    relation = _relation(context, words)
    subject = _subject(context, words)
    if relation == "ended":
        return _Dated(_Subject.ENDS, None, resolve_past(mention, published).last)
    if mention.is_month:
        return _of_months(mention, relation, subject, context, words)
    if mention.first is not None:
        return _Dated(subject or _Subject.ENDS, mention.first, mention.last)
    if relation == "until":
        is_extended = _ends_with(context, words, "dates.extended", few_words=True)
        return _Dated(subject or _Subject.ENDS, None, mention.last, is_extended)
    if relation == "from":
        return _Dated(subject or _Subject.ENDS, mention.last, None)
    if relation == "on" and subject not in (_Subject.TRAVEL, _Subject.STAY):
        return _Dated(_Subject.ON_DAY, mention.last, mention.last)
    return None


def _of_months(
    mention: DateMention, relation: str, subject: _Subject | None, context: str, words: Words
) -> _Dated | None:
    is_range = mention.first is not None and (mention.last - mention.first).days > _MAX_MONTH
    if mention.is_bare and not relation and subject is not _Subject.TRAVEL:
        return None
    if _ends_with(context, words, "dates.part_of"):  # mid March
        return None
    if relation == "until" and (subject is _Subject.TRAVEL or _ends_with(context, words, "dates.inclusive_until")):
        return _Dated(subject or _Subject.ENDS, None, mention.last)
    if subject is _Subject.TRAVEL:
        return _Dated(subject, mention.first, None if relation == "from" and not is_range else mention.last)
    return None


def _relation(context: str, words: Words) -> str:
    """Return the name of the last words before a date that say how it limits a period: ended, until, from, in or on."""
    tail = context[-_TAIL:].rstrip()
    found: dict[int, str] = {}
    for name in ("in", "from", "until", "ended"):
        for match in words.patterns[f"dates.{name}"].finditer(tail):
            found[match.end()] = name
    if found:
        return found[max(found)]
    return "on" if _ends_with(tail, words, "dates.on") else ""


def _subject(context: str, words: Words) -> _Subject | None:
    """Return what the words directly before a date are about."""
    found: dict[int, _Subject] = {}
    for subject in (_Subject.REGISTER, _Subject.BOOK, _Subject.STAY, _Subject.TRAVEL):
        source = words.sources[f"dates.{subject.name.lower()}"]
        pattern = re.compile(source + _FEW_WORDS)
        for match in pattern.finditer(context):
            found[match.start()] = subject
    return found[max(found)] if found else None


def _ends_with(context: str, words: Words, name: str, *, few_words: bool = False) -> bool:
    return bool(re.search(words.sources[name] + (_FEW_WORDS if few_words else r"\W*$"), context))


def _relative(folded: str, words: Words, published: date, taken: list[tuple[int, int]]) -> Iterable[_Dated]:
    """Yield the ends that a text gives relative to its day of publication, or by the name of a weekday."""
    patterns = words.patterns
    ends: list[tuple[re.Match[str], date]] = []
    for name, day in (
        ("today", published),
        ("tomorrow", published + timedelta(days=1)),
        ("month_end", last_of_month(published)),
        ("year_end", date(published.year, 12, 31)),
    ):
        ends += [(match, day) for match in patterns[f"dates.{name}"].finditer(folded)]
    for match in _weekday_pattern(words).finditer(folded):
        ends.append((match, next_weekday(published, words.weekday_numbers[match["weekday"]])))
    for match in _weekday_only_pattern(words.language).finditer(folded):
        day = next_weekday(published, words.weekday_numbers[match["weekday"]])
        ends.append((match, day))
    for match in _day_pattern(words).finditer(folded):
        if day_of_month := _next_day(published, int(match["day"])):
            ends.append((match, day_of_month))
    for match, day in ends:
        if any(start - _CONTINUES <= match.end() and match.start() < end for start, end in taken):
            continue
        context = _context(folded[: match.start()]) + " "
        yield _Dated(_subject(context + "until", words) or _Subject.ENDS, None, day)


@functools.cache
def _weekday_pattern_of(language: str) -> re.Pattern[str]:
    words = languages()[language]
    names = "|".join(sorted(words.weekday_numbers, key=len, reverse=True))
    return re.compile(rf"{words.sources['dates.until']}\s{words.sources['dates.this']}?\s?(?P<weekday>{names})\b(?!-)")


@functools.cache
def _weekday_before_pattern(language: str) -> re.Pattern[str]:
    """Return the pattern of a weekday before a date, which says nothing more: `until Friday, October 31`."""
    names = "|".join(sorted(languages()[language].weekday_numbers, key=len, reverse=True))
    return re.compile(rf"\b(?:{names})\b\.?[\s,(]*(?:dia\s)?$")


@functools.cache
def _travel_after_pattern(language: str) -> re.Pattern[str]:
    return re.compile(rf"\s{languages()[language].sources['dates.travel_after']}")


@functools.cache
def _only_pattern(language: str) -> re.Pattern[str]:
    return re.compile(rf"[\s,(]*{languages()[language].sources['dates.only']}")


@functools.cache
def _weekday_only_pattern(language: str) -> re.Pattern[str]:
    words = languages()[language]
    names = "|".join(sorted(words.weekday_numbers, key=len, reverse=True))
    return re.compile(rf"\b(?P<weekday>{names})\b[\s,(]*{words.sources['dates.only']}")


def _weekday_pattern(words: Words) -> re.Pattern[str]:
    return _weekday_pattern_of(words.language)


def _day_pattern(words: Words) -> re.Pattern[str]:
    return _day_pattern_of(words.language)


@functools.cache
def _day_pattern_of(language: str) -> re.Pattern[str]:
    before = languages()[language].sources["dates.day_of_month_after"]
    return re.compile(rf"{before}\s(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?![\w%/]|[.,]\d|\s(?:de|of)\s|\s?%)")


def _next_day(published: date, day: int) -> date | None:
    """Return the nearest day of a month with this number, from the day of publication on."""
    found = published
    for _ in range(62):
        if found.day == day:
            return found
        found += timedelta(days=1)
    return None
