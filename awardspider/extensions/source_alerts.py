"""Incidents of sources of promotions that have failed, or had nothing new, for days."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from awardspider.crawling.promotion_context import PromotionSource
from awardspider.items import SourceKind
from awardspider.operations.incidents import update_incidents
from awardspider.outcomes import Reason
from awardspider.promotion_sources import built_in_sources
from awardspider.storage.incidents import IncidentKind, Problem
from awardspider.storage.promotion_sources import StoredSource, find_sources
from awardspider.storage.store import Store

logger = logging.getLogger(__name__)

#: A source that has had no success, or a feed without a new entry, for longer is reported.
MAX_SILENCE = timedelta(days=7)

#: Reason of the problem of a feed that is read, but has no new entries.
SILENT = "silent"


class SourceProblem(NamedTuple):
    """A failure or silence that lasts too long: its reason, a sentence about it, and when it began."""

    reason: str
    note: str
    since: datetime


def check_sources(
    store: Store, settings: Mapping[str, Any], sources: Iterable[PromotionSource], suffix: str, *, now: datetime
) -> None:
    """Open an incident for each source that has failed or been silent for too long, or resolve it.

    A source for which failures are expected has none. `suffix` is that of the keys of the sources' states.
    """
    expected = {url for url, source in built_in_sources().items() if source.failure_expected}
    stored = find_sources(store)
    for source in sources:
        state = stored.get(source.url + suffix)
        if state is None or source.url in expected:
            continue
        found, key = find_problem(state, now), f"source:{source.url}{suffix}"
        problems = []
        if found is not None:
            logger.warning("Source %s needs attention: %s", source.name, found.note)
            problems = [Problem(key=key, kind=IncidentKind.SOURCE_FAILING, subject=source.name, sentence=found.note)]
        update_incidents(store, settings, problems, scope=key, now=now)


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
