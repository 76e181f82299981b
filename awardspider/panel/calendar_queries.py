"""The query of a calendar, bounded, for the page, the API and assistants."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from awardspider.items import Cabin
from awardspider.outcomes import InvalidArgument
from awardspider.panel.filters import parse_program
from awardspider.programs import sources_of
from awardspider.search.places import parse_places
from awardspider.storage.calendar_days import MAX_DAYS, CalendarQuery
from awardspider.storage.store import Store
from awardspider.storage.stored_routes import stored_destinations, stored_origins

#: The most pairs of airports in one calendar.
MAX_PAIRS = 2_000
#: With more pairs, airports between which nothing was searched are left out.
_FEW_PAIRS = 20


def pairs(origins: Sequence[str], destinations: Sequence[str]) -> int:
    """Return the number of routes between places."""
    return len(origins) * len(destinations)


def searched_airports(
    store: Store, origins: Sequence[str], destinations: Sequence[str]
) -> tuple[Sequence[str], Sequence[str]]:
    """Return origins and destinations; of large places only the airports between which something was searched."""
    if pairs(origins, destinations) <= _FEW_PAIRS:
        return origins, destinations
    known = stored_origins(store)
    kept = [each for each in origins if each in known] or origins[:1]
    reached = stored_destinations(store, kept)
    return kept, [each for each in destinations if each in reached] or destinations[:1]


def calendar_query(
    store: Store,
    origin: str,
    destination: str,
    *,
    first: date,
    days: int,
    programs: Sequence[str] = (),
    cabins: Sequence[Cabin] = (),
) -> CalendarQuery:
    """Return the query for places as a person writes them.

    Raise InvalidArgument for an unknown place or program, too many routes or days, and days that no calendar has.
    """
    if not 1 <= days <= MAX_DAYS:
        raise InvalidArgument(f"a calendar has 1 to {MAX_DAYS} days, not {days:,}")
    try:
        last = first + timedelta(days=days - 1)
    except OverflowError:
        raise InvalidArgument(f"{first} is too late; choose an earlier first day") from None
    places = parse_places(origin), parse_places(destination)
    origins, destinations = searched_airports(store, *(sorted(each.airports) for each in places))
    if (number := pairs(origins, destinations)) > MAX_PAIRS:
        raise InvalidArgument(
            f"these places have {number:,} pairs of airports, but a calendar shows up to {MAX_PAIRS:,}; "
            "choose smaller places"
        )
    return CalendarQuery(
        origins=origins,
        destinations=destinations,
        first=first,
        last=last,
        programs=tuple(parse_program(key) for key in programs),
        sources=all_sources(programs),
        cabins=tuple(cabins),
    )


def all_sources(programs: Sequence[str]) -> list[str]:
    """Return the programs that also show offers of programs."""
    return sorted({source for program in programs for source in sources_of(program)})
