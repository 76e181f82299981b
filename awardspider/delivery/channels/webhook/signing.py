"""Secrets, ids and signatures of webhooks, as Standard Webhooks defines them.

See https://github.com/standard-webhooks/standard-webhooks and sinks.md, section 3.5.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook

from awardspider.outcomes import InvalidArgument

_PREFIX = "whsec_"
_MIN_BYTES, _MAX_BYTES = 24, 64  # limits set by the specification
_MODULE = "awardspider.delivery.channels.webhook.signing"

# A period would make the signed text ambiguous, and a header must be printable ASCII.
_SAFE_ID = re.compile(r"[A-Za-z0-9_:+=@,-]{1,200}")


def new_secret() -> str:
    """Return a new secret: `whsec_` followed by 32 random bytes in base64."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def parse_secret(text: str) -> Webhook:
    """Return the signer for a `whsec_` secret. Raise InvalidArgument for an invalid one, without quoting it."""
    try:
        key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not text.startswith(_PREFIX) or not _MIN_BYTES <= len(key) <= _MAX_BYTES:
        raise InvalidArgument(
            f"invalid webhook secret: write {_PREFIX} and {_MIN_BYTES} to {_MAX_BYTES} random bytes in base64; "
            f"create one with: python -c 'from {_MODULE} import new_secret; print(new_secret())'"
        )
    return Webhook(key)


def safe_id(key: str) -> str:
    """Return a message's key for the `webhook-id` header, or a hash of the key if a header cannot contain it."""
    if _SAFE_ID.fullmatch(key):
        return key
    return "msg_" + hashlib.blake2b(key.encode(), digest_size=16).hexdigest()


def signed_headers(signers: Sequence[Webhook], message_id: str, sent_at: datetime, body: bytes) -> dict[str, str]:
    """Return a webhook's headers: id, time (in Unix seconds) and one header with a signature from each signer.

    Without signers, the signature header is omitted. `sent_at` must be time zone-aware.
    """
    sent_at = sent_at.astimezone(UTC)  # `sign` treats every datetime as UTC
    headers = {"webhook-id": message_id, "webhook-timestamp": str(int(sent_at.timestamp()))}
    if signers:
        headers["webhook-signature"] = " ".join(signer.sign(message_id, sent_at, body.decode()) for signer in signers)
    return headers
