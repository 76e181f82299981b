"""The knowledge of past crawls that a program's planner needs: last searches, change rates, prices and routes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import extract, func, select

from awardspider.items import AwardOfferItem, Cabin, Detail, SearchKind
from awardspider.offer_fields import build_offer
from awardspider.outcomes import Outcome
from awardspider.search.day_confirmation import DayKey
from awardspider.search.search_needs import Knowledge, MonthPrice, SearchKey
from awardspider.search.served_routes import MAX_INTERVAL, RouteHistory
from awardspider.storage import schema
from awardspider.storage.change_rates import change_rates, route_history
from awardspider.storage.offer_status import has_not_departed
from awardspider.storage.searches import last_search_times
from awardspider.storage.store import Store, in_batches

_offers = schema.offers.c
_searches = schema.searches.c

#: Share of the booking window that empty searches of a route must span to count as searches of the entire window.
ENTIRE_WINDOW = 0.9

#: Days that an earlier crawl left without a search of their flights: the maximum age of their change, and their number.
#: Older days are found again by their calendar, which is searched at least this frequently.
MAX_LEFT_AGE = timedelta(hours=48)
MAX_LEFT = 5_000

#: The age of a search of flights until which it confirms a day: the maximum age of a search of normal priority.
CONFIRMED_AGE = timedelta(hours=24)


def planning_knowledge(store: Store, program: str, now: datetime) -> Knowledge:
    """Return what past crawls of a program found out."""
    return Knowledge(
        last_searches=last_search_times(store, program, first=_first_day(now)),
        rates=change_rates(store, now, program),
        prices=lowest_prices(store, program, now),
    )


def lowest_prices(store: Store, source: str, now: datetime) -> dict[tuple[str, str], list[MonthPrice]]:
    """Return the lowest miles of each route, month and cabin in the calendars of a source.

    Offers that are gone or have departed are left out.
    """
    year, month = extract("year", _offers.departure_date), extract("month", _offers.departure_date)
    key = (_offers.origin, _offers.destination, _offers.cabin, year, month)
    query = (
        select(*key, func.min(_offers.miles))
        .where(
            _offers.source == source,
            _offers.detail == Detail.DAY.value,
            _offers.gone_at.is_(None),
            _offers.miles.is_not(None),
            has_not_departed(now),
        )
        .group_by(*key)
    )
    found: dict[tuple[str, str], list[MonthPrice]] = {}
    with store.reading() as connection:
        for origin, destination, cabin, of_year, of_month, miles in connection.execute(query):
            price = MonthPrice(date(int(of_year), int(of_month), 1), Cabin(cabin), miles)
            found.setdefault((origin, destination), []).append(price)
    return found


def days_without_flights(
    store: Store, source: str, last_searches: Mapping[SearchKey, datetime], now: datetime
) -> list[AwardOfferItem]:
    """Return the offers of days whose flights no search has covered since the day's price or seats changed.

    An earlier crawl had no budget left for them, or was killed. Only the latest changes of MAX_LEFT_AGE are returned.
    """
    flights = _flight_searches(last_searches)
    query = (
        select(schema.offers)
        .where(
            _offers.source == source,
            _offers.detail != Detail.ITINERARY.value,
            _offers.gone_at.is_(None),
            _offers.changed_at >= now - MAX_LEFT_AGE,
            has_not_departed(now),
        )
        .order_by(_offers.changed_at.desc(), _offers.id)
        .limit(MAX_LEFT)
    )
    found = []
    for row in store.stream(query):
        searched_at = flights.get((row["origin"], row["destination"], row["departure_date"], row["travelers"]))
        if searched_at is None or searched_at < row["changed_at"]:
            found.append(
                build_offer(
                    AwardOfferItem, {str(name): value for name, value in row.items()} | {"seen_at": row["last_seen_at"]}
                )
            )
    return found


def confirmed_days(
    store: Store, source: str, last_searches: Mapping[SearchKey, datetime], now: datetime
) -> dict[DayKey, int | None]:
    """Return the days whose flights were searched in the last CONFIRMED_AGE, since their price changed, with the price.

    While a calendar shows the same price, these days are the last whose flights are searched again.
    """
    flights = {day: at for day, at in _flight_searches(last_searches).items() if now - at <= CONFIRMED_AGE}
    found: dict[DayKey, int | None] = {}
    columns = (
        _offers.program, _offers.origin, _offers.destination, _offers.departure_date, _offers.travelers, _offers.cabin,
        _offers.miles, _offers.changed_at,
    )  # fmt: skip
    with store.reading() as connection:
        for origins in in_batches(sorted({origin for origin, _, _, _ in flights})):
            query = select(*columns).where(
                _offers.source == source,
                _offers.detail != Detail.ITINERARY.value,
                _offers.origin.in_(origins),
                _offers.gone_at.is_(None),
                has_not_departed(now),
            )
            for program, origin, destination, day, travelers, cabin, miles, changed_at in connection.execute(query):
                searched_at = flights.get((origin, destination, day, travelers))
                if searched_at is not None and searched_at >= changed_at:
                    found[DayKey(program, origin, destination, day, travelers, Cabin(cabin))] = miles
    return found


def _flight_searches(last_searches: Mapping[SearchKey, datetime]) -> dict[tuple[str, str, date, int], datetime]:
    """Return the time of the last search of flights, keyed by origin, destination, day and number of travelers."""
    found: dict[tuple[str, str, date, int], datetime] = {}
    for (kind, origin, destination, first, travelers, _), at in last_searches.items():
        if kind is SearchKind.ITINERARY:
            day = (origin, destination, first, travelers)
            found[day] = max(at, found.get(day, at))
    return found


def route_histories(
    store: Store, program: str, *, now: datetime, window_days: int, cabin_groups: int
) -> Mapping[tuple[str, str], RouteHistory]:
    """Return the history of each route for which a program was searched.

    A route's empty searches count only if they span the entire booking window: a month without awards shows nothing
    about the route. Each round has a search for each of `cabin_groups`.
    """
    # A route is tried again within MAX_INTERVAL, so only searches of days since then show anything about it.
    spans = _empty_spans(store, program, _first_day(now - MAX_INTERVAL))
    found = {}
    for route, history in route_history(store, program).items():
        is_entire = spans.get(route, 0) >= ENTIRE_WINDOW * window_days
        rounds = history.empty_days // (window_days * max(1, cabin_groups)) if is_entire else 0
        found[route] = RouteHistory(empty_rounds=rounds, last_at=history.last_at, had_offers=history.found > 0)
    return found


def _empty_spans(store: Store, program: str, first: date) -> dict[tuple[str, str], int]:
    """Return the days from the first to the last departure day of each route's empty searches that reach `first`."""
    query = (
        select(_searches.origin, _searches.destination, func.min(_searches.first_day), func.max(_searches.last_day))
        .where(_searches.program == program, _searches.last_day >= first, _searches.outcome == Outcome.EMPTY.value)
        .group_by(_searches.origin, _searches.destination)
    )
    with store.reading() as connection:
        return {(row[0], row[1]): (row[3] - row[2]).days + 1 for row in connection.execute(query)}


def _first_day(now: datetime) -> date:
    """Return the first departure day that can still be searched anywhere; searches of earlier days say nothing now."""
    return (now - timedelta(hours=12)).date()
