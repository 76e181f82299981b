"""Dispatch of Sheets API and Drive requests: account, quota, spreadsheet and method."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import orjson

from awardspider.sandbox.services.sheets import values
from awardspider.sandbox.services.sheets.batch import run
from awardspider.sandbox.services.sheets.checking import check_body, checked_query
from awardspider.sandbox.services.sheets.describe import describe
from awardspider.sandbox.services.sheets.errors import (
    ApiError,
    Json,
    api_response,
    drive_error,
    invalid,
    not_shared,
    not_simulated,
    storage_full,
)
from awardspider.sandbox.services.sheets.grid import Book
from awardspider.sandbox.services.sheets.masks import response_mask, select
from awardspider.sandbox.services.sheets.spreadsheets import Spreadsheets
from awardspider.sandbox.sites import SandboxRequest, SandboxResponse

SHEETS_HOST = "sheets.googleapis.com"
TOKEN_HOST = "oauth2.googleapis.com"
DRIVE_HOST = "www.googleapis.com"
# The forms are `ID`, `ID:batchUpdate`, `ID/values:batchGet`, `ID/values/RANGE` and `ID/values/RANGE:append`. Google
# accepts a slash after the id.
PATH = re.compile(
    r"/v4/spreadsheets/(?P<id>[^/:]+)"
    r"(?:/?:(?P<book>\w+)|/values/?:(?P<batch>\w+)|/values/(?P<range>.+?)(?::(?P<action>append|clear))?)?/?",
    re.DOTALL,
)
# Clients send a long query as the body of a POST request, with the real method in this header.
METHOD_OVERRIDE = "X-HTTP-Method-Override"
SPREADSHEET_TYPE = "application/vnd.google-apps.spreadsheet"


@dataclass(frozen=True, slots=True)
class Call:
    """A parsed call. `parameters` has all values of each query parameter; `options` has only the last."""

    book: Book
    range: str
    body: Json
    options: dict[str, str]
    parameters: dict[str, list[str]]


class SheetsApi:
    """The handler of requests to the API, the token endpoint and Drive."""

    def __init__(self, spreadsheets: Spreadsheets, unix_time: Callable[[], float] = time.time) -> None:
        self._spreadsheets = spreadsheets
        self._unix_time = unix_time

    def token(self, request: SandboxRequest) -> SandboxResponse:
        """Handle `POST /token`."""
        return self._spreadsheets.accounts.token(request, self._unix_time())

    def handle(self, request: SandboxRequest) -> SandboxResponse:
        """Handle any request under `/v4/spreadsheets`."""
        if method := request.headers.get(METHOD_OVERRIDE):
            query = request.body.decode(errors="replace") if method == "GET" else request.query_string
            request = replace(request, method=method, query_string=query)
        try:
            parameters = parse_qs(request.query_string, keep_blank_values=True)
            account = self._spreadsheets.accounts.account(request.headers, _last_values(parameters), self._unix_time())
            self._spreadsheets.quota.use("read" if _is_read(request) else "write", account)
            if request.path.rstrip("/") == "/v4/spreadsheets":
                return storage_full()
            return api_response(self._call(request, parameters))
        except ApiError as error:
            return error.response()

    def _call(self, request: SandboxRequest, parameters: dict[str, list[str]]) -> Json:
        """Call the method of a request and return its response. Raise ApiError if it fails."""
        parts = PATH.fullmatch(request.path)
        method = _method(request.method, parts) if parts else None
        if parts is None or method is None:
            raise not_simulated(request)
        parameters = checked_query(parameters, method.request)
        options, body = _last_values(parameters), {} if _is_read(request) else _parse_body(request.body)
        if method.body:
            check_body(body, method.body, *method.body_path)
        fields = options.get("fields") or options.get("$fields")
        mask = response_mask(fields, method.response) if fields else {}
        book = self._spreadsheets.books.get(parts["id"])
        if book is None:
            raise ApiError(404, "NOT_FOUND", "Requested entity was not found.")
        if not book.shared:
            raise not_shared()
        # Methods modify a copy, so that a failed method changes nothing.
        copy = book if _is_read(request) else book.clone()
        response = method.call(Call(copy, parts["range"] or "", body, options, parameters))
        if copy is not book:
            book.replace_with(copy)
        selected: Json = select(response, mask)
        return selected

    # ---- Drive ----

    def list_files(self, request: SandboxRequest) -> SandboxResponse:
        """Handle `files.list`: return the shared spreadsheets. In the query, only `name = '...'` is evaluated."""
        title = re.search(r"name\s*=\s*[\"'](.*?)[\"']", request.query.get("q", ""))
        books = [book for book in self._spreadsheets.books.values() if book.shared]
        files = [_file(book) for book in books if not title or book.title == title[1]]
        return self._auth_error(request) or api_response({"kind": "drive#fileList", "files": files})

    def get_file(self, request: SandboxRequest) -> SandboxResponse:
        """Handle `files.get`."""
        if error := self._auth_error(request):
            return error
        book = self._spreadsheets.books.get(request.path.rpartition("/")[2])
        if book is None or not book.shared:
            return drive_error(404, "File not found.", "global", "notFound")
        return api_response(_file(book))

    def create_file(self, request: SandboxRequest) -> SandboxResponse:
        """Handle `files.create`, which always fails."""
        return self._auth_error(request) or storage_full()

    def _auth_error(self, request: SandboxRequest) -> SandboxResponse | None:
        try:
            self._spreadsheets.accounts.account(request.headers, request.query, self._unix_time())
        except ApiError as error:
            return error.response()
        return None


def _file(book: Book) -> Json:
    time = "2026-11-01T09:00:00.000Z"
    file = {"kind": "drive#file", "id": book.id, "name": book.title, "mimeType": SPREADSHEET_TYPE}
    return {**file, "createdTime": time, "modifiedTime": time}


def _is_read(request: SandboxRequest) -> bool:
    return request.method in ("GET", "HEAD")


def _last_values(parameters: dict[str, list[str]]) -> dict[str, str]:
    return {name: values[-1] for name, values in parameters.items()}


def _parse_body(body: bytes) -> Json:
    """Parse the body of a request. Raise ApiError if it is not a JSON object."""
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
    """An API method: the function that carries it out, and the names of its messages in MESSAGES.

    `body_path` is the path of the body in the request message.
    """

    call: Callable[[Call], Json]
    request: str
    response: str
    body: str = ""
    body_path: tuple[str, ...] = ()


def _method(verb: str, parts: re.Match[str]) -> Method | None:
    verb = "GET" if verb == "HEAD" else verb
    if parts["range"]:
        return METHODS.get((verb, "range", parts["action"] or ""))
    if parts["batch"]:
        return METHODS.get((verb, "values", parts["batch"]))
    return METHODS.get((verb, "spreadsheet", parts["book"] or ""))


def _get_book(call: Call) -> Json:
    # A mask that contains "data" also requests the grid data.
    with_data = call.options.get("includeGridData", "").lower() == "true" or "data" in call.options.get("fields", "")
    return describe(call.book, call.parameters.get("ranges", ()), with_data=with_data)


def _batch_update_book(call: Call) -> Json:
    response: Json = {"spreadsheetId": call.book.id, "replies": run(call.book, call.body)}
    if call.body.get("includeSpreadsheetInResponse"):
        ranges: Any = call.body.get("responseRanges") or ()
        with_data = bool(call.body.get("responseIncludeGridData"))
        response["updatedSpreadsheet"] = describe(call.book, ranges, with_data=with_data)
    return response


def _clear(call: Call) -> Json:
    return {"spreadsheetId": call.book.id, "clearedRange": values.clear(call.book, call.range)}


def _batch_clear(call: Call) -> Json:
    cleared = [values.clear(call.book, str(text)) for text in call.body.get("ranges") or []]
    return {"spreadsheetId": call.book.id, "clearedRanges": cleared}


def _write_method(write: Callable[[Book, str, Json, Mapping[str, Any]], Json], name: str) -> Method:
    """Return a method whose body is the field `data` of the request message."""
    return Method(
        lambda call: write(call.book, call.range, call.body, call.options),
        f"{name}Request",
        f"{name}Response",
        body="ValueRange",
        body_path=("data",),
    )


def _body_method(call: Callable[[Call], Json], name: str) -> Method:
    """Return a method whose body is the entire request message."""
    return Method(call, f"{name}Request", f"{name}Response", f"{name}Request")


METHODS: dict[tuple[str, str, str], Method] = {
    ("GET", "range", ""): Method(
        lambda call: values.get(call.book, call.range, call.options), "GetValuesRequest", "ValueRange"
    ),
    ("PUT", "range", ""): _write_method(values.update, "UpdateValues"),
    ("POST", "range", "append"): _write_method(values.append, "AppendValues"),
    ("POST", "range", "clear"): _body_method(_clear, "ClearValues"),
    ("GET", "values", "batchGet"): Method(
        lambda call: values.batch_get(call.book, call.parameters.get("ranges", ()), call.options),
        "BatchGetValuesRequest",
        "BatchGetValuesResponse",
    ),
    ("POST", "values", "batchUpdate"): _body_method(
        lambda call: values.batch_update(call.book, call.body), "BatchUpdateValues"
    ),
    ("POST", "values", "batchClear"): _body_method(_batch_clear, "BatchClearValues"),
    ("GET", "spreadsheet", ""): Method(_get_book, "GetSpreadsheetRequest", "Spreadsheet"),
    ("POST", "spreadsheet", "batchUpdate"): _body_method(_batch_update_book, "BatchUpdateSpreadsheet"),
}
