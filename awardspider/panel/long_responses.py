"""A limit of the long responses that are sent at once: each reads the database as long as it is sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from threading import BoundedSemaphore

from starlette.exceptions import HTTPException
from starlette.responses import StreamingResponse

#: The most files that are sent at once, for all visitors together.
MAX_AT_ONCE = 4

_free = BoundedSemaphore(MAX_AT_ONCE)


class GeneratedFile(StreamingResponse):
    """A response with a file whose blocks are made while it is sent; the first one is made before.

    So an error, such as that of a locked database, is raised while the response can still have its status. Raise
    HTTPException (503) if too many files are sent already.
    """

    def __init__(self, blocks: Iterable[bytes], file_name: str, media_type: str) -> None:
        if not _free.acquire(blocking=False):
            sentence = "Several files are being downloaded already. Try again in a minute."
            raise HTTPException(503, sentence, {"Retry-After": "60"})
        headers = {"Content-Disposition": f'attachment; filename="{file_name}"'}
        freeing = _Freeing(blocks)
        first = list(islice(freeing, 1))
        super().__init__(chain(first, freeing), media_type=media_type, headers=headers)


class _Freeing(Iterator[bytes]):
    """Blocks that free their place at the end, also if nobody reads them to the end."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = iter(blocks)
        self._is_free = False

    def __next__(self) -> bytes:
        try:
            return next(self._blocks)
        except BaseException:
            self._end()
            raise

    def __del__(self) -> None:
        self._end()

    def _end(self) -> None:
        if not self._is_free:
            self._is_free = True
            _free.release()
