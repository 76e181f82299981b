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
from awardspider.search.criteria import prices_depend_on_party
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
    EMPTY = "empty"  # the last searches for the smallest party succeeded, and no offer of any party is still available
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
    `searched_at` is the time of the last search, whatever its outcome; None if the day was never searched. Of an empty
    day, it is the earliest of the times of the searches that prove it, one for each route and program.
    """

    status: DayStatus
    price: DayPrice | None = None
    stale: DayPrice | None = None
    searched_at: datetime | None = None
    failure: FailedSearch | None = None


Calendar = dict[date, dict[Cabin, CalendarCell]]


class _LastSearch(NamedTuple):
    """The last search of a scope. `program` is the one whose offers it could find."""

    origin: str
    destination: str
    program: str
    cabins: str
    first: date
    last: date
    travelers: int
    outcome: Outcome
    reason: Reason | None
    requested_at: datetime

    def is_before(self, price: DayPrice) -> bool:
        """Return whether a later search of the same route and program found a price."""
        is_same = (self.origin, self.destination) == (price.origin, price.destination)
        return is_same and self.program in (price.program, price.source) and self.requested_at <= price.seen_at


class _Known(NamedTuple):
    """The last search of a day for the smallest party of a route and program, and a later one for a larger party.

    Only the former can prove that there are no seats: without seats for four there can be some for one.
    """

    smallest: _LastSearch | None = None
    larger: _LastSearch | None = None


# The searches of each origin, destination and program, earliest first.
_Searches = Mapping[tuple[str, str, str], Sequence[_LastSearch]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Knowledge:
    """The cell of a day without a price, its failed searches, the latest first, and the time of its last search."""

    without_price: CalendarCell
    failed: Sequence[_LastSearch]
    last_at: datetime | None

    def cell(self, price: DayPrice | None) -> CalendarCell:
        """Return the cell of a day with its price, if it has one that is available or was seen."""
        if price is None:
            return self.without_price
        if price.status is not OfferStatus.AVAILABLE:
            return replace(self.without_price, stale=price)
        failed = next((each for each in self.failed if not each.is_before(price)), None)
        return CalendarCell(status=DayStatus.FOUND, price=price, searched_at=self.last_at, failure=_failure(failed))


def calendar_days(store: Store, query: CalendarQuery, *, now: datetime, max_age: timedelta | None) -> Calendar:
    """Return every day of a range with its cabins, at the aware time `now`.

    A day is empty only if the last search of every route and program that were searched in the range succeeded, and
    none of them is older than `max_age`. Only searches for the smallest party for which a route and program were
    searched in the range prove that, or that an earlier failed search no longer matters. Raises InvalidArgument for a
    range of more than MAX_DAYS.
    """
    days = (query.last - query.first).days + 1
    if days > MAX_DAYS:
        raise InvalidArgument(f"a calendar has at most {MAX_DAYS} days, not {days}; choose a shorter range")
    cabins = tuple(query.cabins) or tuple(Cabin)
    with store.reading() as connection:
        prices = _lowest_prices(connection, query, cabins, now, max_age)
        searches = _last_searches(connection, query)
    oldest = None if max_age is None else now - max_age
    range_of_days = [query.first + timedelta(days=number) for number in range(days)]
    calendar: Calendar = {day: {} for day in range_of_days}
    for cabin in cabins:
        known: tuple[_Known, ...] | None = None
        for day, last in zip(range_of_days, _searches_by_day(searches, query, days, cabin), strict=True):
            if last != known:  # consecutive days often have the same searches
                known, knowledge = last, _knowledge(last, oldest)
            calendar[day][cabin] = knowledge.cell(prices.get((day, cabin)))
    return calendar


def calendar_day(
    store: Store, query: CalendarQuery, day: date, *, now: datetime, max_age: timedelta | None
) -> dict[Cabin, CalendarCell]:
    """Return the cells of one day of a calendar, the same as those of `calendar_days`."""
    cabins = tuple(query.cabins) or tuple(Cabin)
    with store.reading() as connection:
        prices = _lowest_prices(connection, replace(query, first=day, last=day), cabins, now, max_age)
        # All searches of the range: a route or program that was searched on other days is unknown on this one.
        searches = _last_searches(connection, query)
    oldest = None if max_age is None else now - max_age
    cells: dict[Cabin, CalendarCell] = {}
    for cabin in cabins:
        by_day = _searches_by_day(searches, query, (query.last - query.first).days + 1, cabin)
        knowledge = _knowledge(next(islice(by_day, (day - query.first).days, None)), oldest)
        cells[cabin] = knowledge.cell(prices.get((day, cabin)))
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


def _knowledge(known: Sequence[_Known], oldest: datetime | None) -> _Knowledge:
    """Return what the last searches of a day prove. A day is not empty if one of them was before `oldest`."""
    proofs = [each.smallest.requested_at for each in known if each.smallest]
    searches = [search for each in known for search in each if search]
    failed = [search for search in searches if search.outcome is Outcome.FAILED]
    failed.sort(key=lambda each: each.requested_at, reverse=True)
    is_unknown = len(proofs) < len(known) or not proofs or (oldest is not None and min(proofs) < oldest)
    status = DayStatus.FAILED if failed else DayStatus.NOT_SEARCHED if is_unknown else DayStatus.EMPTY
    last_at = max((each.requested_at for each in searches), default=None)
    return _Knowledge(
        without_price=CalendarCell(
            status=status,
            searched_at=min(proofs) if status is DayStatus.EMPTY else last_at,
            failure=_failure(next(iter(failed), None)),
        ),
        failed=failed,
        last_at=last_at,
    )


def _failure(search: _LastSearch | None) -> FailedSearch | None:
    if search is None:
        return None
    return FailedSearch(program=search.program, reason=search.reason, requested_at=search.requested_at)


def _searches_by_day(
    searches: _Searches, query: CalendarQuery, days: int, cabin: Cabin
) -> Iterator[tuple[_Known, ...]]:
    """Yield what is known about each day: one entry for each route and program that was searched in the range.

    A program of the query that was never searched has an empty one for every day.
    """
    by_route = [_searches_of_route(each, query.first, days, cabin) for each in searches.values()]
    offered_programs = {offered_program for _, _, offered_program in searches}
    if offered_programs.isdisjoint(query.sources):
        by_route += [[_Known()] * days for program in query.programs if program not in offered_programs]
    return iter(zip(*by_route, strict=True)) if by_route else repeat((), days)


def _searches_of_route(searches: Sequence[_LastSearch], first: date, days: int, cabin: Cabin) -> list[_Known]:
    """Return the last searches of each day for a route and program: later ones replace earlier ones."""
    smallest = min(search.travelers for search in searches)
    known = [_Known()] * days
    for search in searches:
        if not search.cabins or cabin in search.cabins.split(","):
            start, end = max((search.first - first).days, 0), min((search.last - first).days + 1, days)
            if search.travelers == smallest:
                known[start:end] = [_Known(search)] * (end - start)
            else:
                known[start:end] = [each._replace(larger=search) for each in known[start:end]]
    return known


def _last_searches(connection: Connection, query: CalendarQuery) -> _Searches:
    """Return the last search of each scope in the range."""
    columns = (
        _last.origin, _last.destination, _last.program, _last.target_program, _last.cabins, _last.first_day,
        _last.last_day, _last.travelers, proven_outcome(_last), _last.reason, _last.requested_at,
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
    searches: dict[tuple[str, str, str], list[_LastSearch]] = {}
    for origin, destination, program, target, cabins, first, last, travelers, outcome, reason, at in connection.execute(
        found.order_by(_last.requested_at, _last.search_id)
    ):
        search = _LastSearch(
            origin, destination, target or program, cabins, first, last,
            travelers if prices_depend_on_party(program) else 1,
            Outcome(outcome),
            Reason(reason) if reason else Reason.UNEXPECTED_RESPONSE if outcome == Outcome.FAILED else None,
            at,
        )  # fmt: skip
        searches.setdefault((origin, destination, search.program), []).append(search)
    return searches


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
    # The best of several with the same price is the first one. Offers of different routes can have the same rank.
    found = select(*columns).join(lowest, of_lowest).where(*conditions).order_by(_offers.deal_rank, _offers.number)
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
