"""The back-off of programs after blocks, on both engines."""

from __future__ import annotations

from datetime import datetime, timedelta

from awardspider.storage.programs import ProgramState, program_state, record_block, record_success
from awardspider.storage.store import Store
from tests.support.storage_examples import NOW

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def block(store: Store, now: datetime, until_at_least: datetime | None = None) -> datetime:
    return record_block(store, "united", reason="blocked", until_at_least=until_at_least, now=now)


def test_the_state_of_a_new_program_is_empty(store: Store) -> None:
    assert program_state(store, "united") == ProgramState(program="united")


def test_the_back_off_grows_with_consecutive_blocks(store: Store) -> None:
    now = NOW
    backoffs = []
    for _ in range(6):
        until = block(store, now)
        backoffs.append(until - now)
        now = until
    assert backoffs == [15 * MINUTE, HOUR, 4 * HOUR, 12 * HOUR, 24 * HOUR, 24 * HOUR]
    state = program_state(store, "united")
    assert (state.blocked_until, state.consecutive_blocks, state.last_block_reason) == (now, 6, "blocked")
    assert program_state(store, "delta").blocked_until is None


def test_a_success_ends_the_back_off(store: Store) -> None:
    block(store, NOW)
    block(store, NOW + HOUR)
    record_success(store, "united", now=NOW + 3 * HOUR)
    state = program_state(store, "united")
    assert (state.blocked_until, state.consecutive_blocks, state.last_success_at) == (None, 0, NOW + 3 * HOUR)
    assert state.last_block_at == NOW + HOUR
    assert block(store, NOW + 4 * HOUR) == NOW + 4 * HOUR + 15 * MINUTE


def test_a_longer_wait_requested_by_the_program_is_honored(store: Store) -> None:
    requested = NOW + 6 * HOUR
    assert block(store, NOW, requested) == requested
    # The second consecutive block backs off for an hour, which must not shorten the six hours.
    assert block(store, NOW + MINUTE) == requested
    soon = NOW + 7 * HOUR
    assert block(store, soon, soon) == soon + 4 * HOUR
