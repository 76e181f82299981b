"""Rate limits: never more calls in any span than allowed, and most of them in the long run."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

import pytest

from awardspider.storage.channels import RateLimit
from tests.support.storage_examples import NOW


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
