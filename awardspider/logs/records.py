"""Log records without secrets, and the run to which a record belongs."""

from __future__ import annotations

import logging
import os
import traceback
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from awardspider.logs.masking import mask


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFields:
    """The fields of a crawl's log records: the run's id and the program's key."""

    run_id: str
    program: str


class MaskedRecord(logging.LogRecord):
    """Log record whose message and traceback contain no secrets, for every handler."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.exc_info and self.exc_info[0]:
            self.exc_text = mask("".join(traceback.format_exception(*self.exc_info)).rstrip("\n"))
        if self.stack_info:
            self.stack_info = mask(self.stack_info)

    def getMessage(self) -> str:  # noqa: N802  # logging's name
        """Return the message without secrets."""
        return mask(super().getMessage())


_runs: dict[str, RunFields] = {}
_current_spider: ContextVar[str] = ContextVar("awardspider_spider", default="")


def mask_records() -> None:
    """Let every log record of this process mask secrets."""
    logging.setLogRecordFactory(MaskedRecord)


def start_run_fields(*, spider: str, run_id: str, program: str) -> None:
    """Add the fields of a run to the later records of its crawl."""
    _runs[spider] = RunFields(run_id=run_id, program=program)
    _current_spider.set(spider)


def run_fields(record: logging.LogRecord) -> dict[str, str]:
    """Return the fields run_id, job and program of a record, as far as they are known.

    The run is that of the record's spider, else that of the task that logs, else the only one of the process.
    """
    spider = getattr(record, "spider", None)
    found = _runs.get(getattr(spider, "name", "")) or _runs.get(_current_spider.get())
    if not found and len(_runs) == 1:
        found = next(iter(_runs.values()))
    fields = {"run_id": found.run_id, "program": found.program} if found else {}
    if job := os.environ.get("SCRAPY_JOB"):  # set by Scrapyd
        fields["job"] = job
    return fields
