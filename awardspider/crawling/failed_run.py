"""The finish reason of a run in which every search failed."""

from __future__ import annotations

from collections import Counter

from awardspider.outcomes import Outcome, Reason


def common_failure(outcomes: Counter[str]) -> str | None:
    """Return the most common reason if every search failed, or else None; an exhausted budget counts only by itself.

    `outcomes` counts searches by outcome, and failed ones by reason.
    """
    if not outcomes or outcomes[Outcome.FOUND] or outcomes[Outcome.EMPTY]:
        return None
    return max(outcomes, key=lambda reason: (reason != Reason.OUT_OF_BUDGET, outcomes[reason]))


def describe(outcomes: Counter[str]) -> str:
    """Return the numbers of searches, such as `unreachable 3, bad_request 1`."""
    return ", ".join(f"{outcome} {count:,}" for outcome, count in outcomes.most_common())
