"""Reasons of responses that are not a program's own, and of failed requests."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from gzip import BadGzipFile

import pytest
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from awardspider.crawling.responses import (
    HeadTooLarge,
    ProgramStopped,
    RefusedByRobots,
    check,
    failed_request_error,
    retry_after,
)
from awardspider.outcomes import Reason, SearchFailed
from awardspider.spiders.united import UnitedSpider

ADDRESS = "https://www.united.com/api/flight/FetchFlights"
DENIED = (
    b"<HTML><HEAD><TITLE>Access Denied</TITLE></HEAD><BODY><H1>Access Denied</H1>"
    b"You don't have permission to access this server. Reference #18.2d351ab8.1557333295.a4e16ab</BODY></HTML>"
)
HTML = {"Content-Type": "text/html"}
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("status", "headers", "body", "reason"),
    [
        (403, HTML, DENIED, Reason.BLOCKED),
        (428, HTML, DENIED, Reason.BLOCKED),
        (403, HTML | {"cf-ray": "8f2c"}, b"<html>please wait</html>", Reason.BLOCKED),
        (999, {}, b"denied", Reason.UNEXPECTED_RESPONSE),
        (403, {}, b"AuthenticationSkipped", Reason.SIGN_IN_NEEDED),
        (403, JSON, b"{}", Reason.BLOCKED),
        (401, JSON, b"{}", Reason.SIGN_IN_NEEDED),
        (429, JSON, b"{}", Reason.RATE_LIMITED),
        (302, {"Location": "https://www.united.com/en/us/account/signin?x=1"}, b"", Reason.SIGN_IN_NEEDED),
        (302, {"Location": "/en/us/somewhere"}, b"", Reason.UNEXPECTED_RESPONSE),
        (200, HTML, b"<html><title>Just a moment...</title></html>", Reason.BLOCKED),
        (200, HTML, b"<html><title>Sign in | United</title></html>", Reason.SIGN_IN_NEEDED),
        (200, HTML, b"<html>You must be signed-in to see flight results with miles.</html>", Reason.SIGN_IN_NEEDED),
        (200, HTML, b"<html>united.com was unable to complete your request</html>", Reason.BLOCKED),
        (200, HTML, b"<html>Welcome aboard</html>", Reason.UNEXPECTED_RESPONSE),
        (200, JSON, b"<!DOCTYPE html><html>hello</html>", Reason.UNEXPECTED_RESPONSE),
        (200, JSON, b"  ", Reason.UNEXPECTED_RESPONSE),
        (204, JSON, b"", Reason.UNEXPECTED_RESPONSE),
        (400, JSON, b"{}", Reason.BAD_REQUEST),
        (404, JSON, b"{}", Reason.UNEXPECTED_RESPONSE),
        (500, JSON, b"{}", Reason.UNREACHABLE),
        (503, HTML, DENIED, Reason.UNREACHABLE),
    ],
)
def test_reason_of_a_response(status: int, headers: dict[str, str], body: bytes, reason: Reason) -> None:
    with pytest.raises(SearchFailed) as raised:
        check(Response(ADDRESS, status=status, headers=headers, body=body), UnitedSpider.block_patterns)
    assert raised.value.reason is reason
    assert "x=1" not in raised.value.note


def test_json_is_parsed_whatever_its_texts() -> None:
    check(Response(ADDRESS, headers=JSON, body=b'{"data": "captcha"}'), UnitedSpider.block_patterns)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (CannotResolveHostError("no such host"), Reason.UNREACHABLE),
        (DownloadTimeoutError("60 s"), Reason.UNREACHABLE),
        (TimeoutError(), Reason.UNREACHABLE),
        (ConnectionResetError("reset"), Reason.UNREACHABLE),
        (DownloadCancelledError(""), Reason.UNEXPECTED_RESPONSE),
        (RefusedByRobots("no"), Reason.REFUSED_BY_ROBOTS),
        (ProgramStopped(SearchFailed(Reason.BLOCKED)), Reason.BLOCKED),
    ],
)
def test_reason_of_a_request_without_response(error: Exception, reason: Reason) -> None:
    assert failed_request_error(Failure(error)).reason is reason


@pytest.mark.parametrize(
    ("error", "note"),
    [
        (DownloadCancelledError(""), "the response is too large"),
        (IgnoreRequest("Ignored response because its body exceeded DOWNLOAD_MAXSIZE"), "the response is too large"),
        (IgnoreRequest("max redirections reached"), "too many redirects"),
        (HttpError(Response(ADDRESS, status=302), ""), "HTTP 302 to no address"),
        (HttpError(Response(ADDRESS, status=304), ""), "HTTP 304 to no address"),
        (ValueError("Invalid IPv6 URL"), "redirected to an invalid URL: Invalid IPv6 URL"),
        (BadGzipFile("Not a gzipped file (b'he')"), "the response cannot be decompressed"),
        (zlib.error("Error -3"), "the response cannot be decompressed"),
        (HeadTooLarge("a header is larger than 16 KB"), "a header is larger than 16 KB"),
        (
            DownloadFailedError("[<twisted.python.failure.Failure twisted.internet.error.ConnectionDone>]"),
            "the connection ended before the response was complete",
        ),
        (ResponseDataLossError(), "the connection ended before the response was complete"),
    ],
)
def test_note_of_a_request_without_response(error: Exception, note: str) -> None:
    assert failed_request_error(Failure(error)).note == note


def test_retry_after_is_a_number_or_a_date() -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=120), usegmt=True)
    assert retry_after(Response(ADDRESS, headers={"Retry-After": "7"})) == 7
    assert 60 < (retry_after(Response(ADDRESS, headers={"Retry-After": later})) or 0) <= 120
    assert retry_after(Response(ADDRESS, headers={"Retry-After": "soon"})) is None
    assert retry_after(Response(ADDRESS)) is None


# ---- statuses with another meaning at a program ---------------------------------------------------------------------


def response_with(body: bytes, status: int) -> Response:
    return Response(ADDRESS, status=status, body=body)


def test_a_program_can_have_another_reason_for_a_status() -> None:
    with pytest.raises(SearchFailed) as raised:
        check(response_with(b'{"message": "later"}', 400), (), status_reasons={400: Reason.UNREACHABLE})
    assert raised.value.reason is Reason.UNREACHABLE


def test_a_program_can_have_other_readable_statuses() -> None:
    check(response_with(b'{"message": "no flights"}', 404), (), readable_statuses=(404,))


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b"", 404, Reason.UNEXPECTED_RESPONSE),
        (b"<html><title>Access Denied</title></html>", 404, Reason.BLOCKED),
        (b'{"message": "captcha needed"}', 404, Reason.BLOCKED),
        (b'{"message": "no flights"}', 400, Reason.BAD_REQUEST),
    ],
)
def test_a_readable_status_needs_a_body_without_block_patterns(body: bytes, status: int, reason: Reason) -> None:
    with pytest.raises(SearchFailed) as raised:
        check(response_with(body, status=status), (), readable_statuses=(404,))
    assert raised.value.reason is reason
