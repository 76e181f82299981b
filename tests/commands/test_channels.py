"""`scrapy channels`."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from awardspider.commands.channels import FIELDS, Command
from awardspider.delivery.channels.configuration import DEFAULT_EVENTS, resolve_config
from awardspider.delivery.channels.management import EVENT_CHOICES
from awardspider.delivery.channels.webhook.signing import new_secret
from awardspider.items import Priority
from awardspider.search.notify_prefs import NotifyPrefs
from awardspider.search.promotion_watches import build_promotion_watch
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.channels import ChannelRow, PausedBy, channel_rows, channel_states, pause_channel
from awardspider.storage.outbox import OutboxRow
from awardspider.storage.store import Store, open_store
from awardspider.storage.watches import save_watches
from tests.support.commands import CommandRunner
from tests.support.http_recipient import Recipient, recipient
from tests.support.watch_examples import make_watch

__all__ = ["recipient"]

KEY = Fernet.generate_key().decode()
TOKEN = "tgram://123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw/4815162342"
SETTINGS = {
    "AWARD_DATABASE_URL": "", "AWARD_SANDBOX_URL": "", "AWARD_GOOGLE_SHEET": "", "AWARD_WEBHOOKS": "",
    "AWARD_WEBHOOK_SECRET": "", "AWARD_SECRET_KEY": "", "AWARD_LOCALE": "en", "AWARD_ALLOW_PRIVATE_HOSTS": "",
    "AWARD_ALLOW_COMMANDS": "", "USER_AGENT": "awardspider tests",
}  # fmt: skip
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Channels(CommandRunner):
    """The command with a database of its own."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        super().__init__(Command, SETTINGS | {"AWARD_DATA_DIR": str(folder)}, capsys)
        self.folder = folder
        self.store: Store = open_store("", folder)

    def row(self, name: str) -> ChannelRow:
        return {row.name: row for row in channel_rows(self.store)}[name]

    def listed(self) -> dict[str, dict[str, object]]:
        return {row["name"]: row for row in json.loads(self.succeed("list", "--format", "json"))}

    def stored_bytes(self) -> bytes:
        return b"".join(file.read_bytes() for file in self.folder.glob("awardspider.db*"))


@pytest.fixture
def channels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Channels]:
    runner = Channels(tmp_path, capsys)
    yield runner
    runner.store.close()


# ---- add ---------------------------------------------------------------------------------------------------------


def test_a_plain_secret_without_a_key_is_refused_with_the_three_ways(channels: Channels) -> None:
    message = channels.fail("add", "family", "apprise", TOKEN)
    assert message.startswith("the address is a secret and would be stored in plain text. Give env:NAME or file:PATH")
    assert "set AWARD_SECRET_KEY to encrypt it; create a key with python -c" in message
    assert channel_rows(channels.store) == []


def test_a_plain_secret_is_encrypted(channels: Channels) -> None:
    channels.settings["AWARD_SECRET_KEY"] = KEY
    assert channels.succeed("add", "family", "apprise", TOKEN) == (
        "Added family (apprise). Try it: scrapy channels test family\n"
    )
    row = channels.row("family")
    assert row.address.startswith("encrypted:")
    assert (row.kind, row.events, row.priority) == ("apprise", (), "normal")
    assert resolve_config(row, channels.settings).address == TOKEN
    assert b"AAHdqTcvCH1v" not in channels.stored_bytes()


def test_a_reference_is_stored_unchanged(channels: Channels, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAMILY", TOKEN)
    channels.succeed(
        "add", "family", "apprise", "env:FAMILY", "--events", "offer.dropped,run.failed", "--priority", "urgent"
    )
    row = channels.row("family")
    assert (row.address, row.events, row.priority) == ("env:FAMILY", ("offer.dropped", "run.failed"), "urgent")
    file = channels.folder / "address"
    file.write_text(TOKEN + "\n")
    channels.succeed("add", "family", "apprise", f"file:{file}", "--replace")
    assert channels.row("family").address == f"file:{file}"


def test_a_reference_to_a_missing_variable_is_refused(channels: Channels, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FAMILY", raising=False)
    assert channels.fail("add", "family", "apprise", "env:FAMILY") == (
        "channel family: environment variable FAMILY is not set; it must contain a secret"
    )


def test_encrypt_stores_the_current_value_of_a_reference(channels: Channels, monkeypatch: pytest.MonkeyPatch) -> None:
    channels.settings["AWARD_SECRET_KEY"] = KEY
    monkeypatch.setenv("FAMILY", TOKEN)
    channels.succeed("add", "family", "apprise", "env:FAMILY", "--option", "locale=es", "--encrypt")
    monkeypatch.delenv("FAMILY")
    row = channels.row("family")
    assert row.address.startswith("encrypted:")
    assert row.options["locale"].startswith("encrypted:")
    config = resolve_config(row, channels.settings)
    assert (config.address, config.options) == (TOKEN, {"locale": "es"})


def test_the_address_can_come_from_standard_input(channels: Channels, monkeypatch: pytest.MonkeyPatch) -> None:
    channels.settings["AWARD_SECRET_KEY"] = KEY
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{TOKEN}\nnot this\n"))
    channels.succeed("add", "family", "apprise", "-")
    assert resolve_config(channels.row("family"), channels.settings).address == TOKEN
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert channels.fail("add", "other", "apprise", "-") == "the address is empty"


def test_options_that_may_be_secret_are_encrypted(channels: Channels) -> None:
    channels.settings |= {"AWARD_SECRET_KEY": KEY, "AWARD_ALLOW_PRIVATE_HOSTS": "127.0.0.1"}
    options = ("--option", "header.x-make-apikey=swordfish", "--option", "timeout=20")
    channels.succeed("add", "make", "webhook", "https://127.0.0.1/abcdef", *options, "--secret", new_secret())
    row = channels.row("make")
    assert row.options["timeout"] == "20"
    assert row.options["header.x-make-apikey"].startswith("encrypted:")
    assert row.secrets[0].startswith("encrypted:")
    assert b"swordfish" not in channels.stored_bytes()


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("add", "my-hook", "webhook", "https://example.org/x"), "a channel's name is one word"),
        (("add", "hook", "telegram", "tgram://a/b"), "unknown kind of channel"),
        (("add", "hook", TOKEN, "apprise"), "expected name, kind and address"),
        (("add", "hook", "apprise", " "), "the address is empty"),
        (("add", "hook", "apprise", "encrypted:abc"), "the address is already encrypted"),
        (("add", "hook", "apprise", "nosuch://abc"), "Apprise has no service nosuch://"),
        (("add", "hook", "apprise", TOKEN, "--events", "offer.matchd"), "did you mean offer.matched?"),
        (("add", "hook", "apprise", TOKEN, "--events", "digest"), "--events: unknown value 'digest'"),
        (("add", "hook", "apprise", TOKEN, "--priority", "loud"), "choose from urgent, normal, digest"),
        (("add", "hook", "apprise", TOKEN, "--option", "locale"), "--option: expected NAME=VALUE"),
        (("add", "hook", "apprise", TOKEN, "--option", "a=b", "--option", "a=c"), "--option: a is given twice"),
        (
            ("add", "hook", "apprise", TOKEN, "--option", "color=red"),
            "unknown option 'color' of kind apprise; use locale",
        ),
        (("list", "--revoke-old"), "unknown option --revoke-old"),
        (("list", "--color"), "unknown option --color"),
        (("list", "more"), "unexpected argument 'more'"),
        (("list", "--format", "xml"), "choose from table, json, csv"),
        (("test", "hook"), "unknown channel hook (scrapy channels list shows all)"),
    ],
)
def test_invalid_arguments_are_one_sentence_without_the_secret(
    channels: Channels, args: tuple[str, ...], sentence: str
) -> None:
    channels.settings["AWARD_SECRET_KEY"] = KEY
    message = channels.fail(*args)
    assert sentence in message
    assert "AAHdqTcvCH1v" not in message
    assert channel_rows(channels.store) == []


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((), "the following arguments are required: <action>"),
        (("add",), "the following arguments are required: name, kind, address"),
        (("add", "a", "b"), "the following arguments are required: address"),
        (("drop", "x"), "invalid choice: 'drop'"),
    ],
)
def test_missing_arguments_show_the_usage(channels: Channels, args: tuple[str, ...], message: str) -> None:
    assert message in channels.usage_error(*args)


def test_a_channel_is_replaced_only_with_the_option(channels: Channels) -> None:
    channels.settings["AWARD_SECRET_KEY"] = KEY
    channels.succeed("add", "family", "apprise", TOKEN)
    again = ("add", "family", "apprise", TOKEN.replace("4815162342", "23"))
    assert channels.fail(*again) == "a channel family exists; --replace replaces it"
    channels.succeed("pause", "family")
    assert channels.succeed(*again, "--replace").startswith("Replaced family")
    assert resolve_config(channels.row("family"), channels.settings).address.endswith("/23")
    assert channels.listed()["family"]["state"] == "active"  # a new address ends the pause


# ---- list --------------------------------------------------------------------------------------------------------


def test_the_list_shows_hosts_and_states_but_no_secret(channels: Channels, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", "https://127.0.0.1/hidden/path")
    channels.settings |= {"AWARD_SECRET_KEY": KEY, "AWARD_ALLOW_PRIVATE_HOSTS": "127.0.0.1"}
    channels.settings |= {"AWARD_WEBHOOKS": "zapier=https://hooks.zapier.com/hooks/catch/1/hidden"}
    channels.succeed("add", "family", "apprise", TOKEN)
    channels.succeed("add", "make", "webhook", "https://127.0.0.1/hidden", "--secret", new_secret())
    channels.succeed("add", "named", "webhook", "env:HOOK", "--events", "run.failed", "--priority", "digest")
    pause_channel(channels.store, "make", reason="the endpoint is gone", by=PausedBy.DISPATCHER, now=NOW)
    rows = [
        OutboxRow(key=f"k{n}", channel="make", event_type="offer.matched", subject=str(n), body={}, created_at=NOW)
        for n in range(3)
    ]
    write_batch(channels.store, Batch(outbox=rows))
    listed = channels.listed()
    assert tuple(listed["make"]) == FIELDS
    assert {name: row["address"] for name, row in listed.items()} == {
        "family": "tgram://…",
        "make": "https://127.0.0.1/…",
        "named": "env:HOOK",
        "zapier": "https://hooks.zapier.com/…",
    }
    assert listed["make"]["state"] == "paused"
    assert listed["make"]["since"] == "2026-11-22T12:00:00+00:00"
    assert (listed["make"]["reason"], listed["make"]["by"]) == ("the endpoint is gone", "dispatcher")
    assert listed["make"]["pending"] == 3
    assert (listed["named"]["events"], listed["named"]["priority"]) == ("run.failed", "digest")
    assert (listed["family"]["events"], listed["family"]["state"]) == (", ".join(DEFAULT_EVENTS), "active")
    assert {name: row["origin"] for name, row in listed.items() if row["origin"] != "database"} == {
        "zapier": "environment"
    }
    assert [row["name"] for row in csv.DictReader(io.StringIO(channels.succeed("list", "--format", "csv")))] == list(
        listed
    )
    table = channels.succeed("list")
    assert "the endpoint is gone" in table
    assert "AAHdqTcvCH1v" not in channels.output
    assert "hidden" not in channels.output
    assert "whsec_" not in channels.output


def test_the_list_works_without_the_key(channels: Channels) -> None:
    channels.settings["AWARD_SECRET_KEY"] = KEY
    channels.succeed("add", "family", "apprise", TOKEN)
    channels.settings["AWARD_SECRET_KEY"] = ""
    assert channels.listed()["family"]["address"] == "encrypted"


def test_an_empty_list_says_how_to_add_a_channel(channels: Channels) -> None:
    assert "no channels; add one: scrapy channels add NAME KIND ADDRESS" in channels.succeed("list")


def test_default_events_can_be_chosen(channels: Channels) -> None:
    assert set(DEFAULT_EVENTS) <= set(EVENT_CHOICES)


# ---- pause, resume, remove, rotate -------------------------------------------------------------------------------


def test_pause_and_resume(channels: Channels) -> None:
    channels.settings["AWARD_WEBHOOKS"] = "zapier=https://hooks.zapier.com/hooks/catch/1/2"
    assert (
        channels.succeed("pause", "zapier", "--reason", "on holiday")
        == "zapier is paused. Its messages stay pending.\n"
    )
    assert channels.succeed("pause", "zapier") == "zapier is already paused. Its messages stay pending.\n"
    assert channels.listed()["zapier"]["reason"] == "on holiday"
    row = OutboxRow(key="k", channel="zapier", event_type="offer.matched", subject="s", body={}, created_at=NOW)
    write_batch(channels.store, Batch(outbox=[row]))
    assert channels.succeed("resume", "zapier") == "zapier is active; scrapy deliver sends its 1 pending messages.\n"
    assert channels.listed()["zapier"]["state"] == "active"


def test_an_unknown_name_is_refused_with_a_suggestion(channels: Channels) -> None:
    channels.settings["AWARD_WEBHOOKS"] = "zapier=https://hooks.zapier.com/hooks/catch/1/2"
    for action in ("pause", "resume", "remove", "test", "rotate"):
        assert channels.fail(action, "zapir") == "unknown channel zapir (did you mean zapier?)"
    assert channel_states(channels.store) == {}


def test_remove(channels: Channels) -> None:
    channels.settings |= {"AWARD_SECRET_KEY": KEY, "AWARD_WEBHOOKS": "zapier=https://hooks.zapier.com/hooks/catch/1/2"}
    channels.succeed("add", "family", "apprise", TOKEN)
    row = OutboxRow(key="k", channel="family", event_type="offer.matched", subject="s", body={}, created_at=NOW)
    write_batch(channels.store, Batch(outbox=[row]))
    assert channels.succeed("remove", "family") == "Removed family. 1 pending messages are canceled.\n"
    assert channel_rows(channels.store) == []
    assert "remove it from AWARD_GOOGLE_SHEET or AWARD_WEBHOOKS" in channels.fail("remove", "zapier")


def test_remove_names_the_watches_that_notified_only_this_channel(channels: Channels) -> None:
    channels.settings["AWARD_SECRET_KEY"] = KEY
    channels.succeed("add", "family", "apprise", TOKEN)
    prefs = NotifyPrefs(channels=(("family", Priority.URGENT),))
    bonuses = build_promotion_watch({"name": "Bonuses", "notify": {"channels": "family"}})
    watches = [make_watch(name="Tokyo", notify=prefs), make_watch(name="Other"), bonuses]
    save_watches(channels.store, watches, now=NOW)
    assert channels.succeed("remove", "family") == (
        "Removed family.\nThese watches still name it and no longer notify it: Tokyo, Bonuses. Edit and import them.\n"
    )


def test_rotate_keeps_two_secrets_and_a_pause(channels: Channels) -> None:
    channels.settings |= {"AWARD_SECRET_KEY": KEY, "AWARD_ALLOW_PRIVATE_HOSTS": "127.0.0.1"}
    old, newer, newest = (new_secret() for _ in range(3))
    channels.succeed("add", "make", "webhook", "https://127.0.0.1/x", "--secret", old)
    channels.succeed("pause", "make", "--reason", "holiday")
    assert "signs with two secrets, the new one first" in channels.succeed("rotate", "make", "--secret", newer)
    assert resolve_config(channels.row("make"), channels.settings).secrets == (newer, old)
    channels.succeed("rotate", "make", "--secret", newest)
    assert resolve_config(channels.row("make"), channels.settings).secrets == (newest, newer)
    assert channels.succeed("rotate", "make", "--revoke-old") == "make signs with one secret.\n"
    assert resolve_config(channels.row("make"), channels.settings).secrets == (newest,)
    listed = channels.listed()["make"]
    assert (listed["state"], listed["reason"]) == ("paused", "holiday")
    assert "whsec_" not in channels.output


def test_rotate_refuses_other_channels_and_invalid_secrets(channels: Channels) -> None:
    channels.settings |= {"AWARD_SECRET_KEY": KEY, "AWARD_WEBHOOKS": "zapier=https://hooks.zapier.com/hooks/catch/1/2"}
    channels.succeed("add", "family", "apprise", TOKEN)
    assert "only webhooks have a signing secret" in channels.fail("rotate", "family", "--secret", new_secret())
    assert "AWARD_WEBHOOK_SECRET" in channels.fail("rotate", "zapier", "--secret", new_secret())
    channels.settings["AWARD_ALLOW_PRIVATE_HOSTS"] = "127.0.0.1"
    channels.succeed("add", "make", "webhook", "https://127.0.0.1/x", "--secret", new_secret())
    before = channels.row("make")
    assert channels.fail("rotate", "make") == "rotate needs --secret, --revoke-old or both"
    assert "invalid webhook secret: write whsec_" in channels.fail("rotate", "make", "--secret", "hunter2hunter2")
    assert channels.row("make") == before
    assert "hunter2" not in channels.output


# ---- test --------------------------------------------------------------------------------------------------------


def test_a_test_message_reports_the_response(channels: Channels, recipient: Recipient) -> None:
    channels.settings |= {"AWARD_SECRET_KEY": KEY, "AWARD_ALLOW_PRIVATE_HOSTS": "127.0.0.1"}
    channels.succeed("add", "own", "apprise", recipient.url("json"))
    assert channels.succeed("test", "own") == "own: sent: JSON accepted the message\n"
    assert "test" in recipient.bodies[-1].lower()
    recipient.responses = [(410, {}, b"gone")]
    channels.succeed("pause", "own")
    result = channels("test", "own")
    assert (result.code, result.err) == (1, "")
    assert result.out.startswith("own: not sent; a later attempt may succeed: JSON responded with 410")
    assert result.out.endswith("own is still paused; resume it: scrapy channels resume own\n")


def test_in_the_sandbox_a_test_shows_what_is_sent(channels: Channels, recipient: Recipient) -> None:
    sandbox = f"http://127.0.0.1:{recipient.port}"
    channels.settings |= {"AWARD_SECRET_KEY": KEY, "AWARD_SANDBOX_URL": sandbox, "AWARD_LOCALE": "pt_BR"}
    channels.succeed("add", "family", "apprise", TOKEN)
    result = channels("test", "family")
    assert (result.code, result.err) == (1, "")
    assert "the sandbox does not simulate Telegram; the message was not sent" in result.out
    assert "Outside the sandbox, this would be sent:\n\n  **Mensagem de teste: family**" in result.out
    assert "json://hooks.example.com/…" in result.out
    assert set(recipient.paths) <= {"/_health"}
    channels.succeed("add", "own", "apprise", "json://hooks.example.com/own")
    out = channels.succeed("test", "own")
    assert "This was sent to the sandbox:\n\n  Mensagem de teste do awardspider" in out
    assert "o canal funciona" in recipient.bodies[-1]
    channels.succeed("add", "hook", "webhook", "https://hooks.example.com/hook", "--option", "locale=es")
    out = channels.succeed("test", "hook")
    assert json.loads(out.partition("\n\n")[2])["title"] == "Mensaje de prueba de awardspider"
    assert json.loads(recipient.bodies[-1])["title"] == "Mensaje de prueba de awardspider"


@pytest.mark.parametrize(
    ("kind", "address"), [("webhook", "https://127.0.0.1/x"), ("apprise", TOKEN), ("command", "true")]
)
@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("locale=fr", "unknown locale 'fr'; use en, pt_BR or es"),
        ("timezone=Nowhere", "unknown time zone 'Nowhere'; write one such as America/Sao_Paulo"),
    ],
)
def test_every_kind_checks_language_and_time_zone(
    channels: Channels, kind: str, address: str, option: str, message: str
) -> None:
    channels.settings |= {
        "AWARD_SECRET_KEY": KEY, "AWARD_ALLOW_PRIVATE_HOSTS": "127.0.0.1", "AWARD_ALLOW_COMMANDS": "yes"
    }  # fmt: skip
    assert channels.fail("add", "own", kind, address, "--option", option) == message
    channels.succeed("add", "own", kind, address, "--option", "locale=pt", "--option", "timezone=America/Sao_Paulo")


def test_only_webhooks_have_a_secret(channels: Channels) -> None:
    channels.settings["AWARD_ALLOW_COMMANDS"] = "yes"
    message = channels.fail("add", "notify", "command", "true", "--secret", "env:NOTIFY")
    assert message == "--secret signs webhooks; a command channel has no secret"


def test_spreadsheet_has_one_channel(channels: Channels) -> None:
    shared, other = "1dEm0AwArdDeaLsXq7Zk2vTn9RbYc4UhJw8LsPf3GxQM", "1pRiv4TeSheEtNotShAredWithAnyb0dyKx2Wm9Zt5Qe"
    channels.settings |= {"AWARD_SANDBOX_URL": "http://127.0.0.1:9", "AWARD_GOOGLE_SHEET": shared}
    address = f"https://docs.google.com/spreadsheets/d/{shared}/edit#gid=0"
    message = channels.fail("add", "second", "sheets", address)
    assert message == "the channel sheets already syncs that spreadsheet"
    channels.succeed("add", "other", "sheets", other)
    channels.succeed("add", "other", "sheets", other, "--replace")
