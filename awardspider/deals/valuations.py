"""Valuations: what a mile or point of each program and bank is worth, as dated configuration in US cents."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec

from awardspider.outcomes import InvalidSetting
from awardspider.search.currency_texts import unit_text
from awardspider.search.suggestions import unknown_name
from awardspider.search.transfer_partners import banks, holding_currency, holding_name, point_programs

SETTING = "AWARD_VALUATIONS"

#: Publications update their valuations every month; programs lose value without notice.
MAX_AGE_DAYS = 45

#: More than any point is worth: a larger value is an error of writing, such as 130 for 1.30.
MOST_CENTS = 20


class ValueComparison(StrEnum):
    """Results of comparing the cents per point of an offer with the valuation of its program."""

    BELOW = "below"
    WITHIN = "within"
    ABOVE = "above"


@dataclass(frozen=True, slots=True, kw_only=True)
class Valuation:
    """The value of a mile or point, from `low` to `high` US cents.

    `sources` are the figures by key of the source. `is_assumed` is True for a program without a value of its own, which
    has the range of most airline programs.
    """

    key: str
    name: str
    low: Decimal
    high: Decimal
    sources: Mapping[str, Decimal]
    is_assumed: bool = False

    @property
    def middle(self) -> Decimal:
        """Return the middle of the range."""
        return (self.low + self.high) / 2

    def compare(self, cents: Decimal) -> ValueComparison:
        """Return whether cents per point are below, within or above the range; its ends are within it."""
        if cents < self.low:
            return ValueComparison.BELOW
        return ValueComparison.ABOVE if cents > self.high else ValueComparison.WITHIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Valuations:
    """The valuations of all banks and programs.

    `as_of` is the day of the values. `source_names` are the names of the sources by key. `file` is the operator's file;
    None for the values that ship. `assumed` is the range of programs without a value of their own.
    """

    edition: str
    as_of: date
    source_names: Mapping[str, str]
    file: Path | None
    assumed: tuple[Decimal, Decimal]
    by_key: Mapping[str, Valuation]

    def value_of(self, key: str) -> Valuation | None:
        """Return the valuation of a bank or program; None for a key that is unknown and for a bank without a value."""
        return self.by_key.get(key)

    @property
    def middles(self) -> Mapping[str, Decimal]:
        """Return the middle of each range by key, as `search.points_cost.points_costs` takes them."""
        return {key: valuation.middle for key, valuation in self.by_key.items()}

    def age_days(self, today: date) -> int:
        """Return the age of the values in days; 0 for values of today or later."""
        return max(0, (today - self.as_of).days)


def load_valuations(settings: Mapping[str, Any]) -> Valuations:
    """Return the valuations of the operator's file in AWARD_VALUATIONS, or those that ship if it is not set.

    Raise InvalidSetting with the file and its line or key if the file is invalid.
    """
    setting = str(settings.get(SETTING) or "").strip()
    if not setting:
        return shipped_valuations()
    file = Path(setting)
    try:
        file = file.expanduser()
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidSetting(f"{SETTING}: {file} is not text in UTF-8") from None
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InvalidSetting(f"{SETTING}: {file} is unreadable: {reason}") from None
    try:
        return _parse(text, file)
    except _InvalidFile as error:
        raise InvalidSetting(f"{SETTING}: {file}: {error}") from None


@functools.cache
def shipped_valuations() -> Valuations:
    """Return the valuations that this version contains."""
    return _parse(files("awardspider.deals").joinpath("data", "valuations.toml").read_text(encoding="utf-8"), None)


def value_text(cents: Decimal, valuation: Valuation) -> str:
    """Return the value of a point with that of its program.

    For example: `1.90 cents per mile (United MileagePlus is valued at 1.1 to 1.5)`.
    """
    bounds = [f"{bound.normalize():f}" for bound in (valuation.low, valuation.high)]
    value = " to ".join(dict.fromkeys(bounds))
    basis = (
        f"{value} is assumed for {valuation.name}" if valuation.is_assumed else f"{valuation.name} is valued at {value}"
    )
    return f"{cents:.2f} cents per {unit_text(holding_currency(valuation.key), 1)} ({basis})"


def valuation_findings(now: datetime, settings: Mapping[str, Any] = MappingProxyType({})) -> list[str]:
    """Return a sentence if the valuations are older than MAX_AGE_DAYS at `now`. Raise InvalidSetting."""
    valuations = load_valuations(settings)
    days = valuations.age_days(now.astimezone(UTC).date())
    if days <= MAX_AGE_DAYS:
        return []
    origin = valuations.file or "valuations that ship with awardspider"
    age = f"{days} days old (more than {MAX_AGE_DAYS})"
    return [f"{origin}: values of {valuations.as_of} are {age}; set {SETTING} to a newer file"]


# ---- parsing ---------------------------------------------------------------------------------------------------------


class _InvalidFile(Exception):  # turned into InvalidSetting, which names the file
    pass


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    low: Decimal
    high: Decimal
    sources: dict[str, Decimal] = {}


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    as_of: date
    values: dict[str, object]
    edition: str = ""
    sources: dict[str, str] = {}
    assumed: object = None


def _parse(text: str, file: Path | None) -> Valuations:
    try:
        data = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:  # the message ends with the line and column
        raise _InvalidFile(f"invalid TOML: {error}") from None
    parsed = _convert(data, _File, "")
    entries = {key: _entry(value, f"values.{_known(key)}", parsed) for key, value in parsed.values.items()}
    if parsed.assumed is not None:
        entry = _entry(parsed.assumed, "assumed", parsed)
        assumed = entry.low, entry.high
    elif file:
        assumed = shipped_valuations().assumed
    else:
        raise _InvalidFile("assumed is missing")
    by_key = {
        key: Valuation(
            key=key, name=holding_name(key), low=entry.low, high=entry.high, sources=MappingProxyType(entry.sources)
        )
        for key, entry in entries.items()
    }
    for key in point_programs().keys() - by_key.keys():
        by_key[key] = Valuation(
            key=key,
            name=holding_name(key),
            low=assumed[0],
            high=assumed[1],
            sources=MappingProxyType({}),
            is_assumed=True,
        )
    return Valuations(
        edition=parsed.edition,
        as_of=parsed.as_of,
        source_names=MappingProxyType(parsed.sources),
        file=file,
        assumed=assumed,
        by_key=MappingProxyType({key: by_key[key] for key in (*banks(), *point_programs()) if key in by_key}),
    )


def _known(key: str) -> str:
    if key not in banks() and key not in point_programs():
        raise _InvalidFile(f"values: {unknown_name('bank or program', key, [*banks(), *point_programs()])}")
    return key


def _entry(value: object, path: str, file: _File) -> _Entry:
    entry = _convert(value, _Entry, path)
    figures = {"low": entry.low, "high": entry.high}
    figures |= {f"sources.{source}": figure for source, figure in entry.sources.items()}
    for name, figure in figures.items():
        if not (figure.is_finite() and 0 < figure <= MOST_CENTS):
            raise _InvalidFile(f"{path}.{name}: must be US cents above 0, at most {MOST_CENTS}, not {figure}")
    if entry.low > entry.high:
        raise _InvalidFile(f"{path}: low is {entry.low}, which is above high, {entry.high}")
    if unknown := entry.sources.keys() - file.sources.keys():
        raise _InvalidFile(
            f"{path}.sources: {unknown_name('source', min(unknown), file.sources, none='none in [sources]')}"
        )
    return entry


_T = TypeVar("_T")
_REASONS = (
    ("Object missing required field `(.+)`", r"\1 is missing"),
    ("Object contains unknown field `(.+)`", r"unknown key \1"),
    ("Invalid RFC3339 encoded date|Expected `date`, got `.+`", "must be a date such as 2026-11-01"),
    ("Expected `decimal`, got `.+`", "must be a number"),
    ("Expected `object`, got `.+`", "must be a table with low and high"),
)


def _convert(value: object, kind: type[_T], path: str) -> _T:
    """Convert a value of the file. Raise _InvalidFile with its key."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        reason, _, inner = str(error).partition(" - at ")
        for pattern, words in _REASONS:
            reason = re.sub(pattern, words, reason)
        keys = ".".join(filter(None, (path, inner.strip("`").removeprefix("$").removeprefix("."))))
        raise _InvalidFile(f"{keys}: {reason}" if keys else reason) from None
