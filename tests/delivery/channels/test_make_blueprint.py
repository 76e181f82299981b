"""The Make scenario has the shape that Make's own exports have, and maps only fields that we send."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from string import ascii_uppercase
from typing import Any

import pytest

from awardspider.delivery.messages.events import EVENTS
from awardspider.delivery.messages.schemas import example, schema
from tests.test_architecture import ROOT

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


def the(name: str) -> dict[str, Any]:
    (found,) = (module for module in ALL if module["module"] == name)
    return found


def test_the_top_has_the_verified_keys() -> None:
    assert set(BLUEPRINT) == {"name", "flow", "metadata"}
    metadata = BLUEPRINT["metadata"]
    assert set(metadata) == {"instant", "version", "scenario", "designer", "zone", "notes"}
    assert (metadata["instant"], metadata["version"]) == (True, 1)
    assert set(metadata["scenario"]) == SCENARIO_KEYS
    assert set(metadata["designer"]) == {"orphans"}


def test_it_goes_from_a_webhook_through_a_router_to_a_sheet_and_to_http() -> None:
    assert [module["module"] for module in BLUEPRINT["flow"]] == ["gateway:CustomWebHook", "builtin:BasicRouter"]
    routes = [[module["module"] for module in route["flow"]] for route in BLUEPRINT["flow"][1]["routes"]]
    assert routes == [["google-sheets:addRow"], ["http:ActionSendData"]]
    assert len({module["id"] for module in ALL}) == len(ALL)


@pytest.mark.parametrize("module", ALL, ids=lambda module: str(module["module"]))
def test_a_module_has_verified_keys_only(module: dict[str, Any]) -> None:
    version, mapped = MODULES[module["module"]]
    assert set(module) <= MODULE_KEYS
    assert module["version"] == version
    assert (set(module["mapper"]) if module["mapper"] is not None else None) == mapped
    assert set(module["metadata"]["designer"]) == {"x", "y"}


def test_what_belongs_to_an_account_is_left_empty() -> None:
    assert the("gateway:CustomWebHook")["parameters"] == {"hook": None, "maxResults": 1}
    assert the("google-sheets:addRow")["parameters"] == {"__IMTCONN__": None}
    mapper = the("google-sheets:addRow")["mapper"]
    assert (mapper["spreadsheetId"], mapper["sheetId"]) == ("", "")


def events_of(module: dict[str, Any]) -> set[str]:
    """The events that a module's filter lets through."""
    let_through = set()
    for conditions in module["filter"]["conditions"]:
        (condition,) = conditions
        assert (condition["a"], condition["o"]) == ("{{1.type}}", "text:equal")
        let_through.add(condition["b"])
    return let_through


@pytest.mark.parametrize("name", ["google-sheets:addRow", "http:ActionSendData"])
def test_every_field_that_is_mapped_is_sent(name: str) -> None:
    module = the(name)
    events = events_of(module)
    assert events
    assert events <= set(EVENTS)
    fields = re.findall(r"\{\{(.*?)\}\}", json.dumps(module["mapper"]))
    assert fields
    for event in events:
        sent = {f"1.{field}" for field in schema(event)["required"]}
        assert set(fields) <= sent


def test_no_text_can_become_a_formula() -> None:
    assert the("google-sheets:addRow")["mapper"]["valueInputOption"] == "RAW"


def columns() -> list[tuple[str, str]]:
    """Letter and field of each column of the sheet."""
    values = the("google-sheets:addRow")["mapper"]["values"]
    assert list(values) == [str(number) for number in range(len(values))]
    return [(ascii_uppercase[number], value[4:-2]) for number, value in enumerate(values.values())]


def test_the_guide_has_the_columns_in_their_order() -> None:
    guide = (ROOT / "docs" / "make.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| ([A-Z]) \| `(\w+)` \|$", guide, re.MULTILINE) == columns()


def test_the_guide_has_the_filters() -> None:
    guide = (ROOT / "docs" / "make.md").read_text(encoding="utf-8")
    for label, name in (("Google Sheets", "google-sheets:addRow"), ("HTTP", "http:ActionSendData")):
        row = re.search(rf"^\| {label} \| (.+) \|$", guide, re.MULTILINE)
        assert row
        assert set(re.findall(r"`([\w.]+)`", row[1])) == events_of(the(name))


def test_the_pages_show_what_is_sent() -> None:
    page = (ROOT / "docs" / "webhooks.md").read_text(encoding="utf-8")
    shown = re.search(r"^```json\n(.+?)^```", page, re.MULTILINE | re.DOTALL)
    assert shown
    assert json.loads(shown[1]) == example("offer.matched")
    assert set(re.findall(r"schemas/([\w.]+)\.json", page)) == set(EVENTS)


def test_the_fields_that_the_guide_for_zapier_names_are_sent() -> None:
    guide = (ROOT / "docs" / "zapier.md").read_text(encoding="utf-8")
    table = guide.partition("| field |")[2].partition("\n\n")[0]
    fields = [
        name for cell in re.findall(r"^\| (`.+?) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", cell)
    ]
    assert len(fields) > 15
    assert set(fields) <= set(schema("offer.matched")["required"])
