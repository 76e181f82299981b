"""One run of a channel: claim due rows, cancel outdated ones, hold or send the others, and record the results."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from random import Random
from threading import Event as StopEvent
from types import TracebackType
from typing import Any

from awardspider.delivery.channels.base import Channel, ChannelContext, DeliveryReport, Message, unknown
from awardspider.delivery.channels.configuration import resolve_config
from awardspider.delivery.messages import events
from awardspider.delivery.outbox import timing
from awardspider.delivery.outbox.digests import digest_row
from awardspider.items import EventType, Priority
from awardspider.outcomes import AwardError, InvalidArgument, InvalidSetting
from awardspider.search.freshness import max_age
from awardspider.storage.channels import ChannelRow, PausedBy, back_off, pause_channel
from awardspider.storage.claims import (
    Attempt,
    ClaimedRow,
    ClaimRequest,
    cancel_claimed,
    claim_rows,
    postpone_rows,
    record_attempts,
    release_claims,
    start_sending,
    worker_name,
)
from awardspider.storage.digests import collect_digest, find_stale, refresh_digest
from awardspider.storage.offers import offers_by_id
from awardspider.storage.outbox import DeliveryResult, DeliveryStatus, OutboxRow, count_sent, notified_watches

logger = logging.getLogger(__name__)

ROWS_PER_CLAIM = 50
LEASE_RENEWAL = timedelta(seconds=10)  # a lease lasts as long as the longest call plus three times this
MAX_CONSECUTIVE_FAILURES = 5  # after this many, the channel backs off, because the recipient seems to be down
BACKOFF_SECONDS = 60.0
MAX_RUN_DURATION = timedelta(seconds=10)  # limited, so that a long backlog does not delay the other channels
MIN_HOLD = timedelta(minutes=1)
_HOLDABLE = (EventType.OFFER_MATCHED, EventType.OFFER_DROPPED)


@dataclass(kw_only=True)
class ChannelRunResult:
    """The result of a channel run.

    `counts` maps each result to a number of rows; results are the values of DeliveryResult, "held", "canceled" and
    "in_digest". `paused` is the reason if the run paused the channel. `more` is True if time ran out, so that due
    messages may remain.
    """

    channel: str
    counts: Counter[str] = field(default_factory=Counter)
    paused: str | None = None
    more: bool = False


class ChannelRun:
    """A run that sends the due messages of one channel, in one thread.

    `wait` sleeps for a number of seconds, or less if `stop` is set. `pause_notice` builds a message that reports, on
    another channel, that this channel is paused; it returns None if no other channel accepts such messages.
    """

    def __init__(
        self,
        row: ChannelRow,
        context: ChannelContext,
        *,
        stop: StopEvent,
        wait: Callable[[float], object],
        random: Random,
        opener: Callable[..., Channel],
        pause_notice: Callable[[str], OutboxRow | None],
    ) -> None:
        self._row = row
        self._context = context
        self._store = context.store
        self._stop = stop
        self._wait = wait
        self._random = random
        self._opener = opener
        self._pause_notice = pause_notice
        self._max_age = max_age(context.settings)
        self._worker = worker_name()
        self._failures = 0
        self._leased_at = self._ends_at = context.now()
        self._result = ChannelRunResult(channel=row.name)

    def run(self) -> ChannelRunResult:
        """Send until nothing is due, the channel backs off or is paused, time runs out, or `stop` is set."""
        self._ends_at = self._context.now() + MAX_RUN_DURATION
        try:
            channel = self._opener(resolve_config(self._row, self._context.settings), self._context)
        except (InvalidArgument, InvalidSetting) as error:
            self._pause(str(error))
            return self._result
        except Exception as error:  # a bug in the channel must not stop the other channels
            logger.error("Channel %s could not be opened", self._row.name, exc_info=without_message(error))
            self._pause(f"internal error in the channel: {type(error).__name__}")
            return self._result
        try:
            self._compose_digest()
            while not self._stop.is_set() and self._send_claim(channel) and not self._time_is_up():
                pass
        except AwardError:
            raise
        except Exception as error:  # an error, such as an unreadable row, must not stop the other channels
            logger.error("Channel %s failed", self._row.name, exc_info=without_message(error))
            self._pause(f"internal error while sending: {type(error).__name__}")
        finally:
            release_claims(self._store, self._worker)
            channel.close()
        return self._result

    def _send_claim(self, channel: Channel) -> bool:
        """Claim rows and send them. Return True if the run can continue."""
        lease = timedelta(seconds=channel.max_call_seconds) + 3 * LEASE_RENEWAL
        request = ClaimRequest(
            channel=self._row.name,
            worker=self._worker,
            now=self._context.now(),
            limit=max(ROWS_PER_CLAIM, channel.batch_size),
            batch_size=channel.batch_size,
            lease=lease,
            rate_limit=channel.rate_limit,
            exclusive=channel.exclusive,
            idempotent=channel.idempotent,
        )
        self._leased_at = request.now
        claim = claim_rows(self._store, request)
        if claim.retry_in is not None:
            self._wait(claim.retry_in)
            return True
        rows = iter(self._select(claim.rows, channel))
        while batch := list(islice(rows, channel.batch_size)):
            if self._stop.is_set() or not self._send(channel, batch, lease) or self._time_is_up():
                return False
        return bool(claim.rows)

    def _time_is_up(self) -> bool:
        self._result.more = self._result.more or self._context.now() >= self._ends_at
        return self._result.more

    # ---- selection ----

    def _select(self, rows: Sequence[ClaimedRow], channel: Channel) -> list[ClaimedRow]:
        """Return the rows to send now, after canceling outdated rows and holding those that must wait."""
        if channel.syncs_rows or not rows:
            return list(rows)
        now = self._context.now()
        with self._store.reading() as connection:
            outdated = find_stale(connection, [_as_mapping(row) for row in rows], now, max_age=self._max_age)
        if outdated:
            cancel_claimed(self._store, outdated, now)
            self._result.counts["canceled"] += len(outdated)
        sent_today: dict[str, int] = {}
        due = [row for row in rows if row.id not in outdated and not self._hold(row, sent_today)]
        return [current for row in due if (current := self._refresh_digest(row))]

    def _refresh_digest(self, row: ClaimedRow) -> ClaimedRow | None:
        """Remove outdated offers from a digest, or cancel it and return None if it is empty. Keep other rows as is."""
        if row.event_type != EventType.DIGEST:
            return row
        now = self._context.now()
        compose = partial(digest_row, self._row.name, now=now)
        body = refresh_digest(self._store, row, now, compose, max_age=self._max_age)
        if body is None:
            self._result.counts["canceled"] += 1
            return None
        return replace(row, body=body)

    def _hold(self, row: ClaimedRow, sent_today: dict[str, int]) -> bool:
        """Hold a row until quiet hours end, or for the next digest if the watch has reached its daily cap.

        Return True if the row is held. `sent_today` counts today's messages for each watch, including those of this
        claim.
        """
        prefs = row.notify_prefs
        if not prefs or row.event_type not in _HOLDABLE:
            return False
        now = self._context.now()
        until, priority = timing.quiet_until(prefs, now) if row.priority == Priority.NORMAL else None, None
        if not until and prefs.get("max_per_day") and row.watch:
            if row.watch not in sent_today:
                midnight = timing.day_start(prefs, now)
                sent_today[row.watch] = count_sent(
                    self._store, self._row.name, row.watch, midnight, row_id=row.id, worker=self._worker
                )
            if sent_today[row.watch] >= prefs["max_per_day"]:
                until, priority = timing.next_digest(prefs, now), Priority.DIGEST
            else:
                sent_today[row.watch] += 1
        if until:
            self._postpone([row.id], until, priority)
        return until is not None

    def _postpone(self, ids: Sequence[int], until: datetime, priority: Priority | None) -> None:
        """Hold rows until a later time; a time that is not later is a bug and must not make the dispatcher spin."""
        now = self._context.now()
        if until <= now:
            until = now + MIN_HOLD
            if not self._result.counts["held"]:  # once a run
                logger.error("Messages of channel %s would be held until a time that has passed", self._row.name)
        postpone_rows(self._store, ids, until=until, priority=priority)
        self._result.counts["held"] += len(ids)

    def _compose_digest(self) -> None:
        now = self._context.now()
        compose = partial(digest_row, self._row.name, now=now)
        combined = collect_digest(self._store, self._row.name, now, compose, max_age=self._max_age)
        self._result.counts["in_digest"] += combined

    # ---- sending ----

    def _send(self, channel: Channel, rows: Sequence[ClaimedRow], lease: timedelta) -> bool:
        """Send one batch and record the results. Return True if the channel can continue."""
        messages = self._messages(rows, channel)
        if not channel.idempotent:
            ids = [row.id for row in rows]
            leased = start_sending(self._store, ids, worker=self._worker, now=self._context.now(), lease=lease)
            rows = [row for row in rows if row.id in leased]
            if not rows:  # this process was suspended, and another worker claimed the rows
                return True
            messages = [message for message in messages if message.id in leased]
        started = time.monotonic()
        try:
            reports: Sequence[DeliveryReport] = channel.deliver(messages)
            assert len(reports) == len(messages)
        except Exception as error:  # a bug in the channel: some messages may have been sent
            logger.error("Channel %s failed", self._row.name, exc_info=without_message(error))
            reports = [unknown(f"internal error in the channel: {type(error).__name__}")] * len(messages)
        seconds = time.monotonic() - started
        now = self._context.now()
        attempts = [self._attempt(row, report, channel, seconds) for row, report in zip(rows, reports, strict=True)]
        renews = now - self._leased_at >= LEASE_RENEWAL
        self._leased_at = now if renews else self._leased_at
        record_attempts(self._store, attempts, worker=self._worker, now=now, lease=lease if renews else None)
        self._result.counts.update(
            DeliveryResult.RETRY if attempt.status is DeliveryStatus.PENDING else attempt.status for attempt in attempts
        )
        if pausing := next((report for report in reports if report.pauses), None):
            self._pause(pausing.note)
            return False
        return not self._back_off(reports)

    def _attempt(self, row: ClaimedRow, report: DeliveryReport, channel: Channel, seconds: float) -> Attempt:
        """Return the record of an attempt, including the time of the next one, if any."""
        now = self._context.now()
        note, next_attempt_at = report.note, None
        is_unknown = report.result is DeliveryResult.UNKNOWN
        if report.result is DeliveryResult.RETRY or (is_unknown and channel.idempotent):
            # A message that waits for the operator must not run out of attempts.
            attempts = 1 if report.pauses else row.attempt_count + 1
            age = (now - row.created_at).total_seconds()
            next_attempt_at = timing.next_attempt_at(attempts, report.wait_seconds, now, self._random, age)
            status = DeliveryStatus.PENDING if next_attempt_at else DeliveryStatus.REJECTED
            note = note if next_attempt_at else f"gave up after {attempts} attempts; last: {note}"
        else:
            status = DeliveryStatus(report.result)
        return Attempt(
            row_id=row.id,
            status=status,
            result=report.result,
            note=note,
            seconds=round(seconds, 3),
            next_attempt_at=next_attempt_at,
            provider_id=report.provider_id,
        )

    def _back_off(self, reports: Sequence[DeliveryReport]) -> bool:
        """Make the channel back off if the recipient asked for a delay or seems to be down. Return True if so."""
        delays = [report.wait_seconds for report in reports if report.result is DeliveryResult.RETRY]
        for report in reports:
            failed = report.result in (DeliveryResult.RETRY, DeliveryResult.UNKNOWN)
            self._failures = self._failures + 1 if failed else 0
        is_down = self._failures >= MAX_CONSECUTIVE_FAILURES
        seconds = max(filter(None, delays), default=BACKOFF_SECONDS if is_down else 0.0)
        if seconds:
            until = self._context.now() + timedelta(seconds=min(seconds, timing.MAX_RETRY_AFTER))
            back_off(self._store, self._row.name, until)
        return bool(seconds)

    def _pause(self, reason: str) -> None:
        name, now, notice = self._row.name, self._context.now(), self._pause_notice(reason)
        if pause_channel(self._store, name, reason=reason, by=PausedBy.DISPATCHER, now=now, notice=notice):
            logger.error("Channel %s is paused: %s (resume it with: scrapy channels resume %s)", name, reason, name)
            self._result.paused = reason

    def _messages(self, rows: Sequence[ClaimedRow], channel: Channel) -> list[Message]:
        """Return the rows as messages. Unless the channel syncs rows, empty bodies are built from stored offers."""
        bodies = {} if channel.syncs_rows else self._bodies([row for row in rows if not row.body])
        return [
            Message(
                id=row.id,
                key=row.key,
                type=row.event_type,
                subject=row.subject,
                body=bodies.get(row.id, row.body),
                created_at=row.created_at,
                attempts=row.attempt_count,
                timezone=(row.notify_prefs or {}).get("timezone") or "",
            )
            for row in rows
        ]

    def _bodies(self, rows: Sequence[ClaimedRow]) -> dict[int, dict[str, Any]]:
        """Return bodies keyed by row id, built from the stored offers and the watches in each offer's last message."""
        offers = offers_by_id(self._store, [row.subject for row in rows]) if rows else {}
        watches = notified_watches(self._store, self._row.name, list(offers)) if offers else {}
        bodies = {}
        for row in rows:
            if row.subject in offers:
                offer, names = offers[row.subject], watches.get(row.subject, "")
                event = events.offer_event(row.event_type, row.key, offer, row.created_at, watches=[names])
                bodies[row.id] = events.event_body(event)
        return bodies


def without_message(error: Exception) -> tuple[type[Exception], Exception, TracebackType | None]:
    """Return exception info for logging: the traceback and type, without the message, which may contain secrets."""
    return RuntimeError, RuntimeError(type(error).__name__), error.__traceback__


def _as_mapping(row: ClaimedRow) -> dict[str, Any]:
    """Return the row as a mapping, without copying the body as `asdict` would."""
    return {name: getattr(row, name) for name in ClaimedRow.__dataclass_fields__}
