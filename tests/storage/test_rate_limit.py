"""The pace of a channel: never more than it allows in any span of its seconds, and most of that in the long run."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest

from tests.support.storage_examples import NOW


@pytest.mark.parametrize("pace", [(1, 60.0), (2, 1.0), (3, 7.0), (5, 1.0), (15, 60.0), (20, 60.0), (30, 1.0)])
@pytest.mark.parametrize("rests", [False, True], ids=["without a rest", "with rests"])
def test_no_span_sees_more_than_all_and_the_long_run_most(pace: tuple[int, float], rests: bool) -> None:
    most, seconds = pace
    dice = Random(5)
    now, room, at = NOW, None, None
    calls = []
    while len(calls) < 20 * most:
        left = room_now(pace, room, at, now)
        used = int(left + 1e-9)
        if not used:
            now += timedelta(seconds=seconds_until_one(pace, left))
            continue
        calls += [now] * used
        room, at = left - used, now
        if rests and dice.random() < 0.2:
            now += timedelta(seconds=dice.uniform(0, 2 * seconds))
    span = timedelta(seconds=seconds)
    assert max(sum(start <= call < start + span for call in calls) for start in calls) <= most
    if not rests:
        assert len(calls) / ((calls[-1] - calls[0]) / span) >= 0.75 * most
