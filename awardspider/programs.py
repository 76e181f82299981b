"""The catalog of loyalty programs, loaded from programs.toml: properties, access rules and the evidence for both."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.resources import files
from typing import Any

from awardspider.items import Cabin


class Access(StrEnum):
    """Ways to access a program's offers."""

    OPEN = "open"
    SIGN_IN = "sign_in"  # requires the operator's signed-in session
    KEY = "key"  # requires a key issued to the operator
    PARTNER = "partner"  # never requested directly; another program's responses contain its offers


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
    """A loyalty program. With Access.PARTNER, the fields after `access` keep their defaults, except `currency`.

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
    carriers: tuple[str, ...]
    alliance: str | None
    site: str
    access: Access
    currency: ProgramCurrency = DEFAULT_CURRENCY
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


@functools.cache
def all_programs() -> dict[str, Program]:
    """Return all programs keyed by program key, including those with Access.PARTNER."""
    text = files("awardspider").joinpath("programs.toml").read_text(encoding="utf-8")
    return {key: _program(key, entry) for key, entry in tomllib.loads(text).items()}


@functools.cache
def programs() -> dict[str, Program]:
    """Return the programs that have a spider, keyed by program key."""
    return {key: program for key, program in all_programs().items() if program.access is not Access.PARTNER}


def _program(key: str, entry: dict[str, Any]) -> Program:
    lists = {name: tuple(value) for name, value in entry.items() if isinstance(value, list)}
    parsed: dict[str, Any] = {"access": Access(entry["access"])}
    if calendar := entry.get("calendar"):
        parsed["calendar"] = CalendarCoverage(**calendar | {"cabins": tuple(map(Cabin, calendar["cabins"]))})
    if currency := entry.get("currency"):
        parsed["currency"] = parse_currency(currency)
    return Program(key=key, **{"alliance": None} | entry | lists | parsed)


def parse_currency(entry: Mapping[str, str]) -> ProgramCurrency:
    """Return a currency from its entry in a data file. Raise ValueError for an unknown unit."""
    return ProgramCurrency(unit=Unit(entry["unit"]), brand=entry.get("brand", ""), name=entry.get("name", ""))


def program_currency(key: str) -> ProgramCurrency:
    """Return the currency of a program, or DEFAULT_CURRENCY if the key is not in the catalog."""
    program = all_programs().get(key)
    return program.currency if program else DEFAULT_CURRENCY
