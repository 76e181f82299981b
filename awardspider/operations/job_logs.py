"""The end of a job's log: how the crawl ended, and why it failed to start."""

from __future__ import annotations

import json
import re

_LEVELS = ("ERROR", "CRITICAL")
# 2026-11-30 12:00:00 [awardspider.extensions.run_alerts] ERROR: The crawl of united did not start: ...
_LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[[^\]]*\] (?P<level>[A-Z]+): (?P<message>.*)")
_CLOSED = re.compile(r"Spider closed \((\S+)\)")
_EXCEPTION = re.compile(r"(?:[A-Za-z_][\w.]*\.)?[A-Z]\w*(?:Error|Exception|Exit|Locked)(?:: .*)?")
_LONGEST = 300


def finish_reason(log: str) -> str | None:
    """Return the finish reason with which a crawl was closed, or None if its log does not contain one."""
    closed = _CLOSED.findall(log)
    return closed[-1] if closed else None


def error_message(log: str) -> str | None:
    """Return the last error of a log, without a traceback, or None. The log is text or has one JSON object a line."""
    found = None
    for line in log.splitlines():
        if entry := _entry(line):
            level, message = entry
            if level in _LEVELS:
                found = message
        elif _EXCEPTION.fullmatch(line.strip()):
            found = line.strip()
    return found[:_LONGEST] if found else None


def _entry(line: str) -> tuple[str, str] | None:
    """Return the level and the first line of the message of a log record, or None for any other line."""
    if line.startswith("{"):
        try:
            record = json.loads(line)
        except ValueError:
            return None
        return str(record.get("level")), next(iter(str(record.get("message")).splitlines()), "")
    found = _LINE.match(line)
    return (found["level"], found["message"]) if found else None
