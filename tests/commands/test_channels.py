"""`scrapy channels`, run as a person types it but in this process."""

from __future__ import annotations

import argparse
import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from scrapy.exceptions import UsageError
from scrapy.settings import Settings

from awardspider.commands.channels import CHOICES, FIELDS, Command
from awardspider.delivery.channels.configuration import DEFAULT_EVENTS, config_of
from awardspider.delivery.channels.webhook.signing import new_secret
from awardspider.storage.channels import ChannelRow, channel_rows, channel_states_of, pause_channel
from awardspider.storage.store import OutboxRow, Store, open_store
from awardspider.storage.writing import Batch
from tests.support.recipient_server import FarSide, far_side

__all__ = ["far_side"]

KEY = Fernet.generate_key().decode()
TOKEN = "tgram://123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw/4815162342"
SETTINGS = {
    "AWARD_DATABASE_URL": "", "AWARD_SANDBOX_URL": "", "AWARD_GOOGLE_SHEET": "", "AWARD_WEBHOOKS": "",
    "AWARD_WEBHOOK_SECRET": "", "AWARD_SECRET_KEY": "", "AWARD_LOCALE": "en", "AWARD_ALLOW_PRIVATE_HOSTS": "",
    "AWARD_ALLOW_COMMANDS": "", "USER_AGENT": "awardspider tests",
}  # fmt: skip
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Channels:
    """The command on a database of its own; everything it ever printed is in `said`."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.capsys = capsys
        self.settings = SETTINGS | {"AWARD_DATA_DIR": str(folder)}
        self.said = ""
        self.store: Store = open_store("", folder)

    def __call__(self, *args: str) -> tuple[int, str, str]:
        """Exit code, stdout and stderr."""
        command = Command()
        command.settings = Settings(self.settings)
        parser = argparse.ArgumentParser(prog="scrapy channels")
        command.add_options(parser)
        opts, rest = parser.parse_known_args(args)
        opts_only = [each for each in rest if each.startswith("-") and each != "-"]
        command.run([*(each for each in rest if each not in opts_only), *opts_only], opts)
        out, err = self.capsys.readouterr()
        self.said += out + err
        return command.exitcode, out, err

    def does(self, *args: str) -> str:
        code, out, err = self(*args)
        assert (code, err) == (0, "")
        return out

    def refuses(self, *args: str) -> str:
        code, out, err = self(*args)
        assert (code, out) == (2, "")
        assert err.startswith("error: ")
        assert err.count("\n") == 1
        return err.removeprefix("error: ").strip()

    def row(self, name: str) -> ChannelRow:
        return {row.name: row for row in channel_rows(self.store)}[name]

    def listed(self) -> dict[str, dict[str, object]]:
        return {each["name"]: each for each in json.loads(self.does("list", "--format", "json"))}

    def everything_stored(self) -> bytes:
        return b"".join(file.read_bytes() for file in self.folder.glob("awardspider.db*"))


@pytest.fixture
def channels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Channels]:
    found = Channels(tmp_path, capsys)
    yield found
    found.store.close()


# ---- add ---------------------------------------------------------------------------------------------------------


def test_a_plain_secret_needs_a_key_and_the_sentence_shows_the_three_ways(channels: Channels) -> None:
    said = channels.refuses("add", "family", "apprise", TOKEN)
    assert said.startswith("the address is a secret, which is not stored as it is. Write env:NAME")
    assert "file:PATH" in said
    assert "set AWARD_SECRET_KEY to have it encrypted; make a key with python -c" in said
    assert channel_rows(channels.store) == []


def test_a_plain_secret_is_encrypted(channels: Channels) -> None:
    channels.settings["AWARD_SECRET_KEY"] = KEY
    assert channels.does("add", "family", "apprise", TOKEN) == (
        "Added family (apprise). Try it: scrapy channels test family\n"
    )
    row = channels.row("family")
    assert row.address.startswith("sealed:")
    assert (row.kind, row.events, row.level) == ("apprise", (), "normal")
    assert config_of(row, channels.settings).address == TOKEN
    assert b"AAHdqTcvCH1v" not in channels.everything_stored()


def test_a_reference_is_stored_as_it_is(channels: Channels, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAMILY", TOKEN)
    channels.does("add", "family", "apprise", "env:FAMILY", "--events", "offer.dropped,run.failed", "--level", "urgent")
    row = channels.row("family")
    assert (row.address, row.events, row.level) == ("env:FAMILY", ("offer.dropped", "run.failed"), "urgent")
    file = channels.folder / "address"
    file.write_text(TOKEN + "\n")
    channels.does("add", "family", "apprise", f"file:{file}", "--replace")
    assert channels.row("family").address == f"file:{file}"


def test_a_reference_to_nothing_is_refused(channels: Channels, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FAMILY", raising=False)
    assert channels.refuses("add", "family", "apprise", "env:FAMILY") == (
        "channel family: the environment variable FAMILY, which holds a secret, is not set"
    )


def test_seal_takes_what_a_reference_stands_for(channels: Channels, monkeypatch: pytest.MonkeyPatch) -> None:
    channels.settings["AWARD_SECRET_KEY"] = KEY
    monkeypatch.setenv("FAMILY", TOKEN)
    channels.does("add", "family", "apprise", "env:FAMILY", "--option", "locale=es", "--seal")
    monkeypatch.delenv("FAMILY")
    row = channels.row("family")
    assert row.address.startswith("sealed:")
    assert row.options["locale"].startswith("sealed:")
    config = config_of(row, channels.settings)
    assert (config.address, config.options) == (TOKEN, {"locale": "es"})


def test_the_address_may_come_from_standard_input(channels: Channels, monkeypatch: pytest.MonkeyPatch) -> None:
    channels.settings["AWARD_SECRET_KEY"] = KEY
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{TOKEN}\nnot this\n"))
    channels.does("add", "family", "apprise", "-")
    assert config_of(channels.row("family"), channels.settings).address == TOKEN
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert channels.refuses("add", "other", "apprise", "-") == "the address is empty"


def test_options_that_may_be_secret_are_encrypted(channels: Channels) -> None:
    channels.settings |= {"AWARD_SECRET_KEY": KEY, "AWARD_ALLOW_PRIVATE_HOSTS": "127.0.0.1"}
    options = ("--option", "header.x-make-apikey=swordfish", "--option", "timeout=20")
    channels.does("add", "make", "webhook", "https://127.0.0.1/abcdef", *options, "--secret", new_secret())
    row = channels.row("make")
    assert row.options["timeout"] == "20"
    assert row.options["header.x-make-apikey"].startswith("sealed:")
    assert row.secrets[0].startswith("sealed:")
    assert b"swordfish" not in channels.everything_stored()


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("add", "my-hook", "webhook", "https://example.org/x"), "a channel's name is one word"),
        (("add", "hook", "telegram", "tgram://a/b"), "there is no kind of channel named 'telegram'"),
        (("add", "hook", TOKEN, "apprise"), "write the name, the kind and then the address"),
        (("add", "hook", "apprise", " "), "the address is empty"),
        (("add", "hook", "apprise", "sealed:abc"), "the address is sealed already"),
        (("add", "hook", "apprise", "nosuch://abc"), "Apprise knows no nosuch://"),
        (("add", "hook", "apprise", TOKEN, "--events", "offer.matchd"), "did you mean offer.matched?"),
        (("add", "hook", "apprise", TOKEN, "--events", "digest"), "--events is 'digest'"),
        (("add", "hook", "apprise", TOKEN, "--level", "loud"), "write urgent, normal or digest"),
        (("add", "hook", "apprise", TOKEN, "--option", "locale"), "--option takes NAME=VALUE"),
        (("add", "hook", "apprise", TOKEN, "--option", "a=b", "--option", "a=c"), "--option gives a twice"),
        (("add", "hook", "apprise", TOKEN, "--option", "color=red"), "no option color; it has locale"),
        (("add", "hook", "apprise", TOKEN, "--format", "json"), "--format goes with list, not with add"),
        (("list", "--secret", "x"), "--secret goes with add and rotate, not with list"),
        (("list", "--drop-old"), "--drop-old goes with rotate, not with list"),
        (("list", "--colour"), "there is no option --colour"),
        (("list", "--format", "xml"), "write table, json or csv"),
        (("test", "hook"), "there is no channel hook; scrapy channels list shows all"),
    ],
)
def test_what_cannot_be_gets_a_sentence_without_the_secret(
    channels: Channels, args: tuple[str, ...], sentence: str
) -> None:
    channels.settings["AWARD_SECRET_KEY"] = KEY
    said = channels.refuses(*args)
    assert sentence in said
    assert "AAHdqTcvCH1v" not in said
    assert channel_rows(channels.store) == []


@pytest.mark.parametrize("args", [(), ("add",), ("add", "a", "b"), ("list", "x"), ("drop", "x")])
def test_the_wrong_number_of_words_shows_the_forms(channels: Channels, args: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match=r"add NAME KIND ADDRESS \| list \| test NAME"):
        channels(*args)


def test_a_name_is_replaced_only_where_that_is_said(channels: Channels) -> None:
    channels.settings["AWARD_SECRET_KEY"] = KEY
    channels.does("add", "family", "apprise", TOKEN)
    again = ("add", "family", "apprise", TOKEN.replace("4815162342", "23"))
    assert channels.refuses(*again) == (
        "there is a channel family already; --replace puts this one in its place"
    )  # fmt: skip
    channels.does("pause", "family")
    assert channels.does(*again, "--replace").startswith("Replaced family")
    assert config_of(channels.row("family"), channels.settings).address.endswith("/23")
    assert channels.listed()["family"]["state"] == "active"  # a new address, a new beginning


# ---- list --------------------------------------------------------------------------------------------------------


def test_the_list_shows_hosts_and_states_and_no_secret(channels: Channels, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", "https://127.0.0.1/hidden/path")
    channels.settings |= {"AWARD_SECRET_KEY": KEY, "AWARD_ALLOW_PRIVATE_HOSTS": "127.0.0.1"}
    channels.settings |= {"AWARD_WEBHOOKS": "zapier=https://hooks.zapier.com/hooks/catch/1/hidden"}
    channels.does("add", "family", "apprise", TOKEN)
    channels.does("add", "make", "webhook", "https://127.0.0.1/hidden", "--secret", new_secret())
    channels.does("add", "named", "webhook", "env:HOOK", "--events", "run.failed", "--level", "digest")
    pause_channel(channels.store, "make", reason="the endpoint is gone", by="dispatcher", now=NOW)
    rows = [
        OutboxRow(key=f"k{n}", channel="make", kind="offer.matched", subject=str(n), body={}, created_at=NOW)
        for n in range(3)
    ]
    channels.store.write(Batch(outbox=rows), None)
    listed = channels.listed()
    assert tuple(listed["make"]) == FIELDS
    assert {name: each["address"] for name, each in listed.items()} == {
        "family": "tgram://…",
        "make": "https://127.0.0.1/…",
        "named": "env:HOOK",
        "zapier": "https://hooks.zapier.com/…",
    }
    assert listed["make"]["state"] == "paused"
    assert listed["make"]["since"] == "2026-11-22T12:00:00+00:00"
    assert (listed["make"]["reason"], listed["make"]["by"]) == ("the endpoint is gone", "dispatcher")
    assert listed["make"]["waiting"] == 3
    assert (listed["named"]["events"], listed["named"]["level"]) == ("run.failed", "digest")
    assert (listed["family"]["events"], listed["family"]["state"]) == (", ".join(DEFAULT_EVENTS), "active")
    assert {name: each["origin"] for name, each in listed.items() if each["origin"] != "database"} == {
        "zapier": "environment"
    }
    assert [row["name"] for row in csv.DictReader(io.StringIO(channels.does("list", "--format", "csv")))] == list(
        listed
    )
    table = channels.does("list")
    assert "the endpoint is gone" in table
    assert "AAHdqTcvCH1v" not in channels.said
    assert "hidden" not in channels.said
    assert "whsec_" not in channels.said


def test_the_list_works_without_the_key(channels: Channels) -> None:
    channels.settings["AWARD_SECRET_KEY"] = KEY
    channels.does("add", "family", "apprise", TOKEN)
    channels.settings["AWARD_SECRET_KEY"] = ""
    assert channels.listed()["family"]["address"] == "sealed"


def test_an_empty_list_says_what_to_write(channels: Channels) -> None:
    assert "there are none: scrapy channels add NAME KIND ADDRESS" in channels.does("list")


def test_every_event_that_can_be_chosen_is_one(channels: Channels) -> None:
    assert set(DEFAULT_EVENTS) <= set(CHOICES)


# ---- pause, resume, remove, rotate -------------------------------------------------------------------------------


def test_pause_and_resume(channels: Channels) -> None:
    channels.settings["AWARD_WEBHOOKS"] = "zapier=https://hooks.zapier.com/hooks/catch/1/2"
    assert channels.does("pause", "zapier", "--reason", "on holiday") == "zapier is paused. What is for it waits.\n"
    assert channels.does("pause", "zapier") == "zapier is already paused. What is for it waits.\n"
    assert channels.listed()["zapier"]["reason"] == "on holiday"
    row = OutboxRow(key="k", channel="zapier", kind="offer.matched", subject="s", body={}, created_at=NOW)
    channels.store.write(Batch(outbox=[row]), None)
    assert channels.does("resume", "zapier") == (
        "zapier is active; 1 that waited go out with the next scrapy deliver.\n"
    )  # fmt: skip
    assert channels.listed()["zapier"]["state"] == "active"


def test_an_unknown_name_gets_the_nearest(channels: Channels) -> None:
    channels.settings["AWARD_WEBHOOKS"] = "zapier=https://hooks.zapier.com/hooks/catch/1/2"
    for action in ("pause", "resume", "remove", "test", "rotate"):
        assert channels.refuses(action, "zapir") == "there is no channel zapir; did you mean zapier?"
    assert channel_states_of(channels.store) == {}


def test_remove(channels: Channels) -> None:
    channels.settings |= {"AWARD_SECRET_KEY": KEY, "AWARD_WEBHOOKS": "zapier=https://hooks.zapier.com/hooks/catch/1/2"}
    channels.does("add", "family", "apprise", TOKEN)
    row = OutboxRow(key="k", channel="family", kind="offer.matched", subject="s", body={}, created_at=NOW)
    channels.store.write(Batch(outbox=[row]), None)
    assert channels.does("remove", "family") == "Removed family. 1 messages that waited for it are canceled.\n"
    assert channel_rows(channels.store) == []
    assert "take it out there" in channels.refuses("remove", "zapier")


def test_rotate_keeps_two_secrets_and_a_pause(channels: Channels) -> None:
    channels.settings |= {"AWARD_SECRET_KEY": KEY, "AWARD_ALLOW_PRIVATE_HOSTS": "127.0.0.1"}
    old, newer, newest = (new_secret() for _ in range(3))
    channels.does("add", "make", "webhook", "https://127.0.0.1/x", "--secret", old)
    channels.does("pause", "make", "--reason", "holiday")
    assert "signs with two secrets, the new one first" in channels.does("rotate", "make", "--secret", newer)
    assert config_of(channels.row("make"), channels.settings).secrets == (newer, old)
    channels.does("rotate", "make", "--secret", newest)
    assert config_of(channels.row("make"), channels.settings).secrets == (newest, newer)
    assert channels.does("rotate", "make", "--drop-old") == "make signs with one secret.\n"
    assert config_of(channels.row("make"), channels.settings).secrets == (newest,)
    listed = channels.listed()["make"]
    assert (listed["state"], listed["reason"]) == ("paused", "holiday")
    assert "whsec_" not in channels.said


def test_what_rotate_refuses(channels: Channels) -> None:
    channels.settings |= {"AWARD_SECRET_KEY": KEY, "AWARD_WEBHOOKS": "zapier=https://hooks.zapier.com/hooks/catch/1/2"}
    channels.does("add", "family", "apprise", TOKEN)
    assert "only webhooks are signed" in channels.refuses("rotate", "family", "--secret", new_secret())
    assert "AWARD_WEBHOOK_SECRET" in channels.refuses("rotate", "zapier", "--secret", new_secret())
    channels.settings["AWARD_ALLOW_PRIVATE_HOSTS"] = "127.0.0.1"
    channels.does("add", "make", "webhook", "https://127.0.0.1/x", "--secret", new_secret())
    before = channels.row("make")
    assert channels.refuses("rotate", "make") == "rotate takes one --secret, --drop-old or both"
    assert "a webhook's secret is whsec_" in channels.refuses("rotate", "make", "--secret", "hunter2hunter2")
    assert channels.row("make") == before
    assert "hunter2" not in channels.said


# ---- test --------------------------------------------------------------------------------------------------------


def test_a_test_message_says_what_came_back(channels: Channels, far_side: FarSide) -> None:
    channels.settings |= {"AWARD_SECRET_KEY": KEY, "AWARD_ALLOW_PRIVATE_HOSTS": "127.0.0.1"}
    channels.does("add", "own", "apprise", far_side.url("json"))
    assert channels.does("test", "own") == "own: sent: JSON took it\n"
    assert "test" in far_side.bodies[-1].lower()
    far_side.answers = [(410, {}, b"gone")]
    channels.does("pause", "own")
    code, out, err = channels("test", "own")
    assert (code, err) == (1, "")
    assert out.startswith("own: not sent, another try may work: JSON answered 410")
    assert out.endswith("own is paused all the same: scrapy channels resume own\n")
