"""Pages of the list of runs, latest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, not_, or_, select

from awardspider.storage import schema
from awardspider.storage.cursors import decode_cursor, encode_cursor, invalid_cursor
from awardspider.storage.finish_reasons import FINISHED, LIMITS, STOPPED_EARLY
from awardspider.storage.run_listing import RunFilter, RunRow, run_from_row, run_query
from awardspider.storage.store import Store

_runs = schema.runs.c

_HOST_RUNS = 1000  # runs whose machines are listed


class RunResult(StrEnum):
    """Results by which runs are listed. OPEN: without a recorded end, so alive or killed."""

    OPEN = "open"
    FINISHED = "finished"
    FAILED = "failed"
    STOPPED = "stopped"  # by the operator, a limit, or the end of the budget


@dataclass(frozen=True, slots=True, kw_only=True)
class RunQuery(RunFilter):
    """A filter for runs; empty and None fields match everything. `host` is the name of a machine."""

    result: RunResult | None = None
    host: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPage:
    """A page of runs. `next_cursor` is None on the last page."""

    runs: list[RunRow]
    next_cursor: str | None


def run_page(store: Store, query: RunQuery, now: datetime, *, cursor: str | None = None, size: int = 50) -> RunPage:
    """Return a page of runs, latest first. Raises InvalidArgument for a cursor that is not of such a list."""
    page = run_query().where(*_conditions(query))
    if cursor:
        page = page.where(_is_after(*decode_cursor(cursor, "runs", (str, str))))
    page = page.order_by(_runs.started_at.desc(), _runs.id.desc()).limit(size + 1)
    with store.reading() as connection:
        rows = connection.execute(page).mappings().all()
    last = rows[size - 1] if len(rows) > size else None
    return RunPage(
        runs=[run_from_row(row, now) for row in rows[:size]],
        next_cursor=encode_cursor("runs", (last["started_at"].isoformat(), last["id"])) if last else None,
    )


def recent_hosts(store: Store) -> list[str]:
    """Return the names of the machines of the latest runs, sorted."""
    latest = select(_runs.host).order_by(_runs.started_at.desc()).limit(_HOST_RUNS).subquery()
    with store.reading() as connection:
        return sorted(connection.scalars(select(latest.c.host).distinct()))


def has_failed_condition() -> ColumnElement[bool]:
    """Return the condition of `finish_reasons.has_failed` for runs that have recorded their end."""
    return and_(_runs.ended_at.is_not(None), _runs.finish_reason != FINISHED, not_(_was_stopped()))


def _conditions(query: RunQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.programs:
        conditions.append(_is_of(query.programs))
    if query.since is not None:
        conditions.append(_runs.started_at >= query.since)
    if query.host:
        conditions.append(_runs.host == query.host)
    match query.result:
        case RunResult.OPEN:
            conditions.append(_runs.ended_at.is_(None))
        case RunResult.FINISHED:
            conditions.append(_runs.finish_reason == FINISHED)
        case RunResult.STOPPED:
            conditions.append(_was_stopped())
        case RunResult.FAILED:
            conditions.append(has_failed_condition())
    return conditions


def _is_of(programs: Sequence[str]) -> ColumnElement[bool]:
    return or_(_runs.program.in_(programs), _runs.spider.in_(programs))


def _was_stopped() -> ColumnElement[bool]:
    return or_(_runs.finish_reason.in_(sorted(STOPPED_EARLY)), _runs.finish_reason.startswith(LIMITS, autoescape=True))


def _is_after(started_at: str, run_id: str) -> ColumnElement[bool]:
    """Return the condition that a run comes after one in the list."""
    try:
        at = datetime.fromisoformat(started_at)
    except ValueError:
        raise invalid_cursor() from None
    return or_(_runs.started_at < at, and_(_runs.started_at == at, _runs.id < run_id))
