"""One channel's turn: claim what is due, leave out what is no longer true, send, and write down what became of it."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import islice
from random import Random
from threading import Event as Flag
from types import TracebackType
from typing import Any

from sqlalchemy import RowMapping

from awardspider.delivery.channels import open_channel
from awardspider.delivery.channels.base import Channel, Message, Result, Surroundings, Verdict, unknown
from awardspider.delivery.channels.configuration import config_of
from awardspider.delivery.messages import events
from awardspider.delivery.outbox import timing
from awardspider.outcomes import AwardError, InvalidArgument, InvalidSetting
from awardspider.storage import digests, outbox
from awardspider.storage.channels import ChannelRow, pause_channel
from awardspider.storage.outbox import Claim, Claimed, Try
from awardspider.storage.queries import offers_by_id
from awardspider.storage.store import OutboxRow

logger = logging.getLogger(__name__)

ROWS_AT_ONCE = 50
RENEWED_AFTER = timedelta(seconds=10)  # leases; a lease outlasts a call by three times as long
FAILURES_IN_A_ROW = 5  # after which a far side is taken for down, and left alone for a while
DOWN_SECONDS = 60.0
TURN_LASTS = timedelta(seconds=10)  # so that who has much to send does not keep the others waiting
OFFER_KINDS = ("offer.matched", "offer.dropped")


@dataclass(kw_only=True)
class Turn:
    """What a channel's turn did: rows by what became of them, and why it was paused, if it was.

    `more` says that its time was over ahead of its work.
    """

    channel: str
    counts: Counter[str] = field(default_factory=Counter)
    paused: str | None = None
    more: bool = False


class Sender:
    """Sends what is due of one channel, in one thread.

    `wait` sleeps for some seconds, or less where `stop` is set; both are injected, as the clock and the dice are.
    `notice` makes the message, for another channel, that this one is paused for a reason; None where none can tell.
    """

    def __init__(
        self,
        row: ChannelRow,
        surroundings: Surroundings,
        *,
        stop: Flag,
        wait: Callable[[float], object],
        random: Random,
        open_channel: Callable[..., Channel] = open_channel,
        notice: Callable[[str], OutboxRow | None] = lambda reason: None,
    ) -> None:
        self._row = row
        self._around = surroundings
        self._store = surroundings.store
        self._stop = stop
        self._wait = wait
        self._random = random
        self._open = open_channel
        self._notice = notice
        self._worker = outbox.worker_name()
        self._failures = 0
        self._leased_at = self._ends = surroundings.now()
        self.turn = Turn(channel=row.name)

    def run(self) -> Turn:
        """Send until nothing is due, the channel rests or is paused, the turn is over, or `stop` is set."""
        self._ends = self._around.now() + TURN_LASTS
        try:
            channel = self._open(config_of(self._row, self._around.settings), self._around)
        except (InvalidArgument, InvalidSetting) as error:
            self._pause(str(error))
            return self.turn
        except Exception as error:  # a defect of the channel, which must not keep the others from their turns
            logger.error("The channel %s cannot be opened", self._row.name, exc_info=without_words(error))
            self._pause(f"the channel itself failed: {type(error).__name__}")
            return self.turn
        try:
            self._gather_digest()
            while not self._stop.is_set() and self._some(channel) and not self._is_over():
                pass
        except AwardError:
            raise
        except Exception as error:  # a defect of ours, such as a row that cannot be read: the others have their turns
            logger.error("The channel %s failed", self._row.name, exc_info=without_words(error))
            self._pause(f"sending failed: {type(error).__name__}")
        finally:
            outbox.give_back(self._store, self._worker)
            channel.close()
        return self.turn

    def _some(self, channel: Channel) -> bool:
        """Send the rows of one claim; whether to go on."""
        lease = timedelta(seconds=channel.lasts_seconds) + 3 * RENEWED_AFTER
        wanted = Claim(
            channel=self._row.name,
            worker=self._worker,
            now=self._around.now(),
            most=max(ROWS_AT_ONCE, channel.at_most),
            per_call=channel.at_most,
            lease=lease,
            pace=(channel.pace.most, channel.pace.seconds),
            alone=channel.alone,
            keeps_keys=channel.keeps_keys,
        )
        self._leased_at = wanted.now
        claims = outbox.claim(self._store, wanted)
        if claims.again_in is not None:
            self._wait(claims.again_in)
            return True
        rows = iter(self._to_send(claims.rows, channel))
        while chunk := list(islice(rows, channel.at_most)):
            if self._stop.is_set() or not self._send(channel, chunk, lease) or self._is_over():
                return False
        return bool(claims.rows)

    def _is_over(self) -> bool:
        """Whether the turn has lasted long enough; there may be more to send then."""
        self.turn.more = self.turn.more or self._around.now() >= self._ends
        return self.turn.more

    # ---- what not to send ----

    def _to_send(self, rows: Sequence[Claimed], channel: Channel) -> list[Claimed]:
        """The rows that are still true and whose hour it is; the others are canceled or put off."""
        if channel.writes_rows or not rows:
            return list(rows)
        now = self._around.now()
        with self._store.reading() as connection:
            untrue = digests.untrue_rows(connection, [_by_name(row) for row in rows], now)
        if untrue:
            outbox.cancel(self._store, untrue, now)
            self.turn.counts["canceled"] += len(untrue)
        allowed: dict[str, int] = {}
        left = [row for row in rows if row.id not in untrue and not self._put_off(row, allowed)]
        return [row for each in left if (row := self._digest_now(each))]

    def _digest_now(self, row: Claimed) -> Claimed | None:
        """A row as it is; a digest, which may have waited long, of what is still true. None where nothing is."""
        if row.kind != "digest":
            return row
        now = self._around.now()
        body = digests.still_true(self._store, row, now, lambda rows: digest_row(self._row.name, rows, now))
        if body is None:
            self.turn.counts["canceled"] += 1
            return None
        return replace(row, body=body)

    def _put_off(self, row: Claimed, had: dict[str, int]) -> bool:
        """Whether a row waits after all: for the end of quiet hours, or, where the day had its fill, for the digest.

        `had` is how many messages of each watch the day had, those of this claim included.
        """
        if not row.terms or row.kind not in OFFER_KINDS:
            return False
        now = self._around.now()
        if row.level == "normal" and (quiet := timing.quiet_until(row.terms, now)):
            outbox.put_off(self._store, [row.id], until=quiet)
            self.turn.counts["held"] += 1
            return True
        if row.terms.get("at_most") and row.watch:
            if row.watch not in had:
                since = timing.day_began(row.terms, now)
                had[row.watch] = outbox.sent_since(
                    self._store, self._row.name, row.watch, since, row=row.id, worker=self._worker
                )
            if had[row.watch] >= row.terms["at_most"]:
                outbox.put_off(self._store, [row.id], until=timing.next_digest(row.terms, now), level="digest")
                self.turn.counts["held"] += 1
                return True
            had[row.watch] += 1
        return False

    def _gather_digest(self) -> None:
        now = self._around.now()
        self.turn.counts["digested"] += digests.gather(
            self._store, self._row.name, now, lambda rows: digest_row(self._row.name, rows, now)
        )

    # ---- sending ----

    def _send(self, channel: Channel, rows: Sequence[Claimed], lease: timedelta) -> bool:
        """One call; whether the channel can go on."""
        messages = self._messages(rows, channel)
        if not channel.keeps_keys:
            ids = [row.id for row in rows]
            held = outbox.start(self._store, ids, worker=self._worker, now=self._around.now(), lease=lease)
            rows = [row for row in rows if row.id in held]
            if not rows:  # this process slept, and another has them
                return True
            messages = [message for message in messages if message.number in held]
        began = time.monotonic()
        try:
            results: Sequence[Result] = channel.deliver(messages)
            assert len(results) == len(messages)
        except Exception as error:  # a defect of the channel: what it did before is not known
            logger.error("The channel %s failed", self._row.name, exc_info=without_words(error))
            results = [unknown(f"the channel itself failed: {type(error).__name__}")] * len(messages)
        seconds = time.monotonic() - began
        now = self._around.now()
        tries = [self._tried(row, result, channel, seconds) for row, result in zip(rows, results, strict=True)]
        renewed = now - self._leased_at >= RENEWED_AFTER
        self._leased_at = now if renewed else self._leased_at
        outbox.finish(self._store, tries, worker=self._worker, now=now, lease=lease if renewed else None)
        self.turn.counts.update(each.status if each.status != "waiting" else "later" for each in tries)
        if pausing := next((result for result in results if result.pauses), None):
            self._pause(pausing.note)
            return False
        return not self._rests(results)

    def _tried(self, row: Claimed, result: Result, channel: Channel, seconds: float) -> Try:
        """What is to be written of a try."""
        now = self._around.now()
        note, due, status = result.note, None, result.verdict.value
        again = result.verdict is Verdict.LATER or (result.verdict is Verdict.UNKNOWN and channel.keeps_keys)
        if again:
            tries = 1 if result.pauses else row.tries + 1  # what waits for the operator does not run out of tries
            age = (now - row.created_at).total_seconds()
            due = timing.next_try(tries, result.wait_seconds, now, self._random, age)
            status = "waiting" if due else "never"
            note = note if due else f"given up after {tries} tries; the last: {note}"
        return Try(
            row=row.id,
            status=status,
            result=result.verdict.value,
            note=note,
            seconds=round(seconds, 3),
            due_at=due,
            far_id=result.far_id,
        )

    def _rests(self, results: Sequence[Result]) -> bool:
        """Whether the far side wants to be left alone, or is taken for down."""
        waits = [each.wait_seconds for each in results if each.verdict is Verdict.LATER and each.wait_seconds]
        for each in results:
            self._failures = self._failures + 1 if each.verdict in (Verdict.LATER, Verdict.UNKNOWN) else 0
        seconds = max(waits, default=DOWN_SECONDS if self._failures >= FAILURES_IN_A_ROW else 0.0)
        if seconds:
            until = self._around.now() + timedelta(seconds=min(seconds, timing.LONGEST_ASKED))
            outbox.rest(self._store, self._row.name, until)
        return bool(seconds)

    def _pause(self, reason: str) -> None:
        now, notice = self._around.now(), self._notice(reason)
        if pause_channel(self._store, self._row.name, reason=reason, by="dispatcher", now=now, notice=notice):
            logger.error("The channel %s is paused: %s", self._row.name, reason)
            self.turn.paused = reason

    def _messages(self, rows: Sequence[Claimed], channel: Channel) -> list[Message]:
        """The rows as the channel gets them; bodies that were left empty are of what is stored now."""
        bodies = {} if channel.writes_rows else self._bodies([row for row in rows if not row.body])
        return [
            Message(
                number=row.id,
                key=row.key,
                type=row.kind,
                subject=row.subject,
                body=bodies.get(row.id, row.body),
                created_at=row.created_at,
                tries=row.tries,
            )
            for row in rows
        ]

    def _bodies(self, rows: Sequence[Claimed]) -> dict[int, dict[str, Any]]:
        found = offers_by_id(self._store, [row.subject for row in rows]) if rows else {}
        watches = outbox.watches_told(self._store, self._row.name, list(found)) if found else {}
        return {
            row.id: events.body_of(
                events.stored_offer_event(
                    row.kind, row.key, found[row.subject], watches.get(row.subject, ""), row.created_at
                )
            )
            for row in rows
            if row.subject in found
        }


def without_words(error: Exception) -> tuple[type[Exception], Exception, TracebackType | None]:
    """For a log: where it happened and what kind it is, without its words, which may hold an address or a token."""
    return RuntimeError, RuntimeError(type(error).__name__), error.__traceback__


def _by_name(row: Claimed) -> dict[str, Any]:
    """The row as a mapping; its body is not copied, as `asdict` would."""
    return {name: getattr(row, name) for name in Claimed.__dataclass_fields__}


def digest_row(channel: str, rows: Sequence[RowMapping], now: Any) -> OutboxRow:
    """The row of a digest of these: the best few of them, and how many more there are."""
    bodies = [row["body"] for row in rows]
    best = max((row["terms"] or {}).get("best") or 5 for row in rows)
    key = f"{channel}:digest:{now:%Y%m%dT%H%M%S}:{rows[0]['id']}"
    names = dict.fromkeys(name for body in bodies for name in (body.get("watches") or "").split("; ") if name)
    shown = _best(bodies)[:best]
    body = {
        "type": "digest",
        "schema_version": events.SCHEMA_VERSION,
        "id": key,
        "created_at": now.isoformat(),
        "watches": "; ".join(names),
        "offers": shown,
        "more": len(bodies) - len(shown),
    }
    return OutboxRow(key=key, channel=channel, kind="digest", subject="digest", body=body, created_at=now)


def _best(bodies: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The cheapest of each watch, route and cabin ahead of the second cheapest of any, and so on."""
    by_miles = sorted(bodies, key=lambda body: body["miles"] if body["miles"] is not None else float("inf"))
    had: Counter[tuple[str, ...]] = Counter()
    placed = []
    for order, body in enumerate(by_miles):
        group = (body["watches"], body["origin"], body["destination"], body["cabin"])
        placed.append((had[group], order, body))
        had[group] += 1
    return [body for _, _, body in sorted(placed, key=lambda each: each[:2])]
