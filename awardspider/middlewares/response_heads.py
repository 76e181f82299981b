"""A limit on the size of a response's head: the status line and the headers, including those of 1xx responses.

Twisted limits the length of a line but not their number, so headers that never end would fill the memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from scrapy.core.downloader.handlers.http11 import _LenientHTTP11ClientFactory, _LenientHTTP11ClientProtocol
from scrapy.exceptions import DownloadCancelledError
from twisted.python.failure import Failure

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred
    from twisted.internet.interfaces import IAddress
    from twisted.web.iweb import IResponse

#: Chromium has the same limit.
MAX_HEAD_BYTES = 256 * 1024

_Result = TypeVar("_Result")


class _BoundedHeadProtocol(_LenientHTTP11ClientProtocol):
    """Connection that is closed if the head of a response is larger than MAX_HEAD_BYTES."""

    _head_bytes = 0
    _reads_head = False

    def request(self, request: Any) -> Deferred[IResponse]:
        """Send a request; the result fails with DownloadCancelledError if the head of the response is too large."""
        self._head_bytes, self._reads_head = 0, True
        response = super().request(request)
        response.addBoth(self._end_head)
        return response

    def dataReceived(self, data: bytes) -> None:  # noqa: N802  # Twisted's name
        """Parse data, and count its bytes while it belongs to the head of a response."""
        super().dataReceived(data)  # type: ignore[no-untyped-call]
        if self._reads_head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                assert self.transport is not None
                self.transport.abortConnection()

    def _end_head(self, result: _Result) -> _Result | Failure:
        self._reads_head = False
        if isinstance(result, Failure) and self._head_bytes > MAX_HEAD_BYTES:
            error = DownloadCancelledError(f"the headers are larger than {MAX_HEAD_BYTES // 1024} KB")
            return Failure(error)  # type: ignore[no-untyped-call]
        return result


class BoundedHeadFactory(_LenientHTTP11ClientFactory):
    """Factory of connections with a limited size of heads."""

    def buildProtocol(self, addr: IAddress | None) -> _BoundedHeadProtocol:  # noqa: N802  # Twisted's name
        """Build a connection."""
        return _BoundedHeadProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]
