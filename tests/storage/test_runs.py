"""Runs and the leases of their programs, on both engines."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import RowMapping, select, update

from awardspider.items import Detail
from awardspider.outcomes import Outcome, ProgramLocked, Reason
from awardspider.storage import schema
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.programs import program_state, record_block, record_success
from awardspider.storage.runs import LEASE_DURATION, end_run, record_heartbeat, start_run
from awardspider.storage.store import Store
from tests.support.storage_examples import NOW, make_report

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


def start(
    store: Store,
    now: datetime = NOW,
    program: str = "united",
    job: str | None = None,
    arguments: dict[str, str] | None = None,
) -> str:
    return start_run(store, program=program, spider=program, job=job, arguments=arguments or {}, now=now)


def stored_run(store: Store, run_id: str) -> RowMapping:
    with store.reading() as connection:
        return connection.execute(select(schema.runs).where(schema.runs.c.id == run_id)).mappings().one()


def set_lease_owner(store: Store, **values: Any) -> None:
    """Replace columns of United's lease."""
    with store.writing() as connection:
        connection.execute(update(schema.programs).where(schema.programs.c.program == "united").values(**values))


def ended_process() -> int:
    """Return the id of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_a_run_is_recorded_from_start_to_end(store: Store) -> None:
    run_id = start(store, job="job 7", arguments={"origin": "LAX"})
    row = stored_run(store, run_id)
    assert (row["program"], row["job"], row["arguments"]) == ("united", "job 7", {"origin": "LAX"})
    assert (row["pid"], row["started_at"], row["ended_at"]) == (os.getpid(), NOW, None)

    failed: dict[str, Any] = {"outcome": Outcome.FAILED, "reason": Reason.BLOCKED, "offers": 0}
    reports = [make_report("1", offers=30), make_report("2", offers=12), make_report("3", **failed)]
    write_batch(store, Batch(reports=reports), run_id)
    write_batch(store, Batch(reports=[make_report("4")]), "another")
    stats: dict[str, object] = {"start": NOW, "detail": Detail.DAY}
    end_run(store, run_id, finish_reason="blocked", stats=stats, now=NOW + HOUR)
    row = stored_run(store, run_id)
    assert (row["ended_at"], row["finish_reason"]) == (NOW + HOUR, "blocked")
    assert (row["found"], row["empty"], row["failed"], row["offers"]) == (2, 0, 1, 42)
    assert row["stats"] == {"start": "2026-11-22T10:00:00+00:00", "detail": "day"}


def test_a_program_is_crawled_by_one_run_at_a_time(store: Store) -> None:
    run_id = start(store)
    state = program_state(store, "united")
    assert (state.run_id, state.pid, state.leased_at) == (run_id, os.getpid(), NOW)
    owner = rf"united is being crawled on .* \(process {os.getpid()}, run {run_id}\)"
    with pytest.raises(ProgramLocked, match=owner):
        start(store, NOW + MINUTE)
    start(store, program="delta")
    end_run(store, run_id, finish_reason="finished", stats={}, now=NOW + MINUTE)
    assert program_state(store, "united").run_id is None
    start(store, NOW + MINUTE)


def test_a_lease_without_heartbeats_is_taken_over(store: Store) -> None:
    run_id = start(store)
    set_lease_owner(store, host="elsewhere")
    record_heartbeat(store, run_id, NOW + LEASE_DURATION)
    with pytest.raises(ProgramLocked, match="crawled on elsewhere"):
        start(store, NOW + 2 * LEASE_DURATION)

    late = NOW + 2 * LEASE_DURATION + SECOND
    successor = start(store, late)
    closed = stored_run(store, run_id)
    assert (closed["finish_reason"], closed["ended_at"]) == ("killed", NOW + LEASE_DURATION)
    assert program_state(store, "united").run_id == successor

    with pytest.raises(ProgramLocked, match="another run took over its program"):
        record_heartbeat(store, run_id, late)
    end_run(store, run_id, finish_reason="finished", stats={}, now=late)
    assert program_state(store, "united").run_id == successor


def test_a_lease_with_heartbeats_of_a_clock_that_was_ahead_is_taken_over(store: Store) -> None:
    run_id = start(store, NOW + timedelta(days=400))
    set_lease_owner(store, host="elsewhere")
    with pytest.raises(ProgramLocked, match="crawled on elsewhere"):
        start(store, NOW + timedelta(days=400) - MINUTE)
    successor = start(store, NOW)
    assert stored_run(store, run_id)["finish_reason"] == "killed"
    assert program_state(store, "united").run_id == successor


def test_a_killed_run_keeps_its_totals(store: Store) -> None:
    run_id = start(store)
    write_batch(store, Batch(reports=[make_report("1", offers=5)]), run_id)
    start(store, NOW + LEASE_DURATION + SECOND)
    row = stored_run(store, run_id)
    assert (row["found"], row["failed"], row["offers"]) == (1, 0, 5)


def test_the_lease_of_an_ended_process_is_taken_over_at_once(store: Store) -> None:
    run_id = start(store)
    set_lease_owner(store, pid=ended_process())
    start(store, NOW + SECOND)
    assert stored_run(store, run_id)["finish_reason"] == "killed"


@pytest.mark.parametrize("owner", [{"host": "elsewhere"}, {"pid_namespace": "pid:[1]"}])
def test_processes_of_other_hosts_and_containers_do_not_count_as_ended(store: Store, owner: dict[str, str]) -> None:
    start(store)
    set_lease_owner(store, pid=ended_process(), **owner)
    with pytest.raises(ProgramLocked):
        start(store, NOW + SECOND)


def test_a_block_does_not_end_the_lease(store: Store) -> None:
    run_id = start(store)
    record_block(store, "united", reason="blocked", until_at_least=None, now=NOW)
    record_success(store, "united", now=NOW)
    assert program_state(store, "united").run_id == run_id
