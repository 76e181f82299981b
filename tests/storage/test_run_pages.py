"""Pages of runs: filters by program, result and machine, and cursors."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from awardspider.outcomes import InvalidArgument, Outcome
from awardspider.storage.run_listing import runs_with_jobs
from awardspider.storage.run_pages import RunQuery, RunResult, recent_hosts, run_page
from awardspider.storage.runs import end_run, start_run
from awardspider.storage.store import Store

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
REASONS = ("finished", "blocked", "shutdown", "closespider_timeout", "out_of_budget", "killed")


def add(store: Store, program: str, number: int, reason: str | None) -> str:
    """Store a run that started so many minutes ago."""
    at = NOW - timedelta(minutes=number)
    run = start_run(store, program=program, spider=program, job=f"job-{program}-{number}", arguments={}, now=at)
    if reason:
        end_run(store, run, finish_reason=reason, stats={}, now=at, outcomes={Outcome.FOUND: number})
    return run


@pytest.mark.parametrize(
    ("result", "reasons"),
    [
        (None, [None, *REASONS]),
        (RunResult.OPEN, [None]),
        (RunResult.FINISHED, ["finished"]),
        (RunResult.STOPPED, ["shutdown", "closespider_timeout", "out_of_budget"]),
        (RunResult.FAILED, ["blocked", "killed"]),
    ],
)
def test_runs_are_listed_by_result(store: Store, result: RunResult | None, reasons: list[str | None]) -> None:
    for number, reason in enumerate(REASONS, start=1):
        add(store, "united", number, reason)
    add(store, "united", 0, None)
    assert [run.finish_reason for run in run_page(store, RunQuery(result=result), NOW).runs] == reasons


def test_runs_are_listed_by_program_and_machine(store: Store) -> None:
    run = add(store, "united", 1, "finished")
    add(store, "delta", 2, "finished")
    (host,) = recent_hosts(store)
    query = RunQuery(programs=("united",), host=host)
    assert [each.run_id for each in run_page(store, query, NOW).runs] == [run]
    assert run_page(store, RunQuery(host="moon"), NOW).runs == []
    assert runs_with_jobs(store, ["job-united-1", "job-none"], NOW)["job-united-1"].run_id == run


def test_pages_follow_each_other_without_gaps(store: Store) -> None:
    runs = [add(store, "united", number // 2, "finished") for number in range(7)]
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = run_page(store, RunQuery(), NOW, cursor=cursor, size=3)
        found += [run.run_id for run in page.runs]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert sorted(found) == sorted(runs)
    assert len(found) == len(runs)
    with pytest.raises(InvalidArgument):
        run_page(store, RunQuery(), NOW, cursor="nonsense")
