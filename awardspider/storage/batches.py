"""Batches: everything that a crawl writes at once, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence, Sized
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Table, func, insert, text

from awardspider.items import AwardOfferItem, EventType, MonitoredRoutes, SearchReportItem
from awardspider.search.judgments import Judgment
from awardspider.storage import schema
from awardspider.storage.alerts import Alert
from awardspider.storage.change_rates import record_visits
from awardspider.storage.engines import WRITE_LOCK, dialect_insert
from awardspider.storage.fitting import fitting_offers, fitting_rows
from awardspider.storage.last_searches import record_last_searches
from awardspider.storage.matches import MatchKey, StoredMatch, write_matches
from awardspider.storage.offer_writer import OfferWriter
from awardspider.storage.outbox import FollowUp, OutboxRow, insert_follow_ups, insert_rows
from awardspider.storage.search_totals import count_searches
from awardspider.storage.searches import search_values
from awardspider.storage.source_results import SourceResult, write_source_result
from awardspider.storage.store import Store

# Reports from a response parsed again have none of these, so the stored values are kept.
_ONLY_FROM_REQUESTS = frozenset({"http_status", "seconds", "response_id"})


@dataclass(slots=True)
class Batch:
    """The rows of one transaction.

    `offers` has the new and changed offers, keyed by id. `seen` has the ids of unchanged offers, `gone` the ids of
    offers that a search no longer found, `unconfirmed` the ids of itineraries that a calendar contradicts, and
    `confirmed` the ids of unconfirmed itineraries that a later search found, all keyed by time. `responded_at` has the
    response times of the new and changed offers, which default to `seen_at`. `judgments` has the new judgments of
    offers, keyed by id. `sources` are the results of requests for sources of promotions. `changed_days` has the
    departure days of the changes in each complete response, keyed by search id. `matches` are begun, changed or ended,
    keyed by watch and flights. `follow_ups` are the channels to notify about changed or gone offers.
    """

    offers: dict[str, AwardOfferItem] = field(default_factory=dict)
    responded_at: dict[str, datetime] = field(default_factory=dict)
    judgments: dict[str, Judgment] = field(default_factory=dict)
    seen: dict[datetime, list[str]] = field(default_factory=dict)
    gone: dict[datetime, list[str]] = field(default_factory=dict)
    unconfirmed: dict[datetime, list[str]] = field(default_factory=dict)
    confirmed: dict[datetime, list[str]] = field(default_factory=dict)
    reports: list[SearchReportItem] = field(default_factory=list)
    changed_days: dict[str, frozenset[date]] = field(default_factory=dict)
    sources: list[SourceResult] = field(default_factory=list)
    routes: list[MonitoredRoutes] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    matches: dict[MatchKey, StoredMatch] = field(default_factory=dict)
    outbox: list[OutboxRow] = field(default_factory=list)
    follow_ups: Sequence[FollowUp] = ()

    def __len__(self) -> int:
        ids = sum(len(some) for by_time in self._ids_by_time() for some in by_time.values())
        rest: tuple[Sized, ...] = (
            self.offers, self.judgments, self.reports, self.sources, self.routes, self.alerts, self.outbox,
            self.matches,
        )  # fmt: skip
        return ids + sum(map(len, rest))

    def _ids_by_time(self) -> tuple[dict[datetime, list[str]], ...]:
        return self.seen, self.gone, self.unconfirmed, self.confirmed


@dataclass(slots=True)
class _Marked:
    """The ids of the offers that a batch marked, keyed by time: those that are gone, and those with another change."""

    gone: dict[datetime, list[str]] = field(default_factory=dict)
    changed: dict[datetime, list[str]] = field(default_factory=dict)


class BatchWriter:
    """Writes batches to one store, with prepared statements."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._offers = OfferWriter(store.engine.dialect)

    def write(self, batch: Batch, run_id: str | None) -> None:
        """Write a batch in one transaction, completely or not at all."""
        if not batch:
            return
        with self._store.writing() as connection:
            if connection.dialect.name == "postgresql":
                # One writer at a time, as on SQLite: the order of rows in two batches cannot cause a deadlock.
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": WRITE_LOCK})
            if offers := fitting_offers(batch.offers):
                self._offers.write(connection, offers, batch.responded_at)
            for at, ids in sorted(batch.seen.items()):
                self._offers.mark_seen(connection, ids, at)
            if batch.judgments:
                self._offers.write_judgments(connection, batch.judgments)
            marked = self._mark(connection, batch)
            if batch.reports:
                record_visits(connection, batch.reports, batch.changed_days)
                count_searches(connection, batch.reports)
                record_last_searches(connection, batch.reports)
                reports = fitting_rows(schema.searches, [search_values(report, run_id) for report in batch.reports])
                _upsert(connection, schema.searches, reports, keep={"run_id", "requested_at"})
            for result in batch.sources:
                write_source_result(connection, result, run_id)
            if batch.routes:
                _upsert_routes(connection, batch.routes)
            if batch.alerts:
                alerts = fitting_rows(schema.alerts, [asdict(alert) | {"run_id": run_id} for alert in batch.alerts])
                if alerts:
                    connection.execute(insert(schema.alerts), alerts)
            if batch.matches:
                write_matches(connection, [batch.matches[key] for key in sorted(batch.matches)])
            if batch.outbox:
                insert_rows(connection, batch.outbox, run_id)
            for follow_up in batch.follow_ups:
                _follow_up(connection, follow_up, batch, marked)

    def _mark(self, connection: Connection, batch: Batch) -> _Marked:
        """Mark offers as unconfirmed, confirmed and gone, and return the offers whose mark has changed."""
        marked = _Marked()
        for at, ids in sorted(batch.unconfirmed.items()):
            marked.changed[at] = self._offers.mark_unconfirmed(connection, ids, at)
        for at, ids in sorted(batch.confirmed.items()):
            marked.changed.setdefault(at, []).extend(self._offers.mark_confirmed(connection, ids, at))
        for at, ids in sorted(batch.gone.items()):
            marked.gone[at] = self._offers.mark_gone(connection, ids, at)
        return marked


def write_batch(store: Store, batch: Batch, run_id: str | None = None) -> None:
    """Write a single batch; a Recorder writes many."""
    BatchWriter(store).write(batch, run_id)


def _upsert(connection: Connection, table: Table, rows: list[dict[str, Any]], keep: set[str]) -> None:
    """Insert the last row for each `id`, or overwrite the existing row except for its `keep` columns."""
    if not rows:
        return
    statement = dialect_insert(connection.dialect, table)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in keep | {"id"}}
    for name in _ONLY_FROM_REQUESTS & changed.keys():
        changed[name] = func.coalesce(statement.excluded[name], table.c[name])
    last = {row["id"]: row for row in rows}
    connection.execute(statement.on_conflict_do_update(index_elements=[table.c.id], set_=changed), list(last.values()))


def _upsert_routes(connection: Connection, lists: Sequence[MonitoredRoutes]) -> None:
    """Store lists of routes, replacing older ones."""
    statement = dialect_insert(connection.dialect, schema.monitored_routes)
    new, columns = statement.excluded, schema.monitored_routes.c
    upsert = statement.on_conflict_do_update(
        index_elements=[columns.source, columns.program],
        set_={"seen_at": new.seen_at, "routes": new.routes},
        where=new.seen_at >= columns.seen_at,
    )
    for routes in lists:
        values = {"source": routes.source, "program": routes.program, "seen_at": routes.seen_at}
        connection.execute(upsert, values | {"routes": [list(route) for route in routes.routes]})


def _follow_up(connection: Connection, follow_up: FollowUp, batch: Batch, marked: _Marked) -> None:
    """Insert messages about gone offers and, with `syncs_rows`, about changed offers with no message in this batch."""
    for at, ids in sorted(marked.gone.items()):
        insert_follow_ups(connection, follow_up, EventType.OFFER_GONE, ids, at)
    if follow_up.syncs_rows:
        enqueued = {row.subject for row in batch.outbox if row.channel == follow_up.channel}
        by_time = {at: list(ids) for at, ids in marked.changed.items()}
        for offer_id in batch.offers.keys() - enqueued:
            at = batch.responded_at.get(offer_id, batch.offers[offer_id].seen_at)
            by_time.setdefault(at, []).append(offer_id)
        for at, ids in sorted(by_time.items()):
            insert_follow_ups(connection, follow_up, EventType.OFFER_CHANGED, ids, at)
