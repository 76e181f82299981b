"""Alerts about crawls that failed, including those that could not start or were killed: one until the next success."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from awardspider import clock
from awardspider.delivery.outbox.dispatcher import deliver_due
from awardspider.environment import data_dir
from awardspider.operations.incidents import NO_CHANNEL_SETTINGS, report_failed_run
from awardspider.outcomes import AwardError, InvalidSetting, ProgramLocked, StorageError
from awardspider.storage.finish_reasons import KILLED, NOT_STARTED
from awardspider.storage.incidents import IncidentKind, Problem
from awardspider.storage.runs import RunSummary, previous_run
from awardspider.storage.store import Store, open_store

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

logger = logging.getLogger(__name__)


def alert_failed_run(
    store: Store, settings: Mapping[str, Any], run: RunSummary, *, program_name: str, note: str, now: datetime
) -> None:
    """Open an incident about a run, and enqueue `run.failed` for the channels that accept it.

    A program that fails again, for this or another reason, is not reported again until a run has succeeded.
    """
    failed = {
        "run_id": run.run_id,
        "program": run.program,
        "program_name": program_name,
        "reason": run.finish_reason,
        "note": note,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "found": run.found,
        "empty": run.empty,
        "failed": run.failed,
    }
    kind = IncidentKind.RUN_KILLED if run.finish_reason == KILLED else IncidentKind.RUN_FAILED
    sentence = note or run.finish_reason
    problem = Problem(key=f"run:{run.program}", kind=kind, subject=program_name, sentence=sentence)
    report_failed_run(store, settings, problem, failed, now=now)


def alert_killed_run(
    store: Store, settings: Mapping[str, Any], program: str, *, program_name: str, run_id: str, now: datetime
) -> None:
    """Enqueue an alert if the run before `run_id` was killed; that is detected only when the next run starts."""
    run = previous_run(store, program, run_id)
    if run and run.finish_reason == KILLED:
        note = "the run did not record its end: it was killed, ran out of memory, or could not use the database"
        alert_failed_run(store, settings, run, program_name=program_name, note=note, now=now)


def report_failed_start(settings: BaseSettings, program: str, program_name: str, error: BaseException) -> None:
    """Log that a crawl did not start, enqueue an alert and deliver it.

    If the program is locked, another crawl searches it, so nothing has failed. If the database cannot be used, the log
    and the exit code are all that remains.
    """
    logger.error("The crawl of %s did not start: %s", program, error)
    if isinstance(error, ProgramLocked | StorageError):
        return
    now = clock.now()
    run = RunSummary(run_id="", program=program, finish_reason=NOT_STARTED, started_at=now, ended_at=now)
    note = str(error) if isinstance(error, AwardError) else f"{type(error).__name__}: {error}"
    values = {name: settings[name] for name in settings}
    try:
        store = open_store(settings["AWARD_DATABASE_URL"], data_dir(settings))
        try:
            alert_failed_run(store, values, run, program_name=program_name, note=note, now=now)
            seconds = str(settings["AWARD_DELIVERY_SECONDS"])
            if seconds.isdecimal() and int(seconds):
                _deliver(store, values, int(seconds))
        finally:
            store.close()
    except AwardError as failure:
        logger.error("The alert about the crawl that did not start was not stored: %s", failure)


def _deliver(store: Store, settings: dict[str, Any], seconds: int) -> None:
    try:
        deliver_due(store, settings, seconds)
    except InvalidSetting:
        deliver_due(store, settings | NO_CHANNEL_SETTINGS, seconds)
