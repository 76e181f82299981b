"""The catalog of loyalty programs: properties, access rules and the evidence for them (data in programs.toml)."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.resources import files
from typing import Any


class Access(StrEnum):
    """Ways to get access to a program's offers."""

    OPEN = "open"
    SIGN_IN = "sign_in"  # with the operator's own session
    KEY = "key"  # with a key that the operator was given
    PARTNER = "partner"  # never requested itself; another program's responses contain its offers


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A loyalty program. For Access.PARTNER nothing after `access` is set.

    `terms_forbid` says that the site's terms forbid automated access. `booking_window_days` counts from today at the
    origin, the last day included. `pause_seconds` is the minimum between two requests to the live site; the budgets
    count searches in any hour and any day. `control_route` has so many flights that it always has awards a month ahead.
    `covers` are the programs whose offers its responses contain, if not its own. `robots` and `terms` say what is known
    about these rules, `confidence` (high, medium or low) and `last_known` (year and month) how certain the facts are.
    `fields_not_offered` are the fields of AwardOfferItem that its responses never contain. `evidence` gives the reason
    for each number, by field name.
    """

    key: str
    name: str
    carriers: tuple[str, ...]
    alliance: str | None
    site: str
    access: Access
    terms_forbid: bool = False
    booking_window_days: int = 366
    pause_seconds: float = 0.0
    requests_per_hour: int = 0
    requests_per_day: int = 0
    control_route: tuple[str, str] | None = None
    covers: tuple[str, ...] = ()
    robots: str = ""
    terms: str = ""
    confidence: str = ""
    last_known: str = ""
    fields_not_offered: tuple[str, ...] = ()
    evidence: dict[str, str] = field(default_factory=dict)

    @property
    def programs(self) -> tuple[str, ...]:
        """Return the programs whose offers its responses contain."""
        return self.covers or (self.key,)


@functools.cache
def all_programs() -> dict[str, Program]:
    """Return every known program by key, including those that only partners cover."""
    text = files("awardspider").joinpath("programs.toml").read_text(encoding="utf-8")
    return {key: _program(key, entry) for key, entry in tomllib.loads(text).items()}


@functools.cache
def programs() -> dict[str, Program]:
    """Return every program that has a spider, by key."""
    return {key: program for key, program in all_programs().items() if program.access is not Access.PARTNER}


def _program(key: str, entry: dict[str, Any]) -> Program:
    lists = {name: tuple(value) for name, value in entry.items() if isinstance(value, list)}
    return Program(key=key, **{"alliance": None} | entry | lists | {"access": Access(entry["access"])})
