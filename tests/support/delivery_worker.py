"""A dispatcher in its own process: `python -m tests.support.delivery_worker URL FOLDER LOG SECONDS`.

It prints "ready", starts when it reads a line, and appends each message that it sends to LOG: its process id, the key
of the message, and the ids of the events in it, separated by commas. Each call takes SECONDS.
`start_worker` starts the process, `release` writes the line.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from awardspider.delivery.channels.base import Channel, ChannelConfig, ChannelContext, DeliveryReport, Message, sent
from awardspider.delivery.outbox.dispatcher import Dispatcher
from awardspider.storage.channels import RateLimit
from awardspider.storage.store import open_store
from tests.support.delivery import SETTINGS
from tests.support.paths import ROOT


class LogChannel(Channel):
    """A channel that appends messages to a file."""

    kind = "webhook"
    rate_limit = RateLimit(calls=1_000_000, seconds=1.0)
    file: ClassVar[int]
    seconds: ClassVar[float]

    @classmethod
    def check(cls, config: ChannelConfig, context: ChannelContext) -> None:
        """Accept any configuration."""

    def deliver(self, messages: Sequence[Message]) -> list[DeliveryReport]:
        for message in messages:
            ids = ",".join(event["id"] for event in message.body.get("offers", [message.body]))
            os.write(self.file, f"{os.getpid()} {message.key} {ids}\n".encode())  # one write is atomic
        if self.seconds:
            time.sleep(self.seconds)
        return [sent() for _ in messages]


class KeyedLogChannel(LogChannel):
    """The same for an idempotent recipient."""

    idempotent: ClassVar[bool] = True


def start_worker(url: str, folder: Path, log: Path, seconds: float) -> subprocess.Popen[str]:
    """Start a worker and wait until it is ready."""
    module = ("-m", "tests.support.delivery_worker")
    command = [sys.executable, "-W", "error", *module, url, str(folder), str(log), str(seconds)]
    worker = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    assert worker.stdout.readline().strip() == "ready"
    return worker


def release(worker: subprocess.Popen[str]) -> None:
    """Let a worker start to send."""
    assert worker.stdin is not None
    worker.stdin.write("\n")
    worker.stdin.flush()


def main(url: str, folder: str, log: str, seconds: str) -> None:
    store = open_store(url, Path(folder))
    LogChannel.file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    LogChannel.seconds = float(seconds)
    context = ChannelContext(store=store, now=lambda: datetime.now(UTC), settings=SETTINGS, data_dir=Path(folder))

    def open_log_channel(config: ChannelConfig, context: ChannelContext) -> Channel:
        return (KeyedLogChannel if config.name.startswith("keyed") else LogChannel)(config, context)

    _write_line("ready")
    sys.stdin.readline()
    results = Dispatcher(context, opener=open_log_channel).run()
    _write_line(str(sum(result.counts["sent"] for result in results)))
    store.close()


def _write_line(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
