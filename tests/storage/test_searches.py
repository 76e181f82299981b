"""Stored searches, and the counts and times that the planner needs, on both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from awardspider.items import Cabin, SearchKind
from awardspider.outcomes import Outcome, Reason
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.runs import start_run
from awardspider.storage.searches import (
    SearchFilter,
    count_sent_searches,
    find_searches,
    last_bulk_search_times,
    last_search_times,
    last_successes,
)
from awardspider.storage.store import Store
from tests.support.storage_examples import NOW, make_report, make_search

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
BULK = make_search(
    program="seatsaero", kind=SearchKind.BULK, origin="North America", destination="Europe", target_program="united"
)
NOT_SENT = {"outcome": Outcome.FAILED, "http_status": None, "seconds": None}


def test_a_second_report_of_a_search_replaces_the_first(store: Store) -> None:
    run_id = start_run(store, program="united", spider="united", job=None, arguments={}, now=NOW)
    failed = make_report(
        "s1",
        outcome=Outcome.FAILED,
        reason=Reason.UNEXPECTED_RESPONSE,
        note="no Calendar",
        offers=0,
        response_id="united/2026-11-22/s1.zst",
    )
    write_batch(store, Batch(reports=[failed]), run_id)
    (row,) = find_searches(store, SearchFilter())
    assert (row.id, row.run_id, row.outcome, row.reason) == ("s1", run_id, Outcome.FAILED, Reason.UNEXPECTED_RESPONSE)
    assert (row.note, row.response_id, row.seconds, row.http_status) == (failed.note, failed.response_id, 1.25, 200)
    assert (row.first_day, row.last_day, row.requested_at) == (date(2027, 3, 1), date(2027, 3, 31), NOW)
    assert row.kind is SearchKind.CALENDAR

    parsed_again = make_report("s1", search=make_search(cabins=(Cabin.ECONOMY, Cabin.FIRST)), seconds=None)
    write_batch(store, Batch(reports=[parsed_again]))
    (row,) = find_searches(store, SearchFilter())
    assert (row.outcome, row.reason, row.run_id, row.cabins) == (Outcome.FOUND, None, run_id, "economy,first")
    assert (row.seconds, row.response_id) == (1.25, failed.response_id)


def test_the_target_program_is_stored(store: Store) -> None:
    reports = [make_report("1", search=BULK), make_report("2", requested_at=NOW - HOUR)]
    write_batch(store, Batch(reports=reports))
    assert [row.target_program for row in find_searches(store, SearchFilter())] == ["united", None]


def test_last_search_times_are_those_of_sent_requests(store: Store) -> None:
    april = make_search(first=date(2027, 4, 1), last=date(2027, 4, 30))
    day = make_search(kind=SearchKind.ITINERARY, first=date(2027, 3, 10), last=date(2027, 3, 10))
    reports = [
        make_report("1", requested_at=NOW),
        make_report("2", requested_at=NOW + HOUR),
        make_report("3", requested_at=NOW + 2 * HOUR, outcome=Outcome.FAILED, reason=Reason.UNEXPECTED_RESPONSE),
        make_report("4", search=april, **NOT_SENT),
        make_report("5", search=day, outcome=Outcome.EMPTY, offers=0),
        make_report("6", search=make_search(program="delta")),
    ]
    write_batch(store, Batch(reports=reports))
    calendar = {(SearchKind.CALENDAR, "LAX", "AUS", date(2027, 3, 1), 1, ""): NOW + 2 * HOUR}
    flights = {(SearchKind.ITINERARY, "LAX", "AUS", date(2027, 3, 10), 1, ""): NOW}
    assert last_search_times(store, "united", first=date(2027, 3, 10), now=NOW + 2 * HOUR) == calendar | flights
    assert last_search_times(store, "united", first=date(2027, 3, 11), now=NOW + 2 * HOUR) == calendar


def test_last_bulk_search_times_are_those_of_sent_requests(store: Store) -> None:
    delta = replace(BULK, target_program="delta")
    reports = [
        make_report("1", search=BULK),
        make_report("2", search=BULK, requested_at=NOW + HOUR, outcome=Outcome.FAILED),
        make_report("3", search=delta, requested_at=NOW - HOUR),
        make_report("4", search=delta, **NOT_SENT),
        make_report("5", search=make_search(program="seatsaero")),
    ]
    write_batch(store, Batch(reports=reports))
    scope = ("North America", "Europe", date(2027, 3, 1))
    assert last_bulk_search_times(store, "seatsaero", NOW) == {
        ("united", *scope): NOW + HOUR,
        ("delta", *scope): NOW - HOUR,
    }


def test_only_sent_searches_count_for_a_budget(store: Store) -> None:
    reports = [
        make_report("1", requested_at=NOW - HOUR),
        make_report("2", requested_at=NOW - HOUR - SECOND),
        make_report("3", outcome=Outcome.FAILED, http_status=None, seconds=30.0),
        make_report("4", outcome=Outcome.FAILED, http_status=403, seconds=None),
        make_report("5", **NOT_SENT),
        make_report("6", search=make_search(program="delta")),
    ]
    write_batch(store, Batch(reports=reports))
    assert count_sent_searches(store, "united", NOW - HOUR, now=NOW) == 3


def test_searches_made_with_a_clock_that_was_ahead_delay_no_others(store: Store) -> None:
    """Otherwise nothing would be searched until the right clock reaches that time."""
    ahead = NOW + timedelta(days=400)
    reports = [
        make_report("1", requested_at=ahead),
        make_report("2", requested_at=NOW),
        make_report("3", search=BULK, requested_at=ahead),
        make_report("4", search=make_search(first=date(2027, 4, 1), last=date(2027, 4, 30)), requested_at=ahead),
    ]
    write_batch(store, Batch(reports=reports))
    assert list(last_search_times(store, "united", first=date(2027, 3, 1), now=NOW).values()) == [NOW]
    assert last_bulk_search_times(store, "seatsaero", NOW) == {}
    assert list(last_successes(store, "united", since=NOW - HOUR, now=NOW).values()) == [NOW]
    assert count_sent_searches(store, "united", NOW - HOUR, now=NOW) == 1
