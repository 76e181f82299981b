"""The days on which a route was searched, with the lowest price that was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import and_, func, or_, select

from awardspider.outcomes import Outcome
from awardspider.storage import schema
from awardspider.storage.column_types import utc_day
from awardspider.storage.route_queries import RouteQuery, departing, next_month, of_months, of_route
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
    last_search_at = None
    for day, outcome, count, last_at in _searches_of(store, query):
        last_search_at = max(last_at, last_search_at or last_at)
        searches[day] += count
        failed[day] += count if outcome is Outcome.FAILED else 0
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
    for row in store.stream(select(*columns).where(of_months(query)).order_by(*order)):
        if row["search_day"] != previous:
            previous = row["search_day"]
            yield SearchDay(
                day=previous, outcome=Outcome.FOUND, lowest=row["lowest"], departure_date=row["departure_date"]
            )


def _searches_of(store: Store, query: RouteQuery) -> Iterator[tuple[date, Outcome, int, datetime]]:
    """Yield the days (UTC) and outcomes of the searches that could have found the program's offers on the route.

    Each has the number of these searches and the time of the last one.
    """
    conditions = [
        _searches.program.in_([query.program, *query.sources]),
        or_(_searches.target_program.is_(None), _searches.target_program == query.program),
        _searches.origin.in_(query.origins),
        _searches.destination.in_(query.destinations),
    ]
    if query.since is not None:
        conditions.append(_searches.requested_at >= query.since)
    if query.first_month is not None:
        conditions.append(_searches.last_day >= query.first_month)
    if query.last_month is not None:
        conditions.append(_searches.first_day < next_month(query.last_month))
    groups = (utc_day(_searches.requested_at), proven_outcome(_searches), _searches.cabins)
    counted = select(*groups, func.count(), func.max(_searches.requested_at)).where(*conditions).group_by(*groups)
    with store.reading() as connection:
        for day, outcome, cabins, count, last_at in connection.execute(counted):
            if not cabins or query.cabin in cabins.split(","):
                yield day, Outcome(outcome), count, last_at


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
    for row in store.stream(points):
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
