"""A check that more flights match a filter than are counted, which the database does without sending any of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, Select, and_, distinct, func, select

from awardspider.items import Cabin
from awardspider.storage import schema
from awardspider.storage.counts import MAX_COUNT
from awardspider.storage.index_scans import IndexScan
from awardspider.storage.offer_queries import OfferQuery
from awardspider.storage.offer_scans import in_range

_offers = schema.offers.c

# Offers of each scan that are read, whether they match or not. A flight can have several fares, each an offer.
_MOST_OFFERS = 1_500


def has_many_flights(connection: Connection, matching: Select[*tuple[Any, ...]], scans: Iterable[IndexScan]) -> bool:
    """Return True if more than MAX_COUNT flights that match a query are among any _MOST_OFFERS offers of one scan.

    Otherwise there may still be more, so count them.
    """
    for scan in scans:
        live = select(_offers.number).where(_offers.gone_at.is_(None))
        first = scan.apply(live).limit(_MOST_OFFERS).correlate(None)
        flights = matching.with_only_columns(func.count(distinct(_offers.flight_key)))
        counted = flights.where(_offers.number.in_(first)).with_hint(schema.offers, "NOT INDEXED", "sqlite")
        if (connection.scalar(counted) or 0) > MAX_COUNT:
            return True
    return False


def rank_scans(query: OfferQuery) -> Iterator[IndexScan]:
    """Yield the scans that together contain all offers that match a filter."""
    of_cabins = _offers.cabin.in_(query.cabins or tuple(Cabin))
    for ranks in query.rank_ranges:
        yield IndexScan(table=schema.offers, index="ix_offers_rank", condition=and_(of_cabins, in_range(ranks)))
