"""A limit on the size of a response's head: the status line and the headers, including those of 1xx responses.

Twisted limits the length of a line but not their number, so headers that never end would fill the memory. It closes
the connection for a line that is too long, without an error that says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from scrapy.core.downloader.handlers.http11 import _LenientHTTP11ClientFactory, _LenientHTTP11ClientProtocol
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure

from awardspider.crawling.responses import HeadTooLarge

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred
    from twisted.internet.interfaces import IAddress
    from twisted.web.iweb import IResponse

#: Chromium has the same limit.
MAX_HEAD_BYTES = 256 * 1024
MAX_LINE_BYTES: int = LineReceiver.MAX_LENGTH

_Result = TypeVar("_Result")


class _BoundedHeadProtocol(_LenientHTTP11ClientProtocol):
    """Connection that is closed if the head of a response is larger than MAX_HEAD_BYTES."""

    _head_bytes = 0
    _line_bytes = 0
    _longest_line = 0
    _reads_head = False

    def request(self, request: Any) -> Deferred[IResponse]:
        """Send a request; the result fails with HeadTooLarge if the head of the response is too large."""
        self._head_bytes = self._line_bytes = self._longest_line = 0
        self._reads_head = True
        response = super().request(request)
        response.addBoth(self._end_head)
        return response

    def dataReceived(self, data: bytes) -> None:  # noqa: N802  # Twisted's name
        """Parse data, and count its bytes while it belongs to the head of a response."""
        if self._reads_head:
            self._measure_lines(data)
        super().dataReceived(data)  # type: ignore[no-untyped-call]
        if self._reads_head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                assert self.transport is not None
                self.transport.abortConnection()

    def _end_head(self, result: _Result) -> _Result | Failure:
        self._reads_head = False
        if isinstance(result, Failure) and self._longest_line > MAX_LINE_BYTES:
            return _failure(f"a header is larger than {MAX_LINE_BYTES // 1024} KB")
        if isinstance(result, Failure) and self._head_bytes > MAX_HEAD_BYTES:
            return _failure(f"the headers are larger than {MAX_HEAD_BYTES // 1024} KB")
        return result

    def _measure_lines(self, data: bytes) -> None:
        first, *others = map(len, data.split(b"\n"))
        self._longest_line = max(self._longest_line, self._line_bytes + first, *others)
        self._line_bytes = others[-1] if others else self._line_bytes + first


def _failure(message: str) -> Failure:
    return Failure(HeadTooLarge(message))  # type: ignore[no-untyped-call]


class BoundedHeadFactory(_LenientHTTP11ClientFactory):
    """Factory of connections with a limited size of heads."""

    def buildProtocol(self, addr: IAddress | None) -> _BoundedHeadProtocol:  # noqa: N802  # Twisted's name
        """Build a connection."""
        return _BoundedHeadProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]
