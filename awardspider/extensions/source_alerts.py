"""Alerts about sources of promotions that have failed, or had nothing new, for days: one for each such time."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from awardspider.crawling.promotion_context import PromotionSource
from awardspider.delivery.outbox.enqueue import Enqueuer
from awardspider.extensions.recorded_run import RecordedRun
from awardspider.items import SourceKind
from awardspider.outcomes import Reason
from awardspider.promotion_sources import built_in_sources
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.outbox import OutboxRow
from awardspider.storage.promotion_sources import StoredSource, find_sources
from awardspider.storage.store import Store

logger = logging.getLogger(__name__)

#: A source that has had no success, or a feed without a new entry, for longer is reported.
MAX_SILENCE = timedelta(days=7)

#: Reason of the alert about a feed that is read, but has no new entries.
SILENT = "silent"


class SourceProblem(NamedTuple):
    """A failure or silence that lasts too long: its reason, a sentence about it, and when it began."""

    reason: str
    note: str
    since: datetime


def alert_failing_sources(
    store: Store,
    settings: Mapping[str, Any],
    sources: Iterable[PromotionSource],
    run: RecordedRun,
    suffix: str,
    *,
    now: datetime,
) -> None:
    """Enqueue an alert about each source that has failed or been silent for too long, unless that is expected."""
    expected = {url for url, source in built_in_sources().items() if source.failure_expected}
    stored = find_sources(store)
    enqueuer = Enqueuer(store, settings)
    rows: list[OutboxRow] = []
    for source in sources:
        state = stored.get(source.url + suffix)
        if state is None or source.url in expected or (problem := find_problem(state, now)) is None:
            continue
        reason, note, since = problem
        logger.warning("Source %s needs attention: %s", source.name, note)
        failed = {
            "run_id": run.run_id,
            "program": run.program,
            "program_name": source.name,
            "reason": reason,
            "note": note,
            "started_at": run.started_at,
            "ended_at": now,
            "found": 0,
            "empty": 0,
            "failed": 1,
        }
        rows += enqueuer.run_failed_rows(failed, since=f"{source.url}:{reason}:{since:%Y%m%dT%H%M%S}", now=now)
    write_batch(store, Batch(outbox=rows))


def find_problem(state: StoredSource, now: datetime) -> SourceProblem | None:
    """Return the failure or silence of a source that lasts too long, or None."""
    since = state.succeeded_at or state.added_at
    if state.reason is not None:
        if now - since <= MAX_SILENCE or state.reason is Reason.TERMS_NOT_ACCEPTED:
            return None
        return SourceProblem(state.reason, f"not read since {since:%Y-%m-%d}: {state.note or state.reason}", since)
    since = state.changed_at or state.added_at
    if state.kind is not SourceKind.FEED or now - since <= MAX_SILENCE:
        return None
    return SourceProblem(SILENT, f"no new entry since {since:%Y-%m-%d}, although the feed can be read", since)
