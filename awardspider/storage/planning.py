"""What past crawls of a program found out for its planner: last searches, change rates, prices and routes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import extract, func, select

from awardspider.items import Cabin, Detail
from awardspider.outcomes import Outcome
from awardspider.search.search_needs import Knowledge, MonthPrice
from awardspider.search.served_routes import RouteHistory
from awardspider.storage import schema
from awardspider.storage.change_rates import change_rates, route_history
from awardspider.storage.searches import last_search_times
from awardspider.storage.store import Store

_offers = schema.offers.c
_searches = schema.searches.c

#: Share of the booking window that empty searches of a route must span to count as searches of the entire window.
ENTIRE_WINDOW = 0.9


def planning_knowledge(store: Store, program: str, now: datetime) -> Knowledge:
    """Return what past crawls of a program found out."""
    return Knowledge(
        last_searches=last_search_times(store, program),
        rates=change_rates(store, now, program),
        prices=lowest_prices(store, program),
    )


def lowest_prices(store: Store, source: str) -> dict[tuple[str, str], list[MonthPrice]]:
    """Return the lowest miles of each route, month and cabin in the calendars of a source, without offers gone."""
    year, month = extract("year", _offers.departure_date), extract("month", _offers.departure_date)
    key = (_offers.origin, _offers.destination, _offers.cabin, year, month)
    query = (
        select(*key, func.min(_offers.miles))
        .where(
            _offers.source == source,
            _offers.detail == Detail.DAY.value,
            _offers.gone_at.is_(None),
            _offers.miles.is_not(None),
        )
        .group_by(*key)
    )
    found: dict[tuple[str, str], list[MonthPrice]] = {}
    with store.reading() as connection:
        for origin, destination, cabin, of_year, of_month, miles in connection.execute(query):
            price = MonthPrice(date(int(of_year), int(of_month), 1), Cabin(cabin), miles)
            found.setdefault((origin, destination), []).append(price)
    return found


def route_histories(
    store: Store, program: str, *, window_days: int, cabin_groups: int
) -> Mapping[tuple[str, str], RouteHistory]:
    """Return the history of each route for which a program was searched.

    A route's empty searches count only if they span the entire booking window: a month without awards shows nothing
    about the route. Each round has a search for each of `cabin_groups`.
    """
    spans = _empty_spans(store, program)
    found = {}
    for route, history in route_history(store, program).items():
        is_entire = spans.get(route, 0) >= ENTIRE_WINDOW * window_days
        rounds = history.empty_days // (window_days * max(1, cabin_groups)) if is_entire else 0
        found[route] = RouteHistory(empty_rounds=rounds, last_at=history.last_at, had_offers=history.found > 0)
    return found


def _empty_spans(store: Store, program: str) -> dict[tuple[str, str], int]:
    """Return the days from the first to the last departure day of each route's empty searches."""
    query = (
        select(_searches.origin, _searches.destination, func.min(_searches.first_day), func.max(_searches.last_day))
        .where(_searches.program == program, _searches.outcome == Outcome.EMPTY.value)
        .group_by(_searches.origin, _searches.destination)
    )
    with store.reading() as connection:
        return {(row[0], row[1]): (row[3] - row[2]).days + 1 for row in connection.execute(query)}
