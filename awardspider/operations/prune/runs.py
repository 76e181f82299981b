"""Old runs, scheduled jobs, incidents and services."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, exists, func, select

from awardspider.operations.prune.deletion import Pruning
from awardspider.operations.retention import earliest
from awardspider.outcomes import Outcome
from awardspider.storage import schema
from awardspider.storage.finish_reasons import FINISHED

#: The latest runs of a program and spider that are kept whatever their age, also of those without a coverage drop:
#: later runs are compared with them.
LATEST_RUNS = 20

_runs = schema.runs.c
_jobs = schema.scheduled_jobs.c
_HAS_ENDED = _jobs.ended_at.is_not(None)
_incidents = schema.incidents.c
_services = schema.services.c


def prune_runs(pruning: Pruning) -> None:
    """Remove old runs, except the latest of each program, its last success, and those that did not record an end."""
    before = earliest(pruning.now, pruning.periods.runs)
    kept: set[str] = set()
    partition = (_runs.program, _runs.spider)
    is_normal = and_(_runs.coverage_drop.is_(None), _runs.field_coverage.is_not(None))
    with pruning.store.reading() as connection:
        for condition in (_runs.id.is_not(None), is_normal, _is_success()):
            rank = func.row_number().over(partition_by=partition, order_by=_runs.started_at.desc())
            ranked = select(_runs.id, rank.label("rank")).where(condition).subquery()
            kept.update(connection.scalars(select(ranked.c.id).where(ranked.c.rank <= LATEST_RUNS)))
        is_leased = exists().where(schema.programs.c.run_id == _runs.id)
        query = select(_runs.id).where(_runs.ended_at < before, ~is_leased).order_by(_runs.started_at)
        expired = [run_id for run_id in connection.scalars(query) if run_id not in kept]
    pruning.delete_keys(schema.runs, [(run_id,) for run_id in expired])


def _is_success() -> ColumnElement[bool]:
    return and_(_runs.finish_reason == FINISHED, _runs[Outcome.FOUND.value] + _runs[Outcome.EMPTY.value] > 0)


def prune_jobs(pruning: Pruning) -> None:
    """Remove old jobs that have ended, except the last one of each entry of the schedule, and the last that ended."""
    before = earliest(pruning.now, pruning.periods.runs)
    last = select(func.max(_jobs.id)).group_by(_jobs.entry)
    expired = and_(_jobs.ended_at < before, _jobs.id.not_in(last), _jobs.id.not_in(last.where(_HAS_ENDED)))
    pruning.delete_where(schema.scheduled_jobs, expired)


def prune_incidents(pruning: Pruning) -> None:
    """Remove incidents that were resolved long ago."""
    before = earliest(pruning.now, pruning.periods.runs)
    pruning.delete_where(schema.incidents, _incidents.resolved_at < before)


def prune_services(pruning: Pruning) -> None:
    """Remove the rows of hosts that are no longer used, if the service has a later heartbeat on another host."""
    before = earliest(pruning.now, pruning.periods.runs)
    later = schema.services.alias("later").c
    runs_elsewhere = exists().where(later.name == _services.name, later.heartbeat_at > _services.heartbeat_at)
    pruning.delete_where(schema.services, and_(_services.heartbeat_at < before, runs_elsewhere))
