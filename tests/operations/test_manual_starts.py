"""Starts by hand: one at a time for each program, and only if they can do something."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from awardspider.operations.job_submission import SchedulerContext
from awardspider.operations.manual_starts import start_entry, start_needed, start_spider
from awardspider.operations.scrapyd import JobState
from awardspider.outcomes import InvalidArgument, ScrapydError
from awardspider.storage.schedule import ScheduledTask, ScheduleEntry
from awardspider.storage.scheduled_jobs import JobStatus, open_jobs, recent_jobs
from awardspider.storage.services import ServiceName, start_service
from awardspider.storage.store import Store
from tests.support.memory_scrapyd import START, SchedulerWorld
from tests.support.stored_watches import store_watches

UNITED = ScheduleEntry(name="united", spider="united", every_seconds=3600, max_seconds=3600)
PRUNE = ScheduleEntry(name="prune", task=ScheduledTask.PRUNE, every_seconds=3600, max_seconds=3600)


@pytest.fixture
def world(sqlite_store: Store) -> SchedulerWorld:
    """Return a Scrapyd and a database with a watch."""
    store_watches(sqlite_store, "Texas", programs=("united", "delta"))
    return SchedulerWorld(sqlite_store)


@pytest.fixture
def context(world: SchedulerWorld) -> SchedulerContext:
    """Return the context of a start."""
    return SchedulerContext(store=world.store, server=world.server, settings=world.settings, now=lambda: world.wall)


def test_of_starts_at_the_same_time_one_reaches_scrapyd(store: Store) -> None:
    store_watches(store, "Texas", programs=("united",))
    world = SchedulerWorld(store)
    context = SchedulerContext(store=store, server=world.server, settings=world.settings, now=lambda: START)

    def start(_: int) -> bool:
        try:
            start_spider(context, "united", {})
        except InvalidArgument:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(start, range(4))) == 1
    assert len(world.server.calls) == 1


def test_a_start_waits_for_the_end_of_the_last_one(world: SchedulerWorld, context: SchedulerContext) -> None:
    job = start_spider(context, "united", {})
    run = world.run(str(job.job))
    with pytest.raises(InvalidArgument, match="is being crawled already"):
        start_spider(context, "united", {})
    world.end(str(job.job), run)
    again = start_spider(context, "united", {})  # no scheduler has recorded the end of the first job
    assert again.job != job.job
    assert [each.status for each in recent_jobs(world.store, limit=9)] == [JobStatus.SUBMITTED, JobStatus.SUCCEEDED]


def test_an_entry_starts_although_a_job_without_scheduler_has_ended(
    world: SchedulerWorld, context: SchedulerContext
) -> None:
    job = start_entry(context, UNITED)
    with pytest.raises(InvalidArgument, match="united is submitted already"):
        start_entry(context, UNITED)
    world.end(str(job.job), world.run(str(job.job)))
    assert start_entry(context, UNITED).job != job.job


def test_a_start_with_arguments_is_not_repeated_with_those_of_an_entry(
    world: SchedulerWorld, context: SchedulerContext
) -> None:
    job = start_spider(context, "delta", {"origin": "LAX", "destination": "JFK", "dates": "+30..+40", "cabins": " "})
    assert job.entry == "manual:delta"
    assert world.server.calls == [("delta", {"origin": "LAX", "destination": "JFK", "dates": "+30..+40"}, job.job)]


def test_nothing_is_recorded_without_a_scrapyd_or_a_version(world: SchedulerWorld, context: SchedulerContext) -> None:
    world.server.deployed = []
    with pytest.raises(ScrapydError, match="no version of awardspider is deployed"):
        start_spider(context, "united", {})
    world.server.stop()
    with pytest.raises(ScrapydError, match="not reachable"):
        start_needed(context)
    assert open_jobs(world.store) == []


def test_a_task_needs_a_scheduler(world: SchedulerWorld, context: SchedulerContext) -> None:
    with pytest.raises(InvalidArgument, match="no scheduler is running"):
        start_entry(context, PRUNE)
    start_service(world.store, ServiceName.SCHEDULER, version="r1", now=START)
    assert start_entry(context, PRUNE).task is ScheduledTask.PRUNE
    assert world.server.calls == []


def test_needed_programs_start_and_the_others_say_why_not(world: SchedulerWorld, context: SchedulerContext) -> None:
    world.server.states["x"] = JobState.PENDING
    start_spider(context, "delta", {})
    result = start_needed(context)
    assert [job.subject for job in result.started] == ["united"]
    assert [(each.program, each.note) for each in result.skipped] == [("delta", "it runs already")]
