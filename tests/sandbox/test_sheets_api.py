"""The sandbox's Sheets API by plain HTTP, as any client asks it, and its token endpoint."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from google.auth import crypt, jwt

from awardspider.sandbox.services.sheets.spreadsheets import DEMO_ID, PRIVATE_ID
from tests.support.sandbox_server import Sandbox, sandbox
from tests.support.sheets_client import ACCOUNT, SCOPES, private_key

API = "sheets.googleapis.com/v4/spreadsheets"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
RAW = {"valueInputOption": "RAW"}


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with sandbox() as server:
        yield server


@pytest.fixture
def server(running: Sandbox) -> Sandbox:
    running.reset()
    running.forget_sheets()
    running.client.post(f"{running.url}/_sheets/quota", json={"on": False}).raise_for_status()
    return running


def ask_token(server: Sandbox, assertion: str, grant: str = GRANT) -> requests.Response:
    form = {"grant_type": grant, "assertion": assertion}
    return server.client.post(f"{server.url}/oauth2.googleapis.com/token", data=form)


def assertion(**claims: Any) -> str:
    now = int(time.time())
    usual = {
        "iss": ACCOUNT,
        "scope": " ".join(SCOPES),
        "aud": "https://oauth2.googleapis.com/token",
        "iat": now,
        "exp": now + 3600,
    }
    return str(jwt.encode(crypt.RSASigner.from_string(private_key()), {**usual, **claims}).decode())


class Api:
    """The API with a good token."""

    def __init__(self, server: Sandbox, sheet: str = DEMO_ID) -> None:
        self.server = server
        self.sheet = sheet
        self.headers = {"Authorization": f"Bearer {ask_token(server, assertion()).json()['access_token']}"}

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        url = f"{self.server.url}/{API}/{self.sheet}{path}"
        return self.server.client.request(method, url, **{"headers": self.headers, **options})

    def good(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        answer = self.build_request(method, path, **options)
        assert answer.status_code == 200, answer.text
        value: dict[str, Any] = answer.json()
        return value

    def wrong(self, method: str, path: str, **options: Any) -> tuple[int, str]:
        """Code and message of a refusal, which has Google's shape."""
        answer = self.build_request(method, path, **options)
        error = answer.json()["error"]
        assert error["code"] == answer.status_code
        assert error["status"].isupper()
        return error["code"], error["message"]

    def put(self, place: str, *rows: list[Any], **options: Any) -> dict[str, Any]:
        return self.good("PUT", f"/values/{place}", params={**RAW, **options}, json={"values": rows})

    def append(self, place: str, *rows: list[Any], **options: Any) -> dict[str, Any]:
        return self.good("POST", f"/values/{place}:append", params={**RAW, **options}, json={"values": rows})

    def do(self, *requests_: dict[str, Any]) -> list[dict[str, Any]]:
        replies: list[dict[str, Any]] = self.good("POST", ":batchUpdate", json={"requests": requests_})["replies"]
        return replies

    def do_wrong(self, *requests_: dict[str, Any]) -> tuple[int, str]:
        return self.wrong("POST", ":batchUpdate", json={"requests": requests_})

    def cells(self, place: str = "") -> list[list[Any]]:
        return self.server.cells(self.sheet, place, valueRenderOption="UNFORMATTED_VALUE")


@pytest.fixture
def api(server: Sandbox) -> Api:
    return Api(server)


# ---- who asks ----


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
def test_an_assertion_that_cannot_be(server: Sandbox, claims: dict[str, Any], error: str, description: str) -> None:
    answer = ask_token(server, assertion(**claims))
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert description in answer.json()["error_description"]


@pytest.mark.parametrize(("value", "grant"), [("a.b.c", GRANT), ("", GRANT), ("x", GRANT), ("a.b.c", "password")])
def test_no_assertion_at_all(server: Sandbox, value: str, grant: str) -> None:
    answer = ask_token(server, value, grant)
    assert answer.status_code == 400
    assert answer.json()["error"] == ("invalid_grant" if grant == GRANT else "unsupported_grant_type")


def test_a_token_is_needed(server: Sandbox) -> None:
    url = f"{server.url}/{API}/{DEMO_ID}"
    for headers, start in (
        ({}, "Request is missing required"),
        ({"Authorization": "Bearer no"}, "Request had invalid"),
    ):
        answer = server.client.get(url, headers=headers)
        error = answer.json()["error"]
        assert (answer.status_code, error["status"]) == (401, "UNAUTHENTICATED")
        assert error["message"].startswith(start)


def test_which_spreadsheet(server: Sandbox) -> None:
    assert Api(server, PRIVATE_ID).wrong("GET", "") == (403, "The caller does not have permission")
    assert Api(server, "x" * 44).wrong("GET", "/values/A1") == (404, "Requested entity was not found.")
    api = Api(server)
    answer = server.client.post(f"{server.url}/{API}", headers=api.headers, json={"properties": {"title": "x"}})
    assert (answer.status_code, answer.json()["error"]["errors"][0]["reason"]) == (403, "storageQuotaExceeded")
    assert api.wrong("POST", "/values:batchGetByDataFilter")[0] == 404


# ---- ranges ----


@pytest.mark.parametrize(
    ("text", "told"),
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
def test_ranges(api: Api, text: str, told: str) -> None:
    api.do(
        {"addSheet": {"properties": {"title": "It's a tab"}}},
        {"addSheet": {"properties": {"title": "Q4", "gridProperties": {"rowCount": 5, "columnCount": 2}}}},
    )
    path = f"/values/{requests.utils.quote(text, safe='')}"
    assert api.good("GET", path)["range"] == told
    assert api.good("POST", f"{path}:clear")["clearedRange"] == told


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
def test_ranges_that_cannot_be(api: Api, text: str, message: str) -> None:
    assert api.wrong("GET", f"/values/{text}") == (400, message)
    assert api.wrong("GET", "/values:batchGet", params={"ranges": ["A1", text]}) == (400, message)


# ---- writing ----


@pytest.mark.parametrize(
    ("place", "rows", "message"),
    [
        ("A1:B1", [[1], [2]], "Requested writing within range [Sheet1!A1:B1], but tried writing to row [2]"),
        ("A1:B1", [[1, 2, 3]], "Requested writing within range [Sheet1!A1:B1], but tried writing to column [C]"),
        ("A1000", [[1], [2]], "Range (Sheet1!A1000:A1001) exceeds grid limits. Max rows: 1000, max columns: 26"),
        ("A1", [["x" * 50_001]], "Your input contains more than the maximum of 50000 characters in a single cell."),
        ("A1", [[1, {"a": 1}]], "Invalid data.values[0][1]: struct_value {\n}\n"),
        ("A1", [[[1]]], "Invalid data.values[0][0]: list_value {\n}\n"),
    ],
)
def test_values_that_cannot_be_written(api: Api, place: str, rows: list[Any], message: str) -> None:
    assert api.wrong("PUT", f"/values/{place}", params=RAW, json={"values": rows}) == (400, message)
    assert api.cells() == []


def test_options_that_cannot_be(api: Api) -> None:
    body = {"values": [[1]]}
    assert api.wrong("PUT", "/values/A1", json=body) == (400, "'valueInputOption' is required but not specified")
    code, message = api.wrong("PUT", "/values/A1", params={"valueInputOption": "TYPED"}, json=body)
    assert (code, message.startswith("Invalid value at 'value_input_option'")) == (400, True)
    assert api.wrong("GET", "/values/A1", params={"valueRenderOption": "x"})[0] == 400
    assert api.wrong("PUT", "/values/A1", params=RAW, data=b"{")[0] == 400
    assert api.wrong("PUT", "/values/A1", params=RAW, json={"values": "x"})[0] == 400


def test_null_leaves_a_cell_and_empty_text_empties_it(api: Api) -> None:
    api.put("A1", ["a", "b", "c"])
    api.put("A1", [None, "", 7])
    assert api.cells() == [["a", "", 7]]
    api.good("PUT", "/values/A1", params=RAW, json={"majorDimension": "COLUMNS", "values": [[1, 2], [3]]})
    assert api.cells() == [[1, 3, 7], [2]]


def test_the_written_values_come_back(api: Api) -> None:
    told = api.put("A1", ["1", 2.0], includeValuesInResponse="true", responseValueRenderOption="UNFORMATTED_VALUE")
    assert told["updatedData"] == {"range": "Sheet1!A1:B1", "majorDimension": "ROWS", "values": [["1", 2]]}


# Two tables as in the API's guide: A1:C2 and B4:D6.
@pytest.mark.parametrize(
    ("place", "start"),
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
def test_append_looks_for_a_table(api: Api, place: str, start: str) -> None:
    api.put("A1", ["x", "y", "z"], [1, 2, 3])
    api.put("B4", ["x", "y", "z"], [1, "", 3], [1, 2, 3])
    assert api.append(place, ["new"])["updates"]["updatedRange"] == f"Sheet1!{start}"


def test_append_overwrites_or_inserts(api: Api) -> None:
    api.put("A1", ["a"], [""], ["below"])
    api.append("A1", ["b"], ["c"], insertDataOption="INSERT_ROWS")
    assert api.cells() == [["a"], ["b"], ["c"], [], ["below"]]
    api.append("A1", ["d"], ["e"])
    assert api.cells() == [["a"], ["b"], ["c"], ["d"], ["e"]]


def test_too_many_cells(server: Sandbox) -> None:
    api = Api(server, server.new_sheet(rows=99_999, columns=100))
    over = "This action would increase the number of cells in the workbook above the limit of 10000000 cells."
    grow = {"appendDimension": {"sheetId": 0, "dimension": "ROWS", "length": 2}}
    assert api.do_wrong(grow) == (400, f"Invalid requests[0].appendDimension: {over}")
    options = {**RAW, "insertDataOption": "INSERT_ROWS"}
    body = {"values": [["x"], ["y"]]}
    assert api.wrong("POST", "/values/A1:append", params=options, json=body) == (400, over)
    assert api.do({"appendDimension": {"sheetId": 0, "dimension": "ROWS", "length": 1}}) == [{}]


# ---- what is asked of a spreadsheet ----


def test_a_mask_and_the_grid_data(api: Api) -> None:
    api.put("A1", ["x", 1.5, True])
    query = {"ranges": "Sheet1!B1:C1", "fields": "sheets(properties.title,data.rowData.values(effectiveValue,note))"}
    values = [{"effectiveValue": {"numberValue": 1.5}}, {"effectiveValue": {"boolValue": True}}]
    assert api.good("GET", "", params=query) == {
        "sheets": [{"properties": {"title": "Sheet1"}, "data": [{"rowData": [{"values": values}]}]}]
    }
    whole = api.good("GET", "", params={"includeGridData": "true"})
    assert whole["sheets"][0]["data"][0]["rowData"][0]["values"][1]["formattedValue"] == "1.5"
    assert len(whole["sheets"][0]["data"][0]["rowMetadata"]) == 1000
    assert "data" not in api.good("GET", "")["sheets"][0]
    assert api.wrong("GET", "", params={"fields": "sheets("})[0] == 400


def test_quota_counts_reads_writes_and_the_project(server: Sandbox) -> None:
    one, other = Api(server), Api(server)
    server.client.post(f"{server.url}/_sheets/quota", json={"reads": 2, "writes": 1, "project": 3}).raise_for_status()
    assert [one.ask("GET", "/values/A1").status_code for _ in range(3)] == [200, 200, 429]
    assert [other.ask("PUT", "/values/A1", params=RAW, json={"values": [[1]]}).status_code for _ in range(2)] == [
        200,
        429,
    ]
    details = one.ask("GET", "/values/A1").json()["error"]["details"]
    assert details[0]["reason"] == "RATE_LIMIT_EXCEEDED"
    assert details[0]["metadata"]["quota_limit_value"] == "2"


@pytest.mark.parametrize(
    ("path", "order", "sentence"),
    [
        ("", {"title": "x", "color": 1}, "color: no such option"),
        ("", {"rows": 0}, "rows and columns must be whole numbers"),
        ("/quota", {"reads": "many"}, "reads must be a whole number"),
        ("/nowhere/batchUpdate", {"requests": []}, "There is no spreadsheet nowhere"),
        (f"/{DEMO_ID}/batchUpdate", {"requests": []}, "Must specify at least one request"),
        (f"/{DEMO_ID}/burn", {}, "burn: no such thing to do"),
        (f"/{DEMO_ID}/values", ["x"], "must be a JSON object"),
    ],
)
def test_an_order_that_cannot_be(server: Sandbox, path: str, order: Any, sentence: str) -> None:
    answer = server.client.post(f"{server.url}/_sheets{path}", json=order)
    assert (answer.status_code, sentence in answer.json()["error"]) == (400, True)


def test_the_host_header_and_the_bare_path_do_too(server: Sandbox, api: Api) -> None:
    by_host = {**api.headers, "Host": "sheets.googleapis.com"}
    for headers in (by_host, api.headers):
        answer = server.client.get(f"{server.url}/v4/spreadsheets/{DEMO_ID}", headers=headers)
        assert answer.json()["properties"]["title"] == "Award deals"


def test_a_large_body_is_taken(api: Api) -> None:
    rows = [["x" * 1000] * 10 for _ in range(300)]
    assert api.put("A1", *rows)["updatedCells"] == 3000
