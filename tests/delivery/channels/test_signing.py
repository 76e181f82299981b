"""Signatures are those of Standard Webhooks, as its reference package checks them."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from awardspider.delivery.channels.webhook.signing import new_secret, read_secret, safe_id, signed_headers
from awardspider.outcomes import InvalidArgument

BODY = '{"type":"test","note":"São Paulo"}'.encode()


def now() -> datetime:
    return datetime.now(UTC)  # the reference package knows no other clock


def headers_of(*secrets: str, body: bytes = BODY) -> dict[str, str]:
    return signed_headers([read_secret(secret) for secret in secrets], "make:1", int(now().timestamp()), body)


def test_the_reference_package_accepts_it() -> None:
    secret = new_secret()
    assert Webhook(secret).verify(BODY, headers_of(secret)) == {"type": "test", "note": "São Paulo"}


def test_it_is_the_same_signature() -> None:
    secret, at = new_secret(), datetime(2026, 11, 22, 12, tzinfo=UTC)
    headers = signed_headers([read_secret(secret)], "make:1", int(at.timestamp()), BODY)
    assert headers["webhook-signature"] == Webhook(secret).sign("make:1", at, BODY.decode())
    assert headers["webhook-timestamp"] == "1795348800"


def test_either_secret_is_enough_while_they_change() -> None:
    new, old = new_secret(), new_secret()
    headers = headers_of(new, old)
    assert len(headers["webhook-signature"].split()) == 2
    for secret in (new, old):
        assert Webhook(secret).verify(BODY, headers)


@pytest.mark.parametrize("part", ["body", "webhook-id", "webhook-timestamp", "secret"])
def test_the_reference_package_refuses_anything_else(part: str) -> None:
    secret = new_secret()
    headers, body = headers_of(secret), BODY
    if part == "body":
        body += b" "
    elif part == "secret":
        secret = new_secret()
    else:
        headers[part] = str(int(now().timestamp()) + 1)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body, headers)


def test_without_a_secret_there_is_no_signature() -> None:
    assert headers_of().keys() == {"webhook-id", "webhook-timestamp"}


@pytest.mark.parametrize("length", [24, 64])
def test_secrets_of_the_lengths_of_the_specification(length: int) -> None:
    assert read_secret("whsec_" + base64.b64encode(b"s" * length).decode()) == b"s" * length


@pytest.mark.parametrize(
    "secret",
    [
        "hunter2",
        "whsec_",
        "whsec_hunter2hunter2",
        "whsec_" + base64.b64encode(b"s" * 23).decode(),
        "whsec_" + base64.b64encode(b"s" * 65).decode(),
        base64.b64encode(b"s" * 32).decode(),
        "whsec_" + "é" * 40,
    ],
)
def test_other_secrets_are_refused_without_showing_them(secret: str) -> None:
    with pytest.raises(InvalidArgument, match="whsec_ and 24 to 64 random bytes") as refused:
        read_secret(secret)
    assert secret.removeprefix("whsec_") == "" or secret not in str(refused.value)


@pytest.mark.parametrize(
    "key", ["make:3f9a:0c1d:20261122T100431", "offer.matched:1", "två", "a b", "x" * 300, "a\r\nb"]
)
def test_an_id_is_safe_in_a_header_and_in_what_is_signed(key: str) -> None:
    made = safe_id(key)
    assert "." not in made
    assert made.isascii()
    assert made.isprintable()
    assert " " not in made
    assert len(made) <= 200
    assert made == safe_id(key) != safe_id(key + "2")
