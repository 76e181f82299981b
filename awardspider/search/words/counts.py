"""Recognition of travelers, nights and stops."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from awardspider.items import MAX_PARTY
from awardspider.search.watch_fields import MAX_NIGHTS
from awardspider.search.words.names import cabin_names
from awardspider.search.words.text import WishText
from awardspider.search.words.vocabulary import Vocabulary

_ARTICLES = frozenset({"a", "an", "um", "uma", "un", "una", "uno"})
_MAX_STOPS = 9
_LONG_WEEKEND = (3, 4)
_STOPPING = r"(?<![a-z])(?:stop|stopping|connect|connecting|change|parar|parando|conectar|conectando)\s(?:{no_max}\s)*"
_ONCE = _STOPPING + r"(?:once|one time|uma vez|una vez)(?![a-z])"
_TWICE = _STOPPING + r"(?:twice|two times|duas vezes|dos veces)(?![a-z])"
# Counts of these nouns are added; "2 seats for 2 people" are two.
_ADULTS = ("adult", "adt", "senior", "teen")
_PARTY_OF = (
    r"(?:{for}\s|{the}\s)?(?P<party>{party})\s?:?\s?(?:{of_us}\s)?(?!(?:an?|uma?|una?)(?![a-z]))(?P<n>{n})"
    r"(?:\s{of_us}|\s{seats})?(?!\s?(?:{day}|{night}|{week}|{month}|{stops}|k|mil|{month_name}|{miles})|\s?[/-]\s?\d|:)"
)
_ADULTS_AND_CHILDREN = (
    r"(?<![\w.,/:-])(?P<a>[1-9])\s?(?:a|ad|adt|adl|ads)\s?[+,&/]?\s?(?P<c>[1-9])\s?(?:c|ch|chd|chl|k)(?![a-z\d])"
)
_STAY_UNIT = (
    r"(?:(?P<night>{night})|(?P<day>{day})|(?P<week>{week})|(?P<month>{month}))"
    r"(?:\s(?:of\s)?(?:trip|stay|long|de viagem|de viaje|de estadia|de estancia|de ferias|de vacaciones|there|la|"
    r"alli))?"
)
_CABIN_BETWEEN = (
    r"(?:(?:award|business|biz|first|economy|premium|eco|coach|j|f|y|exec|executive|saver|class|flat|lie-flat|available|"
    r"or|"
    r"de|na|em|en|clase|classe|ejecutiva|executiva|primeira|primera|turista|economica|the|la|a)\s){0,4}"
)


@dataclass(frozen=True, slots=True)
class Party:
    """The number of travelers, None if it is not stated; `is_unclear` if it is stated without a number."""

    travelers: int | None = None
    is_unclear: bool = False


def party(text: WishText, words: Vocabulary) -> Party:
    """Claim the number of travelers. A number that is stated twice counts once; two that differ are unclear."""
    infant = text.take(words.pattern(r"(?:{with}\s|{and}\s)?(?:{n}\s|un\s|um\s)?(?:lap\s)?{infants}"))
    parties = list(_parties(text, words))
    counts = list(_counts(text, words))
    is_couple = text.take(words.pattern(r"(?:{for}\s)?{couple}")) is not None
    is_solo = not (parties or counts or is_couple) and text.take(words.pattern(_SOLO)) is not None
    companions = _companions(text, words, beside_count=bool(counts or parties or is_couple))
    stated = _Stated(tuple(parties), tuple(counts), is_couple, companions)
    travelers = 1 if is_solo and not companions.people else stated.travelers(words)
    if not stated.is_any or not (parties or counts or is_couple or is_solo or companions.includes_speaker):
        travelers = _bare_count(text, words) or travelers  # "to surprise my wife, for two"
        if travelers is None and companions.is_group:
            return Party(is_unclear=True)
    if infant or (travelers is None and stated.is_any) or not 1 <= (travelers or 1) <= MAX_PARTY:
        return Party(is_unclear=True)
    return Party(travelers)


_SOLO = (
    r"(?<!and\s)(?<!y\s)(?<!e\s)(?:{for}\s)?{solo}"
    r"(?!\s(?:{and}|e|y|plus|&|{relatives}|{relatives_plural}|{parents}|{group}|{children}))"
)


@dataclass(frozen=True, slots=True)
class _Companions:
    """People named by relation: `my wife and 2 friends`; a group has no number."""

    #: With the speaker, if the wish says that the others travel along.
    people: int = 0
    includes_speaker: bool = False
    is_group: bool = False


@dataclass(frozen=True, slots=True)
class _Stated:
    """All that a wish says about the number of travelers."""

    parties: tuple[tuple[int, bool], ...]
    counts: tuple[tuple[int, str], ...]
    is_couple: bool
    companions: _Companions

    @property
    def is_any(self) -> bool:
        """Return whether any number is stated."""
        return bool(self.parties or self.counts or self.is_couple or self.companions.people)

    def travelers(self, words: Vocabulary) -> int | None:
        """Return the number of travelers, None if it is not stated or stated differently."""
        is_child = words.pattern(r"{children}").fullmatch
        children = sum(count for count, noun in self.counts if is_child(noun))
        adults = {noun.rstrip("s"): count for count, noun in self.counts if noun.startswith(_ADULTS)}
        others = [count for count, noun in self.counts if not is_child(noun) and not noun.startswith(_ADULTS)]
        totals = {*others, *(count for count, _ in self.parties)}
        includes_all = any(includes_children for _, includes_children in self.parties)
        parts = self._parts(sum(adults.values()), children)
        if not totals:
            return parts or (1 + children if children else None)
        if len(totals) > 1:
            return None
        (total,) = totals
        if parts is None:  # "2 seats and 1 child" are three, "family of 4 with 2 kids" four
            return total if includes_all else total + children
        if adults or (self.companions.includes_speaker and not self.companions.is_group) or self.is_couple:
            return total if total == parts else None
        return total

    def _parts(self, adults: int, children: int) -> int | None:
        """Return the sum of the people who are stated one by one."""
        people, has_speaker = self.companions.people, self.companions.includes_speaker
        if adults:
            return adults + children
        if self.is_couple:
            return 2 + children + people - (has_speaker and people > 0)
        if people:
            # Children do not travel alone: "2 kids and my wife" includes the speaker.
            return people + children + (not has_speaker and people == 1 and children > 0)
        return children + 1 if has_speaker and children else None


def _parties(text: WishText, words: Vocabulary) -> Iterator[tuple[int, bool]]:
    """Claim each number of the whole party, `party of 4`, and tell whether it includes the children."""
    for match in text.take_all(words.pattern(_PARTY_OF)):
        yield words.number(match["n"]), match["party"].startswith(("fam", "grup", "group", "party"))
    for match in text.take_all(
        words.pattern(r"(?:{for}\s)?(?:(?:all|the|just|only)\s)*(?P<n>{n})\sof\sus(?:\s(?:total|in total))?")
    ):
        yield words.number(match["n"]), False


def _counts(text: WishText, words: Vocabulary) -> Iterator[tuple[int, str]]:
    """Claim each count with its noun; words for a cabin between the two stay for the recognizer of cabins."""
    counted = words.pattern(
        rf"(?:{{for}}\s)?(?:{{the}}\s)?(?P<n>{{n}})\s?x?\s?{_CABIN_BETWEEN}(?P<noun>{{seats}}|{{children}})"
        r"(?:\s{for}\s{n}(?!\s?(?:{thousand}|{day}|{night}|{week}|{seats})))?"
    )
    found = []
    while match := counted.search(text.free):
        text.claim_span(match.start(), match.end("n"))
        text.claim_span(match.start("noun"), match.end())
        found.append((words.number(match["n"]), match["noun"], match["n"] in _ARTICLES))
    for count, noun, is_article in found:
        if not is_article or len(found) == 1 or words.pattern(r"{children}").fullmatch(noun):
            yield count, noun  # "a seat for 2 adults" has one number


# People who do not travel along: "visiting my parents in Lima".
_VISITING = (
    r"(?<![a-z])(?:visit(?:ing)?|see(?:ing)?|meet(?:ing)?|surpris(?:e|ing)|visitar|visitando|ver|rever|encontrar|"
    r"reencontrar|surpreender|sorprender|visita a|visit to|casa d[aoe]s?|casa de)\s(?:a\s|al\s)?$"
)


def _companions(text: WishText, words: Vocabulary, *, beside_count: bool) -> _Companions:
    """Claim people named by relation."""
    person = (
        r"(?:{my}\s){0,2}(?:(?P<n>{n})\s)?(?:{my}\s)?"
        r"(?:(?P<one>{relatives})|(?P<many>{relatives_plural})|(?P<two>{parents}))"
    )
    visited = re.compile(_VISITING)
    people, is_group, has_speaker, has_with = 0, False, False, False
    for match in list(
        words.pattern(rf"(?P<lead>(?:{{with}}\s?|{{and}}\s|,\s|{{for}}\s)?){person}").finditer(text.free)
    ):
        if visited.search(text.free[: match.start()]):
            text.claim(match)
            continue
        if not match["n"] and match["many"]:
            is_group = True
        else:
            people += words.number(match["n"]) if match["n"] else 2 if match["two"] else 1
        has_with = has_with or (match["lead"] or "").strip() in words.phrases["with"]
        text.claim(match)
    if people or beside_count:
        speaker = words.pattern(
            r"(?:{and}\s(?:{for}\s)?)?{speaker}(?=\s?(?:¦|,|\)|$|{and}))|(?<=¦\s){and}\s(?:{for}\s)?{speaker}|{speaker}\s?(?:{and}|,|\+|¦)"
        )
        has_speaker = bool(people and text.take(speaker)) or has_with
    group = r"(?:{with}\s|{for}\s|{and}\s)(?:{my}\s)?{group}|(?:{my})\s(?:whole\s)?famil(?:y|ia)(?![a-z])"
    for _ in text.take_all(words.pattern(group)):
        is_group = True
    return _Companions(people + (has_speaker if people else 0), has_speaker, is_group)


def _bare_count(text: WishText, words: Vocabulary) -> int | None:
    """Return a number after `for`, or with a multiplication sign: `for two`, `x2`, `2x`."""
    unit = (
        r"(?!\s?(?:{thousand}|{day}|{night}|{week}|{month}|{year}|{weekend}|{month_name}|{stops}|{miles}|-|/|to\s\d|a\s\d)"
        r"|[\d,.]*\d|:|\s(?:get|go|fly|be|find|see|book|travel|visit)(?![a-z]))"
    )
    for pattern in (
        rf"{{for}}\s?(?:{{the}}\s|nos\s|us\s)?(?P<n>(?!an?(?![a-z]))(?:{{n}})){unit}(?:\s{{of_us}})?(?!\s[a-z]+\s(?:watches|alerts))",
        r"(?<![a-z\d])(?:x|×)\s?(?P<n>[1-9])(?!\d)",
        r"(?<![\d/.-])(?P<n>[1-9])\s?(?:x|×)(?![a-z]{2}|\d)",
    ):
        match = text.take(words.pattern(pattern))
        if match:
            return words.number(match["n"])
    cabin = rf"(?<![\w.,/:-])(?P<n>[1-9]|{{number_word}})\s(?:(?:in|en|em|na)\s)?(?={cabin_names()}|[jf](?![a-z']))"
    for match in words.pattern(cabin).finditer(text.free):  # "2 business to Tokyo", but not "March 2 business"
        if match["n"] not in _ARTICLES and not words.pattern(r"{month_name}\s$").search(text.free[: match.start()]):
            text.claim(match, "n")
            return words.number(match["n"])
    if match := text.take(re.compile(r"(?<![\w.,/:-])(?P<n>[1-9])(?:p(?![a-z.])|(?=[jfy](?![a-z])))")):  # 2p, 2J
        return int(match["n"])
    if match := text.take(re.compile(_ADULTS_AND_CHILDREN)):
        return int(match["a"]) + int(match["c"])
    last = words.pattern(r"(?<=[a-z¦])\s?,\s?(?P<n>[1-9])\s?[.,]?\s?$|(?<=[a-z])\s(?P<m>[1-9])$|(?<=¦)\s(?P<k>[1-9])$")
    if (match := last.search(text.free)) and not words.pattern(
        r"(?:{stops}|{max}|{day}|flight|terminal|voo|vuelo)\s?$"
    ).search(text.free[: match.start()]):  # "Seattle to Santorini, business, 2"
        is_cabin = words.pattern(rf"(?:{cabin_names()}|(?<![a-z])[jfyw])$").search(text.free[: match.start()])
        if match["n"] or match["k"] or is_cabin:
            text.claim(match)
            return int(match["n"] or match["k"] or match["m"])
    more = r"(?<![a-z])(?:me|i|eu|yo)\s(?:{and}\s)?(?:mais|outros|outras|otros|otras|mas)\s(?P<n>{n})(?![\w.,])"
    if match := text.take(words.pattern(more)):  # "eu e mais 2"
        return words.number(match["n"]) + 1
    companions = r"(?<![a-z])(?:me|i|eu|yo)\s(?:{and}|plus)\s(?:{my}\s)?(?P<n>{n})\s[a-z]+s(?![a-z])"
    if match := text.take(words.pattern(companions)):  # "me and my 3 coworkers"
        return words.number(match["n"]) + 1
    others = text.take(re.compile(r"(?<![a-z])(?:me|eu|yo)\s?\+\s?(?P<n>[1-8])(?!\d)"))  # "me + 1"
    return int(others["n"]) + 1 if others else None


def nights(text: WishText, words: Vocabulary) -> tuple[int, int] | None:
    """Claim the length of a stay: `7-10 nights`, `for a week`, `10 dias`."""
    or_two = r"(?:a|one|uma|una)\s(?P<week>{week})\s(?:or|ou|o)\s(?:two|duas|dos)"
    if text.take(words.pattern(r"(?:{stay}\s|{for}\s)?" + or_two)):
        return 7, 14
    if text.take(re.compile(r"(?<![a-z])(?:an?\s)?week[\s-]?long(?![a-z])")):
        return 7, 7
    joined = r"\s?(?:-|~|to|or|a|ate|ou|o|y|e|and|hasta|u)\s?"
    if text.take(
        words.pattern(
            r"(?:{stay}\s|{for}\s)?(?:an?\s|um\s|un\s)?(?<!next\s)(?<!this\s)(?<!proximo\s)(?<!este\s){long_weekend}(?!\sde)"
        )
    ):
        return _LONG_WEEKEND
    lead = r"(?:{stay}\s|{for}\s|{around}\s|uns\s|umas\s|unos\s|unas\s|cerca de\s|{between}\s)*"
    for pattern in (
        rf"{lead}(?P<n>{{n}})\s?(?:{{night}}|{{day}}|{{week}})?{joined}(?P<m>{{n}})[\s-]?{_STAY_UNIT}",
        rf"(?!within)(?P<bound>{{at_least}}|{{max}})\s(?P<m>{{n}})[\s-]?{_STAY_UNIT}",
        rf"{lead}(?P<m>{{n}})[\s-]?{_STAY_UNIT}",
        r"(?P<fortnight>(?:an?\s)?fortnight|quinzena de ferias)",
    ):
        for match in list(words.pattern(pattern).finditer(text.free)):
            found = match.groupdict()
            if found.get("fortnight"):
                text.claim(match)
                return 14, 14
            days = 7 if found["week"] else 30 if found["month"] else 1
            last = words.number(found["m"]) * days
            first = words.number(found["n"]) * days if found.get("n") else last
            if found.get("bound"):
                if words.pattern(r"{at_least}").fullmatch(found["bound"]):
                    first, last = last, max(last, 30)
                else:
                    first = 1
            has_lead = words.pattern(r"(?:{stay}|{for})\s").match(match[0])
            if 0 < first <= last <= MAX_NIGHTS and (has_lead or not _is_date(text, words, match)):
                text.claim(match)
                return first, last
    return None


def _is_date(text: WishText, words: Vocabulary, match: re.Match[str]) -> bool:
    """Return whether a count of days or weeks is part of a date: `2 weeks in advance`, `first 10 days of May`."""
    before, after = text.free[: match.start()], text.free[match.end() :]
    return bool(
        words.pattern(
            r"(?:{next}|{first}|{last_part}|{ordinal}|{last}|in|em|en|daqui a|de aqui a|dentro de|within|±|once|"
            r"twice|every|"
            r"{flex_before})"
            r"\s?$"
        ).search(before)
        or words.pattern(
            r"^\s?(?:{from_now}|{flex_after}|before|after|antes|depois|despues|of\s{month_name}|ago|notice)"
        ).search(after)
    )


def max_stops(text: WishText, words: Vocabulary) -> int | None:
    """Claim the limit of stops; a number above nine is none."""
    stops = _stops(text, words)
    return stops if stops is not None and stops <= _MAX_STOPS else None


def _stops(text: WishText, words: Vocabulary) -> int | None:
    either = r"{nonstop}\s?(?:{or}|,|/)\s?(?:{no_max}\s)*(?P<n>{n})[\s-]?(?:{no_max}\s)?{stops}(?:\s{no_max})?"
    if match := text.take(words.pattern(either)):  # "nonstop or one stop"
        return words.number(match["n"])
    if text.take(
        words.pattern(
            r"(?:{nonstop_filler}\s)*{nonstop}(?:\s{nonstop_filler})*(?!\s(?:in|at|en|em|no|na|nos|nas)\s[a-z¦])"
            r"(?!\s(?:long\w*|larg\w*|over|overnight|noturn\w*|nocturn\w*|de\s(?:mais|mas)|more|mais|muy|muito|tight)(?![a-z]))"
        )
    ):
        return 0
    if match := text.take(words.pattern(r"{fewer_than}\s(?P<n>{n})\s{stops}")):
        return max(words.number(match["n"]) - 1, 0)
    limited = (
        r"(?:{no_max}\s)*(?:{no_max}\s?)?(?P<n>{n})[\s-]?(?:{no_max}\s)?{stops}(?:\s{no_max})?"
        r"(?!\s(?:in|at|en|em|no|na)\s)"
    )
    if match := text.take(words.pattern(limited)):
        return words.number(match["n"])
    if match := text.take(words.pattern(r"{stops}\s?:?\s?(?:{no_max}\s)*(?P<n>\d)(?!\d)")):
        return int(match["n"])
    for pattern, stops in ((_ONCE, 1), (_TWICE, 2)):
        if text.take(words.pattern(pattern)):
            return stops
    text.take(words.pattern(r"{any_stops}(?!\s(?:in|at|en|em|no|na|nos|nas)\s[a-z¦])"))
    return None
