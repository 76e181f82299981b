"""The numbers of searches by program, day, outcome and reason, on both engines."""

from __future__ import annotations

from datetime import date, timedelta

from awardspider.items import SearchReportItem
from awardspider.outcomes import Outcome, Reason
from awardspider.storage.batches import write_batch
from awardspider.storage.search_totals import ProgramSuccess, find_totals, program_successes
from awardspider.storage.store import Store
from tests.support.storage_examples import NOW, make_batch, make_report, make_search

FAILED = {"outcome": Outcome.FAILED, "reason": Reason.BLOCKED}
EARLIER = NOW - timedelta(days=1)
TODAY = NOW.date()


def store_reports(store: Store, *reports: SearchReportItem) -> None:
    write_batch(store, make_batch(reports=list(reports)))


def counts(store: Store, first: date = date.min) -> dict[tuple[date, str], int]:
    return {(each.day, each.reason or each.outcome): each.searches for each in find_totals(store, first=first)}


def test_searches_are_counted_by_day_outcome_and_reason(store: Store) -> None:
    store_reports(store, make_report("a"), make_report("b", requested_at=EARLIER), make_report("c", **FAILED))
    store_reports(store, make_report("d"), make_report("e", outcome=Outcome.EMPTY))
    expected = {(TODAY, "found"): 2, (TODAY, "empty"): 1, (TODAY, "blocked"): 1, (EARLIER.date(), "found"): 1}
    assert counts(store) == expected
    assert counts(store, TODAY) == {key: count for key, count in expected.items() if key[0] == TODAY}
    assert [total.is_block for total in find_totals(store, first=TODAY)] == [False, True, False]


def test_totals_have_the_first_and_the_last_search(store: Store) -> None:
    times = [NOW, NOW - timedelta(hours=2), NOW - timedelta(hours=1)]
    for number, at in enumerate(times):
        store_reports(store, make_report(str(number), requested_at=at))
    (total,) = find_totals(store, first=TODAY, last=TODAY, programs=["united"])
    assert (total.first_at, total.last_at) == (times[1], times[0])
    assert find_totals(store, first=TODAY, programs=["delta"]) == []
    assert find_totals(store, first=date.min, last=EARLIER.date()) == []


def test_a_response_that_is_parsed_again_is_counted_once(store: Store) -> None:
    report = make_report("a", **FAILED)
    store_reports(store, report)
    store_reports(store, make_report("a"), make_report("a"))
    assert counts(store) == {(TODAY, "found"): 1}
    store_reports(store, make_report("a", requested_at=EARLIER))
    assert counts(store) == {(TODAY, "found"): 1}


def test_successes_are_found_and_empty_searches(store: Store) -> None:
    delta = make_search(program="delta")
    store_reports(
        store,
        make_report("a", requested_at=EARLIER),
        make_report("b", outcome=Outcome.EMPTY),
        make_report("c", requested_at=NOW + timedelta(hours=1), **FAILED),
        make_report("d", search=delta, **FAILED),
    )
    assert program_successes(store) == {"united": ProgramSuccess(first_at=EARLIER, last_at=NOW)}
