"""The format and the fields of log lines, in every process that logs."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy.settings import Settings

from awardspider.logs import configuration, masking, records
from awardspider.logs.configuration import (
    LogFormat,
    configure_crawl_logs,
    configure_service_logs,
    parse_log_format,
    service_line,
)
from awardspider.logs.masking import add_secret
from awardspider.logs.records import start_run_fields
from awardspider.outcomes import InvalidSetting

logger = logging.getLogger("awardspider.example")


@pytest.fixture(autouse=True)
def restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Restore the process's logging after each test."""
    monkeypatch.setattr(masking, "_secrets", set())
    monkeypatch.setattr(masking, "_pattern", None)
    monkeypatch.setattr(records, "_runs", {})
    monkeypatch.setattr(configuration, "_installed", None)
    monkeypatch.delenv("SCRAPY_JOB", raising=False)
    token = records._current_spider.set("")
    factory, level, handlers = logging.getLogRecordFactory(), logging.root.level, logging.root.handlers[:]
    yield
    records._current_spider.reset(token)
    logging.setLogRecordFactory(factory)
    logging.root.setLevel(level)
    for handler in set(logging.root.handlers) - set(handlers):
        logging.root.removeHandler(handler)
        handler.close()


def crawl_log(folder: Path, **settings: Any) -> Path:
    """Configure the log of a crawl, and return its file."""
    file = folder / "crawl.log"
    configure_crawl_logs(Settings({"LOG_FILE": str(file), "LOG_LEVEL": "INFO", **settings}))
    return file


def json_lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_text_is_the_default_and_has_the_format_of_scrapy(tmp_path: Path) -> None:
    file = crawl_log(tmp_path)
    logger.debug("not logged")
    logger.warning('Watch "%s"', "Austin")
    (line,) = file.read_text().splitlines()
    assert line.endswith(' [awardspider.example] WARNING: Watch "Austin"')


def test_a_line_in_json_has_the_fields_of_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = crawl_log(tmp_path, AWARD_LOG_FORMAT="json")
    monkeypatch.setenv("SCRAPY_JOB", "job1")
    start_run_fields(spider="united", run_id="run1", program="united")
    logger.info("Überblick: %d", 3, extra={"spider": SimpleNamespace(name="united"), "other": object()})
    (entry,) = json_lines(file.read_text(encoding="utf-8"))
    time = datetime.fromisoformat(entry.pop("time"))
    assert time.utcoffset() == timedelta(0)
    assert entry == {
        "level": "INFO",
        "logger": "awardspider.example",
        "message": "Überblick: 3",
        "run_id": "run1",
        "job": "job1",
        "program": "united",
    }


def test_a_traceback_is_one_field_of_one_line(tmp_path: Path) -> None:
    file = crawl_log(tmp_path, AWARD_LOG_FORMAT="json")
    try:
        raise ValueError("first\nsecond")
    except ValueError:
        logger.exception("Failed")
    (entry,) = json_lines(file.read_text())
    assert list(entry) == ["time", "level", "logger", "message", "traceback"]
    assert entry["traceback"].startswith("Traceback")
    assert entry["traceback"].endswith("ValueError: first\nsecond")


@pytest.mark.parametrize("log_format", LogFormat)
def test_messages_arguments_and_tracebacks_contain_no_secrets(tmp_path: Path, log_format: LogFormat) -> None:
    file = crawl_log(tmp_path, AWARD_LOG_FORMAT=log_format.value)
    add_secret("right-horse")
    logger.error("Key %s of %r", "right-horse", {"key": "right-horse"})
    logger.info("right-horse", stack_info=True)
    try:
        password = "right-horse"
        raise ValueError(f"refused {password}")
    except ValueError as error:
        logger.exception("Failed: %s", error)
    text = file.read_text()
    assert "ValueError: refused ***" in text
    assert "right-horse" not in text.replace('"right-horse"', "").replace('\\"right-horse\\"', "")  # source lines


def test_every_handler_of_the_process_gets_masked_records(tmp_path: Path) -> None:
    crawl_log(tmp_path)
    add_secret("right-horse")
    seen: list[str] = []

    class Others(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(self.format(record))

    handler = Others()
    logging.root.addHandler(handler)
    logger.error("Key right-horse")
    assert seen == ["Key ***"]


def test_records_of_several_crawls_in_one_process_belong_to_their_runs(tmp_path: Path) -> None:
    file = crawl_log(tmp_path, AWARD_LOG_FORMAT="json")

    async def crawl(name: str) -> None:
        start_run_fields(spider=name, run_id=f"run-{name}", program=name)
        await asyncio.sleep(0)
        logger.info("in the task of %s", name)
        asyncio.get_running_loop().call_soon(logger.info, f"in a call of {name}")
        await asyncio.sleep(0)

    async def crawl_both() -> None:
        await asyncio.gather(crawl("united"), crawl("delta"))
        logger.info("outside")
        logger.info("of the spider", extra={"spider": SimpleNamespace(name="delta")})
        records._runs.pop("united")
        logger.info("outside, one left")

    asyncio.run(crawl_both())
    runs = {entry["message"]: entry.get("run_id") for entry in json_lines(file.read_text())}
    assert runs == {
        "in the task of united": "run-united",
        "in the task of delta": "run-delta",
        "in a call of united": "run-united",
        "in a call of delta": "run-delta",
        "outside": None,
        "of the spider": "run-delta",
        "outside, one left": "run-delta",
    }


def test_a_log_is_configured_once(tmp_path: Path) -> None:
    crawl_log(tmp_path)
    file = crawl_log(tmp_path)
    logger.error("once")
    assert file.read_text().count("once") == 1


@pytest.mark.parametrize("log_format", LogFormat)
def test_services_log_to_stderr(capsys: pytest.CaptureFixture[str], log_format: LogFormat) -> None:
    configure_service_logs({"AWARD_LOG_FORMAT": log_format.value}, "scheduler")
    logger.info("Submitted %s", "united")
    output = capsys.readouterr()
    assert output.out == ""
    if log_format is LogFormat.TEXT:
        assert output.err.endswith(" INFO: Submitted united\n")
    else:
        (entry,) = json_lines(output.err)
        assert (entry["service"], entry["message"]) == ("scheduler", "Submitted united")


def test_an_unknown_format_is_refused() -> None:
    assert parse_log_format({}) is LogFormat.TEXT
    assert parse_log_format({"AWARD_LOG_FORMAT": " JSON "}) is LogFormat.JSON
    with pytest.raises(InvalidSetting, match="AWARD_LOG_FORMAT=xml is unknown; write text or json"):
        parse_log_format({"AWARD_LOG_FORMAT": "xml"})


def test_a_service_line_in_json_is_an_object() -> None:
    add_secret("right-horse")
    assert service_line("scrapyd", "started right-horse\n") == "started ***"
    (entry,) = json_lines(service_line("scrapyd", 'started "right-horse"\n', LogFormat.JSON))
    assert datetime.fromisoformat(entry.pop("time")).tzinfo
    assert entry == {"service": "scrapyd", "level": "INFO", "logger": "scrapyd", "message": 'started "***"'}
    record = '{"time":"2026-11-30T02:00:00+00:00","message":"sent"}'
    assert json_lines(service_line("dispatcher", record, LogFormat.JSON)) == [
        {"service": "dispatcher", "time": "2026-11-30T02:00:00+00:00", "message": "sent"}
    ]
    assert json_lines(service_line("scrapyd", "{}", LogFormat.JSON))[0]["message"] == "{}"
