"""Column types whose values both engines store in the same way, and the limits of these values.

A value beyond its column's limits is stored as NULL, and a text without the characters that no database stores, so that
one value cannot make the database reject a transaction. Use `fits` to find such values before they are written.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from awardspider.values import is_storable, storable

_CENT = Decimal("0.01")
MAX_INTEGER = 2**31 - 1
# More digits than a double has would be stored inexactly by SQLite.
_MAX_AMOUNT = 10**15


class Text(TypeDecorator[str]):
    """Texts without NULs and lone surrogates."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Return the text without characters that no database stores."""
        return storable(value) if isinstance(value, str) else value


class Integer(TypeDecorator[int]):
    """Integers of 32 bits."""

    impl = sa.Integer
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:
        """Return the value, or None if it has more than 32 bits."""
        return value if value is None or -MAX_INTEGER <= value <= MAX_INTEGER else None


class Float(TypeDecorator[float]):
    """Finite floats."""

    impl = sa.Float
    cache_ok = True

    def process_bind_param(self, value: float | None, dialect: Dialect) -> float | None:
        """Return the value, or None if it is not finite."""
        return value if value is None or math.isfinite(value) else None


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes, returned in UTC. Naive datetimes raise ValueError."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the value in UTC, or None if it is so close to the year 1 or 9999 that it has no UTC time."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value.astimezone(UTC) if fits(self, value) else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the stored value as an aware datetime."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class utc_day(FunctionElement[date]):  # noqa: N801 (a function of SQL)
    """The day (UTC) of a column of times."""

    type = sa.Date()
    inherit_cache = True


@compiles(utc_day, "sqlite")
def _sqlite_day(element: utc_day, compiler: SQLCompiler, **options: Any) -> str:
    return f"date({compiler.process(element.clauses, **options)})"


@compiles(utc_day)
def _postgresql_day(element: utc_day, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **options)} AT TIME ZONE 'UTC' AS DATE)"


class Amount(TypeDecorator[Decimal]):
    """Decimals of up to 15 digits, returned with at least two decimal places.

    SQLite has no decimal type and stores the nearest double. For up to 15 digits, the shortest text of that double is
    the original decimal.
    """

    impl = sa.Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return a float type for SQLite, a decimal type otherwise."""
        return dialect.type_descriptor(sa.Float() if dialect.name == "sqlite" else sa.Numeric())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """Return the value as the driver expects it, or None if it has too many digits."""
        if value is None or not fits(self, value):
            return None
        return float(value) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Return the stored value as a decimal."""
        if value is None:
            return None
        amount = (Decimal(repr(value)) if isinstance(value, float) else Decimal(value)).normalize()
        exponent = amount.as_tuple().exponent
        return amount if isinstance(exponent, int) and exponent < -2 else amount.quantize(_CENT)


def fits(column_type: TypeEngine[Any], value: object) -> bool:
    """Return True if a column of this type stores a value unchanged."""
    match column_type:
        case Text():
            return isinstance(value, str) and is_storable(value)
        case Integer():
            return type(value) is int and -MAX_INTEGER <= value <= MAX_INTEGER
        case Float():
            return isinstance(value, int | float) and math.isfinite(value)
        case Amount():
            return isinstance(value, Decimal) and value.is_finite() and abs(value) < _MAX_AMOUNT
        case UtcDateTime():
            return isinstance(value, datetime) and 1 < value.year < 9999  # without a zone: a bug, which raises
        case _:
            return not isinstance(column_type, sa.Boolean) or isinstance(value, bool)


def fitting_texts(values: Iterable[str | None]) -> list[str | None]:
    """Return texts as they are stored; faster than one at a time."""
    texts = list(values)
    all_storable = all(is_storable(text) for text in set(texts) if text)
    return texts if all_storable else [text and storable(text) for text in texts]


def fitting_integers(values: Iterable[int | None]) -> list[int | None]:
    """Return integers as they are stored."""
    return [value if value is None or -MAX_INTEGER <= value <= MAX_INTEGER else None for value in values]


def column_converter(column: sa.Column[Any], dialect: Dialect) -> Callable[[Iterable[Any]], list[Any]]:
    """Return a function that converts a column's values as SQLAlchemy would, but with a cache."""
    if isinstance(column.type, Text):
        return fitting_texts
    if isinstance(column.type, Integer):
        return fitting_integers
    if isinstance(column.type, sa.Boolean):
        return list  # both drivers accept these values unchanged
    convert = column.type.dialect_impl(dialect).bind_processor(dialect)
    if convert is None:
        return list
    cached = functools.lru_cache(4096)(convert)
    return lambda values: list(map(cached, values))
