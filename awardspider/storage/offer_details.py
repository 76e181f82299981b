"""Everything stored about one offer: its history, other offers of its flights, searches, watches and messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, or_, select

from awardspider.items import Detail, EventType, SearchKind
from awardspider.search.cash_fares import operated_flights
from awardspider.search.seatsaero_regions import seatsaero_regions
from awardspider.storage import schema
from awardspider.storage.index_scans import IndexScan
from awardspider.storage.offer_status import is_current
from awardspider.storage.offers import OfferRow, PricePoint, offer_from_row, offer_history
from awardspider.storage.outbox import DeliveryStatus
from awardspider.storage.searches import SearchRow, search_from_row
from awardspider.storage.store import Store

_offers = schema.offers.c
_searches = schema.searches.c
_matches = schema.matches.c
_watches = schema.watches.c
_outbox = schema.outbox.c

_MOST_SEARCHES = 8
_MOST_MESSAGES = 10
_MOST_OFFERS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedWatch:
    """A watch that the flights of an offer match, or matched until `ended_at`."""

    id: str
    name: str
    since: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferMessage:
    """A message about an offer. `watch` is the name of its watch, if it is stored."""

    id: int
    channel: str
    event_type: EventType
    status: DeliveryStatus
    miles: int | None
    created_at: datetime
    ended_at: datetime | None
    watch: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferDetails:
    """An offer and what is stored about it.

    `points` are its prices, oldest first, and `day_points` those of its day, if only the offer itself has flights.
    `same_flights` are the current offers of the same flights, also of other programs and in other cabins, the cheapest
    first; for the price of a day, those of the day with flights in the same cabin. `searches` covered its day.
    """

    offer: OfferRow
    points: list[PricePoint]
    day_points: list[PricePoint]
    same_flights: list[OfferRow]
    searches: list[SearchRow]
    watches: list[MatchedWatch]
    messages: list[OfferMessage]


def find_offer_details(
    store: Store, offer_id: str, *, now: datetime, max_age: timedelta | None, owner_id: str | None = None
) -> OfferDetails:
    """Return an offer and what is stored about it; with `owner_id`, only the watches and messages of this owner.

    Raise InvalidArgument for an unknown id.
    """
    offer, points = offer_history(store, offer_id)
    with store.reading() as connection:
        is_flight = offer.detail is Detail.ITINERARY
        day = connection.execute(
            select(_offers.id)
            .where(_offers.flight_key == offer.day_key, _offers.detail == Detail.DAY.value)
            .order_by(_offers.source != offer.source, _offers.travelers != offer.travelers, _offers.id)
            .limit(1)
        ).scalar()
        found = OfferDetails(
            offer=offer,
            points=points,
            day_points=[],
            same_flights=_same_flights(connection, offer, now, max_age),
            searches=_searches_of(connection, offer),
            watches=_matched_watches(connection, offer, owner_id),
            messages=_messages(connection, offer, owner_id),
        )
    if is_flight and day is not None:
        found.day_points.extend(offer_history(store, day)[1])
    return found


def _same_flights(connection: Connection, offer: OfferRow, now: datetime, max_age: timedelta | None) -> list[OfferRow]:
    query = select(schema.offers).where(
        _offers.origin == offer.origin,
        _offers.destination == offer.destination,
        _offers.departure_date == offer.departure_date,
        _offers.detail == Detail.ITINERARY.value,
        is_current(now, max_age),
        _offers.id != offer.id,
    )
    if not offer.segments:
        query = query.where(_offers.cabin == offer.cabin.value)
    rows = connection.execute(query).mappings().all()
    found = [other for other in map(offer_from_row, rows) if not offer.segments or has_same_flights(offer, other)]
    found.sort(key=lambda other: (other.cabin != offer.cabin, other.miles is None, other.miles or 0, other.id))
    return found[:_MOST_OFFERS]


def has_same_flights(first: OfferRow, second: OfferRow) -> bool:
    """Return whether two offers have the same aircraft rides, also if they are sold under different numbers."""
    if first.departure_date != second.departure_date or not first.segments:
        return False
    if first.flights == second.flights:
        return True
    operated = operated_flights(tuple(first.segments))
    return operated is not None and operated == operated_flights(tuple(second.segments))


def _searches_of(connection: Connection, offer: OfferRow) -> list[SearchRow]:
    """Return the last searches of the offer's source that covered its route and day, or its regions."""
    covers_day = and_(_searches.first_day <= offer.departure_date, _searches.last_day >= offer.departure_date)
    on_route = and_(_searches.origin == offer.origin, _searches.destination == offer.destination)
    regions = [
        and_(_searches.origin == origin, _searches.destination == destination)
        for origin, destination in product(seatsaero_regions(offer.origin), seatsaero_regions(offer.destination))
    ]
    is_bulk = and_(_searches.kind == SearchKind.BULK.value, schema.IS_RARE_KIND)
    of_regions = and_(is_bulk, _searches.target_program == offer.program, or_(*regions))
    scans = [IndexScan(table=schema.searches, index="ix_searches_route", condition=on_route)]
    if regions and offer.source != offer.program:
        scans.append(IndexScan(table=schema.searches, index="ix_searches_kind", condition=of_regions))
    query = select(schema.searches).where(_searches.program == offer.source, covers_day)
    latest = query.order_by(_searches.requested_at.desc()).limit(_MOST_SEARCHES)
    found = [search_from_row(row) for scan in scans for row in connection.execute(scan.apply(latest)).mappings()]
    return sorted(found, key=lambda search: search.requested_at, reverse=True)[:_MOST_SEARCHES]


def _matched_watches(connection: Connection, offer: OfferRow, owner_id: str | None) -> list[MatchedWatch]:
    query = (
        select(_watches.id, _watches.name, _matches.since, _matches.ended_at)
        .join(schema.matches, _matches.watch_key == _watches.id)
        .where(_matches.flight_key == offer.flight_key)
    )
    if owner_id is not None:
        query = query.where(_watches.owner_id == owner_id)
    rows = connection.execute(query.order_by(_matches.ended_at.is_not(None), _watches.name)).mappings()
    return [MatchedWatch(**row) for row in _plain(rows)]


def _messages(connection: Connection, offer: OfferRow, owner_id: str | None) -> list[OfferMessage]:
    names = ("id", "channel", "event_type", "status", "miles", "created_at", "ended_at")
    query = (
        select(*(_outbox[name] for name in names), _watches.name.label("watch"))
        .outerjoin(schema.watches, _watches.id == _outbox.watch_key)
        .where(_outbox.subject == offer.id, _outbox.event_type != EventType.OFFER_CHANGED.value)
    )
    if owner_id is not None:
        query = query.where(_watches.owner_id == owner_id)
    rows = connection.execute(query.order_by(_outbox.id.desc()).limit(_MOST_MESSAGES)).mappings()
    return [
        OfferMessage(**row | {"event_type": EventType(row["event_type"]), "status": DeliveryStatus(row["status"])})
        for row in _plain(rows)
    ]


def _plain(rows: Iterable[RowMapping]) -> Sequence[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in rows]
