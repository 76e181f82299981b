"""Finish reasons of runs: Scrapy's, reasons of searches that end a crawl, and ours; docs/outcomes.md lists them."""

from __future__ import annotations

from awardspider.outcomes import Reason

FINISHED = "finished"

#: Finish reason of a run that never recorded its end.
KILLED = "killed"

#: Finish reason of a run that ended before its first request.
NOT_STARTED = "not_started"

#: Finish reasons of runs that the operator or a signal has stopped.
INTERRUPTED = frozenset({"shutdown", "cancelled"})

#: Finish reasons of runs that did not fail, but may be incomplete.
STOPPED_EARLY = INTERRUPTED | {Reason.OUT_OF_BUDGET.value}
#: Beginning of the finish reasons of Scrapy's CLOSESPIDER_ settings.
LIMITS = "closespider_"


def has_failed(finish_reason: str) -> bool:
    """Return whether a run with this finish reason failed."""
    return finish_reason not in {FINISHED, *STOPPED_EARLY} and not finish_reason.startswith(LIMITS)


def is_complete(finish_reason: str) -> bool:
    """Return whether a run was not stopped by the operator, or by the end of its budget, before it was complete."""
    return finish_reason not in STOPPED_EARLY
