"""Recorded responses of real sites, which are not part of a plain clone, and the JSON types of responses."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import pytest

from tests.support.paths import RECORDED


def load_recorded(pattern: str) -> list[Any]:
    """Return the recorded responses in the files that match a pattern. Without the folder, skip the test."""
    return [json.loads(body) for body in recorded_bodies(pattern)]


def recorded_bodies(pattern: str) -> list[bytes]:
    """Return the contents of the files that match a pattern. Without the folder, skip the test."""
    if not RECORDED.is_dir():
        pytest.skip("no folder of recorded responses; AWARD_RECORDED_DIR can name one")
    files = sorted(RECORDED.glob(pattern))
    assert files, f"no recorded response matches {pattern}"
    return [file.read_bytes() for file in files]


def json_types(*values: object, root: str = "") -> dict[str, set[str]]:
    """Return the names of the JSON types at each path of the values."""
    types: dict[str, set[str]] = defaultdict(set)
    for value in values:
        _add_types(value, root, types)
    return types


def _add_types(value: object, path: str, types: dict[str, set[str]]) -> None:
    path = path.replace(".Connections[].Connections[]", ".Connections[]")  # United nests connections
    types[path].add(type(value).__name__)
    if isinstance(value, dict):
        for key, inner in value.items():
            _add_types(inner, f"{path}.{key}", types)
    elif isinstance(value, list):
        for inner in value:
            _add_types(inner, f"{path}[]", types)


def differing_types(ours: dict[str, set[str]], recorded: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return our types at the recorded paths where a type was not recorded."""
    return {path: types for path, types in ours.items() if path in recorded and not types <= recorded[path]}
