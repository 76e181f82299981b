"""Validation of requests to the sandbox's Sheets API, with the errors of the real one."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from google.auth.transport.requests import Request

from awardspider.sandbox.services.sheets.batch import REQUESTS
from awardspider.sandbox.services.sheets.messages import ENUMS, MESSAGES, NOT_SIMULATED, SCALARS
from awardspider.sandbox.services.sheets.spreadsheets import DEMO_ID
from tests.support.sandbox_server import Sandbox
from tests.support.sheets_client import SCOPES, Credentials, service_account

API = "sheets.googleapis.com/v4/spreadsheets"
BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
PAYLOAD = "Invalid JSON payload received."
RAW = {"valueInputOption": "RAW"}
ROWS = {"values": [["x"]]}
CELL = {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 1, "startColumnIndex": 0, "endColumnIndex": 1}
BLANK = {"condition": {"type": "BLANK"}, "format": {}}


class Api:
    """The API with a valid token."""

    def __init__(self, server: Sandbox) -> None:
        self.server = server
        account = Credentials.from_service_account_info(service_account(server), scopes=SCOPES)
        account.refresh(Request(server.client))
        self.headers = {"Authorization": f"Bearer {account.token}"}

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        url = f"{self.server.url}/{API}/{DEMO_ID}{path}"
        return self.server.client.request(method, url, headers=self.headers, **options)

    def batch_update(self, *requests_: dict[str, Any], **fields: Any) -> requests.Response:
        return self.send("POST", ":batchUpdate", json={"requests": requests_, **fields})


@pytest.fixture
def api(server: Sandbox) -> Api:
    return Api(server)


def error_details(response: requests.Response) -> tuple[str, list[dict[str, str]]]:
    """Return the message of an error and the violations in its details."""
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["status"]) == (400, 400, "INVALID_ARGUMENT"), response.text
    (details,) = error["details"]
    assert details["@type"] == BAD_REQUEST
    violations: list[dict[str, str]] = details["fieldViolations"]
    return error["message"], violations


# ---- the table ----


def test_all_types_are_in_the_table() -> None:
    types = {f"{name}.{key}": field.type for name, message in MESSAGES.items() for key, field in message.items()}
    assert [name for name, type_ in types.items() if type_ not in {NOT_SIMULATED, *SCALARS, *ENUMS, *MESSAGES}] == []
    assert len(types) > 400
    simulated = {kind for kind, field in MESSAGES["Request"].items() if field.type != NOT_SIMULATED}
    assert simulated == set(REQUESTS)


# ---- masks of responses ----


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
def test_unknown_fields_in_a_response_mask(api: Api, method: str, path: str, mask: str, unknown: str) -> None:
    options = RAW if method == "PUT" or path.endswith("append") else {}
    requests_ = {"requests": [{"addSheet": {}}]}
    body = requests_ if path == ":batchUpdate" else ROWS if options else {}
    message, violations = error_details(api.send(method, path, params={**options, "fields": mask}, json=body))
    assert message == "Request contains an invalid argument."
    reason = f"Error expanding 'fields' parameter. Cannot find matching fields for path '{unknown}'."
    assert violations == [{"field": mask, "description": reason}]
    assert api.server.cells(DEMO_ID, "") == []
    assert len(api.send("GET", "").json()["sheets"]) == 1


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
def test_known_fields_in_a_response_mask(api: Api, mask: str) -> None:
    assert api.send("GET", "", params={"fields": mask}).status_code == 200


# ---- masks of updates ----


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
def test_unknown_fields_in_an_update_mask(api: Api, kind: str, request_: dict[str, Any], unknown: str) -> None:
    response = api.batch_update({"addSheet": {}}, {kind: request_})
    assert (response.status_code, response.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert response.json()["error"]["message"] == f"Invalid requests[1].{kind}: Invalid field: {unknown}"
    assert len(api.send("GET", "").json()["sheets"]) == 1


# ---- names in bodies ----


@pytest.mark.parametrize(
    ("method", "path", "body", "name", "parent"),
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
def test_unknown_names(api: Api, method: str, path: str, body: dict[str, Any], name: str, parent: str) -> None:
    options = RAW if parent == "data" else {}
    message, violations = error_details(api.send(method, path, params=options, json=body))
    location = f" at '{parent}'" if parent else ""
    assert message == f'{PAYLOAD} Unknown name "{name}"{location}: Cannot find field.'
    assert violations == [{"field": parent, "description": message} if parent else {"description": message}]
    assert len(api.send("GET", "").json()["sheets"]) == 1


def test_all_violations_are_in_one_error(api: Api) -> None:
    response = api.batch_update({"deleteSheet": {"id": 1}}, {"addSheet": {"properties": [{}]}}, nope=1)
    message, violations = error_details(response)
    no_list = "Proto field is not repeating, cannot start list."
    assert message.split("\n") == [
        f"{PAYLOAD} Unknown name \"id\" at 'requests[0].delete_sheet': Cannot find field.",
        f"{PAYLOAD} Unknown name \"properties\" at 'requests[1].add_sheet': {no_list}",
        f'{PAYLOAD} Unknown name "nope": Cannot find field.',
    ]
    fields = [violation.get("field") for violation in violations]
    assert fields == ["requests[0].delete_sheet", "requests[1].add_sheet", None]


def test_names_in_snake_case(api: Api) -> None:
    sheet = {"properties": {"title": "New", "grid_properties": {"row_count": 3, "columnCount": 2}}}
    reply = api.batch_update({"add_sheet": sheet}).json()["replies"][0]["addSheet"]
    assert reply["properties"]["gridProperties"] == {"rowCount": 3, "columnCount": 2}
    body = {"major_dimension": "COLUMNS", "values": [[1, 2]]}
    assert api.send("PUT", "/values/A1", params={"value_input_option": "RAW"}, json=body).status_code == 200
    assert api.server.cells(DEMO_ID, "") == [["1"], ["2"]]


# ---- the JSON mapping of Protocol Buffers ----


def test_null_means_that_a_field_is_not_set(api: Api) -> None:
    grid = {"rowCount": 5, "columnCount": None, "frozenRowCount": None}
    sheet = {"title": "New", "sheetId": None, "index": None, "gridProperties": grid, "tabColor": None, "hidden": None}
    fields = {"includeSpreadsheetInResponse": None, "responseRanges": None}
    reply = api.batch_update({"deleteSheet": None, "addSheet": {"properties": sheet}}, **fields).json()["replies"]
    properties = reply[0]["addSheet"]["properties"]
    assert (properties["index"], properties["gridProperties"]) == (1, {"rowCount": 5, "columnCount": 26})
    cell = {"userEnteredValue": {"stringValue": "x", "numberValue": None}, "note": None, "userEnteredFormat": None}
    update = {"range": None, "start": {"sheetId": None}, "rows": [{"values": [cell]}], "fields": "*"}
    assert api.batch_update({"updateCells": update}).status_code == 200
    body = {"range": None, "majorDimension": None, "values": [[None, "y"]]}
    assert api.send("PUT", "/values/A1:B1", params=RAW, json=body).status_code == 200
    assert api.server.cells(DEMO_ID, "Sheet1") == [["x", "y"]]


@pytest.mark.parametrize("number", [3, 3.0, "3", "3.0", "3e0"])
def test_an_integer_may_be_written_as_text_or_with_a_point(api: Api, number: object) -> None:
    sheet = {"sheetId": number, "gridProperties": {"rowCount": number, "columnCount": "2"}}
    reply = api.batch_update({"addSheet": {"properties": sheet}}).json()["replies"][0]["addSheet"]
    assert reply["properties"]["sheetId"] == 3
    assert reply["properties"]["gridProperties"] == {"rowCount": 3, "columnCount": 2}
    span = {"sheetId": "3", "dimension": "ROWS", "startIndex": "0", "endIndex": number}
    resize = {"range": span, "properties": {"pixelSize": "40"}, "fields": "pixelSize"}
    assert api.batch_update({"updateDimensionProperties": resize}).status_code == 200


def test_other_numbers_and_booleans_may_be_text(api: Api) -> None:
    cell = {"userEnteredValue": {"numberValue": "2.5"}, "userEnteredFormat": {"backgroundColor": {"red": "0.5"}}}
    assert api.batch_update({"updateCells": {"range": CELL, "rows": [{"values": [cell]}], "fields": "*"}}).ok
    assert api.server.cells(DEMO_ID, "", valueRenderOption="UNFORMATTED_VALUE") == [[2.5]]
    assert api.batch_update({"addSheet": {"properties": {"hidden": "true"}}}).json()["replies"][0]["addSheet"][
        "properties"
    ]["hidden"]
    for text in ("true", "True", "1"):
        book = api.send("GET", "", params={"includeGridData": text}).json()
        assert "data" in book["sheets"][0]


@pytest.mark.parametrize("dimension", ["COLUMNS", 2, "2"])
def test_an_enum_value_may_be_a_number(api: Api, dimension: object) -> None:
    body = {"majorDimension": dimension, "values": [[1, 2]]}
    assert api.send("PUT", "/values/A1", params={"valueInputOption": "1"}, json=body).status_code == 200
    assert api.server.cells(DEMO_ID, "") == [["1"], ["2"]]


def test_lists_may_be_nested_and_a_list_of_one_may_be_its_value(api: Api) -> None:
    first, second, third = ({"addSheet": {"properties": {"title": title}}} for title in "abc")
    replies = api.send("POST", ":batchUpdate", json={"requests": [[first], [[second, None]], third]}).json()["replies"]
    assert [reply["addSheet"]["properties"]["title"] for reply in replies] == ["a", "b", "c"]
    assert len(api.send("POST", ":batchUpdate", json={"requests": {"addSheet": {}}}).json()["replies"]) == 1
    cleared = api.send("POST", "/values:batchClear", json={"ranges": "A1"}).json()
    assert cleared["clearedRanges"] == ["Sheet1!A1"]
    data = {"range": "A1", "values": [["x"]]}
    assert api.send("POST", "/values:batchUpdate", json={**RAW, "data": data}).json()["totalUpdatedCells"] == 1


@pytest.mark.parametrize(
    ("properties", "field", "kind"),
    [
        ({"sheetId": "x"}, "sheet_id", "TYPE_INT32"),
        ({"sheetId": 1.5}, "sheet_id", "TYPE_INT32"),
        ({"sheetId": 2**31}, "sheet_id", "TYPE_INT32"),
        ({"sheetId": True}, "sheet_id", "TYPE_INT32"),
        ({"sheetId": ""}, "sheet_id", "TYPE_INT32"),
        ({"sheetId": {}}, "sheet_id", "TYPE_INT32"),
        ({"title": 5}, "title", "TYPE_STRING"),
        ({"hidden": 1}, "hidden", "TYPE_BOOL"),
        ({"hidden": "maybe"}, "hidden", "TYPE_BOOL"),
        ({"tabColor": {"red": "red"}}, "tab_color.red", "TYPE_DOUBLE"),
        ({"gridProperties": {"rowCount": "1_000"}}, "grid_properties.row_count", "TYPE_INT32"),
        ({"sheetType": 99}, "sheet_type", "type.googleapis.com/google.apps.sheets.v4.SheetType"),
        ({"sheetType": "grid"}, "sheet_type", "type.googleapis.com/google.apps.sheets.v4.SheetType"),
    ],
)
def test_values_of_another_type(api: Api, properties: dict[str, Any], field: str, kind: str) -> None:
    message, violations = error_details(api.batch_update({"addSheet": {"properties": properties}}))
    path = f"requests[0].add_sheet.properties.{field}"
    assert message.startswith(f"Invalid value at '{path}' ({kind}), ")
    assert violations == [{"field": path, "description": message}]


@pytest.mark.parametrize("kind", ["addChart", "mergeCells", "updateBorders", "insertComment", "copy_paste"])
def test_requests_that_are_not_simulated(api: Api, kind: str) -> None:
    response = api.batch_update({kind: {"whatever": 1}})
    assert (response.status_code, response.json()["error"]["status"]) == (501, "UNIMPLEMENTED")


def test_fields_that_are_not_simulated_are_not_checked(api: Api) -> None:
    cell = {"note": "n", "pivotTable": {"rows": [{"anything": 1}]}, "chipRuns": [{"chip": {}}]}
    request = {"range": CELL, "rows": [{"values": [cell]}], "fields": "note"}
    assert api.batch_update({"updateCells": request}).status_code == 200


# ---- values of enums ----


@pytest.mark.parametrize(
    ("kind", "request_", "field", "enum"),
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
def test_unknown_values_of_enums(api: Api, kind: str, request_: dict[str, Any], field: str, enum: str) -> None:
    message, violations = error_details(api.batch_update({kind: request_}))
    expected = f"Invalid value at 'requests[0].{field}' (type.googleapis.com/google.apps.sheets.v4.{enum}), \"NOPE\""
    assert message == expected
    assert violations == [{"field": f"requests[0].{field}", "description": expected}]


@pytest.mark.parametrize(
    ("method", "path", "options", "body", "field", "enum"),
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
def test_unknown_values_of_options(
    api: Api, method: str, path: str, options: dict[str, str], body: Any, field: str, enum: str
) -> None:
    message, violations = error_details(api.send(method, path, params=options, json=body))
    assert message == f"Invalid value at '{field}' (type.googleapis.com/google.apps.sheets.v4.{enum}), \"NOPE\""
    assert violations == [{"field": field, "description": message}]
    assert api.server.cells(DEMO_ID, "") == []


def test_default_dimension_is_rows(api: Api) -> None:
    body = {"majorDimension": "DIMENSION_UNSPECIFIED", "values": [[1, 2]]}
    assert api.send("PUT", "/values/A1", params=RAW, json=body).status_code == 200
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
def test_unknown_parameters(api: Api, method: str, path: str, name: str) -> None:
    options = RAW if method == "PUT" or path.endswith("append") else {}
    message, violations = error_details(api.send(method, path, params={**options, name: "1"}, json={}))
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
def test_parameters_of_every_method(api: Api, name: str) -> None:
    for method, path, body in (
        ("GET", "/values/A1", None),
        ("POST", "/values/A1:clear", {}),
        ("POST", ":batchUpdate", {"requests": [{"addSheet": {}}]}),
    ):
        assert api.send(method, path, params={name: "json"}, json=body).status_code == 200


def test_parameters_are_checked_before_the_spreadsheet(api: Api) -> None:
    url = f"{api.server.url}/{API}/{'x' * 44}"
    assert api.server.client.get(url, params={"nope": "1"}, headers=api.headers).status_code == 400
    assert api.server.client.get(url, headers=api.headers).status_code == 404


def test_control_requests_are_checked(api: Api) -> None:
    body = {"requests": [{"addSheet": {"title": "x"}}]}
    response = api.server.client.post(f"{api.server.url}/_sheets/{DEMO_ID}/batchUpdate", json=body)
    message = f"{PAYLOAD} Unknown name \"title\" at 'requests[0].add_sheet': Cannot find field."
    assert (response.status_code, response.json()["error"]) == (400, message)
