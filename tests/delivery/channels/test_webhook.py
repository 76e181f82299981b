"""The requests of the webhook channel, and its reports for every kind of response of a real server."""

from __future__ import annotations

import json
import logging
import time
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from awardspider.delivery.channels import open_channel
from awardspider.delivery.channels.base import DeliveryReport
from awardspider.delivery.channels.webhook.channel import WebhookChannel, parse_retry_after
from awardspider.delivery.channels.webhook.signing import new_secret, parse_secret, signed_headers
from awardspider.delivery.messages.events import parse_event
from awardspider.delivery.messages.payloads import event_payload
from awardspider.delivery.messages.schemas import event_schema
from awardspider.outcomes import InvalidArgument
from awardspider.storage.outbox import DeliveryResult
from awardspider.storage.store import Store
from tests.support.channel_examples import SENT_AT, make_config, make_context, make_message
from tests.support.socket_recipient import (
    Behavior,
    Received,
    drips_bytes,
    never_responds,
    recipient_server,
    resets_after_request,
    resets_midway,
    responds,
    sends_bytes,
)

TOKEN = "t0ken-of-our-hook"


def deliver(
    idle_store: Store, folder: Path, behavior: Behavior, **values: Any
) -> tuple[DeliveryReport, list[Received]]:
    """Send one message to a server with this behavior; return the report and the requests."""
    with recipient_server(behavior) as recipient:
        config = make_config(f"{recipient.url}/hooks/{TOKEN}?a=1", **values)
        channel = open_channel(config, make_context(idle_store, folder))
        (report,) = channel.deliver([make_message()])
        channel.close()
    return report, recipient.received


# ---- requests ----------------------------------------------------------------------------------------------------


def test_request_has_the_event_the_headers_and_a_signature(idle_store: Store, tmp_path: Path) -> None:
    secret = new_secret()
    options = {"header.X-Make-APIKey": "sesame-open"}
    report, (request,) = deliver(
        idle_store, tmp_path, responds("200 OK", "Accepted"), secrets=(secret,), options=options
    )
    assert (report.result, report.note) == (DeliveryResult.SENT, "200 OK Accepted")
    assert request.line == f"POST /hooks/{TOKEN}?a=1 HTTP/1.1"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"] == "awardspider/1 (+https://example.org/?)"
    assert request.headers["x-make-apikey"] == "sesame-open"
    assert request.headers["webhook-id"] == "make:1:2"
    assert request.headers["webhook-timestamp"] == str(int(SENT_AT.timestamp()))
    assert json.loads(request.body) == event_payload(parse_event(make_message().body))
    expected = signed_headers([parse_secret(secret)], "make:1:2", SENT_AT, request.body)
    assert request.headers["webhook-signature"] == expected["webhook-signature"]


def test_payload_is_flat_except_for_lists_of_texts(idle_store: Store, tmp_path: Path) -> None:
    _, (request,) = deliver(idle_store, tmp_path, responds("200 OK"))
    body = json.loads(request.body)
    Draft202012Validator(event_schema("offer.matched")).validate(body)
    lists = {name: value for name, value in body.items() if isinstance(value, list)}
    assert lists.keys() == {"watches", "watch_ids", "carriers", "in_points", "dates"}
    assert all(isinstance(text, str) for texts in lists.values() for text in texts)
    assert not [name for name, value in body.items() if isinstance(value, dict)]


def test_channel_without_a_secret_sends_no_signature(idle_store: Store, tmp_path: Path) -> None:
    _, (request,) = deliver(idle_store, tmp_path, responds("200 OK"))
    assert "webhook-id" in request.headers
    assert "webhook-signature" not in request.headers


def test_each_attempt_has_the_same_id_and_body(idle_store: Store, tmp_path: Path) -> None:
    with recipient_server(responds("200 OK")) as recipient:
        config = make_config(f"{recipient.url}/x", secrets=(new_secret(),))
        channel = WebhookChannel(config, make_context(idle_store, tmp_path))
        reports = channel.deliver([make_message(), make_message(attempts=1)])
    assert [report.result for report in reports] == [DeliveryResult.SENT] * 2
    assert len({request.headers["webhook-id"] for request in recipient.received}) == 1
    assert len({request.body for request in recipient.received}) == 1


def test_sandbox_replaces_only_the_host(idle_store: Store, tmp_path: Path) -> None:
    with recipient_server(responds("200 OK", "Accepted")) as recipient:
        context = make_context(idle_store, tmp_path, sandbox_url=f"{recipient.url}/")
        config = make_config(f"https://hook.eu1.make.com/{TOKEN}?a=1")
        (report,) = open_channel(config, context).deliver([make_message()])
    assert report.result is DeliveryResult.SENT
    assert recipient.received[0].line == f"POST /hook.eu1.make.com/{TOKEN}?a=1 HTTP/1.1"


# ---- reports -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "provider_id"),
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
def test_success_reports_the_id_of_the_recipient(
    idle_store: Store, tmp_path: Path, body: str, provider_id: str | None
) -> None:
    report, _ = deliver(idle_store, tmp_path, responds("201 Created", body))
    assert (report.result, report.provider_id) == (DeliveryResult.SENT, provider_id)


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
        ("999 Unknown", "", False),
    ],
)
def test_every_status_but_2xx_is_retried(
    idle_store: Store, tmp_path: Path, status: str, body: str, pauses: bool
) -> None:
    report, _ = deliver(idle_store, tmp_path, responds(status, body))
    assert (report.result, report.pauses, report.wait_seconds) == (DeliveryResult.RETRY, pauses, None)
    assert f"{status} {body}".strip() in report.note


def test_redirects_are_not_followed(idle_store: Store, tmp_path: Path) -> None:
    with recipient_server(responds("200 OK")) as other:
        report, requests = deliver(idle_store, tmp_path, responds("307 Temporary Redirect", Location=f"{other.url}/x"))
    assert (report.result, len(requests), other.connections) == (DeliveryResult.RETRY, 1, 0)
    assert "redirects are not followed" in report.note


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable", "502 Bad Gateway"])
def test_retry_after_is_honored(idle_store: Store, tmp_path: Path, status: str) -> None:
    report, _ = deliver(idle_store, tmp_path, responds(status, Retry_After="120"))
    assert (report.result, report.wait_seconds) == (DeliveryResult.RETRY, 120.0)


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
        ("Fri, 31 Dec 99999999999 23:59:59 GMT", None),
        ("Fri, 31 Dec 2027 99999999999999999999:00:00 GMT", None),
        ("Fri, 31 Dec 2027 23:59:59 +99999999999999", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_at_most_an_hour(text: str, seconds: float | None) -> None:
    assert parse_retry_after(text, SENT_AT) == seconds


@pytest.mark.parametrize(
    "behavior",
    [resets_after_request, never_responds, sends_bytes(b""), sends_bytes(b"\x16\x03\x01"), sends_bytes(b"HTTP/1.1 20")],
)
def test_missing_response_is_unknown(idle_store: Store, tmp_path: Path, behavior: Behavior) -> None:
    report, requests = deliver(idle_store, tmp_path, behavior, options={"timeout": "1"})
    assert (report.result, len(requests)) == (DeliveryResult.UNKNOWN, 1)
    assert WebhookChannel.idempotent


def test_connection_that_breaks_midway_is_unknown(idle_store: Store, tmp_path: Path) -> None:
    """The recipient did not read the request to its end, but the sender cannot know that."""
    report, _ = deliver(idle_store, tmp_path, resets_midway)
    assert report.result is DeliveryResult.UNKNOWN


def test_refused_connection_is_retried(idle_store: Store, tmp_path: Path) -> None:
    with recipient_server(responds("200 OK")) as recipient:
        url = recipient.url
    (report,) = WebhookChannel(make_config(f"{url}/{TOKEN}"), make_context(idle_store, tmp_path)).deliver(
        [make_message()]
    )
    assert report == DeliveryReport(result=DeliveryResult.RETRY, note="the connection failed: Connection refused")


def test_unknown_host_name_is_retried(idle_store: Store, tmp_path: Path) -> None:
    context = make_context(idle_store, tmp_path)
    config = make_config("https://nobody.invalid/x", options={"timeout": "1"})
    (report,) = WebhookChannel(config, context).deliver([make_message()])
    assert report.result is DeliveryResult.RETRY
    assert "host nobody.invalid cannot be resolved" in report.note


@pytest.mark.parametrize(
    ("behavior", "result"),
    [
        (drips_bytes(b"", b"H"), DeliveryResult.UNKNOWN),
        (drips_bytes(b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"), DeliveryResult.UNKNOWN),
        (drips_bytes(b"HTTP/1.1 200 OK\r\n", b"X: 1\r\n"), DeliveryResult.SENT),
        (drips_bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"."), DeliveryResult.SENT),
        (drips_bytes(b"HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n.\r\n"), DeliveryResult.RETRY),
    ],
    ids=["status", "continue", "headers", "body", "chunks"],
)
def test_slow_bytes_end_at_the_timeout(
    idle_store: Store, tmp_path: Path, behavior: Behavior, result: DeliveryResult
) -> None:
    began = time.monotonic()
    report, _ = deliver(idle_store, tmp_path, behavior, options={"timeout": "1"})
    assert report.result is result
    assert time.monotonic() - began < 5  # the server would never end


def test_status_counts_if_the_body_breaks_off(idle_store: Store, tmp_path: Path) -> None:
    report, _ = deliver(idle_store, tmp_path, sends_bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nAcc"))
    assert (report.result, report.note) == (DeliveryResult.SENT, "200 OK Acc")


def test_long_body_is_not_read_to_its_end(idle_store: Store, tmp_path: Path) -> None:
    report, _ = deliver(idle_store, tmp_path, responds("500 Oh", "x" * 3_000_000))
    assert len(report.note) == 2048


def test_note_is_one_printable_line(idle_store: Store, tmp_path: Path) -> None:
    response = b"HTTP/1.1 400 Bad\r\nContent-Length: 12\r\n\r\na\x00b\n\xff\xfe\x1b[31m"
    report, _ = deliver(idle_store, tmp_path, sends_bytes(response))
    assert report.note == "400 Bad a b �� [31m"


def test_encoded_body_is_quoted_unchanged(idle_store: Store, tmp_path: Path) -> None:
    report, (request,) = deliver(idle_store, tmp_path, responds("200 OK", "not gzip", Content_Encoding="gzip"))
    assert (report.result, report.note) == (DeliveryResult.SENT, "200 OK not gzip")
    assert request.headers["accept-encoding"] == "identity"


def test_notes_contain_no_secrets(idle_store: Store, tmp_path: Path) -> None:
    secret = new_secret()
    body = f"hook {TOKEN} wants {secret}, not sesame-open; " + "x" * 1990 + "sesame-open"
    report, _ = deliver(
        idle_store, tmp_path, responds("500 Oh", body), secrets=(secret,), options={"header.x-key": "sesame-open"}
    )
    assert report.note.startswith("500 Oh hook *** wants ***, not ***; xxx")
    assert not any(part in report.note for part in (TOKEN, secret, "sesame", "ses"))


@pytest.mark.parametrize(
    ("response", "result"),
    [
        (b"HTTP/1.1 200 OK\r\nno header at all\r\nX: 1\r\n\r\n", DeliveryResult.SENT),
        (b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", DeliveryResult.SENT),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nx", DeliveryResult.SENT),
        (b"HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", DeliveryResult.RETRY),
        (b"HTTP/1.1 429 Oh\r\nRetry-After: \xff\r\n\r\n", DeliveryResult.RETRY),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n", DeliveryResult.UNKNOWN),
        (b"HTTP/1.1 200 OK\r\n" + b"X: x\r\n" * 200 + b"\r\n", DeliveryResult.UNKNOWN),
        (b"220 mail.example ESMTP\r\n", DeliveryResult.UNKNOWN),
        (b"HTTP/9.9 200 OK\r\n\r\n", DeliveryResult.UNKNOWN),
        (b"\x00" * 100, DeliveryResult.UNKNOWN),
    ],
)
def test_invalid_responses_do_not_raise_or_log_secrets(
    idle_store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture, response: bytes, result: DeliveryResult
) -> None:
    caplog.set_level(logging.DEBUG)
    report, _ = deliver(idle_store, tmp_path, sends_bytes(response))
    assert report.result is result
    assert TOKEN not in caplog.text + report.note


def test_invalid_event_is_rejected(idle_store: Store, tmp_path: Path) -> None:
    with recipient_server(responds("200 OK")) as recipient:
        channel = WebhookChannel(make_config(f"{recipient.url}/x"), make_context(idle_store, tmp_path))
        reports = channel.deliver([make_message(body={}), make_message(body={"type": "other"}), make_message()])
    assert [report.result for report in reports] == [
        DeliveryResult.REJECTED,
        DeliveryResult.REJECTED,
        DeliveryResult.SENT,
    ]
    assert len(recipient.received) == 1


# ---- configuration -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"secrets": ("hunter2hunter2",)}, "whsec_"),
        ({"options": {"timeout": "0"}}, "seconds from 1 to 60"),
        ({"options": {"timeout": "soon"}}, "seconds from 1 to 60"),
        ({"options": {"timeout": "61"}}, "seconds from 1 to 60"),
        ({"options": {"headers": "a"}}, "unknown option 'headers'"),
        ({"options": {"header.": "a"}}, "cannot be set"),
        ({"options": {"header.a b": "a"}}, "cannot be set"),
        ({"options": {"header.Host": "a"}}, "cannot be set"),
        ({"options": {"header.Content-Length": "1"}}, "cannot be set"),
        ({"options": {"header.Webhook-Id": "1"}}, "cannot be set"),
        ({"options": {"header.x": "hunter2\r\nHost: a"}}, "printable ASCII"),
        ({"options": {"header.x": "hunter2é"}}, "printable ASCII"),
        ({"options": {"header.x": " hunter2"}}, "printable ASCII"),
        ({"options": {"header.x": ""}}, "printable ASCII"),
        ({"address": "http://hooks.example.com/hunter2"}, "must use https"),
        ({"address": "https://10.0.0.1/hunter2"}, "is not a public address"),
    ],
)
def test_invalid_configurations_have_an_error_message(
    idle_store: Store, tmp_path: Path, values: dict[str, Any], reason: str
) -> None:
    config = make_config(**{"address": "https://93.184.215.14/x"} | values)
    with pytest.raises(InvalidArgument, match=reason) as raised:
        open_channel(config, make_context(idle_store, tmp_path))
    assert "hunter2" not in str(raised.value)


def test_lease_outlasts_the_longest_timeout() -> None:
    assert WebhookChannel.max_call_seconds > 60 + 10
