"""The webhook channel against the sandbox's receivers, which take and refuse as Make, Zapier and others do."""

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

from awardspider.delivery.channels.base import Message, Result, Verdict
from awardspider.delivery.channels.webhook.channel import WebhookChannel
from awardspider.delivery.channels.webhook.signing import new_secret
from awardspider.storage.store import Store, open_store
from tests.support.channel_examples import a_config, a_message, around
from tests.support.sandbox_server import Sandbox, sandbox

MAKE = "https://hook.eu1.make.com/t0ken-of-our-hook"
ZAPIER = "https://hooks.zapier.com/hooks/catch/123/abcdef/"
OTHER = "https://hooks.example.com/awards"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    decode = open_store("", tmp_path_factory.mktemp("store"))
    yield decode
    decode.close()


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with sandbox() as server:
        yield server


@pytest.fixture
def server(running: Sandbox) -> Sandbox:
    """The sandbox, with nothing caught and everybody well-behaved."""
    running.client.delete(f"{running.url}/_hooks").raise_for_status()
    return running


def behave(server: Sandbox, **conduct: Any) -> None:
    server.client.post(f"{server.url}/_hooks", json=conduct).raise_for_status()


def caught(server: Sandbox) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = server.client.get(f"{server.url}/_hooks").json()["messages"]
    return messages


def deliver(
    server: Sandbox, store: Store, folder: Path, address: str, message: Message | None = None, **known: Any
) -> Result:
    surroundings = replace(around(store, folder, sandbox_url=server.url), now=lambda: datetime.now(UTC))
    (result,) = WebhookChannel(a_config(address, **known), surroundings).deliver([message or a_message()])
    return result


@pytest.mark.parametrize(("address", "note"), [(MAKE, "200 OK Accepted"), (ZAPIER, "200 OK {"), (OTHER, "204")])
def test_each_receiver_takes_it(server: Sandbox, store: Store, tmp_path: Path, address: str, note: str) -> None:
    secret = new_secret()
    result = deliver(server, store, tmp_path, address, secrets=(secret,))
    assert result.verdict is Verdict.SENT
    assert result.note.startswith(note)
    (got,) = caught(server)
    assert f"https://{got['host']}{got['path']}" == address
    headers = {name.lower(): value for name, value in got["headers"].items()}
    assert Webhook(secret).verify(got["body"], headers)["type"] == "offer.matched"
    assert (result.far_id is not None) == (address == ZAPIER)


def test_the_key_of_make_is_needed(server: Sandbox, store: Store, tmp_path: Path) -> None:
    behave(server, api_key="sesame-open")
    refused = deliver(server, store, tmp_path, MAKE)
    assert (refused.verdict, refused.pauses) == (Verdict.LATER, True)
    assert "wants a key" in refused.note
    options = {"header.x-make-apikey": "sesame-open"}
    assert deliver(server, store, tmp_path, MAKE, options=options).verdict is Verdict.SENT


@pytest.mark.parametrize(
    ("way", "verdict", "taken"),
    [
        ("400", Verdict.LATER, False),
        ("410", Verdict.LATER, False),
        ("429", Verdict.LATER, False),
        ("429_retry_after", Verdict.LATER, False),
        ("500", Verdict.LATER, False),
        ("500_after", Verdict.LATER, True),
        ("502", Verdict.LATER, False),
        ("503", Verdict.LATER, False),
        ("timeout_before", Verdict.UNKNOWN, False),
        ("timeout_after", Verdict.UNKNOWN, True),
        ("reset_before", Verdict.UNKNOWN, False),
        ("reset_after", Verdict.UNKNOWN, True),
    ],
)
def test_each_way_to_go_wrong(
    server: Sandbox, store: Store, tmp_path: Path, way: str, verdict: Verdict, taken: bool
) -> None:
    behave(server, rates={way: 1.0}, seconds=1.5, retry_after=7)
    result = deliver(server, store, tmp_path, MAKE, options={"timeout": "1"})
    assert (result.verdict, result.pauses) == (verdict, way == "410")
    assert result.wait_seconds == (7.0 if way == "429_retry_after" else None)
    assert bool(caught(server)) is taken


def test_a_slow_answer_is_an_answer(server: Sandbox, store: Store, tmp_path: Path) -> None:
    behave(server, rates={"slow_bytes": 1.0}, seconds=0.2)
    assert deliver(server, store, tmp_path, ZAPIER).verdict is Verdict.SENT


def test_a_slow_answer_does_not_hold_the_channel(server: Sandbox, store: Store, tmp_path: Path) -> None:
    behave(server, rates={"slow_bytes": 1.0}, seconds=5)
    began = time.monotonic()
    result = deliver(server, store, tmp_path, ZAPIER, options={"timeout": "1"})
    assert time.monotonic() - began < 4
    assert result.verdict in (Verdict.SENT, Verdict.UNKNOWN)  # depends on how far the first line came
    assert len(caught(server)) == 1


def test_repeats_have_the_same_key(server: Sandbox, store: Store, tmp_path: Path) -> None:
    """What may have arrived is sent again until it has, and the receiver can tell that it is the same."""
    behave(server, rates={"reset_after": 0.3, "500_after": 0.2, "429": 0.2}, keeps_keys=True)
    for number in range(20):
        message = a_message(number=number, key=f"make:offer:{number}")
        while deliver(server, store, tmp_path, OTHER, message).verdict is not Verdict.SENT:
            pass
    keys = server.client.get(f"{server.url}/_hooks", params={"keys": "1"}).json()
    assert set(keys) == {f"make:offer:{number}" for number in range(20)}
    assert sum(keys.values()) > 20
    bodies = {each["key"]: json.loads(each["body"]) for each in caught(server)}
    assert len(bodies) == 20
