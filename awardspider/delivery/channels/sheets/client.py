"""The wire to Google Sheets: gspread's client with time-outs, bounded retries and the sandbox's hosts.

What may be sent twice without harm is sent again on its own for at most two minutes; what may not (an append) only
where Google certainly did nothing.
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

from awardspider.delivery.channels.sheets.errors import SheetsError, retry_after, trouble_of

CONNECT_SECONDS, READ_SECONDS = 10.0, 60.0
MOST_SECONDS = 120.0  # for one call with all its tries: none begins later
MOST_TRIES = 8
_AGAIN = frozenset({429, 500, 502, 503, 504})

_JSON = {"Content-Type": "application/json"}


class SheetsClient(HTTPClient):
    """One spreadsheet through one service account; `calls` counts the calls of the API, tries included.

    Every method raises Trouble, with a sentence, where Google does not do it.
    """

    def __init__(
        self,
        spreadsheet: str,
        credentials: Credentials,
        *,
        sandbox_url: str = "",
        user_agent: str = "awardspider",
        timeout: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        session = requests.Session()
        session.headers["User-Agent"] = user_agent
        session.trust_env = not sandbox_url  # no proxy stands between us and our own machine
        # Not google-auth's own session: it asks hosts of its own in the background, which no sandbox has.
        super().__init__(credentials, session=session)
        self.set_timeout(timeout)
        self.spreadsheet = spreadsheet
        self.calls = 0
        self._credentials = credentials
        self._sandbox_url = sandbox_url.rstrip("/")
        self._sleep = sleep

    @property
    def account(self) -> str:
        """The address that the spreadsheet must be shared with."""
        return str(self._credentials.service_account_email)

    def close(self) -> None:
        """Close the connections."""
        self.session.close()

    # ---- what we ask -----------------------------------------------------------------------------------------------

    def about(self, fields: str) -> dict[str, Any]:
        """The spreadsheet without its cells, narrowed by a field mask."""
        params = {"includeGridData": "false", "fields": fields}
        return self._ask("get", SPREADSHEET_URL % self.spreadsheet, params=params)

    def read_columns(self, ranges: Sequence[str]) -> list[list[list[Any]]]:
        """For each range its columns, each a list of plain values from the top; trailing blanks are left out."""
        params: dict[str, Any] = {
            "ranges": list(ranges),
            "majorDimension": "COLUMNS",
            "valueRenderOption": "UNFORMATTED_VALUE",
            "dateTimeRenderOption": "SERIAL_NUMBER",
        }
        answer = self._ask("get", SPREADSHEET_VALUES_BATCH_URL % self.spreadsheet, params=params)
        return [each.get("values", []) for each in answer["valueRanges"]]

    def write_values(self, data: Sequence[bytes]) -> None:
        """Write values as they are, none parsed: `data` are ValueRange objects as JSON. May be repeated."""
        body = b'{"valueInputOption":"RAW","data":[' + b",".join(data) + b"]}"
        self._ask("post", SPREADSHEET_VALUES_BATCH_UPDATE_URL % self.spreadsheet, body=body)

    def change(self, requests: Sequence[bytes], *, repeatable: bool) -> dict[str, Any]:
        """Do all requests of spreadsheets.batchUpdate, as JSON, or none. `repeatable`: twice is as good as once."""
        body = b'{"requests":[' + b",".join(requests) + b"]}"
        url = SPREADSHEET_BATCH_UPDATE_URL % self.spreadsheet
        return self._ask("post", url, body=body, repeatable=repeatable)

    # ---- how we ask ------------------------------------------------------------------------------------------------

    def _ask(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: bytes | None = None,
        repeatable: bool = True,
    ) -> dict[str, Any]:
        tries = Retrying(
            sleep=self._sleep,
            stop=_too_late,
            wait=_wait,
            retry=retry_if_exception(partial(_worth_another_try, repeatable=repeatable)),
            reraise=True,
        )
        try:
            response = tries(self.request, method, url, params=dict(params or {}), data=body, headers=dict(_JSON))
            answer = orjson.loads(response.content)
        except (GSpreadException, requests.RequestException, GoogleAuthError, orjson.JSONDecodeError) as error:
            raise trouble_of(error, self.account, writing=method == "post") from error
        if not isinstance(answer, dict):
            raise trouble_of(ValueError("not an object"), self.account, writing=method == "post")
        return answer

    def request(self, method: str, endpoint: str, **options: Any) -> requests.Response:  # type: ignore[override]
        """One try of one call, as gspread's own; raises APIError for whatever is not 2xx.

        A token that Google takes for old is renewed once.
        """
        headers = options.pop("headers", None) or {}
        for renewed in (False, True):
            if renewed or not self._credentials.valid:
                self._credentials.refresh(partial(Request(self.session), timeout=READ_SECONDS))  # type: ignore[no-untyped-call]
            headers["Authorization"] = f"Bearer {self._credentials.token}"
            self.calls += 1
            try:
                return super().request(method, self._address(endpoint), headers=headers, **options)
            except APIError as error:
                if error.response.status_code != 401 or renewed:
                    raise
        raise AssertionError("the second round returns or raises")

    def _address(self, endpoint: str) -> str:
        if not self._sandbox_url:
            return endpoint
        parts = urlsplit(endpoint)
        return f"{self._sandbox_url}/{parts.netloc}{parts.path}"


_backoff = wait_random_exponential(multiplier=1, max=32)


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = retry_after(error.response) if isinstance(error, APIError) else None
    return _backoff(state) if asked is None else asked


def _too_late(state: RetryCallState) -> bool:
    """Whether there were tries enough, or the next one would begin after the time for one call is over."""
    begins = max(state.seconds_since_start or 0.0, state.idle_for) + state.upcoming_sleep
    return state.attempt_number >= MOST_TRIES or begins > MOST_SECONDS


def _worth_another_try(error: BaseException, *, repeatable: bool) -> bool:
    """Whether the same may be sent again at once: the trouble passes, and nothing can come of it twice."""
    if isinstance(error, APIError):
        status = error.response.status_code
        return status == 429 or (repeatable and status in _AGAIN)
    if isinstance(error, (requests.ConnectionError, requests.Timeout)):
        trouble: SheetsError = trouble_of(error, "", writing=True)
        return repeatable or not trouble.may_be_done
    return False
