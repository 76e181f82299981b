"""The sandbox's Sheets API over plain HTTP, and its token endpoint."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests
from google.auth import crypt, jwt

from awardspider.sandbox.services.sheets.spreadsheets import DEMO_ID, PRIVATE_ID
from tests.support.sandbox_server import Sandbox
from tests.support.sheets_client import ACCOUNT, SCOPES, private_key

API = "sheets.googleapis.com/v4/spreadsheets"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
RAW = {"valueInputOption": "RAW"}


@pytest.fixture(autouse=True)
def _without_quota(server: Sandbox) -> None:
    server.client.post(f"{server.url}/_sheets/quota", json={"on": False}).raise_for_status()


def request_token(server: Sandbox, assertion: str, grant: str = GRANT) -> requests.Response:
    form = {"grant_type": grant, "assertion": assertion}
    return server.client.post(f"{server.url}/oauth2.googleapis.com/token", data=form)


def assertion(**claims: Any) -> str:
    now = int(time.time())
    defaults = {
        "iss": ACCOUNT,
        "scope": " ".join(SCOPES),
        "aud": "https://oauth2.googleapis.com/token",
        "iat": now,
        "exp": now + 3600,
    }
    return str(jwt.encode(crypt.RSASigner.from_string(private_key()), {**defaults, **claims}).decode())


class Api:
    """The API with a valid token."""

    def __init__(self, server: Sandbox, spreadsheet: str = DEMO_ID) -> None:
        self.server = server
        self.spreadsheet = spreadsheet
        self.headers = {"Authorization": f"Bearer {request_token(server, assertion()).json()['access_token']}"}

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        url = f"{self.server.url}/{API}/{self.spreadsheet}{path}"
        return self.server.client.request(method, url, **{"headers": self.headers, **options})

    def succeed(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        response = self.send(method, path, **options)
        assert response.status_code == 200, response.text
        value: dict[str, Any] = response.json()
        return value

    def fail(self, method: str, path: str, **options: Any) -> tuple[int, str]:
        """Return code and message of an error in Google's format."""
        response = self.send(method, path, **options)
        error = response.json()["error"]
        assert error["code"] == response.status_code
        assert error["status"].isupper()
        return error["code"], error["message"]

    def put(self, area: str, *rows: list[Any], **options: Any) -> dict[str, Any]:
        return self.succeed("PUT", f"/values/{area}", params={**RAW, **options}, json={"values": rows})

    def append(self, area: str, *rows: list[Any], **options: Any) -> dict[str, Any]:
        return self.succeed("POST", f"/values/{area}:append", params={**RAW, **options}, json={"values": rows})

    def batch_update(self, *requests_: dict[str, Any]) -> list[dict[str, Any]]:
        response = self.succeed("POST", ":batchUpdate", json={"requests": requests_})
        replies: list[dict[str, Any]] = response["replies"]
        return replies

    def cells(self, area: str = "") -> list[list[Any]]:
        return self.server.cells(self.spreadsheet, area, valueRenderOption="UNFORMATTED_VALUE")


@pytest.fixture
def api(server: Sandbox) -> Api:
    return Api(server)


# ---- authentication ----


@pytest.mark.parametrize(
    ("claims", "error", "description"),
    [
        ({"exp": 1}, "invalid_grant", "short-lived token"),
        ({"exp": int(time.time()) + 90_000}, "invalid_grant", "short-lived token"),
        ({"iss": "nobody"}, "invalid_grant", "account not found"),
        ({"aud": "https://example.com"}, "invalid_grant", "audience"),
        ({"scope": ""}, "invalid_scope", "Invalid OAuth scope"),
    ],
)
def test_invalid_claims_are_rejected(server: Sandbox, claims: dict[str, Any], error: str, description: str) -> None:
    response = request_token(server, assertion(**claims))
    assert (response.status_code, response.json()["error"]) == (400, error)
    assert description in response.json()["error_description"]


@pytest.mark.parametrize(("value", "grant"), [("a.b.c", GRANT), ("", GRANT), ("x", GRANT), ("a.b.c", "password")])
def test_malformed_assertions_are_rejected(server: Sandbox, value: str, grant: str) -> None:
    response = request_token(server, value, grant)
    assert response.status_code == 400
    assert response.json()["error"] == ("invalid_grant" if grant == GRANT else "unsupported_grant_type")


def test_token_is_required(server: Sandbox) -> None:
    url = f"{server.url}/{API}/{DEMO_ID}"
    for headers, start in (
        ({}, "Request is missing required"),
        ({"Authorization": "Bearer no"}, "Request had invalid"),
    ):
        response = server.client.get(url, headers=headers)
        error = response.json()["error"]
        assert (response.status_code, error["status"]) == (401, "UNAUTHENTICATED")
        assert error["message"].startswith(start)


def test_unshared_unknown_and_new_spreadsheets(server: Sandbox) -> None:
    assert Api(server, PRIVATE_ID).fail("GET", "") == (403, "The caller does not have permission")
    assert Api(server, "x" * 44).fail("GET", "/values/A1") == (404, "Requested entity was not found.")
    api = Api(server)
    response = server.client.post(f"{server.url}/{API}", headers=api.headers, json={"properties": {"title": "x"}})
    assert (response.status_code, response.json()["error"]["errors"][0]["reason"]) == (403, "storageQuotaExceeded")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", f"{API}/{DEMO_ID}/values:batchGetByDataFilter"),
        ("POST", f"{API}/{DEMO_ID}:getByDataFilter"),
        ("POST", f"{API}/{DEMO_ID}/sheets/0:copyTo"),
        ("GET", f"{API}/{DEMO_ID}/developerMetadata/1"),
        ("POST", f"{API}/{DEMO_ID}/developerMetadata:search"),
        ("PUT", f"{API}/{DEMO_ID}"),
        ("DELETE", f"{API}/{DEMO_ID}"),
        ("PATCH", f"{API}/{DEMO_ID}/values/A1"),
        ("GET", "sheets.googleapis.com/$discovery/rest"),
        ("POST", "sheets.googleapis.com/batch"),
        ("POST", "www.googleapis.com/drive/v3/files/x/permissions"),
        ("DELETE", f"www.googleapis.com/drive/v3/files/{DEMO_ID}"),
        ("PATCH", f"www.googleapis.com/drive/v3/files/{DEMO_ID}"),
        ("GET", f"www.googleapis.com/drive/v3/files/{DEMO_ID}/export"),
        ("GET", "oauth2.googleapis.com/tokeninfo"),
    ],
)
def test_calls_that_are_not_simulated(server: Sandbox, method: str, path: str) -> None:
    response = server.client.request(method, f"{server.url}/{path}", headers=Api(server).headers)
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["status"]) == (501, 501, "UNIMPLEMENTED")
    assert error["message"].startswith(f"The sandbox does not simulate {method} /")


def test_a_slash_may_follow_the_id(server: Sandbox) -> None:
    api = Api(server)
    assert api.succeed("GET", "/")["spreadsheetId"] == DEMO_ID
    assert api.succeed("GET", "/values:batchGet/", params={"ranges": "A1"})["valueRanges"]
    assert api.succeed("POST", "/:batchUpdate", json={"requests": [{"addSheet": {}}]})["replies"]
    assert api.succeed("GET", "/?fields=sheets.properties.title")["sheets"][1] == {"properties": {"title": "Sheet2"}}


def test_a_long_query_may_be_the_body_of_a_post_request(server: Sandbox) -> None:
    ranges = [f"A{row}:B{row}" for row in range(1, 400)]
    headers = {
        **Api(server).headers,
        "X-HTTP-Method-Override": "GET",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    found = Api(server).succeed("POST", "/values:batchGet", data={"ranges": ranges}, headers=headers)
    assert len(found["valueRanges"]) == len(ranges)


# ---- ranges ----


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("A1", "Sheet1!A1"),
        ("Sheet1!a1:c2", "Sheet1!A1:C2"),
        ("C2:A1", "Sheet1!A1:C2"),
        ("$B$2", "Sheet1!B2"),
        ("'Sheet1'!B:B", "Sheet1!B1:B1000"),
        ("2:2", "Sheet1!A2:Z2"),
        ("B2:C", "Sheet1!B2:C1000"),
        ("A2:2", "Sheet1!A2:Z2"),
        ("Sheet1", "Sheet1!A1:Z1000"),
        ("'sheet1'", "Sheet1!A1:Z1000"),
        ("R2C3", "Sheet1!C2"),
        ("Sheet1!R1C1:R2C3", "Sheet1!A1:C2"),
        ("'It''s a tab'!A1", "'It''s a tab'!A1"),
        ("It's a tab!A1", "'It''s a tab'!A1"),
        ("'Q4'!A1:B1", "'Q4'!A1:B1"),
        ("'Q4'", "'Q4'!A1:B5"),
    ],
)
def test_ranges(api: Api, text: str, name: str) -> None:
    api.batch_update(
        {"addSheet": {"properties": {"title": "It's a tab"}}},
        {"addSheet": {"properties": {"title": "Q4", "gridProperties": {"rowCount": 5, "columnCount": 2}}}},
    )
    path = f"/values/{requests.utils.quote(text, safe='')}"
    assert api.succeed("GET", path)["range"] == name
    assert api.succeed("POST", f"{path}:clear")["clearedRange"] == name


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Nowhere!A1", "Unable to parse range: Nowhere!A1"),
        ("Sheet1!A0", "Unable to parse range: Sheet1!A0"),
        ("Sheet1!A1:B2:C3", "Unable to parse range: Sheet1!A1:B2:C3"),
        ("'Sheet1!A1", "Unable to parse range: 'Sheet1!A1"),
        ("A1001", "Range (Sheet1!A1001) exceeds grid limits. Max rows: 1000, max columns: 26"),
        ("Sheet1!A1:AB2", "Range (Sheet1!A1:AB2) exceeds grid limits. Max rows: 1000, max columns: 26"),
        ("A1001:A", "Range (Sheet1!A1001:A) exceeds grid limits. Max rows: 1000, max columns: 26"),
    ],
)
def test_invalid_ranges_are_rejected(api: Api, text: str, message: str) -> None:
    assert api.fail("GET", f"/values/{text}") == (400, message)
    assert api.fail("GET", "/values:batchGet", params={"ranges": ["A1", text]}) == (400, message)


# ---- writing ----


@pytest.mark.parametrize(
    ("area", "rows", "message"),
    [
        ("A1:B1", [[1], [2]], "Requested writing within range [Sheet1!A1:B1], but tried writing to row [2]"),
        ("A1:B1", [[1, 2, 3]], "Requested writing within range [Sheet1!A1:B1], but tried writing to column [C]"),
        ("A1000", [[1], [2]], "Range (Sheet1!A1000:A1001) exceeds grid limits. Max rows: 1000, max columns: 26"),
        ("A1", [["x" * 50_001]], "Your input contains more than the maximum of 50000 characters in a single cell."),
        ("A1", [[1, {"a": 1}]], "Invalid data.values[0][1]: struct_value {\n}\n"),
        ("A1", [[[1]]], "Invalid data.values[0][0]: list_value {\n}\n"),
    ],
)
def test_invalid_values_are_rejected(api: Api, area: str, rows: list[Any], message: str) -> None:
    assert api.fail("PUT", f"/values/{area}", params=RAW, json={"values": rows}) == (400, message)
    assert api.cells() == []


def test_invalid_options_are_rejected(api: Api) -> None:
    body = {"values": [[1]]}
    assert api.fail("PUT", "/values/A1", json=body) == (400, "'valueInputOption' is required but not specified")
    code, message = api.fail("PUT", "/values/A1", params={"valueInputOption": "TYPED"}, json=body)
    assert (code, message.startswith("Invalid value at 'value_input_option'")) == (400, True)
    assert api.fail("GET", "/values/A1", params={"valueRenderOption": "x"})[0] == 400
    assert api.fail("PUT", "/values/A1", params=RAW, data=b"{")[0] == 400
    assert api.fail("PUT", "/values/A1", params=RAW, json={"values": "x"})[0] == 400


def test_null_keeps_a_cell_and_an_empty_string_clears_it(api: Api) -> None:
    api.put("A1", ["a", "b", "c"])
    api.put("A1", [None, "", 7])
    assert api.cells() == [["a", "", 7]]
    api.succeed("PUT", "/values/A1", params=RAW, json={"majorDimension": "COLUMNS", "values": [[1, 2], [3]]})
    assert api.cells() == [[1, 3, 7], [2]]


def test_written_values_are_in_the_response(api: Api) -> None:
    response = api.put("A1", ["1", 2.0], includeValuesInResponse="true", responseValueRenderOption="UNFORMATTED_VALUE")
    assert response["updatedData"] == {"range": "Sheet1!A1:B1", "majorDimension": "ROWS", "values": [["1", 2]]}


# Two tables as in the API's guide: A1:C2 and B4:D6.
@pytest.mark.parametrize(
    ("area", "start"),
    [
        ("Sheet1", "B7"),
        ("B4", "B7"),
        ("C5:D5", "B7"),
        ("B2:D4", "B7"),
        ("A3:G10", "B7"),
        ("A1", "A3"),
        ("E4", "E4"),
        ("A4", "A4"),
        ("C5", "B7"),
    ],
)
def test_append_finds_the_last_table(api: Api, area: str, start: str) -> None:
    api.put("A1", ["x", "y", "z"], [1, 2, 3])
    api.put("B4", ["x", "y", "z"], [1, "", 3], [1, 2, 3])
    assert api.append(area, ["new"])["updates"]["updatedRange"] == f"Sheet1!{start}"


def test_append_overwrites_or_inserts(api: Api) -> None:
    api.put("A1", ["a"], [""], ["below"])
    api.append("A1", ["b"], ["c"], insertDataOption="INSERT_ROWS")
    assert api.cells() == [["a"], ["b"], ["c"], [], ["below"]]
    api.append("A1", ["d"], ["e"])
    assert api.cells() == [["a"], ["b"], ["c"], ["d"], ["e"]]


def test_limit_of_cells(server: Sandbox) -> None:
    api = Api(server, server.create_spreadsheet(rows=99_999, columns=100))
    message = "This action would increase the number of cells in the workbook above the limit of 10000000 cells."
    requests_ = [{"appendDimension": {"sheetId": 0, "dimension": "ROWS", "length": 2}}]
    error = api.fail("POST", ":batchUpdate", json={"requests": requests_})
    assert error == (400, f"Invalid requests[0].appendDimension: {message}")
    options = {**RAW, "insertDataOption": "INSERT_ROWS"}
    body = {"values": [["x"], ["y"]]}
    assert api.fail("POST", "/values/A1:append", params=options, json=body) == (400, message)
    assert api.batch_update({"appendDimension": {"sheetId": 0, "dimension": "ROWS", "length": 1}}) == [{}]


# ---- spreadsheets.get, quota and controls ----


def test_mask_and_grid_data(api: Api) -> None:
    api.put("A1", ["x", 1.5, True])
    query = {"ranges": "Sheet1!B1:C1", "fields": "sheets(properties.title,data.rowData.values(effectiveValue,note))"}
    values = [{"effectiveValue": {"numberValue": 1.5}}, {"effectiveValue": {"boolValue": True}}]
    assert api.succeed("GET", "", params=query) == {
        "sheets": [{"properties": {"title": "Sheet1"}, "data": [{"rowData": [{"values": values}]}]}]
    }
    data = api.succeed("GET", "", params={"includeGridData": "true"})["sheets"][0]["data"][0]
    assert data["rowData"][0]["values"][1]["formattedValue"] == "1.5"
    assert len(data["rowMetadata"]) == 1000
    assert "data" not in api.succeed("GET", "")["sheets"][0]
    assert api.fail("GET", "", params={"fields": "sheets("})[0] == 400


def test_quota_counts_reads_writes_and_the_project(server: Sandbox) -> None:
    read_api, write_api = Api(server), Api(server)
    server.client.post(f"{server.url}/_sheets/quota", json={"reads": 2, "writes": 1, "project": 3}).raise_for_status()
    reads = [read_api.send("GET", "/values/A1") for _ in range(3)]
    writes = [write_api.send("PUT", "/values/A1", params=RAW, json={"values": [[1]]}) for _ in range(2)]
    assert [response.status_code for response in reads + writes] == [200, 200, 429, 200, 429]
    details = read_api.send("GET", "/values/A1").json()["error"]["details"]
    assert details[0]["reason"] == "RATE_LIMIT_EXCEEDED"
    assert details[0]["metadata"]["quota_limit_value"] == "2"


@pytest.mark.parametrize(
    ("path", "options", "message"),
    [
        ("", {"title": "x", "color": 1}, "unknown option color"),
        ("", {"rows": 0}, "rows and columns must be positive integers"),
        ("/quota", {"reads": "many"}, "reads: expected an integer, got 'many'"),
        ("/nowhere/batchUpdate", {"requests": []}, "unknown spreadsheet 'nowhere'"),
        (f"/{DEMO_ID}/batchUpdate", {"requests": []}, "Must specify at least one request"),
        (f"/{DEMO_ID}/burn", {}, "unknown action 'burn'"),
        (f"/{DEMO_ID}/values", ["x"], "must be a JSON object"),
    ],
)
def test_invalid_control_requests_are_rejected(server: Sandbox, path: str, options: Any, message: str) -> None:
    response = server.client.post(f"{server.url}/_sheets{path}", json=options)
    assert (response.status_code, message in response.json()["error"]) == (400, True)


def test_site_is_found_by_host_header_or_path(server: Sandbox, api: Api) -> None:
    by_host = {**api.headers, "Host": "sheets.googleapis.com"}
    for headers in (by_host, api.headers):
        response = server.client.get(f"{server.url}/v4/spreadsheets/{DEMO_ID}", headers=headers)
        assert response.json()["properties"]["title"] == "Award deals"


def test_large_body_is_accepted(api: Api) -> None:
    rows = [["x" * 1000] * 10 for _ in range(300)]
    assert api.put("A1", *rows)["updatedCells"] == 3000
