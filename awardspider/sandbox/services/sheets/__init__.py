"""A simulated Google Sheets: API v4, the token endpoint for service accounts, part of Drive, and web pages.

It follows the API reference and recorded requests and responses of clients. It makes these guesses:

- The wording of errors that no source quotes, such as the error for an unknown field in a `batchUpdate` mask.
- A query parameter exists if the request message has a field with the same name.
- `append` copies the formats of a table's last row to inserted rows, and fails if the values are wider than the grid.
- Reading a range that extends beyond the grid fails.
"""

from __future__ import annotations

from functools import partial

from awardspider.sandbox.services.service import Service
from awardspider.sandbox.services.sheets.accounts import token_error
from awardspider.sandbox.services.sheets.api import DRIVE_HOST, SHEETS_HOST, TOKEN_HOST, SheetsApi
from awardspider.sandbox.services.sheets.control import Control
from awardspider.sandbox.services.sheets.errors import (
    error_response,
    not_shared,
    not_simulated,
    quota_exceeded,
    service_disabled,
    storage_full,
)
from awardspider.sandbox.services.sheets.page import list_page, sheet_page
from awardspider.sandbox.services.sheets.spreadsheets import DEMO_ID, Spreadsheets
from awardspider.sandbox.sites import Kind, Refusal, Route, SandboxRequest, SandboxResponse, Site


def sheet_service() -> Service:
    """Build the service with its demo spreadsheet."""
    spreadsheets = Spreadsheets()
    sheets, control = SheetsApi(spreadsheets), Control(spreadsheets)
    api = Site(
        key="sheets",
        name="Google Sheets API",
        hosts=(SHEETS_HOST,),
        routes=(
            Route("POST", "/v4/spreadsheets", Kind.SERVICE, sheets.handle),
            *(Route(method, "/v4/spreadsheets/**", Kind.SERVICE, sheets.handle) for method in ("GET", "POST", "PUT")),
        ),
        refusals=(
            _refusal("api_disabled", "sign_in_needed", service_disabled().response()),
            _refusal("not_shared", "sign_in_needed", not_shared().response()),
            _refusal("storage_full", "blocked", storage_full()),
            _refusal("read_quota", "rate_limited", quota_exceeded("read").response()),
            _refusal("write_quota", "rate_limited", quota_exceeded("write").response()),
        ),
        error_response=error_response,
        fallback=_not_simulated,
    )
    tokens = Site(
        key="google_tokens",
        name="Google's token endpoint",
        hosts=(TOKEN_HOST,),
        routes=(Route("POST", "/token", Kind.SERVICE, sheets.token),),
        refusals=(
            _refusal("no_such_account", "sign_in_needed", token_error("Invalid grant: account not found")),
            _refusal("bad_signature", "sign_in_needed", token_error("Invalid JWT Signature.")),
        ),
        fallback=_not_simulated,
    )
    drive = Site(
        key="google_drive",
        name="Google Drive",
        hosts=(DRIVE_HOST,),
        routes=(
            Route("GET", "/drive/v3/files", Kind.SERVICE, sheets.list_files),
            Route("POST", "/drive/v3/files", Kind.SERVICE, sheets.create_file),
            Route("GET", "/drive/v3/files/*", Kind.SERVICE, sheets.get_file),
        ),
        error_response=error_response,
        fallback=_not_simulated,
    )
    return Service(
        name="Google Sheets",
        about="The Sheets API with a spreadsheet that any service account may edit.",
        sites=(api, tokens, drive),
        own_routes=(
            Route("GET", "/sheets", Kind.PAGE, lambda _: list_page(spreadsheets)),
            Route("GET", "/sheets/*", Kind.PAGE, partial(sheet_page, spreadsheets)),
            *(Route(method, "/_sheets", Kind.OTHER, control.handle) for method in ("GET", "POST", "DELETE")),
            *(Route(method, "/_sheets/**", Kind.OTHER, control.handle) for method in ("GET", "POST")),
        ),
        links=(
            (f"The spreadsheet {spreadsheets.books[DEMO_ID].title}", f"/sheets/{DEMO_ID}"),
            ("All spreadsheets", "/sheets"),
        ),
    )


def _not_simulated(request: SandboxRequest) -> SandboxResponse:
    return not_simulated(request).response()


def _refusal(name: str, reason: str, response: SandboxResponse) -> Refusal:
    return Refusal(name=name, reason=reason, handler=lambda _: response)
