"""Airline alliances and their members, as dated data (data/alliances.toml)."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from importlib.resources import files
from typing import Any

from awardspider.outcomes import InvalidArgument
from awardspider.programs import all_programs
from awardspider.search.field_values import letters_only, split_list
from awardspider.search.suggestions import unknown_name


class Alliance(StrEnum):
    """Keys of the alliances."""

    STAR_ALLIANCE = "star_alliance"
    ONEWORLD = "oneworld"
    SKYTEAM = "skyteam"

    @property
    def label(self) -> str:
        """Return the name as the alliance writes it."""
        return _alliances()[self].name


@dataclass(frozen=True, slots=True, kw_only=True)
class _Members:
    name: str
    aliases: tuple[str, ...]
    carriers: frozenset[str]
    since: Mapping[str, date] = field(default_factory=dict)
    until: Mapping[str, date] = field(default_factory=dict)

    def on(self, day: date) -> frozenset[str]:
        return frozenset(
            carrier
            for carrier in self.carriers
            if self.since.get(carrier, date.min) <= day <= self.until.get(carrier, date.max)
        )


@functools.cache
def _data() -> dict[str, Any]:
    return tomllib.loads(files("awardspider.search").joinpath("data", "alliances.toml").read_text(encoding="utf-8"))


@functools.cache
def _alliances() -> dict[Alliance, _Members]:
    return {alliance: _members_of(**_data()[alliance]) for alliance in Alliance}


def _members_of(name: str, aliases: list[str], members: list[str], **dates: dict[str, date]) -> _Members:
    return _Members(name=name, aliases=tuple(aliases), carriers=frozenset(members), **dates)


def as_of() -> date:
    """Return the day of the newest source of the data."""
    day: date = _data()["as_of"]
    return day


@functools.lru_cache(maxsize=4096)
def members(alliance: str, day: date | None = None) -> frozenset[str]:
    """Return the carrier codes of an alliance's members on a day of travel, by default on `as_of`.

    `alliance` is a key. Raise KeyError for an unknown key; `parse_alliances` returns only known ones.
    """
    try:
        return _alliances()[Alliance(alliance)].on(day or as_of())
    except ValueError:
        raise KeyError(alliance) from None


@functools.lru_cache(maxsize=4096)
def carriers_on(carriers: tuple[str, ...], day: date) -> frozenset[str]:
    """Return the codes of carriers, with the key of an alliance replaced by its members on a day of travel."""
    alliances = [name for name in carriers if name in tuple(Alliance)]
    return frozenset(carriers).difference(alliances).union(*(members(alliance, day) for alliance in alliances))


@functools.cache
def programs_of_alliances(alliances: tuple[str, ...]) -> frozenset[str]:
    """Return the keys of the programs of these alliances, which are keys too."""
    return frozenset(
        key
        for key, program in all_programs().items()
        if program.alliance and set(parse_alliances(program.alliance)) & set(alliances)
    )


def parse_alliances(value: object) -> tuple[Alliance, ...]:
    """Parse alliances from text with commas or from a list: keys, names or short names, in any case.

    Return each alliance once, in the order of `Alliance`. Raise InvalidArgument for an unknown name.
    """
    found = {_parse(name) for name in split_list(value)}
    if not found:
        raise InvalidArgument(f"expected an alliance: {', '.join(alliance.label for alliance in Alliance)}")
    return tuple(alliance for alliance in Alliance if alliance in found)


def is_alliance(text: str) -> bool:
    """Return whether a text is the key, the name or a short name of an alliance."""
    return _normalized(text) in _names()


def _parse(text: str) -> Alliance:
    if alliance := _names().get(_normalized(text)):
        return alliance
    raise InvalidArgument(unknown_name("alliance", text, Alliance))


@functools.cache
def _names() -> dict[str, Alliance]:
    return {
        _normalized(name): alliance
        for alliance, entry in _alliances().items()
        for name in (alliance, entry.name, *entry.aliases)
    }


def _normalized(text: str) -> str:
    return letters_only(text).removesuffix("alliance")
