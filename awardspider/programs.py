"""The catalogue of programs: what each is, how it may be asked, and the evidence for it (data in programs.toml)."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One loyalty program.

    `access` is "open", "sign_in" (the operator's own session), "key" (one that the operator is given) or "partner": it
    is not asked itself, another program's answers tell of it, and nothing below `access` is known. `terms_forbid` says
    that the site's terms forbid automated reading. `booking_window_days` counts from today at the origin, the last day
    included. `pause_seconds` is the least time between two requests to a live site; the budgets are looks in any hour
    and any day. `control_route` is flown so often that a month ahead it always has awards. `tells_of` are the programs
    that its answers hold, where those are not its own. `robots` and `terms` say what is known of these rules,
    `confidence` (high, medium, low) and `last_known` (year and month) how sure the facts are. `not_offered` are fields
    of AwardOfferItem that its answers have no place for. `evidence` gives the reason for each number, by field name.
    """

    key: str
    name: str
    carriers: tuple[str, ...]
    alliance: str | None
    site: str
    access: str
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
        """The programs whose offers its answers hold."""
        return self.covers or (self.key,)


@functools.cache
def all_programs() -> dict[str, Program]:
    """Every program we know of, by key, also those that are told of by others only."""
    text = files("awardspider").joinpath("programs.toml").read_text(encoding="utf-8")
    return {key: _program(key, entry) for key, entry in tomllib.loads(text).items()}


@functools.cache
def programs() -> dict[str, Program]:
    """Every program that is asked itself, by key."""
    return {key: program for key, program in all_programs().items() if program.access != "partner"}


def _program(key: str, entry: dict[str, Any]) -> Program:
    lists = {name: tuple(value) for name, value in entry.items() if isinstance(value, list)}
    return Program(key=key, **{"alliance": None} | entry | lists)
