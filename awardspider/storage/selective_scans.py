"""Index scans that contain few offers besides those of a filter, so that all of them can be read and sorted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import ColumnElement, Connection, and_, func, select, true

from awardspider.items import Cabin
from awardspider.storage import schema
from awardspider.storage.index_scans import IndexScan
from awardspider.storage.offer_queries import OfferQuery
from awardspider.storage.route_pairs import existing_origins, existing_routes

_offers = schema.offers.c
_LIVE = _offers.gone_at.is_(None)

# Of more pairs of airports, enough offers match.
_MOST_PAIRS = 2_000


def selective_scan(connection: Connection, query: OfferQuery, most: int) -> IndexScan | None:
    """Return a scan that contains all offers that match and at most `most` offers in all, or None.

    Apply it only to the query of the filter (`offer_queries.matching_offers`): its condition is what it adds to those
    of the filter. With a condition twice, PostgreSQL expects too few offers and reads too many.
    """
    for scan, added in _scans(query):
        some = scan.apply(select(_offers.number).where(_LIVE)).limit(most + 1)
        count = connection.scalar(select(func.count()).select_from(some.subquery())) or 0
        if count <= most:
            return replace(scan, condition=added)
    return None


def with_existing_airports(connection: Connection, query: OfferQuery) -> OfferQuery | None:
    """Return the filter with only the airports that have offers, or None if no route has any.

    A filter of two countries has hundreds of airports, and most of them have no offers. Small filters are returned
    unchanged: a few origins are not checked, and neither are the destinations of up to _MOST_PAIRS routes.
    """
    if query.origins:
        existing = existing_origins(connection, schema.offers, query.origins)
        if not existing:
            return None
        query = replace(query, origins=existing)
    if not query.destinations or 0 < len(query.origins) * len(query.destinations) <= _MOST_PAIRS:
        return query
    routes = existing_routes(connection, schema.offers, query.origins, query.destinations)
    if not routes:
        return None
    origins, destinations = (sorted({route[end] for route in routes}) for end in (0, 1))
    return replace(query, origins=origins if query.origins else (), destinations=destinations)


def _scans(query: OfferQuery) -> Iterator[tuple[IndexScan, ColumnElement[bool]]]:
    """Yield the scans for a filter, the ones that are probably the most selective first.

    Each comes with the condition that it adds to those of the filter.
    """
    if query.origins and len(query.origins) * max(len(query.destinations), 1) <= _MOST_PAIRS:
        airports = [_offers.origin.in_(query.origins)]
        if query.destinations:
            airports.append(_offers.destination.in_(query.destinations))
        yield _scan("ix_offers_route", *airports, *_dates(query), *_prices(query)), true()
    if query.max_miles is not None:
        of_cabins = _offers.cabin.in_(query.cabins or tuple(Cabin))
        yield (
            _scan("ix_offers_miles", of_cabins, _offers.miles <= query.max_miles),
            true() if query.cabins else of_cabins,
        )
    if query.first is not None and query.last is not None:
        yield _scan("ix_offers_date", *_dates(query)), true()
    if query.min_cpp is not None:
        yield _scan("ix_offers_cents_per_point", _offers.cents_per_point >= query.min_cpp), true()


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
