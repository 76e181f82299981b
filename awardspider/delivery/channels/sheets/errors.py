"""Google Sheets errors, converted into messages for people and reports for the outbox."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import requests
from google.auth.exceptions import GoogleAuthError, RefreshError
from gspread.exceptions import APIError

from awardspider.delivery.channels.base import DeliveryReport, retry, unknown
from awardspider.outcomes import AwardError

_API_LIBRARY = "https://console.cloud.google.com/apis/library/sheets.googleapis.com"
_QUOTA_WAIT_SECONDS = 60.0  # quotas are per minute (sinks.md, 4.5)
_NEW_KEY = "create a new JSON key, set AWARD_GOOGLE_CREDENTIALS to its file, and check this machine's clock"
_NO_PERMISSION = "does not have permission"
_RATE_LIMITS = frozenset({"RATE_LIMIT_EXCEEDED", "rateLimitExceeded", "userRateLimitExceeded"})
_API_DISABLED = frozenset({"SERVICE_DISABLED", "accessNotConfigured"})
# Parts of Google's messages for a write to a tab, row or column that someone removed after it was read.
_REMOVED = ("No grid with id", "exceeds grid limits", "Unable to parse range", "outside the grid", "out of bounds")


@dataclass(eq=False)
class SheetsError(AwardError):
    """A failed Google Sheets call. `message` states the reason and what to do."""

    message: str
    #: True if every call will fail until someone acts.
    pauses: bool = False
    #: True if Google may have applied the call despite the error.
    may_be_done: bool = False
    #: The delay before the next attempt, or None for the usual schedule.
    wait_seconds: float | None = None

    def __str__(self) -> str:
        return self.message

    def report(self) -> DeliveryReport:
        """Return the report for a message that failed with this error."""
        if self.may_be_done:
            return unknown(self.message)
        return retry(self.message, self.wait_seconds, pauses=self.pauses)


def sheets_error(error: Exception, account: str, *, writing: bool) -> SheetsError:
    """Convert an error from gspread, requests or google-auth. `account` is the service account's email address."""
    if isinstance(error, APIError):
        return _api_error(error, account, writing)
    if isinstance(error, RefreshError) and not error.retryable:
        return SheetsError(f"Google rejects the key of {account}: {_details(error)}; {_NEW_KEY}", pauses=True)
    if isinstance(error, GoogleAuthError):
        return SheetsError("Google's sign-in service is unavailable; awardspider will retry")
    if isinstance(error, requests.Timeout) and not isinstance(error, requests.ConnectTimeout):
        return SheetsError("Google Sheets did not respond in time", may_be_done=writing)
    if isinstance(error, requests.ConnectionError) and not _never_connected(error):
        return SheetsError("the connection to Google Sheets broke", may_be_done=writing)
    if isinstance(error, requests.ConnectionError):
        return SheetsError("Google Sheets is unreachable; awardspider will retry")
    return SheetsError("Google Sheets returned a response that is not valid JSON", may_be_done=writing)


def retry_after(response: requests.Response) -> float | None:
    """Return the delay from a Retry-After header in seconds, or None."""
    text = response.headers.get("Retry-After", "")
    return float(text) if re.fullmatch(r"\d{1,6}(\.\d+)?", text) else None


def _api_error(error: APIError, account: str, writing: bool) -> SheetsError:
    status = error.response.status_code
    message = str(error.error.get("message", ""))
    reasons = _reasons(error.error)
    if status == 429 or reasons & _RATE_LIMITS:
        wait = retry_after(error.response) or _QUOTA_WAIT_SECONDS
        return SheetsError("Google's quota of calls per minute is used up; awardspider will retry", wait_seconds=wait)
    if status >= 500 or status == 408:
        text = f"Google Sheets has an internal error (HTTP {status}); awardspider will retry"
        return SheetsError(text, may_be_done=writing, wait_seconds=retry_after(error.response))
    if reasons & _API_DISABLED or "has not been used in project" in message:
        return SheetsError(_api_disabled(error.error, message), pauses=True)
    if status == 400 and any(words in message for words in _REMOVED):
        return SheetsError("a tab, row or column was removed during the update; awardspider will retry")
    return SheetsError(_operator_message(status, message, account, writing), pauses=True)


def _operator_message(status: int, message: str, account: str, writing: bool) -> str:
    """Return the message for an error that only the operator can fix."""
    if status == 401:
        return f"Google rejects the token of {account}; {_NEW_KEY}"
    if status == 404:
        return "Google has no spreadsheet with this id; copy its address again"
    if status == 403 and message and _NO_PERMISSION not in message:
        return f"Google denies access: {message[:200]}"
    if status == 403:
        problem = "can only read this spreadsheet" if writing else "has no access to this spreadsheet"
        return f"{account} {problem}; share it with that address as Editor"
    if "above the limit of" in message and "cells" in message:
        return "the spreadsheet is full: Google allows 10 million cells in all its tabs"
    if "not supported for this document" in message:
        return "the file is not a Google spreadsheet; save it as Google Sheets (File menu) first"
    if "protected" in message:
        return f"a protected part of the sheet must be updated; allow {account} to edit it"
    return f"Google Sheets rejected a request (HTTP {status}): {message[:200] or 'no reason given'}"


def _details(error: RefreshError) -> str:
    """Return only Google's description of an error, because the complete error may contain the request."""
    details = error.args[1] if len(error.args) > 1 else None
    text = str(details.get("error_description") or details.get("error") or "") if isinstance(details, dict) else ""
    return text.rstrip(".")[:200] or "no reason given"


def _api_disabled(error: Any, message: str) -> str:
    metadata = [detail.get("metadata") for detail in _dicts(error.get("details"))]
    consumers = [str(data["consumer"]) for data in metadata if isinstance(data, dict) and data.get("consumer")]
    project = re.search(r"projects?[/ ]([\w-]+)", consumers[0] if consumers else message)
    link = f"{_API_LIBRARY}?project={project[1]}" if project else _API_LIBRARY
    return f"the Google Sheets API is disabled for the account's project; enable it at {link}, and wait a minute"


def _reasons(error: Any) -> set[str]:
    details = [*_dicts(error.get("details")), *_dicts(error.get("errors"))]
    return {str(detail["reason"]) for detail in details if "reason" in detail}


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _never_connected(error: requests.ConnectionError) -> bool:
    """Return True if the connection was never made (no DNS record, no route, or refused), so nothing was sent."""
    return any(name in repr(error) for name in ("NewConnectionError", "NameResolutionError", "ConnectTimeoutError"))
