"""SvelteKit's two encodings of a page's data: flattened (devalue) in `__data.json`, or a literal in a script."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import orjson


class Undefined:
    """JavaScript's `undefined`, which JSON cannot represent."""


UNDEFINED: Final = Undefined()
UNDEFINED_INDEX = -1  # devalue refers to special values by negative indexes


def flatten(value: object) -> list[Any]:
    """Return the value as a list of items that refer to each other by index.

    Item 0 is the root. Equal scalars of the same type share one item.
    """
    items: list[Any] = []
    indexes: dict[tuple[str, object], int] = {}

    def add(value: object) -> int:
        if value is UNDEFINED:
            return UNDEFINED_INDEX
        scalar = not isinstance(value, dict | list)
        key = (type(value).__name__, value)
        if scalar and key in indexes:
            return indexes[key]
        index = len(items)
        items.append(value)
        if scalar:
            indexes[key] = index
        elif isinstance(value, dict):
            items[index] = {name: add(inner) for name, inner in value.items()}
        elif isinstance(value, list):
            items[index] = [add(inner) for inner in value]
        return index

    add(value)
    return items


def promise(items: list[Any], key: str, number: int) -> list[Any]:
    """Add a key to a flattened object; its value follows later as chunk `number`."""
    root = items[0] | {key: len(items)}
    return [root, *items[1:], ["Promise", len(items) + 1], number]


def data_stream(nodes: list[object], chunks: list[tuple[int, object]]) -> bytes:
    """Return the lines of `__data.json`: the page's nodes, then the chunks."""
    lines: list[dict[str, object]] = [{"type": "data", "nodes": nodes}]
    lines += [{"type": "chunk", "id": number, "data": flatten(value)} for number, value in chunks]
    return b"".join(orjson.dumps(line) + b"\n" for line in lines)


def literal(value: object) -> str:
    """Format a value as a JavaScript literal: unquoted keys, `void 0`, `.5` instead of `0.5`, no `<` in strings."""
    if value is UNDEFINED:
        return "void 0"
    if isinstance(value, dict):
        return "{" + ",".join(f"{_key(name)}:{literal(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(literal, value)) + "]"
    text = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str):
        return text.replace("<", "\\u003C").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return re.sub(r"^(-?)0\.", r"\1.", text)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_$][\w$]*", name) else json.dumps(name)
