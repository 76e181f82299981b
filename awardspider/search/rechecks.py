"""Rechecks: the stored itineraries that a calendar contradicts, and the searches that confirm, change or end them.

A calendar contradicts an itinerary if it no longer shows the day, or shows it only at a higher price.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import NamedTuple

from awardspider.items import AwardOfferItem, Cabin, Detail, Search, SearchKind
from awardspider.programs import Program
from awardspider.search.capabilities import SearchCapabilities
from awardspider.search.dates import today_at
from awardspider.search.expansion import miles_limits
from awardspider.search.watches import Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredItinerary:
    """A stored offer of flights that is not gone. `miles` are for one traveler, one way."""

    offer_id: str
    program: str
    source: str
    origin: str
    destination: str
    departure_date: date
    cabin: Cabin
    miles: int | None
    travelers: int
    is_unconfirmed: bool


class _Day(NamedTuple):
    program: str
    origin: str
    destination: str
    departure_date: date


@dataclass(slots=True)
class ShownDays:
    """The days that the responses of a calendar or bulk search show, each with its lowest price in each cabin."""

    #: None if an offer of the day has no price.
    _lowest: dict[tuple[_Day, Cabin], int | None] = field(default_factory=dict)
    _source_ids: dict[_Day, str] = field(default_factory=dict)

    def add(self, offer: AwardOfferItem) -> None:
        """Add an offer of a day; itineraries are ignored."""
        if offer.detail is Detail.ITINERARY:
            return
        day = _Day(offer.program, offer.origin, offer.destination, offer.departure_date)
        lowest = self._lowest.get((day, offer.cabin), offer.miles)
        self._lowest[day, offer.cabin] = None if lowest is None or offer.miles is None else min(lowest, offer.miles)
        if offer.source_id:
            self._source_ids[day] = offer.source_id

    @property
    def routes(self) -> set[tuple[str, str]]:
        """Return the origin and destination of each day."""
        return {(day.origin, day.destination) for day, _ in self._lowest}

    def contradicts(self, itinerary: StoredItinerary) -> bool:
        """Return whether a day is shown only at a higher price than an itinerary's."""
        lowest = self._lowest.get((_day_of(itinerary), itinerary.cabin))
        return lowest is not None and itinerary.miles is not None and lowest > itinerary.miles

    def lacks(self, itinerary: StoredItinerary) -> bool:
        """Return whether an itinerary's day is not shown in its cabin."""
        return (_day_of(itinerary), itinerary.cabin) not in self._lowest

    def source_id(self, itinerary: StoredItinerary) -> str:
        """Return the source's ID of an itinerary's day, or an empty string."""
        return self._source_ids.get(_day_of(itinerary), "")


def _day_of(itinerary: StoredItinerary) -> _Day:
    return _Day(itinerary.program, itinerary.origin, itinerary.destination, itinerary.departure_date)


@dataclass(frozen=True, slots=True)
class Contradictions:
    """The result of comparing a calendar with stored itineraries.

    `ended` are proven not to exist; `unconfirmed` must be searched again, and `due` also contains those that were
    unconfirmed before.
    """

    unconfirmed: tuple[StoredItinerary, ...] = ()
    ended: tuple[StoredItinerary, ...] = ()
    due: tuple[StoredItinerary, ...] = ()


def find_contradictions(
    itineraries: Iterable[StoredItinerary], shown: ShownDays, *, program: Program, is_complete: bool
) -> Contradictions:
    """Compare stored itineraries with a calendar. Only if it is complete, a missing day counts.

    A missing day ends an itinerary only if the program's calendar shows every award of this cabin and party, partners
    included. A higher price ends none, because the same flights can be for sale at that price.
    """
    unconfirmed, ended, due = [], [], []
    for itinerary in itineraries:
        if is_complete and shown.lacks(itinerary):
            if program.calendar_shows_all(itinerary.cabin, itinerary.travelers):
                ended.append(itinerary)
                continue
            unconfirmed.append(itinerary)
        elif shown.contradicts(itinerary):
            unconfirmed.append(itinerary)
        elif not itinerary.is_unconfirmed:
            continue
        due.append(itinerary)
    return Contradictions(tuple(unconfirmed), tuple(ended), tuple(due))


def recheck_search(
    itinerary: StoredItinerary, source: str, capabilities: SearchCapabilities, source_id: str = ""
) -> Search | None:
    """Return the search that finds an itinerary if it still exists, or None if `source` has no such search."""
    if itinerary.source != source or SearchKind.ITINERARY not in capabilities.kinds:
        return None
    groups = capabilities.cabin_groups(SearchKind.ITINERARY, (itinerary.cabin,))
    if not groups:
        return None
    return Search(
        program=source,
        kind=SearchKind.ITINERARY,
        origin=itinerary.origin,
        destination=itinerary.destination,
        first=itinerary.departure_date,
        last=itinerary.departure_date,
        cabins=groups[0],
        travelers=itinerary.travelers,
        target_program=itinerary.program if itinerary.program != source else "",
        source_id=source_id,
    )


def recheck_searches(
    itineraries: Iterable[StoredItinerary],
    shown: ShownDays,
    watches: Iterable[Watch],
    *,
    source: str,
    capabilities: SearchCapabilities,
    now: datetime,
) -> list[Search]:
    """Return the searches that recheck itineraries: one for each day, those that a watch includes first."""
    candidates = list(watches)
    ranks: dict[Search, tuple[bool, date]] = {}
    for itinerary in itineraries:
        search = recheck_search(itinerary, source, capabilities, shown.source_id(itinerary))
        if search is not None:
            is_watched = any(includes(watch, itinerary, now) for watch in candidates)
            ranks[search] = min(ranks.get(search, (True, itinerary.departure_date)), (not is_watched, search.first))
    return sorted(ranks, key=lambda each: (*ranks[each], each.origin, each.destination))


def includes(watch: Watch, itinerary: StoredItinerary, now: datetime) -> bool:
    """Return whether an active watch includes an itinerary in one of its directions.

    Program, route, day, cabin, party and miles count.
    """
    return (
        watch.active
        and watch.travelers == itinerary.travelers
        and watch.includes(itinerary.program, itinerary.source)
        and (not watch.cabins or itinerary.cabin in watch.cabins)
        and all(itinerary.miles is None or itinerary.miles <= limit for limit in miles_limits(watch))
        and watch.covers(
            itinerary.origin, itinerary.destination, itinerary.departure_date, today_at(itinerary.origin, now)
        )
    )


def without_source_id(search: Search) -> Search:
    """Return a search of a day without the source's ID and the run's ID, as the key of the day."""
    return replace(search, source_id="", id="")
