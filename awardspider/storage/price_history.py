"""Reading the price history: the prices of a route or a wider scope by search day, and the lowest prices ever found."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from awardspider.items import Cabin
from awardspider.search.price_history import Histogram, PriceKey, PriceRecord, StoredDay
from awardspider.storage import schema

_samples = schema.price_samples.c
_records = schema.price_records.c

_CABINS = tuple(cabin.value for cabin in Cabin)


def days_of_place(connection: Connection, key: PriceKey, first: date, last: date) -> dict[PriceKey, list[StoredDay]]:
    """Return the stored days of all cabins of a key's place, oldest first, for search days from `first` to `last`."""
    found: dict[PriceKey, list[StoredDay]] = {}
    for cabin, mixed_cabin, day, prices, searches in connection.execute(
        _days_query(), _place_values(key) | {"first": first, "last": last}
    ):
        of_cabin = key._replace(cabin=Cabin(cabin), mixed_cabin=mixed_cabin)
        found.setdefault(of_cabin, []).append(StoredDay(day, parse_histogram(prices), searches))
    return found


def records_of_place(connection: Connection, key: PriceKey) -> dict[PriceKey, PriceRecord]:
    """Return the records of all cabins of a key's place."""
    found: dict[PriceKey, PriceRecord] = {}
    for cabin, mixed_cabin, *values in connection.execute(_records_query(), _place_values(key)):
        found[key._replace(cabin=Cabin(cabin), mixed_cabin=mixed_cabin)] = PriceRecord(*values)
    return found


def last_day_as_low(connection: Connection, key: PriceKey, miles: int, before: date) -> date | None:
    """Return the last search day before `before` with a price of a key as low as `miles`; None if there is none."""
    query = _last_day_query()
    values = _place_values(key) | {"cabin": key.cabin.value, "mixed_cabin": key.mixed_cabin}
    found: date | None = connection.scalar(query, values | {"miles": miles, "before": before})
    return found


def parse_histogram(prices: Any) -> Histogram:
    """Return a histogram from its JSON, whose keys are texts."""
    return {int(lead): {int(miles): days for miles, days in by_price.items()} for lead, by_price in prices.items()}


def places(keys: Iterable[PriceKey]) -> list[PriceKey]:
    """Return one key for each program and place, in order."""
    return list({(key.program, key.scope, key.origin, key.destination): key for key in keys}.values())


def _place_values(key: PriceKey) -> dict[str, Any]:
    return {
        "program": key.program,
        "scope": key.scope.value,
        "origin": key.origin,
        "destination": key.destination,
    }


def _of_place(columns: Any) -> tuple[Any, ...]:
    names = ("program", "scope", "origin", "destination")
    return tuple(columns[name] == bindparam(name) for name in names)


@functools.cache  # each route runs these queries, and building one takes longer than running it
def _days_query() -> Select[*tuple[Any, ...]]:
    # With all columns of the key, both engines read only the rows of these search days.
    return (
        select(_samples.cabin, _samples.mixed_cabin, _samples.search_day, _samples.prices, _samples.searches)
        .where(
            *_of_place(_samples),
            _samples.cabin.in_(_CABINS),
            _samples.mixed_cabin.in_((False, True)),
            _samples.search_day.between(bindparam("first"), bindparam("last")),
        )
        .order_by(_samples.cabin, _samples.mixed_cabin, _samples.search_day)
    )


@functools.cache
def _records_query() -> Select[*tuple[Any, ...]]:
    columns = (_records[name] for name in ("cabin", "mixed_cabin", *PriceRecord._fields))
    return select(*columns).where(*_of_place(_records))


@functools.cache
def _last_day_query() -> Select[*tuple[Any, ...]]:
    return (
        select(_samples.search_day)
        .where(
            *_of_place(_samples),
            _samples.cabin == bindparam("cabin"),
            _samples.mixed_cabin == bindparam("mixed_cabin"),
            _samples.search_day < bindparam("before"),
            _samples.lowest <= bindparam("miles"),
        )
        .order_by(_samples.search_day.desc())
        .limit(1)
    )
