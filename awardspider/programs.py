"""The catalogue of programs: what each is, how it may be asked, and the evidence for it (data in programs.toml)."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One loyalty program.

    `access` is "open", "sign_in" or "key"; `terms_forbid` says that the site's terms forbid automated reading.
    `booking_window_days` counts from today at the origin, the last day included. `pause_seconds` is the least time
    between two requests to a live site; the budgets are looks in any hour and any day. `evidence` gives the reason
    for each number, by field name.
    """

    key: str
    name: str
    carriers: tuple[str, ...]
    alliance: str | None
    site: str
    access: str
    terms_forbid: bool
    booking_window_days: int
    pause_seconds: float
    requests_per_hour: int
    requests_per_day: int
    evidence: dict[str, str]


@functools.cache
def programs() -> dict[str, Program]:
    """Every program, by key."""
    text = files("awardspider").joinpath("programs.toml").read_text(encoding="utf-8")
    return {key: _program(key, entry) for key, entry in tomllib.loads(text).items()}


def _program(key: str, entry: dict[str, Any]) -> Program:
    entry = {"alliance": None} | entry
    return Program(key=key, **entry | {"carriers": tuple(entry["carriers"])})
