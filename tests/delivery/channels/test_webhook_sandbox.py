"""The webhook channel with the recipients of the sandbox, which behave like Make, Zapier and other services."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from awardspider.delivery.channels.base import DeliveryReport, Message
from awardspider.delivery.channels.webhook.channel import WebhookChannel
from awardspider.delivery.channels.webhook.signing import new_secret
from awardspider.storage.outbox import DeliveryResult
from awardspider.storage.store import Store
from tests.support.channel_examples import make_config, make_context, make_message
from tests.support.sandbox_server import Sandbox, sandbox

MAKE = "https://hook.eu1.make.com/t0ken-of-our-hook"
ZAPIER = "https://hooks.zapier.com/hooks/catch/123/abcdef/"
OTHER = "https://hooks.example.com/awards"


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with sandbox() as server:
        yield server


@pytest.fixture
def server(running: Sandbox) -> Sandbox:
    """Return a sandbox without recorded webhooks and faults."""
    running.client.delete(f"{running.url}/_hooks").raise_for_status()
    return running


def set_behavior(server: Sandbox, **behavior: Any) -> None:
    server.client.post(f"{server.url}/_hooks", json=behavior).raise_for_status()


def received(server: Sandbox) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = server.client.get(f"{server.url}/_hooks").json()["messages"]
    return messages


def deliver(
    server: Sandbox, idle_store: Store, folder: Path, address: str, message: Message | None = None, **values: Any
) -> DeliveryReport:
    context = replace(make_context(idle_store, folder, sandbox_url=server.url), now=lambda: datetime.now(UTC))
    (report,) = WebhookChannel(make_config(address, **values), context).deliver([message or make_message()])
    return report


@pytest.mark.parametrize(("address", "note"), [(MAKE, "200 OK Accepted"), (ZAPIER, "200 OK {"), (OTHER, "204")])
def test_each_recipient_accepts_the_request(
    server: Sandbox, idle_store: Store, tmp_path: Path, address: str, note: str
) -> None:
    secret = new_secret()
    report = deliver(server, idle_store, tmp_path, address, secrets=(secret,))
    assert report.result is DeliveryResult.SENT
    assert report.note.startswith(note)
    (webhook,) = received(server)
    assert f"https://{webhook['host']}{webhook['path']}" == address
    headers = {name.lower(): value for name, value in webhook["headers"].items()}
    assert Webhook(secret).verify(webhook["body"], headers)["type"] == "offer.matched"
    assert (report.provider_id is not None) == (address == ZAPIER)


def test_missing_make_key_pauses_the_channel(server: Sandbox, idle_store: Store, tmp_path: Path) -> None:
    set_behavior(server, api_key="sesame-open")
    report = deliver(server, idle_store, tmp_path, MAKE)
    assert (report.result, report.pauses) == (DeliveryResult.RETRY, True)
    assert "requires a valid key" in report.note
    options = {"header.x-make-apikey": "sesame-open"}
    assert deliver(server, idle_store, tmp_path, MAKE, options=options).result is DeliveryResult.SENT


@pytest.mark.parametrize(
    ("fault", "result", "accepted"),
    [
        ("400", DeliveryResult.RETRY, False),
        ("410", DeliveryResult.RETRY, False),
        ("429", DeliveryResult.RETRY, False),
        ("429_retry_after", DeliveryResult.RETRY, False),
        ("500", DeliveryResult.RETRY, False),
        ("500_after", DeliveryResult.RETRY, True),
        ("502", DeliveryResult.RETRY, False),
        ("503", DeliveryResult.RETRY, False),
        ("timeout_before", DeliveryResult.UNKNOWN, False),
        ("timeout_after", DeliveryResult.UNKNOWN, True),
        ("reset_before", DeliveryResult.UNKNOWN, False),
        ("reset_after", DeliveryResult.UNKNOWN, True),
    ],
)
def test_each_fault_has_its_report(
    server: Sandbox, idle_store: Store, tmp_path: Path, fault: str, result: DeliveryResult, accepted: bool
) -> None:
    set_behavior(server, rates={fault: 1.0}, seconds=1.5, retry_after=7)
    report = deliver(server, idle_store, tmp_path, MAKE, options={"timeout": "1"})
    assert (report.result, report.pauses) == (result, fault == "410")
    assert report.wait_seconds == (7.0 if fault == "429_retry_after" else None)
    assert bool(received(server)) is accepted


def test_slow_response_is_a_response(server: Sandbox, idle_store: Store, tmp_path: Path) -> None:
    set_behavior(server, rates={"slow_bytes": 1.0}, seconds=0.2)
    assert deliver(server, idle_store, tmp_path, ZAPIER).result is DeliveryResult.SENT


def test_slow_response_ends_at_the_timeout(server: Sandbox, idle_store: Store, tmp_path: Path) -> None:
    set_behavior(server, rates={"slow_bytes": 1.0}, seconds=5)
    began = time.monotonic()
    report = deliver(server, idle_store, tmp_path, ZAPIER, options={"timeout": "1"})
    assert time.monotonic() - began < 4
    assert report.result in (
        DeliveryResult.SENT,
        DeliveryResult.UNKNOWN,
    )  # depends on how much of the first line arrived
    assert len(received(server)) == 1


def test_attempts_have_the_same_key(server: Sandbox, idle_store: Store, tmp_path: Path) -> None:
    """Unknown results are sent again until one is a success, and the recipient recognizes the repetition."""
    set_behavior(server, rates={"reset_after": 0.3, "500_after": 0.2, "429": 0.2}, idempotent=True)
    for number in range(20):
        message = make_message(id=number, key=f"make:offer:{number}")
        while deliver(server, idle_store, tmp_path, OTHER, message).result is not DeliveryResult.SENT:
            pass
    keys = server.client.get(f"{server.url}/_hooks", params={"keys": "1"}).json()
    assert set(keys) == {f"make:offer:{number}" for number in range(20)}
    assert sum(keys.values()) > 20
    bodies = {webhook["key"]: json.loads(webhook["body"]) for webhook in received(server)}
    assert len(bodies) == 20
