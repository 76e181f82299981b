"""The end of a run: its monitors, and the incident of its program, which is opened or resolved."""

from __future__ import annotations

import resource
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from awardspider.extensions.run_alerts import alert_failed_run
from awardspider.operations.incidents import update_incidents
from awardspider.operations.monitors import MonitorResult, RunTotals, run_monitors
from awardspider.operations.thresholds import monitor_thresholds
from awardspider.storage.finish_reasons import has_failed, is_complete
from awardspider.storage.incidents import IncidentKind, Problem
from awardspider.storage.run_totals import record_monitors, search_totals
from awardspider.storage.runs import RunSummary
from awardspider.storage.store import Store


def check_run(
    store: Store,
    settings: Mapping[str, Any],
    run: RunSummary,
    *,
    name: str,
    spider: str,
    planned: int,
    not_made: int,
    note: str,
    coverage_drop: str | None = None,
    now: datetime,
) -> list[MonitorResult]:
    """Run the monitors of a run that has ended, store their results, and open or resolve the program's incident.

    `name` is that of the program. `planned` and `not_made` count searches, or sources of promotions. A run that failed
    or has an unusual result opens the incident, unless it is open. A run that found out anything, and has only usual
    results, resolves it. Raise StorageError.
    """
    searches = search_totals(store, run.run_id, run.program, spider, now=now)
    totals = RunTotals(
        planned=planned,
        made=run.found + run.empty + run.failed - not_made,
        failed=run.failed - not_made,
        offers=searches.offers,
        compared_offers=searches.compared_offers,
        usual_offers=searches.usual_offers,
        invalid=searches.invalid,
        coverage_drop=coverage_drop,
        duration=run.ended_at - run.started_at,
        memory_mb=peak_memory_mb(),
    )
    results = run_monitors(totals, monitor_thresholds(settings))
    record_monitors(store, run.run_id, [result.to_json() for result in results])
    if has_failed(run.finish_reason):
        alert_failed_run(store, settings, run, program_name=name, note=note, now=now)
        return results
    failed = [result.sentence for result in results if not result.passed]
    if failed and is_complete(run.finish_reason):
        sentence = "; ".join([*failed, f"scrapy runs show {run.run_id} shows more"])
        problem = Problem(key=f"run:{run.program}", kind=IncidentKind.RUN_UNUSUAL, subject=name, sentence=sentence)
        update_incidents(store, settings, [problem], scope=problem.key, now=now)
    elif not failed and run.found + run.empty:
        update_incidents(store, settings, [], scope=f"run:{run.program}", now=now)
    return results


def peak_memory_mb() -> int:
    """Return the largest amount of memory that this process has used, in megabytes of 1,000,000 bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # in bytes on macOS, otherwise in units of 1024
    return (peak if sys.platform == "darwin" else peak * 1024) // 1_000_000
