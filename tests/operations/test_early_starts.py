"""Early starts, with clocks and a Scrapyd in memory: a new watch or source does not wait for the next interval."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from awardspider.items import SourceKind
from awardspider.operations import early_starts
from awardspider.operations.early_starts import MIN_GAP
from awardspider.promotion_sources import built_in_sources
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.promotion_sources import add_source, remove_source
from awardspider.storage.schedule import ScheduleEntry, save_schedule_entries
from awardspider.storage.scheduled_jobs import JobStatus
from awardspider.storage.store import Store
from awardspider.storage.watches import find_entry, save_watches, set_active
from tests.support.memory_scrapyd import START, SchedulerWorld
from tests.support.storage_examples import make_report
from tests.support.watch_examples import make_watch

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
UNITED = ScheduleEntry(name="united", spider="united", every_seconds=6 * 3600, max_seconds=3600)


@pytest.fixture
def world(sqlite_store: Store) -> SchedulerWorld:
    """Return a scheduler whose entries of United and Delta were skipped, because there is no watch."""
    world = SchedulerWorld(sqlite_store)
    save_schedule_entries(sqlite_store, [UNITED, replace(UNITED, name="delta", spider="delta")], now=START)
    world.advance()
    assert [job.note for job in world.jobs()] == ["no active watch needs it"] * 2
    world.advance(HOUR.total_seconds())
    return world


def add_watch(world: SchedulerWorld, name: str = "Texas", **fields: object) -> None:
    save_watches(world.store, [make_watch(name=name, **{"programs": ("united",), **fields})], now=world.wall)


def finish(world: SchedulerWorld) -> None:
    """Let the last job run for a minute and end."""
    job = str(world.jobs()[-1].job)
    run = world.run(job)
    world.advance(60)
    world.end(job, run)
    world.advance()
    assert world.jobs()[-1].status is JobStatus.SUCCEEDED


def spiders(world: SchedulerWorld) -> list[str]:
    return [spider for spider, _, _ in world.server.calls]


def test_a_new_watch_starts_its_programs_at_the_next_tick(world: SchedulerWorld) -> None:
    added = world.wall
    add_watch(world)
    world.advance()
    assert spiders(world) == ["united"]
    job = world.jobs()[-1]
    assert (job.entry, job.status, job.due_at) == ("united", JobStatus.SUBMITTED, added)
    finish(world)
    for _ in range(5):
        world.advance(3600)
    assert spiders(world) == ["united"]
    world.advance(3600)
    assert spiders(world) == ["united", "united"]


@pytest.mark.parametrize("change", ["add", "edit", "resume"])
def test_changes_soon_after_a_start_are_searched_together_ten_minutes_after_it(
    world: SchedulerWorld, change: str
) -> None:
    add_watch(world, "Maui", active=False)
    add_watch(world)
    world.advance()
    started = world.wall
    finish(world)
    if change == "resume":
        set_active(world.store, find_entry(world.store, "Maui").id, True, now=world.wall)
    else:
        add_watch(world, "Maui" if change == "add" else "Texas", max_miles=12_345)
    while world.wall < started + MIN_GAP - MINUTE:
        world.advance(30)
    add_watch(world, "Texas", max_miles=12_000)
    assert spiders(world) == ["united"]
    while world.wall < started + MIN_GAP:
        world.advance(30)
    assert spiders(world) == ["united", "united"]
    finish(world)
    for _ in range(5):
        world.advance(3600)
    assert spiders(world) == ["united", "united"]


def test_a_watch_that_is_added_during_a_run_is_searched_after_its_end(world: SchedulerWorld) -> None:
    add_watch(world)
    world.advance()
    job = str(world.jobs()[-1].job)
    run = world.run(job)
    world.advance(60)
    add_watch(world, "Maui")
    world.advance(60)
    assert [job.status for job in world.jobs() if job.entry == "united"] == [JobStatus.SKIPPED, JobStatus.RUNNING]
    world.end(job, run)
    world.advance()
    world.advance(MIN_GAP.total_seconds())
    assert spiders(world) == ["united", "united"]


@pytest.mark.parametrize(
    "fields", [{"programs": ("american",)}, {"active": False}], ids=["of another program", "paused"]
)
def test_a_watch_that_needs_no_search_starts_nothing(world: SchedulerWorld, fields: dict[str, object]) -> None:
    add_watch(world, **fields)
    world.advance(60)
    assert spiders(world) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"every_seconds": None, "cron": "0 0 1 1 *"},
        {"active": False},
        {"arguments": {"origin": "LAX", "destination": "AUS", "dates": "+30..+60"}},
    ],
    ids=["cron", "paused", "with a route"],
)
def test_other_entries_keep_their_times(sqlite_store: Store, changes: dict[str, object]) -> None:
    world = SchedulerWorld(sqlite_store)
    save_schedule_entries(sqlite_store, [replace(UNITED, **changes)], now=START)  # type: ignore[arg-type]
    world.advance()
    _end_all(world)
    world.advance(HOUR.total_seconds())
    before = spiders(world)
    add_watch(world)
    world.advance(60)
    assert spiders(world) == before


def test_nothing_starts_early_while_the_budget_is_used_up(world: SchedulerWorld) -> None:
    world.settings.set("AWARD_BUDGET", "united=1/hour,47/day")
    write_batch(world.store, Batch(reports=[make_report("1", requested_at=world.wall)]))
    add_watch(world)
    world.advance(60)
    assert spiders(world) == []
    world.advance(HOUR.total_seconds())
    assert spiders(world) == ["united"]


def test_a_program_that_must_not_run_is_skipped_once(world: SchedulerWorld, tmp_path: Path) -> None:
    world.settings.set("AWARD_DATA_DIR", str(tmp_path))
    world.settings.set("AWARD_SANDBOX_URL", "")
    world.restart_scheduler()
    add_watch(world)
    for _ in range(3):
        world.advance(60)
    (skipped,) = [job for job in world.jobs() if job.entry == "united" and job.note != "no active watch needs it"]
    assert skipped.status is JobStatus.SKIPPED


def test_watches_are_read_once_for_each_change(world: SchedulerWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = []
    find_watches = early_starts.find_watches

    def count(*args: object, **options: object) -> object:
        reads.append(world.wall)
        return find_watches(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(early_starts, "find_watches", count)
    for _ in range(5):
        world.advance()
    assert reads == []
    add_watch(world, programs=("american",))
    for _ in range(5):
        world.advance()
    assert len(reads) == 1


def test_a_source_that_is_added_starts_its_spider(sqlite_store: Store) -> None:
    world = SchedulerWorld(sqlite_store)
    feeds = replace(UNITED, name="dealfeeds", spider="dealfeeds")
    save_schedule_entries(sqlite_store, [feeds, replace(feeds, name="pagewatch", spider="pagewatch")], now=START)
    world.advance()
    _end_all(world)
    world.advance(HOUR.total_seconds())
    known = spiders(world)
    built_in = next(iter(built_in_sources().values()))
    source = replace(built_in, url="https://blog.example/feed", kind=SourceKind.FEED)
    add_source(sqlite_store, source, now=world.wall)
    world.advance()
    assert spiders(world)[len(known) :] == ["dealfeeds"]
    _end_all(world)
    remove_source(sqlite_store, source, now=world.wall)
    world.advance(HOUR.total_seconds())
    assert len(spiders(world)) == len(known) + 1
    add_source(sqlite_store, source, now=world.wall)
    world.advance()
    assert spiders(world)[len(known) :] == ["dealfeeds", "dealfeeds"]


def _end_all(world: SchedulerWorld) -> None:
    for job in world.jobs():
        if job.ended_at is None:
            world.end(str(job.job), world.run(str(job.job), "dealfeeds"))
    world.advance()
