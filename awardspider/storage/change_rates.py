"""Statistics of searches: how frequently offers change, and which routes have offers at all.

The statistics are updated in the transaction that stores a search's report and offers, in proportion to its searches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, delete, func, insert, select

from awardspider.items import Search, SearchKind, SearchReportItem
from awardspider.outcomes import Outcome
from awardspider.search.change_rates import (
    ChangeRates,
    LeadObservations,
    Observations,
    RouteKey,
    interval_group,
    observe,
)
from awardspider.storage import schema
from awardspider.storage.engines import dialect_insert
from awardspider.storage.store import Store, in_batches

#: Statistics count half after this many quarters, because seasons and airlines' habits change.
HALF_LIFE_QUARTERS = 2

#: Statistics, and routes without a search, older than this many quarters are removed.
KEPT_QUARTERS = 8

_DAY = timedelta(days=1)

_visits = schema.search_visits.c
_statistics = schema.change_statistics.c
_histories = schema.route_histories.c

_SCOPE = ("program", "kind", "origin", "destination", "travelers", "cabins", "target_program")
_OVERLAPS = and_(
    *(_visits[name] == bindparam(f"scope_{name}") for name in _SCOPE),
    _visits.first_day <= bindparam("last"),
    _visits.last_day >= bindparam("first"),
)
_SELECT_VISITS = select(_visits.first_day, _visits.last_day, _visits.searched_at).where(_OVERLAPS)
_DELETE_VISITS = delete(schema.search_visits).where(_OVERLAPS)


@dataclass(frozen=True, slots=True)
class RouteHistory:
    """The outcomes of a route's searches that did not fail.

    `empty_streak` is the number of empty searches since the last one that found offers, or since the first one;
    `empty_days` is the number of departure days that they covered.
    """

    searches: int
    found: int
    empty_streak: int
    empty_days: int
    last_found_at: datetime | None
    last_at: datetime


class _Visit(NamedTuple):
    """Departure days that were last searched at the same time."""

    first: date
    last: date
    at: datetime


# ---- writing ----


def record_visits(
    connection: Connection, reports: Sequence[SearchReportItem], changed_days: Mapping[str, frozenset[date]]
) -> None:
    """Add what searches teach; call it before the reports are stored.

    `changed_days` has the departure days with new, changed or gone offers, keyed by search id. Searches without an
    entry, such as those with an incomplete response, teach only whether a route has offers. Failed searches teach
    nothing, and neither does a report that is stored already, because its response was parsed again.
    """
    learned = {
        each.search_id: each for each in reports if each.outcome is not Outcome.FAILED and each.search.is_of_one_route
    }
    for search_id in _known(connection, list(learned)):
        del learned[search_id]
    new = sorted(learned.values(), key=lambda each: each.requested_at)
    if not new:
        return
    _count_outcomes(connection, new)
    found: list[tuple[LeadObservations, int, datetime]] = []
    for report in new:
        if report.search_id in changed_days:
            for part in _visit(connection, report.search, report.requested_at):
                interval = interval_group((report.requested_at - part.at) / _DAY)
                search = replace(report.search, first=part.first, last=part.last)
                observed = observe(search, changed_days[report.search_id], part.at, report.requested_at)
                found += [(each, interval, report.requested_at) for each in observed]
    _add_statistics(connection, found)


def prune_change_rates(store: Store, now: datetime) -> None:
    """Remove the times of searches of past departure days, old statistics, and routes that are no longer searched."""
    with store.writing() as connection:
        connection.execute(delete(schema.search_visits).where(expired_visits(now)))
        connection.execute(delete(schema.change_statistics).where(expired_statistics(now)))
        connection.execute(delete(schema.route_histories).where(expired_histories(now)))


def expired_visits(now: datetime) -> ColumnElement[bool]:
    """Return the condition that the departure days of a row of `search_visits` are over."""
    return _visits.last_day <= now.date()


def expired_statistics(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a row of `change_statistics` is older than KEPT_QUARTERS."""
    return _statistics.quarter < _quarter(now) - KEPT_QUARTERS


def expired_histories(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a route was last searched more than KEPT_QUARTERS ago."""
    quarter = _quarter(now) - KEPT_QUARTERS
    return _histories.last_at < datetime(quarter // 4, quarter % 4 * 3 + 1, 1, tzinfo=UTC)


def _known(connection: Connection, search_ids: Sequence[str]) -> set[str]:
    """Return the searches that are stored with an outcome other than failed."""
    known: set[str] = set()
    searches = schema.searches.c
    for some in in_batches(search_ids):
        query = select(searches.id).where(searches.id.in_(some), searches.outcome != Outcome.FAILED.value)
        known.update(connection.scalars(query))
    return known


def _count_outcomes(connection: Connection, reports: Sequence[SearchReportItem]) -> None:
    statement = dialect_insert(connection.dialect, schema.route_histories)
    new = statement.excluded
    is_latest = new.last_at >= _histories.last_at
    streak = {
        name: case(
            (and_(is_latest, new.found > 0), 0),
            (is_latest, _histories[name] + new[name]),
            else_=_histories[name],
        )
        for name in ("empty_streak", "empty_days")
    }
    upsert = statement.on_conflict_do_update(
        index_elements=[_histories.program, _histories.origin, _histories.destination],
        set_=streak
        | {
            "searches": _histories.searches + new.searches,
            "found": _histories.found + new.found,
            "last_found_at": case(
                (_histories.last_found_at > new.last_found_at, _histories.last_found_at),
                else_=func.coalesce(new.last_found_at, _histories.last_found_at),
            ),
            "last_at": case((is_latest, new.last_at), else_=_histories.last_at),
        },
    )
    connection.execute(upsert, [_history_values(report) for report in reports])


def _history_values(report: SearchReportItem) -> dict[str, Any]:
    search, is_found = report.search, report.outcome is Outcome.FOUND
    return {
        "program": search.program,
        "origin": search.origin,
        "destination": search.destination,
        "searches": 1,
        "found": int(is_found),
        "empty_streak": int(not is_found),
        "empty_days": 0 if is_found else (search.last - search.first).days + 1,
        "last_found_at": report.requested_at if is_found else None,
        "last_at": report.requested_at,
    }


def _visit(connection: Connection, search: Search, at: datetime) -> list[_Visit]:
    """Store the time of a search, and return the days of its scope that were searched before, with these times."""
    scope = {
        "program": search.program,
        "kind": search.kind,
        "origin": search.origin,
        "destination": search.destination,
        "travelers": search.travelers,
        "cabins": ",".join(search.cabins),
        "target_program": search.target_program,
    }
    parameters = {f"scope_{name}": value for name, value in scope.items()} | {
        "first": search.first,
        "last": search.last,
    }
    before = [_Visit(*row) for row in connection.execute(_SELECT_VISITS, parameters)]
    earlier, later = [each for each in before if each.at < at], [each for each in before if each.at >= at]
    # Days that a later search covers keep its time.
    now = list(_without(_Visit(search.first, search.last, at), later))
    kept = [part for each in earlier for part in _without(each, [_Visit(search.first, search.last, at)])]
    after = [*later, *now, *(each for each in kept if each.last > at.date())]  # other days teach nothing
    if before:
        connection.execute(_DELETE_VISITS, parameters)
    rows = [scope | {"first_day": each.first, "last_day": each.last, "searched_at": each.at} for each in after]
    connection.execute(insert(schema.search_visits), rows)
    return [
        _Visit(max(each.first, part.first), min(each.last, part.last), each.at)
        for part in now
        for each in earlier
        if each.first <= part.last and part.first <= each.last
    ]


def _without(visit: _Visit, others: Sequence[_Visit]) -> Iterator[_Visit]:
    """Yield the parts of a visit's days that no other visit covers."""
    first = visit.first
    for other in sorted(others):
        if other.first > visit.last:
            break
        if first < other.first:
            yield visit._replace(first=first, last=other.first - _DAY)
        first = max(first, other.last + _DAY)
    if first <= visit.last:
        yield visit._replace(first=first)


def _add_statistics(connection: Connection, found: Sequence[tuple[LeadObservations, int, datetime]]) -> None:
    sums: dict[tuple[object, ...], Observations] = {}
    for (route, lead, observed), interval, at in found:
        key = (*route, lead, interval, _quarter(at))
        before = sums.get(key, Observations(0, 0, 0))
        sums[key] = Observations(*(one + other for one, other in zip(before, observed, strict=True)))
    if not sums:
        return
    names = [column.name for column in schema.change_statistics.primary_key]
    statement = dialect_insert(connection.dialect, schema.change_statistics)
    upsert = statement.on_conflict_do_update(
        index_elements=names,
        set_={name: _statistics[name] + statement.excluded[name] for name in Observations._fields},
    )
    rows = [dict(zip(names, key, strict=True)) | observed._asdict() for key, observed in sums.items()]
    connection.execute(upsert, rows)


# ---- reading ----


def change_rates(store: Store, now: datetime, program: str | None = None) -> ChangeRates:
    """Return the change rates of one program or of all. Older statistics weigh less."""
    query = select(schema.change_statistics)
    if program is not None:
        query = query.where(_statistics.program == program)
    quarter = _quarter(now)
    return ChangeRates(
        LeadObservations(
            RouteKey(row["program"], SearchKind(row["kind"]), row["origin"], row["destination"]),
            row["lead_time"],
            Observations(*(row[name] * _weight(quarter - row["quarter"]) for name in Observations._fields)),
        )
        for row in store.stream(query)
    )


def route_history(store: Store, program: str) -> Mapping[tuple[str, str], RouteHistory]:
    """Return the history of each route that a program was searched for, keyed by origin and destination."""
    query = select(schema.route_histories).where(_histories.program == program)
    return {
        (row["origin"], row["destination"]): RouteHistory(
            searches=row["searches"],
            found=row["found"],
            empty_streak=row["empty_streak"],
            empty_days=row["empty_days"],
            last_found_at=row["last_found_at"],
            last_at=row["last_at"],
        )
        for row in store.stream(query)
    }


def _quarter(at: datetime) -> int:
    return at.year * 4 + (at.month - 1) // 3


def _weight(quarters: int) -> float:
    return float(0.5 ** (max(0, quarters) / HALF_LIFE_QUARTERS))
