"""JSON Schema (2020-12) of a watch file, derived from the table of fields; editors complete and check files with it.

`python -m scripts.watch_pages` writes it to docs/schemas. It accepts whatever `load_watches` accepts, and refuses most
of the rest: only the parsers know all places, dates and codes. To JSON Schema, 2.0 and
1e5 are integers too.
"""

from __future__ import annotations

from typing import Any

from awardspider.search.watch_checks import NEEDED_FIELDS
from awardspider.search.watch_table import WATCH_FIELDS, WatchField, plain_description

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_BLANK = {"type": "string", "pattern": r"^\s*$"}
SCHEMA_ID = "urn:awardspider:schemas:watches"


def watch_file_schema() -> dict[str, Any]:
    """Return the schema of a file: an object with `watches`, a list of at least one watch."""
    return {
        "$schema": DIALECT,
        "$id": SCHEMA_ID,
        "title": "Watches of awardspider",
        "description": "The awards to search for; docs/watches.md explains every field.",
        "type": "object",
        "properties": {"watches": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/watch"}}},
        "required": ["watches"],
        "additionalProperties": False,
        "$defs": {"watch": watch_schema()},
    }


def watch_schema() -> dict[str, Any]:
    """Return the schema of one watch, as in a file or as `Watch.to_definition` returns it."""
    identity = {
        "description": "The identity of a stored watch, as exported; leave it out for a new one.",
        "type": ["string", "null"],
        "pattern": r"^\s*([0-9a-f]{8,64})?\s*$",
    }
    return {
        "title": "watch",
        "type": "object",
        "properties": {field.name: _property(field) for field in WATCH_FIELDS.values()} | {"id": identity},
        "required": [field.name for field in WATCH_FIELDS.values() if field.is_required],
        "allOf": [_needs(name, other) for name, other in NEEDED_FIELDS.items()],
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
        "description": plain_description(f"{field.description[:1].upper()}{field.description[1:]}.{default}"),
        "examples": [field.example],
        "anyOf": [*choices, *blank],
    }
