"""Listing of runs: those that are alive, that ended, and that were killed, on both engines."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from awardspider.outcomes import Outcome, Reason
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.finish_reasons import KILLED
from awardspider.storage.run_listing import CODE_VERSION, RunFilter, RunRow, failure_reasons, find_run, find_runs
from awardspider.storage.runs import LEASE_DURATION, end_run, start_run
from awardspider.storage.store import Store
from tests.support.storage_examples import NOW, make_report

MINUTE = timedelta(minutes=1)


def start(store: Store, program: str = "united", job: str | None = None, now: datetime = NOW) -> str:
    return start_run(store, program=program, spider=program, job=job, arguments={"origin": "LAX"}, now=now)


def add_searches(store: Store, run_id: str) -> None:
    """Store a search that found three offers, and three that failed."""
    failed = [
        make_report(f"{run_id}-{number}", outcome=Outcome.FAILED, reason=reason, offers=0)
        for number, reason in enumerate((Reason.BLOCKED, Reason.UNREACHABLE, Reason.BLOCKED))
    ]
    reports = [make_report(f"{run_id}-found", outcome=Outcome.FOUND, offers=3), *failed]
    write_batch(store, Batch(reports=reports), run_id)


def find_one(store: Store, run_id: str, now: datetime) -> RunRow:
    row = find_run(store, run_id, now)
    assert row
    return row


def test_a_live_run_counts_its_searches_up_to_now(store: Store) -> None:
    run_id = start(store, job="job-1")
    add_searches(store, run_id)
    row = find_one(store, run_id, NOW + MINUTE)
    assert (row.program, row.job, row.arguments) == ("united", "job-1", {"origin": "LAX"})
    assert (row.found, row.empty, row.failed, row.offers) == (1, 0, 3, 3)
    assert row.is_alive
    assert row.duration(NOW + MINUTE) == MINUTE


def test_a_run_that_ended_has_its_reason_totals_and_code(store: Store) -> None:
    run_id = start(store)
    add_searches(store, run_id)
    stats = {CODE_VERSION: "r1-g0123abcd"}
    end_run(store, run_id, finish_reason="finished", stats=stats, now=NOW + 2 * MINUTE, coverage_drop="miles 90% -> 1%")
    row = find_one(store, run_id, NOW + 60 * MINUTE)
    assert (row.finish_reason, row.code_version, row.coverage_drop) == ("finished", "r1-g0123abcd", "miles 90% -> 1%")
    assert (row.found, row.empty, row.failed, row.offers) == (1, 0, 3, 3)
    assert not row.is_alive
    assert row.duration(NOW + 60 * MINUTE) == 2 * MINUTE
    assert row.stats == stats
    assert failure_reasons(store, run_id) == {"blocked": 2, "unreachable": 1}


def test_a_run_without_heartbeats_was_killed(store: Store) -> None:
    run_id = start(store)
    assert find_one(store, run_id, NOW + LEASE_DURATION).is_alive
    later = NOW + LEASE_DURATION + MINUTE
    row = find_one(store, run_id, later)
    assert (row.finish_reason, row.is_alive, row.ended_at) == (KILLED, False, None)
    assert row.duration(later) == timedelta(0)


def test_runs_are_listed_latest_first(store: Store) -> None:
    first = start(store, now=NOW)
    end_run(store, first, finish_reason="finished", stats={}, now=NOW + MINUTE)
    second = start(store, now=NOW + 2 * MINUTE)
    other = start(store, "delta", now=NOW + 3 * MINUTE)

    def listed(**criteria: object) -> list[str]:
        return [row.run_id for row in find_runs(store, RunFilter(**criteria), NOW + 4 * MINUTE)]  # type: ignore[arg-type]

    assert listed() == [other, second, first]
    assert listed(programs=["united"]) == [second, first]
    assert listed(programs=["united"], since=NOW + MINUTE) == [second]


@pytest.mark.parametrize("text", ["job_a", "job_a-1", "job_%", "%"])
def test_a_run_is_found_by_its_id_its_job_or_a_unique_beginning(store: Store, text: str) -> None:
    run_id = start(store, job="job_a-1")
    start(store, "delta", job="jobba-2", now=NOW + MINUTE)
    found = find_run(store, text, NOW + MINUTE)
    assert (found.run_id if found else None) == (None if "%" in text else run_id)
    assert find_one(store, run_id, NOW + MINUTE).run_id == run_id
    assert find_run(store, "job", NOW + MINUTE) is None


def test_of_two_runs_of_one_job_the_latest_is_found(store: Store) -> None:
    """Scrapyd accepts a job's id twice."""
    first = start(store, job="1")
    end_run(store, first, finish_reason="finished", stats={}, now=NOW)
    second = start(store, job="1", now=NOW + MINUTE)
    assert find_one(store, "1", NOW + MINUTE).run_id == second
