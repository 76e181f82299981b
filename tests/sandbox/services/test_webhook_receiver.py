"""The sandbox's webhook receivers: stored messages, responses and failures."""

from __future__ import annotations

import socket
import warnings
from collections import Counter
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from standardwebhooks import Webhook

from awardspider.sandbox.services.hooks.behavior import FAILURES, FAILURES_AFTER_STORING, Behavior
from awardspider.sandbox.services.hooks.receiver import Receiver
from awardspider.sandbox.sites import SandboxRequest
from tests.support.sandbox_server import Sandbox

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # one of its plugins imports imghdr
    import apprise

MAKE, ZAPIER, OTHER = "hook.eu1.make.com", "hooks.zapier.com", "hooks.example.com"
OFFER = {"type": "offer.matched", "schema_version": "1", "miles": 45000}


def post(server: Sandbox, host: str = OTHER, path: str = "/in", key: str = "", **options: Any) -> requests.Response:
    headers = {**({"webhook-id": key} if key else {}), **options.pop("headers", {})}
    return server.client.post(f"{server.url}/{host}{path}", json=OFFER, headers=headers, timeout=20, **options)


# ---- successful responses ----


def test_each_recipient_has_its_own_response(server: Sandbox) -> None:
    response = post(server, MAKE, "/token")
    assert (response.status_code, response.text) == (200, "Accepted")
    response = post(server, ZAPIER, "/hooks/catch/1/2/")
    assert (response.status_code, response.json()["status"]) == (200, "success")
    assert {"attempt", "id", "request_id"} < set(response.json())
    assert post(server).status_code == 204
    assert server.client.put(f"{server.url}/{OTHER}/a/deep/path", data=b"\xff").status_code == 204
    assert [message["host"] for message in server.hook_messages()] == [MAKE, ZAPIER, OTHER, OTHER]


def test_message_is_stored_unchanged_with_a_valid_signature(server: Sandbox) -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body, now = '{"miles": 45000,  "city":"São Paulo"}', datetime.now(UTC)
    signature = Webhook(secret).sign("msg_1", now, body)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }
    url = f"{server.url}/{OTHER}/in?a=1&a=2"
    server.client.post(url, data=body.encode(), headers=headers).raise_for_status()
    (message,) = server.hook_messages()
    assert Webhook(secret).verify(message["body"], message["headers"]) == {"miles": 45000, "city": "São Paulo"}
    assert (message["path"], message["query"], message["key"], message["attempt"]) == ("/in", "a=1&a=2", "msg_1", 1)
    assert abs((datetime.fromisoformat(message["time"]) - now).total_seconds()) < 60


def test_keys_are_counted_and_deduplicated_by_idempotent_receivers(server: Sandbox) -> None:
    for host in (OTHER, OTHER, MAKE, MAKE, MAKE):
        post(server, host, key="k1")
    post(server, OTHER, key="k2")
    post(server, OTHER)
    assert server.hook_keys() == {"k1": 5, "k2": 1}
    assert server.hook_keys(host=OTHER) == {"k1": 2, "k2": 1}
    assert [message["key"] for message in server.hook_messages(host=OTHER)] == ["k1", "k2", ""]
    assert [message["attempt"] for message in server.hook_messages(host=MAKE)] == [1, 2, 3]
    server.set_hook_behavior("make.com", idempotent=True)
    post(server, MAKE, key="k1")
    assert len(server.hook_messages(host=MAKE, path="/in")) == 3
    assert server.hook_messages(path="/elsewhere") == []


def test_apprise_accepts_the_response(server: Sandbox) -> None:
    host = urlsplit(server.url).netloc
    address = apprise.Apprise(asset=apprise.AppriseAsset(storage_mode=apprise.PersistentStoreMode.MEMORY))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        assert address.add(f"json://{host}/{OTHER}/x")
        assert address.notify(title="Deal", body="LAX to NRT for 45,000 miles")
    (message,) = server.hook_messages(path="/x")
    assert "45,000 miles" in message["body"]


# ---- failures ----


@pytest.mark.parametrize(
    ("failure", "status"),
    [("400", 400), ("410", 410), ("429", 429), ("500", 500), ("500_after", 500), ("502", 502), ("503", 503)],
)
def test_error_statuses(server: Sandbox, failure: str, status: int) -> None:
    server.set_hook_behavior(rates={failure: 1})
    response = post(server, MAKE)
    assert response.status_code == status
    assert "Retry-After" not in response.headers
    assert len(server.hook_messages()) == (failure in FAILURES_AFTER_STORING)
    assert (response.text == "Queue is full") is (failure == "400")


def test_retry_after(server: Sandbox) -> None:
    server.set_hook_behavior(rates={"429_retry_after": 1}, retry_after=3)
    assert post(server).headers["Retry-After"] == "3"


@pytest.mark.parametrize("failure", ["timeout_before", "timeout_after", "reset_before", "reset_after"])
def test_connection_failures(server: Sandbox, failure: str) -> None:
    server.set_hook_behavior(rates={failure: 1}, seconds=0.1)
    with pytest.raises(requests.ConnectionError):
        post(server, key="k")
    assert server.hook_keys() == ({"k": 1} if failure in FAILURES_AFTER_STORING else {})


def test_timeout_lasts_for_the_configured_seconds(server: Sandbox) -> None:
    server.set_hook_behavior(rates={"timeout_after": 1}, seconds=3)
    with pytest.raises(requests.ReadTimeout):
        server.client.post(f"{server.url}/{OTHER}/in", json=OFFER, timeout=0.3)
    assert len(server.hook_messages()) == 1


@pytest.mark.parametrize(("host", "text"), [(MAKE, b"Accepted"), (OTHER, b"204 No Content")])
def test_slow_bytes_are_sent_in_pieces(server: Sandbox, host: str, text: bytes) -> None:
    server.set_hook_behavior(rates={"slow_bytes": 1}, seconds=0.3)
    assert post(server, host).ok
    address = urlsplit(server.url)
    pieces = []
    with socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=10) as connection:
        connection.sendall(f"POST /{host}/in HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode())
        while piece := connection.recv(4096):
            pieces.append(piece)
    assert len(pieces) > 3
    assert text in b"".join(pieces)
    assert len(server.hook_messages()) == 2


def test_api_key_is_required_only_at_its_path(server: Sandbox) -> None:
    server.set_hook_behavior(f"{MAKE}/locked", api_key="s3cret", api_key_status=403)
    assert post(server, MAKE, "/locked").status_code == 403
    assert post(server, MAKE, "/open").status_code == 200
    assert post(server, MAKE, "/locked", headers={"x-make-apikey": "s3cret"}).status_code == 200
    assert "s3cret" not in server.client.post(f"{server.url}/_hooks", json={}).text


def test_latest_matching_behavior_applies(server: Sandbox) -> None:
    server.set_hook_behavior(rates={"500": 1})
    server.set_hook_behavior(OTHER, rates={})
    assert (post(server).status_code, post(server, MAKE).status_code) == (204, 500)
    state = server.client.get(f"{server.url}/_hooks").json()
    assert (state["stored"], state["outcomes"]) == (1, {"ok": 1, "500": 1})


def test_failure_rates_are_exact_and_reproducible() -> None:
    rates = {"429": 0.1, "500": 0.1, "timeout_after": 0.1}

    def draws(seed: int) -> list[str]:
        behavior = Behavior(rates=rates, seed=seed)
        return [behavior.draw_failure() for _ in range(10_000)]

    counts = Counter(draws(7))
    assert draws(7) == draws(7) != draws(8)
    assert all(900 < counts[failure] < 1100 for failure in rates)
    assert 6900 < counts[""] < 7100


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rates": {"418": 1}}, f"allowed keys: {', '.join(FAILURES)}"),
        ({"rates": {"500": 0.6, "429": 0.6}}, "a sum of at most 1"),
        ({"rates": {"500": -0.1}}, "from 0 to 1"),
        ({"rates": {"500": "often"}}, "must be numbers"),
        ({"rate": {}}, "unknown option rate"),
        ([], "must be a JSON object"),
    ],
)
def test_invalid_behavior_is_rejected(server: Sandbox, options: Any, message: str) -> None:
    response = server.client.post(f"{server.url}/_hooks", json=options)
    assert (response.status_code, message in response.json()["error"]) == (400, True)
    assert post(server).status_code == 204


def test_faults_apply_to_receivers(server: Sandbox) -> None:
    server.fault(MAKE, "timeout_after", seconds=0.1, path="/bad")
    with pytest.raises(requests.ConnectionError):
        post(server, MAKE, "/bad")
    assert post(server, MAKE, "/good").status_code == 200
    server.fault(OTHER, "503")
    assert post(server).status_code == 503
    assert [message["path"] for message in server.hook_messages()] == ["/bad", "/good"]


# ---- limits and page ----


def make_request(number: int, size: int = 10) -> SandboxRequest:
    return SandboxRequest(
        method="POST",
        path="/in",
        query={},
        headers={"webhook-id": f"k{number}"},
        cookies={},
        body=b"x" * size,
        now=datetime(2026, 11, 22, tzinfo=UTC),
        step=0,
        host=OTHER,
    )


def test_latest_messages_and_all_keys_are_kept() -> None:
    receiver = Receiver(max_messages=100)
    for number in range(250):
        receiver.receive(make_request(number))
    assert [message.number for message in receiver.messages] == list(range(151, 251))
    assert (receiver.stored, len(receiver.keys[f"{OTHER}/in"])) == (250, 250)
    receiver.receive(make_request(0))
    assert (receiver.stored, receiver.keys[f"{OTHER}/in"]["k0"]) == (250, 2)


def test_page_shows_the_latest_message_first(server: Sandbox) -> None:
    assert "No messages yet" in server.client.get(f"{server.url}/hooks").text
    post(server, MAKE, key="msg-early")
    evil = {"webhook-id": "<b>second</b>", "webhook-signature": "v1,abc="}
    server.client.post(f"{server.url}/{OTHER}/in", data="<script>x</script>", headers=evil)
    page = server.client.get(f"{server.url}/hooks").text
    assert page.index("second") < page.index("msg-early")
    assert "v1,abc=" in page
    assert "&quot;miles&quot;: 45000" in page
    assert "<script" not in page
    assert "<b>second" not in page
    assert "msg-early" not in server.client.get(f"{server.url}/hooks?host={OTHER}").text
    assert 'href="/hooks"' in server.client.get(server.url).text
