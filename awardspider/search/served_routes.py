"""The routes that a program can serve: by its catalog entry, and by what past searches returned.

A route whose searches were always empty, or always refused, is tried again rarely: after n such searches of a departure
day, the next one follows after 2^n days, and at most after 28 days. A single offer makes the route ordinary again.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from operator import attrgetter
from typing import NamedTuple

from awardspider.airports import airports
from awardspider.programs import Program

Route = tuple[str, str]

#: Rounds in vain after which a day is tried less frequently. One can be chance: a sold-out month.
MIN_ROUNDS = 2
#: The least time between two rounds: searches right after each other show nothing new.
ROUND_INTERVAL = timedelta(hours=6)
#: The share of the watched days that must be postponed for the route to be. Each day, a new one can be searched.
POSTPONED_SHARE = 0.9
#: The longest interval between two rounds of a route that was always empty: airlines announce new routes for a season.
MAX_INTERVAL = timedelta(days=28)


class SkipReason(StrEnum):
    """Reasons for not searching a route."""

    NETWORK = "network"  # outside the countries that the program flies to
    ALWAYS_EMPTY = "always_empty"  # tried again later
    ALWAYS_REFUSED = "always_refused"  # every search failed, because of the request or response; tried again later
    NOT_MONITORED = "not_monitored"  # by the source
    LIMIT = "limit"  # the watch has more routes than are searched at one program


class Attempt(NamedTuple):
    """A search of a route that found no offer: its departure days, cabins and time."""

    first: date
    last: date
    cabins: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RouteHistory:
    """The past searches of a route at a program.

    `postponed` has the time until which departure days are not searched again, because no search found an offer of
    the route, for this `reason`.
    """

    had_offers: bool
    postponed: Mapping[date, datetime] = field(default_factory=dict)
    reason: SkipReason = SkipReason.ALWAYS_EMPTY


def postponed_days(attempts: Iterable[Attempt], *, cabin_groups: int = 1) -> dict[date, datetime]:
    """Return the departure days that were searched in vain in several rounds, with the time of their next round.

    A round has a search for each of `cabin_groups`. Searches soon after each other are the same round.
    """
    counted: dict[tuple[date, str], datetime] = {}
    searches: Counter[date] = Counter()
    last_at: dict[date, datetime] = {}
    for first, last, cabins, at in sorted(attempts, key=attrgetter("at")):
        group = cabins if cabin_groups > 1 else ""
        for number in range((last - first).days + 1):
            day = first + timedelta(days=number)
            last_at[day] = at
            earlier = counted.get((day, group))
            if earlier is None or at - earlier >= ROUND_INTERVAL:
                counted[day, group] = at
                searches[day] += 1
    found = {day: retry_at(count // max(1, cabin_groups), last_at[day]) for day, count in searches.items()}
    return {day: at for day, at in found.items() if at is not None}


def retry_at(rounds: int, last_at: datetime) -> datetime | None:
    """Return the time of the next round after so many in vain, or None if it is not postponed."""
    if rounds < MIN_ROUNDS:
        return None
    return last_at + timedelta(days=min(2 ** min(rounds, 10), MAX_INTERVAL.days))


class ServedRoutes:
    """The routes of a program that are worth a search now; without a program, its network does not matter.

    `monitored` returns whether a source of several programs monitors a route; None if that is unknown.
    """

    def __init__(
        self,
        program: Program | None = None,
        *,
        now: datetime,
        history: Mapping[Route, RouteHistory] | None = None,
        monitored: Callable[[Route], bool | None] | None = None,
    ) -> None:
        self._countries = frozenset(program.serves if program else ())
        self._now = now
        self._history = history or {}
        self._monitored = monitored

    @property
    def is_restricted(self) -> bool:
        """Return False if every route is searched."""
        return bool(self._countries or self._history or self._monitored)

    def reason_to_skip(self, route: Route, days: Callable[[], Set[date]] = frozenset) -> SkipReason | None:
        """Return the reason for not searching the watched days of a route now, or None if it is searched."""
        if self._countries and not all(_country(iata) in self._countries for iata in route):
            return SkipReason.NETWORK
        if self._history and (history := self._history.get(route)) and history.postponed and (watched := days()):
            waiting = sum(1 for day in watched if day in history.postponed and self._now < history.postponed[day])
            if waiting >= POSTPONED_SHARE * len(watched):
                return history.reason
        if self._monitored and self._monitored(route) is False:
            return SkipReason.NOT_MONITORED
        return None

    def pick(
        self,
        routes: tuple[Route, ...],
        limit: int,
        skipped: Counter[SkipReason],
        days: Callable[[], Set[date]] = frozenset,
    ) -> Sequence[Route]:
        """Return the first `limit` routes to search; add the number of the others to `skipped`.

        `days` returns the watched days, which are computed only for routes that found nothing yet.

        Routes that had offers come before those that are not known to, so that a limit keeps the former.
        """
        if len(routes) == 1:
            # The only route is searched although it is not monitored: the search then says so.
            reason = self.reason_to_skip(routes[0], days)
            if reason is None or reason is SkipReason.NOT_MONITORED:
                return routes
            skipped[reason] += 1
            return ()
        if not self.is_restricted:
            skipped[SkipReason.LIMIT] += max(0, len(routes) - limit)
            return routes[:limit]
        kept = []
        for route in routes:
            if reason := self.reason_to_skip(route, days):
                skipped[reason] += 1
            else:
                kept.append(route)
        if len(kept) > limit:
            kept.sort(key=lambda route: not (route in self._history and self._history[route].had_offers))
            skipped[SkipReason.LIMIT] += len(kept) - limit
        return kept[:limit]


@functools.lru_cache(maxsize=16_384)
def _country(iata: str) -> str | None:
    """Return the country of an airport; an unknown airport has none, so no catalog entry includes it."""
    airport = airports().get(iata)
    return airport["country"] if airport else None
