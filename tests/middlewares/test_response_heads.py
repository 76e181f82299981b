"""The head of a response has a limited size, and each of its lines too."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.testing import StringTransportWithDisconnection
from twisted.web.client import Request
from twisted.web.http_headers import Headers

from awardspider.crawling.responses import HeadTooLarge
from awardspider.middlewares.response_heads import BoundedHeadFactory

STATUS = b"HTTP/1.1 200 OK\r\n"
END = b"Content-Length: 2\r\n\r\n{}"


def received(*parts: bytes) -> Any:
    """Return the result of a request whose response arrives in these parts."""
    results: list[Any] = []
    protocol = BoundedHeadFactory(lambda _: None, {}).buildProtocol(None)
    transport = StringTransportWithDisconnection()
    transport.protocol = protocol
    protocol.makeConnection(transport)
    request = Request(b"GET", b"/", Headers({b"host": [b"www.united.com"]}), None)
    protocol.request(request).addBoth(results.append)
    for part in parts:
        if not results:
            protocol.dataReceived(part)
    return results[0]


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


@pytest.mark.parametrize("size", [700, 16_384, 100_000])
@pytest.mark.parametrize(
    ("head", "message"),
    [
        (STATUS + b"X-Large: " + b"a" * 20_000 + b"\r\n" + END, "a header is larger than 16 KB"),
        (b"HTTP/1.1 200 " + b"O" * 20_000, "a header is larger than 16 KB"),
        (STATUS + b"X-Many: %s\r\n" % (b"a" * 1000) * 300, "the headers are larger than 256 KB"),
        (STATUS + b"X-Folded: a\r\n" + b" b\r\n" * 80_000, "the headers are larger than 256 KB"),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n" * 20_000, "the headers are larger than 256 KB"),
    ],
    ids=["header", "status", "many", "folded", "hints"],
)
def test_a_head_that_is_too_large_is_an_error(head: bytes, message: str, size: int) -> None:
    result = received(*pieces(head, size))
    assert isinstance(result.value, HeadTooLarge)
    assert str(result.value) == message


@pytest.mark.parametrize("size", [1, 700, 100_000])
def test_an_ordinary_head_and_a_large_body_are_none(size: int) -> None:
    head = STATUS + b"Content-Security-Policy: %s\r\n" % (b"a" * 15_000) + END
    assert received(*pieces(head, size)).code == 200
    assert received(*pieces(head + b"b" * 100_000, 100_000)).code == 200
