"""The endpoints under `/_sheets`: new spreadsheets, sharing, quota, tokens, and edits as made by a person.

They need no token and do not count toward the quota.
"""

from __future__ import annotations

from typing import Any

from awardspider.sandbox.controls import ControlError, parse_options
from awardspider.sandbox.services.sheets import values
from awardspider.sandbox.services.sheets.batch import run
from awardspider.sandbox.services.sheets.checking import check_body
from awardspider.sandbox.services.sheets.describe import describe
from awardspider.sandbox.services.sheets.errors import ApiError, Json
from awardspider.sandbox.services.sheets.grid import Book
from awardspider.sandbox.services.sheets.spreadsheets import Spreadsheets
from awardspider.sandbox.sites import SandboxRequest, SandboxResponse, json_response

LIMITS = ("reads", "writes", "project")


class Control:
    """The handler of requests under `/_sheets`."""

    def __init__(self, spreadsheets: Spreadsheets) -> None:
        self._spreadsheets = spreadsheets

    def handle(self, request: SandboxRequest) -> SandboxResponse:
        """Handle a request. Raise ControlError if it is invalid."""
        name, _, action = request.path.removeprefix("/_sheets").strip("/").partition("/")
        try:
            return json_response(self._result(request, name, action))
        except ApiError as error:
            raise ControlError(str(error)) from error

    def _result(self, request: SandboxRequest, name: str, action: str) -> Any:
        match request.method, name, action:
            case "DELETE", _, _:
                self._spreadsheets.reset()
                return {}
            case "POST", "", "":
                return self._create(request.body)
            case "POST", "quota", "":
                return self._set_quota(request.body)
            case "POST", "tokens", "":
                if _options(request.body, "revoke").get("revoke"):
                    self._spreadsheets.accounts.tokens.clear()
                return {"tokens": len(self._spreadsheets.accounts.tokens)}
            case "POST", _, _:
                return self._edit(self._book(name), action, request.body)
            case _, "", "":
                return [_summary(book) for book in self._spreadsheets.books.values()]
        book = self._book(name)
        if action == "values":
            return values.get(book, request.query.get("range", book.tabs[0].title), request.query)
        return describe(book, with_data=request.query.get("data") == "1")

    def _book(self, book_id: str) -> Book:
        if book_id not in self._spreadsheets.books:
            raise ControlError(f"unknown spreadsheet {book_id!r}")
        return self._spreadsheets.books[book_id]

    def _create(self, body: bytes) -> Json:
        options = _options(body, "title", "shared", "rows", "columns", "locale")
        rows, columns = options.get("rows", 1000), options.get("columns", 26)
        if not (isinstance(rows, int) and isinstance(columns, int) and rows > 0 and columns > 0):
            raise ControlError("rows and columns must be positive integers")
        title, shared = str(options.get("title", "Untitled spreadsheet")), bool(options.get("shared", True))
        book = self._spreadsheets.add(title, shared=shared, rows=rows, columns=columns)
        book.locale = str(options.get("locale", book.locale))
        return _summary(book)

    def _set_quota(self, body: bytes) -> Json:
        """Set requests per minute (`reads`, `writes`, `project`), turn the quota `on` or off, and reset the counts."""
        quota = self._spreadsheets.quota
        options = _options(body, *LIMITS, "on")
        for name in LIMITS:
            if not isinstance(options.get(name, 1), int):
                raise ControlError(f"{name}: expected an integer, got {options[name]!r}")
        quota.reset()
        for name in LIMITS:
            setattr(quota, name, options.get(name, getattr(quota, name)))
        quota.on = bool(options.get("on", True))
        return {"reads": quota.reads, "writes": quota.writes, "project": quota.project, "on": quota.on}

    def _edit(self, book: Book, action: str, body: bytes) -> Json:
        """Edit a spreadsheet as a person does."""
        copy = book.clone()
        response: Json = {}
        match action:
            case "":
                options = _options(body, "shared", "title", "locale")
                book.shared = bool(options.get("shared", book.shared))
                copy.title, copy.locale = options.get("title", book.title), options.get("locale", book.locale)
            case "batchUpdate":
                options = parse_options(body)
                check_body(options, "BatchUpdateSpreadsheetRequest")
                response = {"replies": run(copy, options)}
            case "values":
                options = _options(body, "range", "values", "valueInputOption", "majorDimension")
                input_option = {"valueInputOption": options.get("valueInputOption", "USER_ENTERED")}
                response = values.update(copy, str(options.get("range", "")), options, input_option)
            case _:
                raise ControlError(f"unknown action {action!r}; expected batchUpdate or values")
        book.replace_with(copy)
        return response or _summary(book)


def _options(body: bytes, *names: str) -> Json:
    return parse_options(body or b"{}", names)


def _summary(book: Book) -> Json:
    tabs = [tab.title for tab in book.tabs]
    return {"id": book.id, "title": book.title, "shared": book.shared, "tabs": tabs, "url": f"/sheets/{book.id}"}
