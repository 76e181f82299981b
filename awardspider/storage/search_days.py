"""The days on which a route was searched, with the lowest price that was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from awardspider.outcomes import Outcome
from awardspider.storage import schema
from awardspider.storage.column_types import utc_day
from awardspider.storage.route_queries import RouteQuery, all_rows, departing, next_month, of_months, of_route
from awardspider.storage.searches import proven_outcome
from awardspider.storage.store import Store

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


def search_days(store: Store, query: RouteQuery) -> tuple[list[SearchDay], datetime | None]:
    """Return every day on which a route was searched, oldest first, and the time of the last search, or None."""
    priced = {day.day: day for day in _priced_days(store, query)}
    searches: Counter[date] = Counter()
    failed: Counter[date] = Counter()
    with store.reading() as connection:
        last_search_at = connection.scalar(select(func.max(_searches.requested_at)).where(*_of_searches(query)))
        for day, outcome, count in connection.execute(_search_counts(query)):
            searches[day] += count
            failed[day] += count if outcome == Outcome.FAILED else 0
    on_sale = set(_days_on_sale(store, query))
    days = []
    for day in sorted(priced.keys() | searches.keys()):
        without_price = SearchDay(day=day, outcome=Outcome.FAILED if failed[day] else Outcome.EMPTY)
        found = priced.get(day, without_price)
        days.append(replace(found, searches=searches[day], failed=failed[day], is_on_sale=day in on_sale))
    return days, last_search_at


def _priced_days(store: Store, query: RouteQuery) -> Iterator[SearchDay]:
    columns = (_months.search_day, _months.lowest, _months.departure_date)
    order = (_months.search_day, _months.lowest, _months.departure_date)
    previous = None
    for row in all_rows(store, select(*columns).where(of_months(query)).order_by(*order)):
        if row["search_day"] != previous:
            previous = row["search_day"]
            yield SearchDay(
                day=previous, outcome=Outcome.FOUND, lowest=row["lowest"], departure_date=row["departure_date"]
            )


def _search_counts(query: RouteQuery) -> Select[*tuple[Any, ...]]:
    """Return the query for the number of searches of each day (UTC) and outcome."""
    groups = (utc_day(_searches.requested_at), proven_outcome(_searches))
    return select(*groups, func.count()).where(*_of_searches(query)).group_by(*groups)


def _of_searches(query: RouteQuery) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions for the searches that could have found the program's offers on the route."""
    yield _searches.program.in_([query.program, *query.sources])
    yield or_(_searches.target_program.is_(None), _searches.target_program == query.program)
    yield _searches.origin.in_(query.origins)
    yield _searches.destination.in_(query.destinations)
    yield or_(_searches.cabins == "", ("," + _searches.cabins + ",").contains(f",{query.cabin},", autoescape=True))
    if query.since is not None:
        yield _searches.requested_at >= query.since
    if query.first_month is not None:
        yield _searches.last_day >= query.first_month
    if query.last_month is not None:
        yield _searches.first_day < next_month(query.last_month)


def _days_on_sale(store: Store, query: RouteQuery) -> Iterator[date]:
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
    number, last_seen = None, None
    for row in all_rows(store, points):
        day = row["seen_at"].astimezone(UTC).date()
        if began is not None:
            end = day if row["offer_number"] == number else last_seen
            yield from _days_between(began, end or began)
        is_on_sale = bool(row["on_sale"]) and not row["gone"]
        began, number = (day if is_on_sale else None), row["offer_number"]
        last_seen = row["last_seen_at"].astimezone(UTC).date()
    if began is not None:
        yield from _days_between(began, last_seen or began)


def _days_between(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))
