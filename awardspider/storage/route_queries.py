"""Queries of a route's history: what they are about, and their conditions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_
from sqlalchemy.sql import ColumnCollection

from awardspider.items import Cabin
from awardspider.storage import schema

_offers = schema.offers.c
_months = schema.month_prices.c


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteQuery:
    """A program, a cabin and the airports at both ends of a route.

    `sources` are the keys of other programs whose responses contain the program's offers. `first_month` and
    `last_month` are first days of departure months, both included; `since` limits the time of the searches. Without
    them, there is no limit.
    """

    program: str
    cabin: Cabin
    origins: Sequence[str]
    destinations: Sequence[str]
    sources: Sequence[str] = ()
    first_month: date | None = None
    last_month: date | None = None
    since: datetime | None = None


def of_route(columns: ColumnCollection[str, Any], query: RouteQuery) -> ColumnElement[bool]:
    """Return the condition for the rows of a table with the program, route and cabin of a query."""
    return and_(
        columns["program"] == query.program,
        one_of(columns["origin"], query.origins),
        one_of(columns["destination"], query.destinations),
        columns["cabin"] == query.cabin.value,
    )


def one_of(column: ColumnElement[str], values: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a column has one of some values; often it is one value, which is faster."""
    return column == values[0] if len(values) == 1 else column.in_(values)


def of_months(query: RouteQuery) -> ColumnElement[bool]:
    """Return the condition for the rows of `month_prices`."""
    conditions = [of_route(_months, query), _months.mixed_cabin.is_(False)]
    if query.first_month is not None:
        conditions.append(_months.departure_month >= query.first_month)
    if query.last_month is not None:
        conditions.append(_months.departure_month <= query.last_month)
    if query.since is not None:
        conditions.append(_months.search_day >= query.since.astimezone(UTC).date())
    return and_(*conditions)


def departing(query: RouteQuery) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions for the departure dates of offers."""
    if query.first_month is not None:
        yield _offers.departure_date >= query.first_month
    if query.last_month is not None:
        yield _offers.departure_date < next_month(query.last_month)


def next_month(month: date) -> date:
    """Return the first day of the next month."""
    return (month.replace(day=1) + timedelta(days=31)).replace(day=1)
