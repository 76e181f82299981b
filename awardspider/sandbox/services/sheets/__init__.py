"""Google Sheets: the API v4, the token endpoint for service accounts, the little of Drive that clients call, and pages.

Written from the API's reference and what clients were seen to send and get. Our guesses: the wording of refusals that
nobody quotes, among them that of an unknown field in a mask of `batchUpdate`; that a parameter is known wherever the
request has a field of its name; that a table's last row lends its looks to rows that `append` inserts; that an append
wider than the grid is refused; that a range which ends beyond the grid is refused also when it is only read.
"""

from __future__ import annotations

from awardspider.sandbox.services.service import Service
from awardspider.sandbox.services.sheets.accounts import bad_signature, no_such_account
from awardspider.sandbox.services.sheets.api import DRIVE_HOST, SHEETS_HOST, TOKEN_HOST, Sheets
from awardspider.sandbox.services.sheets.control import Control
from awardspider.sandbox.services.sheets.errors import (
    error_response,
    not_shared,
    quota_exceeded,
    service_disabled,
    storage_full,
)
from awardspider.sandbox.services.sheets.page import list_page, sheet_page
from awardspider.sandbox.services.sheets.spreadsheets import DEMO_ID, Spreadsheets
from awardspider.sandbox.sites import Kind, Refusal, Route, Site


def sheet_service() -> Service:
    """A fresh service with its demo spreadsheet."""
    spreadsheets = Spreadsheets()
    sheets, control = Sheets(spreadsheets), Control(spreadsheets)
    any_way = ("GET", "POST", "PUT")
    api = Site(
        key="sheets",
        name="Google Sheets API",
        hosts=(SHEETS_HOST,),
        routes=(
            Route("POST", "/v4/spreadsheets", Kind.SERVICE, sheets.answer),
            *(Route(method, "/v4/spreadsheets/**", Kind.SERVICE, sheets.answer) for method in any_way),
        ),
        refusals=(
            Refusal(name="api_disabled", reason="sign_in_needed", handler=lambda _: service_disabled().answer()),
            Refusal(name="not_shared", reason="sign_in_needed", handler=lambda _: not_shared().answer()),
            Refusal(name="storage_full", reason="blocked", handler=lambda _: storage_full()),
            Refusal(name="read_quota", reason="rate_limited", handler=lambda _: quota_exceeded("read").answer()),
            Refusal(name="write_quota", reason="rate_limited", handler=lambda _: quota_exceeded("write").answer()),
        ),
        error_response=error_response,
    )
    tokens = Site(
        key="google_tokens",
        name="Google's token endpoint",
        hosts=(TOKEN_HOST,),
        routes=(Route("POST", "/token", Kind.SERVICE, sheets.token),),
        refusals=(
            Refusal(name="no_such_account", reason="sign_in_needed", handler=no_such_account),
            Refusal(name="bad_signature", reason="sign_in_needed", handler=bad_signature),
        ),
    )
    drive = Site(
        key="google_drive",
        name="Google Drive",
        hosts=(DRIVE_HOST,),
        routes=(
            Route("GET", "/drive/v3/files", Kind.SERVICE, sheets.files),
            Route("POST", "/drive/v3/files", Kind.SERVICE, sheets.new_file),
            Route("GET", "/drive/v3/files/*", Kind.SERVICE, sheets.file),
        ),
        error_response=error_response,
    )
    own = (
        Route("GET", "/sheets", Kind.PAGE, lambda _: list_page(spreadsheets)),
        Route("GET", "/sheets/*", Kind.PAGE, lambda request: sheet_page(spreadsheets, request)),
        *(Route(method, "/_sheets", Kind.OTHER, control.answer) for method in ("GET", "POST", "DELETE")),
        *(Route(method, "/_sheets/**", Kind.OTHER, control.answer) for method in ("GET", "POST")),
    )
    return Service(
        name="Google Sheets",
        about="The Sheets API with a spreadsheet to write to; any service account may edit it.",
        sites=(api, tokens, drive),
        own=own,
        links=(
            (f"The spreadsheet {spreadsheets.books[DEMO_ID].title}", f"/sheets/{DEMO_ID}"),
            ("All spreadsheets", "/sheets"),
        ),
    )
