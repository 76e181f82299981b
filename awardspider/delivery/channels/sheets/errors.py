"""What can go wrong between us and Google, as sentences for a person and as results for the outbox."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import requests
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
from gspread.exceptions import APIError

from awardspider.delivery.channels.base import Result, later, unknown
from awardspider.outcomes import AwardError

CONSOLE = "https://console.cloud.google.com/apis/library/sheets.googleapis.com"
QUOTA_WAIT_SECONDS = 60.0  # quotas are of a minute (sinks.md, 4.5)

_NO_RIGHT = "does not have permission"


@dataclass(eq=False)
class SheetsError(AwardError):
    """Google did not do it: `sentence` says why and what to do.

    `pauses` says that it will not do it until somebody does something; `may_be_done` that it may have done it all the
    same; `wait_seconds` is how long it wants to be left alone; `kind` a word for who must decide by it.
    """

    kind: str
    sentence: str
    pauses: bool = False
    may_be_done: bool = False
    wait_seconds: float | None = None

    def __str__(self) -> str:
        return self.sentence

    def result(self) -> Result:
        """What becomes of a message for it."""
        if self.may_be_done:
            return unknown(self.sentence)
        return later(self.sentence, self.wait_seconds, pauses=self.pauses)


def trouble_of(error: Exception, account: str, *, writing: bool) -> SheetsError:
    """The trouble behind an error of gspread, requests or google-auth. `account` is the service account's address."""
    if isinstance(error, APIError):
        return _of_answer(error, account, writing)
    if isinstance(error, RefreshError):
        return _of_token(error, account)
    if isinstance(error, (TransportError, GoogleAuthError)):
        return SheetsError("unreachable", "Google's sign-in cannot be reached from here; it is tried again later")
    if isinstance(error, requests.ConnectTimeout):
        return SheetsError("unreachable", "Google Sheets cannot be reached from here; it is tried again later")
    if isinstance(error, requests.Timeout):
        return SheetsError("time_out", "Google Sheets did not answer in time", may_be_done=writing)
    if isinstance(error, requests.ConnectionError) and not _never_connected(error):
        return SheetsError("cut", "the connection to Google Sheets was cut", may_be_done=writing)
    if isinstance(error, requests.ConnectionError):
        return SheetsError("unreachable", "Google Sheets cannot be reached from here; it is tried again later")
    return SheetsError("odd_answer", "Google Sheets gave an answer that is not JSON", may_be_done=writing)


def retry_after(response: requests.Response) -> float | None:
    """The seconds of a Retry-After header, where there is one."""
    text = response.headers.get("Retry-After", "")
    return float(text) if re.fullmatch(r"\d{1,6}(\.\d+)?", text) else None


def _of_answer(error: APIError, account: str, writing: bool) -> SheetsError:
    status = error.response.status_code
    message = str(error.error.get("message", ""))
    reasons = _reasons(error.error)
    if status == 429 or reasons & {"RATE_LIMIT_EXCEEDED", "rateLimitExceeded", "userRateLimitExceeded"}:
        wait = retry_after(error.response) or QUOTA_WAIT_SECONDS
        return SheetsError(
            "quota", "Google's quota of calls a minute is used up; it goes on in a while", wait_seconds=wait
        )
    if status >= 500 or status == 408:
        sentence = f"Google Sheets has trouble of its own (HTTP {status}); it is tried again later"
        return SheetsError("theirs", sentence, may_be_done=writing, wait_seconds=retry_after(error.response))
    if status == 401:
        return SheetsError("refused", f"Google refuses the token of {account}; {_NEW_KEY}", pauses=True)
    if status == 404:
        return SheetsError("no_such", "Google knows no spreadsheet of this id; copy its address again", pauses=True)
    if reasons & {"SERVICE_DISABLED", "accessNotConfigured"} or "has not been used in project" in message:
        return SheetsError("api_off", _api_off(error.error, message), pauses=True)
    if status == 403:
        return SheetsError("no_right", _no_right(message, account, writing), pauses=True)
    if "above the limit of" in message and "cells" in message:
        return SheetsError(
            "full", "the spreadsheet is full: Google allows 10 million cells in all its tabs", pauses=True
        )
    if "not supported for this document" in message:
        sentence = "this is a file of another program, not a Google sheet; save it as Google Sheets (File menu) first"
        return SheetsError("not_a_sheet", sentence, pauses=True)
    if "protected" in message:
        sentence = f"a part of the sheet that must be written is protected; allow {account} to edit it"
        return SheetsError("protected", sentence, pauses=True)
    if any(words in message for words in _MOVED):
        return SheetsError("moved", "a tab, row or column was removed in the moment of writing; it is tried again")
    sentence = f"Google Sheets did not understand (HTTP {status}): {message[:200] or 'it did not say what'}"
    return SheetsError("bad_request", sentence, pauses=True)


# What Google says where somebody removed between reading and writing what we write to.
_MOVED = ("No grid with id", "exceeds grid limits", "Unable to parse range", "outside the grid", "out of bounds")

_NEW_KEY = "make a new JSON key for it, put its file in AWARD_GOOGLE_CREDENTIALS, and check this machine's clock"


def _of_token(error: RefreshError, account: str) -> SheetsError:
    if error.retryable:
        return SheetsError("unreachable", "Google's sign-in has trouble of its own; it is tried again later")
    return SheetsError("refused", f"Google refuses the key of {account}: {_said(error)}; {_NEW_KEY}", pauses=True)


def _said(error: RefreshError) -> str:
    """Google's own words for it; never the whole error, which may hold what was sent."""
    about = error.args[1] if len(error.args) > 1 else None
    if isinstance(about, dict):
        words = str(about.get("error_description") or about.get("error") or "")
        return words.rstrip(".")[:200] or "it did not say why"
    return "it did not say why"


def _api_off(error: Any, message: str) -> str:
    project = next((str(each) for each in _metadata(error, "consumer")), "") or ""
    number = re.search(r"projects?[/ ]([\w-]+)", project or message)
    link = f"{CONSOLE}?project={number[1]}" if number else CONSOLE
    return f"the Google Sheets API is switched off for the account's project; switch it on at {link}, and wait a minute"


def _no_right(message: str, account: str, writing: bool) -> str:
    if message and _NO_RIGHT not in message:
        return f"Google does not allow it: {message[:200]}"
    if writing:
        return f"{account} may only read this spreadsheet; share it with that address as Editor"
    return f"this spreadsheet is not shared with {account}; share it with that address as Editor"


def _reasons(error: Any) -> set[str]:
    details = [*_dicts(error.get("details")), *_dicts(error.get("errors"))]
    return {str(each["reason"]) for each in details if "reason" in each}


def _metadata(error: Any, key: str) -> list[Any]:
    found = [each.get("metadata") for each in _dicts(error.get("details"))]
    return [each[key] for each in found if isinstance(each, dict) and key in each]


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _never_connected(error: requests.ConnectionError) -> bool:
    """Whether not a byte was sent: no name, no route, refused."""
    return any(word in repr(error) for word in ("NewConnectionError", "NameResolutionError", "ConnectTimeoutError"))
