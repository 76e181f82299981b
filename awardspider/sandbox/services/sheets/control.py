"""What tests and people do to spreadsheets past the API: new ones, sharing, quota, tokens, a person's own edits."""

from __future__ import annotations

from typing import Any

import orjson

from awardspider.sandbox.services.sheets import values
from awardspider.sandbox.services.sheets.batch import run
from awardspider.sandbox.services.sheets.checking import check_body
from awardspider.sandbox.services.sheets.describe import described
from awardspider.sandbox.services.sheets.errors import ApiError, Json
from awardspider.sandbox.services.sheets.grid import Book
from awardspider.sandbox.services.sheets.spreadsheets import Spreadsheets
from awardspider.sandbox.sites import SandboxRequest, SandboxResponse, json_response


class BadOrder(ValueError):
    """A control that cannot be; its text says why."""


class Control:
    """Everything below `/_sheets`. No token is asked for, and nothing counts toward the quota."""

    def __init__(self, spreadsheets: Spreadsheets) -> None:
        self._spreadsheets = spreadsheets

    def answer(self, request: SandboxRequest) -> SandboxResponse:
        try:
            return json_response(self._done(request))
        except (ApiError, BadOrder) as error:
            return json_response({"error": str(error)}, 400)

    def _done(self, request: SandboxRequest) -> Any:
        path = request.path.removeprefix("/_sheets").strip("/")
        name, _, act = path.partition("/")
        if request.method == "DELETE":
            self._spreadsheets.reset()
            return {}
        if request.method != "POST":
            return self._read(name, act, request) if path else [_about(book) for book in self._spreadsheets.books.values()]
        order = _order(request.body)
        match name, act:
            case "", "":
                return self._new(order)
            case "quota", "":
                return self._set_quota(order)
            case "tokens", "":
                _known(order, "revoke")
                if order.get("revoke"):
                    self._spreadsheets.accounts.tokens.clear()
                return {"tokens": len(self._spreadsheets.accounts.tokens)}
        return self._edit(self._book(name), act, order)

    def _book(self, number: str) -> Book:
        if number not in self._spreadsheets.books:
            raise BadOrder(f"There is no spreadsheet {number}.")
        return self._spreadsheets.books[number]

    def _read(self, name: str, act: str, request: SandboxRequest) -> Any:
        book = self._book(name)
        if act == "values":
            return values.get(book, request.query.get("range", book.tabs[0].title), request.query)
        return described(book, with_data=request.query.get("data") == "1")

    def _new(self, order: Json) -> Json:
        _known(order, "title", "shared", "rows", "columns", "locale")
        rows, columns = order.get("rows", 1000), order.get("columns", 26)
        if not (isinstance(rows, int) and isinstance(columns, int) and rows > 0 and columns > 0):
            raise BadOrder("rows and columns must be whole numbers from 1.")
        book = self._spreadsheets.add(
            str(order.get("title", "Untitled spreadsheet")),
            shared=bool(order.get("shared", True)),
            rows=rows,
            columns=columns,
        )
        book.locale = str(order.get("locale", book.locale))
        return _about(book)

    def _set_quota(self, order: Json) -> Json:
        """`reads`, `writes`, `project`: requests a minute; `on`. What was counted is forgotten."""
        quota = self._spreadsheets.quota
        _known(order, "reads", "writes", "project", "on")
        for name in ("reads", "writes", "project"):
            if not isinstance(order.get(name, 1), int):
                raise BadOrder(f"{name} must be a whole number.")
        quota.reset()
        for name in ("reads", "writes", "project"):
            setattr(quota, name, order.get(name, getattr(quota, name)))
        quota.on = bool(order.get("on", True))
        return {"reads": quota.reads, "writes": quota.writes, "project": quota.project, "on": quota.on}

    def _edit(self, book: Book, act: str, order: Json) -> Json:
        """A person's hand on a spreadsheet."""
        copy = book.clone()
        answer: Json = {}
        match act:
            case "":
                _known(order, "shared", "title", "locale")
                book.shared = bool(order.get("shared", book.shared))
                copy.title, copy.locale = order.get("title", book.title), order.get("locale", book.locale)
                book.take(copy)
                return _about(book)
            case "batchUpdate":
                check_body(order, "BatchUpdateSpreadsheetRequest")
                answer = {"replies": run(copy, order)}
            case "values":
                _known(order, "range", "values", "valueInputOption", "majorDimension")
                options = {"valueInputOption": order.get("valueInputOption", "USER_ENTERED")}
                answer = values.update(copy, str(order.get("range", "")), order, options)
            case _:
                raise BadOrder(f"{act}: no such thing to do to a spreadsheet.")
        book.take(copy)
        return answer


def _order(body: bytes) -> Json:
    try:
        order = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError:
        order = None
    if not isinstance(order, dict):
        raise BadOrder("The body must be a JSON object.")
    return order


def _known(order: Json, *names: str) -> None:
    unknown = [name for name in order if name not in names]
    if unknown:
        raise BadOrder(f"{', '.join(unknown)}: no such option.")


def _about(book: Book) -> Json:
    tabs = [tab.title for tab in book.tabs]
    return {"id": book.id, "title": book.title, "shared": book.shared, "tabs": tabs, "url": f"/sheets/{book.id}"}
