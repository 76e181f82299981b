"""The output of services: each line goes to a log file that is rotated, and to the supervisor's own output."""

from __future__ import annotations

import contextlib
import logging
import re
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

from awardspider import clock
from awardspider.logs.configuration import JsonFormatter, LogFormat, service_line

MAX_BYTES = 10_000_000
BACKUPS = 5

# Lines that begin with a time, or are JSON objects, which contain one.
_HAS_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:|\{")
_NAME_WIDTH = 10


class ServiceLog:
    """The log of one service: `folder/NAME.log`, and lines such as `dispatcher | make: 5 sent` on `output`.

    Lines that match the pattern `dropped` are written nowhere, and those that match `hidden` only to the file. There,
    each line without a time gets one, in UTC. In the format JSON, each line is an object in both places. An unwritable
    file or output is ignored: a full disk must not end the supervisor.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        output: TextIO | None = None,
        log_format: LogFormat = LogFormat.TEXT,
        hidden: str = "",
        dropped: str = "",
    ) -> None:
        """Raise OSError if the file cannot be opened."""
        self.file = folder / f"{name}.log"
        self._handler = _QuietHandler(self.file, maxBytes=MAX_BYTES, backupCount=BACKUPS, encoding="utf-8")
        self._name = name
        self._format = log_format
        self._hidden = re.compile(hidden) if hidden else None
        self._dropped = re.compile(dropped) if dropped else None
        self._prefix = f"{name:<{_NAME_WIDTH}} | " if log_format is LogFormat.TEXT else ""
        self._output = output
        self.last_line = ""

    def write(self, line: str) -> None:
        """Write a line."""
        if self._dropped and self._dropped.search(line):
            return
        if text := service_line(self._name, line).strip():
            self.last_line = text
        line = service_line(self._name, line, self._format).rstrip()
        stamped = line if _HAS_TIME.match(line) else f"{clock.real_now():%Y-%m-%d %H:%M:%S} {line}"
        self._handler.handle(logging.makeLogRecord({"msg": stamped}))
        if self._output is not None and not (self._hidden and self._hidden.search(line)):
            with contextlib.suppress(OSError, ValueError):
                self._output.write(f"{self._prefix}{line}\n")
                self._output.flush()

    def close(self) -> None:
        """Close the file."""
        self._handler.close()


class ServiceLogHandler(logging.Handler):
    """A handler that writes log records to a ServiceLog."""

    def __init__(self, log: ServiceLog, name: str, log_format: LogFormat = LogFormat.TEXT) -> None:
        super().__init__(logging.INFO)
        self._log = log
        text = logging.Formatter("%(levelname)s: %(message)s")
        self.setFormatter(JsonFormatter(name) if log_format is LogFormat.JSON else text)

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, each of its lines on its own."""
        for line in self.format(record).splitlines():
            self._log.write(line)


class _QuietHandler(RotatingFileHandler):
    """Handler that ignores errors of writing."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 -- the name in logging
        """Drop the record."""
