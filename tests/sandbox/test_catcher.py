"""The sandbox's receivers of webhooks: what they keep, how they answer, and how they misbehave."""

from __future__ import annotations

import socket
import warnings
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from standardwebhooks import Webhook

from awardspider.sandbox.services.hooks.behavior import STORING, WAYS, Behavior
from awardspider.sandbox.services.hooks.catcher import Catcher
from awardspider.sandbox.sites import SandboxRequest
from tests.support.sandbox_server import Sandbox, sandbox

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # one of its plug-ins imports imghdr
    import apprise

MAKE, ZAPIER, OTHER = "hook.eu1.make.com", "hooks.zapier.com", "hooks.example.com"
OFFER = {"type": "offer.matched", "schema_version": "1", "miles": 45000}


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with sandbox() as server:
        yield server


@pytest.fixture
def server(running: Sandbox) -> Sandbox:
    running.reset()
    running.forget_hooks()
    return running


def post(server: Sandbox, host: str = OTHER, path: str = "/in", key: str = "", **options: Any) -> requests.Response:
    headers = {**({"webhook-id": key} if key else {}), **options.pop("headers", {})}
    return server.client.post(f"{server.url}/{host}{path}", json=OFFER, headers=headers, timeout=20, **options)


# ---- good answers ----


def test_make_and_zapier_and_another_answer_in_their_own_way(server: Sandbox) -> None:
    answer = post(server, MAKE, "/token")
    assert (answer.status_code, answer.text) == (200, "Accepted")
    answer = post(server, ZAPIER, "/hooks/catch/1/2/")
    assert (answer.status_code, answer.json()["status"]) == (200, "success")
    assert {"attempt", "id", "request_id"} < set(answer.json())
    assert post(server).status_code == 204
    assert server.client.put(f"{server.url}/{OTHER}/a/deep/path", data=b"\xff").status_code == 204
    assert [one["host"] for one in server.hooks()] == [MAKE, ZAPIER, OTHER, OTHER]


def test_a_message_is_kept_whole_and_its_signature_holds(server: Sandbox) -> None:
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
    (message,) = server.hooks()
    assert Webhook(secret).verify(message["body"], message["headers"]) == {"miles": 45000, "city": "São Paulo"}
    assert (message["path"], message["query"], message["key"], message["times"]) == ("/in", "a=1&a=2", "msg_1", 1)
    assert abs((datetime.fromisoformat(message["time"]) - now).total_seconds()) < 60


def test_keys_are_counted_and_kept_where_the_far_side_keeps_them(server: Sandbox) -> None:
    for host in (OTHER, OTHER, MAKE, MAKE, MAKE):
        post(server, host, key="k1")
    post(server, OTHER, key="k2")
    post(server, OTHER)
    assert server.hook_keys() == {"k1": 5, "k2": 1}
    assert server.hook_keys(host=OTHER) == {"k1": 2, "k2": 1}
    assert [one["key"] for one in server.hooks(host=OTHER)] == ["k1", "k2", ""]
    assert [one["times"] for one in server.hooks(host=MAKE)] == [1, 2, 3]
    server.misbehave("make.com", keeps_keys=True)
    post(server, MAKE, key="k1")
    assert len(server.hooks(host=MAKE, path="/in")) == 3
    assert server.hooks(path="/elsewhere") == []


def test_apprise_is_content(server: Sandbox) -> None:
    host = urlsplit(server.url).netloc
    address = apprise.Apprise(asset=apprise.AppriseAsset(storage_mode=apprise.PersistentStoreMode.MEMORY))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        assert address.add(f"json://{host}/{OTHER}/x")
        assert address.notify(title="Deal", body="LAX to NRT for 45,000 miles")
    (message,) = server.hooks(path="/x")
    assert "45,000 miles" in message["body"]


# ---- misbehavior ----


@pytest.mark.parametrize(
    ("way", "status"),
    [("400", 400), ("410", 410), ("429", 429), ("500", 500), ("500_after", 500), ("502", 502), ("503", 503)],
)
def test_wrong_answers(server: Sandbox, way: str, status: int) -> None:
    server.misbehave(rates={way: 1})
    answer = post(server, MAKE)
    assert answer.status_code == status
    assert "Retry-After" not in answer.headers
    assert len(server.hooks()) == (way in STORING)
    assert (answer.text == "Queue is full") is (way == "400")


def test_retry_after(server: Sandbox) -> None:
    server.misbehave(rates={"429_retry_after": 1}, retry_after=3)
    assert post(server).headers["Retry-After"] == "3"


@pytest.mark.parametrize("way", ["timeout_before", "timeout_after", "reset_before", "reset_after"])
def test_no_answer(server: Sandbox, way: str) -> None:
    server.misbehave(rates={way: 1}, seconds=0.1)
    with pytest.raises(requests.ConnectionError):
        post(server, key="k")
    assert server.hook_keys() == ({"k": 1} if way in STORING else {})


def test_a_time_out_hangs_so_long(server: Sandbox) -> None:
    server.misbehave(rates={"timeout_after": 1}, seconds=3)
    with pytest.raises(requests.ReadTimeout):
        server.client.post(f"{server.url}/{OTHER}/in", json=OFFER, timeout=0.3)
    assert len(server.hooks()) == 1


@pytest.mark.parametrize(("host", "text"), [(MAKE, b"Accepted"), (OTHER, b"204 No Content")])
def test_slow_bytes_come_in_pieces(server: Sandbox, host: str, text: bytes) -> None:
    server.misbehave(rates={"slow_bytes": 1}, seconds=0.3)
    assert post(server, host).ok
    address = urlsplit(server.url)
    pieces = []
    with socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=10) as connection:
        connection.sendall(f"POST /{host}/in HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode())
        while piece := connection.recv(4096):
            pieces.append(piece)
    assert len(pieces) > 3
    assert text in b"".join(pieces)
    assert len(server.hooks()) == 2


def test_an_api_key_and_only_for_its_path(server: Sandbox) -> None:
    server.misbehave(f"{MAKE}/locked", api_key="s3cret", api_key_status=403)
    assert post(server, MAKE, "/locked").status_code == 403
    assert post(server, MAKE, "/open").status_code == 200
    assert post(server, MAKE, "/locked", headers={"x-make-apikey": "s3cret"}).status_code == 200
    assert "s3cret" not in server.client.post(f"{server.url}/_hooks", json={}).text


def test_the_latest_order_counts(server: Sandbox) -> None:
    server.misbehave(rates={"500": 1})
    server.misbehave(OTHER, rates={})
    assert (post(server).status_code, post(server, MAKE).status_code) == (204, 500)
    told = server.client.get(f"{server.url}/_hooks").json()
    assert (told["stored"], told["outcomes"]) == (1, {"ok": 1, "500": 1})


def test_the_shares_are_as_asked_and_the_same_for_a_seed() -> None:
    rates = {"429": 0.1, "500": 0.1, "timeout_after": 0.1}

    def draws(seed: int) -> list[str]:
        behavior = Behavior(rates=rates, seed=seed)
        return [behavior.drawn() for _ in range(10_000)]

    counts = Counter(draws(7))
    assert draws(7) == draws(7) != draws(8)
    assert all(900 < counts[way] < 1100 for way in rates)
    assert 6900 < counts[""] < 7100


@pytest.mark.parametrize(
    ("order", "sentence"),
    [
        ({"rates": {"418": 1}}, f"names of {', '.join(WAYS)}"),
        ({"rates": {"500": 0.6, "429": 0.6}}, "1 together at most"),
        ({"rates": {"500": -0.1}}, "from 0 to 1"),
        ({"rates": {"500": "often"}}, "must be numbers"),
        ({"rate": {}}, "rate: no such option"),
        ([], "must be a JSON object"),
    ],
)
def test_an_order_that_cannot_be(server: Sandbox, order: Any, sentence: str) -> None:
    answer = server.client.post(f"{server.url}/_hooks", json=order)
    assert (answer.status_code, sentence in answer.json()["error"]) == (400, True)
    assert post(server).status_code == 204


def test_the_sandboxs_own_faults_strike_receivers_too(server: Sandbox) -> None:
    server.fault(MAKE, "timeout_after", seconds=0.1, path="/bad")
    with pytest.raises(requests.ConnectionError):
        post(server, MAKE, "/bad")
    assert post(server, MAKE, "/good").status_code == 200
    server.fault(OTHER, "503")
    assert post(server).status_code == 503
    assert [one["path"] for one in server.hooks()] == ["/bad", "/good"]


# ---- room, and the page ----


def request(number: int, size: int = 10) -> SandboxRequest:
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


def test_only_the_latest_are_kept_but_all_keys() -> None:
    catcher = Catcher(most=100)
    for number in range(250):
        catcher.caught(request(number))
    assert [message.number for message in catcher.messages] == list(range(151, 251))
    assert (catcher.stored, len(catcher.keys[f"{OTHER}/in"])) == (250, 250)
    catcher.caught(request(0))
    assert (catcher.stored, catcher.keys[f"{OTHER}/in"]["k0"]) == (250, 2)


def test_the_page_shows_the_latest_first(server: Sandbox) -> None:
    assert "Nothing has come yet" in server.client.get(f"{server.url}/hooks").text
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
