"""Runs, leases, blocks and what the planner asks, on both engines."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import RowMapping, select, update

from awardspider.items import Detail
from awardspider.outcomes import Outcome, ProgramLocked, Reason
from awardspider.storage import schema
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.programs import ProgramState, program_state, record_block, record_success
from awardspider.storage.runs import LEASE_DURATION, end_run, record_heartbeat, start_run
from awardspider.storage.searches import count_sent_searches, last_search_times
from awardspider.storage.store import Store
from tests.support.storage_examples import NOW, a_report, a_search

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


def start(store: Store, now: datetime = NOW, program: str = "united", **known: Any) -> str:
    return start_run(
        store, program=program, spider=program, job=known.get("job"), arguments=known.get("arguments", {}), now=now
    )


def run_of(store: Store, run_id: str) -> RowMapping:
    with store.reading() as connection:
        return connection.execute(select(schema.runs).where(schema.runs.c.id == run_id)).mappings().one()


def pretend_holder(store: Store, **known: Any) -> None:
    """Change who the lease of united says holds it."""
    with store.writing() as connection:
        connection.execute(update(schema.programs).where(schema.programs.c.program == "united").values(**known))


def ended_process() -> int:
    """The number of a process that ran and is gone."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


# ---- runs and leases -------------------------------------------------------------------------------------------------


def test_a_run_is_recorded_from_start_to_end(store: Store) -> None:
    run_id = start(store, job="job 7", arguments={"origin": "LAX"})
    row = run_of(store, run_id)
    assert (row["program"], row["job"], row["arguments"]) == ("united", "job 7", {"origin": "LAX"})
    assert (row["pid"], row["started_at"], row["ended_at"]) == (os.getpid(), NOW, None)

    lost = {"outcome": Outcome.FAILED, "reason": Reason.BLOCKED, "offers": 0}
    reports = [a_report("1", offers=30), a_report("2", offers=12), a_report("3", **lost)]
    write_batch(store, Batch(reports=reports), run_id)
    write_batch(store, Batch(reports=[a_report("4")]), "another")
    end_run(store, run_id, finish_reason="blocked", stats={"start": NOW, "detail": Detail.DAY}, now=NOW + HOUR)
    row = run_of(store, run_id)
    assert (row["ended_at"], row["finish_reason"]) == (NOW + HOUR, "blocked")
    assert (row["found"], row["empty"], row["failed"], row["offers"]) == (2, 0, 1, 42)
    assert row["stats"] == {"start": "2026-11-22T10:00:00+00:00", "detail": "day"}


def test_one_worker_asks_one_program_at_a_time(store: Store) -> None:
    run_id = start(store)
    state = program_state(store, "united")
    assert (state.run_id, state.pid, state.leased_at) == (run_id, os.getpid(), NOW)
    with pytest.raises(
        ProgramLocked, match=rf"another crawl of united runs on .* \(process {os.getpid()}, run {run_id}\)"
    ):
        start(store, NOW + MINUTE)
    start(store, program="delta")
    end_run(store, run_id, finish_reason="finished", stats={}, now=NOW + MINUTE)
    assert program_state(store, "united").run_id is None
    start(store, NOW + MINUTE)


def test_a_lease_lives_as_long_as_its_heart_beats(store: Store) -> None:
    run_id = start(store)
    pretend_holder(store, host="elsewhere")
    record_heartbeat(store, run_id, NOW + LEASE_DURATION)
    with pytest.raises(ProgramLocked, match="runs on elsewhere"):
        start(store, NOW + 2 * LEASE_DURATION)

    late = NOW + 2 * LEASE_DURATION + SECOND
    successor = start(store, late)
    closed = run_of(store, run_id)
    assert (closed["finish_reason"], closed["ended_at"]) == ("killed", NOW + LEASE_DURATION)
    assert program_state(store, "united").run_id == successor

    with pytest.raises(ProgramLocked, match="another crawl holds its program"):
        record_heartbeat(store, run_id, late)
    end_run(store, run_id, finish_reason="finished", stats={}, now=late)
    assert program_state(store, "united").run_id == successor


def test_a_killed_run_keeps_the_count_of_what_it_reported(store: Store) -> None:
    run_id = start(store)
    write_batch(store, Batch(reports=[a_report("1", offers=5)]), run_id)
    start(store, NOW + LEASE_DURATION + SECOND)
    row = run_of(store, run_id)
    assert (row["found"], row["failed"], row["offers"]) == (1, 0, 5)


def test_the_lease_of_a_dead_process_of_this_host_is_taken_over_at_once(store: Store) -> None:
    run_id = start(store)
    pretend_holder(store, pid=ended_process())
    start(store, NOW + SECOND)
    assert run_of(store, run_id)["finish_reason"] == "killed"


@pytest.mark.parametrize("elsewhere", [{"host": "elsewhere"}, {"pid_namespace": "pid:[1]"}])
def test_a_process_that_is_not_to_be_seen_from_here_is_not_taken_for_dead(
    store: Store, elsewhere: dict[str, str]
) -> None:
    start(store)
    pretend_holder(store, pid=ended_process(), **elsewhere)
    with pytest.raises(ProgramLocked):
        start(store, NOW + SECOND)


# ---- blocks ----------------------------------------------------------------------------------------------------------


def test_of_a_program_never_asked_nothing_is_known(store: Store) -> None:
    assert program_state(store, "united") == ProgramState(program="united")


def test_the_pause_after_a_block_grows(store: Store) -> None:
    now = NOW
    pauses = []
    for _ in range(6):
        until = record_block(store, "united", reason="blocked", until_at_least=None, now=now)
        pauses.append(until - now)
        now = until
    assert pauses == [15 * MINUTE, HOUR, 4 * HOUR, 12 * HOUR, 24 * HOUR, 24 * HOUR]
    state = program_state(store, "united")
    assert (state.blocked_until, state.consecutive_blocks, state.last_block_reason) == (now, 6, "blocked")
    assert program_state(store, "delta").blocked_until is None


def test_success_ends_the_row_of_blocks(store: Store) -> None:
    record_block(store, "united", reason="blocked", until_at_least=None, now=NOW)
    record_block(store, "united", reason="blocked", until_at_least=None, now=NOW + HOUR)
    record_success(store, "united", now=NOW + 3 * HOUR)
    state = program_state(store, "united")
    assert (state.blocked_until, state.consecutive_blocks, state.last_success_at) == (None, 0, NOW + 3 * HOUR)
    assert state.last_block_at == NOW + HOUR
    assert record_block(store, "united", reason="blocked", until_at_least=None, now=NOW + 4 * HOUR) == (
        NOW + 4 * HOUR + 15 * MINUTE
    )


def test_what_the_program_asks_for_counts_where_it_is_longer(store: Store) -> None:
    asked = NOW + 6 * HOUR
    assert record_block(store, "united", reason="rate_limited", until_at_least=asked, now=NOW) == asked
    # A second block in a row would pause for an hour, which must not shorten the six.
    assert record_block(store, "united", reason="blocked", until_at_least=None, now=NOW + MINUTE) == asked
    soon = NOW + 7 * HOUR
    assert record_block(store, "united", reason="blocked", until_at_least=soon, now=soon) == soon + 4 * HOUR


def test_a_crawl_in_progress_survives_a_block(store: Store) -> None:
    run_id = start(store)
    record_block(store, "united", reason="blocked", until_at_least=None, now=NOW)
    record_success(store, "united", now=NOW)
    assert program_state(store, "united").run_id == run_id


# ---- what the planner asks -------------------------------------------------------------------------------------------


def test_last_looks_are_those_that_sent_a_request(store: Store) -> None:
    april = a_search(first=date(2027, 4, 1), last=date(2027, 4, 30))
    day = a_search(kind="itinerary", first=date(2027, 3, 10), last=date(2027, 3, 10))
    reports = [
        a_report("1", requested_at=NOW),
        a_report("2", requested_at=NOW + HOUR),
        a_report("3", requested_at=NOW + 2 * HOUR, outcome=Outcome.FAILED, reason=Reason.UNEXPECTED_RESPONSE),
        a_report("4", search=april, outcome=Outcome.FAILED, http_status=None, seconds=None),
        a_report("5", search=day, outcome=Outcome.EMPTY, offers=0),
        a_report("6", search=a_search(program="delta")),
    ]
    write_batch(store, Batch(reports=reports))
    assert last_search_times(store, "united") == {
        ("calendar", "LAX", "AUS", date(2027, 3, 1), 1, ""): NOW + 2 * HOUR,
        ("itinerary", "LAX", "AUS", date(2027, 3, 10), 1, ""): NOW,
    }


def test_a_budget_counts_what_was_sent(store: Store) -> None:
    never_sent = {"outcome": Outcome.FAILED, "http_status": None, "seconds": None}
    reports = [
        a_report("1", requested_at=NOW - HOUR),
        a_report("2", requested_at=NOW - HOUR - SECOND),
        a_report("3", outcome=Outcome.FAILED, http_status=None, seconds=30.0),
        a_report("4", outcome=Outcome.FAILED, http_status=403, seconds=None),
        a_report("5", **never_sent),
        a_report("6", search=a_search(program="delta")),
    ]
    write_batch(store, Batch(reports=reports))
    assert count_sent_searches(store, "united", NOW - HOUR) == 3
