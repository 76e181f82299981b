"""Pages of the list of offers that are available now.

A filter that an index answers with few offers is answered from these offers alone, sorted here. Otherwise many offers
match, so that the first ones are found soon in an index that has the sort order (`storage.offer_lanes`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Connection, RowMapping, Select, select

from awardspider.search.exchange_rates import ExchangeRates
from awardspider.storage import schema
from awardspider.storage.counts import MAX_COUNT
from awardspider.storage.cursors import decode_cursor, encode_cursor
from awardspider.storage.offer_lanes import Lane, legs
from awardspider.storage.offer_paths import few_offers_path
from awardspider.storage.offer_queries import OfferQuery, matching_offers
from awardspider.storage.offer_sorts import OfferSort, SortKey, sort_key
from awardspider.storage.offers import OfferRow, offer_from_row
from awardspider.storage.store import Store

__all__ = ["OfferPage", "OfferQuery", "OfferSort", "offer_page"]

_offers = schema.offers.c

# The columns from which the place of an offer follows.
_KEY_COLUMNS = (
    _offers.number, _offers.flight_key, _offers.deal_rank, _offers.miles, _offers.departure_date, _offers.last_seen_at,
    _offers.taxes, _offers.taxes_currency, _offers.seats, _offers.stops, _offers.duration_minutes,
    _offers.cents_per_point,
)  # fmt: skip
# Rows that are read from a lane at a time: first few, because a lane may not be needed any further.
_FIRST_ROWS = 100
_MORE_ROWS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferPage:
    """A page of offers. `next_cursor` is None on the last page.

    `count` is of all pages, and may be capped; it is from the time when the first page was read.
    """

    offers: list[OfferRow]
    next_cursor: str | None
    count: int
    count_is_capped: bool


class _Place(NamedTuple):
    """The place of an offer in the list, and its flight."""

    key: SortKey
    flight_key: str


def offer_page(
    store: Store,
    query: OfferQuery,
    *,
    sort: OfferSort = OfferSort.DEAL,
    cursor: str | None = None,
    size: int = 50,
    rates: ExchangeRates | None = None,
) -> OfferPage:
    """Return a page of the offers that are available at `query.current_at`.

    Taxes in different currencies are compared at `rates` (`storage.exchange_rates.current_rates`). Raises
    InvalidArgument for a cursor that is not of a list in this order.
    """
    order = f"offers:{sort}"
    after, count = None, None
    if cursor:
        *position, count = decode_cursor(cursor, order, (int, float, int, int, int))
        after = SortKey(*position)
    with store.reading() as connection:
        listing = _Listing(connection, query, sort, rates)
        keys, first_count = listing.page(after, size + 1)
        count = first_count if count is None else count
        offers = _offers_of(connection, [key.number for key in keys[:size]])
    return OfferPage(
        offers=offers,
        next_cursor=encode_cursor(order, (*keys[size - 1], count)) if len(keys) > size else None,
        count=min(count, MAX_COUNT),
        count_is_capped=count > MAX_COUNT,
    )


class _Listing:
    """A list of offers in one order."""

    def __init__(self, connection: Connection, query: OfferQuery, sort: OfferSort, rates: ExchangeRates | None) -> None:
        self._connection = connection
        self._query = query
        self._sort = sort
        self._rates = rates
        self._matching = matching_offers(query, rates).with_only_columns(*_KEY_COLUMNS)

    def page(self, after: SortKey | None, size: int) -> tuple[list[SortKey], int]:
        """Return the first places after one, at most `size`, and the number of all places if `after` is None.

        The number is at most MAX_COUNT + 1.
        """
        path = few_offers_path(self._connection, self._query, self._rates)
        if path is not None:
            few = self._matching.where(path.condition)
            keys = [place.key for place in self._distinct(sorted(self._places(_hinted(few, path.index))))]
            return [key for key in keys if after is None or key > after][:size], min(len(keys), MAX_COUNT + 1)
        if after is not None:
            return list(islice(self._after(after, size), size)), 0
        if self._sort is OfferSort.DEAL:
            keys = [place.key for place in islice(self._distinct(self._ordered(None)), MAX_COUNT + 1)]
            return keys[:size], len(keys)
        keys = [place.key for place in islice(self._distinct(self._ordered(None)), size)]
        return keys, len(keys) if len(keys) < size else self._count()

    def _count(self) -> int:
        by_deal = _Listing(self._connection, self._query, OfferSort.DEAL, self._rates)
        return by_deal.page(None, MAX_COUNT + 1)[1]

    def _after(self, after: SortKey, size: int) -> Iterator[SortKey]:
        """Yield the places after one, without flights that have an earlier place."""
        places = self._distinct(self._ordered(after))
        while some := list(islice(places, size)):
            earlier = self._flights_until(after, [place.flight_key for place in some])
            yield from (place.key for place in some if place.flight_key not in earlier)

    def _flights_until(self, key: SortKey, flights: Sequence[str]) -> set[str]:
        """Return the flights that have a place until this one."""
        if not self._query.per_flight:
            return set()
        same = self._places(self._matching.where(_offers.flight_key.in_(flights)))
        return {place.flight_key for place in same if place.key <= key}

    def _ordered(self, after: SortKey | None) -> Iterator[_Place]:
        """Yield all places after one, in order, with every fare of a flight."""
        for leg in legs(self._connection, self._query, self._sort, self._rates):
            if not leg.is_before(after):
                start = after if after is not None and after[: len(leg.place)] == leg.place else None
                yield from merge(*(self._lane(lane, start) for lane in leg.lanes))

    def _lane(self, lane: Lane, after: SortKey | None) -> Iterator[_Place]:
        limit = _FIRST_ROWS
        base = _hinted(self._matching.where(lane.condition), lane.index).order_by(*lane.order)
        while True:
            some = base if after is None else base.where(lane.after(after))
            places = list(self._places(some.limit(limit)))
            yield from (place for place in places if after is None or place.key > after)
            if len(places) < limit:
                return
            after, limit = places[-1].key, _MORE_ROWS

    def _places(self, query: Select[*tuple[Any, ...]]) -> Iterator[_Place]:
        for row in self._connection.execute(query).mappings():
            yield _Place(sort_key(row, self._sort, self._rates), row["flight_key"])

    def _distinct(self, places: Iterable[_Place]) -> Iterator[_Place]:
        """Yield the first place of each flight, or all places if every fare is in the list."""
        seen: set[str] = set()
        for place in places:
            if not self._query.per_flight or place.flight_key not in seen:
                seen.add(place.flight_key)
                yield place


def _hinted(query: Select[*tuple[Any, ...]], index: str) -> Select[*tuple[Any, ...]]:
    """Return a query that uses an index on SQLite, which has no statistics; PostgreSQL has them."""
    return query.with_hint(schema.offers, f"INDEXED BY {index}", "sqlite")


def _offers_of(connection: Connection, numbers: Sequence[int]) -> list[OfferRow]:
    """Return offers by number, in this order."""
    query = select(schema.offers).where(_offers.number.in_(numbers))
    rows: dict[int, RowMapping] = {row["number"]: row for row in connection.execute(query).mappings()}
    return [offer_from_row(rows[number]) for number in numbers if number in rows]
