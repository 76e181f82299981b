"""What tests of delivery share: a clock that is moved, far sides that answer as told, rows to send."""

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

from awardspider.delivery.channels.base import Channel, ChannelConfig, Message, Pace, Result, Surroundings, sent
from awardspider.delivery.channels.configuration import DEFAULT_EVENTS
from awardspider.delivery.outbox.channel_run import Turn
from awardspider.delivery.outbox.dispatcher import Dispatcher
from awardspider.storage.channels import ChannelRow, save_channel
from awardspider.storage.store import Batch, OutboxRow, Store
from awardspider.storage.tables import attempts, outbox
from tests.support.storage_examples import NOW

SETTINGS: dict[str, Any] = {
    "AWARD_GOOGLE_SHEET": "",
    "AWARD_WEBHOOKS": "",
    "AWARD_WEBHOOK_SECRET": "",
    "AWARD_SECRET_KEY": "",
    "AWARD_ALLOW_PRIVATE_HOSTS": "127.0.0.1",
}


class Clock:
    """A clock that stands until it is moved; waiting moves it."""

    def __init__(self, now: datetime = NOW) -> None:
        self._now = now
        self._lock = threading.Lock()

    def __call__(self) -> datetime:
        return self._now

    def wait(self, seconds: float) -> None:
        with self._lock:
            self._now += timedelta(seconds=seconds)

    def go_to(self, moment: datetime) -> None:
        with self._lock:
            self._now = max(self._now, moment)


Script = Callable[[Message], Result]


@dataclass
class Far:
    """A far side: answers with `results` in turn, then with what `says` says; `got` is what came, and when."""

    says: Script = lambda message: sent("ok", f"far {message.number}")
    results: deque[Result] = field(default_factory=deque)
    got: list[Message] = field(default_factory=list)
    times: list[datetime] = field(default_factory=list)

    @property
    def keys(self) -> list[str]:
        return [message.key for message in self.got]


class PlainChannel(Channel):
    """A channel to a `Far`, which keeps no keys."""

    kind = "webhook"
    pace = Pace(most=1_000_000, seconds=1.0)

    def __init__(self, config: ChannelConfig, surroundings: Surroundings, far: Far) -> None:
        super().__init__(config, surroundings)
        self._far = far

    @classmethod
    def check(cls, config: ChannelConfig, surroundings: Surroundings) -> None:
        """Anything can be one."""

    def deliver(self, messages: Sequence[Message]) -> list[Result]:
        return [self._one(message) for message in messages]

    def _one(self, message: Message) -> Result:
        self._far.got.append(message)
        self._far.times.append(self.surroundings.now())
        return self._far.results.popleft() if self._far.results else self._far.says(message)


class KeyedChannel(PlainChannel):
    """The same to a far side that knows a repeated key."""

    keeps_keys: ClassVar[bool] = True


class Post:
    """A store, a clock, and a far side for each channel that is added."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store = store
        self.clock = Clock()
        self.fars: dict[str, Far] = {}
        self._classes: dict[str, type[PlainChannel]] = {}
        self.around = Surroundings(store=store, now=self.clock, settings=SETTINGS, data_dir=folder)
        self.decode: list[str] = []
        self.dice = Random(7)

    def add(self, name: str, channel: type[PlainChannel] = PlainChannel, **known: Any) -> Far:
        values = {"kind": "webhook", "address": f"https://hooks.example.com/{name}", "created_at": NOW}
        save_channel(self.store, ChannelRow(name=name, **values | {"events": DEFAULT_EVENTS} | known))
        self._classes[name] = channel
        self.fars[name] = Far()
        return self.fars[name]

    def open(self, config: ChannelConfig, surroundings: Surroundings) -> Channel:
        self.decode.append(config.name)
        return self._classes[config.name](config, surroundings, self.fars[config.name])

    def dispatcher(self, **known: Any) -> Dispatcher:
        return Dispatcher(self.around, wait=self.clock.wait, random=self.dice, opener=self.open, **known)

    def run(self, **known: Any) -> dict[str, Turn]:
        """One run of a dispatcher; what each channel's turn did."""
        return {turn.channel: turn for turn in self.dispatcher(**known).run()}

    def put(self, *rows: OutboxRow) -> None:
        self.store.write(Batch(outbox=list(rows)), None)

    def rows(self) -> dict[str, dict[str, Any]]:
        """The outbox by key."""
        with self.store.reading() as connection:
            return {row["key"]: dict(row) for row in connection.execute(select(outbox)).mappings()}

    def tries(self, key: str) -> list[dict[str, Any]]:
        """The attempts of a row, the first one first."""
        query = select(attempts).join(outbox, outbox.c.id == attempts.c.outbox_id).where(outbox.c.key == key)
        with self.store.reading() as connection:
            return [dict(each) for each in connection.execute(query.order_by(attempts.c.id)).mappings()]

    def statuses(self) -> dict[str, str]:
        return {key: row["status"] for key, row in self.rows().items()}


def a_row(key: str, channel: str = "phone", **known: Any) -> OutboxRow:
    """A message about nothing stored, due at once."""
    values: dict[str, Any] = {
        "key": key,
        "channel": channel,
        "kind": "test",
        "subject": key,
        "body": {"type": "test", "id": key},
        "created_at": NOW,
    }
    return OutboxRow(**values | known)


def write_rows(store: Store, rows: Iterable[OutboxRow]) -> None:
    """Write many rows, some thousands in a transaction, as crawls do."""
    waiting = list(rows)
    for first in range(0, len(waiting), 2_000):
        store.write(Batch(outbox=waiting[first : first + 2_000]), None)
