"""Write docs/schemas/events.json, the JSON Schema for all events: `python -m scripts.event_schemas`."""

from __future__ import annotations

import json

from awardspider.delivery.messages.schemas import combined_schema
from tests.support.paths import ROOT

FILE = ROOT / "docs" / "schemas" / "events.json"


def text() -> str:
    """Return the content of the file."""
    return json.dumps(combined_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
