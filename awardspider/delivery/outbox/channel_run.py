"""One run of a channel: claim due rows, send those that are selected, and record the results."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import islice
from random import Random
from threading import Event as StopEvent
from types import TracebackType

from awardspider.delivery.channels.base import Channel, ChannelContext, DeliveryReport, Message, unknown
from awardspider.delivery.channels.configuration import resolve_config
from awardspider.delivery.messages import events
from awardspider.delivery.outbox import timing
from awardspider.delivery.outbox.combining import combined_body
from awardspider.delivery.outbox.selection import Selection
from awardspider.delivery.public_pages import create_share_links
from awardspider.items import EventType
from awardspider.outcomes import AwardError, InvalidArgument, InvalidSetting
from awardspider.storage.alert_times import last_alert_times
from awardspider.storage.channels import ChannelRow, PausedBy, back_off, end_failures, pause_channel
from awardspider.storage.claims import (
    Attempt,
    ClaimedRow,
    ClaimRequest,
    claim_rows,
    group_rows,
    join_rows,
    message_key,
    release_claims,
    worker_name,
)
from awardspider.storage.offers import offers_by_id
from awardspider.storage.outbox import DeliveryResult, DeliveryStatus, OutboxRow, notified_watches
from awardspider.storage.sending import AttemptWriter

logger = logging.getLogger(__name__)

ROWS_PER_CLAIM = 50  # at first, and for slow channels
MAX_ROWS_PER_CLAIM = 1_000
CLAIM_DURATION = timedelta(seconds=0.4)  # of the largest claim of a fast channel
LEASE_RENEWAL = timedelta(seconds=10)  # a lease lasts as long as the longest call plus three times this
MAX_CONSECUTIVE_FAILURES = 5  # after this many, the channel backs off, because the recipient may be down
MIN_BACKOFF_SECONDS = 0.25  # doubled with each further failure
MAX_BACKOFF_SECONDS = 60.0
MAX_RUN_DURATION = timedelta(seconds=10)  # limited, so that a long backlog does not delay the other channels


@dataclass(kw_only=True)
class ChannelRunResult:
    """The result of a channel run.

    `counts` maps each result to a number: of messages for the values of DeliveryResult and for "awaiting_human", and of
    rows for "held", "canceled" and "in_digest". `paused` is the reason if the run paused the channel. `more` is True if
    time ran out, so that due messages may remain.
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
        reported: set[str],
    ) -> None:
        self._row = row
        self._context = context
        self._store = context.store
        self._stop = stop
        self._wait = wait
        self._random = random
        self._opener = opener
        self._pause_notice = pause_notice
        self._worker = worker_name()
        self._failures = self._stored_failures = 0  # consecutive, also in earlier runs
        self._backoff_seconds = 0.0
        self._leased_at = self._ends_at = context.now()
        self._result = ChannelRunResult(channel=row.name)
        self._writer = AttemptWriter(self._store, self._worker)
        self._claim_size = ROWS_PER_CLAIM
        self._share_links: dict[str, str] = {}
        self._selection = Selection(row.name, self._worker, context, self._result.counts, reported)

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
            self._compose(channel)
            while not self._stop.is_set() and self._send_claim(channel) and not self._time_is_up():
                pass
        except AwardError:
            raise
        except Exception as error:  # an error, such as an unreadable row, must not stop the other channels
            logger.error("Channel %s failed", self._row.name, exc_info=without_message(error))
            self._pause(f"internal error while sending: {type(error).__name__}")
        finally:
            try:
                self._writer.close(self._context.now())
                release_claims(self._store, self._worker)
            finally:
                channel.close()
        return self._result

    def _compose(self, channel: Channel) -> None:
        """Compose the due rows into messages, unless time runs out."""
        self._selection.compose_digest()
        while channel.composes and not self._stop.is_set() and self._selection.compose_matches():
            if self._time_is_up():
                break

    def _send_claim(self, channel: Channel) -> bool:
        """Claim rows and send them. Return True if the run can continue."""
        lease = timedelta(seconds=channel.max_call_seconds) + 3 * LEASE_RENEWAL
        request = ClaimRequest(
            channel=self._row.name,
            worker=self._worker,
            now=self._context.now(),
            limit=max(self._claim_size, channel.batch_size),
            batch_size=channel.batch_size,
            lease=lease,
            rate_limit=channel.rate_limit,
            exclusive=channel.exclusive,
            idempotent=channel.idempotent,
            composed=channel.composes,
        )
        self._leased_at = request.now
        claim = claim_rows(self._store, request)
        if claim.retry_in is not None:
            self._wait(claim.retry_in)
            return True
        if claim.backoff_seconds is not None:
            return self._wait_for_backoff(claim.backoff_seconds)
        self._stored_failures = claim.failures
        self._failures = max(self._failures, claim.failures)
        found = self._groups(claim.rows, channel)
        self._share_links = self._create_share_links(found, channel)
        groups = iter(found)
        while batch := list(islice(groups, channel.batch_size)):
            if self._stop.is_set() or not self._send(channel, batch, lease) or self._time_is_up():
                return False
            if self._backoff_seconds:
                release_claims(self._store, self._worker)
                return self._wait_for_backoff(self._backoff_seconds)
        self._writer.finish(self._context.now())
        self._adapt_claim_size(self._context.now() - request.now)
        return bool(claim.rows)

    def _adapt_claim_size(self, duration: timedelta) -> None:
        """Claim more rows at a time from a fast channel, and fewer from a slow one.

        A claim that takes long would delay urgent messages, and another dispatcher could not take a share of the rows.
        """
        if duration < CLAIM_DURATION / 2:
            self._claim_size = min(2 * self._claim_size, MAX_ROWS_PER_CLAIM)
        elif duration > CLAIM_DURATION:
            self._claim_size = max(self._claim_size // 2, ROWS_PER_CLAIM)

    def _groups(self, rows: Sequence[ClaimedRow], channel: Channel) -> list[list[ClaimedRow]]:
        """Return the rows to send now, grouped into messages."""
        if channel.syncs_rows or not rows:
            return [[row] for row in rows]
        groups = group_rows(self._with_bodies(self._selection.select(rows)))
        if joined := [group for group in groups if len(group) > 1 and group[0].message_key is None]:
            join_rows(self._store, joined)
        return groups

    def _create_share_links(self, groups: Sequence[Sequence[ClaimedRow]], channel: Channel) -> dict[str, str]:
        """Return the links to the public pages of these messages, keyed by message key."""
        if not self._context.public_url or channel.syncs_rows:
            return {}
        return create_share_links(
            self._store,
            self._context.public_url,
            map(_message, groups),
            locale=channel.locale,
            now=self._context.now(),
        )

    def _time_is_up(self) -> bool:
        self._result.more = self._result.more or self._context.now() >= self._ends_at
        return self._result.more

    # ---- sending ----

    def _send(self, channel: Channel, groups: Sequence[Sequence[ClaimedRow]], lease: timedelta) -> bool:
        """Send one batch of messages and record the results. Return True if the channel can continue."""
        ids = [row.id for group in groups for row in group]
        leased = self._writer.start(ids, now=self._context.now(), lease=lease, repeats=channel.idempotent)
        if len(leased) < len(ids):  # this process was suspended, and another worker has claimed the rows
            groups = [own for group in groups if (own := [row for row in group if row.id in leased])]
            if not groups:
                return True
        messages = [_message(group, self._share_links) for group in groups]
        started = time.monotonic()
        try:
            reports: Sequence[DeliveryReport] = channel.deliver(messages)
            assert len(reports) == len(messages)
        except Exception as error:  # a bug in the channel: some messages may have been sent
            logger.error("Channel %s failed", self._row.name, exc_info=without_message(error))
            reports = [unknown(f"internal error in the channel: {type(error).__name__}")] * len(messages)
        seconds = time.monotonic() - started
        now = self._context.now()
        attempts: list[Attempt] = []
        for group, report in zip(groups, reports, strict=True):
            attempt = self._attempt(group[0], report, channel, seconds)
            attempts += [attempt, *(replace(attempt, row_id=row.id) for row in group[1:])]
            result = DeliveryResult.RETRY if attempt.status is DeliveryStatus.PENDING else attempt.status
            self._result.counts[result] += 1
        renews = now - self._leased_at >= LEASE_RENEWAL
        self._leased_at = now if renews else self._leased_at
        self._writer.record(attempts, now=now, lease=lease if renews else None)
        if pausing := next((report for report in reports if report.pauses), None):
            self._pause(pausing.note)
            return False
        self._back_off(reports)
        return True

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
        elif report.result is DeliveryResult.HANDED_OFF:
            status = DeliveryStatus.AWAITING_HUMAN
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

    def _back_off(self, reports: Sequence[DeliveryReport]) -> None:
        """Make the channel back off if the recipient requested a delay or has failed several times in a row.

        The delay grows with the number of consecutive failures, and one success ends it. So a recipient that fails
        occasionally is hardly slowed down, and one that is down gets one message a minute.
        """
        delays = [report.wait_seconds for report in reports if report.result is DeliveryResult.RETRY]
        failed = all(report.result in (DeliveryResult.RETRY, DeliveryResult.UNKNOWN) for report in reports)
        self._failures = self._failures + 1 if failed else 0
        self._backoff_seconds = min(
            max(filter(None, delays), default=backoff_seconds(self._failures)), timing.MAX_RETRY_AFTER
        )
        if self._backoff_seconds:
            until = self._context.now() + timedelta(seconds=self._backoff_seconds)
            back_off(self._store, self._row.name, until, failures=self._failures)
            self._stored_failures = self._failures
        elif self._stored_failures and not self._failures:
            end_failures(self._store, self._row.name)
            self._stored_failures = 0

    def _wait_for_backoff(self, seconds: float) -> bool:
        """Wait until a back-off ends and return True, or return False if the run ends before that.

        The next run waits for a short back-off, unless this run delivered nothing.
        """
        if self._context.now() + timedelta(seconds=seconds) < self._ends_at:
            self._wait(seconds)
            return True
        if timedelta(seconds=seconds) < MAX_RUN_DURATION and self._result.counts[DeliveryResult.SENT]:
            self._result.more = True
        return False

    def _pause(self, reason: str) -> None:
        name, now, notice = self._row.name, self._context.now(), self._pause_notice(reason)
        if pause_channel(self._store, name, reason=reason, by=PausedBy.DISPATCHER, now=now, notice=notice):
            logger.error("Channel %s is paused: %s (resume it with: scrapy channels resume %s)", name, reason, name)
            self._result.paused = reason

    def _with_bodies(self, rows: Sequence[ClaimedRow]) -> list[ClaimedRow]:
        """Return the rows; empty bodies are built from the stored offers and the watches notified of them."""
        empty = [row.subject for row in rows if not row.body]
        offers = offers_by_id(self._store, empty) if empty else {}
        watches = notified_watches(self._store, self._row.name, list(offers)) if offers else {}
        alerted_at = last_alert_times(self._store, self._row.name, list(offers)) if offers else {}
        found = []
        for row in rows:
            if not row.body and row.subject in offers:
                named = watches.get(row.subject, [])
                names = list(dict.fromkeys(name for name, _ in named))
                ids = [watch_id for _, watch_id in named if watch_id]
                offer = offers[row.subject]
                event = events.offer_event(
                    row.event_type,
                    row.key,
                    offer,
                    row.created_at,
                    watches=names,
                    watch_ids=ids,
                    previous_at=alerted_at.get((row.subject, row.watch_key)),
                )
                row = replace(row, body=events.event_body(event))
            found.append(row)
        return found


def _message(group: Sequence[ClaimedRow], share_links: Mapping[str, str] | None = None) -> Message:
    """Return the message for a group of rows. The links to public pages are keyed by message key."""
    row, key = group[0], message_key(group)
    is_combined = bool(row.body) and (len(group) > 1 or key != row.key)
    body = combined_body(group, key) if is_combined else row.body
    return Message(
        id=row.id,
        key=key,
        type=EventType(body["type"]) if is_combined else row.event_type,
        subject=body.get("offer_id", row.subject) if is_combined else row.subject,
        body=body,
        created_at=row.created_at,
        attempts=row.attempt_count,
        timezone=_timezone(group),
        share_link=(share_links or {}).get(key, ""),
    )


def _timezone(rows: Sequence[ClaimedRow]) -> str:
    """Return the time zone of the first watch of a message that has one, or an empty string."""
    return next((zone for row in rows if (zone := (row.notify_prefs or {}).get("timezone"))), "")


def backoff_seconds(failures: int) -> float:
    """Return how long a channel backs off after this number of consecutive failures."""
    further = failures - MAX_CONSECUTIVE_FAILURES
    return 0.0 if further < 0 else min(MIN_BACKOFF_SECONDS * 2.0 ** min(further, 20), MAX_BACKOFF_SECONDS)


def without_message(error: Exception) -> tuple[type[Exception], Exception, TracebackType | None]:
    """Return exception info for logging: the traceback and type, without the message, which may contain secrets."""
    return RuntimeError, RuntimeError(type(error).__name__), error.__traceback__
