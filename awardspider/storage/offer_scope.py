"""The stored offers in the scope of a search, which its response confirms, changes, ends or contradicts."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, Text, and_, bindparam, cast, or_, select

from awardspider.items import Cabin, Detail, Search, SearchKind
from awardspider.search.rechecks import StoredItinerary
from awardspider.storage import schema
from awardspider.storage.offer_status import has_not_departed
from awardspider.storage.store import Store

_offers = schema.offers.c

# The detail levels of the offers that a search of each kind covers.
_DETAILS = {SearchKind.CALENDAR: (Detail.DAY, Detail.SEATS), SearchKind.ITINERARY: (Detail.ITINERARY,)}

_ITINERARY_COLUMNS = (
    _offers.id, _offers.program, _offers.source, _offers.origin, _offers.destination, _offers.departure_date,
    _offers.cabin, _offers.miles, _offers.travelers, _offers.unconfirmed_since,
)  # fmt: skip


class LiveOffer(NamedTuple):
    """A stored offer that is not gone. `judgment` is the JSON of its judgment, or None if it was not judged."""

    state: str
    is_unconfirmed: bool
    departure_date: date
    miles: int | None
    seats: int | None
    judgment: str | None = None


def live_offers(store: Store, search: Search, source: str) -> dict[str, LiveOffer]:
    """Return each live offer in the scope of a search, keyed by offer id."""
    parameters = {
        "source": source,
        "origin": search.origin,
        "destination": search.destination,
        "first": search.first,
        "last": search.last,
        "travelers": search.travelers,
    }
    if search.target_program:
        parameters["program"] = search.target_program
    query = _live_offers(search.kind, search.cabins, bool(search.target_program))
    with store.reading() as connection:
        return {
            offer_id: LiveOffer(state, unconfirmed_since is not None, *values)
            for offer_id, state, unconfirmed_since, *values in connection.execute(query, parameters)
        }


@functools.cache  # every search runs this query, and most of its cost is building it
def _live_offers(kind: SearchKind, cabins: tuple[Cabin, ...], one_program: bool) -> Select[*tuple[Any, ...]]:
    scope = and_(
        _offers.source == bindparam("source"),
        _offers.origin == bindparam("origin"),
        _offers.destination == bindparam("destination"),
        _offers.departure_date.between(bindparam("first"), bindparam("last")),
        _offers.travelers == bindparam("travelers"),
        or_(*(_offers.detail == detail.value for detail in _DETAILS[kind])),
        _offers.gone_at.is_(None),
    )
    if one_program:
        scope = and_(scope, _offers.program == bindparam("program"))
    if cabins:
        scope = and_(scope, or_(*(_offers.cabin == cabin.value for cabin in cabins)))
    return select(
        _offers.id, _offers.state, _offers.unconfirmed_since, _offers.departure_date, _offers.miles, _offers.seats,
        cast(_offers.judgment, Text),
    ).where(scope)  # fmt: skip


def stored_itineraries(
    store: Store, search: Search, now: datetime, *, covers_others: bool
) -> Sequence[StoredItinerary]:
    """Return the itineraries that a calendar with the scope of a search can contradict, except those that departed.

    A program's own calendar can contradict its itineraries from any source. The calendar of a source that covers other
    programs (`covers_others`) can contradict only itineraries from this source, for this party or for one traveler.
    """
    parties = {search.travelers, 1} if covers_others else {search.travelers}
    query = select(*_ITINERARY_COLUMNS).where(
        (_offers.source if covers_others else _offers.program) == search.program,
        _offers.origin == search.origin,
        _offers.destination == search.destination,
        _offers.departure_date.between(search.first, search.last),
        _offers.travelers.in_(parties),
        _offers.detail == Detail.ITINERARY.value,
        _offers.gone_at.is_(None),
        has_not_departed(now),
    )
    if search.target_program:
        query = query.where(_offers.program == search.target_program)
    if search.cabins:
        query = query.where(_offers.cabin.in_([cabin.value for cabin in search.cabins]))
    return _itineraries(store, query)


def unconfirmed_itineraries(store: Store, source: str, now: datetime) -> Sequence[StoredItinerary]:
    """Return the unconfirmed itineraries of a source, except those that departed."""
    query = select(*_ITINERARY_COLUMNS).where(
        _offers.source == source,
        _offers.unconfirmed_since.is_not(None),
        _offers.gone_at.is_(None),
        has_not_departed(now),
    )
    return _itineraries(store, query)


def _itineraries(store: Store, query: Select[*tuple[Any, ...]]) -> list[StoredItinerary]:
    with store.reading() as connection:
        return [
            StoredItinerary(
                offer_id=row.id,
                program=row.program,
                source=row.source,
                origin=row.origin,
                destination=row.destination,
                departure_date=row.departure_date,
                cabin=Cabin(row.cabin),
                miles=row.miles,
                travelers=row.travelers,
                is_unconfirmed=row.unconfirmed_since is not None,
            )
            for row in connection.execute(query.order_by(_offers.departure_date, _offers.id))
        ]
