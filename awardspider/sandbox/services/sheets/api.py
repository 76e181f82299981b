"""Takes a request to the API apart: whose it is, which spreadsheet, which method; and counts it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import orjson

from awardspider.sandbox.services.sheets import values
from awardspider.sandbox.services.sheets.batch import run
from awardspider.sandbox.services.sheets.checking import check_body, checked_query
from awardspider.sandbox.services.sheets.describe import described
from awardspider.sandbox.services.sheets.errors import (
    ApiError,
    Json,
    api_response,
    invalid,
    not_found,
    not_shared,
    storage_full,
)
from awardspider.sandbox.services.sheets.grid import Book
from awardspider.sandbox.services.sheets.masks import answer_mask, selected
from awardspider.sandbox.services.sheets.spreadsheets import Spreadsheets
from awardspider.sandbox.sites import SandboxRequest, SandboxResponse

SHEETS_HOST = "sheets.googleapis.com"
TOKEN_HOST = "oauth2.googleapis.com"
DRIVE_HOST = "www.googleapis.com"
# `ID`, `ID:batchUpdate`, `ID/values:batchGet`, `ID/values/RANGE`, `ID/values/RANGE:append`
PATH = re.compile(
    r"/v4/spreadsheets/(?P<id>[^/:]+)"
    r"(?::(?P<book>\w+)|/values:(?P<batch>\w+)|/values/(?P<range>.+?)(?::(?P<verb>append|clear))?)?",
    re.DOTALL,
)
SPREADSHEET_TYPE = "application/vnd.google-apps.spreadsheet"


@dataclass(frozen=True, slots=True)
class Call:
    """One call, taken apart. `options` has the last value of each parameter, `many` all of them."""

    book: Book
    body: Json
    options: dict[str, str]
    many: dict[str, list[str]]

    def flag(self, name: str) -> bool:
        return self.options.get(name, "").lower() == "true"


class Sheets:
    """The API over a shelf of spreadsheets."""

    def __init__(self, spreadsheets: Spreadsheets, unix_time: Callable[[], float] = time.time) -> None:
        self._spreadsheets = spreadsheets
        self._unix_time = unix_time

    def token(self, request: SandboxRequest) -> SandboxResponse:
        return self._spreadsheets.accounts.token(request, self._unix_time())

    def answer(self, request: SandboxRequest) -> SandboxResponse:
        """Any request below `/v4/spreadsheets`."""
        try:
            many = parse_qs(request.query_string, keep_blank_values=True)
            account = self._spreadsheets.accounts.account(request.headers, _last(many), self._unix_time())
            value = self._called(request, account, many)
            return storage_full() if value is None else api_response(value)
        except ApiError as error:
            return error.answer()

    def _called(self, request: SandboxRequest, account: str, many: dict[str, list[str]]) -> Json | None:
        """What the method called answers; None where a new file is wanted, for which there is no room."""
        reading = request.method in ("GET", "HEAD")
        self._spreadsheets.quota.use("read" if reading else "write", account)
        if request.path.rstrip("/") == "/v4/spreadsheets":
            return None
        parts = PATH.fullmatch(request.path)
        method = _method(request.method, parts) if parts else None
        if parts is None or method is None:
            raise ApiError(404, "NOT_FOUND", "Method not found.")
        many = checked_query(many, method.parameters)
        options, body = _last(many), {} if reading else _json(request.body)
        if method.body:
            check_body(body, method.body, *method.place)
        fields = options.get("fields") or options.get("$fields")
        mask = answer_mask(fields, method.answer) if fields else {}
        book = self._spreadsheets.books.get(parts["id"])
        if book is None:
            raise not_found()
        if not book.shared:
            raise not_shared()
        # Changes are done to a copy, so that what fails half-way leaves nothing behind.
        copy = book if reading else book.clone()
        answer = method.do(Call(copy, body, options, many), parts["range"] or "")
        if not reading:
            book.take(copy)
        shown: Json = selected(answer, mask)
        return shown

    # ---- Drive ----

    def files(self, request: SandboxRequest) -> SandboxResponse:
        """`files.list`: the shared spreadsheets; of the query only `name = '...'` is looked at."""
        refused = self._refused(request)
        wanted = re.search(r"name\s*=\s*[\"'](.*?)[\"']", request.query.get("q", ""))
        books = [book for book in self._spreadsheets.books.values() if book.shared and (not wanted or book.title == wanted[1])]
        return refused or api_response({"kind": "drive#fileList", "files": [_file(book) for book in books]})

    def file(self, request: SandboxRequest) -> SandboxResponse:
        book = self._spreadsheets.books.get(request.path.rpartition("/")[2])
        if refused := self._refused(request):
            return refused
        if book is None or not book.shared:
            inner = {"message": "File not found.", "domain": "global", "reason": "notFound"}
            return api_response({"error": {"code": 404, "message": "File not found.", "errors": [inner]}}, 404)
        return api_response(_file(book))

    def new_file(self, request: SandboxRequest) -> SandboxResponse:
        return self._refused(request) or storage_full()

    def _refused(self, request: SandboxRequest) -> SandboxResponse | None:
        try:
            self._spreadsheets.accounts.account(request.headers, request.query, self._unix_time())
        except ApiError as error:
            return error.answer()
        return None


def _file(book: Book) -> Json:
    stamp = "2026-11-01T09:00:00.000Z"
    about = {"kind": "drive#file", "id": book.id, "name": book.title, "mimeType": SPREADSHEET_TYPE}
    return {**about, "createdTime": stamp, "modifiedTime": stamp}


def _last(many: dict[str, list[str]]) -> dict[str, str]:
    return {name: given[-1] for name, given in many.items()}


def _json(body: bytes) -> Json:
    """The body of a request. Raises ApiError."""
    if not body.strip():
        return {}
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise invalid("Invalid JSON payload received. Unexpected token.") from None
    if not isinstance(value, dict):
        raise invalid("Invalid JSON payload received. Root element must be a message.")
    return value


class Method(NamedTuple):
    """What does it; the messages that hold its parameters, its body and its answer; where its body is in the first."""

    do: Callable[[Call, str], Json]
    parameters: str
    answer: str
    body: str = ""
    place: tuple[str, ...] = ()


def _method(verb: str, parts: re.Match[str]) -> Method | None:
    """The method that a verb and a path mean."""
    if verb == "HEAD":
        verb = "GET"
    if parts["range"]:
        return RANGE_METHODS.get((verb, parts["verb"] or ""))
    if parts["batch"]:
        return BATCH_METHODS.get((verb, parts["batch"]))
    return BOOK_METHODS.get((verb, parts["book"] or ""))


def _get_book(call: Call, _: str) -> Json:
    # A mask that names data asks for it too.
    with_data = call.flag("includeGridData") or "data" in call.options.get("fields", "")
    return described(call.book, call.many.get("ranges", ()), with_data=with_data)


def _batch_update_book(call: Call, _: str) -> Json:
    answer: Json = {"spreadsheetId": call.book.id, "replies": run(call.book, call.body)}
    if call.body.get("includeSpreadsheetInResponse"):
        ranges: Any = call.body.get("responseRanges") or ()
        with_data = bool(call.body.get("responseIncludeGridData"))
        answer["updatedSpreadsheet"] = described(call.book, ranges, with_data=with_data)
    return answer


def _clear(call: Call, text: str) -> Json:
    return {"spreadsheetId": call.book.id, "clearedRange": values.clear(call.book, text)}


def _batch_clear(call: Call, _: str) -> Json:
    cleared = [values.clear(call.book, str(text)) for text in call.body.get("ranges") or []]
    return {"spreadsheetId": call.book.id, "clearedRanges": cleared}


def _whole_body(do: Callable[[Call, str], Json], body: str, answer: str) -> Method:
    """A method whose body is all of its request."""
    return Method(do, body, answer, body)


RANGE_METHODS: dict[tuple[str, str], Method] = {
    ("GET", ""): Method(
        lambda call, text: values.get(call.book, text, call.options), "GetValuesRequest", answer="ValueRange"
    ),
    ("PUT", ""): Method(
        lambda call, text: values.update(call.book, text, call.body, call.options),
        "UpdateValuesRequest",
        answer="UpdateValuesResponse",
        body="ValueRange",
        place=("data",),
    ),
    ("POST", "append"): Method(
        lambda call, text: values.append(call.book, text, call.body, call.options),
        "AppendValuesRequest",
        answer="AppendValuesResponse",
        body="ValueRange",
        place=("data",),
    ),
    ("POST", "clear"): _whole_body(_clear, "ClearValuesRequest", "ClearValuesResponse"),
}
BATCH_METHODS: dict[tuple[str, str], Method] = {
    ("GET", "batchGet"): Method(
        lambda call, _: values.batch_get(call.book, call.many.get("ranges", ()), call.options),
        "BatchGetValuesRequest",
        answer="BatchGetValuesResponse",
    ),
    ("POST", "batchUpdate"): _whole_body(
        lambda call, _: values.batch_update(call.book, call.body),
        "BatchUpdateValuesRequest",
        "BatchUpdateValuesResponse",
    ),
    ("POST", "batchClear"): _whole_body(_batch_clear, "BatchClearValuesRequest", "BatchClearValuesResponse"),
}
BOOK_METHODS: dict[tuple[str, str], Method] = {
    ("GET", ""): Method(_get_book, "GetSpreadsheetRequest", answer="Spreadsheet"),
    ("POST", "batchUpdate"): _whole_body(
        _batch_update_book, "BatchUpdateSpreadsheetRequest", "BatchUpdateSpreadsheetResponse"
    ),
}
