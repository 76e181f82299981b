"""The forms in which answers wrap their data, so that tests can take one apart, change it and put it together again."""

from __future__ import annotations

import html
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

# A tree of JSON values, and how to make an answer of a changed one.
Apart = tuple[Any, Callable[[Any], bytes]]
# Keys and numbers in lists, from the top of a tree to a place in it.
Path = tuple[Any, ...]

_NG_STATE = re.compile(rb'(<script[^>]*id="ng-state"[^>]*>)(.*?)(</script>)', re.DOTALL)
_FLIGHT_DATA = re.compile(rb"(FlightData\s*=\s*')(.*?)(')", re.DOTALL)
_SEPARATOR = b"\x1e"


def forms(body: bytes) -> list[Apart]:
    """Every way to take an answer apart, the deepest first; none for a form that is no JSON (a script's literal)."""
    found = []
    for form in (_plain, _sequence, _stream, _lines, _embedded):
        try:
            apart = form(body)
        except (ValueError, RecursionError):
            continue
        if apart is not None:
            found.append(apart)
    return found


def known_keys(paths: Iterable[str]) -> set[str]:
    """The keys in a reader's PATHS."""
    return {step for path in paths for step in re.split(r"[.\[\]{}]+", path) if step}


def places(tree: Any) -> Iterator[tuple[Path, Any, Any]]:
    """Every place below the top: its path, what holds it, and its key or number there."""
    waiting: list[tuple[Path, Any]] = [((), tree)]
    while waiting:
        path, holder = waiting.pop()
        names = list(holder) if isinstance(holder, dict) else range(len(holder)) if isinstance(holder, list) else ()
        for name in names:
            yield (*path, name), holder, name
            if isinstance(holder[name], dict | list):
                waiting.append(((*path, name), holder[name]))


def _plain(body: bytes) -> Apart:
    return json.loads(body), written


def _sequence(body: bytes) -> Apart | None:
    """A JSON text sequence (RFC 7464): its texts as a list."""
    if not body.startswith(_SEPARATOR):
        return None
    texts = [json.loads(part) for part in body.split(_SEPARATOR)[1:]]
    return texts, lambda tree: b"".join(_SEPARATOR + written(part) + b"\n" for part in tree)


def _lines(body: bytes) -> Apart | None:
    """A JSON text a line."""
    lines = [line for line in body.split(b"\n") if line.strip()]
    texts = [json.loads(line) for line in lines]
    return (texts, lambda tree: b"\n".join(map(written, tree))) if len(texts) > 1 else None


def _embedded(body: bytes) -> Apart | None:
    """JSON inside a page."""
    if found := _NG_STATE.search(body):
        return json.loads(found[2]), lambda tree: body[: found.start(2)] + written(tree) + body[found.end(2) :]
    if found := _FLIGHT_DATA.search(body):

        def wrapped(tree: Any) -> bytes:
            escaped = html.escape(json.dumps(tree)).encode()
            return body[: found.start(2)] + escaped + body[found.end(2) :]

        return json.loads(html.unescape(found[2].decode())), wrapped
    return None


def written(tree: Any) -> bytes:
    return json.dumps(tree, ensure_ascii=False).encode("utf-8", "surrogatepass")


# ---- lines whose `data` is flattened ("devalue") -------------------------------------------------------------------


def _stream(body: bytes) -> Apart | None:
    """A JSON text a line, of which some hold an array that stands for a tree: these trees as a list."""
    apart = _lines(body)
    if apart is None:
        return None
    texts, wrapped = apart
    places = [at for at, line in enumerate(texts) if isinstance(line, dict) and isinstance(line.get("data"), list)]

    def together(trees: Any) -> bytes:
        lines = list(texts)
        for at, tree in zip(places, trees, strict=False):
            lines[at] = lines[at] | {"data": _flattened(tree)}
        return wrapped(lines)

    return ([_grown(texts[at]["data"], 0) for at in places], together) if places else None


def _grown(flat: list[Any], index: int) -> Any:
    """The value at an index: lists and objects hold indexes, those below zero are what JSON has no word for."""
    found = flat[index] if index >= 0 else None
    if isinstance(found, dict):
        return {name: _grown(flat, inside) for name, inside in found.items()}
    return [_grown(flat, inside) for inside in found] if isinstance(found, list) else found


def _flattened(tree: Any) -> list[Any]:
    """The array of a tree: the tree first, each list and object with the indexes of its values."""
    flat: list[Any] = []
    known: dict[tuple[type, Any], int] = {}
    waiting: list[tuple[int, Any]] = []

    def index_of(value: Any) -> int:
        if isinstance(value, float) and not math.isfinite(value):
            return -3 if math.isnan(value) else -4 if value > 0 else -5
        if isinstance(value, dict | list):
            waiting.append((len(flat), value))
        elif (type(value), value) in known:
            return known[type(value), value]
        else:
            known[type(value), value] = len(flat)
        flat.append(value)
        return len(flat) - 1

    index_of(tree)
    while waiting:
        place, value = waiting.pop()
        is_object = isinstance(value, dict)
        flat[place] = {k: index_of(v) for k, v in value.items()} if is_object else [index_of(v) for v in value]
    return flat
