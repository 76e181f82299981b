"""The choice of the messages of a channel run: compose due rows, cancel outdated ones, hold those that must wait."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property

from sqlalchemy import Connection

from awardspider.deals.ranking import best_first, body_facts
from awardspider.delivery.channels.base import ChannelContext
from awardspider.delivery.messages.events import DigestKind
from awardspider.delivery.outbox import timing
from awardspider.delivery.outbox.combining import daily_digest, watch_summary
from awardspider.delivery.outbox.composition import WatchQuota, compose_messages
from awardspider.delivery.outbox.findings import is_promotion, promotion_row_rank
from awardspider.items import EventType, Priority
from awardspider.search.exchange_rates import ExchangeRates
from awardspider.search.freshness import max_age
from awardspider.storage.caps import count_sent, due_rows, move_to_digest
from awardspider.storage.claims import ClaimedRow, cancel_claimed, postpone_rows
from awardspider.storage.compositions import (
    MAX_ROWS,
    count_messages,
    created_times,
    has_due_matches,
    hold_rows,
    lock_due_matches,
    notified_watch_keys,
    write_digest,
    write_single,
)
from awardspider.storage.digests import cancel_stale, collect_digest, find_stale, refresh_digest
from awardspider.storage.due_promotions import with_current_terms
from awardspider.storage.exchange_rates import current_rates
from awardspider.storage.outbox import WATCH_EVENTS, OutboxRow

logger = logging.getLogger(__name__)

MIN_HOLD = timedelta(minutes=1)
_NO_CAP = 1_000_000  # messages a day


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
        self._settings = context.settings
        self._max_age = max_age(context.settings)
        self._counts = counts
        self._reported = reported

    @cached_property
    def _rates(self) -> ExchangeRates:
        return current_rates(self._store, self._settings)

    def compose_digest(self) -> None:
        """Combine the due digest rows into one message."""
        now, rates = self._now(), self._rates

        def compose(rows: Sequence[ClaimedRow]) -> OutboxRow:
            return daily_digest(self._channel, rows, now, rates)

        self._counts["in_digest"] += collect_digest(self._store, self._channel, now, compose, max_age=self._max_age)

    def compose_matches(self) -> bool:
        """Compose the due rows about matches: a message for each watch. Return True if more rows may be due.

        This is one transaction under the lock of the channel, so several dispatchers never compose the same rows.
        """
        now, rates = self._now(), self._rates
        if not has_due_matches(self._store, self._channel, now):
            return False
        with self._store.writing() as connection:
            found = lock_due_matches(connection, self._channel, now)
            rows = cancel_stale(connection, found, now, self._max_age)
            self._counts["canceled"] += len(found) - len(rows)
            rows = self._hold_quiet(connection, rows, now)
            quotas = self._quotas(connection, rows, now)
            rows = self._hold_beyond_caps(connection, rows, quotas, now)
            for message in compose_messages(rows, quotas, rates):
                if not message.kind:
                    write_single(connection, message.rows)
                    continue
                summary = watch_summary(self._channel, message.watch_key, message.rows, now, rates, kind=message.kind)
                write_digest(connection, summary, message.rows, now)
                self._counts["in_digest"] += len(message.rows)
        return len(found) == MAX_ROWS

    def _hold_quiet(self, connection: Connection, rows: Sequence[ClaimedRow], now: datetime) -> list[ClaimedRow]:
        """Hold the rows whose watches are in their quiet hours, and return the others."""
        held: dict[datetime, list[int]] = {}
        for row in rows:
            if until := self._quiet_until(row, now):
                held.setdefault(until, []).append(row.id)
        for until, ids in held.items():
            hold_rows(connection, ids, until)
            self._counts["held"] += len(ids)
        quiet = {row_id for ids in held.values() for row_id in ids}
        return [row for row in rows if row.id not in quiet]

    def _quotas(self, connection: Connection, rows: Sequence[ClaimedRow], now: datetime) -> dict[str, WatchQuota]:
        """Return the quotas of the rows' watches, in the order in which the watches were created."""
        prefs = {row.watch_key: row.notify_prefs or {} for row in rows if row.watch_key}
        created = created_times(connection, prefs.keys())
        notified = notified_watch_keys(connection, self._channel, prefs.keys(), now)
        by_day: dict[datetime, list[str]] = {}
        for watch_key, own in prefs.items():
            by_day.setdefault(timing.day_start(own, now), []).append(watch_key)
        sent: dict[str, int] = {}
        for since, keys in by_day.items():
            sent |= count_messages(connection, self._channel, keys, since)
        # Watches that were never stored come last.
        order = sorted(prefs, key=lambda key: (key not in created, created.get(key, now), key))
        return {
            key: WatchQuota(
                left=(prefs[key].get("max_per_day") or _NO_CAP) - sent.get(key, 0), is_first=key not in notified
            )
            for key in order
        }

    def _hold_beyond_caps(
        self, connection: Connection, rows: Sequence[ClaimedRow], quotas: dict[str, WatchQuota], now: datetime
    ) -> list[ClaimedRow]:
        """Move the rows of watches without messages left to the next digest, and return the others."""
        over = {key for key, quota in quotas.items() if quota.left < 1}
        held: dict[datetime, list[int]] = {}
        for row in rows:
            if row.watch_key in over:
                until = self._later(timing.next_digest(row.notify_prefs, now), now)
                held.setdefault(until, []).append(row.id)
        for until, ids in held.items():
            hold_rows(connection, ids, until, Priority.DIGEST)
            self._counts["held"] += len(ids)
        for key in over:
            del quotas[key]
        return [row for row in rows if row.watch_key not in over]

    def select(self, rows: Sequence[ClaimedRow]) -> list[ClaimedRow]:
        """Return the claimed rows to send now."""
        now = self._now()
        with self._store.reading() as connection:
            outdated = find_stale(connection, rows, now, max_age=self._max_age)
        if outdated:
            cancel_claimed(self._store, outdated, worker=self._worker, now=now)
            self._counts["canceled"] += len(outdated)
        current = [row for row in rows if row.id not in outdated]
        if any(map(is_promotion, current)):
            with self._store.writing() as connection:
                current = with_current_terms(connection, current)
        due = self._within_caps(self._outside_quiet_hours(current, now), now)
        return [refreshed for row in due if (refreshed := self._refresh_digest(row, now))]

    def _outside_quiet_hours(self, rows: Sequence[ClaimedRow], now: datetime) -> list[ClaimedRow]:
        """Hold rows until their watch's quiet hours end, and return the others.

        Rows of one message are held together, because another message with its key would not be sent again.
        """
        ends: dict[int | str, list[datetime]] = {}
        for row in rows:
            if until := self._quiet_until(row, now):
                ends.setdefault(row.message_key or row.id, []).append(until)
        for key, untils in ends.items():
            self._hold([row.id for row in rows if (row.message_key or row.id) == key], max(untils), None)
        return [row for row in rows if (row.message_key or row.id) not in ends]

    def _quiet_until(self, row: ClaimedRow, now: datetime) -> datetime | None:
        """Return when the quiet hours of a row's watch end, if it must wait for that.

        Only rows of normal priority wait. A digest of several watches has no quiet hours.
        """
        held = (*WATCH_EVENTS, EventType.DIGEST, EventType.OFFER_GONE)
        if row.event_type not in held or row.priority is not Priority.NORMAL:
            return None
        until = timing.quiet_until(row.notify_prefs, now)
        return self._later(until, now) if until else None

    def _within_caps(self, rows: Sequence[ClaimedRow], now: datetime) -> list[ClaimedRow]:
        """Return the rows without those beyond the daily cap of their watch, which go into the next digest.

        The cap of a composed message was applied when it was composed. A row that was attempted is sent in any case:
        the recipient may have it, so it must not be in a digest too.
        """
        by_watch: dict[str, list[ClaimedRow]] = {}
        for row in rows:
            is_capped = row.event_type in WATCH_EVENTS and (row.notify_prefs or {}).get("max_per_day")
            if row.watch_key and is_capped and not row.attempt_count and not row.message_key:
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
        due = due_rows(self._store, self._channel, watch_key, priorities=priorities, now=now, max_age=self._max_age)
        if all(map(is_promotion, due)):
            ranked = sorted(due, key=promotion_row_rank)
        else:
            ranked = best_first(due, lambda row: body_facts(row.body), self._rates)
        best = [row.id for row in ranked[:count]]
        beyond = {row.id for row in rows} - set(best)
        if len(due) > count or beyond:
            until = timing.next_digest(prefs, now)
            self._hold(sorted(beyond), until, Priority.DIGEST)
            self._counts["held"] += move_to_digest(
                self._store, self._channel, watch_key, priorities=priorities, keep=best, until=until, now=now
            )
        return beyond

    def _hold(self, ids: Sequence[int], until: datetime, priority: Priority | None) -> None:
        """Hold claimed rows until a later time."""
        until = self._later(until, self._now())
        postpone_rows(self._store, ids, worker=self._worker, until=until, priority=priority)
        self._counts["held"] += len(ids)

    def _later(self, until: datetime, now: datetime) -> datetime:
        """Return the time until which rows are held. An earlier one is a bug, and would make an endless loop."""
        if until > now:
            return until
        if self._channel not in self._reported:
            self._reported.add(self._channel)
            logger.error("Messages of channel %s would be held until a time that has passed", self._channel)
        return now + MIN_HOLD

    def _refresh_digest(self, row: ClaimedRow, now: datetime) -> ClaimedRow | None:
        """Remove outdated offers from a digest, or cancel it and return None if it is empty. Keep other rows as is."""
        if row.event_type is not EventType.DIGEST:
            return row
        kind, watch_key, rates = DigestKind(row.body.get("kind", DigestKind.DAILY)), row.watch_key, self._rates

        def compose(parts: Sequence[ClaimedRow]) -> OutboxRow:
            if watch_key is None:
                return daily_digest(self._channel, parts, now, rates)
            return watch_summary(self._channel, watch_key, parts, now, rates, kind=kind)

        body = refresh_digest(self._store, row, now, compose, worker=self._worker, max_age=self._max_age)
        if body is None:
            self._counts["canceled"] += 1
            return None
        return replace(row, body=body)
