"""The numbers of searches by program, day, outcome and reason, kept up to date by the crawls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from awardspider.items import SearchReportItem
from awardspider.outcomes import BACKOFF_REASONS, Outcome, Reason
from awardspider.storage import schema
from awardspider.storage.engines import dialect_insert
from awardspider.storage.store import Store, in_batches

_totals = schema.search_totals.c
_searches = schema.searches.c


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchTotal:
    """The number of searches of a program on one day (UTC) with one outcome, and the first and the last of them.

    `reason` is None for searches that did not fail.
    """

    program: str
    day: date
    outcome: Outcome
    reason: Reason | None
    searches: int
    first_at: datetime
    last_at: datetime

    @property
    def is_block(self) -> bool:
        """Return True if the program blocked the searches or limited their rate."""
        return self.reason in BACKOFF_REASONS


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramSuccess:
    """The first and the last search of a program that did not fail."""

    first_at: datetime
    last_at: datetime


@dataclass(slots=True)
class _Change:
    """The change of a total by the reports of a batch."""

    searches: int
    first_at: datetime
    last_at: datetime


_Key = tuple[str, date, str, str]


# ---- reading ----


def find_totals(
    store: Store, *, first: date, last: date | None = None, programs: Sequence[str] = ()
) -> list[SearchTotal]:
    """Return the totals since a day (UTC) and, if given, until another one, by program, day, outcome and reason."""
    columns = (
        _totals.program, _totals.day, _totals.outcome, _totals.reason, _totals.searches, _totals.first_at,
        _totals.last_at,
    )  # fmt: skip
    query = select(*columns).where(_totals.day >= first, _totals.searches > 0)
    if last is not None:
        query = query.where(_totals.day <= last)
    if programs:
        query = query.where(_totals.program.in_(programs))
    with store.reading() as connection:
        rows = connection.execute(query.order_by(*schema.search_totals.primary_key)).all()
    return [
        SearchTotal(
            program=program,
            day=day,
            outcome=Outcome(outcome),
            reason=Reason(reason) if reason else None,
            searches=searches,
            first_at=first_at,
            last_at=last_at,
        )
        for program, day, outcome, reason, searches, first_at, last_at in rows
    ]


def program_successes(store: Store) -> Mapping[str, ProgramSuccess]:
    """Return the first and the last success that is still counted, keyed by program; empty searches count too."""
    query = (
        select(_totals.program, func.min(_totals.first_at), func.max(_totals.last_at))
        .where(_totals.outcome != Outcome.FAILED.value, _totals.searches > 0)
        .group_by(_totals.program)
    )
    with store.reading() as connection:
        return {row[0]: ProgramSuccess(first_at=row[1], last_at=row[2]) for row in connection.execute(query)}


# ---- writing ----


def count_searches(connection: Connection, reports: Iterable[SearchReportItem]) -> None:
    """Count searches; call it before the reports are stored.

    A report that is stored already, because its response was parsed again, is only counted with its new outcome.
    """
    latest = {report.search_id: report for report in reports}
    changes: dict[_Key, _Change] = {}
    stored = _stored(connection, list(latest))
    for search_id, report in latest.items():
        before = stored.get(search_id)
        at = before["requested_at"] if before is not None else report.requested_at
        if before is not None:
            _add(changes, before["program"], before["outcome"], before["reason"], at, -1)
        _add(changes, report.search.program, report.outcome, report.reason, at, 1)
    _write(connection, {key: change for key, change in sorted(changes.items()) if change.searches})


def expired_totals(first: date) -> ColumnElement[bool]:
    """Return the condition that a total is of a day before this one."""
    return _totals.day < first


def _stored(connection: Connection, ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    columns = (_searches.id, _searches.program, _searches.outcome, _searches.reason, _searches.requested_at)
    found: dict[str, Mapping[str, Any]] = {}
    for some in in_batches(ids):
        query = select(*columns).where(_searches.id.in_(some))
        found |= {row["id"]: dict(row) for row in connection.execute(query).mappings()}
    return found


def _add(
    changes: dict[_Key, _Change], program: str, outcome: str, reason: str | None, at: datetime, searches: int
) -> None:
    key = program, at.astimezone(UTC).date(), str(outcome), str(reason or "")
    change = changes.setdefault(key, _Change(0, at, at))
    change.searches += searches
    change.first_at, change.last_at = min(change.first_at, at), max(change.last_at, at)


def _write(connection: Connection, changes: Mapping[_Key, _Change]) -> None:
    if not changes:
        return
    statement = dialect_insert(connection.dialect, schema.search_totals)
    new = statement.excluded
    earliest, latest = (func.min, func.max) if connection.dialect.name == "sqlite" else (func.least, func.greatest)
    upsert = statement.on_conflict_do_update(
        index_elements=list(schema.search_totals.primary_key),
        set_={
            "searches": _totals.searches + new.searches,
            "first_at": earliest(_totals.first_at, new.first_at),
            "last_at": latest(_totals.last_at, new.last_at),
        },
    )
    names = [column.name for column in schema.search_totals.primary_key]
    rows = [
        dict(zip(names, key, strict=True))
        | {"searches": change.searches, "first_at": change.first_at, "last_at": change.last_at}
        for key, change in changes.items()
    ]
    connection.execute(upsert, rows)
