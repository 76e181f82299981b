"""Index scans that contain few offers besides those of a filter, so that all of them can be read and sorted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import ColumnElement, Connection, and_, func, select

from awardspider.items import Cabin
from awardspider.storage import schema
from awardspider.storage.index_scans import IndexScan
from awardspider.storage.offer_queries import OfferQuery
from awardspider.storage.route_pairs import existing_routes

_offers = schema.offers.c
_LIVE = _offers.gone_at.is_(None)

# Of more pairs of airports, enough offers match.
_MOST_PAIRS = 1_000


def selective_scan(connection: Connection, query: OfferQuery, most: int) -> IndexScan | None:
    """Return a scan that contains all offers that match and at most so many offers in all, or None."""
    for scan in _scans(query):
        some = scan.apply(select(_offers.number).where(_LIVE)).limit(most + 1)
        count = connection.scalar(select(func.count()).select_from(some.subquery())) or 0
        if count <= most:
            return scan
    return None


def with_existing_airports(connection: Connection, query: OfferQuery) -> OfferQuery | None:
    """Return the filter without the airports that no offer has together with the others, or None if none are left.

    A filter of two countries names hundreds of airports, and most of them have no offers.
    """
    if not query.origins and not query.destinations:
        return query
    routes = existing_routes(connection, schema.offers, query.origins, query.destinations)
    if not routes:
        return None
    origins, destinations = ({route[end] for route in routes} for end in (0, 1))
    return replace(
        query,
        origins=sorted(origins) if query.origins else (),
        destinations=sorted(destinations) if query.destinations else (),
    )


def _scans(query: OfferQuery) -> Iterator[IndexScan]:
    """Yield the scans for a filter, the ones that are probably the most selective first."""
    if query.origins and len(query.origins) * max(len(query.destinations), 1) <= _MOST_PAIRS:
        airports = [_offers.origin.in_(query.origins)]
        if query.destinations:
            airports.append(_offers.destination.in_(query.destinations))
        yield _scan("ix_offers_route", *airports, *_dates(query), *_prices(query))
    if query.max_miles is not None:
        of_cabins = _offers.cabin.in_(query.cabins or tuple(Cabin))
        yield _scan("ix_offers_miles", of_cabins, _offers.miles <= query.max_miles)
    if query.first is not None and query.last is not None:
        yield _scan("ix_offers_date", *_dates(query))
    if query.min_cpp is not None:
        yield _scan("ix_offers_cents_per_point", _offers.cents_per_point >= query.min_cpp)


def _scan(index: str, *conditions: ColumnElement[bool]) -> IndexScan:
    return IndexScan(table=schema.offers, index=index, condition=and_(*conditions))


def _dates(query: OfferQuery) -> Iterator[ColumnElement[bool]]:
    if query.first is not None:
        yield _offers.departure_date >= query.first
    if query.last is not None:
        yield _offers.departure_date <= query.last


def _prices(query: OfferQuery) -> Iterator[ColumnElement[bool]]:
    if query.cabins:
        yield _offers.cabin.in_(query.cabins)
    if query.max_miles is not None:
        yield _offers.miles <= query.max_miles
