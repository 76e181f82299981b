"""Field masks: which parts of an object an answer shows, or a request changes.

`sheets(properties(title,sheetId),data.rowData)` as a tree of names; an empty branch means everything below it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from awardspider.sandbox.services.sheets.errors import Json, bad_request, invalid
from awardspider.sandbox.services.sheets.messages import MESSAGES, UNPLAYED

Tree = dict[str, "Tree"]
EVERYTHING = "*"
NAME = r" *\w+|\*"


def parse_mask(text: str) -> Tree:
    """Raises ApiError where the mask cannot be read."""
    # A space stays with the name behind it, of which it makes an unknown one.
    tokens = re.findall(r" *[A-Za-z_]\w*|\*|[(),./]|\S", text)
    tree: Tree = {}
    rest = _branches(tokens, tree)
    if rest or not tree:
        raise invalid(f"Request contains an invalid argument: fields '{text}'")
    return tree


def _branches(tokens: list[str], tree: Tree) -> list[str]:
    """Reads names parted by commas into a tree, up to a closing parenthesis; returns what is left."""
    while tokens and re.fullmatch(NAME, tokens[0]):
        place = tree
        while tokens and re.fullmatch(NAME, tokens[0]):
            place = place.setdefault(camel(tokens.pop(0)), {})
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


def camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), name)


def answer_mask(text: str, message: str) -> Tree:
    """The mask of an answer. Raises ApiError where it cannot be read, or names what such an answer does not have."""
    tree = parse_mask(text)
    if path := _unknown_path(tree, message):
        reason = f"Error expanding 'fields' parameter. Cannot find matching fields for path '{path}'."
        raise bad_request("Request contains an invalid argument.", [{"field": text, "description": reason}])
    return tree


def _unknown_path(tree: Tree, message: str) -> str:
    """The first path in a mask that a message does not have, empty where it has all."""
    return next((".".join(path) for path in _paths(tree) if not _leads(path, message)), "")


def _paths(tree: Tree) -> Iterator[tuple[str, ...]]:
    for name, branch in tree.items():
        if branch:
            yield from ((name, *path) for path in _paths(branch))
        else:
            yield (name,)


def _leads(path: tuple[str, ...], message: str) -> bool:
    """Whether a path leads to something in a message, as far as the table looks into it."""
    for name in path:
        if message not in MESSAGES:
            return False
        if name == EVERYTHING:
            return True
        field = MESSAGES[message].fields.get(name)
        if field is None:
            return False
        if field.holds == UNPLAYED or field.keyed:
            return True
        message = field.holds
    return True


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


def update_mask(request: Json, message: str) -> Tree:
    """The `fields` of a request that changes a message. Raises ApiError where it is missing or not of the message."""
    if not request.get("fields"):
        raise invalid("At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)")
    tree = parse_mask(str(request["fields"]).replace(" ", ""))
    if path := _unknown_path(tree, message):
        raise invalid(f"Invalid field: {path}")
    return tree
