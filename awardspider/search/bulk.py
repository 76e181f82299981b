"""Asking a source of many programs in bulk: everything of one program between two regions, a month at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta

from awardspider.items import Search, SearchKind
from awardspider.programs import Program
from awardspider.search.dates import DateRange, bookable, month_of, today_at
from awardspider.search.regions import region
from awardspider.search.watches import Watch

# Program, the two regions and the first day of a search, as storage remembers it.
BulkKey = tuple[str, str, str, date]

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def bulk_searches(
    programs: Iterable[str],
    watches: Iterable[Watch],
    *,
    source: Program,
    now: datetime,
    last_searches: Mapping[BulkKey, datetime],
) -> list[Search]:
    """A search for each program, pair of regions and month in which a day is wanted; those that waited longest first.

    The routes and days are those of all active watches, whatever programs these want. Rows know no party: where
    several are wanted the smallest is asked for, which the answer's seats hold for the others too.
    """
    wanted: dict[tuple[str, str, int, int], tuple[DateRange, int]] = {}
    for watch in watches:
        if watch.active:
            for pair, days in _months(watch, source, now):
                key = (*pair, days.first.year, days.first.month)
                known, party = wanted.get(key, (days, watch.travelers))
                both = DateRange(min(known.first, days.first), max(known.last, days.last))
                wanted[key] = both, min(party, watch.travelers)
    looked: dict[tuple[str, str, str, int, int], datetime] = {}
    for (program, one, other, first), at in last_searches.items():
        month = (program, one, other, first.year, first.month)
        looked[month] = max(at, looked.get(month, _LONG_AGO))
    found = [
        Search(
            program=source.key,
            kind=SearchKind.BULK,
            origin=one,
            destination=other,
            first=days.first,
            last=days.last,
            travelers=party,
            target_program=program,
        )
        for program in programs
        for (one, other, _, _), (days, party) in wanted.items()
    ]

    def waits(search: Search) -> tuple[datetime, date, str, str, str]:
        key = (search.target_program, search.origin, search.destination, search.first.year, search.first.month)
        return looked.get(key, _LONG_AGO), search.first, search.target_program, search.origin, search.destination

    return sorted(found, key=waits)


def _months(watch: Watch, source: Program, now: datetime) -> set[tuple[tuple[str, str], DateRange]]:
    """The pairs of regions of a watch's routes, with the wanted days of each month."""
    found: set[tuple[tuple[str, str], DateRange]] = set()
    for origin, destination in watch.routes:
        one, other = region(origin), region(destination)
        if one is None or other is None:
            continue
        for first, last in bookable(watch.spans, today_at(origin, now), source.booking_window_days):
            day = first
            while day <= last:
                end = min(last, month_of(day).last)
                found.add(((one, other), DateRange(day, end)))
                day = end + timedelta(days=1)
    return found
