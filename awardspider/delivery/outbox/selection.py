"""The choice among claimed rows: cancel outdated ones, hold those that must wait, and return the others."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from awardspider.delivery.channels.base import ChannelContext
from awardspider.delivery.outbox import timing
from awardspider.delivery.outbox.combining import digest_row
from awardspider.items import EventType, Priority
from awardspider.search.freshness import max_age
from awardspider.storage.caps import CAPPED_EVENTS, best_due_rows, count_sent, move_to_digest
from awardspider.storage.claims import ClaimedRow, cancel_claimed, postpone_rows
from awardspider.storage.digests import collect_digest, find_stale, refresh_digest

logger = logging.getLogger(__name__)

MIN_HOLD = timedelta(minutes=1)


class Selection:
    """The rules of one channel run. The preferences of a row's own watch apply to it.

    `counts` counts the rows that are held, canceled or put into a digest. `reported` contains the channels whose
    invalid holds were logged.
    """

    def __init__(
        self, channel: str, worker: str, context: ChannelContext, counts: Counter[str], reported: set[str]
    ) -> None:
        self._channel = channel
        self._worker = worker
        self._store = context.store
        self._now = context.now
        self._max_age = max_age(context.settings)
        self._counts = counts
        self._reported = reported

    def compose_digest(self) -> None:
        """Combine the due digest rows into one message."""
        now = self._now()
        compose = partial(digest_row, self._channel, now=now)
        self._counts["in_digest"] += collect_digest(self._store, self._channel, now, compose, max_age=self._max_age)

    def select(self, rows: Sequence[ClaimedRow]) -> list[ClaimedRow]:
        """Return the claimed rows to send now."""
        now = self._now()
        with self._store.reading() as connection:
            outdated = find_stale(connection, rows, now, max_age=self._max_age)
        if outdated:
            cancel_claimed(self._store, outdated, worker=self._worker, now=now)
            self._counts["canceled"] += len(outdated)
        current = [row for row in rows if row.id not in outdated]
        due = self._within_caps([row for row in current if not self._is_quiet(row, now)], now)
        return [refreshed for row in due if (refreshed := self._refresh_digest(row, now))]

    def _is_quiet(self, row: ClaimedRow, now: datetime) -> bool:
        """Hold a row of normal priority until its watch's quiet hours end; return True if it is held."""
        if row.event_type not in CAPPED_EVENTS or row.priority is not Priority.NORMAL:
            return False
        until = timing.quiet_until(row.notify_prefs, now)
        if until:
            self._hold([row.id], until, None)
        return until is not None

    def _within_caps(self, rows: Sequence[ClaimedRow], now: datetime) -> list[ClaimedRow]:
        """Return the rows without those beyond the daily cap of their watch, which go into the next digest.

        A row that was attempted is sent in any case: the recipient may have it, so it must not be in a digest too.
        """
        by_watch: dict[str, list[ClaimedRow]] = {}
        for row in rows:
            is_capped = row.event_type in CAPPED_EVENTS and (row.notify_prefs or {}).get("max_per_day")
            if row.watch_key and is_capped and not row.attempt_count:
                by_watch.setdefault(row.watch_key, []).append(row)
        beyond: set[int] = set()
        for watch_key, own in by_watch.items():
            beyond |= self._beyond_cap(watch_key, own, now)
        return [row for row in rows if row.id not in beyond]

    def _beyond_cap(self, watch_key: str, rows: Sequence[ClaimedRow], now: datetime) -> set[int]:
        """Return the ids of the rows beyond the cap. Of all due rows of the watch, the best are sent."""
        prefs = rows[-1].notify_prefs or {}
        sent = count_sent(self._store, self._channel, watch_key, timing.day_start(prefs, now))
        count = max(prefs["max_per_day"] - sent, 0)
        # In quiet hours, only urgent rows are due.
        priorities = [Priority.URGENT] if timing.quiet_until(prefs, now) else [Priority.URGENT, Priority.NORMAL]
        best, more = best_due_rows(
            self._store, self._channel, watch_key, priorities=priorities, count=count, now=now, max_age=self._max_age
        )
        beyond = {row.id for row in rows} - set(best)
        if more or beyond:
            until = timing.next_digest(prefs, now)
            self._hold(sorted(beyond), until, Priority.DIGEST)
            self._counts["held"] += move_to_digest(
                self._store, self._channel, watch_key, priorities=priorities, keep=best, until=until, now=now
            )
        return beyond

    def _hold(self, ids: Sequence[int], until: datetime, priority: Priority | None) -> None:
        """Hold rows until a later time. An earlier time is a bug; without MIN_HOLD, it would make an endless loop."""
        now = self._now()
        if until <= now:
            until = now + MIN_HOLD
            if self._channel not in self._reported:
                self._reported.add(self._channel)
                logger.error("Messages of channel %s would be held until a time that has passed", self._channel)
        postpone_rows(self._store, ids, worker=self._worker, until=until, priority=priority)
        self._counts["held"] += len(ids)

    def _refresh_digest(self, row: ClaimedRow, now: datetime) -> ClaimedRow | None:
        """Remove outdated offers from a digest, or cancel it and return None if it is empty. Keep other rows as is."""
        if row.event_type is not EventType.DIGEST:
            return row
        compose = partial(digest_row, self._channel, now=now)
        body = refresh_digest(self._store, row, now, compose, worker=self._worker, max_age=self._max_age)
        if body is None:
            self._counts["canceled"] += 1
            return None
        return replace(row, body=body)
