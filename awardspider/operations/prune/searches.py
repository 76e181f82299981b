"""Old searches: those of past departure days, and those that a newer search of the same days has replaced."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from awardspider.operations.prune.deletion import ROWS_PER_READ, Pruning
from awardspider.operations.retention import earliest
from awardspider.storage import schema
from awardspider.storage.searches import proven_outcome

# Somewhere it is still yesterday.
_PAST = timedelta(days=2)

# What the planner groups searches by.
_SAME = ("program", "kind", "origin", "destination", "first_day", "last_day", "travelers", "cabins", "outcome")

_searches = schema.searches.c


def prune_searches(pruning: Pruning) -> None:
    """Remove searches older than the retention, except those that the planner or a listing still needs.

    Of departure days that are not over, the newest search of each kind and outcome is kept: it says when they were last
    searched and if they ever had offers. The newest search of each program is kept too.
    """
    before = earliest(pruning.now, pruning.periods.searches)
    past = (pruning.now - _PAST).date()
    with pruning.store.reading() as connection:
        newest = select(_searches.program, func.max(_searches.requested_at)).group_by(_searches.program)
        programs = connection.execute(newest).all()
    for program, newest_at in sorted(programs):
        expired = and_(
            _searches.program == program,
            _searches.requested_at < min(before, newest_at),
            or_(_searches.last_day < past, ~_was_sent(_searches), _has_newer()),
        )
        after: Any = None
        while True:
            query = select(_searches.id, _searches.requested_at).where(expired)
            if after is not None:
                query = query.where(_searches.requested_at >= after)
            query = query.order_by(_searches.requested_at).limit(ROWS_PER_READ)
            with pruning.store.reading() as connection:
                rows = connection.execute(query).all()
            pruning.delete_keys(schema.searches, [(row.id,) for row in rows])
            if len(rows) < ROWS_PER_READ:
                break
            after = rows[-1].requested_at


def _has_newer() -> ColumnElement[bool]:
    """Return the condition that a later search of the same days had the same outcome, as reported and as proven."""
    newer = schema.searches.alias("newer").c
    return exists().where(
        *(newer[name] == _searches[name] for name in _SAME),
        proven_outcome(newer) == proven_outcome(_searches),
        newer.target_program.is_not_distinct_from(_searches.target_program),
        newer.requested_at > _searches.requested_at,
        _was_sent(newer),
    )


def _was_sent(columns: Any) -> ColumnElement[bool]:
    return or_(columns.http_status.is_not(None), columns.seconds.is_not(None))
