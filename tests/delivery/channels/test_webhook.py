"""The webhook channel: what it sends, and what it makes of every kind of answer of a real server."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from standardwebhooks import Webhook

from awardspider.delivery.channels import open_channel
from awardspider.delivery.channels.base import Result, Verdict
from awardspider.delivery.channels.webhook.channel import WebhookChannel, wait_asked
from awardspider.delivery.channels.webhook.signing import new_secret, read_secret, signed_headers
from awardspider.delivery.messages.events import flat, read_event
from awardspider.delivery.messages.schemas import schema
from awardspider.outcomes import InvalidArgument
from awardspider.storage.store import Store, open_store
from tests.support.channel_examples import SENT_AT, a_config, a_message, around
from tests.support.recipient_servers import (
    Behavior,
    Received,
    answers,
    drips,
    far_side,
    is_silent,
    resets,
    resets_midway,
    says,
)

TOKEN = "t0ken-of-our-hook"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store that no webhook uses."""
    decode = open_store("", tmp_path_factory.mktemp("store"))
    yield decode
    decode.close()


def deliver(store: Store, folder: Path, behavior: Behavior, **known: Any) -> tuple[Result, list[Received]]:
    """The result of one message to a server that behaves so, and what the server got."""
    with far_side(behavior) as far:
        config = a_config(f"{far.url}/hooks/{TOKEN}?a=1", **known)
        channel = open_channel(config, around(store, folder))
        (result,) = channel.deliver([a_message()])
        channel.close()
    return result, far.received


# ---- what is sent ------------------------------------------------------------------------------------------------


def test_the_request(store: Store, tmp_path: Path) -> None:
    secret = new_secret()
    options = {"header.X-Make-APIKey": "sesame-open"}
    result, (got,) = deliver(store, tmp_path, answers("200 OK", "Accepted"), secrets=(secret,), options=options)
    assert (result.verdict, result.note) == (Verdict.SENT, "200 OK Accepted")
    assert got.line == f"POST /hooks/{TOKEN}?a=1 HTTP/1.1"
    assert got.headers["content-type"] == "application/json"
    assert got.headers["user-agent"] == "awardspider/1 (+https://example.org/?)"
    assert got.headers["x-make-apikey"] == "sesame-open"
    assert got.headers["webhook-id"] == "make:1:2"
    assert got.headers["webhook-timestamp"] == str(int(SENT_AT.timestamp()))
    assert json.loads(got.body) == flat(read_event(a_message().body))
    expected = signed_headers([read_secret(secret)], "make:1:2", int(SENT_AT.timestamp()), got.body)
    assert got.headers["webhook-signature"] == expected["webhook-signature"]


def test_what_arrives_is_signed_flat_and_as_the_schema_says(store: Store, tmp_path: Path) -> None:
    secret = new_secret()
    _, (got,) = deliver(store, tmp_path, answers("200 OK"), secrets=(secret,))
    signed_now = signed_headers([read_secret(secret)], "make:1:2", int(time.time()), got.body)
    body = Webhook(secret).verify(got.body, signed_now)  # the reference package takes fresh ones only
    Draft202012Validator(schema("offer.matched")).validate(body)
    assert not [name for name, value in body.items() if isinstance(value, list | dict)]


def test_a_channel_without_a_secret_is_not_signed(store: Store, tmp_path: Path) -> None:
    _, (got,) = deliver(store, tmp_path, answers("200 OK"))
    assert "webhook-id" in got.headers
    assert "webhook-signature" not in got.headers


def test_each_try_has_the_same_id_and_its_own_time(store: Store, tmp_path: Path) -> None:
    with far_side(answers("200 OK")) as far:
        surroundings = around(store, tmp_path)
        channel = WebhookChannel(a_config(f"{far.url}/x", secrets=(new_secret(),)), surroundings)
        results = channel.deliver([a_message(), a_message(tries=1)])
    assert [result.verdict for result in results] == [Verdict.SENT] * 2
    assert len({got.headers["webhook-id"] for got in far.received}) == 1
    assert len({got.body for got in far.received}) == 1


def test_in_the_sandbox_only_the_host_changes(store: Store, tmp_path: Path) -> None:
    with far_side(answers("200 OK", "Accepted")) as far:
        surroundings = around(store, tmp_path, sandbox_url=f"{far.url}/")
        config = a_config(f"https://hook.eu1.make.com/{TOKEN}?a=1")
        (result,) = open_channel(config, surroundings).deliver([a_message()])
    assert result.verdict is Verdict.SENT
    assert far.received[0].line == f"POST /hook.eu1.make.com/{TOKEN}?a=1 HTTP/1.1"


# ---- what is made of an answer -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "far_id"),
    [
        ('{"status":"success","id":"attempt-1","request_id":"request-1"}', "request-1"),
        ('{"id":17}', "17"),
        ('{"id":true}', None),
        ('{"id":{"a":1}}', None),
        ('["id"]', None),
        ("Accepted", None),
        ("", None),
        ("[" * 4000, None),
    ],
)
def test_success_has_the_id_of_the_far_side(store: Store, tmp_path: Path, body: str, far_id: str | None) -> None:
    result, _ = deliver(store, tmp_path, answers("201 Created", body))
    assert (result.verdict, result.far_id) == (Verdict.SENT, far_id)


@pytest.mark.parametrize(
    ("status", "body", "pauses"),
    [
        ("301 Moved Permanently", "", False),
        ("302 Found", "", False),
        ("400 Bad Request", "Queue is full", False),
        ("401 Unauthorized", "", True),
        ("403 Forbidden", "", True),
        ("404 Not Found", "", False),
        ("408 Request Timeout", "", False),
        ("410 Gone", "", True),
        ("413 Content Too Large", "", False),
        ("422 Unprocessable Content", "", False),
        ("425 Too Early", "", False),
        ("429 Too Many Requests", "", False),
        ("500 Internal Server Error", "", False),
        ("502 Bad Gateway", "", False),
        ("503 Service Unavailable", "", False),
        ("504 Gateway Timeout", "", False),
        ("999 Odd", "", False),
    ],
)
def test_anything_but_success_is_tried_later(
    store: Store, tmp_path: Path, status: str, body: str, pauses: bool
) -> None:
    result, _ = deliver(store, tmp_path, answers(status, body))
    assert (result.verdict, result.pauses, result.wait_seconds) == (Verdict.LATER, pauses, None)
    assert f"{status} {body}".strip() in result.note


def test_redirects_are_not_followed(store: Store, tmp_path: Path) -> None:
    with far_side(answers("200 OK")) as elsewhere:
        result, got = deliver(store, tmp_path, answers("307 Temporary Redirect", Location=f"{elsewhere.url}/x"))
    assert (result.verdict, len(got), elsewhere.connections) == (Verdict.LATER, 1, 0)
    assert "redirects are not followed" in result.note


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable", "502 Bad Gateway"])
def test_retry_after_is_honored(store: Store, tmp_path: Path, status: str) -> None:
    result, _ = deliver(store, tmp_path, answers(status, Retry_After="120"))
    assert (result.verdict, result.wait_seconds) == (Verdict.LATER, 120.0)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        (" 30 ", 30.0),
        ("1.5", 1.5),
        ("86400", 3600.0),
        ("Sun, 22 Nov 2026 12:10:00 GMT", 600.0),
        ("Sun, 22 Nov 2026 12:10:00 -0000", 600.0),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0.0),
        ("Tue, 24 Nov 2026 12:00:00 GMT", 3600.0),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("9" * 40, None),
        ("Sun, 99 Nov 2026 12:10:00 GMT", None),
        ("Sun, 22 Nov 99999 12:10:00 GMT", None),
    ],
)
def test_how_long_the_far_side_wants_us_to_wait(text: str, seconds: float | None) -> None:
    assert wait_asked(text, SENT_AT) == seconds


@pytest.mark.parametrize("behavior", [resets, is_silent, says(b""), says(b"\x16\x03\x01"), says(b"HTTP/1.1 20")])
def test_it_may_have_arrived_when_the_answer_is_missing(store: Store, tmp_path: Path, behavior: Behavior) -> None:
    result, got = deliver(store, tmp_path, behavior, options={"timeout": "1"})
    assert (result.verdict, len(got)) == (Verdict.UNKNOWN, 1)
    assert WebhookChannel.keeps_keys


def test_it_may_have_arrived_when_the_connection_breaks_midway(store: Store, tmp_path: Path) -> None:
    """Nobody read it to its end, but that cannot be seen from here."""
    result, _ = deliver(store, tmp_path, resets_midway)
    assert result.verdict is Verdict.UNKNOWN


def test_nothing_arrived_where_nobody_listens(store: Store, tmp_path: Path) -> None:
    with far_side(answers("200 OK")) as far:
        url = far.url
    (result,) = WebhookChannel(a_config(f"{url}/{TOKEN}"), around(store, tmp_path)).deliver([a_message()])
    assert result == Result(verdict=Verdict.LATER, note="the connection failed: Connection refused")


def test_nothing_arrived_where_the_name_is_unknown(store: Store, tmp_path: Path) -> None:
    surroundings = around(store, tmp_path)
    config = a_config("https://nobody.invalid/x", options={"timeout": "1"})
    (result,) = WebhookChannel(config, surroundings).deliver([a_message()])
    assert result.verdict is Verdict.LATER
    assert "the name nobody.invalid cannot be looked up" in result.note


@pytest.mark.parametrize(
    ("behavior", "verdict"),
    [
        (drips(b"", b"H"), Verdict.UNKNOWN),
        (drips(b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"), Verdict.UNKNOWN),
        (drips(b"HTTP/1.1 200 OK\r\n", b"X: 1\r\n"), Verdict.SENT),
        (drips(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"."), Verdict.SENT),
        (drips(b"HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n.\r\n"), Verdict.LATER),
    ],
    ids=["status", "continue", "headers", "body", "chunks"],
)
def test_slow_bytes_do_not_hold_the_channel(store: Store, tmp_path: Path, behavior: Behavior, verdict: Verdict) -> None:
    began = time.monotonic()
    result, _ = deliver(store, tmp_path, behavior, options={"timeout": "1"})
    assert result.verdict is verdict
    assert time.monotonic() - began < 5  # the server would go on for ever


def test_the_status_counts_though_the_answer_breaks_off(store: Store, tmp_path: Path) -> None:
    result, _ = deliver(store, tmp_path, says(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nAcc"))
    assert (result.verdict, result.note) == (Verdict.SENT, "200 OK Acc")


def test_a_long_answer_is_not_read_to_its_end(store: Store, tmp_path: Path) -> None:
    result, _ = deliver(store, tmp_path, answers("500 Oh", "x" * 3_000_000))
    assert len(result.note) == 2048


def test_a_note_is_one_line_that_any_database_takes(store: Store, tmp_path: Path) -> None:
    answer = b"HTTP/1.1 400 Bad\r\nContent-Length: 12\r\n\r\na\x00b\n\xff\xfe\x1b[31m"
    result, _ = deliver(store, tmp_path, says(answer))
    assert result.note == "400 Bad a b �� [31m"


def test_an_answer_of_another_encoding_is_noted_as_it_is(store: Store, tmp_path: Path) -> None:
    result, (got,) = deliver(store, tmp_path, answers("200 OK", "not gzip", Content_Encoding="gzip"))
    assert (result.verdict, result.note) == (Verdict.SENT, "200 OK not gzip")
    assert got.headers["accept-encoding"] == "identity"


def test_secrets_do_not_come_back_in_notes(store: Store, tmp_path: Path) -> None:
    secret = new_secret()
    told = f"hook {TOKEN} wants {secret}, not sesame-open; " + "x" * 1990 + "sesame-open"
    result, _ = deliver(
        store, tmp_path, answers("500 Oh", told), secrets=(secret,), options={"header.x-key": "sesame-open"}
    )
    assert result.note.startswith("500 Oh hook *** wants ***, not ***; xxx")
    assert not any(part in result.note for part in (TOKEN, secret, "sesame", "ses"))


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (b"HTTP/1.1 200 OK\r\nno header at all\r\nX: 1\r\n\r\n", Verdict.SENT),
        (b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", Verdict.SENT),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nx", Verdict.SENT),
        (b"HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", Verdict.LATER),
        (b"HTTP/1.1 429 Oh\r\nRetry-After: \xff\r\n\r\n", Verdict.LATER),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n", Verdict.UNKNOWN),
        (b"HTTP/1.1 200 OK\r\n" + b"X: x\r\n" * 200 + b"\r\n", Verdict.UNKNOWN),
        (b"220 mail.example ESMTP\r\n", Verdict.UNKNOWN),
        (b"HTTP/9.9 200 OK\r\n\r\n", Verdict.UNKNOWN),
        (b"\x00" * 100, Verdict.UNKNOWN),
    ],
)
def test_odd_answers_raise_nothing_and_log_nothing_secret(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture, answer: bytes, verdict: Verdict
) -> None:
    caplog.set_level(logging.DEBUG)
    result, _ = deliver(store, tmp_path, says(answer))
    assert result.verdict is verdict
    assert TOKEN not in caplog.text + result.note


def test_what_is_no_event_is_never_sent(store: Store, tmp_path: Path) -> None:
    with far_side(answers("200 OK")) as far:
        channel = WebhookChannel(a_config(f"{far.url}/x"), around(store, tmp_path))
        results = channel.deliver([a_message(body={}), a_message(body={"type": "other"}), a_message()])
    assert [result.verdict for result in results] == [Verdict.NEVER, Verdict.NEVER, Verdict.SENT]
    assert len(far.received) == 1


# ---- what can be a channel ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("known", "why"),
    [
        ({"secrets": ("hunter2hunter2",)}, "whsec_"),
        ({"options": {"timeout": "0"}}, "seconds from 1 to 60"),
        ({"options": {"timeout": "soon"}}, "seconds from 1 to 60"),
        ({"options": {"timeout": "61"}}, "seconds from 1 to 60"),
        ({"options": {"headers": "a"}}, "no option 'headers'"),
        ({"options": {"header.": "a"}}, "cannot be set"),
        ({"options": {"header.a b": "a"}}, "cannot be set"),
        ({"options": {"header.Host": "a"}}, "cannot be set"),
        ({"options": {"header.Content-Length": "1"}}, "cannot be set"),
        ({"options": {"header.Webhook-Id": "1"}}, "cannot be set"),
        ({"options": {"header.x": "hunter2\r\nHost: a"}}, "printable ASCII"),
        ({"options": {"header.x": "hunter2é"}}, "printable ASCII"),
        ({"options": {"header.x": " hunter2"}}, "printable ASCII"),
        ({"options": {"header.x": ""}}, "printable ASCII"),
        ({"address": "http://hooks.example.com/hunter2"}, "not https"),
        ({"address": "https://10.0.0.1/hunter2"}, "no public address"),
    ],
)
def test_what_cannot_be_a_channel_gets_a_sentence(
    store: Store, tmp_path: Path, known: dict[str, Any], why: str
) -> None:
    config = a_config(**{"address": "https://93.184.215.14/x"} | known)
    with pytest.raises(InvalidArgument, match=why) as refused:
        open_channel(config, around(store, tmp_path))
    assert "hunter2" not in str(refused.value)


def test_a_whole_exchange_fits_into_the_lease() -> None:
    assert (
        WebhookChannel.lasts_seconds > 60 + 5 + 5
    )  # the longest time-out, the look at its name, and some time to spare
