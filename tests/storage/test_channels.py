"""Channels that are added, on both engines, and rate limits."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

import pytest

from awardspider.outcomes import InvalidArgument
from awardspider.storage.channels import (
    ChannelRow,
    RateLimit,
    channel_rows,
    insert_channel,
    remove_channel,
    save_channel,
)
from awardspider.storage.store import Store
from tests.support.storage_examples import NOW


def test_a_channel_that_is_added_replaces_none(store: Store) -> None:
    first, second = (
        ChannelRow(name="phone", kind="apprise", address=address, created_at=NOW) for address in ("env:A", "env:B")
    )
    insert_channel(store, first)
    with pytest.raises(InvalidArgument, match="a channel phone exists"):
        insert_channel(store, second)
    assert channel_rows(store) == [first]
    save_channel(store, second)
    assert channel_rows(store) == [second]
    remove_channel(store, "phone", NOW)
    insert_channel(store, first)
    assert channel_rows(store) == [first]


@pytest.mark.parametrize(
    ("calls", "seconds"), [(1, 60.0), (2, 1.0), (3, 7.0), (5, 1.0), (15, 60.0), (20, 60.0), (30, 1.0)]
)
@pytest.mark.parametrize("pauses", [False, True], ids=["without pauses", "with pauses"])
def test_a_rate_limit_holds_in_every_span_and_is_used_in_the_long_run(calls: int, seconds: float, pauses: bool) -> None:
    limit = RateLimit(calls=calls, seconds=seconds)
    random = Random(5)
    now, tokens, counted_at = NOW, None, None
    made: list[datetime] = []
    while len(made) < 20 * calls:
        available = limit.tokens(tokens, counted_at, now)
        used = int(available + 1e-9)
        if not used:
            now += timedelta(seconds=limit.seconds_until_call(available))
            continue
        made += [now] * used
        tokens, counted_at = available - used, now
        if pauses and random.random() < 0.2:
            now += timedelta(seconds=random.uniform(0, 2 * seconds))
    span = timedelta(seconds=seconds)
    assert max(sum(start <= call < start + span for call in made) for start in made) <= calls
    if not pauses:
        assert len(made) / ((made[-1] - made[0]) / span) >= 0.75 * calls
