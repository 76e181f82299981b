"""Pages of the list of searches, latest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from awardspider.storage import schema
from awardspider.storage.counts import MAX_COUNT, count_beyond_cap
from awardspider.storage.cursors import decode_cursor, encode_cursor, invalid_cursor
from awardspider.storage.search_queries import SearchQuery, exceeds_cap
from awardspider.storage.search_scans import search_scans
from awardspider.storage.searches import SearchRow, search_from_row
from awardspider.storage.store import Store

_searches = schema.searches.c


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
    after = decode_cursor(cursor, "searches", (str, str)) if cursor else None
    with store.reading() as connection:
        scans = search_scans(connection, query)
        found = select(_searches.requested_at, _searches.id).where(*_conditions(query))
        rest = found if after is None else found.where(_is_after(*after))
        page = rest.order_by(_searches.requested_at.desc(), _searches.id.desc()).limit(size + 1)
        keys = [(at, search_id) for scan in scans for at, search_id in connection.execute(scan.apply(page))]
        keys.sort(reverse=True)
        rows = _rows(connection, [search_id for _, search_id in keys[:size]])
        if exceeds_cap(connection, query):
            count = MAX_COUNT + 1
        else:
            count = sum(count_beyond_cap(connection, scan.apply(found)) for scan in scans)
    last = keys[size - 1] if len(keys) > size else None
    return SearchPage(
        searches=rows,
        next_cursor=encode_cursor("searches", (last[0].isoformat(), last[1])) if last else None,
        count=min(count, MAX_COUNT),
        count_is_capped=count > MAX_COUNT,
    )


def _rows(connection: Connection, ids: Sequence[str]) -> list[SearchRow]:
    """Return searches by id, in this order."""
    query = select(schema.searches).where(_searches.id.in_(ids))
    rows = {row["id"]: search_from_row(row) for row in connection.execute(query).mappings()}
    return [rows[search_id] for search_id in ids if search_id in rows]


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
    is_earlier = or_(_searches.requested_at < at, _searches.id < search_id)
    return and_(_searches.requested_at <= at, is_earlier)
