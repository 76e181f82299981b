"""Crawls that fail in every way: finish reason, exit code, log, and one alert until the next success."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from scrapy.settings import Settings
from sqlalchemy import insert

from awardspider.extensions.run_alerts import report_failed_start
from awardspider.items import EventType
from awardspider.outcomes import InvalidArgument, InvalidSetting, ProgramLocked, Reason, StorageError
from awardspider.storage import schema
from awardspider.storage.channels import ChannelRow, save_channel
from awardspider.storage.finish_reasons import has_failed
from awardspider.storage.runs import start_run
from awardspider.storage.schema import outbox, programs
from awardspider.storage.store import open_store
from tests.support.crawls import Workspace
from tests.support.many_crawls import Case, crawl_all
from tests.support.sandbox_server import Sandbox

HOST = "www.united.com"
SEARCH = {"origin": "LAX", "destination": "AUS,SEA", "dates": "+60", "detail": "itinerary"}
ARGUMENTS = tuple(part for name, value in SEARCH.items() for part in ("-a", f"{name}={value}"))


def add_operator(folder: Path) -> None:
    """Store a webhook for failed runs; in the sandbox, its messages go to the sandbox."""
    store = open_store("", folder)
    row = ChannelRow(
        name="operator",
        kind="webhook",
        address="https://hooks.example.com/x",
        events=(EventType.RUN_FAILED,),
        created_at=datetime.now(UTC),
    )
    save_channel(store, row)
    store.close()


@pytest.fixture
def operated(workspace: Workspace) -> Workspace:
    """Return a workspace with a channel for failed runs."""
    add_operator(workspace.folder)
    return workspace


def alerts(workspace: Workspace) -> list[dict[str, Any]]:
    """Return the events sent to the operator."""
    rows = [row for row in workspace.rows(outbox) if row["channel"] == "operator"]
    assert {row["status"] for row in rows} <= {"sent"}
    return [row["body"] for row in rows]


def counts(event: dict[str, Any]) -> tuple[str, int, int, int]:
    return event["reason"], event["found"], event["empty"], event["failed"]


# ---- crawls whose searches fail ------------------------------------------------------------------------------------


def test_a_crawl_in_which_every_search_fails_is_reported_once_until_the_next_success(
    server: Sandbox, tmp_path: Path
) -> None:
    server.reset()
    add_operator(tmp_path)
    faults: list[dict[str, Any] | None] = [
        None,
        {"fault": "html"},
        {"fault": "bad_json"},
        {"fault": "html", "after": 1},  # one search succeeds
        {"fault": "renamed_keys"},
        {"fault": "500"},
        {"fault": "blocked"},
        {"fault": "robots_500"},
        None,
        {"fault": "reset"},
    ]
    cases = [
        Case(
            faults=({"host": HOST, **fault},) if fault else (),
            arguments=SEARCH,
            settings={"RETRY_TIMES": 0, "DOWNLOAD_TIMEOUT": 5},
        )
        for fault in faults
    ]
    results = crawl_all(server.url, tmp_path, "united", cases)
    assert [result.finish_reason for result in results] == [
        "finished",
        "unexpected_response",
        "unexpected_response",
        "finished",
        "unexpected_response",
        "unreachable",
        "blocked",
        "refused_by_robots",
        "finished",
        "unreachable",
    ]
    workspace = Workspace(tmp_path)
    assert [run["finish_reason"] for run in workspace.runs] == [result.finish_reason for result in results]
    assert [counts(event) for event in alerts(workspace)] == [
        ("unexpected_response", 0, 0, 2),
        ("unexpected_response", 0, 0, 2),  # after a success; the failures for other reasons that follow add nothing
        ("unreachable", 0, 0, 2),
    ]
    assert all(event["note"] for event in alerts(workspace))


def test_a_failed_crawl_is_logged_and_can_set_the_exit_code(operated: Workspace, server: Sandbox) -> None:
    server.fault(HOST, "html")
    crawled = operated.scrapy("crawl", "united", *ARGUMENTS, "-s", "AWARD_STRICT_EXIT=1")
    assert crawled.returncode == 3
    assert "WARNING: All searches of United MileagePlus failed: unexpected_response 2" in crawled.stderr
    assert "Spider closed (unexpected_response)" in crawled.stderr
    assert [counts(event) for event in alerts(operated)] == [("unexpected_response", 0, 0, 2)]


# ---- crawls that do not start --------------------------------------------------------------------------------------


def test_an_invalid_argument_is_reported(operated: Workspace) -> None:
    log = operated.folder / "job.log"
    crawled = operated.scrapy("crawl", "united", *ARGUMENTS, "-a", "cabins=busines", "--logfile", str(log))
    assert crawled.returncode == 2
    assert "Traceback" not in crawled.stderr + log.read_text()
    (event,) = alerts(operated)
    assert counts(event) == ("not_started", 0, 0, 0)
    assert "busines" in event["note"]
    assert event["note"] in log.read_text()


def test_a_crash_at_the_start_is_reported(operated: Workspace) -> None:
    crash = '{"tests.support.crawls.NoSuchMiddleware": 1}'
    crawled = operated.scrapy("crawl", "united", *ARGUMENTS, "-s", f"DOWNLOADER_MIDDLEWARES={crash}")
    assert crawled.returncode == 1
    assert [run["finish_reason"] for run in operated.runs] == ["not_started"]
    (event,) = alerts(operated)
    assert "NoSuchMiddleware" in event["note"]
    assert operated.rows(programs)[0]["run_id"] is None


def test_a_killed_crawl_is_reported_by_the_next_one(operated: Workspace) -> None:
    store = operated.store()
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    killed = start_run(store, program="united", spider="united", job=None, arguments={}, now=long_ago)
    with store.writing() as connection:
        search = {
            "id": "s", "run_id": killed, "requested_at": long_ago, "program": "united", "kind": "calendar",
            "origin": "LAX", "destination": "AUS", "first_day": long_ago.date(), "last_day": long_ago.date(),
            "cabins": "", "travelers": 1, "outcome": "failed", "reason": "unreachable", "note": "", "offers": 0,
            "invalid": 0, "target_program": "",
        }  # fmt: skip
        connection.execute(insert(schema.searches).values(**search))
    store.close()
    operated.crawl(**SEARCH)
    assert [(event["run_id"], *counts(event)) for event in alerts(operated)] == [(killed, "killed", 0, 0, 1)]
    operated.crawl(**SEARCH)
    assert len(alerts(operated)) == 1


def settings(folder: Path, **values: str) -> Settings:
    from awardspider import settings as module

    base = {name: getattr(module, name) for name in dir(module) if name.isupper()}
    return Settings(base | {"AWARD_DATA_DIR": str(folder), "AWARD_DELIVERY_SECONDS": "0"} | values)


@pytest.mark.parametrize(
    ("error", "values"),
    [
        (InvalidArgument("unknown spider 'untied'"), {}),
        (InvalidSetting("AWARD_BUDGET is invalid"), {"AWARD_BUDGET": "x"}),
        (InvalidSetting("AWARD_WEBHOOKS is invalid"), {"AWARD_WEBHOOKS": "https://example.com"}),
        (InvalidSetting("AWARD_DELIVERY_SECONDS: invalid"), {"AWARD_DELIVERY_SECONDS": "x"}),
        (RuntimeError("a bug"), {}),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "".join(value),
)
def test_every_failed_start_is_reported_once(tmp_path: Path, error: Exception, values: dict[str, str]) -> None:
    add_operator(tmp_path)
    for _ in range(2):
        report_failed_start(settings(tmp_path, **values), "united", "United", error)
    (row,) = Workspace(tmp_path).rows(outbox)
    assert counts(row["body"]) == ("not_started", 0, 0, 0)
    assert str(error) in row["body"]["note"]


@pytest.mark.parametrize("error", [ProgramLocked("another crawl"), StorageError("full")])
def test_a_locked_program_is_no_failure_and_without_a_database_only_the_log_is_left(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    add_operator(tmp_path)
    report_failed_start(settings(tmp_path), "united", "United", error)
    assert Workspace(tmp_path).rows(outbox) == []
    assert caplog.messages == [f"The crawl of united did not start: {error}"]


def test_a_database_that_cannot_be_opened_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "awardspider.db").write_text("not a database" * 100)
    report_failed_start(settings(tmp_path), "united", "United", InvalidArgument("dates is missing"))
    assert len(caplog.messages) == 2
    assert "was not stored" in caplog.messages[1]


def test_finish_reasons() -> None:
    failed = {*Reason, "storage_failed", "killed", "not_started", "start_error", "memusage_exceeded"} - {
        "out_of_budget"
    }
    assert all(map(has_failed, failed))
    assert not any(map(has_failed, ("finished", "shutdown", "out_of_budget", "closespider_timeout")))
