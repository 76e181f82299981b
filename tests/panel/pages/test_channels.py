"""The pages of channels, for operators only."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet

from awardspider.delivery.channels.secrets import resolve
from awardspider.storage.accounts import Role, Scope
from awardspider.storage.channels import PausedBy, back_off, channel_rows, channel_states, pause_channel
from tests.support.panel import Panel, PanelClient
from tests.support.panel_messages import add_channel_row, add_message, add_post, panel
from tests.support.storage_examples import NOW

__all__ = ["panel"]

ADDRESS = "https://93.184.216.34/secret-path"
WEBHOOK = {"kind": "webhook", "name": "make", "address": ADDRESS, "events": ["offer.matched"], "priority": "urgent"}


@pytest.fixture(autouse=True)
def secret_key(panel: Panel) -> str:
    settings = panel.config.settings
    assert isinstance(settings, dict)
    settings["AWARD_SECRET_KEY"] = Fernet.generate_key().decode()
    return str(settings["AWARD_SECRET_KEY"])


def add(client: Any, **fields: Any) -> Any:
    return client.post("/channels/new", data=WEBHOOK | fields)


@pytest.mark.parametrize("role", [Role.MEMBER, Role.VIEWER])
def test_channels_are_for_operators(panel_client: PanelClient, role: Role) -> None:
    client = panel_client(role)
    for path in ("/channels", "/channels/new", "/channels/new?kind=webhook"):
        assert client.get(path).status_code == 403
    assert add(client).status_code == 403


def test_the_list_shows_the_state_in_words(panel: Panel, panel_client: PanelClient) -> None:
    for name in ("working", "broken", "slow"):
        add_channel_row(panel.store, name, "webhook", "env:MAKE", NOW)
    pause_channel(panel.store, "broken", reason="410 Gone", by=PausedBy.DISPATCHER, now=NOW - timedelta(hours=3))
    back_off(panel.store, "slow", NOW + timedelta(minutes=9), failures=6)
    add_message(panel.store, NOW, channel="slow", result="retry")
    page = panel_client().get("/channels").text
    assert "Paused 3 hours ago, because no message can get through: 410 Gone" in page
    assert "After several failures, the channel waits until Sun, Nov 22, 2026, 10:09 UTC." in page
    assert "1 message waiting" in page
    assert "Not sent" in page


@pytest.mark.parametrize("kind", ["apprise", "webhook", "handoff", "sheets"])
def test_each_kind_has_a_form(panel_client: PanelClient, kind: str) -> None:
    client = panel_client()
    assert f"/channels/new?kind={kind}" in client.get("/channels/new").text
    page = client.get(f"/channels/new?kind={kind}").text
    assert 'name="address"' in page
    assert ('name="events"' in page) == (kind != "sheets")


def test_a_channel_is_added_with_its_options(panel: Panel, panel_client: PanelClient, secret_key: str) -> None:
    response = add(panel_client(), locale="pt_BR", timeout="20", headers="x-make-apikey: abcdef")
    assert (response.status_code, response.headers["location"]) == (303, "/channels?notice=channel_added#make")
    (row,) = channel_rows(panel.store)
    assert (row.name, row.kind, row.priority) == ("make", "webhook", "urgent")
    options = dict(row.options)
    for secret, value in ((row.address, ADDRESS), (options.pop("header.x-make-apikey"), "abcdef")):
        assert secret.startswith("encrypted:")
        assert resolve(secret, secret_key) == value
    assert options == {"locale": "pt_BR", "timeout": "20"}
    assert row.events == ("offer.matched",)
    page = panel_client().get("/channels").text
    assert "secret-path" not in page


def test_a_channel_for_a_person_is_added(panel: Panel, panel_client: PanelClient) -> None:
    add(panel_client(), kind="handoff", name="snap", address="snapchat")
    (row,) = channel_rows(panel.store)
    assert (row.kind, row.address) == ("handoff", "snapchat")
    assert "Channel paused" not in panel_client().get("/channels/new?kind=handoff").text


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": "two words"}, "is one word of letters"),
        ({"address": ""}, "the address is empty"),
        ({"address": "env:AWARD_SECRET_KEY"}, "the address refers to a variable or file of the server"),
        ({"address": " file:/etc/passwd"}, "the address refers to a variable or file of the server"),
        ({"secret": "env:AWARD_SECRET_KEY"}, "the signing secret refers to a variable or file of the server"),
        ({"headers": "x-key: file:/etc/passwd"}, "the option header.x-key refers to a variable or file of the server"),
        ({"timezone": "env:AWARD_SECRET_KEY"}, "the option timezone refers to a variable or file of the server"),
        ({"kind": "apprise", "address": "env:HOME"}, "refers to a variable or file of the server"),
        ({"kind": "sheets", "address": "file:/etc/passwd"}, "refers to a variable or file of the server"),
        ({"kind": "handoff", "address": "file:/etc/passwd"}, "refers to a variable or file of the server"),
        ({"timeout": "900"}, "invalid timeout"),
        ({"timezone": "Mars"}, "unknown time zone"),
        ({"headers": "no colon"}, "a header is one line"),
        ({"kind": "handoff", "address": "carrier-pigeon"}, "unknown outlet"),
        ({"kind": "handoff", "address": "snapchat", "events": "channel.paused"}, "has posts for others"),
    ],
)
def test_an_invalid_channel_is_not_added(
    panel: Panel, panel_client: PanelClient, fields: dict[str, str], sentence: str
) -> None:
    response = add(panel_client(), **fields)
    assert response.status_code == 400
    assert sentence in response.text
    assert "93.184.216.34" not in response.text, "a secret is never shown again"
    assert channel_rows(panel.store) == []


@pytest.mark.parametrize("priority", ["", "x", "URGENT"])
def test_an_unknown_priority_is_the_default(panel: Panel, panel_client: PanelClient, priority: str) -> None:
    assert add(panel_client(), priority=priority).status_code == 303
    assert [row.priority for row in channel_rows(panel.store)] == ["normal"]


@pytest.mark.parametrize("field", ["name", "address", "timezone", "timeout", "headers", "secret", "priority"])
def test_a_form_with_a_text_that_is_too_long_is_shown_again(
    panel: Panel, panel_client: PanelClient, field: str
) -> None:
    response = add(panel_client(), **{"timezone": "America/Sao_Paulo", "locale": "es"} | {field: "x" * 4_001})
    assert (response.status_code, 'role="alert"' in response.text) == (400, True)
    assert f"{field} is longer than 4,000 characters" in response.text
    assert '<option value="es" selected>' in response.text
    assert channel_rows(panel.store) == []


def test_an_address_in_a_private_network_is_refused(panel: Panel, panel_client: PanelClient) -> None:
    assert "not a public address" in add(panel_client(), address="https://127.0.0.1:8443/hook").text
    assert channel_rows(panel.store) == []


def test_a_program_on_the_server_cannot_be_added(panel: Panel, panel_client: PanelClient) -> None:
    assert isinstance(panel.config.settings, dict)
    panel.config.settings["AWARD_ALLOW_COMMANDS"] = "yes"
    assert add(panel_client(), kind="command", address="ls").status_code == 400
    assert "command" not in panel_client().get("/channels/new").text
    assert channel_rows(panel.store) == []


@pytest.mark.parametrize("fields", [{}, {"kind": "apprise", "address": "tgram://1:a/2"}])
def test_a_secret_is_not_stored_in_plain_text(panel: Panel, panel_client: PanelClient, fields: dict[str, str]) -> None:
    assert isinstance(panel.config.settings, dict)
    panel.config.settings["AWARD_SECRET_KEY"] = ""
    assert "would be stored in plain text" in add(panel_client(), **fields).text
    assert channel_rows(panel.store) == []


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"kind": "command", "address": "ls"}, "runs a program on the server"),
        ({"address": "env:AWARD_SECRET_KEY"}, "the address refers to a variable or file of the server"),
        ({"secrets": ["file:/etc/passwd"]}, "the signing secret refers to a variable or file of the server"),
        ({"options": {"header.x": "env:AWARD_SECRET_KEY"}}, "the option header.x refers to a variable"),
    ],
)
def test_the_api_refuses_what_reads_or_runs_something_on_the_server(
    panel: Panel, fields: dict[str, Any], sentence: str
) -> None:
    assert isinstance(panel.config.settings, dict)
    panel.config.settings["AWARD_ALLOW_COMMANDS"] = "yes"
    body = {"kind": "webhook", "name": "make", "address": ADDRESS} | fields
    response = panel.with_token(Role.OPERATOR, [Scope.WRITE]).post("/api/v1/channels", json=body)
    assert response.status_code == 400
    assert sentence in response.json()["error"]
    assert channel_rows(panel.store) == []


def test_a_secret_is_stored_encrypted(panel: Panel, panel_client: PanelClient) -> None:
    assert add(panel_client(), address="https://93.184.216.34/secret").status_code == 303
    (row,) = channel_rows(panel.store)
    assert row.address.startswith("encrypted:")
    assert "https://93.184.216.34/…" in panel_client().get("/channels").text


def test_a_name_is_used_once(panel: Panel, panel_client: PanelClient) -> None:
    add_channel_row(panel.store, "make", "webhook", "env:MAKE", NOW)
    assert "a channel make exists" in add(panel_client()).text


def test_a_test_message_says_what_happened(panel: Panel, panel_client: PanelClient) -> None:
    add_channel_row(panel.store, "snap", "handoff", "snapchat", NOW)
    add_channel_row(panel.store, "broken", "webhook", "env:MISSING", NOW)
    client = panel_client()
    assert "snap works: the test message was sent." in client.post("/channels/snap/test").text
    assert "broken cannot be used: channel broken: environment variable" in client.post("/channels/broken/test").text


def test_a_channel_is_paused_and_resumed(panel: Panel, panel_client: PanelClient) -> None:
    add_channel_row(panel.store, "make", "webhook", "env:MAKE", NOW)
    client = panel_client()
    client.post("/channels/make/pause", data={"reason": "on vacation"})
    state = channel_states(panel.store)["make"]
    assert (state.paused_reason, state.paused_by) == ("on vacation", PausedBy.OPERATOR)
    client.post("/channels/make/resume")
    assert channel_states(panel.store)["make"].paused_at is None


def test_removing_says_how_many_messages_are_canceled(panel: Panel, panel_client: PanelClient) -> None:
    add_channel_row(panel.store, "snap", "handoff", "snapchat", NOW)
    add_post(panel.store, NOW, key="one")
    add_message(panel.store, NOW, key="two", channel="snap")
    client = panel_client()
    assert "Remove snap? 2 messages that wait are canceled." in client.get("/channels").text
    assert "snap is removed; 2 messages were canceled." in client.post("/channels/snap/remove").text
    assert channel_rows(panel.store) == []


def test_an_unknown_channel_is_an_error(panel_client: PanelClient) -> None:
    for action in ("test", "pause", "resume", "remove"):
        response = panel_client().post(f"/channels/nobody/{action}")
        assert response.status_code == 400
        assert "unknown channel nobody" in response.text
