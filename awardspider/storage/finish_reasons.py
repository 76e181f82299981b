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

_STOPPED_EARLY = INTERRUPTED | {Reason.OUT_OF_BUDGET.value}
_LIMITS = "closespider_"  # beginning of the finish reasons of Scrapy's CLOSESPIDER_ settings


def has_failed(finish_reason: str) -> bool:
    """Return whether a run with this finish reason failed."""
    return finish_reason not in {FINISHED, *_STOPPED_EARLY} and not finish_reason.startswith(_LIMITS)


def is_complete(finish_reason: str) -> bool:
    """Return whether a run was not stopped by the operator, or by the end of its budget, before it was complete."""
    return finish_reason not in _STOPPED_EARLY
