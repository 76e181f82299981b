"""The knowledge of past crawls that a program's planner needs: last searches, change rates, prices and routes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import and_, exists, extract, func, or_, select

from awardspider.items import AwardOfferItem, Cabin, Detail, SearchKind
from awardspider.offer_fields import build_offer
from awardspider.outcomes import Outcome, Reason
from awardspider.search.day_confirmation import DayKey, DaysLeft
from awardspider.search.search_needs import Knowledge, MonthPrice
from awardspider.search.served_routes import Attempt, RouteHistory, SkipReason, postponed_days
from awardspider.storage import schema
from awardspider.storage.change_rates import change_rates, route_history
from awardspider.storage.offer_status import has_not_departed
from awardspider.storage.searches import last_search_times
from awardspider.storage.store import Store, in_batches

_offers = schema.offers.c
_searches = schema.searches.c

#: The age of the oldest searches that show how frequently a route was searched in vain: more than the intervals of 4, 8
#: and 16 days and two of 28.
ATTEMPTS_AGE = timedelta(days=120)

#: Days that an earlier crawl left without a search of their flights: the maximum age of their change, and their number.
#: Older days are found again by their calendar, which is searched at least this frequently.
MAX_LEFT_AGE = timedelta(hours=48)
MAX_LEFT = 5_000

#: The age of a search of flights until which it confirms a day: the maximum age of a search of normal priority.
CONFIRMED_AGE = timedelta(hours=24)


def planning_knowledge(store: Store, program: str, now: datetime) -> Knowledge:
    """Return what past crawls of a program found out."""
    return Knowledge(
        last_searches=last_search_times(store, program, first=_first_day(now), now=now),
        rates=change_rates(store, now, program),
        prices=lowest_prices(store, program, now),
    )


def lowest_prices(store: Store, source: str, now: datetime) -> dict[tuple[str, str], list[MonthPrice]]:
    """Return the lowest miles of each route, month, cabin, party and program in the calendars of a source.

    Offers that are gone or have departed are left out.
    """
    year, month = extract("year", _offers.departure_date), extract("month", _offers.departure_date)
    party = (_offers.travelers, _offers.program)
    key = (_offers.origin, _offers.destination, _offers.cabin, *party, year, month)
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
        for origin, destination, cabin, travelers, program, of_year, of_month, miles in connection.execute(query):
            price = MonthPrice(date(int(of_year), int(of_month), 1), Cabin(cabin), miles, travelers, program)
            found.setdefault((origin, destination), []).append(price)
    return found


def days_without_flights(store: Store, source: str, groups: Sequence[tuple[Cabin, ...]], now: datetime) -> DaysLeft:
    """Return the days whose flights, in any group of cabins, were not searched since their price or seats changed.

    An earlier crawl had no budget left for them, or was killed, or the search failed. Only the latest changes of
    MAX_LEFT_AGE are returned.
    """
    flights = _FlightSearches(store, source, now)
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
    offers: list[AwardOfferItem] = []
    searched: dict[DayKey, int | None] = {}
    for row in store.stream(query):
        offer = build_offer(
            AwardOfferItem, {str(name): value for name, value in row.items()} | {"seen_at": row["last_seen_at"]}
        )
        keys = flights.since(_day_key(offer), groups, row["changed_at"])
        if len(keys) < len(groups):
            offers.append(offer)
            searched.update(dict.fromkeys(keys, offer.miles))
    return DaysLeft(offers, searched)


def confirmed_days(
    store: Store, source: str, groups: Sequence[tuple[Cabin, ...]], now: datetime
) -> dict[DayKey, int | None]:
    """Return the days whose flights were searched in the last CONFIRMED_AGE, since their price changed, with the price.

    Each group of cabins has its own search. While a calendar shows the same price, these are the last searches of days
    that are sent again.
    """
    flights = _FlightSearches(store, source, now)
    found: dict[DayKey, int | None] = {}
    columns = (
        _offers.program, _offers.origin, _offers.destination, _offers.departure_date, _offers.travelers, _offers.cabin,
        _offers.miles, _offers.changed_at,
    )  # fmt: skip
    with store.reading() as connection:
        for origins in in_batches(flights.origins(now - CONFIRMED_AGE)):
            query = select(*columns).where(
                _offers.source == source,
                _offers.detail != Detail.ITINERARY.value,
                _offers.origin.in_(origins),
                _offers.gone_at.is_(None),
                has_not_departed(now),
            )
            # Of several prices of a day, that of the newest offer counts, whatever index is used.
            rows = connection.execute(query.order_by(_offers.number))
            for program, origin, destination, day, travelers, cabin, miles, changed_at in rows:
                key = DayKey(program, origin, destination, day, travelers, Cabin(cabin))
                since = max(changed_at, now - CONFIRMED_AGE)
                found.update(dict.fromkeys(flights.since(key, groups, since), miles))
    return found


def _day_key(offer: AwardOfferItem) -> DayKey:
    return DayKey(
        offer.program, offer.origin, offer.destination, offer.departure_date, offer.travelers, Cabin(offer.cabin)
    )


class _FlightSearches:
    """The times of the last searches of flights of a source that did not fail: a failed one shows nothing."""

    def __init__(self, store: Store, source: str, now: datetime) -> None:
        self._source = source
        self._times: dict[tuple[str, str, date, int], dict[tuple[str, str], datetime]] = {}
        day = (_searches.origin, _searches.destination, _searches.first_day, _searches.travelers)
        scope = (_searches.target_program, _searches.cabins)
        query = (
            select(*day, *scope, func.max(_searches.requested_at))
            .where(
                _searches.program == source,
                _searches.kind == SearchKind.ITINERARY.value,
                _searches.last_day >= _first_day(now),
                _searches.outcome != Outcome.FAILED.value,
            )
            .group_by(*day, *scope)
        )
        with store.reading() as connection:
            for origin, destination, first, travelers, program, cabins, at in connection.execute(query):
                times = self._times.setdefault((origin, destination, first, travelers), {})
                times[program or "", cabins] = at

    def origins(self, since: datetime) -> list[str]:
        """Return the origins of the searches since a time."""
        return sorted({origin for (origin, *_), times in self._times.items() if max(times.values()) >= since})

    def since(self, day: DayKey, groups: Sequence[tuple[Cabin, ...]], time: datetime) -> list[DayKey]:
        """Return the searches of a day, one for each group of cabins, that were sent since a time.

        A search without a program or without cabins covers all of them.
        """
        times = self._times.get((day.origin, day.destination, day.departure_date, day.travelers), {})
        program = day.program if day.program != self._source else ""
        return [
            day._replace(group=group)
            for group in groups
            if any(
                at >= time
                for (target, cabins), at in times.items()
                if target in ("", program) and cabins in ("", ",".join(group))
            )
        ]


def route_histories(
    store: Store, program: str, *, now: datetime, cabin_groups: int
) -> Mapping[tuple[str, str], RouteHistory]:
    """Return the history of each route for which a program was searched.

    Of a route without any offer, empty searches postpone the next ones of the same departure days. So do failed ones,
    if no search of the route ever succeeded, and the program refused the request or answered in an unknown form. The
    latter counts only if another search of the same run succeeded, because the site may have changed.
    """
    searched = route_history(store, program)
    found = {route: RouteHistory(had_offers=history.found > 0) for route, history in searched.items()}
    for route, attempts in _attempts_in_vain(store, program, now).items():
        reason = SkipReason.ALWAYS_EMPTY if route in searched else SkipReason.ALWAYS_REFUSED
        postponed = postponed_days(attempts, cabin_groups=cabin_groups)
        found[route] = RouteHistory(had_offers=False, postponed=postponed, reason=reason)
    return found


def _attempts_in_vain(store: Store, program: str, now: datetime) -> dict[tuple[str, str], list[Attempt]]:
    """Return the empty searches of the routes without offers, and the refused ones of those without any success."""
    histories = schema.route_histories.c
    of_route = (
        exists()
        .where(histories.program == program)
        .where(histories.origin == _searches.origin, histories.destination == _searches.destination)
    )
    other = schema.searches.alias().c
    other_success = exists().where(
        other.program == program, other.run_id == _searches.run_id, other.outcome != Outcome.FAILED.value
    )
    is_refused = or_(
        _searches.reason == Reason.BAD_REQUEST.value,
        and_(_searches.reason == Reason.UNEXPECTED_RESPONSE.value, other_success),
    )
    query = select(
        _searches.origin, _searches.destination, _searches.first_day, _searches.last_day, _searches.cabins,
        _searches.requested_at,
    ).where(
        _searches.program == program,
        _searches.requested_at >= now - ATTEMPTS_AGE,
        _searches.last_day >= _first_day(now),
        or_(
            and_(_searches.outcome == Outcome.EMPTY.value, ~of_route.where(histories.found > 0)),
            and_(_searches.outcome == Outcome.FAILED.value, is_refused, ~of_route),
        ),
    )  # fmt: skip
    found: dict[tuple[str, str], list[Attempt]] = {}
    with store.reading() as connection:
        for origin, destination, *attempt in connection.execute(query):
            found.setdefault((origin, destination), []).append(Attempt(*attempt))
    return found


def _first_day(now: datetime) -> date:
    """Return the first departure day that can still be searched anywhere; searches of earlier days say nothing now."""
    return (now - timedelta(hours=12)).date()
