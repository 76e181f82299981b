"""JSON Schema (2020-12) of a watch file, derived from the table of fields; editors complete and check files with it.

`python -m scripts.watch_pages` writes it to docs/schemas. It accepts whatever `load_watches` accepts, and refuses most
of the rest: only the parsers know all places, dates and codes. To JSON Schema, 2.0 and
1e5 are integers too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from awardspider.search.promotion_watch_table import PROMOTION_WATCH_FIELDS
from awardspider.search.watch_checks import NEEDED_FIELDS
from awardspider.search.watch_table import WATCH_FIELDS, WatchField, plain_description
from awardspider.values import capitalized

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_BLANK = {"type": "string", "pattern": r"^\s*$"}
SCHEMA_ID = "urn:awardspider:schemas:watches"


def watch_file_schema() -> dict[str, Any]:
    """Return the schema of a file: an object with `watches` and `promotions`, of which one has at least one watch."""
    return {
        "$schema": DIALECT,
        "$id": SCHEMA_ID,
        "title": "Watches of awardspider",
        "description": "The awards to search for, and the promotions to be notified of. docs/watches.md explains every "
        "field.",
        "type": "object",
        "properties": {
            "watches": {"type": ["array", "null"], "items": {"$ref": "#/$defs/watch"}},
            "promotions": {"type": ["array", "null"], "items": {"$ref": "#/$defs/promotion_watch"}},
        },
        "anyOf": [_with_entries("watches"), _with_entries("promotions")],
        "additionalProperties": False,
        "$defs": {"watch": watch_schema(), "promotion_watch": promotion_watch_schema()},
    }


def _with_entries(name: str) -> dict[str, Any]:
    return {"required": [name], "properties": {name: {"type": "array", "minItems": 1}}}


def watch_schema() -> dict[str, Any]:
    """Return the schema of one watch for awards, as in a file or as `Watch.to_definition` returns it."""
    return _schema("watch", WATCH_FIELDS) | {"allOf": [_needs(name, other) for name, other in NEEDED_FIELDS.items()]}


def promotion_watch_schema() -> dict[str, Any]:
    """Return the schema of one watch for promotions, as in a file or as `PromotionWatch.to_definition` returns it."""
    return _schema("watch for promotions", PROMOTION_WATCH_FIELDS)


def _schema(title: str, table: Mapping[str, WatchField]) -> dict[str, Any]:
    identity = {
        "description": "The identity of a stored watch, as exported; leave it out for a new one.",
        "type": ["string", "null"],
        "pattern": r"^\s*([0-9a-f]{8,64})?\s*$",
    }
    return {
        "title": title,
        "type": "object",
        "properties": {field.name: _property(field) for field in table.values()} | {"id": identity},
        "required": [field.name for field in table.values() if field.is_required],
        "additionalProperties": False,
    }


def _needs(name: str, other: str) -> dict[str, Any]:
    """Return a schema by which a field, unless it is left blank, needs another one."""
    given = {"required": [name], "properties": {name: {"not": {"type": "null"}}}}
    return {"if": given, "then": {"required": [other]}}


def _property(field: WatchField) -> dict[str, Any]:
    """Return the schema of a field; a value may be left blank, except a required one."""
    default = f" Default: {field.default}." if field.default else ""
    blank = [] if field.is_required else [{"type": "null"}, _BLANK]
    choices = field.kind.schema.get("anyOf", [field.kind.schema])
    return {
        "description": plain_description(f"{capitalized(field.description)}.{default}"),
        "examples": [field.example],
        "anyOf": [*choices, *blank],
    }
