"""Detect schema changes by comparing a run's field coverage with that of the last good runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

GOOD_RUNS = 5  # number of good runs to compare with
MIN_RUNS = 2
MIN_USUAL_SHARE = 0.6  # lower usual shares are not compared
MIN_PATHS_RATIO = 0.5  # of the usual share
MIN_FIELD_RATIO = 0.1  # of the usual share; low, because the fields present vary by route
MIN_OFFERS = 30  # with fewer offers, a field's share is not significant


def find_drops(shares: Mapping[str, float], good_runs: Sequence[Mapping[str, float]]) -> list[str]:
    """Return a sentence for each share that is much lower in this run than in the last good runs.

    `good_runs` start with the newest. For each kind of search, the shares are those of the required paths
    that were present (`calendar/paths`) and of the offers that had a field (`calendar/seats`).
    """
    drops = []
    for name, share in shares.items():
        kind, _, part = name.partition("/")
        runs = [run for run in good_runs[:GOOD_RUNS] if name in run]
        if part != "paths":
            runs = [run for run in runs if run.get(f"{kind}/offers", 0) >= MIN_OFFERS]
        if part == "offers" or len(runs) < MIN_RUNS:
            continue
        if part != "paths" and shares.get(f"{kind}/offers", 0) < MIN_OFFERS:
            continue
        usual = median(run[name] for run in runs)
        min_ratio = MIN_PATHS_RATIO if part == "paths" else MIN_FIELD_RATIO
        if usual >= MIN_USUAL_SHARE and share < usual * min_ratio:
            subject = f"of the required {kind} paths" if part == "paths" else f"of {kind} offers with {part}"
            drops.append(f"{share:.0%} {subject}, {usual:.0%} in the last good runs")
    return drops
