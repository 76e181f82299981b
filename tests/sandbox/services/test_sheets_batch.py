"""Every kind of request of the sandbox's `spreadsheets.batchUpdate`: effects, replies and errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from awardspider.sandbox.services.sheets import values
from awardspider.sandbox.services.sheets.batch import REQUESTS, run
from awardspider.sandbox.services.sheets.batch_rules import conditional_format
from awardspider.sandbox.services.sheets.checking import check_body
from awardspider.sandbox.services.sheets.describe import describe
from awardspider.sandbox.services.sheets.errors import ApiError
from awardspider.sandbox.services.sheets.grid import Book
from awardspider.sandbox.services.sheets.spreadsheets import new_book

BOLD = {"userEnteredFormat": {"textFormat": {"bold": True}}}
ROWS = {"sheetId": 0, "dimension": "ROWS"}
COLUMNS = {"sheetId": 0, "dimension": "COLUMNS"}
RAW = {"valueInputOption": "RAW"}
ABC = [["a", 3, "x"], ["b", 1, "y"], ["c", 2, "z"]]


@pytest.fixture
def book() -> Book:
    book = new_book("1" * 44, "Deals", rows=10, columns=4)
    values.update(book, "A1", {"values": ABC}, RAW)
    return book


def run_checked(book: Book, body: dict[str, Any]) -> list[dict[str, Any]]:
    """Validate a body as the API does, and return the replies. Raise ApiError if it is invalid."""
    check_body(body, "BatchUpdateSpreadsheetRequest")
    return run(book, body)


def send(book: Book, kind: str, **request: Any) -> dict[str, Any]:
    """Return the reply to one request."""
    (reply,) = run_checked(book, {"requests": [{kind: request}]})
    return reply.get(kind, {})


def error(book: Book, kind: str, **request: Any) -> str:
    """Return the error message for one request."""
    with pytest.raises(ApiError) as caught:
        run_checked(book, {"requests": [{kind: request}]})
    assert caught.value.code == 400
    return caught.value.message.removeprefix(f"Invalid requests[0].{kind}: ")


def cells(book: Book, area: str = "Sheet1") -> list[list[Any]]:
    found: list[list[Any]] = values.get(book, area, {"valueRenderOption": "UNFORMATTED_VALUE"}).get("values", [])
    return found


def box(top: Any, bottom: int, left: int = 0, right: int = 4) -> dict[str, int]:
    names = ("startRowIndex", "endRowIndex", "startColumnIndex", "endColumnIndex")
    return {"sheetId": 0, **dict(zip(names, (top, bottom, left, right), strict=True))}


def sheet(book: Book, index: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = describe(book)["sheets"][index]
    return found


def bold_cells(book: Book) -> set[tuple[int, int]]:
    rows = book.tabs[0].rows
    return {(index, column) for index, row in enumerate(rows) for column in range(4) if row.extra(column) == BOLD}


# ---- invalid requests ----


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "Must specify at least one request."),
        ({"requests": [{"paintItBlack": {}}]}, "Unknown name \"paintItBlack\" at 'requests[0]': Cannot find field."),
        ({"requests": [{"addSheet": {"title": "x"}}]}, "Unknown name \"title\" at 'requests[0].add_sheet'"),
        ({"requests": [{"addSheet": {}, "deleteSheet": {}}]}, "oneof field 'kind' is already set"),
        ({"requests": [{"deleteSheet": {"sheetId": 5}}]}, "Invalid requests[0].deleteSheet: No sheet with id: 5"),
        ({"requests": [{"repeatCell": {"range": {"sheetId": 5}, "fields": "*"}}]}, "No grid with id: 5"),
        ({"requests": [{"repeatCell": {"range": "A1", "fields": "*"}}]}, 'v4.GridRange), "A1"'),
        ({"requests": [{"repeatCell": {"fields": "*"}}]}, "range is required"),
        ({"requests": [{"updateCells": {"range": box(0, 1), "rows": 7, "fields": "*"}}]}, "v4.RowData), 7"),
        ({"requests": [{"updateCells": {"range": box("a", 1), "fields": "*"}}]}, '(TYPE_INT32), "a"'),
        ({"requests": [{}]}, "No request set"),
    ],
)
def test_invalid_requests_are_rejected(book: Book, body: dict[str, Any], message: str) -> None:
    with pytest.raises(ApiError) as caught:
        run_checked(book, body)
    assert (caught.value.code, message in caught.value.message) == (400, True), caught.value.message


def test_requests_that_are_not_simulated_have_status_501(book: Book) -> None:
    with pytest.raises(ApiError) as caught:
        run_checked(book, {"requests": [{"addChart": {}}]})
    assert caught.value.code == 501


def test_every_kind_of_request_has_a_test() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert [kind for kind in REQUESTS if f'"{kind}"' not in text] == []


# ---- tabs ----


def test_add_duplicate_change_and_delete_tabs(book: Book) -> None:
    grid = {"rowCount": 5, "columnCount": 2, "frozenRowCount": 1}
    reply = send(book, "addSheet", properties={"title": "Offers", "gridProperties": grid, "index": 0})
    number = reply["properties"]["sheetId"]
    assert reply["properties"] == {
        "sheetId": number,
        "title": "Offers",
        "index": 0,
        "sheetType": "GRID",
        "gridProperties": grid,
    }
    assert error(book, "addSheet", properties={"title": "offers"}).startswith('A sheet with the name "offers"')
    new = {"sheetId": number, "title": "All", "index": 2, "hidden": True, "tabColorStyle": {"rgbColor": {"red": 1}}}
    send(book, "updateSheetProperties", properties=new, fields="title,index,hidden,tabColorStyle")
    assert [tab.title for tab in book.tabs] == ["Sheet1", "All"]
    assert sheet(book, 1)["properties"]["tabColor"] == {"red": 1}
    assert sheet(book, 1)["properties"]["hidden"] is True
    assert sheet(book, 1)["properties"]["gridProperties"]["frozenRowCount"] == 1
    copy = send(book, "duplicateSheet", sourceSheetId=0, newSheetName="Copy", insertSheetIndex=2)
    assert cells(book, "Copy") == ABC
    assert copy["properties"]["index"] == 2
    send(book, "deleteSheet", sheetId=copy["properties"]["sheetId"])
    assert error(book, "deleteSheet", sheetId=0) == "You can't remove all the visible sheets in a document."
    send(book, "updateSpreadsheetProperties", properties={"title": "New", "locale": "pt_BR"}, fields="title,locale")
    assert (book.title, book.locale) == ("New", "pt_BR")


@pytest.mark.parametrize(
    ("new", "fields", "message"),
    [
        ({"gridProperties": {"frozenRowCount": 10}}, "gridProperties.frozenRowCount", "can't freeze all visible rows"),
        ({"title": ""}, "title", "cannot be empty"),
        ({"hidden": True}, "hidden", "can't hide all the sheets"),
        ({"title": "x"}, "", "At least one field must be listed in 'fields'"),
        ({"gridProperties": {"rowCount": 0}}, "gridProperties.rowCount", "freeze"),
    ],
)
def test_invalid_tab_properties_are_rejected(book: Book, new: dict[str, Any], fields: str, message: str) -> None:
    assert message in error(book, "updateSheetProperties", properties={"sheetId": 0, **new}, fields=fields)


# ---- rows and columns ----


def test_rows_and_columns_are_inserted_appended_and_deleted(book: Book) -> None:
    send(book, "repeatCell", range=box(0, 1), cell=BOLD, fields="userEnteredFormat.textFormat.bold")
    send(book, "setBasicFilter", filter={"range": box(0, 3, 0, 3)})
    send(book, "insertDimension", range={**ROWS, "startIndex": 1, "endIndex": 3}, inheritFromBefore=True)
    assert cells(book) == [ABC[0], [], [], ABC[1], ABC[2]]
    assert (1, 0) in bold_cells(book)
    send(book, "insertDimension", range={**COLUMNS, "startIndex": 1, "endIndex": 2})
    assert cells(book)[0] == ["a", "", 3, "x"]
    assert sheet(book)["basicFilter"]["range"] == box(0, 5, 0, 4)
    send(book, "deleteDimension", range={**ROWS, "startIndex": 1, "endIndex": 3})
    send(book, "deleteDimension", range={**COLUMNS, "startIndex": 1, "endIndex": 2})
    assert cells(book) == ABC
    assert sheet(book)["basicFilter"]["range"] == box(0, 3, 0, 3)
    send(book, "appendDimension", sheetId=0, dimension="ROWS", length=5)
    send(book, "appendDimension", sheetId=0, dimension="COLUMNS", length=1)
    assert sheet(book)["properties"]["gridProperties"] == {"rowCount": 15, "columnCount": 5}


def test_last_rows_cannot_be_deleted(book: Book) -> None:
    span = {**ROWS, "startIndex": 0, "endIndex": 10}
    assert "can't delete all the rows" in error(book, "deleteDimension", range=span)
    frozen = {"sheetId": 0, "gridProperties": {"frozenRowCount": 1}}
    send(book, "updateSheetProperties", properties=frozen, fields="gridProperties.frozenRowCount")
    span = {**ROWS, "startIndex": 1, "endIndex": 10}
    assert "not possible to delete all non-frozen rows" in error(book, "deleteDimension", range=span)


def test_rows_and_columns_move(book: Book) -> None:
    send(book, "moveDimension", source={**ROWS, "startIndex": 0, "endIndex": 1}, destinationIndex=3)
    assert [row[0] for row in cells(book)] == ["b", "c", "a"]
    send(book, "moveDimension", source={**COLUMNS, "startIndex": 2, "endIndex": 3}, destinationIndex=0)
    assert cells(book)[0] == ["y", "b", 1]


def test_columns_are_hidden_and_sized(book: Book) -> None:
    span = {**COLUMNS, "startIndex": 0, "endIndex": 1}
    send(book, "updateDimensionProperties", range=span, properties={"hiddenByUser": True}, fields="hiddenByUser")
    send(book, "updateDimensionProperties", range=span, properties={"pixelSize": 44}, fields="pixelSize")
    data = describe(book, with_data=True)["sheets"][0]["data"][0]
    assert data["columnMetadata"][:2] == [{"hiddenByUser": True, "pixelSize": 44}, {"pixelSize": 100}]
    send(book, "autoResizeDimensions", dimensions={**COLUMNS, "startIndex": 0, "endIndex": 1})
    assert book.tabs[0].column(0).size == 19


# ---- cells ----


def test_cells_are_written_with_their_formats(book: Book) -> None:
    row = [{"userEnteredValue": {"numberValue": 7}}, {"userEnteredValue": {"formulaValue": "=2*3"}, **BOLD}, {}]
    start = {"sheetId": 0, "rowIndex": 0, "columnIndex": 0}
    send(book, "updateCells", start=start, rows=[{"values": row}], fields="userEnteredValue,userEnteredFormat")
    assert cells(book)[0] == [7, 6]
    assert bold_cells(book) == {(0, 1)}
    send(book, "updateCells", range=box(0, 3, 1, 3), rows=[], fields="userEnteredValue")
    assert cells(book) == [[7], ["b"], ["c"]]
    assert bold_cells(book) == {(0, 1)}
    send(book, "appendCells", sheetId=0, rows=[{"values": [{"userEnteredValue": {"stringValue": "=x"}}]}], fields="*")
    assert cells(book)[3] == ["=x"]
    invalid = {"values": [{"userEnteredValue": {"formulaValue": "1+1"}}]}
    assert "must start with =" in error(book, "updateCells", start=start, rows=[invalid], fields="userEnteredValue")
    last_row = {"sheetId": 0, "rowIndex": 9, "columnIndex": 0}
    assert "beyond" in error(book, "updateCells", start=last_row, rows=[invalid, invalid], fields="*")


def test_mask_limits_the_changed_properties(book: Book) -> None:
    send(book, "repeatCell", range=box(0, 10, 0, 1), cell=BOLD, fields="userEnteredFormat(textFormat)")
    number = {"userEnteredFormat": {"numberFormat": {"type": "NUMBER", "pattern": "0"}}}
    send(book, "repeatCell", range=box(0, 2, 0, 1), cell=number, fields="userEnteredFormat.numberFormat")
    first = book.tabs[0].rows[0].extra(0)
    assert first == {"userEnteredFormat": {**BOLD["userEnteredFormat"], **number["userEnteredFormat"]}}
    send(book, "repeatCell", range=box(0, 1, 0, 1), cell={}, fields="userEnteredFormat")
    assert (book.tabs[0].rows[0].extra(0), book.tabs[0].rows[2].extra(0)) == (None, BOLD)
    rule = {"condition": {"type": "BOOLEAN"}}
    send(book, "setDataValidation", range=box(0, 1, 0, 1), rule=rule)
    assert book.tabs[0].rows[0].extra(0) == {"dataValidation": rule}


def test_sort_does_not_change_cells_beside_the_range(book: Book) -> None:
    send(book, "sortRange", range=box(0, 3, 0, 2), sortSpecs=[{"dimensionIndex": 1, "sortOrder": "ASCENDING"}])
    assert cells(book) == [["b", 1, "x"], ["c", 2, "y"], ["a", 3, "z"]]
    send(book, "sortRange", range=box(0, 10), sortSpecs=[{"dimensionIndex": 1, "sortOrder": "DESCENDING"}])
    assert [row[1] for row in cells(book)] == [3, 2, 1]


def test_delete_range_duplicates_and_find_replace(book: Book) -> None:
    send(book, "deleteRange", range=box(0, 1, 0, 1), shiftDimension="ROWS")
    assert [row[0] for row in cells(book)] == ["b", "c", ""]
    send(book, "deleteRange", range=box(0, 1, 0, 1), shiftDimension="COLUMNS")
    assert cells(book)[0] == [3, "x"]
    values.update(book, "A1:D3", {"values": [["k", 1, "", ""], ["K", 2, "", ""], ["l", 3, "", ""]]}, RAW)
    span = {"sheetId": 0, "dimension": "COLUMNS", "startIndex": 0, "endIndex": 1}
    assert send(book, "deleteDuplicates", range=box(0, 10), comparisonColumns=[span]) == {"duplicatesRemovedCount": 1}
    assert cells(book) == [["k", 1], ["l", 3]]
    assert send(book, "findReplace", find="L", replacement="m", allSheets=True)["valuesChanged"] == 1
    assert cells(book) == [["k", 1], ["m", 3]]


# ---- rules ----


def test_filter_and_protected_ranges(book: Book) -> None:
    send(book, "setBasicFilter", filter={"range": box(0, 3)})
    assert sheet(book)["basicFilter"] == {"range": box(0, 3)}
    send(book, "clearBasicFilter", sheetId=0)
    assert "basicFilter" not in sheet(book)
    reply = send(book, "addProtectedRange", protectedRange={"range": box(0, 10, 0, 1), "warningOnly": True})
    number = reply["protectedRange"]["protectedRangeId"]
    assert sheet(book)["protectedRanges"][0]["warningOnly"] is True
    send(book, "deleteProtectedRange", protectedRangeId=number)
    assert "No protected range" in error(book, "deleteProtectedRange", protectedRangeId=number)


GREEN, RED = {"backgroundColor": {"green": 1}}, {"backgroundColor": {"red": 1}}


@pytest.mark.parametrize(
    ("kind", "operands", "matches"),
    [
        ("NUMBER_GREATER", ["1"], [3, 2]),
        ("NUMBER_BETWEEN", ["1", "2"], [1, 2]),
        ("NUMBER_EQ", ["2"], [2]),
        ("CUSTOM_FORMULA", ['=$C1="Y"'], [1]),
        ("CUSTOM_FORMULA", ["=$B1>=2"], [3, 2]),
        ("NOT_BLANK", [], [3, 1, 2]),
        ("TEXT_EQ", ["x"], []),
    ],
)
def test_conditional_formats(book: Book, kind: str, operands: list[str], matches: list[int]) -> None:
    condition = {"type": kind, "values": [{"userEnteredValue": operand} for operand in operands]}
    rule = {"ranges": [box(0, 10, 1, 2)], "booleanRule": {"condition": condition, "format": GREEN}}
    send(book, "addConditionalFormatRule", rule=rule, index=0)
    tab = book.tabs[0]
    formats = [conditional_format(tab, index, 1, row.value(1), "en_US") for index, row in enumerate(tab.rows)]
    assert [row.value(1) for row, found in zip(tab.rows, formats, strict=True) if found == GREEN] == matches
    assert conditional_format(tab, 0, 0, "a", "en_US") == {}


def test_rules_are_added_updated_and_deleted(book: Book) -> None:
    def rule(form: dict[str, Any]) -> dict[str, Any]:
        return {"ranges": [box(1, 10, 0, 1)], "booleanRule": {"condition": {"type": "NOT_BLANK"}, "format": form}}

    send(book, "addConditionalFormatRule", rule=rule(GREEN), index=0)
    send(book, "addConditionalFormatRule", rule=rule(RED), index=0)
    assert conditional_format(book.tabs[0], 1, 0, "b", "en_US") == RED
    reply = send(book, "updateConditionalFormatRule", sheetId=0, index=0, rule=rule(GREEN))
    assert reply["oldRule"]["booleanRule"]["format"] == RED
    assert send(book, "deleteConditionalFormatRule", sheetId=0, index=1)["rule"]["booleanRule"]["format"] == GREEN
    send(book, "deleteDimension", range={**ROWS, "startIndex": 1, "endIndex": 9})
    assert sheet(book)["conditionalFormats"][0]["ranges"][0]["endRowIndex"] == 2
    send(book, "deleteConditionalFormatRule", sheetId=0, index=0)
    assert "No conditional format" in error(book, "deleteConditionalFormatRule", sheetId=0, index=0)
    assert "either a booleanRule or" in error(book, "addConditionalFormatRule", rule={"ranges": [box(0, 1)]})
