"""The days on which a route was searched, with the lowest price that was found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, or_, select

from awardspider.outcomes import Outcome
from awardspider.storage import schema
from awardspider.storage.column_types import utc_day
from awardspider.storage.route_queries import RouteQuery, departing, next_month, of_months, of_route, one_of
from awardspider.storage.searches import proven_outcome

_offers = schema.offers.c
_points = schema.price_points.c
_searches = schema.searches.c
_months = schema.month_prices.c


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchDay:
    """The searches of one day (UTC), and the lowest price that they found.

    `outcome` is found if there is a price; without one, it is failed if at least one search failed, otherwise empty.
    `lowest` is in miles for one traveler, one way, for a departure on `departure_date`. `is_on_sale` is True if an
    offer on the route was on sale that day.
    """

    day: date
    outcome: Outcome
    lowest: int | None = None
    departure_date: date | None = None
    searches: int = 0
    failed: int = 0
    is_on_sale: bool = False


def search_days(connection: Connection, query: RouteQuery) -> tuple[list[SearchDay], datetime | None]:
    """Return every day on which a route was searched, oldest first, and the time of the last search, or None."""
    lowest = _lowest_prices(connection, query)
    counts = {row.day: row for row in connection.execute(_search_counts(query)).all()}
    on_sale = set(_days_on_sale(connection, query))
    days = []
    for day in sorted(lowest.keys() | counts.keys()):
        miles, departure_date = lowest.get(day, (None, None))
        count = counts.get(day)
        failed = count.failed if count else 0
        without_price = Outcome.FAILED if failed else Outcome.EMPTY
        days.append(
            SearchDay(
                day=day,
                outcome=without_price if miles is None else Outcome.FOUND,
                lowest=miles,
                departure_date=departure_date,
                searches=count.searches if count else 0,
                failed=failed,
                is_on_sale=day in on_sale,
            )
        )
    return days, max((count.last_at for count in counts.values()), default=None)


def _lowest_prices(connection: Connection, query: RouteQuery) -> dict[date, tuple[int, date]]:
    """Return the lowest price of each search day, and the first departure date with it."""
    position = func.row_number().over(
        partition_by=_months.search_day, order_by=(_months.lowest, _months.departure_date)
    )
    columns = (_months.search_day, _months.lowest, _months.departure_date)
    prices = select(*columns, position.label("position")).where(of_months(query)).subquery()
    rows = connection.execute(select(prices).where(prices.c.position == 1)).all()
    return {day: (miles, departure_date) for day, miles, departure_date, _ in rows}


def _search_counts(query: RouteQuery) -> Select[*tuple[Any, ...]]:
    """Return the query for the number of searches of each day (UTC), how many failed, and the time of the last one."""
    day = utc_day(_searches.requested_at)
    failed = func.sum(case((proven_outcome(_searches) == Outcome.FAILED, 1), else_=0))
    columns = (
        day.label("day"), func.count().label("searches"), failed.label("failed"),
        func.max(_searches.requested_at).label("last_at"),
    )  # fmt: skip
    return select(*columns).where(*_of_searches(query)).group_by(day)


def _of_searches(query: RouteQuery) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions for the searches that could have found the program's offers on the route."""
    yield _searches.program.in_([query.program, *query.sources])
    yield or_(_searches.target_program.is_(None), _searches.target_program == query.program)
    yield one_of(_searches.origin, query.origins)
    yield one_of(_searches.destination, query.destinations)
    yield or_(_searches.cabins == "", ("," + _searches.cabins + ",").contains(f",{query.cabin},", autoescape=True))
    if query.since is not None:
        yield _searches.requested_at >= query.since
    if query.first_month is not None:
        yield _searches.last_day >= query.first_month
    if query.last_month is not None:
        yield _searches.first_day < next_month(query.last_month)


def _days_on_sale(connection: Connection, query: RouteQuery) -> Iterator[date]:
    """Yield the days (UTC) on which an offer on the route was on sale."""
    route = and_(of_route(_offers, query), _offers.mixed_cabin.is_not(True), *departing(query))
    on_sale = (
        select(_points.offer_number)
        .join(schema.offers, _offers.number == _points.offer_number)
        .where(route, _points.on_sale.is_(True))
    )
    points = (
        select(_points.offer_number, _points.seen_at, _points.on_sale, _points.gone, _offers.last_seen_at)
        .join(schema.offers, _offers.number == _points.offer_number)
        .where(_points.offer_number.in_(on_sale))
        .order_by(_points.offer_number, _points.seen_at)
    )
    began: date | None = None
    previous, last_seen = None, None
    for number, seen_at, is_on_sale, is_gone, last_seen_at in connection.execute(points).all():
        day = seen_at.astimezone(UTC).date()
        if began is not None:
            end = day if number == previous else last_seen
            yield from _days_between(began, end or began)
        began, previous = (day if is_on_sale and not is_gone else None), number
        last_seen = last_seen_at.astimezone(UTC).date()
    if began is not None:
        yield from _days_between(began, last_seen or began)


def _days_between(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))
