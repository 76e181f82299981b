"""Pages of the list of offers that are available now.

A filter that an index answers with few offers is answered from these offers alone, sorted here. Otherwise many offers
match, so that the first ones are found soon in an index that has the sort order (`storage.offer_scans`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import chain, islice
from typing import Any, NamedTuple

from sqlalchemy import Connection, RowMapping, Select, select

from awardspider.search.exchange_rates import ExchangeRates
from awardspider.storage import schema
from awardspider.storage.counts import MAX_COUNT
from awardspider.storage.cursors import decode_cursor, encode_cursor
from awardspider.storage.offer_paths import few_offers_path, with_existing_airports
from awardspider.storage.offer_queries import OfferQuery, matching_offers
from awardspider.storage.offer_scans import IndexScan, stages
from awardspider.storage.offer_sorts import OfferSort, SortKey, sort_columns, sort_key
from awardspider.storage.offers import OfferRow, offer_from_row
from awardspider.storage.store import Store

_offers = schema.offers.c

# Rows that are read from the scans of a stage: first few, because a scan may not be needed any further.
_FIRST_ROWS = 200
_FEWEST_ROWS = 10
_MORE_ROWS = 500


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
        narrowed = with_existing_airports(connection, query)
        if narrowed is None:
            return OfferPage(offers=[], next_cursor=None, count=0, count_is_capped=False)
        listing = _Listing(connection, narrowed, sort, rates)
        if count is None:
            keys, count = listing.first_page(size + 1)
        else:
            keys = listing.next_page(after, size + 1, has_few=count <= MAX_COUNT)
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
        columns = (_offers.number, _offers.flight_key, _offers.deal_rank, *sort_columns(sort))
        self._matching = matching_offers(query, rates).with_only_columns(*columns)

    def first_page(self, size: int) -> tuple[list[SortKey], int]:
        """Return the first places, at most `size`, and the number of all places, at most MAX_COUNT + 1."""
        few = self._few()
        if few is None:
            few = list(self._until_count(self._ordered(OfferSort.DEAL)))
            flights = len({place.flight_key for place in few}) if self._query.per_flight else len(few)
            if flights > MAX_COUNT:
                best = few if self._sort is OfferSort.DEAL else self._ordered(self._sort)
                return [place.key for place in islice(self._distinct(best), size)], MAX_COUNT + 1
        keys = [place.key for place in self._distinct(sorted(few))]
        return keys[:size], min(len(keys), MAX_COUNT + 1)

    def next_page(self, after: SortKey | None, size: int, *, has_few: bool) -> list[SortKey]:
        """Return the first places after one, at most `size`. With `has_few`, all places are few."""
        few = self._few()
        if few is None and has_few:
            few = list(self._ordered(OfferSort.DEAL))
        if few is not None:
            keys = [place.key for place in self._distinct(sorted(few))]
            return [key for key in keys if after is None or key > after][:size]
        return [] if after is None else list(islice(self._after(after, size), size))

    def _few(self) -> list[_Place] | None:
        """Return all places with every fare, unsorted, if an index finds few; otherwise None."""
        path = few_offers_path(self._connection, self._query)
        return None if path is None else list(self._places(_hinted(self._matching.where(path.condition), path.index)))

    def _until_count(self, places: Iterable[_Place]) -> Iterator[_Place]:
        """Yield places until there are more flights than are counted."""
        seen: set[object] = set()
        for place in places:
            yield place
            seen.add(place.flight_key if self._query.per_flight else place.key)
            if len(seen) > MAX_COUNT:
                return

    def _after(self, after: SortKey, size: int) -> Iterator[SortKey]:
        """Yield the places after one, without flights that have an earlier place."""
        places = self._distinct(self._ordered(self._sort, after))
        while some := list(islice(places, size)):
            earlier = self._flights_until(after, [place.flight_key for place in some])
            yield from (place.key for place in some if place.flight_key not in earlier)

    def _flights_until(self, key: SortKey, flights: Sequence[str]) -> set[str]:
        """Return the flights that have a place until this one."""
        if not self._query.per_flight:
            return set()
        same = self._places(_hinted(self._matching.where(_offers.flight_key.in_(flights)), "ix_offers_flight_key"))
        return {place.flight_key for place in same if place.key <= key}

    def _ordered(self, order: OfferSort, after: SortKey | None = None) -> Iterator[_Place]:
        """Yield all places after one, in an order, with every fare of a flight."""
        for stage in stages(self._connection, self._query, order, self._rates):
            if not stage.is_before(after):
                start = after if after is not None and after[: len(stage.place)] == stage.place else None
                limit = max(_FIRST_ROWS // len(stage.scans), _FEWEST_ROWS) if stage.scans else 0
                scans = [self._scan(scan, start, limit) for scan in stage.scans]
                yield from merge(*scans) if order is self._sort else chain.from_iterable(scans)

    def _scan(self, scan: IndexScan, after: SortKey | None, limit: int) -> Iterator[_Place]:
        base = _hinted(self._matching.where(scan.condition), scan.index).order_by(*scan.order)
        while True:
            some = base if after is None else base.where(scan.after(after))
            places = list(self._places(some.limit(limit)))
            yield from (place for place in places if scan.is_exact or after is None or place.key > after)
            if len(places) < limit:
                return
            after, limit = places[-1].key, _MORE_ROWS

    def _places(self, query: Select[*tuple[Any, ...]]) -> Iterator[_Place]:
        for number, flight_key, rank, *values in self._connection.execute(query):
            yield _Place(sort_key(self._sort, rank, number, values, self._rates), flight_key)

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
