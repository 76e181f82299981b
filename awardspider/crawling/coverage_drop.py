"""The schema-drift watch: whether a program's answers still hold what they held in its last good runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

GOOD_RUNS = 5  # how many of the last good runs are compared with
RUNS_AT_LEAST = 2
WAS_COMMON = 0.6  # a share that rarely was this high says nothing when it falls
PLACES_FELL_BELOW = 0.5  # of what it was
FIELD_FELL_BELOW = 0.1  # of what it was: other routes fill other fields
OFFERS_AT_LEAST = 30  # fewer say nothing of a field


def fallen(shares: Mapping[str, float], before: Sequence[Mapping[str, float]]) -> list[str]:
    """What fell sharply, as sentences: `shares` of this run against those of the last good runs, newest first.

    A share is that of known places present (`calendar/paths`) or of offers with a field filled (`calendar/seats`).
    """
    told = []
    for name, share in shares.items():
        kind, _, what = name.partition("/")
        runs = [run for run in before[:GOOD_RUNS] if name in run]
        if what != "paths":
            runs = [run for run in runs if run.get(f"{kind}/offers", 0) >= OFFERS_AT_LEAST]
        if what == "offers" or len(runs) < RUNS_AT_LEAST:
            continue
        if what != "paths" and shares.get(f"{kind}/offers", 0) < OFFERS_AT_LEAST:
            continue
        usual = median(run[name] for run in runs)
        fell = PLACES_FELL_BELOW if what == "paths" else FIELD_FELL_BELOW
        if usual >= WAS_COMMON and share < usual * fell:
            of_what = f"of the known places in a {kind}" if what == "paths" else f"of {kind} offers with {what}"
            told.append(f"{share:.0%} {of_what}, {usual:.0%} in the last good runs")
    return told
