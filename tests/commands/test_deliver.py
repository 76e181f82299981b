"""`scrapy deliver`, run as a person types it."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from scrapy.settings import Settings

from awardspider.commands.deliver import Command
from awardspider.delivery.messages.events import ChannelTest, event_body
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.channels import ChannelRow, pause_channel, save_channel
from awardspider.storage.outbox import OutboxRow
from awardspider.storage.store import Store, open_store
from tests.support.http_recipient import Recipient, recipient
from tests.support.paths import ROOT

__all__ = ["recipient"]

NOW = datetime.now(UTC)
SETTINGS = {
    "AWARD_DATABASE_URL": "", "AWARD_SANDBOX_URL": "", "AWARD_GOOGLE_SHEET": "", "AWARD_WEBHOOKS": "",
    "AWARD_WEBHOOK_SECRET": "", "AWARD_SECRET_KEY": "", "AWARD_LOCALE": "en",
    "AWARD_ALLOW_PRIVATE_HOSTS": "127.0.0.1", "AWARD_ALLOW_COMMANDS": "no", "USER_AGENT": "awardspider tests",
}  # fmt: skip


class Deliver:
    """The command on a database of its own."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.capsys = capsys
        self.store: Store = open_store("", folder)
        self.settings = SETTINGS | {"AWARD_DATA_DIR": str(folder)}

    def __call__(self, *words: str) -> tuple[int, str, str]:
        """Exit code, stdout and stderr."""
        command = Command()
        command.settings = Settings(self.settings)
        parser = argparse.ArgumentParser()
        command.add_options(parser)
        opts, args = parser.parse_known_args(words)
        command.run(args, opts)
        said = self.capsys.readouterr()
        return command.exitcode, said.out, said.err

    def does(self, *words: str) -> str:
        code, out, err = self(*words)
        assert (code, err) == (0, "")
        return out

    def put(self, key: str, channel: str, **known: Any) -> None:
        body = event_body(ChannelTest(id=key, created_at=NOW, channel=channel))
        row = {"key": key, "channel": channel, "event_type": "test", "subject": key, "body": body, "created_at": NOW}
        write_batch(self.store, Batch(outbox=[OutboxRow(**row | known)]))

    def add(self, name: str, address: str, **known: Any) -> None:
        row = {"kind": "webhook", "events": ("offer.matched", "channel.paused"), "created_at": NOW}
        save_channel(self.store, ChannelRow(name=name, address=address, **row | known))


@pytest.fixture
def deliver(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Deliver]:
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    made = Deliver(tmp_path, capsys)
    yield made
    made.store.close()
    for number, handler in handlers.items():
        signal.signal(number, handler)


def test_without_channels_it_says_what_to_do(deliver: Deliver) -> None:
    assert deliver.does() == "There is no channel yet: scrapy channels add, or AWARD_WEBHOOKS and AWARD_GOOGLE_SHEET.\n"


def test_what_is_due_is_sent_once(deliver: Deliver, recipient: Recipient) -> None:
    deliver.add("make", recipient.url("http"))
    assert deliver.does() == "Nothing is due.\n"
    deliver.put("one", "make")
    assert deliver.does() == "make: 1 sent\n"
    assert deliver.does() == "Nothing is due.\n"
    assert len(recipient.bodies) == 1
    assert recipient.headers[0]["webhook-id"] == "one"


def test_what_waits_for_later_is_counted(deliver: Deliver, recipient: Recipient) -> None:
    recipient.responses = [(503, {}, b"busy")]
    deliver.add("make", recipient.url("http"))
    deliver.put("one", "make")
    deliver.put("two", "make", next_attempt_at=NOW + timedelta(days=1))
    assert deliver.does() == "make: 1 retry\n2 wait for later; scrapy outbox list --status pending shows them.\n"


def test_only_some_channels(deliver: Deliver, recipient: Recipient) -> None:
    for name in ("make", "zapier", "mine"):
        deliver.add(name, recipient.url("http", name))
        deliver.put(f"to {name}", name)
    assert "mine" not in deliver.does("--channel", "make, zapier")
    assert sorted(recipient.paths) == ["/make", "/zapier"]
    code, out, err = deliver("--channel", "maker")
    assert (code, out, err) == (2, "", "error: there is no channel 'maker'; write make, mine, zapier\n")


def test_a_dead_endpoint_pauses_its_channel_and_the_notice_goes_out_through_another(
    deliver: Deliver, recipient: Recipient
) -> None:
    secret = recipient.url("http", "dead/path-that-is-secret")
    deliver.add("dead", secret)
    deliver.add("phone", recipient.url("http", "phone"))
    recipient.responses = [(410, {}, b"gone"), (200, {}, b"")]
    deliver.put("one", "dead")
    out = deliver.does()
    assert "dead: 1 retry; paused: the endpoint is gone for good" in out
    assert "phone: 1 sent" in out
    assert "dead is paused since " in out
    assert recipient.paths == ["/dead/path-that-is-secret", "/phone"]
    assert '"type":"channel.paused"' in recipient.bodies[1]
    assert "path-that-is-secret" not in out + recipient.bodies[1]
    assert "dead is paused since " in deliver.does()
    assert len(recipient.paths) == 2


def test_a_channel_of_the_operators_pause_is_named(deliver: Deliver, recipient: Recipient) -> None:
    deliver.add("make", recipient.url("http"))
    pause_channel(deliver.store, "make", reason="holiday", by="operator", now=NOW)
    deliver.put("one", "make")
    assert deliver.does() == (
        f"make is paused since {NOW:%Y-%m-%d %H:%M} UTC: holiday\n"
        "1 wait for later; scrapy outbox list --status pending shows them.\n"
    )
    assert recipient.paths == []


def test_a_script_gets_what_waits_for_it(deliver: Deliver) -> None:
    script = deliver.folder / "notify.sh"
    script.write_text(f"#!/bin/sh\ncat >> {deliver.folder}/got.json\n")
    script.chmod(0o755)
    deliver.add("script", "exec", kind="command")
    deliver.put("one", "script")
    assert "1 wait for later" in deliver.does()
    assert not (deliver.folder / "got.json").exists()
    assert deliver.does("--exec", str(script)) == "script: 1 sent\n"
    assert '"id":"one"' in (deliver.folder / "got.json").read_text()


def test_a_script_that_no_channel_waits_for_is_refused(deliver: Deliver, recipient: Recipient) -> None:
    deliver.add("make", recipient.url("http"))
    code, out, err = deliver("--exec", "./notify.sh")
    assert (code, out) == (2, "")
    assert err == "error: no channel waits for --exec; add one: scrapy channels add NAME command exec\n"


def test_a_wrong_setting_is_one_sentence(deliver: Deliver) -> None:
    deliver.settings["AWARD_WEBHOOKS"] = "hooks.example.com"
    code, out, err = deliver()
    assert (code, out) == (2, "")
    assert err == "error: AWARD_WEBHOOKS: write name=https://… for each, with spaces between\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_watching_goes_on_until_it_is_interrupted(deliver: Deliver, recipient: Recipient, number: int) -> None:
    deliver.add("make", recipient.url("http"))
    deliver.put("one", "make")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWARD_", "SCRAPY_"))}
    environment |= {"AWARD_DATA_DIR": str(deliver.folder), "AWARD_ALLOW_PRIVATE_HOSTS": "127.0.0.1"}
    watching = subprocess.Popen(
        [sys.executable, "-m", "scrapy", "deliver", "--watch"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert watching.stdout is not None
    try:
        assert watching.stdout.readline() == "Sending what becomes due; Ctrl-C ends it.\n"
        assert watching.stdout.readline() == "make: 1 sent\n"
        deliver.put("two", "make")
        assert watching.stdout.readline() == "make: 1 sent\n"
        watching.send_signal(number)
        out, err = watching.communicate(timeout=30)
    finally:
        watching.kill()
        watching.wait()
    assert (watching.returncode, out, err) == (0, "", "")
    assert len(recipient.bodies) == 2
