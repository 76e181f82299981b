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

# Offers that are counted of each scan. A flight can have several fares, each of them an offer.
_MOST_OFFERS = 1_250


def has_many_flights(connection: Connection, matching: Select[*tuple[Any, ...]], scans: Iterable[IndexScan]) -> bool:
    """Return True if more than MAX_COUNT flights are among the first offers of a scan that match a query.

    Otherwise there may still be more, so count them.
    """
    for scan in scans:
        some = scan.apply(matching.with_only_columns(_offers.flight_key)).limit(_MOST_OFFERS).subquery()
        if (connection.scalar(select(func.count(distinct(some.c.flight_key)))) or 0) > MAX_COUNT:
            return True
    return False


def rank_scans(query: OfferQuery) -> Iterator[IndexScan]:
    """Yield the scans that have all offers of a filter."""
    of_cabins = _offers.cabin.in_(query.cabins or tuple(Cabin))
    for ranks in query.rank_ranges:
        yield IndexScan(table=schema.offers, index="ix_offers_rank", condition=and_(of_cabins, in_range(ranks)))
