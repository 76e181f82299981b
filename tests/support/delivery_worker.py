"""A dispatcher in a process of its own: `python -m tests.support.delivery_worker URL FOLDER LOG SECONDS`.

It says "ready" once it could begin, begins when it is given a line, and writes each key that it sends to LOG, where
each send takes SECONDS.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from awardspider.delivery.channels.base import Channel, ChannelConfig, Message, Pace, Result, Surroundings, sent
from awardspider.delivery.outbox.dispatcher import Dispatcher
from awardspider.storage.store import open_store
from tests.support.delivery import SETTINGS


class LogChannel(Channel):
    """Appends keys to a file: `keyed` to one that knows a repeated key."""

    kind = "webhook"
    pace = Pace(most=1_000_000, seconds=1.0)
    file: ClassVar[int]
    seconds: ClassVar[float]

    @classmethod
    def check(cls, config: ChannelConfig, surroundings: Surroundings) -> None:
        """Anything can be one."""

    def deliver(self, messages: Sequence[Message]) -> list[Result]:
        for message in messages:
            os.write(self.file, f"{os.getpid()} {message.key}\n".encode())  # whole lines, whoever else appends
        if self.seconds:
            time.sleep(self.seconds)
        return [sent() for _ in messages]


class KeyedLogChannel(LogChannel):
    """The same with keys."""

    keeps_keys: ClassVar[bool] = True


def main(url: str, folder: str, log: str, seconds: str) -> None:
    store = open_store(url, Path(folder))
    LogChannel.file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    LogChannel.seconds = float(seconds)
    around = Surroundings(store=store, now=lambda: datetime.now(UTC), settings=SETTINGS, data_dir=Path(folder))

    def decode(config: ChannelConfig, surroundings: Surroundings) -> Channel:
        return (KeyedLogChannel if config.name.startswith("keyed") else LogChannel)(config, surroundings)

    print("ready", flush=True)
    sys.stdin.readline()
    turns = Dispatcher(around, opener=decode).run()
    print(sum(turn.counts["sent"] for turn in turns), flush=True)
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
