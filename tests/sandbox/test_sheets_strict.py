"""What the sandbox's Sheets API does not know, it refuses as the real one does, and does nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from google.auth.transport.requests import Request

from awardspider.sandbox.services.sheets.batch import REQUESTS
from awardspider.sandbox.services.sheets.messages import ENUMS, MESSAGES, UNPLAYED
from awardspider.sandbox.services.sheets.spreadsheets import DEMO_ID
from tests.support.sandbox_server import Sandbox, sandbox
from tests.support.sheets_client import SCOPES, Credentials, service_account

API = "sheets.googleapis.com/v4/spreadsheets"
BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
PAYLOAD = "Invalid JSON payload received."
RAW = {"valueInputOption": "RAW"}
ROWS = {"values": [["x"]]}
CELL = {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 1, "startColumnIndex": 0, "endColumnIndex": 1}
BLANK = {"condition": {"type": "BLANK"}, "format": {}}


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with sandbox() as server:
        yield server


class Api:
    def __init__(self, server: Sandbox) -> None:
        self.server = server
        account = Credentials.from_service_account_info(service_account(server), scopes=SCOPES)
        account.refresh(Request(server.client))
        self.headers = {"Authorization": f"Bearer {account.token}"}

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        url = f"{self.server.url}/{API}/{DEMO_ID}{path}"
        return self.server.client.request(method, url, headers=self.headers, **options)

    def batch(self, *requests_: dict[str, Any], **more: Any) -> requests.Response:
        return self.build_request("POST", ":batchUpdate", json={"requests": requests_, **more})


@pytest.fixture
def api(running: Sandbox) -> Api:
    running.reset()
    running.forget_sheets()
    return Api(running)


def refused(answer: requests.Response) -> tuple[str, list[dict[str, str]]]:
    """The sentence of a refusal and the fields that it blames."""
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["status"]) == (400, 400, "INVALID_ARGUMENT"), answer.text
    (details,) = error["details"]
    assert details["@type"] == BAD_REQUEST
    violations: list[dict[str, str]] = details["fieldViolations"]
    return error["message"], violations


# ---- the table ----


def test_all_that_the_table_speaks_of_is_in_it() -> None:
    fields = {f"{name}.{field}": held for name, message in MESSAGES.items() for field, held in message.fields.items()}
    lost = [place for place, held in fields.items() if held.holds not in {"", UNPLAYED, *ENUMS, *MESSAGES}]
    assert lost == []
    assert len(fields) > 400
    played = {kind for kind, field in MESSAGES["Request"].fields.items() if field.holds != UNPLAYED}
    assert played == set(REQUESTS)


# ---- masks of answers ----


@pytest.mark.parametrize(
    ("method", "path", "mask", "unknown"),
    [
        ("GET", "", "nope", "nope"),
        ("GET", "", "sheets.nope", "sheets.nope"),
        ("GET", "", "sheets(properties(title,nope))", "sheets.properties.nope"),
        ("GET", "", "sheets/data/rowData/values/formulaValue", "sheets.data.rowData.values.formulaValue"),
        ("GET", "", "sheets.properties.title.nope", "sheets.properties.title.nope"),
        ("GET", "", "spreadsheetId.*", "spreadsheetId.*"),
        ("GET", "", "properties, sheets.properties", " sheets.properties"),
        ("GET", "/values/A1", "range,valuess", "valuess"),
        ("GET", "/values:batchGet", "valueRanges.range,ranges", "ranges"),
        ("PUT", "/values/A1", "updatedCell", "updatedCell"),
        ("POST", "/values/A1:append", "updates.updatedRange,updates.table", "updates.table"),
        ("POST", "/values/A1:clear", "clearedRanges", "clearedRanges"),
        ("POST", ":batchUpdate", "replies.addSheet.nope", "replies.addSheet.nope"),
    ],
)
def test_a_mask_that_names_what_is_not_there(api: Api, method: str, path: str, mask: str, unknown: str) -> None:
    options = RAW if method == "PUT" or path.endswith("append") else {}
    requests_ = {"requests": [{"addSheet": {}}]}
    body = requests_ if path == ":batchUpdate" else ROWS if options else {}
    message, violations = refused(api.ask(method, path, params={**options, "fields": mask}, json=body))
    assert message == "Request contains an invalid argument."
    reason = f"Error expanding 'fields' parameter. Cannot find matching fields for path '{unknown}'."
    assert violations == [{"field": mask, "description": reason}]
    assert api.server.cells(DEMO_ID, "") == []
    assert len(api.ask("GET", "").json()["sheets"]) == 1


@pytest.mark.parametrize(
    "mask",
    [
        "*",
        "sheets.*",
        "sheets.properties.gridProperties.frozen_row_count",
        "sheets(charts.spec.title,basicFilter.criteria.0.condition.type),namedRanges",
        "sheets/data/rowData/values(note,pivotTable/rows)",
    ],
)
def test_a_mask_that_names_what_google_has(api: Api, mask: str) -> None:
    assert api.ask("GET", "", params={"fields": mask}).status_code == 200


# ---- masks of changes ----


@pytest.mark.parametrize(
    ("kind", "request_", "unknown"),
    [
        ("updateSheetProperties", {"properties": {"sheetId": 0}, "fields": "nope"}, "nope"),
        (
            "updateSheetProperties",
            {"properties": {"sheetId": 0}, "fields": "title,gridProperties.rows"},
            "gridProperties.rows",
        ),
        ("updateSpreadsheetProperties", {"properties": {"title": "x"}, "fields": "name"}, "name"),
        ("repeatCell", {"range": CELL, "cell": {}, "fields": "userEnteredFormat(bold)"}, "userEnteredFormat.bold"),
        ("updateCells", {"range": CELL, "rows": [], "fields": "cell.note"}, "cell.note"),
        ("appendCells", {"sheetId": 0, "rows": [], "fields": "values"}, "values"),
        (
            "updateDimensionProperties",
            {"range": {"sheetId": 0, "dimension": "ROWS", "endIndex": 1}, "properties": {}, "fields": "hidden"},
            "hidden",
        ),
    ],
)
def test_a_change_of_what_is_not_there(api: Api, kind: str, request_: dict[str, Any], unknown: str) -> None:
    answer = api.batch({"addSheet": {}}, {kind: request_})
    assert (answer.status_code, answer.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert answer.json()["error"]["message"] == f"Invalid requests[1].{kind}: Invalid field: {unknown}"
    assert len(api.ask("GET", "").json()["sheets"]) == 1


# ---- names in bodies ----


@pytest.mark.parametrize(
    ("method", "path", "body", "name", "place"),
    [
        ("PUT", "/values/A1", {"valuess": [["x"]]}, "valuess", "data"),
        ("POST", "/values/A1:append", {**ROWS, "rows": 1}, "rows", "data"),
        ("POST", "/values/A1:clear", {"ranges": ["A1"]}, "ranges", ""),
        ("POST", "/values:batchClear", {"range": "A1"}, "range", ""),
        ("POST", "/values:batchUpdate", {**RAW, "dat": []}, "dat", ""),
        ("POST", "/values:batchUpdate", {**RAW, "data": [{"range": "A1"}, {"value": 1}]}, "value", "data[1]"),
        ("POST", ":batchUpdate", {"request": []}, "request", ""),
        ("POST", ":batchUpdate", {"requests": [{"addSheets": {}}]}, "addSheets", "requests[0]"),
        (
            "POST",
            ":batchUpdate",
            {"requests": [{"addSheet": {}}, {"addSheet": {"properties": {"name": "x"}}}]},
            "name",
            "requests[1].add_sheet.properties",
        ),
        (
            "POST",
            ":batchUpdate",
            {"requests": [{"updateCells": {"rows": [{"values": [{}, {"userEnteredValue": {"string": "x"}}]}]}}]},
            "string",
            "requests[0].update_cells.rows[0].values[1].user_entered_value",
        ),
    ],
)
def test_an_unknown_name(api: Api, method: str, path: str, body: dict[str, Any], name: str, place: str) -> None:
    options = RAW if place == "data" else {}
    message, violations = refused(api.ask(method, path, params=options, json=body))
    where = f" at '{place}'" if place else ""
    assert message == f'{PAYLOAD} Unknown name "{name}"{where}: Cannot find field.'
    assert violations == [{"field": place, "description": message} if place else {"description": message}]
    assert len(api.ask("GET", "").json()["sheets"]) == 1


def test_all_faults_are_told_at_once(api: Api) -> None:
    message, violations = refused(api.batch({"deleteSheet": {"id": 1}}, {"addSheet": {"properties": [{}]}}, nope=1))
    no_list = "Proto field is not repeating, cannot start list."
    assert message.split("\n") == [
        f"{PAYLOAD} Unknown name \"id\" at 'requests[0].delete_sheet': Cannot find field.",
        f"{PAYLOAD} Unknown name \"properties\" at 'requests[1].add_sheet': {no_list}",
        f'{PAYLOAD} Unknown name "nope": Cannot find field.',
    ]
    places = [violation.get("field") for violation in violations]
    assert places == ["requests[0].delete_sheet", "requests[1].add_sheet", None]


def test_either_spelling_of_a_name_will_do(api: Api) -> None:
    sheet = {"properties": {"title": "New", "grid_properties": {"row_count": 3, "columnCount": 2}}}
    reply = api.batch({"add_sheet": sheet}).json()["replies"][0]["addSheet"]
    assert reply["properties"]["gridProperties"] == {"rowCount": 3, "columnCount": 2}
    body = {"major_dimension": "COLUMNS", "values": [[1, 2]]}
    assert api.ask("PUT", "/values/A1", params={"value_input_option": "RAW"}, json=body).status_code == 200
    assert api.server.cells(DEMO_ID, "") == [["1"], ["2"]]


@pytest.mark.parametrize("kind", ["addChart", "mergeCells", "updateBorders", "insertComment", "copy_paste"])
def test_what_google_knows_and_we_do_not_play_is_not_called_unknown(api: Api, kind: str) -> None:
    answer = api.batch({kind: {"whatever": 1}})
    assert (answer.status_code, answer.json()["error"]["status"]) == (501, "UNIMPLEMENTED")


def test_a_field_that_is_not_played_is_let_through(api: Api) -> None:
    cell = {"note": "n", "pivotTable": {"rows": [{"anything": 1}]}, "chipRuns": [{"chip": {}}]}
    request = {"range": CELL, "rows": [{"values": [cell]}], "fields": "note"}
    assert api.batch({"updateCells": request}).status_code == 200


# ---- values of enums ----


@pytest.mark.parametrize(
    ("kind", "request_", "place", "enum"),
    [
        (
            "addConditionalFormatRule",
            {"rule": {"ranges": [CELL], "booleanRule": {**BLANK, "condition": {"type": "NOPE"}}}},
            "add_conditional_format_rule.rule.boolean_rule.condition.type",
            "ConditionType",
        ),
        (
            "insertDimension",
            {"range": {"dimension": "NOPE", "endIndex": 1}},
            "insert_dimension.range.dimension",
            "Dimension",
        ),
        ("appendDimension", {"dimension": "NOPE", "length": 1}, "append_dimension.dimension", "Dimension"),
        ("deleteRange", {"range": CELL, "shiftDimension": "NOPE"}, "delete_range.shift_dimension", "Dimension"),
        (
            "sortRange",
            {"range": CELL, "sortSpecs": [{"sortOrder": "NOPE"}]},
            "sort_range.sort_specs[0].sort_order",
            "SortOrder",
        ),
        (
            "repeatCell",
            {"range": CELL, "cell": {"userEnteredFormat": {"numberFormat": {"type": "NOPE"}}}, "fields": "*"},
            "repeat_cell.cell.user_entered_format.number_format.type",
            "NumberFormatType",
        ),
        (
            "setBasicFilter",
            {"filter": {"range": CELL, "criteria": {"0": {"condition": {"type": "NOPE"}}}}},
            "set_basic_filter.filter.criteria.0.condition.type",
            "ConditionType",
        ),
    ],
)
def test_an_unknown_value(api: Api, kind: str, request_: dict[str, Any], place: str, enum: str) -> None:
    message, violations = refused(api.batch({kind: request_}))
    expected = f"Invalid value at 'requests[0].{place}' (type.googleapis.com/google.apps.sheets.v4.{enum}), \"NOPE\""
    assert message == expected
    assert violations == [{"field": f"requests[0].{place}", "description": expected}]


@pytest.mark.parametrize(
    ("method", "path", "options", "body", "place", "enum"),
    [
        ("PUT", "/values/A1", {"valueInputOption": "NOPE"}, ROWS, "value_input_option", "ValueInputOption"),
        ("PUT", "/values/A1", RAW, {**ROWS, "majorDimension": "NOPE"}, "data.major_dimension", "Dimension"),
        ("GET", "/values/A1", {"majorDimension": "NOPE"}, None, "major_dimension", "Dimension"),
        ("GET", "/values:batchGet", {"valueRenderOption": "NOPE"}, None, "value_render_option", "ValueRenderOption"),
        ("POST", "/values:batchUpdate", {}, {"valueInputOption": "NOPE"}, "value_input_option", "ValueInputOption"),
        (
            "POST",
            "/values:batchUpdate",
            {},
            {**RAW, "data": [{**ROWS, "range": "A1", "majorDimension": "NOPE"}]},
            "data[0].major_dimension",
            "Dimension",
        ),
    ],
)
def test_an_unknown_value_of_an_option(
    api: Api, method: str, path: str, options: dict[str, str], body: Any, place: str, enum: str
) -> None:
    message, violations = refused(api.ask(method, path, params=options, json=body))
    assert message == f"Invalid value at '{place}' (type.googleapis.com/google.apps.sheets.v4.{enum}), \"NOPE\""
    assert violations == [{"field": place, "description": message}]
    assert api.server.cells(DEMO_ID, "") == []


def test_an_unspecified_dimension_is_rows(api: Api) -> None:
    body = {"majorDimension": "DIMENSION_UNSPECIFIED", "values": [[1, 2]]}
    assert api.ask("PUT", "/values/A1", params=RAW, json=body).status_code == 200
    assert api.server.cells(DEMO_ID, "") == [["1", "2"]]


# ---- parameters ----


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("GET", "", "includeGrid"),
        ("GET", "", "majorDimension"),
        ("GET", "/values/A1", "insertDataOption"),
        ("GET", "/values:batchGet", "rangess"),
        ("PUT", "/values/A1", "insertDataOption"),
        ("POST", "/values/A1:append", "overwrite"),
        ("POST", "/values:batchUpdate", "x"),
        ("POST", ":batchUpdate", "x"),
    ],
)
def test_an_unknown_parameter(api: Api, method: str, path: str, name: str) -> None:
    options = RAW if method == "PUT" or path.endswith("append") else {}
    message, violations = refused(api.ask(method, path, params={**options, name: "1"}, json={}))
    reason = f"Cannot bind query parameter. Field '{name}' could not be found in request message."
    assert message == f'{PAYLOAD} Unknown name "{name}": {reason}'
    assert violations == [{"description": message}]


@pytest.mark.parametrize(
    "name",
    [
        *("alt", "key", "prettyPrint", "quotaUser", "access_token", "uploadType", "callback", "oauth_token"),
        *("upload_protocol", "$alt", "$.xgafv"),
    ],
)
def test_the_parameters_of_every_method(api: Api, name: str) -> None:
    for method, path, body in (
        ("GET", "/values/A1", None),
        ("POST", "/values/A1:clear", {}),
        ("POST", ":batchUpdate", {"requests": [{"addSheet": {}}]}),
    ):
        assert api.ask(method, path, params={name: "json"}, json=body).status_code == 200


def test_a_bad_request_comes_before_the_question_which_spreadsheet(api: Api) -> None:
    url = f"{api.server.url}/{API}/{'x' * 44}"
    assert api.server.client.get(url, params={"nope": "1"}, headers=api.headers).status_code == 400
    assert api.server.client.get(url, headers=api.headers).status_code == 404


def test_an_order_past_the_api_is_checked_too(api: Api) -> None:
    order = {"requests": [{"addSheet": {"title": "x"}}]}
    answer = api.server.client.post(f"{api.server.url}/_sheets/{DEMO_ID}/batchUpdate", json=order)
    sentence = f"{PAYLOAD} Unknown name \"title\" at 'requests[0].add_sheet': Cannot find field."
    assert (answer.status_code, answer.json()["error"]) == (400, sentence)
