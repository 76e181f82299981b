"""The tasks of the schedule as real processes."""

from __future__ import annotations

import sys
import time

import pytest

from awardspider.operations import task_processes
from awardspider.storage.schedule import ScheduledTask, ScheduleEntry, save_schedule_entries
from awardspider.storage.scheduled_jobs import JobStatus
from awardspider.storage.store import Store
from tests.support.memory_scrapyd import START, SchedulerWorld
from tests.support.waiting import wait_until

PRUNE = ScheduleEntry(name="prune", task=ScheduledTask.PRUNE, every_seconds=3600, max_seconds=600)


@pytest.fixture
def world(sqlite_store: Store) -> SchedulerWorld:
    world = SchedulerWorld(sqlite_store)
    world.server.stop()  # tasks need no Scrapyd
    save_schedule_entries(sqlite_store, [PRUNE], now=START)
    return world


def set_program(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Let every task run Python code."""
    monkeypatch.setattr(task_processes, "task_command", lambda task: [sys.executable, "-c", code])


def wait_for(world: SchedulerWorld, status: JobStatus) -> None:
    def has_status() -> bool:
        world.advance(0.1)
        return world.statuses()[-1] is status

    wait_until(has_status, 20)


@pytest.mark.parametrize(
    ("code", "status", "note"),
    [
        ("print('a'); print('freed 3 MB')", JobStatus.SUCCEEDED, "freed 3 MB"),
        ("pass", JobStatus.SUCCEEDED, None),
        ("import sys; sys.exit('error: the disk is full')", JobStatus.FAILED, "the disk is full"),
        ("import sys; sys.exit(3)", JobStatus.FAILED, "ended with exit code 3"),
    ],
)
def test_the_end_of_a_task_is_recorded(
    world: SchedulerWorld, monkeypatch: pytest.MonkeyPatch, code: str, status: JobStatus, note: str | None
) -> None:
    set_program(monkeypatch, code)
    world.advance()
    wait_for(world, status)
    (job,) = world.jobs()
    assert (job.note, job.task, job.due_at) == (note, ScheduledTask.PRUNE, START)
    world.advance(3600)
    assert len(world.jobs()) == 2
    world.scheduler.close()


def test_a_task_that_takes_too_long_is_ended(world: SchedulerWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    set_program(monkeypatch, "import time; time.sleep(600)")
    world.advance()
    world.advance(300)
    assert world.statuses() == [JobStatus.RUNNING]
    world.advance(700)
    wait_for(world, JobStatus.CANCELED)
    assert world.jobs()[0].note == "ran for more than 10 min"


def test_a_task_ends_with_the_scheduler(world: SchedulerWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    set_program(monkeypatch, "import time; time.sleep(600)")
    world.advance()
    started = time.monotonic()
    world.scheduler.close()
    assert time.monotonic() - started < 15
    assert [(job.status, job.note) for job in world.jobs()] == [
        (JobStatus.KILLED, "the scheduler was stopped while it ran")
    ]


def test_a_task_of_a_killed_scheduler_is_started_again_once(
    world: SchedulerWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_program(monkeypatch, "import time; time.sleep(600)")
    for expected in (2, 2):
        world.advance()
        task = world.scheduler._tasks._tasks.popitem()[1]
        task.process.kill()
        task.process.wait()
        task.output.close()
        world.restart_scheduler()
        world.advance()
        assert len(world.jobs()) == expected
    assert world.jobs()[0].note == "the scheduler ended while it ran"
    world.scheduler.close()


def test_the_command_line_of_a_task_runs_scrapy() -> None:
    command = task_processes.task_command(ScheduledTask.PRUNE)
    assert (command[0], command[-1]) == (sys.executable, "prune")
    compile(command[2], "task", "exec")


def test_a_task_that_cannot_be_started_has_failed(world: SchedulerWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task_processes, "task_command", lambda task: ["/missing/python"])
    world.advance()
    (job,) = world.jobs()
    assert (job.status, job.note) == (
        JobStatus.FAILED,
        "the process could not be started: No such file or directory",
    )
