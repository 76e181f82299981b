"""The best current flights with only some of each route and cabin, from which a list of a few good deals is chosen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from heapq import merge
from itertools import chain, islice, tee
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, not_, tuple_

from awardspider.airports import metro_area
from awardspider.items import Detail
from awardspider.search.exchange_rates import ExchangeRates
from awardspider.storage import schema
from awardspider.storage.counts import MAX_COUNT
from awardspider.storage.flight_counts import has_many_flights, rank_scans
from awardspider.storage.index_scans import IndexScan
from awardspider.storage.offer_queries import OfferQuery, matching_offers
from awardspider.storage.offer_scans import sort_stages
from awardspider.storage.offer_sorts import OfferSort
from awardspider.storage.offers import OfferRow, offers_by_number
from awardspider.storage.selective_scans import selective_scan, with_existing_airports
from awardspider.storage.store import Store

_offers = schema.offers.c

# Flights that are considered, and prices of days: the best ones of all routes.
_MAX_READ = MAX_COUNT + 1
_FIRST_ROWS, _MORE_ROWS = 40, 150  # that are read from a scan at a time
#: The number of offers of an index scan up to which the database sorts them. Of more, the best are found soon by rank.
MOST_SORTED = 20_000
_IS_FLIGHT = _offers.detail == Detail.ITINERARY.value
_DETAILS_OF_DAYS = tuple(detail for detail in Detail if detail is not Detail.ITINERARY)
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

    The prices of days, whose flights are unknown, come after all known flights, and are left out if flights of that day
    cost no more.
    """
    with store.reading() as connection:
        narrowed = with_existing_airports(connection, query)
        if narrowed is None:
            return BestFlights(offers=[], count=0, is_capped=False)
        matching = matching_offers(narrowed, rates).where(_offers.miles.is_not(None))
        selective = selective_scan(connection, narrowed, MOST_SORTED)
        flights = _flights(connection, matching, narrowed, selective)
        are_many = selective is None and has_many_flights(connection, matching, rank_scans(_with_flights(narrowed)))
        if are_many:
            # Often the list is full before all flights are read.
            flights, first = tee(flights)
            chosen = list(islice(_few_of_each_route(_firsts(first), per_route), size))
            if len(chosen) == size:
                return BestFlights(offers=_read(connection, chosen), count=MAX_COUNT, is_capped=True)
        parts = [list(flights), list(_prices_of_days(connection, matching, narrowed, selective))]
        found = list(_without_redundant_day_prices(_firsts(chain(*parts))))
        offers = _read(connection, islice(_few_of_each_route(found, per_route), size))
    is_capped = are_many or len(found) > MAX_COUNT or _MAX_READ in map(len, parts)
    return BestFlights(offers=offers, count=MAX_COUNT if are_many else min(len(found), MAX_COUNT), is_capped=is_capped)


def _read(connection: Connection, keys: Iterable[_Key]) -> list[OfferRow]:
    return offers_by_number(connection, [key.number for key in keys])


def _flights(
    connection: Connection, matching: Select[*tuple[Any, ...]], query: OfferQuery, selective: IndexScan | None
) -> Iterator[_Key]:
    """Yield the known flights, the best first, each fare of a flight, at most _MAX_READ."""
    if selective is None:
        return islice(_by_rank(connection, matching, _with_flights(query)), _MAX_READ)
    return _sorted(connection, matching.where(_IS_FLIGHT), selective)


def _prices_of_days(
    connection: Connection, matching: Select[*tuple[Any, ...]], query: OfferQuery, selective: IndexScan | None
) -> Iterator[_Key]:
    """Yield the prices of days, the best first, at most _MAX_READ."""
    if query.confirmed:
        return iter(())
    if selective is None:
        return islice(_by_rank(connection, matching, replace(query, details=_DETAILS_OF_DAYS)), _MAX_READ)
    return _sorted(connection, matching.where(not_(_IS_FLIGHT)), selective)


def _with_flights(query: OfferQuery) -> OfferQuery:
    return replace(query, confirmed=True)


def _sorted(connection: Connection, matching: Select[*tuple[Any, ...]], selective: IndexScan) -> Iterator[_Key]:
    """Yield the offers of a selective scan, the best first, each fare of a flight, at most _MAX_READ."""
    query = selective.apply(matching.with_only_columns(*_KEY_COLUMNS)).order_by(*_ORDER).limit(_MAX_READ)
    yield from (_Key(*row) for row in connection.execute(query).all())


def _by_rank(connection: Connection, matching: Select[*tuple[Any, ...]], query: OfferQuery) -> Iterator[_Key]:
    """Yield the offers with the ranks of a query, the best first, each fare of a flight.

    They are read as far as they are needed.
    """
    matching = matching.with_only_columns(*_KEY_COLUMNS)
    for stage in sort_stages(connection, query, OfferSort.DEAL, None):
        yield from merge(*(_read_scan(connection, matching, scan) for scan in stage.scans))


def _read_scan(connection: Connection, matching: Select[*tuple[Any, ...]], scan: IndexScan) -> Iterator[_Key]:
    """Yield the offers of a scan, the best first, some at a time: at first few, because few may be needed."""
    base = scan.apply(matching).order_by(*_ORDER)
    query, limit = base, _FIRST_ROWS
    while True:
        rows = connection.execute(query.limit(limit)).all()
        yield from (_Key(*row) for row in rows)
        if len(rows) < limit:
            return
        rank, number = rows[-1][:2]
        query, limit = base.where(_offers.deal_rank >= rank, tuple_(*_ORDER) > (rank, number)), _MORE_ROWS


def _firsts(keys: Iterable[_Key]) -> Iterator[_Key]:
    """Yield the first offer of each flight."""
    seen: set[str] = set()
    for key in keys:
        if key.flight_key not in seen:
            seen.add(key.flight_key)
            yield key


def _without_redundant_day_prices(keys: Iterable[_Key]) -> Iterator[_Key]:
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
