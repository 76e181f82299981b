"""Entries of the schedule and their jobs, on both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from awardspider.outcomes import InvalidArgument
from awardspider.storage.schedule import (
    EntryChange,
    ScheduledTask,
    ScheduleEntry,
    add_schedule_entry,
    find_schedule_entry,
    remove_schedule_entry,
    save_schedule_entries,
    schedule_entries,
    set_entry_active,
)
from awardspider.storage.scheduled_jobs import (
    JobStatus,
    add_job,
    end_job,
    failed_jobs,
    last_ended_jobs,
    last_submissions,
    latest_jobs,
    open_jobs,
    recent_jobs,
    skip_job,
    start_job,
    starts_at,
    update_job,
)
from awardspider.storage.store import Store
from tests.support.storage_examples import NOW

HOUR = timedelta(hours=1)
UNITED = ScheduleEntry(name="united", spider="united", every_seconds=6 * 3600, max_seconds=3600, arguments={"a": "1"})
PRUNE = ScheduleEntry(
    name="prune", task=ScheduledTask.PRUNE, cron="30 3 * * *", timezone="Europe/Berlin", max_seconds=9
)
HOST = "http://127.0.0.1:6800"


def saved(store: Store, entry: ScheduleEntry = UNITED) -> ScheduleEntry:
    """Save an entry and return it as it is stored."""
    save_schedule_entries(store, [entry], now=NOW)
    stored = find_schedule_entry(store, entry.name)
    assert stored
    return stored


def test_entries_are_stored_with_all_fields(store: Store) -> None:
    changes = save_schedule_entries(store, [UNITED, PRUNE], now=NOW)
    assert changes == {"united": EntryChange.ADDED, "prune": EntryChange.ADDED}
    assert schedule_entries(store) == [replace(entry, created_at=NOW, changed_at=NOW) for entry in (PRUNE, UNITED)]


def test_an_entry_that_is_added_replaces_none(store: Store) -> None:
    add_schedule_entry(store, UNITED, now=NOW)
    with pytest.raises(InvalidArgument, match="there is an entry 'united' already"):
        add_schedule_entry(store, replace(UNITED, every_seconds=60), now=NOW)
    assert schedule_entries(store) == [replace(UNITED, created_at=NOW, changed_at=NOW)]


def test_saving_an_entry_again_changes_only_what_differs(store: Store) -> None:
    entry = saved(store)
    start_job(store, entry, due_at=NOW, host=HOST, job="1", now=NOW)
    assert save_schedule_entries(store, [UNITED], now=NOW + HOUR) == {"united": EntryChange.UNCHANGED}
    slower = replace(UNITED, every_seconds=7200)
    assert save_schedule_entries(store, [slower], now=NOW + HOUR) == {"united": EntryChange.CHANGED}
    changed = replace(slower, created_at=NOW, changed_at=NOW + HOUR, handled_until=NOW)
    assert schedule_entries(store) == [changed]


def test_entries_are_paused_resumed_and_removed(store: Store) -> None:
    saved(store)
    assert set_entry_active(store, "united", False, now=NOW) is EntryChange.CHANGED
    assert set_entry_active(store, "united", False, now=NOW) is EntryChange.UNCHANGED
    assert set_entry_active(store, "delta", False, now=NOW) is None
    assert [entry.active for entry in schedule_entries(store)] == [False]
    assert remove_schedule_entry(store, "united")
    assert not remove_schedule_entry(store, "united")


def test_a_start_is_recorded_once(store: Store) -> None:
    entry = saved(store)
    job = start_job(store, entry, due_at=NOW, host=HOST, job="1", now=NOW + HOUR)
    assert job
    assert (job.status, job.job, job.host, job.submitted_at) == (JobStatus.SUBMITTED, "1", HOST, None)
    assert start_job(store, entry, due_at=NOW, host=HOST, job="2", now=NOW + HOUR) is None
    assert [each.job for each in recent_jobs(store, limit=9)] == ["1"]
    assert [each.handled_until for each in schedule_entries(store)] == [NOW + HOUR]


def test_an_entry_that_was_changed_or_removed_is_not_started(store: Store) -> None:
    entry = saved(store)
    save_schedule_entries(store, [replace(UNITED, max_seconds=9)], now=NOW + HOUR)
    assert start_job(store, entry, due_at=NOW, host=HOST, job="1", now=NOW + HOUR) is None
    entry = saved(store)
    remove_schedule_entry(store, "united")
    assert start_job(store, entry, due_at=NOW, host=HOST, job="1", now=NOW + HOUR) is None
    assert recent_jobs(store, limit=9) == []


def test_a_repeated_skip_takes_one_row(store: Store) -> None:
    for hours, note in enumerate(("no watch", "no watch", "paused", "no watch")):
        entry = find_schedule_entry(store, "united") or saved(store)
        skip_job(store, entry, due_at=NOW + hours * HOUR, note=note, now=NOW + hours * HOUR)
    rows = [(job.note, job.ended_at) for job in recent_jobs(store, limit=9)]
    assert rows == [("no watch", NOW + 3 * HOUR), ("paused", NOW + 2 * HOUR), ("no watch", NOW + HOUR)]


def test_jobs_are_read_by_status_entry_and_time(store: Store) -> None:
    entry, prune = saved(store), saved(store, PRUNE)
    first, second, third = (add_job(store, entry, due_at=NOW, host=HOST, job=str(number)) for number in range(3))
    task = add_job(store, prune, due_at=NOW, host="server", job="p", note="by hand")
    update_job(store, second, status=JobStatus.RUNNING, run_id="run")
    end_job(store, first, JobStatus.SUCCEEDED, ended_at=NOW)
    end_job(store, third, JobStatus.NOT_STARTED, ended_at=NOW + HOUR, note="no such spider")
    update_job(store, third, status=JobStatus.RUNNING)  # an ended job keeps its status
    assert [(job.job, job.status) for job in open_jobs(store)] == [
        ("1", JobStatus.RUNNING),
        ("p", JobStatus.SUBMITTED),
    ]
    assert [job.note for job in failed_jobs(store, NOW)] == ["no such spider"]
    assert failed_jobs(store, NOW + 2 * HOUR) == []
    assert {name: job.job for name, job in latest_jobs(store).items()} == {"united": "2", "prune": "p"}
    assert {name: job.job for name, job in last_ended_jobs(store).items()} == {"united": "2"}
    assert [job.job for job in recent_jobs(store, limit=2, entry="united")] == ["2", "1"]
    assert starts_at(store, "united", NOW) == 3
    assert task.task is ScheduledTask.PRUNE
    assert task.subject == "prune"


def test_the_last_submission_of_a_spider_counts_over_all_its_entries(store: Store) -> None:
    entry, other = saved(store), saved(store, replace(UNITED, name="days"))
    for number, (of_entry, hours) in enumerate(((entry, 2), (other, 3), (entry, 1))):
        job = add_job(store, of_entry, due_at=NOW, host=HOST, job=str(number))
        update_job(store, job, submitted_at=NOW + hours * HOUR)
    add_job(store, saved(store, PRUNE), due_at=NOW, host="server", job="p")
    add_job(store, entry, due_at=NOW + 9 * HOUR, host=HOST, job="not submitted")
    assert last_submissions(store) == {"united": NOW + 3 * HOUR}
