"""Standard Webhooks signatures: HMAC-SHA256 of `{id}.{timestamp}.{body}`, one for each active secret.

https://github.com/standard-webhooks/standard-webhooks, and sinks.md section 3.5. The reference package is used in the
tests only: its `sign` stamps UTC over any datetime instead of converting it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence

from awardspider.outcomes import InvalidArgument

PREFIX = "whsec_"
_FEWEST_BYTES, _MOST_BYTES = 24, 64  # of the specification

# A full stop would make the signed text ambiguous, and a header holds printable ASCII only.
_SAFE_ID = re.compile(r"[A-Za-z0-9_:+=@,-]{1,200}")


def new_secret() -> str:
    """A fresh secret: `whsec_` and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def read_secret(text: str) -> bytes:
    """The bytes of a `whsec_` secret. Raises BadArgument, without showing any of it, for anything else."""
    try:
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not text.startswith(PREFIX) or not _FEWEST_BYTES <= len(key) <= _MOST_BYTES:
        raise InvalidArgument(
            f"a webhook's secret is {PREFIX} and {_FEWEST_BYTES} to {_MOST_BYTES} random bytes in base64; "
            "make one with: python -c 'from awardspider.delivery.channels.webhook.signing import new_secret; print(new_secret())'"
        )
    return key


def safe_id(key: str) -> str:
    """What stands for a message's key in the header `webhook-id`: the key itself, or a digest where it cannot."""
    if _SAFE_ID.fullmatch(key):
        return key
    return "msg_" + hashlib.blake2b(key.encode(), digest_size=16).hexdigest()


def signed_headers(keys: Sequence[bytes], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers of a webhook: id, time (Unix seconds, UTC) and, unless there are no keys, a signature for each."""
    headers = {"webhook-id": message_id, "webhook-timestamp": str(timestamp)}
    if keys:
        headers["webhook-signature"] = " ".join(_signature(key, message_id, timestamp, body) for key in keys)
    return headers


def _signature(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    digest = hmac.digest(key, f"{message_id}.{timestamp}.".encode() + body, "sha256")
    return "v1," + base64.b64encode(digest).decode()
