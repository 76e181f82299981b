"""The last search of each scope, which says what is known about a departure day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection

from awardspider.items import SearchReportItem
from awardspider.storage import schema
from awardspider.storage.engines import dialect_insert
from awardspider.storage.fitting import fitting_rows

_last = schema.last_searches.c


def record_last_searches(connection: Connection, reports: Sequence[SearchReportItem]) -> None:
    """Store searches of one route as the last ones of their scopes, unless a later one is stored."""
    latest: dict[tuple[object, ...], dict[str, Any]] = {}
    for report in sorted(reports, key=lambda each: each.requested_at):
        if report.search.is_of_one_route:
            values = _values(report)
            latest[tuple(values[column.name] for column in schema.last_searches.primary_key)] = values
    rows = fitting_rows(schema.last_searches, [latest[key] for key in sorted(latest, key=str)])
    if not rows:
        return
    statement = dialect_insert(connection.dialect, schema.last_searches)
    new = statement.excluded
    upsert = statement.on_conflict_do_update(
        index_elements=list(schema.last_searches.primary_key),
        set_={column.name: new[column.name] for column in _last if not column.primary_key},
        where=new.requested_at >= _last.requested_at,
    )
    connection.execute(upsert, rows)


def expired_last_searches(now: datetime) -> ColumnElement[bool]:
    """Return the condition that the departure days of a search are over."""
    return _last.last_day < now.date()


def _values(report: SearchReportItem) -> dict[str, Any]:
    search = report.search
    return {
        "origin": search.origin,
        "destination": search.destination,
        "program": search.program,
        "target_program": search.target_program,
        "kind": search.kind,
        "travelers": search.travelers,
        "cabins": ",".join(search.cabins),
        "first_day": search.first,
        "last_day": search.last,
        "search_id": report.search_id,
        "outcome": report.outcome.value,
        "reason": report.reason.value if report.reason else None,
        "invalid": report.invalid,
        "requested_at": report.requested_at,
    }
