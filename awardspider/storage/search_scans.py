"""The indexes that have the searches of a filter in the order of time, and what is known about their number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select, true

from awardspider.items import SearchKind
from awardspider.storage import schema
from awardspider.storage.counts import MAX_COUNT
from awardspider.storage.route_pairs import existing_routes
from awardspider.storage.searches import SearchFilter

_searches = schema.searches.c
_totals = schema.search_totals.c

_RARE_KINDS = frozenset({SearchKind.BULK, SearchKind.ROUTES})
# Of more routes or combinations, enough of the latest searches match.
_MOST_SCANS = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchQuery(SearchFilter):
    """A filter for searches; empty and None fields match everything. `since` is included, `until` is not."""

    origins: Sequence[str] = ()
    destinations: Sequence[str] = ()
    kinds: Sequence[SearchKind] = ()
    until: datetime | None = None
    run_id: str | None = None

    @property
    def has_only_totals(self) -> bool:
        """Return True if the totals of days contain everything that the filter selects by, except times."""
        return not (self.origins or self.destinations or self.kinds or self.run_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchScan:
    """The searches with a condition, which an index has in the order of time."""

    index: str
    condition: ColumnElement[bool]

    def of(self, query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
        """Return a query for the searches of this scan. SQLite has no statistics to find the index by itself."""
        return query.where(self.condition).with_hint(schema.searches, f"INDEXED BY {self.index}", "sqlite")


def search_scans(connection: Connection, query: SearchQuery) -> list[SearchScan]:
    """Return scans that together contain every search that matches a filter exactly once."""
    if query.run_id is not None:
        return [SearchScan(index="ix_searches_run_id", condition=_searches.run_id == query.run_id)]
    if query.origins or query.destinations:
        routes = existing_routes(connection, schema.searches, query.origins, query.destinations)
        if len(routes) <= _MOST_SCANS:
            return [
                SearchScan(
                    index="ix_searches_route",
                    condition=and_(_searches.origin == origin, _searches.destination == destination),
                )
                for origin, destination in routes
            ]
    if query.kinds and _RARE_KINDS.issuperset(query.kinds):
        return [
            SearchScan(index="ix_searches_kind", condition=and_(_searches.kind == kind, schema.IS_RARE_KIND))
            for kind in query.kinds
        ]
    if query.outcomes or query.reasons:
        scans = _outcome_scans(connection, query)
        if len(scans) <= _MOST_SCANS:
            return scans
    if query.programs:
        return [
            SearchScan(index="ix_searches_program", condition=_searches.program == program)
            for program in query.programs
        ]
    return [SearchScan(index="ix_searches_time", condition=true())]


def known_count(connection: Connection, query: SearchQuery) -> int | None:
    """Return the number of searches that match as far as the totals of days say it; None if they do not.

    If whole days have more searches than a page counts, the parts of days at both ends do not matter.
    """
    if not query.has_only_totals:
        return None
    conditions = list(_of_totals(query))
    is_exact = query.since is None and query.until is None
    if query.since is not None:
        conditions.append(_totals.day > query.since.astimezone(UTC).date())
    if query.until is not None:
        conditions.append(_totals.day < query.until.astimezone(UTC).date())
    count = int(connection.scalar(select(func.coalesce(func.sum(_totals.searches), 0)).where(*conditions)) or 0)
    return count if is_exact or count > MAX_COUNT else None


def _outcome_scans(connection: Connection, query: SearchQuery) -> list[SearchScan]:
    """Return a scan for each reason or, if that is not enough, for each program, outcome and reason of the filter."""
    columns = (_totals.program, _totals.outcome, _totals.reason)
    totals = select(*columns).where(*_of_totals(query), _totals.searches > 0)
    if query.since is not None:
        totals = totals.where(_totals.day >= (query.since - timedelta(days=1)).astimezone(UTC).date())
    found = connection.execute(totals.distinct()).all()
    if not query.programs and all(each.reason for each in found):
        return [
            SearchScan(index="ix_searches_reason", condition=_searches.reason == reason)
            for reason in sorted({each.reason for each in found})
        ]
    return [
        SearchScan(
            index="ix_searches_outcome",
            condition=and_(
                _searches.program == each.program,
                _searches.outcome == each.outcome,
                _searches.reason == each.reason if each.reason else _searches.reason.is_(None),
            ),
        )
        for each in found
    ]


def _of_totals(query: SearchQuery) -> Iterator[ColumnElement[bool]]:
    for column, values in (
        (_totals.program, query.programs),
        (_totals.outcome, query.outcomes),
        (_totals.reason, query.reasons),
    ):
        if values:
            yield column.in_(values)
