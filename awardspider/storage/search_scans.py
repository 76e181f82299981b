"""The indexes that have the searches of a filter in the order of time."""

from __future__ import annotations

from datetime import UTC, timedelta

from sqlalchemy import ColumnElement, Connection, and_, select, true

from awardspider.items import SearchKind
from awardspider.storage import schema
from awardspider.storage.index_scans import IndexScan
from awardspider.storage.route_pairs import existing_routes
from awardspider.storage.search_queries import SearchQuery, of_totals

_searches = schema.searches.c
_totals = schema.search_totals.c

_RARE_KINDS = frozenset({SearchKind.BULK, SearchKind.ROUTES})
# Of more routes or combinations, enough of the latest searches match.
_MOST_SCANS = 80


def search_scans(connection: Connection, query: SearchQuery) -> list[IndexScan]:
    """Return scans that together contain every search that matches a filter exactly once."""
    if query.run_id is not None:
        return [_scan("ix_searches_run_id", _searches.run_id == query.run_id)]
    if query.origins or query.destinations:
        routes = existing_routes(connection, schema.searches, query.origins, query.destinations)
        if len(routes) <= _MOST_SCANS:
            return [
                _scan("ix_searches_route", and_(_searches.origin == origin, _searches.destination == destination))
                for origin, destination in routes
            ]
    if query.kinds and _RARE_KINDS.issuperset(query.kinds):
        return [
            _scan("ix_searches_kind", and_(_searches.kind == kind, schema.IS_RARE_KIND))
            for kind in dict.fromkeys(query.kinds)
        ]
    if query.outcomes or query.reasons:
        scans = _outcome_scans(connection, query)
        if len(scans) <= _MOST_SCANS:
            return scans
    if query.programs:
        return [_scan("ix_searches_program", _searches.program == program) for program in dict.fromkeys(query.programs)]
    return [_scan("ix_searches_time", true())]


def _outcome_scans(connection: Connection, query: SearchQuery) -> list[IndexScan]:
    """Return a scan for each reason or, if that is not enough, for each program, outcome and reason of the filter."""
    columns = (_totals.program, _totals.outcome, _totals.reason)
    totals = select(*columns).where(*of_totals(query), _totals.searches > 0)
    if query.since is not None:
        totals = totals.where(_totals.day >= (query.since - timedelta(days=1)).astimezone(UTC).date())
    found = connection.execute(totals.distinct()).all()
    if not query.programs and all(each.reason for each in found):
        return [
            _scan("ix_searches_reason", _searches.reason == reason)
            for reason in sorted({each.reason for each in found})
        ]
    return [
        _scan(
            "ix_searches_outcome",
            and_(
                _searches.program == each.program,
                _searches.outcome == each.outcome,
                _searches.reason == each.reason if each.reason else _searches.reason.is_(None),
            ),
        )
        for each in found
    ]


def _scan(index: str, *conditions: ColumnElement[bool]) -> IndexScan:
    return IndexScan(table=schema.searches, index=index, condition=and_(*conditions))
