"""The stored price history, for tests of what a crawl writes."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select

from awardspider.search.price_history import PriceKey, PriceRecord, StoredDay
from awardspider.storage.price_history import days_of_place, records_of_place
from awardspider.storage.schema import month_prices
from awardspider.storage.store import Store


def route_days(store: Store, key: PriceKey, first: date, last: date) -> list[StoredDay]:
    """Return the stored days of a key, oldest first, for search days from `first` to `last`."""
    with store.reading() as connection:
        return days_of_place(connection, key, first, last).get(key, [])


def price_record(store: Store, key: PriceKey) -> PriceRecord | None:
    """Return the record of a key, or None if no search has found a price of it."""
    with store.reading() as connection:
        return records_of_place(connection, key).get(key)


def month_rows(store: Store) -> list[dict[str, Any]]:
    """Return all rows of `month_prices`, oldest search day first."""
    query = select(month_prices).order_by(month_prices.c.search_day, month_prices.c.departure_month)
    return [dict(row) for row in store.stream(query)]
