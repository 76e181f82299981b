"""Write deploy/zapier/events.json, the samples and fields of the Zapier app: `python -m scripts.zapier_app`."""

from __future__ import annotations

import json
from typing import Any

from awardspider.delivery.channels.webhook.zapier import HOOK_EVENTS
from awardspider.delivery.messages.schemas import event_example, event_schema
from tests.support.paths import ROOT

FILE = ROOT / "deploy" / "zapier" / "events.json"

_TYPES = {"integer": "integer", "number": "number", "boolean": "boolean"}
_MAX_LABEL = 100


def text() -> str:
    """Return the content of the file."""
    events = {
        event.value: {"outputFields": _output_fields(event_schema(event)), "sample": event_example(event)}
        for event in HOOK_EVENTS
    }
    return json.dumps(events, indent=2, ensure_ascii=False) + "\n"


def _output_fields(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return [_output_field(name, field) for name, field in schema["properties"].items()]


def _output_field(name: str, field: dict[str, Any]) -> dict[str, Any]:
    kinds = field.get("type", "string")
    kind = next(each for each in ([kinds] if isinstance(kinds, str) else kinds) if each != "null")
    described: dict[str, Any] = {"key": name, "label": name.replace("_", " ").capitalize()[:_MAX_LABEL]}
    if kind == "array":
        return described | {"type": "string", "list": True}
    if field.get("format") == "date-time":
        return described | {"type": "datetime"}
    return described | {"type": _TYPES.get(kind, "string")}


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
