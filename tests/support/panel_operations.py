"""The panel with a Scrapyd in memory, and stored searches and runs, for the tests of its pages of operations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert

from awardspider.items import SearchReportItem
from awardspider.operations.job_submission import JobServer
from awardspider.outcomes import Outcome
from awardspider.panel.application import create_app
from awardspider.storage import schema
from awardspider.storage.runs import end_run, start_run
from awardspider.storage.search_totals import count_searches
from awardspider.storage.searches import search_values
from awardspider.storage.store import Store
from tests.support.memory_scrapyd import SCHEDULE_SETTINGS
from tests.support.panel import Panel


def use_scrapyds(panel: Panel, *servers: JobServer, **settings: Any) -> None:
    """Let the panel list the jobs of these servers, with the settings of a schedule; clients must be made afterward."""
    values = {**SCHEDULE_SETTINGS, **panel.config.settings, "AWARD_DATA_DIR": str(panel.config.data_dir), **settings}
    panel.config = replace(panel.config, settings=values, scrapyds=lambda: servers)
    panel.app = create_app(panel.config)


def store_reports(store: Store, reports: Sequence[SearchReportItem], run_id: str | None = None) -> None:
    """Store searches, and count them as a crawl does."""
    with store.writing() as connection:
        count_searches(connection, reports)
        connection.execute(insert(schema.searches), [search_values(report, run_id) for report in reports])


def store_run(
    store: Store, program: str, now: datetime, *, reason: str = "finished", job: str | None = None, **counts: int
) -> str:
    """Store a run that ended at once; return its id."""
    run = start_run(store, program=program, spider=program, job=job, arguments={}, now=now)
    outcomes = {Outcome(name): count for name, count in counts.items()}
    end_run(store, run, finish_reason=reason, stats={}, now=now, outcomes=outcomes)
    return run
