"""The HTTP client for Google Sheets: gspread's client with timeouts, bounded retries and sandbox support.

A call that is safe to repeat is retried for up to two minutes. A call that is not, because it adds or deletes rows, is
retried only if the error shows that Google did not apply it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import orjson
import requests
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request
from google.oauth2.service_account import Credentials
from gspread.exceptions import APIError, GSpreadException
from gspread.http_client import HTTPClient
from gspread.urls import (
    SPREADSHEET_BATCH_UPDATE_URL,
    SPREADSHEET_URL,
    SPREADSHEET_VALUES_BATCH_UPDATE_URL,
    SPREADSHEET_VALUES_BATCH_URL,
)
from tenacity import RetryCallState, Retrying, retry_if_exception
from tenacity.wait import wait_random_exponential

from awardspider.delivery.channels.sheets.errors import retry_after, sheets_error

_CONNECT_SECONDS, _READ_SECONDS = 10.0, 60.0
_MAX_SECONDS = 120.0  # no attempt begins later than this
_MAX_ATTEMPTS = 8
_RETRIED_STATUSES = frozenset({429, 500, 502, 503, 504})


class SheetsClient(HTTPClient):
    """A client for one spreadsheet and one service account. `calls` counts every attempt of every API call.

    Every method raises SheetsError if a call fails.
    """

    def __init__(
        self,
        spreadsheet: str,
        credentials: Credentials,
        *,
        sandbox_url: str = "",
        user_agent: str = "awardspider",
        timeout: tuple[float, float] = (_CONNECT_SECONDS, _READ_SECONDS),
        sleep: Callable[[float], None] = time.sleep,
        max_attempts: int = _MAX_ATTEMPTS,
    ) -> None:
        session = requests.Session()
        session.headers["User-Agent"] = user_agent
        session.trust_env = not sandbox_url  # no proxy for the local sandbox
        # Do not use google-auth's session, which contacts other hosts in the background.
        super().__init__(credentials, session=session)
        self.set_timeout(timeout)
        self.spreadsheet = spreadsheet
        self.calls = 0
        self._credentials = credentials
        self._sandbox_url = sandbox_url.rstrip("/")
        self._sleep = sleep
        self._max_attempts = max_attempts

    @property
    def account(self) -> str:
        """The email address that the spreadsheet must be shared with."""
        return str(self._credentials.service_account_email)

    def close(self) -> None:
        """Close the connections."""
        self.session.close()

    # ---- API calls -------------------------------------------------------------------------------------------------

    def get_spreadsheet(self, fields: str) -> dict[str, Any]:
        """Return the spreadsheet's properties selected by a field mask, without cell contents."""
        params = {"includeGridData": "false", "fields": fields}
        return self._call("get", SPREADSHEET_URL % self.spreadsheet, params=params)

    def read_columns(self, ranges: Sequence[str]) -> list[list[list[Any]]]:
        """Return the columns of each range as unformatted values, top to bottom, without trailing blanks."""
        params: dict[str, Any] = {
            "ranges": list(ranges),
            "majorDimension": "COLUMNS",
            "valueRenderOption": "UNFORMATTED_VALUE",
            "dateTimeRenderOption": "SERIAL_NUMBER",
        }
        response = self._call("get", SPREADSHEET_VALUES_BATCH_URL % self.spreadsheet, params=params)
        return [value_range.get("values", []) for value_range in response["valueRanges"]]

    def update_values(self, data: Sequence[bytes]) -> None:
        """Write values unparsed. `data` contains ValueRange objects as JSON. Repeating the call is safe."""
        body = b'{"valueInputOption":"RAW","data":[' + b",".join(data) + b"]}"
        self._call("post", SPREADSHEET_VALUES_BATCH_UPDATE_URL % self.spreadsheet, body=body)

    def send_batch_update(self, requests: Sequence[bytes], *, repeatable: bool) -> dict[str, Any]:
        """Apply all of the spreadsheets.batchUpdate requests (as JSON), or none.

        `repeatable` is True if repeating the call is safe.
        """
        body = b'{"requests":[' + b",".join(requests) + b"]}"
        url = SPREADSHEET_BATCH_UPDATE_URL % self.spreadsheet
        return self._call("post", url, body=body, repeatable=repeatable)

    # ---- HTTP --------------------------------------------------------------------------------------------------------

    def _call(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: bytes | None = None,
        repeatable: bool = True,
    ) -> dict[str, Any]:
        attempts = Retrying(
            sleep=self._sleep,
            stop=self._must_stop,
            wait=_wait,
            retry=retry_if_exception(partial(_may_retry, repeatable=repeatable)),
            reraise=True,
        )
        headers = {"Content-Type": "application/json"}
        try:
            response = attempts(self.request, method, url, params=dict(params or {}), data=body, headers=headers)
            decoded = orjson.loads(response.content)
            if not isinstance(decoded, dict):
                raise ValueError("not an object")
        except (GSpreadException, requests.RequestException, GoogleAuthError, ValueError) as error:
            raise sheets_error(error, self.account, writing=method == "post") from error
        return decoded

    def _must_stop(self, state: RetryCallState) -> bool:
        """Return True after the last attempt, or if the next one would begin later than _MAX_SECONDS."""
        begins = max(state.seconds_since_start or 0.0, state.idle_for) + state.upcoming_sleep
        return state.attempt_number >= self._max_attempts or begins > _MAX_SECONDS

    def request(self, method: str, endpoint: str, **options: Any) -> requests.Response:  # type: ignore[override]
        """Make one attempt at a call, like the gspread method. Raise APIError for an error status.

        If Google rejects the token, renew it and try once more.
        """
        headers = options.pop("headers", None) or {}
        for renewed in (False, True):
            if renewed or not self._credentials.valid:
                self._credentials.refresh(partial(Request(self.session), timeout=_READ_SECONDS))  # type: ignore[no-untyped-call]
            headers["Authorization"] = f"Bearer {self._credentials.token}"
            self.calls += 1
            try:
                return super().request(method, self._url(endpoint), headers=headers, **options)
            except APIError as error:
                if error.response.status_code != 401 or renewed:
                    raise
        raise AssertionError("the second round returns or raises")

    def _url(self, endpoint: str) -> str:
        if not self._sandbox_url:
            return endpoint
        url = urlsplit(endpoint)
        return f"{self._sandbox_url}/{url.netloc}{url.path}"


_backoff = wait_random_exponential(multiplier=1, max=32)


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    requested = retry_after(error.response) if isinstance(error, APIError) else None
    return _backoff(state) if requested is None else requested


def _may_retry(error: BaseException, *, repeatable: bool) -> bool:
    """Return True if the error is temporary and a retry cannot apply the call twice."""
    if isinstance(error, APIError):
        status = error.response.status_code
        return status == 429 or (repeatable and status in _RETRIED_STATUSES)
    if isinstance(error, (requests.ConnectionError, requests.Timeout)):
        return repeatable or not sheets_error(error, "", writing=True).may_be_done
    return False
