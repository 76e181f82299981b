"""The routes that a program can serve: by its catalog entry, and by what past searches returned.

A route whose searches were always empty is tried again rarely: after n empty searches of the entire booking window, the
next one follows after 2^n days, and at most after 28 days. A single offer makes the route ordinary again.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from awardspider.airports import airports
from awardspider.programs import Program

Route = tuple[str, str]

#: Empty rounds after which a route is tried less frequently. One empty round can be chance: a sold-out month.
MIN_EMPTY_ROUNDS = 2
#: The longest interval between two rounds of a route that was always empty: airlines announce new routes for a season.
MAX_INTERVAL = timedelta(days=28)


class SkipReason(StrEnum):
    """Reasons for not searching a route."""

    NETWORK = "network"  # outside the countries that the program flies to
    ALWAYS_EMPTY = "always_empty"  # tried again later
    NOT_MONITORED = "not_monitored"  # by the source
    LIMIT = "limit"  # the watch has more routes than are searched at one program


class RouteHistory(NamedTuple):
    """The past searches of a route at a program.

    `empty_rounds` is how many times the entire booking window was searched without finding an offer.
    """

    empty_rounds: int
    last_at: datetime
    had_offers: bool


def retry_at(history: RouteHistory) -> datetime | None:
    """Return the time from which a route is searched again, or None if it is searched as usual."""
    if history.had_offers or history.empty_rounds < MIN_EMPTY_ROUNDS:
        return None
    days = min(2 ** min(history.empty_rounds, 10), MAX_INTERVAL.days)
    return history.last_at + timedelta(days=days)


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

    def reason_to_skip(self, route: Route) -> SkipReason | None:
        """Return the reason for not searching a route now, or None if it is searched."""
        if self._countries and not all(_country(iata) in self._countries for iata in route):
            return SkipReason.NETWORK
        if self._history and (history := self._history.get(route)):
            due = retry_at(history)
            if due is not None and self._now < due:
                return SkipReason.ALWAYS_EMPTY
        if self._monitored and self._monitored(route) is False:
            return SkipReason.NOT_MONITORED
        return None

    def pick(self, routes: tuple[Route, ...], limit: int, skipped: Counter[SkipReason]) -> Sequence[Route]:
        """Return the first `limit` routes to search; add the number of the others to `skipped`.

        Routes that had offers come before those that are not known to, so that a limit keeps the former.
        """
        if len(routes) == 1:
            # The only route is searched although it is not monitored: the search then says so.
            reason = self.reason_to_skip(routes[0])
            if reason is None or reason is SkipReason.NOT_MONITORED:
                return routes
            skipped[reason] += 1
            return ()
        if not self.is_restricted:
            skipped[SkipReason.LIMIT] += max(0, len(routes) - limit)
            return routes[:limit]
        kept = []
        for route in routes:
            if reason := self.reason_to_skip(route):
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
