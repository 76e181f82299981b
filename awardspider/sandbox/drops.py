"""Sudden drops: short price reductions that a program does not announce."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

from awardspider.items import Cabin
from awardspider.sandbox.clock import step_day
from awardspider.sandbox.places import draw

CYCLE = 168  # steps: six weeks
LENGTHS = (4, 6, 8, 12)  # steps: one to three days
PERCENTS = (40, 45, 50, 55, 60)


class Drop(NamedTuple):
    """A discount of `percent` on departure dates from the ordinal `first` to `last`."""

    percent: int
    first: int
    last: int


def find_drop(seed: int, program: str, route: tuple[str, str], cabin: Cabin, step: int) -> Drop | None:
    """Return a route and cabin's drop at a step, if any. There is one in each cycle of six weeks."""
    cycle, step_of_cycle = divmod(step + _offset(seed, program, *route, cabin), CYCLE)
    start, length, percent, lead, days = _draw_drop(seed, program, *route, cabin, cycle)
    if not start <= step_of_cycle < start + length:
        return None
    first = step_day(step - step_of_cycle + start) + lead
    return Drop(percent, first, first + days)


def drop_percents(drop: Drop | None, sale: Sequence[int] | None, first: int, days: int) -> list[int] | None:
    """Return the percentage discount for each day, or None if there is none. Days on sale are excluded."""
    if drop is None or drop.last < first or drop.first >= first + days:
        return None
    return [
        drop.percent if drop.first <= first + day <= drop.last and not (sale and sale[day]) else 0
        for day in range(days)
    ]


@functools.lru_cache(maxsize=1 << 12)
def _offset(seed: int, program: str, origin: str, destination: str, cabin: Cabin) -> int:
    """Return the offset of a route and cabin's cycle, in steps, so that few drops start at the same time."""
    return draw(seed, program, "drops", origin, destination, cabin) % CYCLE


@functools.lru_cache(maxsize=1 << 12)
def _draw_drop(
    seed: int, program: str, origin: str, destination: str, cabin: Cabin, cycle: int
) -> tuple[int, int, int, int, int]:
    """Return a cycle's drop: its start and length in steps, its percent, and its first departure date and days."""
    random = draw(seed, program, "drop", origin, destination, cabin, cycle)
    length = LENGTHS[random % len(LENGTHS)]
    start = random // 10 % (CYCLE - length + 1)
    percent = PERCENTS[random // 10_000 % len(PERCENTS)]
    return start, length, percent, 10 + random // 100_000 % 120, 13 + random // 100_000_000 % 29
