"""The schema-drift watch: whether a program's answers still hold what they held in its last good runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

GOOD_RUNS = 5  # how many of the last good runs are compared with
RUNS_AT_LEAST = 2
WAS_COMMON = 0.6  # a share that rarely was this high says nothing when it falls
FELL_BELOW = 0.5  # of what it was


def fallen(shares: Mapping[str, float], before: Sequence[Mapping[str, float]]) -> list[str]:
    """What fell sharply, as sentences: `shares` of this run against those of the last good runs, newest first.

    A share is that of known places present (`calendar/paths`) or of offers with a field filled (`calendar/seats`).
    """
    told = []
    for name, share in shares.items():
        earlier = [run[name] for run in before[:GOOD_RUNS] if name in run]
        if len(earlier) < RUNS_AT_LEAST:
            continue
        usual = median(earlier)
        if usual >= WAS_COMMON and share < usual * FELL_BELOW:
            kind, _, what = name.partition("/")
            of_what = f"of the known places in a {kind}" if what == "paths" else f"of {kind} offers with {what}"
            told.append(f"{share:.0%} {of_what}, {usual:.0%} in the last good runs")
    return told
