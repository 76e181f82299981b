"""Searches and their outcomes."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, bindparam, case, func, literal_column, or_, select, type_coerce
from sqlalchemy.sql import ColumnCollection
from sqlalchemy.types import NullType

from awardspider.items import SearchKind, SearchReportItem
from awardspider.outcomes import Outcome, Reason
from awardspider.search.recent_searches import ScopeKey
from awardspider.storage import schema
from awardspider.storage.column_types import column_converter
from awardspider.storage.processes import MAX_CLOCK_ERROR
from awardspider.storage.store import Store

_searches = schema.searches.c

# The condition that a search sent a request.
_REQUEST_SENT = or_(_searches.http_status.is_not(None), _searches.seconds.is_not(None))


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchFilter:
    """A filter for searches; empty and None fields match everything."""

    programs: Sequence[str] = ()
    outcomes: Sequence[Outcome] = ()
    reasons: Sequence[Reason] = ()
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRow:
    """A stored search. `seconds` and `http_status` are None if no request was sent.

    `cabins` are separated by commas. `target_program` is None if the search covered all programs of its source.
    `response_id` names the archived response.
    """

    id: str
    run_id: str | None
    program: str
    kind: SearchKind
    origin: str
    destination: str
    first_day: date
    last_day: date
    cabins: str
    travelers: int
    target_program: str | None
    outcome: Outcome
    reason: Reason | None
    note: str
    http_status: int | None
    offers: int
    invalid: int
    seconds: float | None
    requested_at: datetime
    response_id: str | None


def find_searches(store: Store, criteria: SearchFilter, *, limit: int | None = None) -> Iterator[SearchRow]:
    """Yield searches, latest first."""
    query = select(schema.searches)
    for column, values in (
        (_searches.program, criteria.programs),
        (_searches.outcome, criteria.outcomes),
        (_searches.reason, criteria.reasons),
    ):
        if values:
            query = query.where(column.in_(values))
    if criteria.since is not None:
        query = query.where(_searches.requested_at >= criteria.since)
    for row in store.stream(query.order_by(_searches.requested_at.desc(), _searches.id).limit(limit)):
        yield search_from_row(row)


def search_from_row(row: RowMapping) -> SearchRow:
    """Build a search from a row of the table `searches`."""
    return SearchRow(
        **{
            **row,
            "kind": SearchKind(row["kind"]),
            "outcome": Outcome(row["outcome"]),
            "reason": Reason(row["reason"]) if row["reason"] else None,
        }
    )


def proven_outcome(columns: ColumnCollection[str, Any]) -> ColumnElement[str]:
    """Return the outcome of a row of `searches` or `last_searches`, which is failed if an offer could not be read.

    Such a response does not prove that a day has no offers. Without parameters, rows can be grouped by it.
    """
    is_incomplete = columns["invalid"] > literal_column("0")
    return case((is_incomplete, literal_column(f"'{Outcome.FAILED}'")), else_=columns["outcome"])


def last_search_times(
    store: Store, program: str, *, first: date, now: datetime
) -> dict[tuple[SearchKind, str, str, date, int, str], datetime]:
    """Return the last request times, keyed by kind, origin, destination, first day, travelers and cabins.

    Searches whose last departure day is before `first` are left out, and those made with a clock that was far ahead.
    Failed searches count too: otherwise a search that always fails would stay first in the plan.
    """
    columns = ("kind", "origin", "destination", "first_day", "travelers", "cabins")
    key = [_searches[name] for name in columns]
    query = select(*key, func.max(_searches.requested_at)).where(
        _searches.program == program, _searches.last_day >= first, _REQUEST_SENT, _is_past(now)
    )
    with store.reading() as connection:
        return {
            (SearchKind(row[0]), row[1], row[2], row[3], row[4], row[5]): row[6]
            for row in connection.execute(query.group_by(*key))
        }


def last_successes(store: Store, program: str, *, since: datetime, now: datetime) -> dict[ScopeKey, datetime]:
    """Return the time of the last successful search of each scope since a time."""
    columns = ("kind", "origin", "destination", "first_day", "travelers", "cabins", "target_program")
    key = [_searches[name] for name in columns]
    query = (
        select(*key, func.max(_searches.requested_at))
        .where(_searches.program == program, _searches.requested_at >= since, _is_past(now))
        .where(_searches.outcome != Outcome.FAILED.value)
    )
    with store.reading() as connection:
        return {
            ScopeKey(SearchKind(row[0]), *row[1:6], row[6] or ""): row[7]
            for row in connection.execute(query.group_by(*key))
        }


def last_bulk_search_times(store: Store, source: str, now: datetime) -> dict[tuple[str, str, str, date], datetime]:
    """Return the last bulk request times, keyed by program, origin region, destination region and first day."""
    key = (_searches.target_program, _searches.origin, _searches.destination, _searches.first_day)
    query = (
        select(*key, func.max(_searches.requested_at))
        .where(_searches.program == source, _searches.kind == SearchKind.BULK, _searches.seconds.is_not(None))
        .where(_is_past(now))
        .group_by(*key)
    )
    with store.reading() as connection:
        return {(row[0], row[1], row[2], row[3]): row[4] for row in connection.execute(query)}


def count_sent_searches(store: Store, program: str, since: datetime, *, now: datetime) -> int:
    """Return the number of searches that sent a request since `since`, as budgets count them."""
    query = select(func.count()).where(
        _searches.program == program, _searches.requested_at >= since, _is_past(now), _REQUEST_SENT
    )
    with store.reading() as connection:
        return connection.scalar(query) or 0


def sent_counts(
    store: Store, limits: Mapping[str, int], since: Sequence[datetime], *, now: datetime
) -> dict[str, dict[datetime, int]]:
    """Return the numbers of searches that `count_sent_searches` counts since each of some times, by program.

    Of each program, only the last searches are counted, as many as its limit.
    """
    query = (
        select(
            type_coerce(_searches.requested_at, NullType())
        )  # thousands of times, of which none is needed as a value
        .where(_searches.program == bindparam("program"), _searches.requested_at >= min(since))
        .where(_is_past(now), _REQUEST_SENT)
        .order_by(_searches.requested_at.desc())
        .limit(bindparam("most"))
    )
    stored_times = dict(zip(since, column_converter(_searches.requested_at, store.engine.dialect)(since), strict=True))
    found: dict[str, dict[datetime, int]] = {}
    with store.reading() as connection:
        for program, most in limits.items():
            sent = connection.scalars(query, {"program": program, "most": most}).all()[::-1]
            found[program] = {time: len(sent) - bisect_left(sent, stored) for time, stored in stored_times.items()}
    return found


def search_values(report: SearchReportItem, run_id: str | None) -> dict[str, Any]:
    """Return the column values of a report."""
    search = report.search
    return {
        "id": report.search_id,
        "run_id": run_id,
        "program": search.program,
        "kind": search.kind,
        "origin": search.origin,
        "destination": search.destination,
        "first_day": search.first,
        "last_day": search.last,
        "cabins": ",".join(search.cabins),
        "travelers": search.travelers,
        "target_program": search.target_program or None,
        "outcome": report.outcome.value,
        "reason": report.reason.value if report.reason else None,
        "note": report.note,
        "http_status": report.http_status,
        "offers": report.offers,
        "invalid": report.invalid,
        "seconds": report.seconds,
        "requested_at": report.requested_at,
        "response_id": report.response_id,
    }


def _is_past(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a search was not made with a clock that was far ahead, which would delay the next."""
    return _searches.requested_at <= now + MAX_CLOCK_ERROR
