"""Price history of a route: the lowest price found on each search day, and the lowest price of each departure month."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.sql import ColumnCollection

from awardspider.items import Cabin
from awardspider.outcomes import Outcome
from awardspider.search.judgments import BaselineScope
from awardspider.storage import schema
from awardspider.storage.offer_status import is_available
from awardspider.storage.price_history import parse_histogram
from awardspider.storage.store import Store

_offers = schema.offers.c
_points = schema.price_points.c
_searches = schema.searches.c
_months = schema.month_prices.c
_records = schema.price_records.c
_samples = schema.price_samples.c


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


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthPrice:
    """The lowest price of a departure month: one that is available now, otherwise the last one that was found."""

    month: date
    miles: int
    departure_date: date
    seen_on: date
    is_available: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceSample:
    """The lowest prices of all departure days, as found on the search days of a period.

    `counts` maps miles to the number of prices; `days` and `searches` count the search days and searches behind them.
    """

    counts: Mapping[int, int]
    days: int
    searches: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LowestPrice:
    """The lowest price found since `first_day`, last found on `day`."""

    miles: int
    day: date
    first_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteHistory:
    """The history of one program and cabin on a route. Prices with a part of the flights in another cabin do not count.

    `days` has every day on which the route was searched, oldest first, and `months` every departure month with a price.
    `last_search_at` is the time of the last search, failed ones included.
    """

    query: RouteQuery
    days: tuple[SearchDay, ...]
    months: tuple[MonthPrice, ...]
    sample: PriceSample | None
    lowest: LowestPrice | None
    last_search_at: datetime | None

    @property
    def has_prices(self) -> bool:
        """Return True if any search found a price."""
        return any(day.lowest is not None for day in self.days)


def read_route_history(
    store: Store, query: RouteQuery, *, now: datetime, max_age: timedelta | None, window_days: int
) -> RouteHistory:
    """Return the history of a route at the aware time `now`; its sample has the last `window_days` days."""
    days, last_search_at = _search_days(store, query)
    return RouteHistory(
        query=query,
        days=tuple(days),
        months=tuple(_month_prices(store, query, now, max_age)),
        sample=_price_sample(store, query, now.date() - timedelta(days=window_days)),
        lowest=_lowest_price(store, query),
        last_search_at=last_search_at,
    )


def routes_with_prices(store: Store, query: RouteQuery) -> list[tuple[str, Cabin]]:
    """Return the programs and cabins that have prices on the route of a query, sorted by program."""
    columns = (_months.program, _months.cabin)
    route = (_months.origin.in_(query.origins), _months.destination.in_(query.destinations))
    with store.reading() as connection:
        found = connection.execute(select(*columns).where(*route).distinct()).all()
    return sorted(((program, Cabin(cabin)) for program, cabin in found), key=lambda each: (each[0], each[1].rank))


def _search_days(store: Store, query: RouteQuery) -> tuple[list[SearchDay], datetime | None]:
    priced = {day.day: day for day in _priced_days(store, query)}
    searches: Counter[date] = Counter()
    failed: Counter[date] = Counter()
    last_search_at = None
    for requested_at, outcome in _searches_of(store, query):
        last_search_at = max(requested_at, last_search_at or requested_at)
        day = requested_at.astimezone(UTC).date()
        searches[day] += 1
        failed[day] += outcome == Outcome.FAILED.value
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
    for row in store.stream(select(*columns).where(_of_months(query)).order_by(*order)):
        if row["search_day"] != previous:
            previous = row["search_day"]
            yield SearchDay(
                day=previous, outcome=Outcome.FOUND, lowest=row["lowest"], departure_date=row["departure_date"]
            )


def _searches_of(store: Store, query: RouteQuery) -> Iterator[tuple[datetime, str]]:
    """Yield the time and outcome of the searches that could have found the program's offers on the route."""
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
        conditions.append(_searches.first_day < _next_month(query.last_month))
    columns = (_searches.requested_at, _searches.outcome, _searches.cabins)
    for row in store.stream(select(*columns).where(*conditions)):
        if not row["cabins"] or query.cabin in row["cabins"].split(","):
            yield row["requested_at"], row["outcome"]


def _days_on_sale(store: Store, query: RouteQuery) -> Iterator[date]:
    """Yield the days (UTC) on which an offer on the route was on sale."""
    route = and_(_of_route(_offers, query), _offers.mixed_cabin.is_not(True), *_departing(query))
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


def _month_prices(store: Store, query: RouteQuery, now: datetime, max_age: timedelta | None) -> Iterator[MonthPrice]:
    """Yield the lowest price of each departure month that is not over."""
    available: dict[date, MonthPrice] = {}
    columns = (_offers.departure_date, _offers.miles, _offers.last_seen_at)
    current = select(*columns).where(
        _of_route(_offers, query),
        *_departing(query),
        _offers.mixed_cabin.is_not(True),
        _offers.miles.is_not(None),
        is_available(now, max_age),
    )
    for row in store.stream(current.order_by(_offers.miles, _offers.departure_date, _offers.id)):
        month = row["departure_date"].replace(day=1)
        if month not in available:
            available[month] = MonthPrice(
                month=month,
                miles=row["miles"],
                departure_date=row["departure_date"],
                seen_on=row["last_seen_at"].astimezone(UTC).date(),
                is_available=True,
            )
    last = select(_months.departure_month, func.max(_months.search_day).label("search_day"))
    last_days = last.where(_of_months(query)).group_by(_months.departure_month).subquery()
    latest = (
        select(_months.departure_month, _months.search_day, _months.lowest, _months.departure_date)
        .join(
            last_days,
            and_(last_days.c.departure_month == _months.departure_month, last_days.c.search_day == _months.search_day),
        )
        .where(_of_months(query), _months.departure_month >= now.date().replace(day=1))
    )
    seen: dict[date, MonthPrice] = {}
    for row in store.stream(latest.order_by(_months.lowest.desc())):
        seen[row["departure_month"]] = MonthPrice(
            month=row["departure_month"],
            miles=row["lowest"],
            departure_date=row["departure_date"],
            seen_on=row["search_day"],
            is_available=False,
        )
    found = seen | available
    return (found[month] for month in sorted(found))


def _price_sample(store: Store, query: RouteQuery, since: date) -> PriceSample | None:
    columns = (_samples.search_day, _samples.prices, _samples.searches)
    rows = select(*columns).where(
        _of_route(_samples, query),
        _samples.scope == BaselineScope.ROUTE.value,
        _samples.mixed_cabin.is_(False),
        _samples.search_day >= since,
    )
    counts: Counter[int] = Counter()
    days: set[date] = set()
    searches = 0
    for row in store.stream(rows):
        days.add(row["search_day"])
        searches += row["searches"]
        for by_price in parse_histogram(row["prices"]).values():
            counts.update(by_price)
    return PriceSample(counts=counts, days=len(days), searches=searches) if counts else None


def _lowest_price(store: Store, query: RouteQuery) -> LowestPrice | None:
    columns = (_records.lowest, _records.lowest_day, _records.first_day)
    records = select(*columns).where(
        _of_route(_records, query), _records.scope == BaselineScope.ROUTE.value, _records.mixed_cabin.is_(False)
    )
    with store.reading() as connection:
        rows = connection.execute(records.order_by(_records.lowest, _records.lowest_day.desc())).all()
    if not rows:
        return None
    return LowestPrice(miles=rows[0][0], day=rows[0][1], first_day=min(row[2] for row in rows))


def _of_route(columns: ColumnCollection[str, Any], query: RouteQuery) -> ColumnElement[bool]:
    return and_(
        columns["program"] == query.program,
        columns["origin"].in_(query.origins),
        columns["destination"].in_(query.destinations),
        columns["cabin"] == query.cabin.value,
    )


def _of_months(query: RouteQuery) -> ColumnElement[bool]:
    """Return the condition for the rows of `month_prices`."""
    conditions = [_of_route(_months, query), _months.mixed_cabin.is_(False)]
    if query.first_month is not None:
        conditions.append(_months.departure_month >= query.first_month)
    if query.last_month is not None:
        conditions.append(_months.departure_month <= query.last_month)
    if query.since is not None:
        conditions.append(_months.search_day >= query.since.astimezone(UTC).date())
    return and_(*conditions)


def _departing(query: RouteQuery) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions for the departure dates of offers."""
    if query.first_month is not None:
        yield _offers.departure_date >= query.first_month
    if query.last_month is not None:
        yield _offers.departure_date < _next_month(query.last_month)


def _next_month(month: date) -> date:
    return (month.replace(day=1) + timedelta(days=31)).replace(day=1)
