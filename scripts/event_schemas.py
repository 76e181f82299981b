"""Writes docs/schemas anew, one JSON Schema with an example for each event: `python -m scripts.event_schemas`."""

from __future__ import annotations

import json

from awardspider.delivery.messages.events import EVENTS
from awardspider.delivery.messages.schemas import schema
from tests.support.paths import ROOT

FOLDER = ROOT / "docs" / "schemas"


def texts() -> dict[str, str]:
    """File name -> what belongs into it."""
    return {f"{event}.json": json.dumps(schema(event), indent=2, ensure_ascii=False) + "\n" for event in EVENTS}


def write() -> None:
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.json"):
        old.unlink()
    for name, text in texts().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
