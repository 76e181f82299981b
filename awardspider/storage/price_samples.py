"""Writing the price history: the prices that a crawl found are added in proportion to the crawl.

A row of a route is computed again from all prices of its day (`open_prices`), so that prices that are found again do
not count twice. The rows of wider scopes change by the difference. No other rows of the history are read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, Table, bindparam, delete, select
from sqlalchemy import text as sql_text

from awardspider.items import Cabin
from awardspider.search.number_settings import parse_number
from awardspider.search.price_history import (
    WINDOW_DAYS,
    DayPrice,
    DaySample,
    PriceKey,
    PriceRecord,
    StoredDay,
    add_histogram,
    histogram,
    lowest_by_month,
    lowest_price,
    wider_keys,
)
from awardspider.storage import schema
from awardspider.storage.column_types import MAX_INTEGER
from awardspider.storage.engines import WRITE_LOCK, dialect_insert
from awardspider.storage.price_history import days_of_place, places, records_of_place
from awardspider.storage.store import Store

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

SETTING = "AWARD_PRICE_HISTORY_DAYS"
DEFAULT_HISTORY_DAYS = 400  # a year and the weeks around it, for a comparison with the same season

#: The prices of a search day can change until this many days later.
OPEN_DAYS = 1

_open = schema.open_prices.c


class _KeyDay(NamedTuple):
    """One row of `price_samples`."""

    key: PriceKey
    day: date


class PriceHistoryWriter:
    """A writer of the prices of one crawl.

    `days_before` and `records_before` have the rows that the crawl has changed, as they were before the crawl; None for
    a row that did not exist.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.days_before: dict[PriceKey, dict[date, StoredDay | None]] = {}
        self.records_before: dict[PriceKey, PriceRecord | None] = {}

    def write(self, samples: Mapping[PriceKey, Mapping[date, DaySample]], now: datetime) -> None:
        """Add samples, by search day, in one transaction.

        Samples of days before yesterday are left out, because the prices of their departure days are no longer known.
        """
        first = now.date() - timedelta(days=OPEN_DAYS)
        found = {
            _KeyDay(key, day): sample
            for key, by_day in samples.items()
            for day, sample in by_day.items()
            if day >= first and sample.prices and max(map(_miles, sample.prices.values())) <= MAX_INTEGER
        }
        with self._store.writing() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sql_text("SELECT pg_advisory_xact_lock(:key)"), {"key": WRITE_LOCK})
            connection.execute(delete(schema.open_prices).where(_open.search_day < first))
            if found:
                self._write(connection, found)

    def _write(self, connection: Connection, found: Mapping[_KeyDay, DaySample]) -> None:
        stored = _stored_days(connection, found)
        opened = _open_prices(connection, found)
        rows: dict[_KeyDay, StoredDay] = {}
        added: dict[_KeyDay, DaySample] = {}  # without prices
        months: list[dict[str, Any]] = []
        for each, sample in found.items():
            prices, old = opened.setdefault(each, {}), stored.get(each)
            before = histogram(prices, each.day)
            for departure, price in sample.prices.items():
                prices[departure] = price.merged(prices.get(departure))
            after = histogram(prices, each.day)
            rows[each] = StoredDay(each.day, after, sample.searches + (old.searches if old else 0))
            added[each] = DaySample(searches=sample.searches, lowest=sample.lowest)
            months += _month_rows(each, prices, sample.prices)
            for key in wider_keys(each.key):
                wider = _KeyDay(key, each.day)
                if wider not in rows:
                    rows[wider] = stored.get(wider) or StoredDay(each.day, {}, 0)
                    rows[wider] = rows[wider]._replace(prices={lead: dict(p) for lead, p in rows[wider].prices.items()})
                add_histogram(rows[wider].prices, after)
                add_histogram(rows[wider].prices, before, -1)
                rows[wider] = rows[wider]._replace(searches=rows[wider].searches + sample.searches)
                added.setdefault(wider, DaySample()).update(added[each])
        for each in rows:
            self.days_before.setdefault(each.key, {}).setdefault(each.day, stored.get(each))
        _upsert(connection, schema.price_samples, [_sample_row(each, row) for each, row in rows.items()])
        _upsert(connection, schema.open_prices, [_open_row(each, opened[each]) for each in found])
        _upsert(connection, schema.month_prices, months)
        self._write_records(connection, stored, added)

    def _write_records(
        self, connection: Connection, stored: Mapping[_KeyDay, StoredDay], added: Mapping[_KeyDay, DaySample]
    ) -> None:
        records: dict[PriceKey, PriceRecord] = {}
        for place in places(key for key, _ in added):
            records |= records_of_place(connection, place)
        changed: set[PriceKey] = set()
        for each, sample in added.items():
            assert sample.lowest is not None
            if each.key not in self.records_before:
                self.records_before[each.key] = records.get(each.key)
            changed.add(each.key)
            records[each.key] = PriceRecord.merged(
                records.get(each.key),
                each.day,
                lowest=sample.lowest,
                searches=sample.searches,
                is_new_day=each not in stored,
            )
        _upsert(connection, schema.price_records, [_key_values(key) | records[key]._asdict() for key in changed])


def parse_history_days(settings: Mapping[str, Any] | BaseSettings) -> int:
    """Return the number of days that the price history is kept; raise InvalidSetting for an invalid one."""
    expected = f"a number of days, {WINDOW_DAYS} or more"
    return parse_number(settings, SETTING, DEFAULT_HISTORY_DAYS, lowest=WINDOW_DAYS, expected=expected)


def prune_price_history(store: Store, now: datetime, days: int) -> None:
    """Remove the prices of search days before the last `days` days; the lowest prices ever found are kept."""
    first = now.date() - timedelta(days=days)
    with store.writing() as connection:
        for table in (schema.price_samples, schema.month_prices, schema.open_prices):
            connection.execute(delete(table).where(table.c.search_day < first))


def _miles(price: DayPrice) -> int:
    return price.miles


def _stored_days(connection: Connection, found: Iterable[_KeyDay]) -> dict[_KeyDay, StoredDay]:
    """Return the rows of keys and of their wider scopes, on the days from the first to the last."""
    days = [each.day for each in found]
    keys = [key for each in found for key in (each.key, *wider_keys(each.key))]
    stored: dict[_KeyDay, StoredDay] = {}
    for place in places(keys):
        for key, by_day in days_of_place(connection, place, min(days), max(days)).items():
            stored |= {_KeyDay(key, row.search_day): row for row in by_day}
    return stored


def _open_prices(connection: Connection, found: Iterable[_KeyDay]) -> dict[_KeyDay, dict[date, DayPrice]]:
    names = ("program", "origin", "destination")
    query = select(_open.cabin, _open.mixed_cabin, _open.search_day, _open.prices).where(
        *(_open[name] == bindparam(name) for name in names)
    )
    opened: dict[_KeyDay, dict[date, DayPrice]] = {}
    for place in places(each.key for each in found):
        for cabin, mixed_cabin, day, prices in connection.execute(
            query, {name: getattr(place, name) for name in names}
        ):
            key = place._replace(cabin=Cabin(cabin), mixed_cabin=mixed_cabin)
            opened[_KeyDay(key, day)] = {
                date.fromisoformat(departure): DayPrice(abs(miles), miles > 0) for departure, miles in prices.items()
            }
    return opened


def _key_values(key: PriceKey) -> dict[str, Any]:
    return key._asdict() | {"scope": key.scope.value, "cabin": key.cabin.value}


def _sample_row(each: _KeyDay, row: StoredDay) -> dict[str, Any]:
    return _key_values(each.key) | {
        "search_day": each.day,
        "prices": row.prices,
        "searches": row.searches,
        "lowest": lowest_price(row.prices),
    }


def _route_values(each: _KeyDay) -> dict[str, Any]:
    values = _key_values(each.key) | {"search_day": each.day}
    del values["scope"]
    return values


def _open_row(each: _KeyDay, prices: Mapping[date, DayPrice]) -> dict[str, Any]:
    signed = {
        departure.isoformat(): price.miles if price.has_flights else -price.miles for departure, price in prices.items()
    }
    return _route_values(each) | {"prices": signed}


def _month_rows(each: _KeyDay, prices: Mapping[date, DayPrice], changed: Iterable[date]) -> list[dict[str, Any]]:
    months = {departure.replace(day=1) for departure in changed}
    return [
        _route_values(each) | {"departure_month": month, "lowest": miles, "departure_date": departure, "days": days}
        for month, (miles, departure, days) in lowest_by_month(prices, months).items()
    ]


def _upsert(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        statement = dialect_insert(connection.dialect, table)
        names = [column.name for column in table.columns if not column.primary_key]
        upsert = statement.on_conflict_do_update(
            index_elements=[column.name for column in table.primary_key],
            set_={name: statement.excluded[name] for name in names},
        )
        connection.execute(upsert, rows)
