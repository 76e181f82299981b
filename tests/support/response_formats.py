"""Unpack responses of any format into JSON trees, so that tests can change a tree and pack it again."""

from __future__ import annotations

import html
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

# A tree of JSON values, and a function that makes a response of a changed tree.
Unpacked = tuple[Any, Callable[[Any], bytes]]
# Keys and list indexes from the root of a tree to a position.
Path = tuple[Any, ...]

_NG_STATE = re.compile(rb'(<script[^>]*id="ng-state"[^>]*>)(.*?)(</script>)', re.DOTALL)
_FLIGHT_DATA = re.compile(rb"(FlightData\s*=\s*')(.*?)(')", re.DOTALL)
_SEPARATOR = b"\x1e"


def unpack(body: bytes) -> list[Unpacked]:
    """Return every way to unpack a response, the innermost data first; none for a JavaScript literal."""
    unpacked = []
    for unpack_format in (_json, _sequence, _stream, _lines, _page):
        try:
            result = unpack_format(body)
        except (ValueError, RecursionError):
            continue
        if result is not None:
            unpacked.append(result)
    return unpacked


def path_keys(paths: Iterable[str]) -> set[str]:
    """Return the keys in the REQUIRED_PATHS of a parser."""
    return {step for path in paths for step in re.split(r"[.\[\]{}]+", path) if step}


def positions(tree: Any) -> Iterator[tuple[Path, Any, Any]]:
    """Yield every position below the root: its path, its list or object, and its index or key there."""
    waiting: list[tuple[Path, Any]] = [((), tree)]
    while waiting:
        path, parent = waiting.pop()
        keys = list(parent) if isinstance(parent, dict) else range(len(parent)) if isinstance(parent, list) else ()
        for key in keys:
            yield (*path, key), parent, key
            if isinstance(parent[key], dict | list):
                waiting.append(((*path, key), parent[key]))


def to_json(tree: Any) -> bytes:
    """Return a tree as JSON, which may contain lone surrogates."""
    return json.dumps(tree, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _json(body: bytes) -> Unpacked:
    return json.loads(body), to_json


def _sequence(body: bytes) -> Unpacked | None:
    """Unpack a JSON text sequence (RFC 7464) into a list of its texts."""
    if not body.startswith(_SEPARATOR):
        return None
    texts = [json.loads(part) for part in body.split(_SEPARATOR)[1:]]
    return texts, lambda tree: b"".join(_SEPARATOR + to_json(part) + b"\n" for part in tree)


def _lines(body: bytes) -> Unpacked | None:
    """Unpack several lines of JSON into a list."""
    lines = [line for line in body.split(b"\n") if line.strip()]
    texts = [json.loads(line) for line in lines]
    return (texts, lambda tree: b"\n".join(map(to_json, tree))) if len(texts) > 1 else None


def _page(body: bytes) -> Unpacked | None:
    """Unpack the JSON inside a page."""
    if match := _NG_STATE.search(body):
        return json.loads(match[2]), lambda tree: body[: match.start(2)] + to_json(tree) + body[match.end(2) :]
    if match := _FLIGHT_DATA.search(body):

        def pack(tree: Any) -> bytes:
            escaped = html.escape(json.dumps(tree)).encode()
            return body[: match.start(2)] + escaped + body[match.end(2) :]

        return json.loads(html.unescape(match[2].decode())), pack
    return None


# ---- lines with flattened `data` ("devalue") -----------------------------------------------------------------------


def _stream(body: bytes) -> Unpacked | None:
    """Unpack lines of JSON whose `data` are flattened trees into a list of these trees."""
    unpacked = _lines(body)
    if unpacked is None:
        return None
    texts, pack_lines = unpacked
    flattened = [at for at, line in enumerate(texts) if isinstance(line, dict) and isinstance(line.get("data"), list)]

    def pack(trees: Any) -> bytes:
        lines = list(texts)
        for at, tree in zip(flattened, trees, strict=False):
            lines[at] = lines[at] | {"data": _flatten(tree)}
        return pack_lines(lines)

    return ([_unflatten(texts[at]["data"], 0) for at in flattened], pack) if flattened else None


def _unflatten(flat: list[Any], index: int) -> Any:
    """Return the value at an index. Lists and objects contain indexes; negative ones are values unknown to JSON."""
    value = flat[index] if index >= 0 else None
    if isinstance(value, dict):
        return {key: _unflatten(flat, inner) for key, inner in value.items()}
    return [_unflatten(flat, inner) for inner in value] if isinstance(value, list) else value


def _flatten(tree: Any) -> list[Any]:
    """Return a tree as an array: the root first, lists and objects with the indexes of their values."""
    flat: list[Any] = []
    indexes: dict[tuple[type, Any], int] = {}
    waiting: list[tuple[int, Any]] = []

    def add(value: Any) -> int:
        if isinstance(value, float) and not math.isfinite(value):
            return -3 if math.isnan(value) else -4 if value > 0 else -5
        if isinstance(value, dict | list):
            waiting.append((len(flat), value))
        elif (type(value), value) in indexes:
            return indexes[type(value), value]
        else:
            indexes[type(value), value] = len(flat)
        flat.append(value)
        return len(flat) - 1

    add(tree)
    while waiting:
        index, value = waiting.pop()
        is_object = isinstance(value, dict)
        flat[index] = {key: add(inner) for key, inner in value.items()} if is_object else [add(v) for v in value]
    return flat
