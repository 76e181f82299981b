"""Storage of feeds in files (`-O offers.csv`): a crawl that failed leaves the file of an earlier crawl as it was."""

from __future__ import annotations

import errno
import io
import logging
import os
import secrets
import shutil
import tempfile
from typing import IO, TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit
from urllib.request import url2pathname

from scrapy import signals

from awardspider.environment import expand_path
from awardspider.outcomes import InvalidArgument
from awardspider.storage.finish_reasons import has_failed

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Spider
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)


class _File(io.FileIO):
    """A file that ignores what is written after an error, such as a full disk, so that the crawl goes on."""

    error: str | None = None

    def write(self, data: Any, /) -> int:
        """Write some bytes, or keep the first error."""
        if self.error is None:
            try:
                return super().write(data)
            except OSError as error:
                self.error = error.strerror
        return memoryview(data).nbytes


class FileStorage:
    """A file that is appended to (`-o`), or replaced at the end of a crawl that did not fail (`-O`)."""

    def __init__(self, uri: str, crawler: Crawler, *, overwrite: bool) -> None:
        path = expand_path(url2pathname(urlsplit(uri).path) if uri.startswith("file:") else uri)
        self._path = path.resolve() if path.is_symlink() else path
        # A device or a pipe, such as /dev/stdout, cannot be replaced.
        self._replaces = overwrite and (self._path.is_file() or not self._path.exists())
        self._part = self._path.with_name(f".{self._path.name}.{secrets.token_hex(4)}.part")
        self._mode = "wb" if overwrite else "ab"
        self._is_complete = False
        self._crawler = crawler
        if "%" not in uri:  # the name is complete: Scrapy replaces %(time)s and the like when the crawl begins
            self._check()
        if self._replaces:
            crawler.signals.connect(self._finish, signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler, uri: str, *, feed_options: dict[str, Any] | None = None) -> Self:
        """Create the storage of a feed."""
        return cls(uri, crawler, overwrite=bool((feed_options or {}).get("overwrite")))

    def _check(self) -> None:
        """Raise InvalidArgument, before the first request, if the file cannot be written."""
        try:
            if self._path.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            if self._path.exists() and not os.access(self._path, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            if self._replaces or not self._path.exists():
                self._path.parent.mkdir(parents=True, exist_ok=True)
                tempfile.TemporaryFile(dir=self._path.parent).close()
        except OSError as error:
            raise InvalidArgument(f"{self._path} cannot be written: {error.strerror}") from None

    def open(self, spider: Spider) -> IO[bytes]:
        """Open the file that the crawl writes."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = _File(self._part if self._replaces else self._path, self._mode)
        return cast("IO[bytes]", io.BufferedWriter(self._file))

    def store(self, file: IO[bytes]) -> None:
        """Close the file."""
        file.close()
        self._is_complete = self._file.error is None
        if self._file.error and self._replaces:
            logger.error("%s could not be replaced: %s", self._path, self._file.error)
        elif self._file.error:
            logger.error("%s is incomplete: %s", self._path, self._file.error)

    def _finish(self) -> None:
        """Replace the old file, or keep it if the crawl failed."""
        stats = self._crawler.stats
        reason = stats.get_value("award/failed_run") or stats.get_value("finish_reason") or ""
        try:
            if has_failed(reason):
                if self._path.exists():
                    logger.warning("%s is unchanged, because the crawl failed (%s)", self._path, reason)
                return
            if self._is_complete:
                if self._path.exists():
                    shutil.copymode(self._path, self._part)
                self._part.replace(self._path)
        except OSError as error:
            logger.error("%s could not be replaced: %s", self._path, error.strerror)
        finally:
            self._part.unlink(missing_ok=True)
