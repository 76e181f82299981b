"""The finish reason of a run in which every search failed."""

from __future__ import annotations

from collections import Counter

from awardspider.outcomes import Outcome, Reason


def common_failure(outcomes: Counter[str]) -> str | None:
    """Return the most common reason if every search failed, or else None. An exhausted budget is not a failure.

    `outcomes` counts searches by outcome, and failed ones by reason.
    """
    if outcomes[Outcome.FOUND] or outcomes[Outcome.EMPTY]:
        return None
    reasons = {reason: count for reason, count in outcomes.items() if reason != Reason.OUT_OF_BUDGET and count}
    return max(reasons, key=reasons.__getitem__, default=None)


def describe(outcomes: Counter[str]) -> str:
    """Return the numbers of searches, such as `unreachable 3, bad_request 1`."""
    return ", ".join(f"{outcome} {count:,}" for outcome, count in outcomes.most_common())
