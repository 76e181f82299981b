"""The forms in which answers wrap their data, so that tests can take one apart, change it and put it together again."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from typing import Any

# A tree of JSON values, and how to make an answer of a changed one.
Apart = tuple[Any, Callable[[Any], bytes]]

_NG_STATE = re.compile(rb'(<script[^>]*id="ng-state"[^>]*>)(.*?)(</script>)', re.DOTALL)
_FLIGHT_DATA = re.compile(rb"(FlightData\s*=\s*')(.*?)(')", re.DOTALL)
_SEPARATOR = b"\x1e"


def taken_apart(body: bytes) -> Apart | None:
    """The data of an answer and how to wrap it again; None for a form that is no JSON (a script's literal)."""
    for form in (_plain, _sequence, _lines, _embedded):
        try:
            found = form(body)
        except (ValueError, RecursionError):
            continue
        if found is not None:
            return found
    return None


def _plain(body: bytes) -> Apart:
    return json.loads(body), _written


def _sequence(body: bytes) -> Apart | None:
    """A JSON text sequence (RFC 7464): its texts as a list."""
    if not body.startswith(_SEPARATOR):
        return None
    texts = [json.loads(part) for part in body.split(_SEPARATOR)[1:]]
    return texts, lambda tree: b"".join(_SEPARATOR + _written(part) + b"\n" for part in tree)


def _lines(body: bytes) -> Apart | None:
    """A JSON text a line."""
    lines = [line for line in body.split(b"\n") if line.strip()]
    texts = [json.loads(line) for line in lines]
    return (texts, lambda tree: b"\n".join(map(_written, tree))) if len(texts) > 1 else None


def _embedded(body: bytes) -> Apart | None:
    """JSON inside a page."""
    if found := _NG_STATE.search(body):
        return json.loads(found[2]), lambda tree: body[: found.start(2)] + _written(tree) + body[found.end(2) :]
    if found := _FLIGHT_DATA.search(body):

        def wrapped(tree: Any) -> bytes:
            escaped = html.escape(json.dumps(tree)).encode()
            return body[: found.start(2)] + escaped + body[found.end(2) :]

        return json.loads(html.unescape(found[2].decode())), wrapped
    return None


def _written(tree: Any) -> bytes:
    return json.dumps(tree, ensure_ascii=False).encode("utf-8", "surrogatepass")
