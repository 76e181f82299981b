"""Pages of the list of offers that are available now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, and_, or_, select

from awardspider.items import Detail, Money
from awardspider.search.exchange_rates import ExchangeRates, convert
from awardspider.storage import schema
from awardspider.storage.counts import MAX_COUNT
from awardspider.storage.cursors import decode_cursor, encode_cursor
from awardspider.storage.offer_sorts import OfferSort, SortKey, sort_key
from awardspider.storage.offer_status import is_available, is_current
from awardspider.storage.offers import OfferFilter, OfferRow, matching_query, offer_from_row
from awardspider.storage.store import Store

_offers = schema.offers.c

# The columns from which the place of an offer follows.
_KEY_COLUMNS = (
    _offers.number, _offers.flight_key, _offers.deal_rank, _offers.miles, _offers.departure_date, _offers.last_seen_at,
    _offers.taxes, _offers.taxes_currency, _offers.seats, _offers.stops, _offers.duration_minutes,
    _offers.cents_per_point,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferQuery(OfferFilter):
    """A filter for the offers of a list; empty and None fields match everything. `current_at` is required.

    `max_taxes` is compared in one currency, and offers with unknown taxes do not match. `min_discount` is in percent
    below the median. `confirmed` leaves out the prices of days, whose flights are unknown. Offers that a calendar
    contradicts are only in the list with `contradicted`. With `per_flight`, only the first of the matching fares,
    sources and parties of the same flights is in the list. `gone` and `best` have no effect.
    """

    max_taxes: Money | None = None
    min_discount: int | None = None
    confirmed: bool = False
    contradicted: bool = False
    per_flight: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferPage:
    """A page of offers. `next_cursor` is None on the last page; `count` is of all pages, and may be capped."""

    offers: list[OfferRow]
    next_cursor: str | None
    count: int
    count_is_capped: bool


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
    after = SortKey(*decode_cursor(cursor, f"offers:{sort}", (int, float, int, int))) if cursor else None
    with store.reading() as connection:
        keys = _all_keys(connection, query, sort, rates)
        page = [key for key in keys if after is None or key > after][: size + 1]
        offers = _offers_of(connection, [key.number for key in page[:size]])
    return OfferPage(
        offers=offers,
        next_cursor=encode_cursor(f"offers:{sort}", page[size - 1]) if len(page) > size else None,
        count=min(len(keys), MAX_COUNT),
        count_is_capped=len(keys) > MAX_COUNT,
    )


def matching_offers(query: OfferQuery, rates: ExchangeRates | None) -> Select[*tuple[Any, ...]]:
    """Return the query for the offers that match, without their order and with every fare of a flight."""
    assert query.current_at is not None
    is_shown = is_current if query.contradicted and not query.confirmed else is_available
    found = matching_query(query).where(is_shown(query.current_at, query.max_age))
    if query.confirmed:
        found = found.where(_offers.detail == Detail.ITINERARY.value)
    if query.min_discount is not None:
        found = found.where(_offers.discount_percent >= query.min_discount)
    if query.max_taxes is not None:
        found = found.where(_costs_at_most(query.max_taxes, rates))
    return found


def _costs_at_most(taxes: Money, rates: ExchangeRates | None) -> Any:
    """Return the condition that the taxes are not higher, in any currency with a known rate."""
    currencies = {taxes.currency, *(rates.currencies if rates else ())}
    limits = [limit for currency in sorted(currencies) if (limit := convert(taxes, currency, rates))]
    return or_(*(and_(_offers.taxes_currency == limit.currency, _offers.taxes <= limit.amount) for limit in limits))


def _all_keys(connection: Connection, query: OfferQuery, sort: OfferSort, rates: ExchangeRates | None) -> list[SortKey]:
    rows = connection.execute(matching_offers(query, rates).with_only_columns(*_KEY_COLUMNS)).mappings()
    found = sorted((sort_key(row, sort, rates), row["flight_key"]) for row in rows)
    return list(_firsts(found)) if query.per_flight else [key for key, _ in found]


def _firsts(keys: Sequence[tuple[SortKey, str]]) -> Iterator[SortKey]:
    """Yield the first key of each flight."""
    seen: set[str] = set()
    for key, flight_key in keys:
        if flight_key not in seen:
            seen.add(flight_key)
            yield key


def _offers_of(connection: Connection, numbers: Sequence[int]) -> list[OfferRow]:
    """Return offers by number, in this order."""
    query = select(schema.offers).where(_offers.number.in_(numbers))
    rows: dict[int, RowMapping] = {row["number"]: row for row in connection.execute(query).mappings()}
    return [offer_from_row(rows[number]) for number in numbers if number in rows]
