"""Addresses of requests as logs show them, without the secrets in them."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence

from awardspider.logs.masking import MASK

#: Characters of a secret part of an address that stay, to compare it with another line.
_SHOWN = 4

#: Parts of the paths of feeds and public pages. The part that follows is a secret, whatever it looks like.
_BEFORE_SECRETS = frozenset({"feeds", "s"})

#: Other parts of an address that are random, such as tokens. Names of routes and files have no digits between letters;
#: ids of offers and runs are shorter or have separators.
_RANDOM = re.compile(r"(?=[A-Za-z_-]*[0-9])(?=[0-9_-]*[A-Za-z])[A-Za-z0-9_-]{20,}")
_RUN_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]+")

#: Parameters of addresses that may be shown. The values of others can contain a secret.
_SECRET_PARAMETER = re.compile(r"token|key|secret|password|code|auth", re.IGNORECASE)


class MaskedAddresses(logging.Filter):
    """A filter of uvicorn's log of requests that masks the secrets in the address of a request."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the arguments of a record: client, method, address, version of HTTP, status."""
        if isinstance(record.args, tuple) and len(record.args) == 5:
            client, method, address, version, status = record.args
            record.args = (client, method, masked_address(str(address)), version, status)
        return True


_filter = MaskedAddresses()


def mask_access_log() -> None:
    """Mask the secrets in uvicorn's log of requests."""
    logging.getLogger("uvicorn.access").addFilter(_filter)  # a filter that was added already is not added again


def masked_address(address: str) -> str:
    """Return the path and query of a request in which each secret is replaced by its first characters and `***`."""
    path, _, query = address.partition("?")
    path = "/".join(_masked_parts(path.split("/")))
    if not query:
        return path
    pairs = (pair.partition("=") for pair in query.split("&"))
    return f"{path}?{'&'.join(name + equals + _masked_value(name, value) for name, equals, value in pairs)}"


def _masked_parts(parts: Sequence[str]) -> Iterator[str]:
    before = ""
    for part in parts:
        yield _beginning(part) if part and before in _BEFORE_SECRETS else _masked(part)
        before = part or before  # a path with // has empty parts


def _masked_value(name: str, value: str) -> str:
    return MASK if value and _SECRET_PARAMETER.search(name) else _masked(value)


def _masked(part: str) -> str:
    stem = part.partition(".")[0]
    return _beginning(part) if _RANDOM.fullmatch(stem) and not _RUN_ID.fullmatch(stem) else part


def _beginning(part: str) -> str:
    stem, dot, extension = part.partition(".")
    return f"{stem[:_SHOWN]}{MASK}{dot}{extension}"
