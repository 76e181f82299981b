"""Estimates of the searches of flights: of days whose known price could match a watch, and of days not known yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from typing import NamedTuple

from awardspider.items import AwardOfferItem, Search, SearchKind
from awardspider.programs import Program
from awardspider.search.capabilities import SearchCapabilities
from awardspider.search.dates import DateRange, today_at
from awardspider.search.day_confirmation import rank_days
from awardspider.search.expansion import Demands, Expansion, urgency_of
from awardspider.search.served_routes import ServedRoutes
from awardspider.search.watches import Watch

_DAY = timedelta(days=1)
#: Offers that are compared at a time, so that the others need not be in memory.
_BATCH = 5_000


class DayEstimate(NamedTuple):
    """The searches of flights that watches cause at one program, because a day's price could match.

    `per_day` is the number of searches a day at the prices known now. `unknown_days` is the number of watched days of
    which no calendar was searched yet: at most that many searches are added, and at most `unknown_per_day` a day.
    """

    per_day: float = 0.0
    unknown_days: int = 0
    unknown_per_day: float = 0.0


NO_DAYS = DayEstimate()


def confirms_days(capabilities: SearchCapabilities) -> bool:
    """Return whether a program has calendars whose days are confirmed by searches of their flights."""
    return {SearchKind.CALENDAR, SearchKind.ITINERARY} <= {*capabilities.kinds}


def estimate_days(
    expansion: Expansion,
    *,
    program: Program,
    capabilities: SearchCapabilities,
    served: ServedRoutes,
    offers: Iterable[AwardOfferItem],
    searched: Mapping[tuple[str, str, int], Sequence[DateRange]],
    now: datetime,
) -> DayEstimate:
    """Return the estimate for a program from its stored offers of days and the days that its calendars have shown.

    The flights of a day are searched as frequently as its calendar. Days that the plan searches directly, because the
    calendar lacks a cabin, are left out.
    """
    if not confirms_days(capabilities):
        return NO_DAYS
    window = Search(
        program=program.key,
        kind=SearchKind.CALENDAR,
        origin="",
        destination="",
        first=now.date() - _DAY,
        last=now.date() + timedelta(days=program.booking_window_days + 1),
    )
    by_max_age = sorted(_by_max_age(expansion.watches, program, capabilities).items())
    due: dict[Search, timedelta] = {}
    remaining = iter(offers)
    while batch := list(islice(remaining, _BATCH)):
        for max_age, watches in by_max_age:
            for search in rank_days(batch, watches, search=window, capabilities=capabilities):
                due[search] = min(max_age, due.get(search, max_age))
    per_day = sum((_DAY / max_age for max_age in due.values()), 0.0)
    unknown_days, unknown_per_day = _unknown(expansion, program, capabilities, served, searched, now)
    return DayEstimate(per_day, unknown_days, unknown_per_day)


def _by_max_age(
    watches: Iterable[Watch], program: Program, capabilities: SearchCapabilities
) -> dict[timedelta, list[Watch]]:
    found: dict[timedelta, list[Watch]] = {}
    for watch in watches:
        if watch.needs(program) and not capabilities.cabins_outside_calendar(watch.cabins):
            max_age = min(urgency_of(watch, leg).max_age for leg in watch.legs)
            found.setdefault(max_age, []).append(watch)
    return found


def _unknown(
    expansion: Expansion,
    program: Program,
    capabilities: SearchCapabilities,
    served: ServedRoutes,
    searched: Mapping[tuple[str, str, int], Sequence[DateRange]],
    now: datetime,
) -> tuple[int, float]:
    """Return the number of watched days that no calendar has shown, and of their searches a day."""
    demands = expansion.for_program(program, served)
    count, per_day = 0, 0.0
    for groups, routes in demands.routes_of.items():
        of_groups = demands.of(groups)
        watched: dict[date, dict[int, tuple[int, timedelta]]] = {}
        for origin, destination in routes:
            today = today_at(origin, now)
            if today not in watched:
                watched[today] = _watched_days(of_groups, expansion, program, capabilities, today)
            for travelers, (days, max_age) in watched[today].items():
                shown = _as_bits(searched.get((origin, destination, travelers), ()), today)
                unknown = (days & ~shown).bit_count()
                count += unknown
                per_day += unknown * (_DAY / max_age)
    return count, per_day


def _watched_days(
    demands: Demands, expansion: Expansion, program: Program, capabilities: SearchCapabilities, today: date
) -> dict[int, tuple[int, timedelta]]:
    """Return the watched days from today as bits, and the lowest maximum age, by number of travelers."""
    found: dict[int, tuple[int, timedelta]] = {}
    for demand, _ in demands:
        if not capabilities.cabins_outside_calendar(demand.cabins):
            days, max_age = found.get(demand.travelers, (0, demand.urgency.max_age))
            days |= _as_bits(expansion.bookable(demand.dates, today, program.booking_window_days), today)
            found[demand.travelers] = days, min(max_age, demand.urgency.max_age)
    return found


def _as_bits(ranges: Iterable[DateRange], today: date) -> int:
    """Return a number with a bit for each day from today."""
    bits = 0
    for first, last in ranges:
        start, end = max(0, (first - today).days), (last - today).days + 1
        if end > start:
            bits |= ((1 << (end - start)) - 1) << start
    return bits
