"""Stored prices of LAX-NRT in business class, as a crawl leaves them, for tests of price histories."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import insert

from awardspider.items import Cabin, SearchReportItem
from awardspider.outcomes import Outcome, Reason
from awardspider.storage import schema
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.store import Store
from tests.support.storage_examples import make_report, make_search

#: The day of the first search, and the current time of the tests.
FIRST_DAY = date(2026, 11, 10)
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

MARCH, APRIL = date(2027, 3, 1), date(2027, 4, 1)

_ROUTE: dict[str, Any] = {
    "program": "united",
    "origin": "LAX",
    "destination": "NRT",
    "cabin": Cabin.BUSINESS.value,
    "mixed_cabin": False,
}


def search_day(number: int) -> date:
    """Return the search day with this number; the first one is 0."""
    return FIRST_DAY + timedelta(days=number)


def store_month_prices(store: Store, *prices: tuple[int, date, int], departure_day: int = 9, **changes: Any) -> None:
    """Store lowest prices: the number of the search day, the departure month and the miles."""
    rows = [
        _ROUTE
        | {
            "search_day": search_day(number),
            "departure_month": month,
            "lowest": miles,
            "departure_date": month.replace(day=departure_day),
            "days": 20,
        }
        | changes
        for number, month, miles in prices
    ]
    with store.writing() as connection:
        connection.execute(insert(schema.month_prices), rows)


def store_samples(store: Store, number: int, prices: dict[int, int], lead: int = 3, **changes: Any) -> None:
    """Store the prices of a search day at a lead time: the number of departure days for each lowest price."""
    values = _ROUTE | {
        "scope": "route",
        "search_day": search_day(number),
        "prices": {str(lead): {str(miles): days for miles, days in prices.items()}},
        "searches": 2,
        "lowest": min(prices),
    }
    with store.writing() as connection:
        connection.execute(insert(schema.price_samples).values(**values | changes))


def store_record(store: Store, lowest: int, number: int, **changes: Any) -> None:
    """Store the lowest price ever found, on a search day."""
    values = _ROUTE | {
        "scope": "route",
        "lowest": lowest,
        "lowest_day": search_day(number),
        "first_day": FIRST_DAY,
        "last_day": search_day(number),
        "days": 5,
        "searches": 10,
    }
    with store.writing() as connection:
        connection.execute(insert(schema.price_records).values(**values | changes))


def store_searches(store: Store, *reports: SearchReportItem) -> None:
    write_batch(store, Batch(reports=list(reports)))


def route_report(number: int, outcome: str, hour: int = 6, **search: Any) -> SearchReportItem:
    """Return the report of a search of the calendar of March 2027 on a search day."""
    values = {"origin": "LAX", "destination": "NRT"} | search
    at = datetime.combine(search_day(number), datetime.min.time(), UTC) + timedelta(hours=hour)
    reason = {"reason": Reason.BLOCKED} if outcome == "failed" else {}
    name = "-".join(str(value) for value in (number, outcome, hour, *search.values()))
    return make_report(name, requested_at=at, outcome=Outcome(outcome), search=make_search(**values), **reason)
