"""Field masks: which parts of an object an answer shows, or a request changes.

`sheets(properties(title,sheetId),data.rowData)` as a tree of names; an empty branch means everything below it.
"""

from __future__ import annotations

import re
from typing import Any

from awardspider.sandbox.services.sheets.errors import Json, invalid

Tree = dict[str, "Tree"]
EVERYTHING = "*"


def parse_mask(text: str) -> Tree:
    """Raises ApiError where the mask cannot be read."""
    tokens = re.findall(r"[A-Za-z_]\w*|\*|[(),./]|\S", text)
    tree: Tree = {}
    rest = _branches(tokens, tree)
    if rest or not tree:
        raise invalid(f"Request contains an invalid argument: fields '{text}'")
    return tree


def _branches(tokens: list[str], tree: Tree) -> list[str]:
    """Reads names parted by commas into a tree, up to a closing parenthesis; returns what is left."""
    while tokens and re.fullmatch(r"\w+|\*", tokens[0]):
        place = tree
        while tokens and re.fullmatch(r"\w+|\*", tokens[0]):
            place = place.setdefault(_camel(tokens.pop(0)), {})
            if tokens and tokens[0] == "(":
                tokens = _branches(tokens[1:], place)
                if tokens[:1] != [")"]:
                    return ["("]
                tokens = tokens[1:]
            if not (tokens and tokens[0] in "./"):
                break
            tokens.pop(0)
        if not tokens or tokens[0] != ",":
            return tokens
        tokens = tokens[1:]
    return tokens or [","]


def _camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), name)


def selected(value: Any, tree: Tree) -> Any:
    """The parts of an answer that a mask names."""
    if not tree or tree == {EVERYTHING: {}}:
        return value
    if isinstance(value, list):
        return [selected(one, tree) for one in value]
    if not isinstance(value, dict):
        return value
    if EVERYTHING in tree:
        return {name: selected(inner, tree[EVERYTHING]) for name, inner in value.items()}
    return {name: selected(value[name], branch) for name, branch in tree.items() if name in value}


def changed(old: Json | None, new: Json | None, tree: Tree) -> Json:
    """An object in which what a mask names is as in another; what that one lacks is gone."""
    old, new = old or {}, new or {}
    if EVERYTHING in tree:
        return dict(new)
    result = dict(old)
    for name, branch in tree.items():
        if branch:
            inner = changed(old.get(name), new.get(name), branch)
            result[name] = inner
        elif name in new:
            result[name] = new[name]
        else:
            result.pop(name, None)
        if result.get(name) == {}:
            del result[name]
    return result


def update_mask(request: Json) -> Tree:
    """The `fields` of a request that changes something. Raises ApiError where it is missing."""
    if not request.get("fields"):
        raise invalid("At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)")
    return parse_mask(str(request["fields"]))
