"""The lowest price of each departure day and cabin, and what is known about the days without one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import islice, repeat
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, func, not_, or_, select

from awardspider.items import Cabin, Detail
from awardspider.outcomes import InvalidArgument, Outcome, Reason
from awardspider.storage import schema
from awardspider.storage.offer_status import OfferStatus, has_not_departed, was_seen_since
from awardspider.storage.searches import proven_outcome
from awardspider.storage.store import Store

_offers = schema.offers.c
_last = schema.last_searches.c

#: The longest range of days.
MAX_DAYS = 366


class DayStatus(StrEnum):
    """The states of a day and cabin."""

    FOUND = "found"  # there is a price
    EMPTY = "empty"  # the last searches succeeded, and none found an offer that is still available
    FAILED = "failed"  # a last search failed, so it is unknown
    NOT_SEARCHED = "not_searched"  # never, or too long ago


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarQuery:
    """The routes, programs and cabins of a calendar; empty `programs` and `cabins` are all of them.

    `sources` are the programs that also show offers of `programs`. The days are local departure days, both included.
    """

    origins: Sequence[str]
    destinations: Sequence[str]
    first: date
    last: date
    programs: Sequence[str] = ()
    sources: Sequence[str] = ()
    cabins: Sequence[Cabin] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPrice:
    """The lowest price of a day and cabin, in miles for one traveler, one way.

    `source` is the program whose search found it. `is_confirmed` is False for the price of a day, whose flights are
    unknown. `status` is that of the offer.
    """

    miles: int
    offer_id: str
    program: str
    source: str
    origin: str
    destination: str
    seen_at: datetime
    is_confirmed: bool
    status: OfferStatus = OfferStatus.AVAILABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedSearch:
    """A failed search that is the last one of its route, program and day."""

    program: str
    reason: Reason | None
    requested_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarCell:
    """A day and cabin. `failure` is the last failed search, also if an older price is still shown.

    `stale` is the lowest price that is outdated or that a calendar contradicts, of a day without an available one.
    `searched_at` is the time of the last search of the day, whatever its outcome; None if it was never searched.
    """

    status: DayStatus
    price: DayPrice | None = None
    stale: DayPrice | None = None
    searched_at: datetime | None = None
    failure: FailedSearch | None = None


Calendar = dict[date, dict[Cabin, CalendarCell]]


class _LastSearch(NamedTuple):
    """The last search of a scope. `offered_program` is the program whose offers it could find."""

    origin: str
    destination: str
    offered_program: str
    cabins: str
    first: date
    last: date
    outcome: Outcome
    reason: Reason | None
    requested_at: datetime


# The last search of each route and program, or None if the day was never searched.
_Known = tuple[_LastSearch | None, ...]


def calendar_days(store: Store, query: CalendarQuery, *, now: datetime, max_age: timedelta | None) -> Calendar:
    """Return every day of a range with its cabins, at the aware time `now`.

    A day is empty only if the last search of every route and program that were searched in the range succeeded, and
    none of them is older than `max_age`. Raises InvalidArgument for a range of more than MAX_DAYS.
    """
    days = (query.last - query.first).days + 1
    if days > MAX_DAYS:
        raise InvalidArgument(f"a calendar has at most {MAX_DAYS} days, not {days}; choose a shorter range")
    cabins = tuple(query.cabins) or tuple(Cabin)
    with store.reading() as connection:
        prices = _lowest_prices(connection, query, cabins, now, max_age)
        searches = list(_last_searches(connection, query))
    oldest = None if max_age is None else now - max_age
    range_of_days = [query.first + timedelta(days=number) for number in range(days)]
    calendar: Calendar = {day: {} for day in range_of_days}
    for cabin in cabins:
        known: _Known | None = None
        for day, last in zip(range_of_days, _searches_by_day(searches, query, days, cabin), strict=True):
            if last != known:  # consecutive days often have the same searches
                known, without_price = last, _cell(last, oldest)
            calendar[day][cabin] = _with_price(without_price, prices.get((day, cabin)))
    return calendar


def calendar_day(
    store: Store, query: CalendarQuery, day: date, *, now: datetime, max_age: timedelta | None
) -> dict[Cabin, CalendarCell]:
    """Return the cells of one day of a calendar, the same as those of `calendar_days`."""
    cabins = tuple(query.cabins) or tuple(Cabin)
    with store.reading() as connection:
        prices = _lowest_prices(connection, replace(query, first=day, last=day), cabins, now, max_age)
        # All searches of the range: a route or program that was searched on other days is unknown on this one.
        searches = list(_last_searches(connection, query))
    oldest = None if max_age is None else now - max_age
    cells: dict[Cabin, CalendarCell] = {}
    for cabin in cabins:
        by_day = _searches_by_day(searches, query, (query.last - query.first).days + 1, cabin)
        without_price = _cell(next(islice(by_day, (day - query.first).days, None)), oldest)
        cells[cabin] = _with_price(without_price, prices.get((day, cabin)))
    return cells


def lowest_of_cabins(
    store: Store, query: CalendarQuery, *, now: datetime, max_age: timedelta | None
) -> dict[Cabin, int]:
    """Return the lowest available price of each cabin that has one, in miles for one traveler, one way."""
    conditions = _conditions(query, tuple(query.cabins) or tuple(Cabin), now, _is_reliable(now, max_age))
    lowest = select(_offers.cabin, func.min(_offers.miles)).where(*conditions, _offers.miles.is_not(None))
    with store.reading() as connection:
        found = connection.execute(lowest.group_by(_offers.cabin)).all()
    return {Cabin(cabin): miles for cabin, miles in found}


def _is_reliable(now: datetime, max_age: timedelta | None) -> ColumnElement[bool]:
    return and_(was_seen_since(now, max_age), _offers.unconfirmed_since.is_(None))


def _cell(known: _Known, oldest: datetime | None) -> CalendarCell:
    """Return the cell of a day without a price."""
    searches = [each for each in known if each is not None]
    failed = [each for each in searches if each.outcome is Outcome.FAILED]
    is_unknown = len(searches) < len(known) or not searches
    status = (
        DayStatus.FAILED
        if failed
        else DayStatus.NOT_SEARCHED
        if is_unknown or (oldest is not None and min(each.requested_at for each in searches) < oldest)
        else DayStatus.EMPTY
    )
    return CalendarCell(
        status=status,
        searched_at=max((each.requested_at for each in searches), default=None),
        failure=_failure(max(failed, key=lambda each: each.requested_at)) if failed else None,
    )


def _with_price(cell: CalendarCell, price: DayPrice | None) -> CalendarCell:
    """Return the cell of a day with its price, if it has one that is available or was seen."""
    if price is None:
        return cell
    if price.status is not OfferStatus.AVAILABLE:
        return replace(cell, stale=price)
    return replace(cell, status=DayStatus.FOUND, price=price)


def _failure(search: _LastSearch) -> FailedSearch:
    return FailedSearch(program=search.offered_program, reason=search.reason, requested_at=search.requested_at)


def _searches_by_day(
    searches: Sequence[_LastSearch], query: CalendarQuery, days: int, cabin: Cabin
) -> Iterator[_Known]:
    """Yield the last searches of each day: one for each route and program that was searched in the range.

    A program of the query that was never searched has None for every day.
    """
    by_route: dict[tuple[str, str, str], list[_LastSearch | None]] = {}
    for search in searches:  # later searches replace earlier ones
        known = by_route.setdefault((search.origin, search.destination, search.offered_program), [None] * days)
        if not search.cabins or cabin in search.cabins.split(","):
            start = max((search.first - query.first).days, 0)
            end = min((search.last - query.first).days + 1, days)
            known[start:end] = [search] * (end - start)
    offered_programs = {offered_program for _, _, offered_program in by_route}
    if offered_programs.isdisjoint(query.sources):
        by_route |= {("", "", program): [None] * days for program in query.programs if program not in offered_programs}
    return iter(zip(*by_route.values(), strict=True)) if by_route else repeat((), days)


def _last_searches(connection: Connection, query: CalendarQuery) -> Iterator[_LastSearch]:
    """Yield the last search of each scope in the range, earliest first."""
    columns = (
        _last.origin, _last.destination, _last.program, _last.target_program, _last.cabins, _last.first_day,
        _last.last_day, proven_outcome(_last), _last.reason, _last.requested_at,
    )  # fmt: skip
    found = select(*columns).where(
        _last.origin.in_(query.origins),
        _last.destination.in_(query.destinations),
        _last.first_day <= query.last,
        _last.last_day >= query.first,
    )
    if query.programs:
        found = found.where(
            _last.program.in_([*query.programs, *query.sources]),
            or_(_last.target_program.in_(["", *query.programs]), _last.program.in_(query.programs)),
        )
    for origin, destination, program, target, cabins, first, last, outcome, reason, at in connection.execute(
        found.order_by(_last.requested_at, _last.search_id)
    ):
        yield _LastSearch(
            origin, destination, target or program, cabins, first, last,
            Outcome(outcome),
            Reason(reason) if reason else Reason.UNEXPECTED_RESPONSE if outcome == Outcome.FAILED else None,
            at,
        )  # fmt: skip


def _lowest_prices(
    connection: Connection, query: CalendarQuery, cabins: Sequence[Cabin], now: datetime, max_age: timedelta | None
) -> Mapping[tuple[date, Cabin], DayPrice]:
    """Return the lowest available price of each day and cabin; without one, the lowest of those that were seen."""
    is_reliable = _is_reliable(now, max_age)
    oldest = None if max_age is None else now - max_age
    prices = _lowest_of(connection, query, cabins, now, is_reliable, oldest, {})
    return _lowest_of(connection, query, cabins, now, not_(is_reliable), oldest, prices)


def _lowest_of(
    connection: Connection,
    query: CalendarQuery,
    cabins: Sequence[Cabin],
    now: datetime,
    condition: ColumnElement[bool],
    oldest: datetime | None,
    known: Mapping[tuple[date, Cabin], DayPrice],
) -> dict[tuple[date, Cabin], DayPrice]:
    """Return the known prices, and for other days and cabins the lowest price of the offers that meet a condition."""
    conditions = _conditions(query, cabins, now, condition)
    # The database compares the prices: many routes have ten thousands of offers, of which a page shows few.
    key = (_offers.departure_date, _offers.cabin)
    lowest = select(*key, func.min(_offers.miles).label("miles")).where(*conditions).group_by(*key).subquery()
    of_lowest = and_(
        _offers.departure_date == lowest.c.departure_date,
        _offers.cabin == lowest.c.cabin,
        _offers.miles == lowest.c.miles,
    )
    columns = (
        *key, _offers.miles, _offers.id, _offers.program, _offers.source, _offers.origin, _offers.destination,
        _offers.last_seen_at, _offers.unconfirmed_since, _offers.detail,
    )  # fmt: skip
    # The best of several with the same price is the first one.
    found = select(*columns).join(lowest, of_lowest).where(*conditions).order_by(_offers.deal_rank)
    prices = dict(known)
    for day, cabin_name, miles, *offer, seen_at, unconfirmed_since, detail in connection.execute(found).all():
        cabin = Cabin(cabin_name)
        if (day, cabin) not in prices:
            offer_id, program, source, origin, destination = offer
            prices[day, cabin] = DayPrice(
                miles=miles,
                offer_id=offer_id,
                program=program,
                source=source,
                origin=origin,
                destination=destination,
                seen_at=seen_at,
                is_confirmed=detail == Detail.ITINERARY.value,
                status=_status(seen_at, unconfirmed_since, oldest),
            )
    return prices


def _conditions(
    query: CalendarQuery, cabins: Sequence[Cabin], now: datetime, condition: ColumnElement[bool]
) -> list[ColumnElement[bool]]:
    """Return the conditions for the offers of a calendar that meet a further one."""
    conditions = [
        _offers.origin.in_(query.origins),
        _offers.destination.in_(query.destinations),
        _offers.departure_date.between(query.first, query.last),
        # As an expression: with a condition on the column, SQLite would read every offer of the cabins.
        func.coalesce(_offers.cabin, "").in_(cabins),
        _offers.gone_at.is_(None),
        has_not_departed(now),
        condition,
    ]
    if query.programs:
        conditions.append(_offers.program.in_(query.programs))
    return conditions


def _status(seen_at: datetime, unconfirmed_since: datetime | None, oldest: datetime | None) -> OfferStatus:
    if oldest is not None and seen_at < oldest:
        return OfferStatus.OUTDATED
    return OfferStatus.AVAILABLE if unconfirmed_since is None else OfferStatus.UNCONFIRMED
