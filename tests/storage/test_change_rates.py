"""Statistics of searches, stored with their reports, on both engines."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import func, select

from awardspider.items import SearchKind, SearchReportItem
from awardspider.outcomes import Outcome, Reason
from awardspider.search.change_rates import LEAD_STARTS, PRIOR_RATES, interval_group, lead_time
from awardspider.storage import schema
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.change_rates import (
    HALF_LIFE_QUARTERS,
    KEPT_QUARTERS,
    RouteHistory,
    change_rates,
    prune_change_rates,
    route_history,
)
from awardspider.storage.store import Store
from tests.support.storage_examples import NOW, make_report, make_search

HOUR = timedelta(hours=1)
TODAY = NOW.date()
FIRST = TODAY + timedelta(days=80)
LAST = FIRST + timedelta(days=9)
LEAD = lead_time(80)


def days(*numbers: int) -> frozenset[date]:
    return frozenset(FIRST + timedelta(days=number) for number in numbers)


def make_search_report(number: int, at: datetime, **fields: Any) -> SearchReportItem:
    """Return the report of a calendar of ten days; `first`, `last` and so on replace fields of its search."""
    search_fields = {name: fields.pop(name) for name in list(fields) if name not in ("outcome", "reason")}
    search = make_search(**{"first": FIRST, "last": LAST} | search_fields)
    return make_report(f"s{number}", search=search, requested_at=at, **fields)


def store_search(
    store: Store, number: int, at: datetime, changed: frozenset[date] | None = frozenset(), **fields: Any
) -> None:
    """Store the report of a search and the days that had changed; None: the response does not show them."""
    report = make_search_report(number, at, **fields)
    changed_days = {} if changed is None else {report.search_id: changed}
    write_batch(store, Batch(reports=[report], changed_days=changed_days))


def statistics(store: Store) -> list[tuple[int, int, int, float, float]]:
    """Return the lead time, the group of intervals, and the sums of each row."""
    columns = schema.change_statistics.c
    query = select(
        columns.lead_time, columns.interval_group, columns.changed, columns.changed_days, columns.unchanged_days
    )
    with store.reading() as connection:
        return [tuple(row) for row in connection.execute(query.order_by(*schema.change_statistics.primary_key))]


def visits(store: Store) -> list[tuple[date, date, datetime]]:
    columns = schema.search_visits.c
    query = select(columns.first_day, columns.last_day, columns.searched_at).order_by(columns.first_day)
    with store.reading() as connection:
        return [tuple(row) for row in connection.execute(query)]


def rows(store: Store, table: Any) -> int:
    with store.reading() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


# ---- changes ----


def test_the_first_search_only_stores_its_time(store: Store) -> None:
    store_search(store, 1, NOW, days(0, 1))
    assert statistics(store) == []
    assert visits(store) == [(FIRST, LAST, NOW)]


def test_later_searches_count_the_changed_days(store: Store) -> None:
    for number, changed in enumerate([days(), days(1, 2, 3), days(4)]):
        store_search(store, number, NOW + number * 12 * HOUR, changed)
    assert statistics(store) == [(LEAD, interval_group(0.5), 4, 2.0, 8.0)]
    assert visits(store) == [(FIRST, LAST, NOW + 24 * HOUR)]
    rates = change_rates(store, NOW)
    assert PRIOR_RATES[LEAD] < rates.rate("united", "LAX", "AUS", 80) < 1
    assert rates.rate("united", "LAX", "AUS", 0) != rates.rate("united", "LAX", "AUS", 80)


def test_a_route_without_changes_gets_a_low_rate(store: Store) -> None:
    for number in range(30):
        store_search(store, number, NOW + number * 12 * HOUR)
    assert change_rates(store, NOW, "united").rate("united", "LAX", "AUS", 80) < 0.1 * PRIOR_RATES[LEAD]
    assert change_rates(store, NOW, "delta").rate("united", "LAX", "AUS", 80) == PRIOR_RATES[LEAD]


def test_days_after_different_intervals_count_separately(store: Store) -> None:
    middle = FIRST + timedelta(days=4)
    store_search(store, 1, NOW, last=middle)
    store_search(store, 2, NOW + 12 * HOUR, first=middle + timedelta(days=1))
    store_search(store, 3, NOW + 36 * HOUR, days(0, 9))
    assert statistics(store) == [(LEAD, interval_group(1), 1, 1.0, 4.0), (LEAD, interval_group(1.5), 1, 1.5, 6.0)]
    store_search(store, 4, NOW + 37 * HOUR, days(5), first=middle, last=LAST + timedelta(days=20))
    assert statistics(store)[0] == pytest.approx((LEAD, interval_group(1 / 24), 1, 1 / 24, 5 / 24))
    assert [row[:2] for row in visits(store)] == [
        (FIRST, middle - timedelta(days=1)),
        (middle, LAST + timedelta(days=20)),
    ]


def test_the_range_of_a_calendar_moves_with_today_without_new_rows(store: Store) -> None:
    for number in range(20):
        today = TODAY + timedelta(days=number)
        last = today + timedelta(days=330)
        store_search(store, number, NOW + number * 24 * HOUR, first=today, last=last)
    assert len(visits(store)) == 1
    assert sum(row[4] for row in statistics(store)) == pytest.approx(19 * 329)


@pytest.mark.parametrize(
    "other",
    [
        {"origin": "SFO"},
        {"kind": SearchKind.ITINERARY},
        {"travelers": 2},
        {"cabins": ("business",)},
        {"target_program": "delta"},
        {"program": "delta"},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_other_searches_are_not_the_same_search(store: Store, other: dict[str, Any]) -> None:
    store_search(store, 1, NOW, **other)
    store_search(store, 2, NOW + HOUR, days(0))
    assert statistics(store) == []
    assert rows(store, schema.search_visits) == 2


def test_failed_and_incomplete_searches_teach_no_changes(store: Store) -> None:
    store_search(store, 1, NOW)
    store_search(store, 2, NOW + HOUR, days(0), outcome=Outcome.FAILED, reason=Reason.BLOCKED)
    store_search(store, 3, NOW + 2 * HOUR, None)
    assert statistics(store) == []
    store_search(store, 4, NOW + 12 * HOUR, days(0))
    assert statistics(store) == [(LEAD, interval_group(0.5), 1, 0.5, 4.5)]


def test_bulk_searches_teach_nothing(store: Store) -> None:
    for number in range(2):
        store_search(store, number, NOW + number * HOUR, days(0), kind=SearchKind.BULK, origin="Europe")
    assert statistics(store) == []
    assert not route_history(store, "united")


def test_a_response_that_is_parsed_again_teaches_nothing_new(store: Store) -> None:
    for number in (1, 2, 1, 2):
        store_search(store, number, NOW + number * 12 * HOUR, days(0))
    assert statistics(store) == [(LEAD, interval_group(0.5), 1, 0.5, 4.5)]
    assert route_history(store, "united")["LAX", "AUS"].searches == 2


def test_a_report_that_is_late_does_not_change_the_time_of_a_later_search(store: Store) -> None:
    store_search(store, 1, NOW)
    store_search(store, 2, NOW + 24 * HOUR, days(0))
    store_search(store, 3, NOW + 12 * HOUR, days(0))
    assert visits(store) == [(FIRST, LAST, NOW + 24 * HOUR)]
    assert statistics(store) == [(LEAD, interval_group(1), 1, 1.0, 9.0)]


def test_reports_of_one_batch_are_processed_in_the_order_of_their_requests(store: Store) -> None:
    reports = [make_search_report(number, NOW + number * 12 * HOUR) for number in (2, 0, 1)]
    changed = {"s0": days(), "s1": days(1), "s2": days(1, 2)}
    write_batch(store, Batch(reports=reports, changed_days=changed))
    assert statistics(store) == [(LEAD, interval_group(0.5), 3, 1.5, 8.5)]


def test_stored_times_agree_with_a_list_of_days(sqlite_store: Store) -> None:
    """Random searches of random ranges, compared with the time of each day."""
    source = random.Random(5)
    last_at: dict[date, datetime] = {}
    expected = {lead: [0.0, 0.0, 0.0] for lead in range(len(LEAD_STARTS))}
    at = NOW
    for number in range(60):
        at += source.randrange(1, 30) * HOUR
        first = TODAY + timedelta(days=source.randrange(60, 120))
        last = first + timedelta(days=source.randrange(0, 40))
        scope = [first + timedelta(days=day) for day in range((last - first).days + 1)]
        changed = frozenset(source.sample(scope, len(scope) // 3))
        store_search(sqlite_store, number, at, changed, first=first, last=last)
        for day in scope:
            if day in last_at and day > at.date():
                interval, sums = (at - last_at[day]) / timedelta(days=1), expected[lead_time((day - at.date()).days)]
                sums[0] += day in changed
                sums[1 if day in changed else 2] += interval
            last_at[day] = at
    found = sum_by_lead(statistics(sqlite_store))
    assert all(found[lead] == pytest.approx(sums) for lead, sums in expected.items())
    stored = visits(sqlite_store)
    assert all(one[1] < other[0] for one, other in pairwise(stored))
    by_day = {first + timedelta(days=day): at for first, last, at in stored for day in range((last - first).days + 1)}
    assert by_day == {day: last_at[day] for day in by_day}
    assert {day for day in last_at if day > at.date()} <= by_day.keys()


def sum_by_lead(found: Iterable[tuple[int, int, int, float, float]]) -> dict[int, list[float]]:
    sums = {lead: [0.0, 0.0, 0.0] for lead in range(len(LEAD_STARTS))}
    for lead, _, *values in found:
        sums[lead] = [one + other for one, other in zip(sums[lead], values, strict=True)]
    return sums


def test_old_statistics_weigh_less_and_are_removed(store: Store) -> None:
    for number in range(4):
        store_search(store, number, NOW + number * 12 * HOUR, days(*range(9)))
    now, later = (
        change_rates(store, NOW + timedelta(days=92 * quarters)).rate("united", "LAX", "AUS", 80)
        for quarters in (0, 4 * HALF_LIFE_QUARTERS)
    )
    assert PRIOR_RATES[LEAD] < later < now
    prune_change_rates(store, NOW + timedelta(days=92 * (KEPT_QUARTERS - 1)))
    assert statistics(store)
    assert route_history(store, "united")
    assert not visits(store)
    prune_change_rates(store, NOW + timedelta(days=92 * (KEPT_QUARTERS + 2)))
    assert not statistics(store)
    assert not route_history(store, "united")


def test_pruning_keeps_the_times_of_future_days(store: Store) -> None:
    store_search(store, 1, NOW)
    prune_change_rates(store, NOW)
    assert visits(store) == [(FIRST, LAST, NOW)]


# ---- routes ----


def test_a_route_history_counts_outcomes(store: Store) -> None:
    outcomes = [Outcome.EMPTY, Outcome.FOUND, Outcome.EMPTY, Outcome.FAILED, Outcome.EMPTY]
    for number, outcome in enumerate(outcomes):
        store_search(store, number, NOW + number * HOUR, None, outcome=outcome)
    store_search(store, 9, NOW, origin="SFO", outcome=Outcome.EMPTY)
    store_search(store, 10, NOW, program="delta")
    assert route_history(store, "united") == {
        ("LAX", "AUS"): RouteHistory(
            searches=4,
            found=1,
            empty_streak=2,
            empty_days=20,
            last_found_at=NOW + HOUR,
            last_at=NOW + 4 * HOUR,
        ),
        ("SFO", "AUS"): RouteHistory(
            searches=1, found=0, empty_streak=1, empty_days=10, last_found_at=None, last_at=NOW
        ),
    }


def test_a_route_history_does_not_depend_on_the_order_of_late_reports(store: Store) -> None:
    store_search(store, 1, NOW + 2 * HOUR, outcome=Outcome.FOUND)
    store_search(store, 2, NOW, outcome=Outcome.EMPTY)
    store_search(store, 3, NOW + HOUR, outcome=Outcome.FOUND)
    history = route_history(store, "united")["LAX", "AUS"]
    assert (history.searches, history.found, history.empty_streak, history.empty_days) == (3, 2, 0, 0)
    assert history.last_found_at == history.last_at == NOW + 2 * HOUR
