"""The sandbox's Google Sheets with gspread as the client."""

from __future__ import annotations

from typing import Any

import gspread
import pytest
import requests
from google.auth.exceptions import RefreshError
from gspread.exceptions import APIError, SpreadsheetNotFound
from gspread.utils import ValueInputOption, ValueRenderOption

from awardspider.sandbox.services.sheets.spreadsheets import DEMO_ID, PRIVATE_ID
from tests.support.sandbox_server import Sandbox
from tests.support.sheets_client import sheets_client

HOST, TOKENS = "sheets.googleapis.com", "oauth2.googleapis.com"
TABLE = [["id", "route", "miles"], ["a", "LAX-NRT", 45000], ["b", "GRU-LIS", 62500]]
UNFORMATTED = ValueRenderOption.unformatted


@pytest.fixture
def book(server: Sandbox) -> gspread.Spreadsheet:
    return sheets_client(server).open_by_key(DEMO_ID)


@pytest.fixture
def tab(book: gspread.Spreadsheet) -> gspread.Worksheet:
    return book.sheet1


def error_details(caught: pytest.ExceptionInfo[APIError]) -> tuple[int, str, str]:
    error: dict[str, Any] = caught.value.response.json()["error"]
    return error["code"], error["status"], error["message"]


# ---- values ----


def test_written_values_are_read_back(tab: gspread.Worksheet) -> None:
    response = tab.update(TABLE, "B2")
    assert response["updatedRange"] == "Sheet1!B2:D4"
    assert (response["updatedRows"], response["updatedColumns"], response["updatedCells"]) == (3, 3, 9)
    assert tab.get("B2:D4", value_render_option=UNFORMATTED) == TABLE
    assert tab.col_values(2) == ["", "id", "a", "b"]
    assert tab.row_values(3) == ["", "a", "LAX-NRT", "45000"]
    assert tab.find("GRU-LIS").address == "C4"


def test_empty_cells_at_the_end_are_omitted(tab: gspread.Worksheet) -> None:
    tab.update([["a", "", "c", ""], ["", "", "", ""], ["d", "", "", ""], ["", "", "", ""]], "A1")
    assert tab.get_values("A1:F9", maintain_size=False, pad_values=False) == [["a", "", "c"], [], ["d"]]
    found = tab.client.values_get(DEMO_ID, "Sheet1!A1:C3", params={"majorDimension": "COLUMNS"})
    assert found == {"range": "Sheet1!A1:C3", "majorDimension": "COLUMNS", "values": [["a", "", "d"], [], ["c"]]}
    assert "values" not in tab.client.values_get(DEMO_ID, "Sheet1!F1:G9")


def test_append_finds_the_table_and_inserts_rows(server: Sandbox, tab: gspread.Worksheet) -> None:
    tab.update(TABLE, "A1")
    tab.update([["below"]], "A6")
    response = tab.append_rows([["c", "", 1]], table_range="A1", insert_data_option="INSERT_ROWS")
    assert response["tableRange"] == "Sheet1!A1:C3"
    assert response["updates"]["updatedRange"] == "Sheet1!A4:C4"
    assert [row[0] if row else "" for row in server.cells(DEMO_ID)] == ["id", "a", "b", "c", "", "", "below"]
    assert server.client.get(f"{server.url}/_sheets/{DEMO_ID}").json()["sheets"][0]["properties"]["gridProperties"] == {
        "rowCount": 1001,
        "columnCount": 26,
    }


def test_append_after_a_gap_shifts_columns_as_google_does(tab: gspread.Worksheet) -> None:
    tab.update([["id", "miles"], ["", "1"], ["", "2"]], "A1")
    tab.update([["", "", "3"]], "A5")
    response = tab.append_row(["new", 4])
    assert (response["tableRange"], response["updates"]["updatedRange"]) == ("Sheet1!C5", "Sheet1!C6:D6")


def test_append_extends_the_grid(server: Sandbox) -> None:
    spreadsheet = server.create_spreadsheet(rows=2, columns=2)
    tab = sheets_client(server).open_by_key(spreadsheet).sheet1
    tab.append_rows([["a", 1], ["b", 2], ["c", 3]])
    tab.append_rows([["d", 4]])
    cells = server.cells(spreadsheet, valueRenderOption="UNFORMATTED_VALUE")
    assert cells == [["a", 1], ["b", 2], ["c", 3], ["d", 4]]


def test_raw_text_is_never_a_formula(server: Sandbox, tab: gspread.Worksheet) -> None:
    tab.update([["=1+1", "2026-03-04", "'x", True]], "A1")
    tab.update([["=1+1", "2026-03-04", "'x", "true"]], "A2", value_input_option=ValueInputOption.user_entered)
    assert server.cells(DEMO_ID, "A1:D1", valueRenderOption="UNFORMATTED_VALUE") == [["=1+1", "2026-03-04", "'x", True]]
    assert server.cells(DEMO_ID, "A2:D2", valueRenderOption="UNFORMATTED_VALUE") == [[2, 46085, "x", True]]
    assert tab.get("A2:D2", value_render_option=ValueRenderOption.formula) == [["=1+1", 46085, "x", True]]
    assert tab.get("A2:D2") == [["2", "2026-03-04", "x", "TRUE"]]
    tab.update([['=HYPERLINK("https://www.united.com/","Book")']], "A3", raw=False)
    page = server.client.get(f"{server.url}/sheets/{DEMO_ID}").text
    assert '<a href="https://www.united.com/" rel="noreferrer">Book</a>' in page
    assert page.count('title="=1+1"') == 1


def test_batches(server: Sandbox, book: gspread.Spreadsheet, tab: gspread.Worksheet) -> None:
    total = tab.batch_update([{"range": "A1:B1", "values": [["a", 1]]}, {"range": "A3", "values": [[None, "x"]]}])
    assert (total["totalUpdatedRows"], total["totalUpdatedColumns"], total["totalUpdatedCells"]) == (2, 2, 3)
    assert [response["updatedRange"] for response in total["responses"]] == ["Sheet1!A1:B1", "Sheet1!A3:B3"]
    found = book.values_batch_get(["Sheet1!A1:B1", "Sheet1!B3"])
    assert [value_range["values"] for value_range in found["valueRanges"]] == [[["a", "1"]], [["x"]]]
    tab.batch_clear(["A1", "B3"])
    assert server.cells(DEMO_ID) == [["", "1"]]


def test_failed_batch_changes_nothing(server: Sandbox, book: gspread.Spreadsheet) -> None:
    data = [{"range": "Sheet1!A1", "values": [["x"]]}, {"range": "Nowhere!A1", "values": [["y"]]}]
    with pytest.raises(APIError) as caught:
        book.values_batch_update({"valueInputOption": "RAW", "data": data})
    assert error_details(caught) == (400, "INVALID_ARGUMENT", "Unable to parse range: Nowhere!A1")
    add = {"addSheet": {"properties": {"title": "Offers"}}}
    with pytest.raises(APIError) as caught:
        book.batch_update({"requests": [add, add]})
    assert error_details(caught)[2] == (
        'Invalid requests[1].addSheet: A sheet with the name "Offers" already exists. Please enter another name.'
    )
    assert server.cells(DEMO_ID) == []
    assert [tab.title for tab in book.worksheets()] == ["Sheet1"]


# ---- tabs and formats ----


def test_tabs(book: gspread.Spreadsheet) -> None:
    offers = book.add_worksheet("It's ours", rows=50, cols=8)
    offers.update([["x"]], "B2")
    assert book.values_get("'It''s ours'!A1:H9")["range"] == "'It''s ours'!A1:H9"
    offers.freeze(rows=1)
    offers.set_basic_filter("A1:H50")
    offers.hide_columns(0, 1)
    offers.update_title("Offers")
    found = book.worksheet("Offers")
    assert (found.id, found.row_count, found.col_count, found.frozen_row_count) == (offers.id, 50, 8, 1)
    found.resize(rows=2, cols=3)
    assert (book.worksheet("Offers").row_count, found.get("A1:C2")) == (2, [[], ["", "x"]])
    book.del_worksheet(book.sheet1)
    assert [tab.title for tab in book.worksheets()] == ["Offers"]
    with pytest.raises(APIError, match="can't remove all the visible sheets"):
        book.del_worksheet(found)


def test_number_formats(server: Sandbox, tab: gspread.Worksheet) -> None:
    tab.update([[46085.5, 45000, 56.1, 0.255]], "A1")
    tab.batch_format(
        [
            {"range": "A1", "format": {"numberFormat": {"type": "DATE_TIME", "pattern": "yyyy-mm-dd hh:mm"}}},
            {"range": "B1", "format": {"numberFormat": {"type": "NUMBER", "pattern": "#,##0"}}},
            {"range": "C1", "format": {"numberFormat": {"type": "CURRENCY", "pattern": '"US$" #,##0.00'}}},
            {"range": "D1", "format": {"numberFormat": {"type": "PERCENT"}, "textFormat": {"bold": True}}},
        ]
    )
    assert tab.get("A1:D1") == [["2026-03-04 12:00", "45,000", "US$ 56.10", "25.50%"]]
    assert server.cells(DEMO_ID, valueRenderOption="UNFORMATTED_VALUE", dateTimeRenderOption="FORMATTED_STRING") == [
        ["2026-03-04 12:00", 45000, 56.1, 0.255]
    ]


def test_inserted_and_deleted_rows_move_the_filter(server: Sandbox, tab: gspread.Worksheet) -> None:
    tab.update(TABLE, "A1")
    tab.set_basic_filter("A1:C3")
    tab.insert_row(["new"], index=2)
    tab.delete_rows(3)
    assert [row[0] for row in server.cells(DEMO_ID)] == ["id", "new", "b"]
    sheet = server.client.get(f"{server.url}/_sheets/{DEMO_ID}").json()["sheets"][0]
    assert sheet["basicFilter"]["range"]["endRowIndex"] == 3
    tab.sort((1, "des"), range="A2:C3")
    assert [row[0] for row in server.cells(DEMO_ID)] == ["id", "new", "b"]
    tab.sort((1, "asc"), range="A2:C3")
    assert [row[0] for row in server.cells(DEMO_ID)] == ["id", "b", "new"]


# ---- errors ----


def test_unshared_and_unknown_spreadsheets(server: Sandbox) -> None:
    client = sheets_client(server)
    with pytest.raises(PermissionError) as caught:
        client.open_by_key(PRIVATE_ID)
    assert isinstance(caught.value.__cause__, APIError)
    assert caught.value.__cause__.response.json()["error"] == {
        "code": 403,
        "message": "The caller does not have permission",
        "status": "PERMISSION_DENIED",
    }
    with pytest.raises(SpreadsheetNotFound):
        client.open_by_key("1" + "x" * 43)
    with pytest.raises(APIError, match="storage quota has been exceeded"):
        client.create("Mine")


def test_disabled_api(server: Sandbox) -> None:
    client = sheets_client(server)
    server.fault(HOST, "refused", variant="api_disabled")
    with pytest.raises(PermissionError) as caught:
        client.open_by_key(DEMO_ID)
    assert isinstance(caught.value.__cause__, APIError)
    error = caught.value.__cause__.response.json()["error"]
    assert error["details"][0]["reason"] == "SERVICE_DISABLED"
    assert error["message"].startswith("Google Sheets API has not been used in project")


def test_revoked_tokens(server: Sandbox, tab: gspread.Worksheet) -> None:
    server.client.post(f"{server.url}/_sheets/tokens", json={"revoke": True}).raise_for_status()
    tab.update([["x"]], "A1")  # the client requests a new token by itself
    assert server.counts(TOKENS) == {"/token": 2}
    server.fault(TOKENS, "refused", variant="no_such_account")
    with pytest.raises(RefreshError, match="account not found"):
        sheets_client(server).open_by_key(DEMO_ID)
    server.reset()
    with pytest.raises(PermissionError):
        sheets_client(server, scopes=["https://www.googleapis.com/auth/calendar"]).open_by_key(DEMO_ID)


def test_quota(server: Sandbox, tab: gspread.Worksheet) -> None:
    server.client.post(f"{server.url}/_sheets/quota", json={"writes": 2}).raise_for_status()
    tab.update([["a"]], "A1")
    tab.update([["b"]], "A1")
    with pytest.raises(APIError) as caught:
        tab.update([["c"]], "A1")
    code, status, message = error_details(caught)
    assert (code, status) == (429, "RESOURCE_EXHAUSTED")
    assert message == (
        "Quota exceeded for quota metric 'Write requests' and limit 'Write requests per minute per user' of service "
        "'sheets.googleapis.com' for consumer 'project_number:481223344556'."
    )
    assert tab.acell("A1").value == "b"
    server.client.post(f"{server.url}/_sheets/quota", json={"on": False}).raise_for_status()
    tab.update([["c"]], "A1")


@pytest.mark.parametrize(("fault", "code"), [("rate_limited", 429), ("500", 500), ("503", 503), ("expired", 401)])
def test_faults_have_googles_error_format(server: Sandbox, tab: gspread.Worksheet, fault: str, code: int) -> None:
    server.fault(HOST, fault, retry_after=7)
    with pytest.raises(APIError) as caught:
        tab.update([["x"]], "A1")
    assert error_details(caught)[0] == code
    assert (caught.value.response.headers.get("Retry-After") == "7") is (fault == "rate_limited")
    server.reset()
    assert server.cells(DEMO_ID) == []


@pytest.mark.parametrize(("fault", "rows"), [("timeout", 0), ("reset", 0), ("timeout_after", 1), ("reset_after", 1)])
def test_connection_faults_before_and_after_the_write(
    server: Sandbox, tab: gspread.Worksheet, fault: str, rows: int
) -> None:
    server.fault(HOST, fault, path=":append", seconds=0.2)
    with pytest.raises(requests.ConnectionError):
        tab.append_row(["x"], table_range="A1")
    assert len(server.cells(DEMO_ID)) == rows
    assert tab.get_all_values() == [["x"]] * rows or rows == 0


# ---- the page, and edits by a person ----


def test_page_shows_edits_and_hides_columns(server: Sandbox, book: gspread.Spreadsheet) -> None:
    server.enter_values(DEMO_ID, "Sheet1!A1", ["Miles", "Mine"], ["45.000", "=1+1"])
    hide = {"range": {"sheetId": 0, "dimension": "COLUMNS", "startIndex": 0, "endIndex": 1}}
    request = {"updateDimensionProperties": {**hide, "properties": {"hiddenByUser": True}, "fields": "*"}}
    server.batch_update(DEMO_ID, request)
    page = server.client.get(f"{server.url}/sheets/{DEMO_ID}").text
    assert ("Mine" in page, "Miles" in page, "Show 1 hidden column" in page) == (True, False, True)
    assert "Miles" in server.client.get(f"{server.url}/sheets/{DEMO_ID}?tab=0&hidden=1").text
    assert f"/sheets/{DEMO_ID}" in server.client.get(server.url).text
    assert server.client.get(f"{server.url}/sheets/nothing").status_code == 404
    server.client.post(f"{server.url}/_sheets/{DEMO_ID}", json={"shared": False}).raise_for_status()
    with pytest.raises(APIError):
        book.sheet1.get_all_values()


def test_cell_values_are_escaped_in_the_page(server: Sandbox, tab: gspread.Worksheet) -> None:
    tab.update([["<script>alert(1)</script>", 'https://x/"onclick="y', "javascript:alert(1)"]], "A1")
    page = server.client.get(f"{server.url}/sheets/{DEMO_ID}").text
    assert "<script" not in page
    assert 'href="javascript' not in page
    assert '"onclick' not in page


def test_page_shows_the_first_500_rows(server: Sandbox, tab: gspread.Worksheet) -> None:
    tab.update([[number] for number in range(700)], "A1")
    page = server.client.get(f"{server.url}/sheets/{DEMO_ID}").text
    assert "the first 500 of 700 rows with data" in page
    assert (">499<" in page, ">500</td>" in page) == (True, False)
