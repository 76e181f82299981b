"""`scrapy schedule`: the table, edits, files, and starts by hand."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from awardspider import clock
from awardspider.commands.schedule import Command
from awardspider.operations.schedule_file import load_schedule
from awardspider.outcomes import ScrapydError, ScrapydFailure
from awardspider.storage.schedule import (
    ScheduledTask,
    ScheduleEntry,
    save_schedule_entries,
    schedule_entries,
    set_entry_active,
)
from awardspider.storage.scheduled_jobs import (
    JobStatus,
    end_job,
    open_jobs,
    recent_jobs,
    skip_job,
    start_job,
    update_job,
)
from awardspider.storage.services import ServiceName, start_service
from awardspider.storage.store import Store
from awardspider.storage.watches import save_watches
from tests.support.commands import CommandRunner
from tests.support.memory_scrapyd import SCHEDULE_SETTINGS, START, MemoryScrapyd
from tests.support.paths import ROOT
from tests.support.stored_watches import store_watches
from tests.support.watch_examples import make_watch

HOUR = timedelta(hours=1)
SETTINGS = SCHEDULE_SETTINGS | {"SPIDER_MODULES": ["awardspider.spiders"]}


@pytest.fixture
def schedule(
    sqlite_store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> CommandRunner:
    """Return the command, with its time set to START."""
    monkeypatch.setattr(clock, "now", lambda: START)
    return CommandRunner(Command, SETTINGS | {"AWARD_DATA_DIR": str(tmp_path)}, capsys)


def entries(store: Store) -> dict[str, ScheduleEntry]:
    return {entry.name: entry for entry in schedule_entries(store)}


# ---- the default schedule --------------------------------------------------------------------------------------------


def test_the_default_schedule_has_every_program_that_can_run(sqlite_store: Store, schedule: CommandRunner) -> None:
    assert schedule.succeed("import") == "default schedule: 20 added, 0 changed, 0 unchanged.\n"
    found = entries(sqlite_store)
    assert {"american", "delta", "dealfeeds", "ecb", "prune", "backup"} <= found.keys()
    assert not {"united", "southwest", "smiles", "flyingblue", "flyingbluepromos"} & found.keys()
    settings = {"AWARD_KEYS": {"smiles": "k"}, "AWARD_ACCEPT_TERMS": "southwest"}
    assert schedule.succeed("import", **settings) == "default schedule: 2 added, 0 changed, 0 unchanged.\n"
    assert {"southwest", "smiles"} <= entries(sqlite_store).keys()


def test_the_intervals_keep_to_the_budgets(sqlite_store: Store, schedule: CommandRunner) -> None:
    schedule.succeed("import", AWARD_BUDGET="delta=100/hour,100/day; sas=2/hour,8/day; alaska=0/day")
    found = entries(sqlite_store)
    assert found["american"].every_seconds == 3600  # 480 a day, 60 an hour
    assert found["delta"].every_seconds == 24 * 3600
    assert found["sas"].every_seconds == 4 * 3600
    assert "alaska" not in found


# ---- the table -------------------------------------------------------------------------------------------------------


def test_the_table_shows_the_next_start_and_the_last_result(sqlite_store: Store, schedule: CommandRunner) -> None:
    store = sqlite_store
    store_watches(store, "Texas", programs=("delta", "united"))
    for spider, interval in {"delta": "3h", "american": "6h", "sas": "1h", "qantas": "1d"}.items():
        schedule.succeed("add", "--spider", spider, "--every", interval)
    schedule.succeed("add", "--spider", "alaska", "--cron", "30 6 * * *")
    found = entries(store)
    job = start_job(store, found["delta"], due_at=START, host="h", job="j", now=START)
    assert job
    end_job(store, job, JobStatus.SUCCEEDED, ended_at=START + HOUR / 6, note="38 found; 1,204 offers")
    job = start_job(store, found["american"], due_at=START - 24 * HOUR, host="h", job="k", now=START - 24 * HOUR)
    assert job
    end_job(store, job, JobStatus.NOT_STARTED, ended_at=START - 24 * HOUR, note="KeyError: 'a'")
    skip_job(store, found["sas"], due_at=START, note="no active watch needs it", now=START)
    set_entry_active(store, "qantas", False, now=START)
    heading, _, *lines = (re.sub("  +", " | ", line) for line in schedule.succeed("list").splitlines())
    assert heading == "name | when | next (UTC) | last (UTC) | result | note"
    assert lines == [
        "american | every 6 h | now | 11-29 12:00 | not started | KeyError: 'a'",
        "sas | every 1 h | 13:00, in 1 h 0 min | 12:00 | skipped | no active watch needs it",
        "delta | every 3 h | 15:00, in 3 h 0 min | 12:10 | succeeded | 38 found; 1,204 offers",
        "alaska | 30 6 * * * UTC | 12-01 06:30, in 18 h 30 min | not run yet",
        "qantas | every 1 d | paused | not run yet",
        "no scheduler is running: start it with scrapy up, or scrapy scheduler",
        "watches also need programs that cannot run: united (no session)",
    ]
    start_service(store, ServiceName.SCHEDULER, version="1", now=START)
    assert "no scheduler" not in schedule.succeed("list")


def test_an_entry_whose_spider_does_not_exist_any_more_is_named(sqlite_store: Store, schedule: CommandRunner) -> None:
    renamed = ScheduleEntry(name="days", spider="oldprogram", every_seconds=3600, max_seconds=600)
    save_schedule_entries(sqlite_store, [renamed], now=START)
    assert "days: there is no spider oldprogram; scrapy schedule remove days" in schedule.succeed("list")


def test_the_table_shows_early_starts(sqlite_store: Store, schedule: CommandRunner) -> None:
    schedule.succeed("add", "--spider", "delta", "--every", "6h")
    job = start_job(sqlite_store, entries(sqlite_store)["delta"], due_at=START, host="h", job="j", now=START - HOUR)
    assert job
    update_job(sqlite_store, job, submitted_at=START - HOUR / 12)
    end_job(sqlite_store, job, JobStatus.SUCCEEDED, ended_at=START)
    assert "17:00" in schedule.succeed("list")
    save_watches(sqlite_store, [make_watch(programs=("delta",))], now=START)
    assert "12:05, in 5 min" in schedule.succeed("list")


def test_json_has_all_fields(sqlite_store: Store, schedule: CommandRunner) -> None:
    schedule.succeed("add", "days", "--spider", "delta", "--every", "3h", "-a", "detail=day", "--max-run-time", "90min")
    skip_job(sqlite_store, entries(sqlite_store)["days"], due_at=START, note="paused", now=START)
    (record,) = json.loads(schedule.succeed("list", "--json"))
    assert record == {
        "name": "days",
        "spider": "delta",
        "task": None,
        "every": "3 h",
        "cron": None,
        "timezone": "UTC",
        "jitter": None,
        "max_run_time": "90 min",
        "arguments": {"detail": "day"},
        "active": True,
        "next_at": "2026-11-30T15:00:00+00:00",
        "last_status": "skipped",
        "last_note": "paused",
        "last_due_at": "2026-11-30T12:00:00+00:00",
        "last_ended_at": "2026-11-30T12:00:00+00:00",
        "last_job": None,
        "last_run_id": None,
    }


def test_an_empty_schedule_says_what_to_do(schedule: CommandRunner) -> None:
    assert "no entries; scrapy schedule import stores the default schedule" in schedule.succeed("list")


# ---- edits -----------------------------------------------------------------------------------------------------------


def test_entries_are_added_edited_paused_resumed_and_removed(sqlite_store: Store, schedule: CommandRunner) -> None:
    assert schedule.succeed("add", "--task", "prune", "--cron", "45 3 * * *") == "Added prune: 45 3 * * * UTC.\n"
    assert entries(sqlite_store)["prune"].task is ScheduledTask.PRUNE
    assert (
        schedule.succeed("edit", "prune", "--timezone", "Europe/Berlin") == "Changed prune: 45 3 * * * Europe/Berlin.\n"
    )
    assert schedule.succeed("edit", "prune", "--every", "12h") == "Changed prune: every 12 h.\n"
    assert schedule.succeed("edit", "prune", "--every", "12h") == "prune has these values already.\n"
    assert schedule.succeed("pause", "prune") == "prune is paused.\n"
    assert schedule.succeed("pause", "prune") == "prune is already paused.\n"
    assert schedule.succeed("resume", "prune") == "prune is active.\n"
    assert schedule.succeed("remove", "prune") == "Removed prune.\n"
    assert entries(sqlite_store) == {}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("add --spider untied --every 1h", 'unknown spider "untied" (did you mean united?)'),
        ("add --spider united", "every or cron is missing (for example every: 6 h)"),
        ("add --spider united --every 1h --task prune", "task: remove it, or spider: an entry has one of them"),
        ("add --spider united --every often", 'every: must be a duration such as 6 h or 90 min, not "often"'),
        ("add --spider united --every 1h -a detail", "-a: expected NAME=VALUE, got 'detail'"),
        (
            "add --spider delta --every 1h",
            "there is an entry 'delta' already; scrapy schedule edit delta changes it, or give this one another name",
        ),
        ("edit delta", "nothing to change: give an option such as --every 4h"),
        ("edit dleta --every 4h", 'unknown entry "dleta" (did you mean delta? known: delta)'),
        ("import nothing.yaml", "nothing.yaml: No such file or directory"),
    ],
)
def test_a_mistake_is_explained(schedule: CommandRunner, words: str, message: str) -> None:
    schedule.succeed("add", "--spider", "delta", "--every", "3h")
    assert schedule.fail(*words.split()) == message


def test_a_start_without_scrapyd_leaves_no_job(sqlite_store: Store, schedule: CommandRunner) -> None:
    schedule.succeed("add", "--spider", "delta", "--every", "3h")
    result = schedule("run", "delta")
    sentence = "Scrapyd at http://127.0.0.1:1 is not reachable (Connection refused): start it with `scrapy up`"
    assert (result.code, result.err) == (1, f"error: {sentence}\n")
    assert open_jobs(sqlite_store) == []


@pytest.mark.parametrize(
    ("failure", "status", "sentence"),
    [
        (None, JobStatus.SUBMITTED, ""),
        (ScrapydFailure.ERROR, JobStatus.NOT_STARTED, "delta did not start: broken"),
        (ScrapydFailure.NO_RESPONSE, JobStatus.SUBMITTED, "Scrapyd has not confirmed job"),
    ],
)
def test_a_start_by_hand_is_recorded_before_it_is_submitted(
    sqlite_store: Store,
    schedule: CommandRunner,
    monkeypatch: pytest.MonkeyPatch,
    failure: ScrapydFailure | None,
    status: JobStatus,
    sentence: str,
) -> None:
    server = MemoryScrapyd(interruption=ScrapydError("broken", failure) if failure else None)
    server.status = lambda: None  # type: ignore[attr-defined]
    monkeypatch.setattr("awardspider.commands.schedule.scrapyd_client", lambda settings: server)
    schedule.succeed("add", "--spider", "delta", "--every", "3h", "-a", "detail=day")
    result = schedule("run", "delta")
    assert [arguments for _, arguments, _ in server.calls] == [{"detail": "day"}]
    (job,) = recent_jobs(sqlite_store, limit=9)
    assert (job.status, job.due_at, job.submitted_at is None) == (status, START, failure is not None)
    assert sentence in result.err
    if failure is None:
        assert f"http://127.0.0.1:6800/logs/awardspider/delta/{job.job}.log" in result.out
        assert "Its end is not followed, because no scheduler is running" in result.out


def test_a_task_is_started_by_the_scheduler(sqlite_store: Store, schedule: CommandRunner) -> None:
    schedule.succeed("add", "--task", "prune", "--every", "1d")
    assert schedule.fail("run", "prune").endswith("without it, run scrapy prune")
    start_service(sqlite_store, ServiceName.SCHEDULER, version="1", now=START)
    assert schedule.succeed("run", "prune") == "The scheduler starts prune within seconds.\n"
    (job,) = open_jobs(sqlite_store)
    assert (job.task, job.submitted_at, job.note) == (ScheduledTask.PRUNE, None, "started by hand")
    assert schedule.fail("run", "prune") == f"prune is submitted already, as job {job.job}; wait for its end"


# ---- files -----------------------------------------------------------------------------------------------------------


def test_an_exported_file_can_be_imported(sqlite_store: Store, schedule: CommandRunner, tmp_path: Path) -> None:
    schedule.succeed("import")
    before = entries(sqlite_store)
    file = tmp_path / "schedule.yaml"
    assert schedule.succeed("export", str(file)) == f"{file}: 20 entries.\n"
    assert schedule.fail("export", str(file)) == f"{file} exists; remove it, or choose another name"
    assert schedule.succeed("import", str(file)) == f"{file}: 0 added, 0 changed, 20 unchanged.\n"
    assert entries(sqlite_store) == before
    assert schedule.succeed("export") == file.read_text()


def test_an_invalid_file_stores_nothing(sqlite_store: Store, schedule: CommandRunner, tmp_path: Path) -> None:
    file = tmp_path / "schedule.yaml"
    file.write_text("schedule:\n  - spider: delta\n    every: 3 h\n  - spider: untied\n    every: 3 h\n")
    message = 'schedule.yaml:4: entry "untied": unknown spider "untied" (did you mean united?)'
    assert schedule.fail("import", str(file)) == message
    assert entries(sqlite_store) == {}


def test_the_example_can_be_imported(sqlite_store: Store, schedule: CommandRunner) -> None:
    example = ROOT / "deploy/schedule.example.yaml"
    assert schedule.succeed("import", str(example)).endswith(": 6 added, 0 changed, 0 unchanged.\n")
    names = ["american", "delta-austin", "dealfeeds", "ecb", "backup", "prune"]
    assert [entry.name for entry in load_schedule(example, ["american", "delta", "dealfeeds", "ecb"])] == names
