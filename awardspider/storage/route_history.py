"""Price history of a route: the lowest price found on each search day, and the lowest price of each departure month."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, func, select

from awardspider.items import Cabin
from awardspider.search.judgments import BaselineScope
from awardspider.storage import schema
from awardspider.storage.offer_status import is_available
from awardspider.storage.price_history import parse_histogram
from awardspider.storage.route_queries import RouteQuery, departing, of_months, of_route
from awardspider.storage.search_days import SearchDay, search_days
from awardspider.storage.store import Store

_offers = schema.offers.c
_months = schema.month_prices.c
_records = schema.price_records.c
_samples = schema.price_samples.c


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
    """The history of one program and cabin on a route. Prices with part of the flights in a lower cabin do not count.

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
    with store.reading() as connection:
        days, last_search_at = search_days(connection, query)
        return RouteHistory(
            query=query,
            days=tuple(days),
            months=tuple(_month_prices(connection, query, now, max_age)),
            sample=_price_sample(connection, query, now.date() - timedelta(days=window_days)),
            lowest=_lowest_price(connection, query),
            last_search_at=last_search_at,
        )


def routes_with_prices(store: Store, query: RouteQuery) -> list[tuple[str, Cabin]]:
    """Return the programs and cabins that have prices on the route of a query, sorted by program."""
    columns = (_months.program, _months.cabin)
    route = (_months.origin.in_(query.origins), _months.destination.in_(query.destinations))
    with store.reading() as connection:
        found = connection.execute(select(*columns).where(*route).distinct()).all()
    return sorted(((program, Cabin(cabin)) for program, cabin in found), key=lambda each: (each[0], each[1].rank))


def _month_prices(
    connection: Connection, query: RouteQuery, now: datetime, max_age: timedelta | None
) -> Iterator[MonthPrice]:
    """Yield the lowest price of each departure month that is not over."""
    available: dict[date, MonthPrice] = {}
    current = select(_offers.departure_date, _offers.miles, _offers.last_seen_at).where(
        of_route(_offers, query),
        *departing(query),
        _offers.mixed_cabin.is_not(True),
        _offers.miles.is_not(None),
        is_available(now, max_age),
    )
    # Without statistics, SQLite would choose an index that has every offer of the program or of the cabin.
    current = current.with_hint(schema.offers, "INDEXED BY ix_offers_route", "sqlite")
    current = current.order_by(_offers.miles, _offers.departure_date, _offers.id)
    for departure_date, miles, seen_at in connection.execute(current).all():
        month = departure_date.replace(day=1)
        if month not in available:
            available[month] = MonthPrice(
                month=month,
                miles=miles,
                departure_date=departure_date,
                seen_on=seen_at.astimezone(UTC).date(),
                is_available=True,
            )
    position = func.row_number().over(
        partition_by=_months.departure_month,
        order_by=(_months.search_day.desc(), _months.lowest, _months.departure_date),
    )
    columns = (_months.departure_month, _months.lowest, _months.departure_date, _months.search_day)
    not_over = _months.departure_month >= now.date().replace(day=1)
    last = select(*columns, position.label("position")).where(of_months(query), not_over).subquery()
    seen: dict[date, MonthPrice] = {}
    for month, miles, departure_date, day, _ in connection.execute(select(last).where(last.c.position == 1)).all():
        seen[month] = MonthPrice(
            month=month, miles=miles, departure_date=departure_date, seen_on=day, is_available=False
        )
    found = seen | available
    return (found[month] for month in sorted(found))


def _price_sample(connection: Connection, query: RouteQuery, since: date) -> PriceSample | None:
    columns = (_samples.search_day, _samples.prices, _samples.searches)
    rows = select(*columns).where(
        of_route(_samples, query),
        _samples.scope == BaselineScope.ROUTE.value,
        _samples.mixed_cabin.is_(False),
        _samples.search_day >= since,
    )
    counts: Counter[int] = Counter()
    days: set[date] = set()
    searches = 0
    for day, prices, searches_of_day in connection.execute(rows).all():
        days.add(day)
        searches += searches_of_day
        for by_price in parse_histogram(prices).values():
            counts.update(by_price)
    return PriceSample(counts=counts, days=len(days), searches=searches) if counts else None


def _lowest_price(connection: Connection, query: RouteQuery) -> LowestPrice | None:
    columns = (_records.lowest, _records.lowest_day, _records.first_day)
    records = select(*columns).where(
        of_route(_records, query), _records.scope == BaselineScope.ROUTE.value, _records.mixed_cabin.is_(False)
    )
    rows = connection.execute(records.order_by(_records.lowest, _records.lowest_day.desc())).all()
    if not rows:
        return None
    return LowestPrice(miles=rows[0][0], day=rows[0][1], first_day=min(row[2] for row in rows))
