"""The totals of a run's searches, compared with those of the same searches in earlier runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any, TypeAlias

from sqlalchemy import func, select, update

from awardspider.outcomes import Outcome
from awardspider.storage import schema
from awardspider.storage.finish_reasons import FINISHED
from awardspider.storage.store import Store

_runs = schema.runs.c
_searches = schema.searches.c

COMPARED_RUNS = 5
MIN_RUNS = 2
_MAX_READ_RUNS = 30
#: Runs that found far fewer offers than usual are not compared for this time; after it, their number is the usual one.
UNUSUAL_DAYS = timedelta(days=3)

#: The kind, route and program of searches that are compared with each other.
_Key: TypeAlias = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchTotals:
    """The searches of a run: how many found something or were empty, and their valid and invalid offers."""

    offers: int
    invalid: int
    #: The offers of the searches whose usual number is known, and that number; None without enough earlier runs.
    compared_offers: int | None = None
    usual_offers: float | None = None


def search_totals(store: Store, run_id: str, program: str, spider: str, *, now: datetime) -> SearchTotals:
    """Return the totals of a run that has ended.

    A search is compared with those of its kind and route in the latest COMPARED_RUNS runs that had monitors.
    """
    invalid = select(func.coalesce(func.sum(_searches.invalid), 0)).where(_searches.run_id == run_id)
    with store.reading() as connection:
        dropped = connection.scalar(invalid) or 0
    found = _offers_by_key(store, [run_id])[run_id]
    earlier = _offers_by_key(store, _compared_runs(store, run_id, program, spider, now))
    offers = sum(count for count, _ in found.values())
    compared, usual, is_known = 0, 0.0, False
    for key, (count, searches) in found.items():
        shares = [run[key][0] / run[key][1] for run in earlier.values() if key in run]
        if len(shares) >= MIN_RUNS:
            is_known = True
            compared += count
            usual += searches * median(shares)
    if not is_known:
        return SearchTotals(offers=offers, invalid=dropped)
    return SearchTotals(offers=offers, invalid=dropped, compared_offers=compared, usual_offers=usual)


def record_monitors(store: Store, run_id: str, results: Sequence[Mapping[str, Any]]) -> None:
    """Store the results of a run's monitors: mappings with `name`, `passed` and `sentence`."""
    with store.writing() as connection:
        connection.execute(update(schema.runs).where(_runs.id == run_id).values(monitors=[*map(dict, results)]))


def _compared_runs(store: Store, run_id: str, program: str, spider: str, now: datetime) -> list[str]:
    """Return the ids of the latest runs with a usual number of offers, or with an unusual one that has lasted."""
    query = (
        select(_runs.id, _runs.started_at, _runs.monitors)
        .where(_runs.program == program, _runs.spider == spider, _runs.id != run_id)
        .where(_runs.finish_reason == FINISHED, _runs.monitors.is_not(None))
        .order_by(_runs.started_at.desc())
        .limit(_MAX_READ_RUNS)
    )
    with store.reading() as connection:
        rows = connection.execute(query).all()
    usual = [
        row.id
        for row in rows
        if now - row.started_at > UNUSUAL_DAYS
        or all(result["passed"] for result in row.monitors if result["name"] == "offers")
    ]
    return usual[:COMPARED_RUNS]


def _offers_by_key(store: Store, run_ids: Iterable[str]) -> dict[str, dict[_Key, tuple[int, int]]]:
    """Return the number of offers and of searches that did not fail, for each run and each kind and route."""
    key = (_searches.kind, _searches.origin, _searches.destination, _searches.target_program)
    query = (
        select(_searches.run_id, *key, func.sum(_searches.offers), func.count())
        .where(_searches.run_id.in_(list(run_ids)), _searches.outcome != Outcome.FAILED)
        .group_by(_searches.run_id, *key)
    )
    found: dict[str, dict[_Key, tuple[int, int]]] = defaultdict(dict)
    with store.reading() as connection:
        for run_id, kind, origin, destination, target, offers, searches in connection.execute(query):
            found[run_id][kind, origin, destination, target or ""] = (int(offers), searches)
    return found
