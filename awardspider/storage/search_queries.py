"""The filter of lists of searches, and whether more searches match than a page counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import ColumnElement, Connection, func, select

from awardspider.items import SearchKind
from awardspider.storage import schema
from awardspider.storage.counts import MAX_COUNT
from awardspider.storage.searches import SearchFilter

_searches = schema.searches.c
_totals = schema.search_totals.c


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchQuery(SearchFilter):
    """A filter for searches; empty and None fields match everything. `since` is included, `until` is not."""

    origins: Sequence[str] = ()
    destinations: Sequence[str] = ()
    kinds: Sequence[SearchKind] = ()
    until: datetime | None = None
    run_id: str | None = None


def of_totals(query: SearchQuery) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions of a filter for the totals of days, which have no routes, kinds, runs and times."""
    for column, values in (
        (_totals.program, query.programs),
        (_totals.outcome, query.outcomes),
        (_totals.reason, query.reasons),
    ):
        if values:
            yield column.in_(values)


def exceeds_cap(connection: Connection, query: SearchQuery) -> bool:
    """Return True if the totals of days show that more than MAX_COUNT searches match.

    Only days of which every search is stored count: totals are kept for longer than searches.
    """
    if query.origins or query.destinations or query.kinds or query.run_id:
        return False
    oldest = connection.scalar(select(func.min(_searches.requested_at)))
    if oldest is None:
        return False
    begins = [_day(time) for time in (oldest, query.since) if time is not None]
    conditions = [*of_totals(query), _totals.day > max(begins)]
    if query.until is not None:
        conditions.append(_totals.day < _day(query.until))
    count = connection.scalar(select(func.sum(_totals.searches)).where(*conditions))
    return (count or 0) > MAX_COUNT


def _day(time: datetime) -> date:
    return time.astimezone(UTC).date()
