"""Write the JSON Schema of watch files and the tables of docs/watches.md: `python -m scripts.watch_pages`."""

from __future__ import annotations

import json
from collections.abc import Iterable

from awardspider.programs import PointsKind, points_programs
from awardspider.search.notify_table import NOTIFY_FIELDS, NotifyField
from awardspider.search.promotion_watch_table import PROMOTION_WATCH_FIELDS
from awardspider.search.watch_schema import watch_file_schema
from awardspider.search.watch_table import WATCH_FIELDS, WatchField
from tests.support.paths import ROOT

SCHEMA = ROOT / "docs" / "schemas" / "watches.schema.json"
PAGE = ROOT / "docs" / "watches.md"

_LABELS = {
    PointsKind.AIRLINE: "`programs`",
    PointsKind.FAMILY: "`programs`, several at once",
    PointsKind.HOTEL: "`programs` or `banks`",
    PointsKind.BANK: "`banks`",
}


def schema_text() -> str:
    """Return the content of the schema's file."""
    return json.dumps(watch_file_schema(), indent=2, ensure_ascii=False) + "\n"


def page_text() -> str:
    """Return the content of the page, with its tables replaced by current ones."""
    text = PAGE.read_text(encoding="utf-8")
    tables = {
        "watch fields": WATCH_FIELDS,
        "promotion watch fields": PROMOTION_WATCH_FIELDS,
        "notify fields": NOTIFY_FIELDS,
    }
    contents = {name: _table(fields.values()) for name, fields in tables.items()}
    contents["programs and banks"] = _names_table()
    for name, content in contents.items():
        start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        before, rest = text.split(start)
        text = f"{before}{start}\n{content}\n{end}{rest.split(end)[1]}"
    return text


def _names_table() -> str:
    """Return the table of the programs and banks of watches for promotions."""
    rows = []
    for kind, label in _LABELS.items():
        names = sorted((each.name for each in points_programs().values() if each.kind is kind), key=str.casefold)
        rows.append(f"| {label} | {', '.join(names)} |")
    return "\n".join(["| field | names |", "| --- | --- |", *rows]) + "\n"


def _table(fields: Iterable[WatchField | NotifyField]) -> str:
    rows = [
        f"| `{field.name}` | {field.description} | `{_example(field.example)}` | {field.default or 'required'} |"
        for field in fields
    ]
    return "\n".join(["| field | value | example | default |", "| --- | --- | --- | --- |", *rows]) + "\n"


def _example(value: object) -> str:
    """Return a value as it is written in YAML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_example(each)}" for key, each in value.items()) + "}"
    return str(value)


if __name__ == "__main__":
    SCHEMA.write_text(schema_text(), encoding="utf-8")
    PAGE.write_text(page_text(), encoding="utf-8")
