"""How SvelteKit writes a page's data: flattened (devalue) in `__data.json`, and as a script's literal in the page."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import orjson


class Undefined:
    """JavaScript's undefined, which JSON does not have."""


UNDEFINED: Final = Undefined()
# Values without a place in the list have negative numbers.
UNDEFINED_INDEX = -1


def flattened(value: object) -> list[Any]:
    """The value as a list: item 0 is the root, what is inside others is told by its place; equal values share one."""
    items: list[Any] = []
    places: dict[tuple[str, object], int] = {}

    def place(value: object) -> int:
        if value is UNDEFINED:
            return UNDEFINED_INDEX
        inner = isinstance(value, dict | list)
        key = (type(value).__name__, value)
        if not inner and key in places:
            return places[key]
        index = len(items)
        items.append(value)
        if not inner:
            places[key] = index
        elif isinstance(value, dict):
            items[index] = {name: place(one) for name, one in value.items()}
        elif isinstance(value, list):
            items[index] = [place(one) for one in value]
        return index

    place(value)
    return items


def promise(items: list[Any], key: str, number: int) -> list[Any]:
    """The list of a flattened object with one more key, whose value comes later as the chunk of that number."""
    root = items[0] | {key: len(items)}
    return [root, *items[1:], ["Promise", len(items) + 1], number]


def data_stream(nodes: list[object], chunks: list[tuple[int, object]]) -> bytes:
    """The lines of `__data.json`: the page's nodes, then each chunk as it is ready."""
    lines: list[dict[str, object]] = [{"type": "data", "nodes": nodes}]
    lines += [{"type": "chunk", "id": number, "data": flattened(value)} for number, value in chunks]
    return b"".join(orjson.dumps(line) + b"\n" for line in lines)


def literal(value: object) -> str:
    """The value as a script writes it: bare keys, `void 0`, no zero before the point, no tag inside text."""
    if value is UNDEFINED:
        return "void 0"
    if isinstance(value, dict):
        return "{" + ",".join(f"{_key(name)}:{literal(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(literal, value)) + "]"
    text = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str):
        return text.replace("<", "\\u003C").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return re.sub(r"^(-?)0\.", r"\1.", text)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_$][\w$]*", name) else json.dumps(name)
