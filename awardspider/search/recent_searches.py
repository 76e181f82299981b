"""Searches that a crawl does not repeat yet, because what they found is recent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from awardspider.items import Search, SearchKind
from awardspider.search.number_settings import parse_number

SETTING = "AWARD_MIN_SEARCH_AGE_MINUTES"

#: Crawls start every hour, and a search that was sent late in the last one is sent again.
DEFAULT_MINUTES = 30

#: The minimum age of a search as a share of its maximum age, if that is more: half an hour of a day. Our choice, from
#: the simulation in docs/planner.md.
SHARE = 1 / 48

#: The same for the flights of a day whose calendar shows the same price: three hours of a day.
CONFIRMED_SHARE = 1 / 8


class ScopeKey(NamedTuple):
    """The scope of a search; `cabins` are separated by commas, and `target_program` is empty if it has none."""

    kind: SearchKind
    origin: str
    destination: str
    first: date
    travelers: int
    cabins: str
    target_program: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentSearches:
    """The last successful searches of a program, and the age until which they are not repeated.

    A failed search is not among them: it taught nothing. `changed_at` returns the time at which a watch of a route was
    last changed, if it is known: what a search found before was not compared with that watch. `flights_age` is the
    minimum age of searches of the flights of days at the same price. `sale_since` is when a sale of the program was
    first seen or began: each search is due once after that, whatever its age.
    """

    now: datetime
    least: timedelta = timedelta(0)
    flights_age: timedelta = timedelta(0)
    known_at: Mapping[ScopeKey, datetime] = field(default_factory=dict)
    changed_at: Callable[[tuple[str, str]], datetime | None] = lambda _: None
    sale_since: datetime | None = None

    def due_at(self, search: Search, max_age: timedelta) -> datetime | None:
        """Return the time from which a search is sent again, or None if it can be sent now."""
        return self._due_at(search, max_age * SHARE)

    def flights_due_at(self, search: Search) -> datetime | None:
        """Return the same for a search of the flights of a day whose price has not changed."""
        return self._due_at(search, self.flights_age)

    def _due_at(self, search: Search, min_age: timedelta) -> datetime | None:
        if not self.least:
            return None
        known_at = self.known_at.get(scope_key(search))
        if known_at is None:
            return None
        due_at = known_at + max(self.least, min_age)
        if self.now >= due_at or self.precedes_sale(known_at):
            return None
        changed_at = self.changed_at((search.origin, search.destination))
        return None if changed_at is not None and known_at <= changed_at else due_at

    def precedes_sale(self, searched_at: datetime) -> bool:
        """Return whether a search was sent before a sale of the program began."""
        return self.sale_since is not None and searched_at <= self.sale_since


def scope_key(search: Search) -> ScopeKey:
    """Return the key of a search."""
    return ScopeKey(
        search.kind,
        search.origin,
        search.destination,
        search.first,
        search.travelers,
        ",".join(search.cabins),
        search.target_program,
    )


def min_age(settings: Mapping[str, Any]) -> timedelta:
    """Return the least age at which a search is repeated, 0 for no limit. Raise InvalidSetting."""
    minutes = parse_number(settings, SETTING, DEFAULT_MINUTES, expected="a number of minutes (0: no limit)")
    return timedelta(minutes=minutes)
