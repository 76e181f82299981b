"""Estimates of the requests that watches cause."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from awardspider.programs import programs
from awardspider.search.capabilities import SearchCapabilities
from awardspider.search.planner import plan
from awardspider.search.watches import Watch


def requests_per_crawl(
    watches: Iterable[Watch], capabilities: Mapping[str, SearchCapabilities], now: datetime
) -> dict[str, int]:
    """Return the number of requests of one crawl of all days, keyed by program; programs without any are left out.

    `capabilities` are those of the programs to count, keyed by program.

    The searches of several watches are shared. Not counted are the itineraries of days that could match a watch, the
    further pages of a response, and lists of routes, because they depend on the responses.
    """
    active = [watch for watch in watches if watch.active]
    counts = {
        key: plan(active, program=programs()[key], capabilities=searches, now=now).totals().searches
        for key, searches in capabilities.items()
    }
    return {key: count for key, count in counts.items() if count}
