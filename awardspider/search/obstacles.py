"""Obstacles: the reasons for which nothing is searched for a watch."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import product
from typing import NamedTuple

from awardspider.programs import Program, programs
from awardspider.search.criteria import is_expired
from awardspider.search.dates import today_at
from awardspider.search.served_routes import ServedRoutes, SkipReason
from awardspider.search.watches import Watch

#: Days ahead for which the first day of a watch is found.
_HORIZON_DAYS = 3660
_MAX_NAMES = 4


class Obstacle(NamedTuple):
    """A reason for which nothing is searched, as a text after "because", and the field of the watch that causes it."""

    field: str
    text: str


def find_obstacle(watch: Watch, now: datetime, *, without_key: Collection[str] = ()) -> Obstacle | None:
    """Return why nothing is searched for a watch at an aware time, or None if something is.

    `without_key` are the programs that need a key and have none: such a program is searched only if a watch names it.
    What past searches found is not considered.
    """
    return next(_obstacles(watch, now, without_key), None)


def _obstacles(watch: Watch, now: datetime, without_key: Collection[str]) -> Iterator[Obstacle]:
    today = max(today_at(code, now) for code in watch.origins)
    if not watch.active:
        yield Obstacle("active", "it is paused; scrapy watches resume continues it")
    if is_expired(watch, now):
        yield Obstacle("expires", f"it expired on {watch.expires}")
    if watch.dates.is_over(today):
        yield Obstacle("dates", f"its dates have passed (today is {today})")
    included = [program for program in programs().values() if watch.needs(program)]
    if not included:
        yield _no_program(watch)
    keyed = [each for each in included if each.key not in without_key or watch.names_source(each.key)]
    if not keyed:
        names = _names(included)
        yield Obstacle("programs", f"its programs are found only through {names}, which needs a key (AWARD_KEYS)")
    serving = [program for program in keyed if _serves(program, watch, now)]
    if not serving:
        yield Obstacle("programs", f"its routes are outside the network of {_names(keyed)}")
    if not any(leg.dates.ranges(today, each.booking_window_days) for each in serving for leg in watch.legs):
        yield Obstacle("dates", _not_bookable(watch, serving, today))


def _no_program(watch: Watch) -> Obstacle:
    """Return why a watch includes no program."""
    if watch.is_limited_to_points and watch.reachable is not None:
        field = "reachable_only" if watch.reachable_only else "max_points"
        if not watch.reachable:
            return Obstacle(field, "your profile has no points; scrapy profile set --points adds them")
        unrestricted = replace(watch, reachable=None)
        if any(unrestricted.needs(program) for program in programs().values()):
            return Obstacle(field, "your points reach none of its programs")
    return Obstacle("programs" if watch.programs else "alliances", "awardspider cannot search any of its programs")


def _serves(program: Program, watch: Watch, now: datetime) -> bool:
    """Return whether any route of a watch is in a program's network."""
    served = ServedRoutes(program, now=now)
    if not served.is_restricted:
        return True
    routes = (route for leg in watch.legs for route in product(leg.origin.searched, leg.destination.searched))
    return any(served.reason_to_skip(route) is not SkipReason.NETWORK for route in routes)


def _not_bookable(watch: Watch, serving: Sequence[Program], today: date) -> str:
    window = max(program.booking_window_days for program in serving)
    ranges = watch.dates.ranges(today, _HORIZON_DAYS)
    if not ranges:
        return "its dates are too far ahead"
    first = ranges[0].first
    start = first - timedelta(days=window)
    return f"its dates cannot be booked yet: the first one, {first}, can be booked from {start} on"


def _names(listed: Sequence[Program]) -> str:
    names = [program.name for program in listed[:_MAX_NAMES]]
    more = len(listed) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")
