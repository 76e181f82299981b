"""Webhook secrets, ids and signatures conform to Standard Webhooks."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta, timezone

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from awardspider.delivery.channels.webhook.signing import new_secret, parse_secret, safe_id, signed_headers
from awardspider.outcomes import InvalidArgument

BODY = '{"type":"test","note":"São Paulo"}'.encode()


def now() -> datetime:
    return datetime.now(UTC)  # `Webhook.verify` has no other clock


def sign(*secrets: str, sent_at: datetime | None = None) -> dict[str, str]:
    return signed_headers([parse_secret(secret) for secret in secrets], "make:1", sent_at or now(), BODY)


def test_recipient_can_verify_the_signature() -> None:
    secret = new_secret()
    assert Webhook(secret).verify(BODY, sign(secret)) == {"type": "test", "note": "São Paulo"}


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=-6))])
def test_signature_is_hmac_sha256_of_id_time_and_body(zone: timezone) -> None:
    secret = new_secret()
    headers = sign(secret, sent_at=datetime(2026, 11, 22, 12, tzinfo=UTC).astimezone(zone))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.digest(key, b"make:1.1795348800." + BODY, hashlib.sha256)
    assert headers == {
        "webhook-id": "make:1",
        "webhook-timestamp": "1795348800",
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }


def test_each_secret_has_a_signature_during_a_rotation() -> None:
    new, old = new_secret(), new_secret()
    headers = sign(new, old)
    assert len(headers["webhook-signature"].split(" ")) == 2
    for secret in (new, old):
        assert Webhook(secret).verify(BODY, headers)


@pytest.mark.parametrize("part", ["body", "webhook-id", "webhook-timestamp", "secret"])
def test_changed_parts_fail_verification(part: str) -> None:
    secret = new_secret()
    headers, body = sign(secret), BODY
    if part == "body":
        body += b" "
    elif part == "secret":
        secret = new_secret()
    else:
        headers[part] = str(int(now().timestamp()) + 1)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body, headers)


def test_no_secret_means_no_signature() -> None:
    assert sign().keys() == {"webhook-id", "webhook-timestamp"}


@pytest.mark.parametrize("length", [24, 64])
def test_secrets_of_the_lengths_in_the_specification_are_valid(length: int) -> None:
    assert parse_secret("whsec_" + base64.b64encode(b"s" * length).decode())


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
def test_invalid_secrets_are_rejected_and_not_shown(secret: str) -> None:
    with pytest.raises(InvalidArgument, match="whsec_ and 24 to 64 random bytes") as raised:
        parse_secret(secret)
    assert secret.removeprefix("whsec_") == "" or secret not in str(raised.value)


@pytest.mark.parametrize(
    "key", ["make:3f9a:0c1d:20261122T100431", "offer.matched:1", "två", "a b", "x" * 300, "a\r\nb"]
)
def test_safe_id_is_valid_in_a_header_and_in_the_signed_text(key: str) -> None:
    message_id = safe_id(key)
    assert "." not in message_id
    assert message_id.isascii()
    assert message_id.isprintable()
    assert " " not in message_id
    assert len(message_id) <= 200
    assert message_id == safe_id(key) != safe_id(key + "2")
