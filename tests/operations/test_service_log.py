"""The log of a service: times, rotation, JSON, and what is shown in the terminal."""

from __future__ import annotations

import errno
import io
import json
import logging
import re
from logging.handlers import RotatingFileHandler
from pathlib import Path

import pytest

from awardspider.logs.configuration import LogFormat
from awardspider.operations import service_log
from awardspider.operations.service_log import ServiceLog, ServiceLogHandler


def test_each_line_has_a_time_in_the_file_and_the_service_in_the_terminal(tmp_path: Path) -> None:
    output = io.StringIO()
    log = ServiceLog(tmp_path, "dispatcher", output, hidden="detail")
    for line in ("make: 5 sent\n", "2026-11-30 06:00:00 INFO: started", "a detail"):
        log.write(line)
    log.close()
    first, second, third = log.file.read_text(encoding="utf-8").splitlines()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d make: 5 sent", first)
    assert second == "2026-11-30 06:00:00 INFO: started"
    assert third.endswith("a detail")
    assert output.getvalue() == "dispatcher | make: 5 sent\ndispatcher | 2026-11-30 06:00:00 INFO: started\n"
    assert log.last_line == "a detail"


def test_the_file_is_rotated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_log, "MAX_BYTES", 1000)
    log = ServiceLog(tmp_path, "scrapyd")
    for number in range(500):
        log.write(f"{number} {'x' * 50}")
    log.close()
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["scrapyd.log", *(f"scrapyd.log.{number}" for number in range(1, service_log.BACKUPS + 1))]
    assert max(path.stat().st_size for path in tmp_path.iterdir()) <= 1000


def test_in_json_each_line_is_an_object(tmp_path: Path) -> None:
    output = io.StringIO()
    log = ServiceLog(tmp_path, "supervisor", output, LogFormat.JSON)
    log.write("Site starting on 6800")
    record = logging.makeLogRecord({"name": "awardspider.operations", "levelname": "INFO", "msg": "Stopping"})
    ServiceLogHandler(log, "supervisor", LogFormat.JSON).emit(record)
    log.close()
    lines = log.file.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["message"] for line in lines] == ["Site starting on 6800", "Stopping"]
    assert {json.loads(line)["service"] for line in lines} == {"supervisor"}
    assert output.getvalue().splitlines() == lines


def test_a_closed_terminal_and_a_full_disk_are_ignored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    output = io.StringIO()
    output.close()
    log = ServiceLog(tmp_path, "scrapyd", output)
    log.write("still running")
    assert "still running" in log.file.read_text(encoding="utf-8")

    def fail(*_: object) -> bool:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(RotatingFileHandler, "shouldRollover", fail)
    log.write("not stored")
    log.close()
    assert capsys.readouterr() == ("", "")
