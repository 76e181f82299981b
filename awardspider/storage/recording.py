"""What one run has to write, gathered and written in batches, each in one transaction.

A report is written with or after the offers of its search, so what was reported as done is there after any crash.
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from awardspider.items import AwardOfferItem, MonitoredRoutes, PromotionItem, Search, SearchReportItem
from awardspider.storage.following import Followed
from awardspider.storage.responses import AnswerStore
from awardspider.storage.store import Alert, Batch, OutboxRow, Store
from awardspider.storage.writing import promotion_id

BATCH_ROWS = 2_000
BATCH_SECONDS = 2.0
_NEAR = 10_000

_RECORDERS: WeakKeyDictionary[object, Recorder] = WeakKeyDictionary()


class Recorder:
    """The run's one way to write. Every method may raise StorageError, and then nothing gathered is lost.

    `site` is the name under which the state of what is asked is noted, where that is not the program's own.
    """

    def __init__(self, store: Store, run_id: str, answers: AnswerStore | None, site: str = "") -> None:
        self.store = store
        self._site = site
        self.run_id = run_id
        self._answers = answers
        self._batch = Batch()
        self._written_at = time.monotonic()
        self._kept: dict[str, str] = {}
        self._waiting: list[Search] = []  # the scopes of what is gathered
        self._doubted: set[str] = set()
        self._followed: list[Followed] = []
        self._promotions: set[str] = set()
        self._told: dict[str, dict[str, int | None]] = {}  # by offer: what each watch was told in this run
        self._told_before: dict[str, dict[str, int | None]] = {}
        self._near: set[str] = set()  # offers that are likely to be asked for next

    def live_offers(self, search: Search, source: str) -> dict[str, str]:
        """Offer id to state, of the offers in the search's scope that are not gone."""
        if any(_overlap(search, other) for other in self._waiting):
            self.flush()
        known = self.store.live_offers(search, source)
        if len(self._near) > _NEAR:  # nobody asks for them: a spider may well see more than anybody wants
            self._near.clear()
        self._near.update(known)
        return known

    def doubt(self, search_id: str) -> None:
        """Something of this search was lost on the way: it is no evidence that an offer is gone."""
        self._doubted.add(search_id)

    def is_doubted(self, search_id: str) -> bool:
        """Whether something of this search was lost."""
        return search_id in self._doubted

    def offer(self, offer_id: str, item: AwardOfferItem) -> None:
        """A new or changed offer."""
        self._batch.offers[offer_id] = item

    def unchanged(self, offer_id: str, seen_at: datetime) -> None:
        """An offer that is as it was."""
        self._batch.seen.setdefault(seen_at, []).append(offer_id)

    def gone(self, offer_id: str, at: datetime) -> None:
        """An offer that an answer for its scope no longer holds."""
        self._batch.gone.setdefault(at, []).append(offer_id)

    def report(self, report: SearchReportItem) -> None:
        """The end of a search; its raw answer's name is filled in, and a due batch is written."""
        report.answer = self._kept.pop(report.search_id, None)
        self._batch.reports.append(report)
        self._waiting.append(report.search)
        self.flush_if_due()

    def promotion(self, item: PromotionItem) -> bool:
        """A promotion; whether it is new."""
        self._batch.promotions.append(item)
        key = promotion_id(item)
        is_new = key not in self._promotions and not self.store.knows_promotion(key)
        self._promotions.add(key)
        return is_new

    def routes(self, listed: MonitoredRoutes) -> None:
        """What a source scans for a program."""
        self._batch.routes.append(replace(listed, source=self._site or listed.source))

    def alert(self, alert: Alert) -> None:
        """An offer that a watch wants."""
        self._batch.alerts.append(alert)
        if alert.watch:
            self._told.setdefault(alert.offer_id, {})[alert.watch] = alert.miles

    def told(self, offer_id: str) -> dict[str, int | None]:
        """At which miles each watch was last told of an offer, by its name; nothing of those never told."""
        if offer_id not in self._told_before:
            # Together with the others of its search: a query for each would be most of what an unchanged offer costs.
            if len(self._told_before) > _NEAR:
                self._told_before.clear()
            self._told_before |= self.store.told([*self._near | {offer_id}])
            self._near.clear()
        return self._told_before[offer_id] | self._told.get(offer_id, {})

    def follow(self, followed: Followed) -> None:
        """Tell a channel from now on what becomes of the offers that it was told of."""
        self._followed.append(followed)

    def outbox(self, row: OutboxRow) -> None:
        """A message for a channel, delivered later."""
        self._batch.outbox.append(row)

    def keep_answer(self, search: Search, body: bytes, meta: dict[str, Any]) -> None:
        """Keep a raw answer, where the setting says so; the report of its search names the first page."""
        if self._answers:
            name = self._answers.keep(search.id, body, meta)
            if meta.get("page", 1) == 1:
                self._kept[search.id] = name
            else:
                self._kept.setdefault(search.id, name)

    def flush_if_due(self) -> None:
        """Write what has been gathered, once it is much or some time has passed."""
        if len(self._batch) >= BATCH_ROWS or time.monotonic() - self._written_at >= BATCH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write what has been gathered, in one transaction; it stays gathered where that fails."""
        if len(self._batch):
            self._batch.followed = tuple(self._followed)
            self.store.write(self._batch, self.run_id)
            self._batch = Batch()
        self._waiting.clear()
        self._written_at = time.monotonic()


def _overlap(one: Search, other: Search) -> bool:
    same = (one.kind, one.origin, one.destination, one.travelers)
    return (
        same == (other.kind, other.origin, other.destination, other.travelers)
        and one.first <= other.last
        and other.first <= one.last
    )


def begin(crawler: object, recorder: Recorder) -> None:
    """Make the recorder of a crawl known to its pipelines."""
    _RECORDERS[crawler] = recorder


def recorder_of(crawler: object) -> Recorder:
    """The recorder of a crawl; the extension `run_record` has begun it."""
    return _RECORDERS[crawler]
