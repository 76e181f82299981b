"""Loyalty programs and banks that an announcement names, by the names of the catalog."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass

from awardspider.items import PromotionKind
from awardspider.parsers._promotion_text import fold_text
from awardspider.parsers._promotion_words import Words
from awardspider.programs import PointsKind, points_programs

# Headlines write shorter names in capitals: MR, BA.
_MAX_CAPITALS = 4
_MIN_TITLE_CASE = 3
_UNITS = frozenset(["points", "miles", "avios", "pontos", "milhas", "puntos", "millas"])
_EVENT = ["rent", "day"]
_RAILWAYS = frozenset(["amtrak"])
# Kinds of announcements that are about miles or points, in which the name of a company means its program.
_ABOUT_MILES = frozenset(PromotionKind) - {PromotionKind.CASH_FARE_DEAL, PromotionKind.ROUND_UP, PromotionKind.OTHER}


@dataclass(frozen=True, slots=True)
class NamedProgram:
    """A program that a text names; `is_company` is True if the name is that of the company or a common word."""

    start: int
    end: int
    key: str
    kind: PointsKind
    is_company: bool

    def mark(self, folded: str) -> str:
        """Return what replaces the name in the text in which phrases are searched.

        A unit in it, as in avios, stays, and so does the name of an event: `BANK rent day`. The name of a railway
        stays after its mark, because its fares are no flights.
        """
        written = _simple(folded[self.start : self.end]).split(" ")
        if written[-2:] == _EVENT:
            return " ".join([self._mark, *_EVENT])
        if self.kind is PointsKind.FAMILY:
            return " ".join(written)
        if self.key in _RAILWAYS and self.is_company:
            return " ".join([self._mark, *written])
        prefix, suffix = written[0] in _UNITS, written[-1] in _UNITS
        return f"{written[0] + ' ' if prefix else ''}{self._mark}{' ' + written[-1] if suffix else ''}"

    @property
    def _mark(self) -> str:
        if self.kind is PointsKind.BANK:
            return "BANK"
        if self.kind is PointsKind.HOTEL:
            return "CHAIN" if self.is_company else "HOTEL"
        return "CARRIER" if self.is_company else "AIRLINE"


def find_programs(text: str, folded: str, words: Words) -> tuple[NamedProgram, ...]:
    """Return the programs and banks that a text names, in order."""
    others = [match.span() for match in words.patterns["flags.not_names"].finditer(folded)]
    found = []
    for match in _pattern().finditer(folded):
        if any(start < match.end() and match.start() < end for start, end in others):
            continue
        written = text[match.start() : match.end()]
        key, is_company, needs_capitals = _names()[_simple(match[0])]
        if written.islower() and (is_company or needs_capitals):
            continue
        if needs_capitals and not (written.isupper() or (written[0].isupper() and len(written) > _MIN_TITLE_CASE)):
            continue
        found.append(NamedProgram(match.start(), match.end(), key, points_programs()[key].kind, is_company))
    return tuple(found)


def programs_and_banks(found: Iterable[NamedProgram], kind: PromotionKind) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the keys of the programs and of the banks that an announcement of this kind is about.

    Hotel points that are transferred to an airline count as a bank's. Without miles or points in it, an announcement is
    about a program only if it names the program itself, not the company.
    """
    named = [name for name in found if kind in _ABOUT_MILES or not name.is_company]
    if kind is not PromotionKind.TRANSFER_BONUS and any(_is_own_name(name) for name in named):
        named = [name for name in named if not name.is_company or name.kind is PointsKind.BANK]
    programs = {name.key: name.kind for name in named if name.kind is not PointsKind.BANK}
    banks = [name.key for name in named if name.kind is PointsKind.BANK]
    for key in list(programs):
        if programs[key] is PointsKind.FAMILY and programs.keys() & set(points_programs()[key].members):
            del programs[key]
    if kind is PromotionKind.TRANSFER_BONUS:
        hotels = [key for key, points_kind in programs.items() if points_kind is PointsKind.HOTEL]
        if not banks and len(hotels) < len(programs):
            banks = hotels
            programs = {key: points_kind for key, points_kind in programs.items() if key not in banks}
    elif programs or kind not in _ABOUT_MILES:
        banks = []
    return tuple(programs), tuple(dict.fromkeys(banks))


def _is_own_name(name: NamedProgram) -> bool:
    return not name.is_company and name.kind in (PointsKind.AIRLINE, PointsKind.HOTEL)


def resolve_family(programs: tuple[str, ...], found: Iterable[NamedProgram]) -> tuple[str, ...]:
    """Return the programs, with a family replaced by its member that other text names, if that is only one."""
    if len(programs) == 1 and points_programs()[programs[0]].kind is PointsKind.FAMILY:
        members = dict.fromkeys(name.key for name in found if name.key in points_programs()[programs[0]].members)
        return tuple(members) if len(members) == 1 else programs
    return programs


def _simple(folded: str) -> str:
    return re.sub(r"[\W_]+", " ", folded).strip()


@functools.cache
def _names() -> dict[str, tuple[str, bool, bool]]:
    """Return key, whether it is a company's name, and whether it must be in capitals, keyed by simplified name."""
    found: dict[str, tuple[str, bool, bool]] = {}
    for key, program in points_programs().items():
        for names, is_company in ((program.aliases, False), (program.ambiguous_names, True)):
            for name in names:
                needs_capitals = len(name) <= _MAX_CAPITALS and name.isupper()
                found.setdefault(_simple(fold_text(name)), (key, is_company, needs_capitals))
    return found


@functools.cache
def _pattern() -> re.Pattern[str]:
    names = sorted(_names(), key=len, reverse=True)
    joined = "|".join(r"[^\w%.,]{1,3}".join(map(re.escape, name.split())) for name in names)
    return re.compile(rf"(?<![\w@#])(?:{joined})(?!\w)")
