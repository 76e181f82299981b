"""Field masks, which select the parts of an object to return in a response or to change in a request.

A mask such as `sheets(properties(title,sheetId),data.rowData)` is a tree of names; an empty branch selects everything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from awardspider.sandbox.services.sheets.errors import Json, bad_request, invalid
from awardspider.sandbox.services.sheets.messages import MESSAGES, NOT_SIMULATED

Tree = dict[str, "Tree"]
EVERYTHING = "*"
NAME = r" *\w+|\*"


def parse_mask(text: str) -> Tree:
    """Parse a mask. Raise ApiError if it is malformed."""
    # A space counts as part of the name that follows it, so the name is unknown.
    tokens = re.findall(r" *[A-Za-z_]\w*|\*|[(),./]|\S", text)
    tree: Tree = {}
    rest = _branches(tokens, tree)
    if rest or not tree:
        raise invalid(f"Request contains an invalid argument: fields '{text}'")
    return tree


def _branches(tokens: list[str], tree: Tree) -> list[str]:
    """Add names separated by commas to a tree, up to a closing parenthesis; return the remaining tokens."""
    while tokens and re.fullmatch(NAME, tokens[0]):
        branch = tree
        while tokens and re.fullmatch(NAME, tokens[0]):
            branch = branch.setdefault(camel(tokens.pop(0)), {})
            if tokens and tokens[0] == "(":
                tokens = _branches(tokens[1:], branch)
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
    """Convert a name in snake case to camel case."""
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), name)


def response_mask(text: str, message: str) -> Tree:
    """Parse the mask of a response. Raise ApiError if it is malformed or names a field that the message lacks."""
    tree = parse_mask(text)
    if path := _unknown_path(tree, message):
        reason = f"Error expanding 'fields' parameter. Cannot find matching fields for path '{path}'."
        raise bad_request("Request contains an invalid argument.", [{"field": text, "description": reason}])
    return tree


def _unknown_path(tree: Tree, message: str) -> str:
    """Return the first path in a mask that does not exist in a message, or an empty string."""
    return next((".".join(path) for path in _paths(tree) if not _exists(path, message)), "")


def _paths(tree: Tree) -> Iterator[tuple[str, ...]]:
    for name, branch in tree.items():
        if branch:
            yield from ((name, *path) for path in _paths(branch))
        else:
            yield (name,)


def _exists(path: tuple[str, ...], message: str) -> bool:
    """Return whether a path exists in a message; any path below an unsimulated field exists."""
    for name in path:
        if message not in MESSAGES:
            return False
        if name == EVERYTHING:
            return True
        field = MESSAGES[message].get(name)
        if field is None:
            return False
        if field.type == NOT_SIMULATED or field.is_map:
            return True
        message = field.type
    return True


def select(value: Any, tree: Tree) -> Any:
    """Return the parts of a response that a mask selects."""
    if not tree or tree == {EVERYTHING: {}}:
        return value
    if isinstance(value, list):
        return [select(item, tree) for item in value]
    if not isinstance(value, dict):
        return value
    if EVERYTHING in tree:
        return {name: select(inner, tree[EVERYTHING]) for name, inner in value.items()}
    return {name: select(value[name], branch) for name, branch in tree.items() if name in value}


def merge(old: Json | None, new: Json | None, tree: Tree) -> Json:
    """Return `old` with each field in the mask replaced by its value in `new`, or removed if `new` lacks it."""
    old, new = old or {}, new or {}
    if EVERYTHING in tree:
        return dict(new)
    result = dict(old)
    for name, branch in tree.items():
        if branch:
            result[name] = merge(old.get(name), new.get(name), branch)
        elif name in new:
            result[name] = new[name]
        else:
            result.pop(name, None)
        if result.get(name) == {}:
            del result[name]
    return result


def update_mask(request: Json, message: str) -> Tree:
    """Parse the `fields` of a request. Raise ApiError if it is missing or names a field that the message lacks."""
    if not request.get("fields"):
        raise invalid("At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)")
    tree = parse_mask(str(request["fields"]).replace(" ", ""))
    if path := _unknown_path(tree, message):
        raise invalid(f"Invalid field: {path}")
    return tree
