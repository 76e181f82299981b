"""Helpers of delivery tests: an injected clock, fake recipients and outbox rows."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, ClassVar

from sqlalchemy import select

from awardspider.delivery.channels.base import Channel, ChannelConfig, ChannelContext, DeliveryReport, Message, sent
from awardspider.delivery.channels.configuration import DEFAULT_EVENTS
from awardspider.delivery.messages.events import event_body, offer_event
from awardspider.delivery.outbox.channel_run import ChannelRunResult
from awardspider.delivery.outbox.dispatcher import Dispatcher
from awardspider.items import AwardOfferItem, EventType
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.channels import ChannelRow, RateLimit, save_channel
from awardspider.storage.outbox import OutboxRow
from awardspider.storage.schema import attempts, outbox
from awardspider.storage.store import Store
from tests.support.storage_examples import NOW

SETTINGS: dict[str, Any] = {
    "AWARD_GOOGLE_SHEET": "",
    "AWARD_WEBHOOKS": "",
    "AWARD_WEBHOOK_SECRET": "",
    "AWARD_SECRET_KEY": "",
    "AWARD_ALLOW_PRIVATE_HOSTS": "127.0.0.1",
    "AWARD_ALERT_WAIT_MINUTES": "0",
}


class Clock:
    """A clock that only moves on request; `wait` moves it."""

    def __init__(self, now: datetime = NOW) -> None:
        self._now = now
        self._lock = threading.Lock()

    def __call__(self) -> datetime:
        return self._now

    def wait(self, seconds: float) -> None:
        with self._lock:
            self._now += timedelta(seconds=seconds)

    def advance_to(self, moment: datetime) -> None:
        with self._lock:
            self._now = max(self._now, moment)


@dataclass
class Recipient:
    """A fake recipient that returns the `reports` in order, then those of `respond`."""

    respond: Callable[[Message], DeliveryReport] = lambda message: sent("ok", f"id {message.id}")
    reports: deque[DeliveryReport] = field(default_factory=deque)
    received: list[Message] = field(default_factory=list)
    times: list[datetime] = field(default_factory=list)

    @property
    def keys(self) -> list[str]:
        return [message.key for message in self.received]


class PlainChannel(Channel):
    """A channel to a fake recipient that is not idempotent."""

    kind = "webhook"
    rate_limit = RateLimit(calls=1_000_000, seconds=1.0)

    def __init__(self, config: ChannelConfig, context: ChannelContext, recipient: Recipient) -> None:
        super().__init__(config, context)
        self._recipient = recipient

    @classmethod
    def check(cls, config: ChannelConfig, context: ChannelContext) -> None:
        """Accept any configuration."""

    def deliver(self, messages: Sequence[Message]) -> list[DeliveryReport]:
        return [self._deliver(message) for message in messages]

    def _deliver(self, message: Message) -> DeliveryReport:
        self._recipient.received.append(message)
        self._recipient.times.append(self.context.now())
        return self._recipient.reports.popleft() if self._recipient.reports else self._recipient.respond(message)


class KeyedChannel(PlainChannel):
    """The same for an idempotent recipient."""

    idempotent: ClassVar[bool] = True


class DeliveryHarness:
    """A store, a clock, and a fake recipient for each channel that is added."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store = store
        self.clock = Clock()
        self.recipients: dict[str, Recipient] = {}
        self._classes: dict[str, type[PlainChannel]] = {}
        self.context = ChannelContext(store=store, now=self.clock, settings=SETTINGS, data_dir=folder)
        self.opened: list[str] = []
        self.random = Random(7)

    def add(self, name: str, channel: type[PlainChannel] = PlainChannel, **fields: Any) -> Recipient:
        values = {"kind": "webhook", "address": f"https://hooks.example.com/{name}", "created_at": NOW}
        save_channel(self.store, ChannelRow(name=name, **values | {"events": DEFAULT_EVENTS} | fields))
        self._classes[name] = channel
        self.recipients[name] = Recipient()
        return self.recipients[name]

    def open(self, config: ChannelConfig, context: ChannelContext) -> Channel:
        self.opened.append(config.name)
        return self._classes[config.name](config, context, self.recipients[config.name])

    def dispatcher(self, **options: Any) -> Dispatcher:
        return Dispatcher(self.context, wait=self.clock.wait, random=self.random, opener=self.open, **options)

    def run(self, **options: Any) -> dict[str, ChannelRunResult]:
        """Run a dispatcher once and return the results by channel."""
        return {result.channel: result for result in self.dispatcher(**options).run()}

    def add_rows(self, *rows: OutboxRow) -> None:
        write_batch(self.store, Batch(outbox=list(rows)))

    def rows(self) -> dict[str, dict[str, Any]]:
        """Return the outbox rows by key."""
        with self.store.reading() as connection:
            return {row["key"]: dict(row) for row in connection.execute(select(outbox)).mappings()}

    def attempt_rows(self, key: str) -> list[dict[str, Any]]:
        """Return the attempts of a row in order."""
        query = select(attempts).join(outbox, outbox.c.id == attempts.c.outbox_id).where(outbox.c.key == key)
        with self.store.reading() as connection:
            return [dict(row) for row in connection.execute(query.order_by(attempts.c.id)).mappings()]

    def statuses(self) -> dict[str, str]:
        return {key: row["status"] for key, row in self.rows().items()}


def make_outbox_row(key: str, channel: str = "phone", **fields: Any) -> OutboxRow:
    """Return a due message that refers to no stored offer."""
    values: dict[str, Any] = {
        "key": key,
        "channel": channel,
        "event_type": "test",
        "subject": key,
        "body": {"type": "test", "id": key},
        "created_at": NOW,
    }
    return OutboxRow(**values | fields)


def make_match_row(offer: AwardOfferItem, channel: str, watch: str) -> OutboxRow:
    """Return a due row about an offer, which need not be stored, for a watch that is not stored."""
    key = f"{channel}:{offer.offer_id}:{watch}"
    event = offer_event(EventType.OFFER_MATCHED, key, offer, NOW, watches=[watch])
    return OutboxRow(
        key=key,
        channel=channel,
        event_type=EventType.OFFER_MATCHED,
        subject=offer.offer_id,
        body=event_body(event),
        created_at=NOW,
        watch_key=watch,
        flight_key=offer.flight_key,
        miles=offer.miles,
        notify_prefs={"timezone": "UTC", "max_per_day": 1_000, "digest_size": 10, "min_seats": 1},
    )


def write_rows(store: Store, rows: Iterable[OutboxRow]) -> None:
    """Write many rows in transactions of 2,000 rows."""
    pending = list(rows)
    for first in range(0, len(pending), 2_000):
        write_batch(store, Batch(outbox=pending[first : first + 2_000]))
