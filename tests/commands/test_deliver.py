"""`scrapy deliver`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from awardspider.commands.deliver import Command
from awardspider.delivery.messages.events import ChannelTest, event_body
from awardspider.items import EventType
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.channels import ChannelRow, PausedBy, pause_channel, save_channel
from awardspider.storage.outbox import OutboxRow
from awardspider.storage.services import ServiceName, service_rows
from awardspider.storage.store import Store, open_store
from tests.support.commands import CommandRunner
from tests.support.http_recipient import Recipient, recipient
from tests.support.paths import ROOT

__all__ = ["recipient"]

NOW = datetime.now(UTC)
SETTINGS = {
    "AWARD_DATABASE_URL": "", "AWARD_SANDBOX_URL": "", "AWARD_GOOGLE_SHEET": "", "AWARD_WEBHOOKS": "",
    "AWARD_WEBHOOK_SECRET": "", "AWARD_SECRET_KEY": "", "AWARD_LOCALE": "en",
    "AWARD_ALLOW_PRIVATE_HOSTS": "127.0.0.1", "AWARD_ALLOW_COMMANDS": "no", "USER_AGENT": "awardspider tests",
}  # fmt: skip


class Deliver(CommandRunner):
    """The command with a database of its own."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        super().__init__(Command, SETTINGS | {"AWARD_DATA_DIR": str(folder)}, capsys)
        self.folder = folder
        self.store: Store = open_store("", folder)

    def enqueue(self, key: str, channel: str, **fields: Any) -> None:
        body = event_body(ChannelTest(id=key, created_at=NOW, channel=channel))
        row = {"key": key, "channel": channel, "event_type": "test", "subject": key, "body": body, "created_at": NOW}
        write_batch(self.store, Batch(outbox=[OutboxRow(**row | fields)]))

    def add(self, name: str, address: str, **fields: Any) -> None:
        row = {"kind": "webhook", "events": (EventType.OFFER_MATCHED, EventType.CHANNEL_PAUSED), "created_at": NOW}
        save_channel(self.store, ChannelRow(name=name, address=address, **row | fields))


@pytest.fixture
def deliver(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Deliver]:
    runner = Deliver(tmp_path, capsys)
    yield runner
    runner.store.close()


def test_without_channels_it_says_how_to_add_one(deliver: Deliver) -> None:
    assert deliver.succeed() == (
        "No channels are configured: scrapy channels add, or AWARD_WEBHOOKS and AWARD_GOOGLE_SHEET.\n"
    )


def test_a_due_message_is_sent_once(deliver: Deliver, recipient: Recipient) -> None:
    deliver.add("make", recipient.url("http"))
    assert deliver.succeed() == "No messages are due.\n"
    deliver.enqueue("one", "make")
    assert deliver.succeed() == "make: 1 sent\n"
    assert deliver.succeed() == "No messages are due.\n"
    assert len(recipient.bodies) == 1
    assert recipient.headers[0]["webhook-id"] == "one"


def test_pending_messages_are_counted(deliver: Deliver, recipient: Recipient) -> None:
    recipient.responses = [(503, {}, b"busy")]
    deliver.add("make", recipient.url("http"))
    deliver.enqueue("one", "make")
    deliver.enqueue("two", "make", next_attempt_at=NOW + timedelta(days=1))
    assert deliver.succeed() == (
        "make: 1 retry\n2 messages are pending; scrapy outbox list --status pending shows them.\n"
    )


def test_channels_can_be_chosen(deliver: Deliver, recipient: Recipient) -> None:
    for name in ("make", "zapier", "mine"):
        deliver.add(name, recipient.url("http", name))
        deliver.enqueue(f"to {name}", name)
    assert "mine" not in deliver.succeed("--channel", "make, zapier")
    assert sorted(recipient.paths) == ["/make", "/zapier"]
    assert deliver.fail("--channel", "maker") == "unknown channel 'maker' (choose from make, mine, zapier)"


def test_a_removed_endpoint_pauses_its_channel_and_another_channel_reports_it(
    deliver: Deliver, recipient: Recipient
) -> None:
    secret = recipient.url("http", "dead/path-that-is-secret")
    deliver.add("dead", secret)
    deliver.add("phone", recipient.url("http", "phone"))
    recipient.responses = [(410, {}, b"gone"), (200, {}, b"")]
    deliver.enqueue("one", "dead")
    out = deliver.succeed()
    assert "dead: 1 retry; paused: the endpoint was removed" in out
    assert "phone: 1 sent" in out
    assert "dead has been paused since " in out
    assert recipient.paths == ["/dead/path-that-is-secret", "/phone"]
    assert '"type":"channel.paused"' in recipient.bodies[1]
    assert "path-that-is-secret" not in out + recipient.bodies[1]
    assert "dead has been paused since " in deliver.succeed()
    assert len(recipient.paths) == 2


def test_a_channel_that_the_operator_paused_is_listed(deliver: Deliver, recipient: Recipient) -> None:
    deliver.add("make", recipient.url("http"))
    pause_channel(deliver.store, "make", reason="holiday", by=PausedBy.OPERATOR, now=NOW)
    deliver.enqueue("one", "make")
    assert deliver.succeed() == (
        f"make has been paused since {NOW:%Y-%m-%d %H:%M} UTC: holiday\n"
        "1 messages are pending; scrapy outbox list --status pending shows them.\n"
    )
    assert recipient.paths == []


def test_exec_gets_the_messages_of_exec_channels(deliver: Deliver) -> None:
    script = deliver.folder / "notify.sh"
    script.write_text(f"#!/bin/sh\ncat >> {deliver.folder}/got.json\n")
    script.chmod(0o755)
    deliver.add("script", "exec", kind="command")
    deliver.enqueue("one", "script")
    assert "1 messages are pending" in deliver.succeed()
    assert not (deliver.folder / "got.json").exists()
    assert deliver.succeed("--exec", str(script)) == "script: 1 sent\n"
    assert '"id":"one"' in (deliver.folder / "got.json").read_text()


def test_exec_without_an_exec_channel_is_refused(deliver: Deliver, recipient: Recipient) -> None:
    deliver.add("make", recipient.url("http"))
    message = deliver.fail("--exec", "./notify.sh")
    assert message == "no channel uses --exec; add one: scrapy channels add NAME command exec"


def test_an_invalid_setting_is_one_sentence(deliver: Deliver) -> None:
    deliver.settings["AWARD_WEBHOOKS"] = "hooks.example.com"
    assert deliver.fail() == "AWARD_WEBHOOKS is invalid; write name=https://…, separated by spaces"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "options", "services"),
    [(signal.SIGINT, [], [ServiceName.DISPATCHER]), (signal.SIGTERM, ["--channel", "make"], [])],
)
def test_watch_runs_until_interrupted(
    deliver: Deliver, recipient: Recipient, number: int, options: list[str], services: list[ServiceName]
) -> None:
    deliver.add("make", recipient.url("http"))
    deliver.enqueue("one", "make")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWARD_", "SCRAPY_"))}
    environment |= {"AWARD_DATA_DIR": str(deliver.folder), "AWARD_ALLOW_PRIVATE_HOSTS": "127.0.0.1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "scrapy", "deliver", "--watch", *options],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "Sending messages as they become due; press Ctrl-C to stop.\n"
        assert process.stdout.readline() == "make: 1 sent\n"
        deliver.enqueue("two", "make")
        assert process.stdout.readline() == "make: 1 sent\n"
        running = [row for row in service_rows(deliver.store) if row.pid == process.pid and not row.stopped_at]
        assert [row.name for row in running] == services  # with a part of the channels it is not the dispatcher
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, out, err) == (0, "", "")
    assert len(recipient.bodies) == 2
    assert all(row.stopped_at for row in service_rows(deliver.store))
