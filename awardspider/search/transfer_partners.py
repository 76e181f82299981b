"""Points that a person has, and the programs that they reach: bank points transfer to partners at dated ratios.

The ratios are in data/transfer_partners.toml, the names in programs.toml. A transfer bonus is a promotion, and changes
no ratio here.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from awardspider.outcomes import InvalidArgument
from awardspider.programs import ProgramCurrency, all_programs, points_programs
from awardspider.search.field_values import letters_only, quoted
from awardspider.search.suggestions import unknown_name

MOST_POINTS = 1_000_000_000

# 120000, or 120,000 as written in any language; or 1.5k
_NUMBER = re.compile(r"(?P<digits>[0-9]{1,12}|[0-9]{1,3}(?:[,_. ][0-9]{3}){1,3})(?P<unit>[km]?)", re.IGNORECASE)
_FRACTION = re.compile(r"(?P<digits>[0-9]{1,6}[.,][0-9]{1,2})(?P<unit>[km])", re.IGNORECASE)
_UNITS = {"": 1, "k": 1_000, "m": 1_000_000}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bank:
    """A bank's points and the programs to which they transfer: `ratios` are the miles for one point.

    `confidence` (high or medium) and `as_of` show how reliable the ratios are; `note` states a condition, if any.
    """

    key: str
    name: str
    currency: ProgramCurrency
    aliases: tuple[str, ...]
    ratios: Mapping[str, Decimal]
    confidence: str
    note: str
    as_of: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PointSource:
    """Points that reach a program: those of a bank at `ratio`, or the program's own at ratio 1.

    `miles` are those that all the points become, rounded down. Banks transfer in steps, often of 1,000 points, which
    the data does not contain.
    """

    key: str
    name: str
    points: int
    ratio: Decimal
    miles: int


@functools.cache
def _data() -> dict[str, Any]:
    text = files("awardspider.search").joinpath("data", "transfer_partners.toml").read_text(encoding="utf-8")
    return tomllib.loads(text, parse_float=Decimal)


def as_of() -> date:
    """Return the day of the data."""
    day: date = _data()["as_of"]
    return day


@functools.cache
def banks() -> Mapping[str, Bank]:
    """Return all banks, keyed by key."""
    return MappingProxyType({key: _bank(key, **entry) for key, entry in _data()["banks"].items()})


def _bank(
    key: str, programs: list[str], confidence: str, note: str = "", ratios: Mapping[str, Decimal] = MappingProxyType({})
) -> Bank:
    named = points_programs()[key]
    return Bank(
        key=key,
        name=named.name,
        currency=named.currency,
        aliases=(*named.aliases, *named.ambiguous_names),
        ratios=MappingProxyType({program: Decimal(ratios.get(program, 1)) for program in programs}),
        confidence=confidence,
        note=note,
        as_of=as_of(),
    )


def partners(bank: str) -> Mapping[str, Decimal]:
    """Return the programs to which a bank's points transfer, with the miles for one point. Raise KeyError."""
    return banks()[bank].ratios


@functools.cache
def point_programs() -> Mapping[str, str]:
    """Return the names of all programs whose points a person can have, keyed by program key.

    These are the programs of the catalog, without the sources of several programs, and the other partners of banks.
    """
    keys = [key for key, program in all_programs().items() if not program.covers]
    others = {program for bank in banks().values() for program in bank.ratios} - set(keys)
    return MappingProxyType({key: points_programs()[key].name for key in (*keys, *sorted(others))})


def holding_name(key: str) -> str:
    """Return the name of a bank's points or of a program. Raise KeyError for an unknown key."""
    return points_programs()[key].name


def holding_currency(key: str) -> ProgramCurrency:
    """Return the currency of a bank's points or of a program. Raise KeyError for an unknown key."""
    return points_programs()[key].currency


def reachable_programs(points: Mapping[str, int]) -> frozenset[str]:
    """Return the keys of the programs that a person with these points can book with, by transfer or directly.

    The keys of `points` are banks and programs, as `parse_points` returns them; 0 points reach nothing. The result can
    contain programs that are not in the catalog.
    """
    found: set[str] = set()
    for key, number in points.items():
        if number > 0:
            found |= partners(key).keys() if key in banks() else {key}
    return frozenset(found)


def sources_for(program: str, points: Mapping[str, int]) -> tuple[PointSource, ...]:
    """Return the points that reach a program: its own first, then those that become the most miles."""
    found = [
        PointSource(key=key, name=holding_name(key), points=number, ratio=ratio, miles=int(number * ratio))
        for key, number in points.items()
        if number > 0 and (ratio := _ratio(key, program)) is not None
    ]
    return tuple(sorted(found, key=lambda source: (source.key != program, -source.miles, source.key)))


def _ratio(holding: str, program: str) -> Decimal | None:
    if holding in banks():
        return partners(holding).get(program)
    return Decimal(1) if holding == program else None


# ---- parsing ---------------------------------------------------------------------------------------------------------


def parse_points(value: object) -> dict[str, int]:
    """Parse points by bank or program, such as {"amex": 120000, "MileagePlus": "45k"} or `amex=120000, united=45k`.

    Return them by key, in the given order. Raise InvalidArgument for an unknown or repeated name, or for a number that
    is not from 0 to MOST_POINTS.
    """
    points: dict[str, int] = {}
    for name, number in _pairs(value):
        key = parse_holding(name)
        if key in points:
            raise InvalidArgument(f'"{quoted(name)}" repeats the points of {holding_name(key)}')
        points[key] = _number(name, number)
    return points


def parse_holding(text: str) -> str:
    """Return the key of a bank or program from its key, name or short name. Raise InvalidArgument for any other."""
    if key := _holdings().get(letters_only(text)):
        return key
    raise InvalidArgument(unknown_name("bank or program", text.strip(), [*banks(), *point_programs()]))


def parse_bank(text: str) -> str:
    """Return the key of a bank from its key, name or short name. Raise InvalidArgument for any other."""
    key = _holdings().get(letters_only(text))
    if key in banks():
        return str(key)
    raise InvalidArgument(unknown_name("bank", text.strip(), banks()))


def parse_point_program(text: str) -> str:
    """Return the key of a program from its key, name or short name. Raise InvalidArgument for any other."""
    key = _holdings().get(letters_only(text))
    if key in point_programs():
        return str(key)
    raise InvalidArgument(unknown_name("program", text.strip(), point_programs()))


def _pairs(value: object) -> list[tuple[str, object]]:
    if isinstance(value, str):
        parts = re.split(r"[,;]\s*(?=[^\d\s])", value.strip()) if value.strip() else []
        return [_pair(part) for part in parts]
    if isinstance(value, Mapping) and all(isinstance(name, str) for name in value):
        return list(value.items())
    raise InvalidArgument(f'expected points by bank or program, as in amex=120000, not "{quoted(value)}"')


def _pair(text: str) -> tuple[str, str]:
    match = re.fullmatch(r"\s*([^=:]*[^=:\s])\s*[=:]\s*(.*?)\s*", text, re.DOTALL)
    if match is None:
        raise InvalidArgument(f'expected points by bank or program, as in amex=120000, not "{quoted(text)}"')
    return match[1], match[2]


def _number(name: str, value: object) -> int:
    number = value if isinstance(value, int) and not isinstance(value, bool) else None
    if isinstance(value, str):
        number = _parse_number(value.strip())
    if number is None or not 0 <= number <= MOST_POINTS:
        raise InvalidArgument(
            f'the points of {quoted(name)} must be an integer from 0 to {MOST_POINTS:,}, not "{quoted(value)}"'
        )
    return number


def _parse_number(text: str) -> int | None:
    if match := _NUMBER.fullmatch(text):
        return int(re.sub(r"\D", "", match["digits"])) * _UNITS[match["unit"].lower()]
    if match := _FRACTION.fullmatch(text):
        return int(Decimal(match["digits"].replace(",", ".")) * _UNITS[match["unit"].lower()])
    return None


@functools.cache
def _holdings() -> Mapping[str, str]:
    """Return keys by normalized name. A name of several programs is left out."""
    found: dict[str, set[str]] = {}
    for name, key in _names():
        found.setdefault(letters_only(name), set()).add(key)
    return {name: keys.pop() for name, keys in found.items() if len(keys) == 1}


def _names() -> Iterator[tuple[str, str]]:
    """Yield each name of a bank or program, with the key."""
    for key in (*banks(), *point_programs()):
        program = points_programs()[key]
        currency = (name for name in (program.currency.brand, program.currency.name) if name)
        yield from ((name, key) for name in (key, *program.aliases, *program.ambiguous_names, *currency))
