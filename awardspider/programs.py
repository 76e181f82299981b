"""The catalog of loyalty programs, loaded from programs.toml: properties, access rules and the evidence for both.

It has two views. `all_programs` and `programs` return the airline programs whose offers are searched for, or are part
of a partner's responses. `points_programs` returns everything whose miles or points promotions are about: these
programs, further airline programs, hotel programs, banks, and families of programs. In programs.toml, the former have
a table each ([united]), and the latter are grouped: [airlines.jal], [hotels.hyatt], [banks.amex], [families.avios].
Bank ratios are in search/data/transfer_partners.toml.

The names in `aliases` mean the program wherever they stand: "SkyMiles", "Membership Rewards", "milhas Smiles". Those in
`ambiguous_names` mean it only in a text about miles or points: names of the company ("Delta", "Chase"), common words
and short forms ("TY"). All are written as in headlines. Compare them as complete words without case and accents, except
those of up to four capital letters ("MR", "BA"), which headlines write in capitals, and take the longest that fits:
"Miles & Smiles" is not "Smiles". No name belongs to two programs.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from awardspider.items import Cabin
from awardspider.values import publisher


class Access(StrEnum):
    """Ways to access a program's offers."""

    OPEN = "open"
    SIGN_IN = "sign_in"  # requires the operator's signed-in session
    KEY = "key"  # requires a key issued to the operator
    PARTNER = "partner"  # never requested directly; another program's responses contain its offers


class PointsKind(StrEnum):
    """Kinds of programs that have miles or points. The groups of programs.toml are their plurals."""

    AIRLINE = "airline"
    HOTEL = "hotel"
    BANK = "bank"
    FAMILY = "family"  # several programs whose points have one name, such as Avios


class Unit(StrEnum):
    """Units of the currencies of programs. Each has phrases in every language of the messages."""

    MILES = "miles"
    POINTS = "points"
    AVIOS = "avios"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramCurrency:
    """The currency of a program's prices.

    `brand` is combined with the translated unit (Aeroplan points, pontos Aeroplan); `name` is the same in every
    language (Asia Miles). An entry of programs.toml has one of them; DEFAULT_CURRENCY has neither.
    """

    unit: Unit
    brand: str = ""
    name: str = ""


#: The currency of a program that is not in the catalog, and of a source of several programs.
DEFAULT_CURRENCY = ProgramCurrency(unit=Unit.MILES)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarCoverage:
    """The awards that a program's calendar is known to show on each day; `evidence` gives the source.

    `party`: it shows only days with enough seats for the searched number of travelers. `partners`: it shows awards on
    partners' flights too. Both are False if unknown.
    """

    cabins: tuple[Cabin, ...]
    party: bool
    partners: bool
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A loyalty program. With Access.PARTNER, the fields after `ambiguous_names` keep their defaults.

    `short_name` is the brand, such as Flying Blue. `aliases` and `ambiguous_names` are further names; see the module.
    `terms_forbid` is True if the site's terms forbid automated access. `booking_window_days` is the number of days from
    today, local to the origin, to the last bookable day. `pause_seconds` is the minimum pause between two requests to
    the live site. `requests_per_hour` and `requests_per_day` limit the searches in any hour and any day.
    `control_route` has so many flights that awards are always available a month ahead. `covers` lists the programs
    whose offers the responses contain; if empty, they contain only the program's own offers. `serves` lists the
    countries (ISO 3166) between which the site sells flights; it is empty if unknown, or if the site sells flights of
    partners. `robots` and `terms` summarize the known rules. `calendar` is None if the program has no calendar.
    `confidence` (high, medium or low) and `last_known` (year and month) show how reliable the facts are.
    `fields_not_offered` lists the AwardOfferItem fields that the responses never contain. `evidence` gives the reason
    for each number, keyed by field name.
    """

    key: str
    name: str
    short_name: str
    carriers: tuple[str, ...]
    alliance: str | None
    site: str
    access: Access
    currency: ProgramCurrency = DEFAULT_CURRENCY
    aliases: tuple[str, ...] = ()
    ambiguous_names: tuple[str, ...] = ()
    terms_forbid: bool = False
    booking_window_days: int = 366
    pause_seconds: float = 0.0
    requests_per_hour: int = 0
    requests_per_day: int = 0
    control_route: tuple[str, str] | None = None
    covers: tuple[str, ...] = ()
    serves: tuple[str, ...] = ()
    robots: str = ""
    terms: str = ""
    calendar: CalendarCoverage | None = None
    confidence: str = ""
    last_known: str = ""
    fields_not_offered: tuple[str, ...] = ()
    evidence: dict[str, str] = field(default_factory=dict)

    @property
    def programs(self) -> tuple[str, ...]:
        """Return the keys of the programs whose offers this program's responses contain."""
        return self.covers or (self.key,)

    def calendar_shows_all(self, cabin: Cabin, travelers: int) -> bool:
        """Return whether the calendar shows every award in a cabin for this party, so that a missing day has none."""
        covered = self.calendar
        return (
            covered is not None and cabin in covered.cabins and covered.partners and (covered.party or travelers == 1)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsProgram:
    """A program, bank or family whose miles or points promotions are about.

    `short_name` is the brand: Flying Blue, AAdvantage; of hotels and banks, it is the name. `aliases` begin with both
    names; see the module for them and for `ambiguous_names`. `members` are the keys of a family's programs.
    """

    key: str
    name: str
    short_name: str
    kind: PointsKind
    currency: ProgramCurrency
    aliases: tuple[str, ...]
    ambiguous_names: tuple[str, ...] = ()
    members: tuple[str, ...] = ()


_GROUPS = {"airlines": PointsKind.AIRLINE, "hotels": PointsKind.HOTEL, "banks": PointsKind.BANK}
_FAMILIES = "families"


@functools.cache
def _catalog() -> dict[str, Any]:
    return tomllib.loads(files("awardspider").joinpath("programs.toml").read_text(encoding="utf-8"))


@functools.cache
def all_programs() -> dict[str, Program]:
    """Return all programs keyed by program key, including those with Access.PARTNER."""
    return {key: _program(key, entry) for key, entry in _catalog().items() if key not in {*_GROUPS, _FAMILIES}}


def program_of_site(url: str) -> str | None:
    """Return the key of the program on whose site a URL is, or None."""
    host = publisher(url)
    return next((key for key, each in all_programs().items() if host and publisher(each.site) == host), None)


@functools.cache
def points_programs() -> Mapping[str, PointsProgram]:
    """Return everything whose miles or points promotions are about, keyed by key; see the module.

    Sources of several programs, such as seats.aero, have no miles of their own and are left out.
    """
    found = {
        key: PointsProgram(
            key=key,
            name=program.name,
            short_name=program.short_name,
            kind=PointsKind.AIRLINE,
            currency=program.currency,
            aliases=_distinct(program.name, program.short_name, *program.aliases),
            ambiguous_names=program.ambiguous_names,
        )
        for key, program in all_programs().items()
        if not program.covers
    }
    for group, kind in (_GROUPS | {_FAMILIES: PointsKind.FAMILY}).items():
        found |= {key: _points_program(key, kind, entry) for key, entry in _catalog()[group].items()}
    return MappingProxyType(found)


def _points_program(key: str, kind: PointsKind, entry: dict[str, Any]) -> PointsProgram:
    name = entry["name"]
    short_name = entry.get("short_name", name)
    currency = entry.get("currency", {"unit": "points", "brand": short_name})
    return PointsProgram(
        key=key,
        name=name,
        short_name=short_name,
        kind=kind,
        currency=parse_currency(currency),
        aliases=_distinct(name, short_name, *entry.get("aliases", ())),
        ambiguous_names=tuple(entry.get("ambiguous_names", ())),
        members=tuple(entry.get("members", ())),
    )


def _distinct(*names: str) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(name.casefold(), name)
    return tuple(found.values())


@functools.cache
def programs() -> dict[str, Program]:
    """Return the programs that have a spider, keyed by program key."""
    return {key: program for key, program in all_programs().items() if program.access is not Access.PARTNER}


def short_name(key: str) -> str:
    """Return the brand of a program, such as Flying Blue, or the key if it is not in the catalog."""
    program = all_programs().get(key)
    return program.short_name if program else key


def sources_of(program: str) -> list[str]:
    """Return the keys of the other programs whose responses contain a program's offers."""
    return [key for key, source in programs().items() if key != program and program in source.programs]


def _program(key: str, entry: dict[str, Any]) -> Program:
    lists = {name: tuple(value) for name, value in entry.items() if isinstance(value, list)}
    parsed: dict[str, Any] = {"access": Access(entry["access"])}
    if calendar := entry.get("calendar"):
        parsed["calendar"] = CalendarCoverage(**calendar | {"cabins": tuple(map(Cabin, calendar["cabins"]))})
    currency = parse_currency(entry["currency"]) if "currency" in entry else DEFAULT_CURRENCY
    parsed["currency"] = currency
    parsed["short_name"] = entry.get("short_name") or currency.name or currency.brand or entry["name"]
    return Program(key=key, **{"alliance": None} | entry | lists | parsed)


def parse_currency(entry: Mapping[str, str]) -> ProgramCurrency:
    """Return a currency from its entry in a data file. Raise ValueError for an unknown unit."""
    return ProgramCurrency(unit=Unit(entry["unit"]), brand=entry.get("brand", ""), name=entry.get("name", ""))


def program_currency(key: str) -> ProgramCurrency:
    """Return the currency of a program, or DEFAULT_CURRENCY if the key is not in the catalog."""
    program = all_programs().get(key)
    return program.currency if program else DEFAULT_CURRENCY


def program_name(key: str) -> str:
    """Return the name of a program, or the key if it is not in the catalog."""
    program = all_programs().get(key)
    return program.name if program else key
