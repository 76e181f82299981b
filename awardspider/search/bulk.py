"""Bulk searches of a source that covers many programs: each is for one program, two regions and one month."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import product

from awardspider.items import Detail, Search, SearchKind
from awardspider.outcomes import InvalidArgument
from awardspider.programs import Program, programs
from awardspider.search.dates import DateRange, month_range, today_at
from awardspider.search.expansion import is_in_force, leg_routes
from awardspider.search.seatsaero_regions import seatsaero_regions
from awardspider.search.watches import Watch

# Program, origin region, destination region and first day of a search.
BulkKey = tuple[str, str, str, date]

_NEVER = datetime.min.replace(tzinfo=UTC)


def parse_bulk_programs(
    text: str, arguments: Mapping[str, str], *, source: str, source_keys: Mapping[str, str]
) -> tuple[str, ...]:
    """Parse the `bulk` argument: `all`, or program keys separated by commas.

    `source_keys` maps our program key to the source's key if the two differ; both keys are accepted. Raises
    InvalidArgument.
    """
    covers = programs()[source].covers
    if arguments.get("detail") == Detail.ITINERARY:
        raise InvalidArgument("bulk searches return days and cannot be combined with detail=itinerary")
    if text.strip().lower() == "all":
        return covers
    our_keys = {theirs: ours for ours, theirs in source_keys.items()}
    keys = [our_keys.get(key, key) for part in text.split(",") if (key := part.strip().lower())]
    if unknown := [key for key in keys if key not in covers]:
        raise InvalidArgument(f"bulk: unknown program {', '.join(unknown)} (write all, or any of {', '.join(covers)})")
    return tuple(dict.fromkeys(keys))


def bulk_searches(
    target_programs: Iterable[str],
    watches: Iterable[Watch],
    *,
    source: Program,
    now: datetime,
    last_searches: Mapping[BulkKey, datetime],
) -> list[Search]:
    """Return a search for each program, region pair and month with a watched day, least recently searched first.

    Routes and days come from all active watches, regardless of the programs that they list. A bulk response does not
    depend on the number of travelers, so each search uses the smallest party; the seat counts in the response are used
    to match larger parties.
    """
    due: dict[tuple[str, str, int, int], tuple[DateRange, int]] = {}
    for watch in watches:
        if is_in_force(watch, now):
            for pair, days in _regions_and_months(watch, source, now):
                key = (*pair, days.first.year, days.first.month)
                other, party = due.get(key, (days, watch.travelers))
                both = DateRange(min(other.first, days.first), max(other.last, days.last))
                due[key] = both, min(party, watch.travelers)
    last_times: dict[tuple[str, str, str, int, int], datetime] = {}
    for (program, origin, destination, first), at in last_searches.items():
        month = (program, origin, destination, first.year, first.month)
        last_times[month] = max(at, last_times.get(month, _NEVER))
    searches = [
        Search(
            program=source.key,
            kind=SearchKind.BULK,
            origin=origin,
            destination=destination,
            first=days.first,
            last=days.last,
            travelers=party,
            target_program=program,
        )
        for program in target_programs
        for (origin, destination, _, _), (days, party) in due.items()
    ]

    def sort_key(search: Search) -> tuple[datetime, date, str, str, str]:
        month = (search.target_program, search.origin, search.destination, search.first.year, search.first.month)
        last_time = last_times.get(month, _NEVER)
        return last_time, search.first, search.target_program, search.origin, search.destination

    return sorted(searches, key=sort_key)


def _regions_and_months(watch: Watch, source: Program, now: datetime) -> set[tuple[tuple[str, str], DateRange]]:
    """Return each pair of regions of a watch's routes with each range of watched days within one month.

    For an airport that can be in two regions, a route has a pair for each.
    """
    found: set[tuple[tuple[str, str], DateRange]] = set()
    for leg in watch.legs:
        for origin, destination in leg_routes(leg):
            pairs = list(product(seatsaero_regions(origin), seatsaero_regions(destination)))
            for first, last in leg.dates.ranges(today_at(origin, now), source.booking_window_days):
                day = first
                while day <= last:
                    end = min(last, month_range(day).last)
                    found.update((pair, DateRange(day, end)) for pair in pairs)
                    day = end + timedelta(days=1)
    return found
