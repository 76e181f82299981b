"""Indexes that contain few of the offers of a filter, so that all of them can be read and sorted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, Connection, and_, func, select

from awardspider.items import Cabin
from awardspider.storage import schema
from awardspider.storage.offer_queries import OfferQuery
from awardspider.storage.route_pairs import existing_routes

_offers = schema.offers.c
_LIVE = _offers.gone_at.is_(None)

#: The number of offers up to which all offers of a path are read. Of more offers, enough match a filter.
FEW_OFFERS = 2_000
# Of more pairs of airports, enough offers match.
_MOST_PAIRS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """The offers with a condition, which an index finds."""

    index: str
    condition: ColumnElement[bool]


def few_offers_path(connection: Connection, query: OfferQuery) -> Path | None:
    """Return a path that contains all offers that match and at most FEW_OFFERS others, or None."""
    for path in _paths(query):
        some = (
            select(_offers.number)
            .with_hint(schema.offers, f"INDEXED BY {path.index}", "sqlite")
            .where(path.condition, _LIVE)
            .limit(FEW_OFFERS + 1)
        )
        count = connection.scalar(select(func.count()).select_from(some.subquery())) or 0
        if count <= FEW_OFFERS:
            return path
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


def _paths(query: OfferQuery) -> Iterator[Path]:
    """Yield the paths for a filter, the ones that are probably the most selective first."""
    if query.origins and len(query.origins) * max(len(query.destinations), 1) <= _MOST_PAIRS:
        places = [_offers.origin.in_(query.origins)]
        if query.destinations:
            places.append(_offers.destination.in_(query.destinations))
        yield Path(index="ix_offers_route", condition=and_(*places, *_dates(query), *_prices(query)))
    if query.max_miles is not None:
        of_cabins = _offers.cabin.in_(query.cabins or tuple(Cabin))
        yield Path(index="ix_offers_miles", condition=and_(of_cabins, _offers.miles <= query.max_miles))
    if query.first is not None and query.last is not None:
        yield Path(index="ix_offers_date", condition=and_(*_dates(query)))
    if query.min_cpp is not None:
        yield Path(index="ix_offers_cents_per_point", condition=_offers.cents_per_point >= query.min_cpp)


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
