"""The scheduler with clocks and a Scrapyd in memory: starts, waits, skips, clocks that jump, and processes that die."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest

from awardspider.operations.job_following import KILL_SECONDS, MISSING_SECONDS
from awardspider.operations.job_submission import RECOVERY_SECONDS
from awardspider.operations.scheduler import LIST_SECONDS, MAX_WAIT
from awardspider.operations.scrapyd import JobState
from awardspider.outcomes import Reason, ScrapydError, ScrapydFailure
from awardspider.storage.programs import record_block
from awardspider.storage.runs import LEASE_DURATION, record_heartbeat, start_run
from awardspider.storage.schedule import (
    ScheduleEntry,
    remove_schedule_entry,
    save_schedule_entries,
    set_entry_active,
)
from awardspider.storage.scheduled_jobs import JobStatus
from awardspider.storage.store import Store
from tests.support.memory_scrapyd import START, SchedulerWorld
from tests.support.stored_watches import store_watches

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
UNITED = ScheduleEntry(
    name="united", spider="united", every_seconds=6 * 3600, max_seconds=3600, arguments={"detail": "day"}
)


@pytest.fixture
def world(sqlite_store: Store) -> SchedulerWorld:
    """Return a scheduler with a watch and one entry that is due."""
    store_watches(sqlite_store, "Texas", programs=("united", "delta"))
    world = SchedulerWorld(sqlite_store)
    save_schedule_entries(sqlite_store, [UNITED], now=START)
    return world


def start(world: SchedulerWorld) -> tuple[str, str]:
    """Start the entry and let its job run; return the ids of the job and its run."""
    world.advance()
    job = str(world.jobs()[-1].job)
    run = world.run(job)
    world.advance()
    assert world.statuses()[-1] is JobStatus.RUNNING
    return job, run


def keep_alive(world: SchedulerWorld, run: str, span: timedelta) -> None:
    """Let time pass while a run sends heartbeats."""
    until = world.wall + span
    while world.wall < until:
        record_heartbeat(world.store, run, world.wall + MINUTE)
        world.advance(60)


# ---- an ordinary job -------------------------------------------------------------------------------------------------


def test_a_due_entry_is_submitted_with_its_arguments_followed_and_recorded(world: SchedulerWorld) -> None:
    world.advance()
    (job,) = world.jobs()
    assert world.server.calls == [("united", {"detail": "day"}, job.job)]
    assert (job.status, job.host, job.due_at, job.submitted_at) == (
        JobStatus.SUBMITTED,
        world.server.url,
        START,
        world.wall,
    )
    run = world.run(str(job.job))
    started = world.wall
    world.advance()
    (job,) = world.jobs()
    assert (job.status, job.run_id, job.deadline_at) == (JobStatus.RUNNING, run, started + HOUR)
    world.advance(600)
    world.end(str(job.job), run)
    ended = world.wall
    world.advance()
    (job,) = world.jobs()
    assert (job.status, job.ended_at, job.note) == (JobStatus.SUCCEEDED, ended, "3 found; 0 offers")
    for _ in range(5):
        world.advance(3600)
    assert len(world.jobs()) == 1
    world.advance(3600)
    assert len(world.server.calls) == 2


@pytest.mark.parametrize(
    ("reason", "status", "note"),
    [
        ("finished", JobStatus.SUCCEEDED, "3 found; 0 offers"),
        ("out_of_budget", JobStatus.SUCCEEDED, "3 found; 0 offers"),
        ("blocked", JobStatus.FAILED, "blocked: 3 found; 0 offers"),
        ("storage_failed", JobStatus.FAILED, "storage_failed: 3 found; 0 offers"),
        ("not_started", JobStatus.NOT_STARTED, "ended before its first request"),
        ("shutdown", JobStatus.CANCELED, "canceled at Scrapyd"),
        ("killed", JobStatus.KILLED, "recorded no end: it was killed or ran out of memory"),
    ],
)
def test_the_record_of_the_run_decides(world: SchedulerWorld, reason: str, status: JobStatus, note: str) -> None:
    job, run = start(world)
    world.end(job, run, reason)
    world.advance()
    (ended,) = world.jobs()
    assert (ended.status, ended.note) == (status, note)


def test_the_list_of_scrapyd_is_requested_less_while_runs_are_at_work(world: SchedulerWorld) -> None:
    job, run = start(world)
    world.advance(LIST_SECONDS)
    before = world.server.lists
    for _ in range(30):
        world.advance()
    assert world.server.lists - before == 60 / LIST_SECONDS
    world.end(job, run)
    world.advance()
    assert world.statuses() == [JobStatus.SUCCEEDED]
    before = world.server.lists
    for _ in range(30):
        world.advance()
    assert world.server.lists == before, "nothing runs"


def test_a_run_that_scrapyd_has_forgotten_counts_by_its_record(world: SchedulerWorld) -> None:
    job, run = start(world)
    world.end(job, run)
    world.server.states.clear()
    world.advance()
    assert world.statuses() == [JobStatus.SUCCEEDED]


LOG = "2026-11-30 12:00:01 [awardspider.extensions.run_alerts] ERROR: The crawl of united did not start: {}\n"


@pytest.mark.parametrize(
    ("log", "status", "note"),
    [
        (None, JobStatus.NOT_STARTED, "ended before it had a log: see Scrapyd's log"),
        (LOG.format("AWARD_BUDGET: no"), JobStatus.NOT_STARTED, "AWARD_BUDGET: no"),
        (
            '{"level": "ERROR", "message": "the database is newer"}\n',
            JobStatus.NOT_STARTED,
            "the database is newer",
        ),
        ("Traceback (most recent call last):\n  x\nKeyError: 'a'\n", JobStatus.NOT_STARTED, "KeyError: 'a'"),
        ("2026-11-30 12:00:01 [scrapy] INFO: hello\n", JobStatus.NOT_STARTED, "ended without an error in its log"),
        ("2026-11-30 12:00:01 [s] INFO: Spider closed (finished)\n", JobStatus.SUCCEEDED, None),
        ("2026-11-30 12:00:01 [s] INFO: Spider closed (unreachable)\n", JobStatus.FAILED, "unreachable"),
        (
            LOG.format("united is being crawled on server (process 7, run x)"),
            JobStatus.SKIPPED,
            "united is being crawled on server (process 7, run x)",
        ),
    ],
)
def test_a_finished_job_without_a_run_did_not_start(
    world: SchedulerWorld, log: str | None, status: JobStatus, note: str | None
) -> None:
    world.advance()
    job = str(world.jobs()[0].job)
    if log:
        world.server.logs[job] = log
    world.server.states[job] = JobState.FINISHED
    world.advance()
    (ended,) = world.jobs()
    assert (ended.status, ended.note) == (status, note)


@pytest.mark.parametrize(
    ("message", "hint"),
    [
        ("Scrapyd responded: spider 'united' not found", "; run scrapy deploy, or scrapy schedule remove united"),
        ("Scrapyd responded: no space left on device", ""),
    ],
)
def test_a_job_that_scrapyd_refuses_did_not_start(world: SchedulerWorld, message: str, hint: str) -> None:
    world.server.interruption = ScrapydError(message, ScrapydFailure.ERROR)
    world.advance()
    (job,) = world.jobs()
    assert (job.status, job.note) == (JobStatus.NOT_STARTED, message + hint)


# ---- never two of one program ----------------------------------------------------------------------------------------


def test_an_entry_is_skipped_while_its_own_job_runs(world: SchedulerWorld) -> None:
    _, run = start(world)
    save_schedule_entries(world.store, [replace(UNITED, every_seconds=1800)], now=world.wall)
    keep_alive(world, run, 31 * MINUTE)
    assert world.statuses() == [JobStatus.RUNNING, JobStatus.SKIPPED]
    assert world.jobs()[-1].note == "the job of 2026-11-30 12:00Z has not ended"


def test_another_entry_of_a_program_waits_for_the_first(world: SchedulerWorld) -> None:
    save_schedule_entries(world.store, [replace(UNITED, name="united-days", created_at=None)], now=START)
    job, run = start(world)
    assert len(world.server.calls) == 1
    keep_alive(world, run, 10 * MINUTE)
    assert len(world.server.calls) == 1
    world.end(job, run)
    world.advance()
    assert [(each.entry, each.status) for each in world.jobs()] == [
        ("united", JobStatus.SUCCEEDED),
        ("united-days", JobStatus.SUBMITTED),
    ]


def test_a_manual_run_is_waited_for_and_then_skips_the_start(world: SchedulerWorld) -> None:
    run = start_run(world.store, program="united", spider="united", job=None, arguments={}, now=START)
    keep_alive(world, run, MAX_WAIT - MINUTE)
    assert world.jobs() == []
    keep_alive(world, run, 3 * MINUTE)
    (job,) = world.jobs()
    assert (job.status, job.note) == (JobStatus.SKIPPED, "another run of this program did not end in time")
    assert world.server.calls == []


def test_a_dead_manual_run_is_not_waited_for(world: SchedulerWorld) -> None:
    start_run(world.store, program="united", spider="united", job=None, arguments={}, now=START)
    world.advance(LEASE_DURATION.total_seconds() + 1)
    assert len(world.server.calls) == 1


# ---- what need not or must not run -----------------------------------------------------------------------------------


def test_a_program_that_no_watch_needs_is_skipped_with_one_row(world: SchedulerWorld) -> None:
    save_schedule_entries(world.store, [replace(UNITED, name="alaska", spider="alaska", every_seconds=60)], now=START)
    for _ in range(5):
        world.advance(60)
    skipped = [job for job in world.jobs() if job.entry == "alaska"]
    assert [(job.status, job.note) for job in skipped] == [(JobStatus.SKIPPED, "no active watch needs it")]
    assert skipped[0].ended_at == world.wall


def test_arguments_with_a_route_need_no_watch(world: SchedulerWorld) -> None:
    route = {"origin": "LAX", "destination": "AUS", "dates": "+30..+60"}
    save_schedule_entries(world.store, [replace(UNITED, name="a", spider="alaska", arguments=route)], now=START)
    world.advance()
    assert ("alaska", route) in [(spider, arguments) for spider, arguments, _ in world.server.calls]


@pytest.mark.parametrize(
    ("spider", "note"),
    [
        ("united", "its terms forbid automated access, and AWARD_ACCEPT_TERMS does not contain united"),
        ("smiles", "its key is missing (AWARD_SMILES_KEY)"),
        ("flyingblue", "it needs a session (scrapy login flyingblue)"),
        ("pagewatch", "it has no active sources"),
        ("uniteddeals", "the terms of its sites forbid automated access, and AWARD_ACCEPT_TERMS does not name them"),
        ("alaska", "AWARD_BUDGET allows it no requests"),
    ],
)
def test_what_must_not_run_live_is_skipped(world: SchedulerWorld, spider: str, note: str, tmp_path: Path) -> None:
    for name, value in {
        "AWARD_SANDBOX_URL": "",
        "AWARD_DATA_DIR": str(tmp_path),
        "AWARD_BUDGET": "alaska=0/day",
        "AWARD_ACCEPT_TERMS": "southwest",
    }.items():
        world.settings.set(name, value)
    (tmp_path / "sessions").mkdir()
    (tmp_path / "sessions/united.json").write_text("{}")
    remove_schedule_entry(world.store, "united")
    save_schedule_entries(world.store, [replace(UNITED, name=spider, spider=spider, arguments={})], now=START)
    world.advance()
    assert [(job.status, job.note) for job in world.jobs()] == [(JobStatus.SKIPPED, note)]


def test_a_short_back_off_is_waited_for_and_a_long_one_skips_the_start(world: SchedulerWorld) -> None:
    reason = Reason.BLOCKED
    record_block(world.store, "united@sandbox", reason=reason, until_at_least=None, now=START)  # 15 minutes
    world.advance(60)
    assert world.jobs() == []
    world.advance(15 * 60)
    assert world.statuses() == [JobStatus.SUBMITTED]
    save_schedule_entries(world.store, [replace(UNITED, name="delta", spider="delta")], now=world.wall)
    until = world.wall + 2 * HOUR
    record_block(world.store, "delta@sandbox", reason=reason, until_at_least=until, now=world.wall)
    world.advance(60)
    assert world.jobs()[-1].note == "paused until 2026-11-30 14:16Z after a block"


# ---- edits -----------------------------------------------------------------------------------------------------------


def test_edits_take_effect_at_the_next_tick(world: SchedulerWorld) -> None:
    set_entry_active(world.store, "united", False, now=START)
    world.advance()
    assert world.jobs() == []
    set_entry_active(world.store, "united", True, now=START)
    save_schedule_entries(world.store, [replace(UNITED, name="delta", spider="delta")], now=START)
    world.advance()
    assert sorted(job.entry for job in world.jobs()) == ["delta", "united"]


@pytest.mark.parametrize("edit", ["remove", "pause", "change"])
def test_a_job_is_followed_after_its_entry_was_edited(world: SchedulerWorld, edit: str) -> None:
    job, run = start(world)
    if edit == "remove":
        remove_schedule_entry(world.store, "united")
    elif edit == "pause":
        set_entry_active(world.store, "united", False, now=world.wall)
    else:
        save_schedule_entries(world.store, [replace(UNITED, spider="delta")], now=world.wall)
    world.advance()
    world.end(job, run)
    world.advance()
    assert world.statuses() == [JobStatus.SUCCEEDED]
    assert len(world.server.calls) == 1


# ---- clocks ----------------------------------------------------------------------------------------------------------


def test_eight_hours_of_sleep_cause_one_start_and_cancel_nothing(world: SchedulerWorld) -> None:
    save_schedule_entries(world.store, [replace(UNITED, name="delta", spider="delta", every_seconds=3600)], now=START)
    world.advance()
    running = str(world.jobs()[1].job)
    run = world.run(running)
    world.advance()
    deadline = world.jobs()[1].deadline_at
    assert deadline
    other = str(world.jobs()[0].job)
    world.end(other, world.run(other, "delta"))
    world.advance()
    world.jump(8 * HOUR)
    record_heartbeat(world.store, run, world.wall)
    world.advance()
    assert world.server.canceled == []
    starts = [job.entry for job in world.jobs() if job.status in (JobStatus.SUBMITTED, JobStatus.SUCCEEDED)]
    assert starts == ["delta", "delta"]
    assert world.jobs()[1].deadline_at == deadline + 8 * HOUR


def test_a_clock_that_is_set_back_starts_nothing_twice_and_forgets_nothing(world: SchedulerWorld) -> None:
    job, run = start(world)
    world.end(job, run)
    world.advance()
    world.jump(-timedelta(minutes=50))
    world.advance()
    assert len(world.server.calls) == 1
    world.jump(-timedelta(days=30))
    world.advance()
    assert len(world.server.calls) == 2
    world.advance()
    assert len(world.server.calls) == 2


def test_cron_in_a_time_zone_across_the_change_of_its_clocks(world: SchedulerWorld) -> None:
    remove_schedule_entry(world.store, "united")
    world.wall = datetime(2026, 10, 31, 12, 0, tzinfo=UTC)
    entry = replace(UNITED, every_seconds=None, cron="30 1 * * *", timezone="America/New_York")
    save_schedule_entries(world.store, [entry], now=world.wall)
    for _ in range(48 * 6):
        world.advance(600)
        for job in world.jobs():
            if job.status is JobStatus.SUBMITTED:
                world.end(str(job.job), world.run(str(job.job)))
    assert [f"{job.due_at:%d %H:%M}" for job in world.jobs()] == ["01 05:30", "02 06:30"]


# ---- processes that die ----------------------------------------------------------------------------------------------


def test_a_scheduler_killed_before_it_submits_a_job_submits_it_after_its_restart(world: SchedulerWorld) -> None:
    world.server.schedule = _killed  # type: ignore[method-assign, assignment]
    with pytest.raises(KeyboardInterrupt):
        world.advance()
    del world.server.schedule  # type: ignore[method-assign]
    (recorded,) = world.jobs()
    assert recorded.submitted_at is None
    world.restart_scheduler()
    world.advance()
    assert world.server.calls == []  # the interrupted call may still arrive
    world.advance(RECOVERY_SECONDS)
    assert world.server.calls == [("united", {"detail": "day"}, recorded.job)]
    assert len(world.jobs()) == 1


def _killed(*_: object, **__: object) -> str:
    raise KeyboardInterrupt


def test_a_scheduler_killed_before_it_records_the_submission_submits_nothing_twice(world: SchedulerWorld) -> None:
    world.server.interruption = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        world.advance()
    world.server.interruption = None
    (job,) = world.jobs()
    assert job.submitted_at is None
    world.restart_scheduler()
    for _ in range(5):
        world.advance(RECOVERY_SECONDS)
    (job,) = world.jobs()
    assert job.submitted_at
    world.end(str(job.job), world.run(str(job.job)))
    world.advance()
    assert world.statuses() == [JobStatus.SUCCEEDED]
    assert len(world.server.calls) == 1


def test_a_call_without_a_response_is_not_repeated_if_it_arrived(world: SchedulerWorld) -> None:
    world.server.interruption = ScrapydError("no response", ScrapydFailure.NO_RESPONSE)
    world.advance()
    world.server.interruption = None
    for _ in range(5):
        world.advance(RECOVERY_SECONDS)
    assert len(world.server.calls) == 1


def test_starts_wait_while_scrapyd_is_down(world: SchedulerWorld, caplog: pytest.LogCaptureFixture) -> None:
    world.server.stop()
    for _ in range(20):
        world.advance(60)
    assert world.jobs() == []
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == [
        "No jobs are started: Scrapyd: Scrapyd is not reachable"
    ]
    world.server.restart()
    world.advance()
    assert world.statuses() == [JobStatus.SUBMITTED]


def test_starts_wait_until_a_version_is_deployed(world: SchedulerWorld) -> None:
    world.server.deployed = []
    world.advance()
    assert world.jobs() == []
    world.server.deployed = ["r1"]
    world.advance()
    assert world.statuses() == [JobStatus.SUBMITTED]


def test_a_job_interrupted_by_the_end_of_scrapyd_is_started_again_once(world: SchedulerWorld) -> None:
    job, run = start(world)
    for attempt in range(2):
        world.server.stop()
        world.advance()
        world.end(job, run, "shutdown")
        del world.server.states[job]
        world.advance()
        assert world.statuses()[-1] is JobStatus.RUNNING
        world.server.restart()
        world.advance()
        assert world.jobs()[attempt].note == "interrupted when Scrapyd stopped"
        if attempt == 0:
            job = str(world.jobs()[-1].job)
            assert world.jobs()[-1].due_at == START
            run = world.run(job)
            world.advance()
    assert world.statuses() == [JobStatus.KILLED, JobStatus.KILLED]
    assert len(world.server.calls) == 2


def test_a_job_killed_with_scrapyd_is_started_again_when_it_is_dead(world: SchedulerWorld) -> None:
    start(world)
    world.server.stop()
    world.advance()
    world.server.restart()
    world.advance()
    assert world.statuses() == [JobStatus.RUNNING]  # its process still sends heartbeats
    world.advance(LEASE_DURATION.total_seconds())
    assert world.statuses() == [JobStatus.KILLED, JobStatus.SUBMITTED]
    assert world.jobs()[0].note == "killed together with Scrapyd"


def test_a_job_that_disappeared_before_its_run_is_started_again(world: SchedulerWorld) -> None:
    world.advance()
    world.server.states.clear()
    world.advance()
    assert len(world.server.calls) == 1  # Scrapyd lists no job while it starts it
    world.advance(MISSING_SECONDS)
    assert world.statuses() == [JobStatus.KILLED, JobStatus.SUBMITTED]


def test_a_killed_crawl_is_recorded_and_not_repeated(world: SchedulerWorld) -> None:
    job, _ = start(world)
    world.server.states[job] = JobState.FINISHED
    world.advance(LIST_SECONDS)
    (ended,) = world.jobs()
    assert (ended.status, ended.note) == (
        JobStatus.KILLED,
        "recorded no end: it was killed or ran out of memory",
    )


def test_jobs_of_another_scrapyd_do_not_stay_open(world: SchedulerWorld) -> None:
    world.advance()
    world.server.url = "http://other:6800"
    world.server.states.clear()
    world.advance()
    assert world.statuses() == [JobStatus.KILLED]


# ---- overdue ---------------------------------------------------------------------------------------------------------


def test_an_overdue_job_is_ended_in_order(world: SchedulerWorld) -> None:
    job, run = start(world)
    keep_alive(world, run, 61 * MINUTE)
    assert world.server.canceled == [(job, "TERM")]
    world.end(job, run, "shutdown")
    world.advance()
    (ended,) = world.jobs()
    assert (ended.status, ended.note) == (JobStatus.CANCELED, "ran for more than 1 h")


def test_an_overdue_job_that_does_not_end_is_killed(world: SchedulerWorld) -> None:
    job, run = start(world)
    keep_alive(world, run, 61 * MINUTE)
    world.restart_scheduler()
    keep_alive(world, run, timedelta(seconds=KILL_SECONDS) + MINUTE)
    assert world.server.canceled == [(job, "TERM"), (job, "KILL")]
    world.server.states[job] = JobState.FINISHED
    world.advance()
    (ended,) = world.jobs()
    assert (ended.status, ended.note) == (JobStatus.CANCELED, "ran for more than 1 h, and recorded no end")


def test_a_job_that_waits_at_scrapyd_is_not_overdue(world: SchedulerWorld) -> None:
    world.advance()
    for _ in range(5):
        world.advance(3600)
    assert world.server.canceled == []
    assert world.statuses() == [JobStatus.SUBMITTED]


# ---- the database, and a second scheduler ----------------------------------------------------------------------------


def test_of_two_schedulers_only_one_acts(world: SchedulerWorld) -> None:
    second = world.new_scheduler()
    world.advance()
    assert not second.tick()
    world.scheduler.close()
    assert second.tick()
    assert not world.scheduler.tick()
    second.close()
    assert len(world.server.calls) == 1


def test_a_locked_database_is_waited_out(world: SchedulerWorld, caplog: pytest.LogCaptureFixture) -> None:
    with world.store.reading() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=50")
        other = sqlite3.connect(str(world.store.engine.url.database), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
    stop = Event()
    world.server.versions = lambda: _stop_later(stop)  # type: ignore[method-assign]
    world.scheduler.run(stop, seconds=0)
    assert world.jobs() == []
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] != []
    other.execute("ROLLBACK")
    other.close()
    del world.server.versions  # type: ignore[method-assign]
    world.advance()
    assert world.statuses() == [JobStatus.SUBMITTED]


def _stop_later(stop: Event) -> list[str]:
    stop.set()
    return ["r1"]


def test_an_unexpected_error_does_not_end_the_scheduler(
    world: SchedulerWorld, caplog: pytest.LogCaptureFixture
) -> None:
    stop = Event()

    def fail() -> list[str]:
        stop.set()
        raise RuntimeError("unexpected")

    world.server.versions = fail  # type: ignore[method-assign]
    world.scheduler.run(stop, seconds=0)
    assert "The scheduler failed, and goes on" in caplog.text


@pytest.mark.parametrize("broken", ["_tasks", "_follower", "_submitter"])
def test_an_unexpected_error_of_one_step_is_logged_once_and_keeps_no_other_from_being_done(
    world: SchedulerWorld, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def fail(*arguments: object) -> None:
        raise RuntimeError("unexpected")

    checked: list[datetime] = []
    world.scheduler._health_checks = checked.append
    part = getattr(world.scheduler, broken)
    monkeypatch.setattr(part, "start" if broken == "_submitter" else "follow", fail)
    for _ in range(3):
        world.advance()
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == [
        "The scheduler failed, and goes on"
    ]
    assert len(checked) == 1
    assert len(world.server.calls) == (0 if broken == "_submitter" else 1)


def test_an_error_of_one_entry_keeps_no_other_from_starting(
    world: SchedulerWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_schedule_entries(world.store, [replace(UNITED, name="delta", spider="delta")], now=START - HOUR)
    schedule = world.server.schedule

    def fail(spider: str, arguments: Mapping[str, str], *, job: str | None = None) -> str:
        if spider == "delta":
            raise RuntimeError("unexpected")
        return schedule(spider, arguments, job=job)

    monkeypatch.setattr(world.server, "schedule", fail)
    world.advance(60)
    assert [spider for spider, _, _ in world.server.calls] == ["united"]


def test_health_is_checked_once_a_minute(world: SchedulerWorld) -> None:
    times: list[datetime] = []
    world.scheduler._health_checks = times.append
    for _ in range(90):
        world.advance(2)
    assert len(times) == 3
