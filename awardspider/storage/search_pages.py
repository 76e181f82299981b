"""Pages of the list of searches, latest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select

from awardspider.items import SearchKind
from awardspider.storage import schema
from awardspider.storage.counts import capped_count
from awardspider.storage.cursors import decode_cursor, encode_cursor, invalid_cursor
from awardspider.storage.searches import SearchFilter, SearchRow, search_from_row
from awardspider.storage.store import Store

_searches = schema.searches.c


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchQuery(SearchFilter):
    """A filter for searches; empty and None fields match everything. `since` is included, `until` is not."""

    origins: Sequence[str] = ()
    destinations: Sequence[str] = ()
    kinds: Sequence[SearchKind] = ()
    until: datetime | None = None
    run_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """A page of searches. `next_cursor` is None on the last page; `count` is of all pages, and may be capped."""

    searches: list[SearchRow]
    next_cursor: str | None
    count: int
    count_is_capped: bool


def search_page(store: Store, query: SearchQuery, *, cursor: str | None = None, size: int = 50) -> SearchPage:
    """Return a page of searches, latest first.

    Raises InvalidArgument for a cursor that is not of such a list.
    """
    conditions = _conditions(query)
    page = select(schema.searches).where(*conditions)
    if cursor:
        text, search_id = decode_cursor(cursor, "searches", (str, str))
        page = page.where(_is_after(text, search_id))
    page = page.order_by(_searches.requested_at.desc(), _searches.id.desc()).limit(size + 1)
    with store.reading() as connection:
        rows = connection.execute(page).mappings().all()
        count, is_capped = capped_count(connection, select(_searches.id).where(*conditions))
    last = rows[size - 1] if len(rows) > size else None
    return SearchPage(
        searches=[search_from_row(row) for row in rows[:size]],
        next_cursor=encode_cursor("searches", (last["requested_at"].isoformat(), last["id"])) if last else None,
        count=count,
        count_is_capped=is_capped,
    )


def find_all_searches(store: Store, query: SearchQuery) -> Iterator[SearchRow]:
    """Yield all searches of a filter, latest first."""
    rows = select(schema.searches).where(*_conditions(query))
    for row in store.stream(rows.order_by(_searches.requested_at.desc(), _searches.id.desc())):
        yield search_from_row(row)


def _conditions(query: SearchQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [
        column.in_(values)
        for column, values in (
            (_searches.program, query.programs),
            (_searches.outcome, query.outcomes),
            (_searches.reason, query.reasons),
            (_searches.origin, query.origins),
            (_searches.destination, query.destinations),
            (_searches.kind, query.kinds),
        )
        if values
    ]
    if query.since is not None:
        conditions.append(_searches.requested_at >= query.since)
    if query.until is not None:
        conditions.append(_searches.requested_at < query.until)
    if query.run_id is not None:
        conditions.append(_searches.run_id == query.run_id)
    return conditions


def _is_after(requested_at: str, search_id: str) -> ColumnElement[bool]:
    """Return the condition that a search comes after one in the list."""
    try:
        at = datetime.fromisoformat(requested_at)
    except ValueError:
        raise invalid_cursor() from None
    return or_(_searches.requested_at < at, and_(_searches.requested_at == at, _searches.id < search_id))
