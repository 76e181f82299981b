"""The best current flights with only some of each route and cabin, from which a list of a few good deals is chosen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import chain, islice
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, tuple_

from awardspider.airports import metro_area
from awardspider.items import Detail
from awardspider.search.exchange_rates import ExchangeRates
from awardspider.storage import schema
from awardspider.storage.counts import MAX_COUNT
from awardspider.storage.index_scans import IndexScan
from awardspider.storage.offer_queries import OfferQuery, matching_offers
from awardspider.storage.offer_scans import sort_stages
from awardspider.storage.offer_sorts import OfferSort
from awardspider.storage.offers import OfferRow, offers_by_number
from awardspider.storage.selective_scans import selective_scan, with_existing_airports
from awardspider.storage.store import Store

_offers = schema.offers.c

# Offers that are considered: the best ones of all routes.
_MAX_READ = 1_000
_ROWS = 150  # that are read from a scan at a time
#: The number of offers of an index scan up to which the database sorts them. Of more, the best are found soon by rank.
MOST_SORTED = 20_000
_ORDER = (_offers.deal_rank, _offers.number)
_KEY_COLUMNS = (
    _offers.deal_rank, _offers.number, _offers.flight_key, _offers.program, _offers.origin, _offers.destination,
    _offers.cabin, _offers.departure_date, _offers.detail, _offers.miles,
)  # fmt: skip


class _Key(NamedTuple):
    """The columns of _KEY_COLUMNS; the best key sorts first."""

    deal_rank: int
    number: int
    flight_key: str
    program: str
    origin: str
    destination: str
    cabin: str
    departure_date: Any
    detail: str
    miles: int | None

    @property
    def route(self) -> tuple[str, str, str]:
        """The cities of the route, and the cabin."""
        return metro_area(self.origin), metro_area(self.destination), self.cabin

    @property
    def day(self) -> tuple[Any, ...]:
        """The day of which a calendar shows the lowest price."""
        return self.program, self.origin, self.destination, self.departure_date, self.cabin


@dataclass(frozen=True, slots=True, kw_only=True)
class BestFlights:
    """The best flights. `count` is the number of all that match, capped if `is_capped`."""

    offers: list[OfferRow]
    count: int
    is_capped: bool


def best_flights(
    store: Store, query: OfferQuery, *, per_route: int, size: int, rates: ExchangeRates | None = None
) -> BestFlights:
    """Return the best `size` flights, at most `per_route` of a pair of cities in a cabin; the best fare of each.

    The price of a day, whose flights are unknown, is left out if flights of that day cost no more.
    """
    with store.reading() as connection:
        narrowed = with_existing_airports(connection, query)
        best = [] if narrowed is None else list(_best_first(connection, narrowed, rates))
        found = list(_without_known_flights(_firsts(best)))
        chosen = islice(_few_of_each_route(found, per_route), size)
        offers = offers_by_number(connection, [key.number for key in chosen])
    is_capped = len(best) == _MAX_READ or len(found) > MAX_COUNT
    return BestFlights(offers=offers, count=min(len(found), MAX_COUNT), is_capped=is_capped)


def _best_first(connection: Connection, query: OfferQuery, rates: ExchangeRates | None) -> Iterator[_Key]:
    """Yield the best offers, at most _MAX_READ, each fare of a flight."""
    matching = (
        matching_offers(query, rates)
        .where(_offers.miles.is_not(None))
        .with_only_columns(_offers.deal_rank, *_KEY_COLUMNS)
    )
    selective = selective_scan(connection, query, MOST_SORTED)
    if selective is not None:
        rows = connection.execute(selective.apply(matching).order_by(*_ORDER).limit(_MAX_READ))
        yield from (_Key(*key) for _, *key in rows)
        return
    parts = (
        merge(*(_read_scan(connection, matching, scan) for scan in stage.scans))
        for stage in sort_stages(connection, query, OfferSort.DEAL, rates)
    )
    yield from (key for _, key in islice(chain.from_iterable(parts), _MAX_READ))


def _read_scan(
    connection: Connection, matching: Select[*tuple[Any, ...]], scan: IndexScan
) -> Iterator[tuple[int, _Key]]:
    """Yield the rank and the columns of the offers of a scan, the best first, some at a time."""
    base = scan.apply(matching).order_by(*_ORDER)
    query = base.limit(_ROWS)
    while True:
        rows = connection.execute(query).all()
        yield from ((rank, _Key(*key)) for rank, *key in rows)
        if len(rows) < _ROWS:
            return
        rank, number = rows[-1][:2]
        query = base.where(_offers.deal_rank >= rank, tuple_(*_ORDER) > (rank, number)).limit(_ROWS)


def _firsts(keys: Iterable[_Key]) -> Iterator[_Key]:
    """Yield the first offer of each flight."""
    seen: set[str] = set()
    for key in keys:
        if key.flight_key not in seen:
            seen.add(key.flight_key)
            yield key


def _without_known_flights(keys: Iterable[_Key]) -> Iterator[_Key]:
    """Yield the flights, and the prices of days of which no flight costs as little. A flight as cheap is as good."""
    found = list(keys)
    lowest: dict[tuple[Any, ...], int] = {}
    for key in found:
        if key.detail == Detail.ITINERARY and key.miles is not None:
            lowest[key.day] = min(key.miles, lowest.get(key.day, key.miles))
    for key in found:
        if key.detail == Detail.ITINERARY or key.day not in lowest or (key.miles or 0) < lowest[key.day]:
            yield key


def _few_of_each_route(keys: Iterable[_Key], per_route: int) -> Iterator[_Key]:
    counts: Counter[tuple[str, str, str]] = Counter()
    for key in keys:
        counts[key.route] += 1
        if counts[key.route] <= per_route:
            yield key
