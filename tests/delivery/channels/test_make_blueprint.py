"""The Make scenario has the structure of Make's own exports and maps only fields of our events."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from string import ascii_uppercase
from typing import Any

import pytest

from awardspider.delivery.messages.events import EVENTS
from awardspider.delivery.messages.schemas import event_example, event_schema
from tests.support.paths import ROOT

FILE = ROOT / "deploy" / "make" / "awardspider.blueprint.json"
BLUEPRINT: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))

# Seen in real exports (sinks.md section 3.2): module -> version and the keys of its mapper.
MODULES = {
    "gateway:CustomWebHook": (1, set()),
    "builtin:BasicRouter": (1, None),
    "google-sheets:addRow": (
        2,
        {
            "from", "mode", "spreadsheetId", "sheetId", "values", "includesHeaders", "insertDataOption",
            "valueInputOption", "insertUnformatted",
        },
    ),
    "http:ActionSendData": (3, {"url", "method", "headers"}),
    # Version and keys as public blueprints of other people have them (sinks.md section 3.2).
    "facebook-pages:CreatePost": (6, {"page_id", "message"}),
}  # fmt: skip
MODULE_KEYS = {"id", "module", "version", "parameters", "mapper", "metadata", "filter", "routes", "onerror"}
SCENARIO_KEYS = {
    "roundtrips", "maxErrors", "autoCommit", "autoCommitTriggerLast", "sequential", "slots", "confidential", "dataloss",
    "dlq", "freshVariables",
}  # fmt: skip


def modules(flow: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for module in flow:
        yield module
        for route in module.get("routes", []):
            assert set(route) == {"flow"}
            yield from modules(route["flow"])


ALL = list(modules(BLUEPRINT["flow"]))


def find_module(name: str) -> dict[str, Any]:
    (found,) = (module for module in ALL if module["module"] == name)
    return found


def test_scenario_has_only_verified_keys() -> None:
    assert set(BLUEPRINT) == {"name", "flow", "metadata"}
    metadata = BLUEPRINT["metadata"]
    assert set(metadata) == {"instant", "version", "scenario", "designer", "zone", "notes"}
    assert (metadata["instant"], metadata["version"]) == (True, 1)
    assert set(metadata["scenario"]) == SCENARIO_KEYS
    assert set(metadata["designer"]) == {"orphans"}


def test_webhook_is_routed_to_a_sheet_to_http_and_to_a_facebook_page() -> None:
    assert [module["module"] for module in BLUEPRINT["flow"]] == ["gateway:CustomWebHook", "builtin:BasicRouter"]
    routes = [[module["module"] for module in route["flow"]] for route in BLUEPRINT["flow"][1]["routes"]]
    assert routes == [["google-sheets:addRow"], ["http:ActionSendData"], ["facebook-pages:CreatePost"]]
    assert len({module["id"] for module in ALL}) == len(ALL)


@pytest.mark.parametrize("module", ALL, ids=lambda module: str(module["module"]))
def test_modules_have_only_verified_keys(module: dict[str, Any]) -> None:
    version, mapper_keys = MODULES[module["module"]]
    assert set(module) <= MODULE_KEYS
    assert module["version"] == version
    assert (set(module["mapper"]) if module["mapper"] is not None else None) == mapper_keys
    assert set(module["metadata"]["designer"]) == {"x", "y"}


def test_values_of_an_account_are_empty() -> None:
    assert find_module("gateway:CustomWebHook")["parameters"] == {"hook": None, "maxResults": 1}
    assert find_module("google-sheets:addRow")["parameters"] == {"__IMTCONN__": None}
    assert find_module("facebook-pages:CreatePost")["parameters"] == {"__IMTCONN__": None}
    assert find_module("facebook-pages:CreatePost")["mapper"]["page_id"] == ""
    mapper = find_module("google-sheets:addRow")["mapper"]
    assert (mapper["spreadsheetId"], mapper["sheetId"]) == ("", "")


def filtered_events(module: dict[str, Any]) -> set[str]:
    """Return the events that pass the filter of a module."""
    events = set()
    for conditions in module["filter"]["conditions"]:
        (condition,) = conditions
        assert (condition["a"], condition["o"]) == ("{{1.type}}", "text:equal")
        events.add(condition["b"])
    return events


def test_the_page_gets_the_ready_text() -> None:
    assert find_module("facebook-pages:CreatePost")["mapper"]["message"] == "{{1.long}}"


@pytest.mark.parametrize("name", ["google-sheets:addRow", "http:ActionSendData", "facebook-pages:CreatePost"])
def test_every_mapped_field_is_in_the_event(name: str) -> None:
    module = find_module(name)
    events = filtered_events(module)
    assert events
    assert events <= set(EVENTS)
    fields = re.findall(r"\{\{(.*?)\}\}", json.dumps(module["mapper"]))
    assert fields
    for event in events:
        available = {f"1.{field}" for field in event_schema(event)["required"]}
        assert set(fields) <= available


def test_text_never_becomes_a_formula() -> None:
    assert find_module("google-sheets:addRow")["mapper"]["valueInputOption"] == "RAW"


def columns() -> list[tuple[str, str]]:
    """Return letter and field of each column of the sheet."""
    values = find_module("google-sheets:addRow")["mapper"]["values"]
    assert list(values) == [str(number) for number in range(len(values))]
    return [(ascii_uppercase[number], value[4:-2]) for number, value in enumerate(values.values())]


def test_guide_lists_the_columns_in_order() -> None:
    guide = (ROOT / "docs" / "make.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| ([A-Z]) \| `(\w+)` \|$", guide, re.MULTILINE) == columns()


def test_guide_lists_the_filters() -> None:
    guide = (ROOT / "docs" / "make.md").read_text(encoding="utf-8")
    for label, name in (
        ("Google Sheets", "google-sheets:addRow"),
        ("HTTP", "http:ActionSendData"),
        ("Facebook Pages", "facebook-pages:CreatePost"),
    ):
        row = re.search(rf"^\| {label} \| (.+) \|$", guide, re.MULTILINE)
        assert row
        assert set(re.findall(r"`([\w.]+)`", row[1])) == filtered_events(find_module(name))


def test_webhook_page_shows_the_example_event() -> None:
    page = (ROOT / "docs" / "webhooks.md").read_text(encoding="utf-8")
    shown = re.search(r"^```json\n(.+?)^```", page, re.MULTILINE | re.DOTALL)
    assert shown
    example = event_example("offer.matched")
    assert example == dict.fromkeys(example) | json.loads(shown[1])
    assert set(EVENTS) <= set(re.findall(r"^\| `([\w.]+)` \|", page, re.MULTILINE))


def test_zapier_guide_lists_existing_fields() -> None:
    guide = (ROOT / "docs" / "zapier.md").read_text(encoding="utf-8")
    table = guide.partition("| field |")[2].partition("\n\n")[0]
    fields = [
        name for cell in re.findall(r"^\| (`.+?) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", cell)
    ]
    assert len(fields) > 15
    assert set(fields) <= {*event_schema("offer.matched")["required"], *event_schema("promotion")["required"]}
