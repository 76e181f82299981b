"""The recorder of a run, which collects rows from the pipelines and writes them in batches.

A search's report is written with its offers or after them, so that even after a crash, every stored report has its
offers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime
from weakref import WeakKeyDictionary

from awardspider.items import (
    AwardOfferItem,
    MonitoredRoutes,
    Search,
    SearchReportItem,
)
from awardspider.outcomes import Outcome, StorageError
from awardspider.search.judgments import Judgment
from awardspider.storage.alerts import Alert
from awardspider.storage.batches import Batch, BatchWriter
from awardspider.storage.match_memory import MatchMemory
from awardspider.storage.matches import StoredMatch
from awardspider.storage.offer_scope import LiveOffer, live_offers
from awardspider.storage.outbox import FollowUp, OutboxRow
from awardspider.storage.price_collector import PriceCollector
from awardspider.storage.responses import ResponseArchive, ResponseMetadata
from awardspider.storage.source_results import SourceResult
from awardspider.storage.store import Store

BATCH_ROWS = 2_000
BATCH_SECONDS = 2.0
#: A finished search is written at once unless writing would take more than this share of the time. A crawl of a live
#: site, with its pauses, therefore loses only the searches in flight if it is killed.
WRITING_SHARE = 0.5

_recorders: WeakKeyDictionary[object, Recorder] = WeakKeyDictionary()


class Recorder:
    """One run's pending writes, collected in memory. Any method may raise StorageError; collected rows are then kept.

    `state_key` is the source stored with lists of monitored routes; if empty, each list keeps its `source`.
    """

    def __init__(self, store: Store, run_id: str, archive: ResponseArchive | None, state_key: str = "") -> None:
        self.store = store
        self.run_id = run_id
        self.prices = PriceCollector(store)
        self._archive = archive
        self._state_key = state_key
        self._writer = BatchWriter(store)
        self._batch = Batch()
        self._written_at = time.monotonic()
        self._write_seconds = 0.0  # of the last batch
        #: Increases whenever stored offers may have changed in another way than by `add_offer`.
        self.revision = 0
        #: The error after which the run ends. Until then, each further attempt to write could wait for a lock again.
        self.failure: StorageError | None = None
        self._response_ids: dict[str, str] = {}  # by search
        self._unwritten_scopes: list[Search] = []
        self._incomplete: set[str] = set()  # searches
        self._follow_ups: list[FollowUp] = []
        #: Matches and messages of the searches in flight, stored or not written yet.
        self.memory = MatchMemory(store)
        self._report_listeners: list[Callable[[SearchReportItem, bool], None]] = []
        self._result_listeners: list[Callable[[SourceResult], None]] = []

    @property
    def unwritten(self) -> Batch:
        """Return the rows that are not written yet; do not change them."""
        return self._batch

    def live_offers(self, search: Search, source: str) -> dict[str, LiveOffer]:
        """Return each live offer in the scope of a search, keyed by offer id."""
        if self._batch.unconfirmed or any(_overlaps(search, other) for other in self._unwritten_scopes):
            self.flush()
        found = live_offers(self.store, search, source)
        self.revision += 1
        self.memory.start_search(search)  # a dispatcher may have sent or canceled messages since the last search
        return found

    def mark_incomplete(self, search_id: str) -> None:
        """Record that a response of the search is incomplete, so that missing offers are not marked as gone."""
        self._incomplete.add(search_id)

    def is_incomplete(self, search_id: str) -> bool:
        """Return True if a response of the search is incomplete."""
        return search_id in self._incomplete

    def add_offer(self, offer_id: str, item: AwardOfferItem, responded_at: datetime) -> None:
        """Add a new or changed offer with the time of its response."""
        self._batch.offers[offer_id] = item
        self._batch.responded_at[offer_id] = responded_at

    def add_judgment(self, offer_id: str, judgment: Judgment) -> None:
        """Add the new judgment of an offer that is stored or was added."""
        self._batch.judgments[offer_id] = judgment

    def add_unchanged(self, offer_id: str, seen_at: datetime) -> None:
        """Add an unchanged offer."""
        self._batch.seen.setdefault(seen_at, []).append(offer_id)

    def add_gone(self, offer_id: str, at: datetime) -> None:
        """Add an offer that is missing from a response that covers it."""
        self._batch.gone.setdefault(at, []).append(offer_id)
        self.revision += 1

    def add_unconfirmed(self, offer_ids: Iterable[str], at: datetime) -> None:
        """Add itineraries that a calendar contradicts."""
        self._batch.unconfirmed.setdefault(at, []).extend(offer_ids)
        self.revision += 1

    def add_confirmed(self, offer_id: str, at: datetime) -> None:
        """Add an unconfirmed itinerary that a later search found."""
        self._batch.confirmed.setdefault(at, []).append(offer_id)

    def add_report(self, report: SearchReportItem, changed_days: frozenset[date] | None = None) -> None:
        """Add the report of a search, with the id of its archived response, and write the batch if it is due.

        `changed_days` are the departure days with new, changed or gone offers; None if the response does not show
        them.
        """
        is_complete = report.outcome is not Outcome.FAILED and not report.invalid
        for listener in self._report_listeners:
            listener(report, is_complete and not self.is_incomplete(report.search_id))
        self.memory.end_search(report.search)
        report.response_id = self._response_ids.pop(report.search_id, None)
        self._batch.reports.append(report)
        if changed_days is not None:
            self._batch.changed_days[report.search_id] = changed_days
        self._unwritten_scopes.append(report.search)
        self.flush_if_due()

    def on_report(self, listener: Callable[[SearchReportItem, bool], None]) -> None:
        """Call a function with each report before it is written, and with True if the response was complete."""
        self._report_listeners.append(listener)

    def add_source_result(self, result: SourceResult) -> None:
        """Add the result of a request for a source of promotions, and write it."""
        self._batch.sources.append(result)
        if self.failure:
            raise self.failure
        self.flush()
        for listener in self._result_listeners:
            listener(result)

    def on_source_result(self, listener: Callable[[SourceResult], None]) -> None:
        """Call a function with each result of a source after it was written."""
        self._result_listeners.append(listener)

    def add_routes(self, routes: MonitoredRoutes) -> None:
        """Add the list of routes that a source monitors for a program."""
        self._batch.routes.append(replace(routes, source=self._state_key or routes.source))

    def add_alert(self, alert: Alert) -> None:
        """Add an event about an offer and a watch."""
        self._batch.alerts.append(alert)

    def add_match(self, match: StoredMatch) -> None:
        """Add a match that has begun, changed or ended."""
        self._batch.matches[match.key] = match
        self.memory.add_match(match)

    def add_follow_up(self, follow_up: FollowUp) -> None:
        """Notify a channel, from now on, when offers in its earlier messages change or are gone."""
        self._follow_ups.append(follow_up)

    def enqueue(self, row: OutboxRow) -> None:
        """Add a message for a channel."""
        self._batch.outbox.append(row)
        self.memory.add_message(row)

    def archive_response(self, search: Search, body: bytes, metadata: ResponseMetadata) -> None:
        """Archive a raw response if the archive is on. A report refers to page 1 or, without it, the first response."""
        if self._archive:
            response_id = self._archive.save(search.id, body, metadata)
            if metadata.page == 1:
                self._response_ids[search.id] = response_id
            else:
                self._response_ids.setdefault(search.id, response_id)

    def flush_if_due(self) -> None:
        """Write the batch if it has BATCH_ROWS rows, or if the last one was written long enough ago.

        The interval follows from WRITING_SHARE and is BATCH_SECONDS at most. Raise an earlier failure again.
        """
        if self.failure:
            raise self.failure
        interval = min(BATCH_SECONDS, self._write_seconds / WRITING_SHARE)
        if len(self._batch) >= BATCH_ROWS or time.monotonic() - self._written_at >= interval:
            self.flush()

    def flush(self) -> None:
        """Write the batch in one transaction; if that fails, keep the batch."""
        started = time.monotonic()
        if self._batch:
            self._batch.follow_ups = tuple(self._follow_ups)
            self._writer.write(self._batch, self.run_id)
            self._batch = Batch()
            self.memory.set_written()
            self._write_seconds = time.monotonic() - started
        self._unwritten_scopes.clear()
        self._written_at = time.monotonic()


def _overlaps(one: Search, other: Search) -> bool:
    route = (one.kind, one.origin, one.destination, one.travelers)
    return (
        route == (other.kind, other.origin, other.destination, other.travelers)
        and one.first <= other.last
        and other.first <= one.last
    )


def set_recorder(crawler: object, recorder: Recorder) -> None:
    """Set the recorder of a crawl for its pipelines."""
    _recorders[crawler] = recorder


def get_recorder(crawler: object) -> Recorder:
    """Return the recorder of a crawl. The extension `run_record` sets it."""
    return _recorders[crawler]
