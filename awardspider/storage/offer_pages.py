"""Pages of the list of offers that are available now.

If an index narrows a filter to a few offers, these are all read and sorted here. Otherwise many offers match, so that
the first ones are found soon in an index that has the sort order (`storage.offer_scans`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import chain, islice
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select

from awardspider.search.exchange_rates import ExchangeRates
from awardspider.storage import schema
from awardspider.storage.counts import MAX_COUNT
from awardspider.storage.cursors import decode_cursor, encode_cursor
from awardspider.storage.flight_counts import has_many_flights, rank_scans
from awardspider.storage.index_scans import IndexScan
from awardspider.storage.offer_queries import OfferQuery, matching_offers
from awardspider.storage.offer_scans import OrderedScan, sort_stages
from awardspider.storage.offer_sorts import OfferSort, SortKey, sort_columns, sort_key
from awardspider.storage.offers import OfferRow, offers_by_number
from awardspider.storage.selective_scans import selective_scan, with_existing_airports
from awardspider.storage.store import Store

_offers = schema.offers.c

#: The number of offers up to which all offers of an index scan are read and sorted. Of more, enough match a filter.
FEW_OFFERS = 2_000
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


class _Entry(NamedTuple):
    """The key of an offer in the list, and its flight."""

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
        offers = offers_by_number(connection, [key.number for key in keys[:size]])
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
        """Return the first entries, at most `size`, and the number of all entries, at most MAX_COUNT + 1."""
        few = self._few()
        if few is None:
            if has_many_flights(self._connection, self._matching, rank_scans(self._query)):
                return self._first(self._ordered(self._sort), size), MAX_COUNT + 1
            few = list(self._until_count(self._ordered(OfferSort.DEAL)))
            if len({entry.flight_key for entry in few}) > MAX_COUNT:
                best = few if self._sort is OfferSort.DEAL else self._ordered(self._sort)
                return self._first(best, size), MAX_COUNT + 1
        keys = [entry.key for entry in self._distinct(sorted(few))]
        return keys[:size], min(len(keys), MAX_COUNT + 1)

    def next_page(self, after: SortKey | None, size: int, *, has_few: bool) -> list[SortKey]:
        """Return the first entries after one, at most `size`. With `has_few`, all entries are few."""
        few = self._few()
        if few is None and has_few:
            few = list(self._ordered(OfferSort.DEAL))
        if few is not None:
            keys = [entry.key for entry in self._distinct(sorted(few))]
            return [key for key in keys if after is None or key > after][:size]
        return [] if after is None else list(islice(self._after(after, size), size))

    def _few(self) -> list[_Entry] | None:
        """Return all entries with every fare, unsorted, if an index finds few; otherwise None."""
        scan = selective_scan(self._connection, self._query, FEW_OFFERS)
        return None if scan is None else list(self._entries(scan.apply(self._matching)))

    def _until_count(self, entries: Iterable[_Entry]) -> Iterator[_Entry]:
        """Yield entries until there are more flights than are counted."""
        seen: set[str] = set()
        for entry in entries:
            yield entry
            seen.add(entry.flight_key)
            if len(seen) > MAX_COUNT:
                return

    def _after(self, after: SortKey, size: int) -> Iterator[SortKey]:
        """Yield the entries after one, without flights that have an earlier entry."""
        entries = self._distinct(self._ordered(self._sort, after))
        while some := list(islice(entries, size)):
            earlier = self._flights_until(after, [entry.flight_key for entry in some])
            yield from (entry.key for entry in some if entry.flight_key not in earlier)

    def _flights_until(self, key: SortKey, flights: Sequence[str]) -> set[str]:
        """Return the flights that have an entry until this one."""
        is_same = _offers.flight_key.in_(flights)
        same = IndexScan(table=schema.offers, index="ix_offers_flight_key", condition=is_same)
        return {entry.flight_key for entry in self._entries(same.apply(self._matching)) if entry.key <= key}

    def _ordered(self, order: OfferSort, after: SortKey | None = None) -> Iterator[_Entry]:
        """Yield all entries after one, in an order, with every fare of a flight."""
        for stage in sort_stages(self._connection, self._query, order, self._rates):
            if not stage.is_before(after):
                prefix = stage.key_prefix
                start = after if after is not None and after[: len(prefix)] == prefix else None
                limit = max(_FIRST_ROWS // len(stage.scans), _FEWEST_ROWS) if stage.scans else 0
                scans = [self._read(scan, start, limit) for scan in stage.scans]
                yield from merge(*scans) if order is self._sort else chain.from_iterable(scans)

    def _read(self, scan: OrderedScan, after: SortKey | None, limit: int) -> Iterator[_Entry]:
        """Yield the entries of a scan after a key, at first `limit` of them at a time."""
        base = scan.apply(self._matching).order_by(*scan.order)
        start, read = after, 0
        while True:
            some = base if start is None else base.where(scan.after(start))
            entries = list(self._entries(some.limit(limit).offset(read)))
            yield from (entry for entry in entries if scan.is_exact or after is None or entry.key > after)
            if len(entries) < limit:
                return
            if scan.is_exact:
                start = entries[-1].key
            else:
                read += limit
            limit = _MORE_ROWS

    def _entries(self, query: Select[*tuple[Any, ...]]) -> Iterator[_Entry]:
        for number, flight_key, rank, *values in self._connection.execute(query):
            yield _Entry(sort_key(self._sort, rank, number, values, self._rates), flight_key)

    def _first(self, entries: Iterable[_Entry], size: int) -> list[SortKey]:
        """Return the keys of the first flights."""
        return [entry.key for entry in islice(self._distinct(entries), size)]

    def _distinct(self, entries: Iterable[_Entry]) -> Iterator[_Entry]:
        """Yield the first entry of each flight."""
        seen: set[str] = set()
        for entry in entries:
            if entry.flight_key not in seen:
                seen.add(entry.flight_key)
                yield entry
