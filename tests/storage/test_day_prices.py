"""The days that stored calendars have shown."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from awardspider.items import SearchKind, SearchReportItem
from awardspider.outcomes import Outcome, Reason
from awardspider.search.dates import DateRange
from awardspider.storage.batches import write_batch
from awardspider.storage.day_prices import searched_days
from awardspider.storage.store import Store
from tests.support.storage_examples import NOW, make_batch, make_report, make_search

MARCH = DateRange(date(2027, 3, 1), date(2027, 3, 31))


def report(search_id: str, **fields: Any) -> SearchReportItem:
    search = {name: fields.pop(name) for name in ("kind", "first", "last", "travelers") if name in fields}
    return make_report(search_id, search=make_search(**search), **fields)


@pytest.mark.parametrize(
    ("fields", "is_shown"),
    [
        ({"outcome": Outcome.FOUND}, True),
        ({"outcome": Outcome.EMPTY}, True),
        ({"outcome": Outcome.FAILED, "reason": Reason.BLOCKED}, False),
        ({"outcome": Outcome.EMPTY, "invalid": 3}, False),
        ({"outcome": Outcome.FOUND, "invalid": 1}, False),
        ({"outcome": Outcome.EMPTY, "kind": SearchKind.ITINERARY}, False),
        ({"outcome": Outcome.EMPTY, "first": date(2026, 11, 1), "last": date(2026, 11, 21)}, False),
    ],
    ids=["found", "empty", "failed", "empty-but-incomplete", "found-but-incomplete", "itineraries", "past"],
)
def test_only_a_calendar_that_was_read_completely_shows_its_days(
    store: Store, fields: dict[str, Any], is_shown: bool
) -> None:
    write_batch(store, make_batch(reports=[report("one", **fields)]))
    shown = {("LAX", "AUS", 1): [MARCH]} if is_shown else {}
    assert searched_days(store, "united", NOW) == shown


def test_an_incomplete_calendar_hides_no_earlier_one_of_the_same_days(store: Store) -> None:
    earlier = report("earlier", outcome=Outcome.EMPTY, requested_at=NOW - timedelta(days=1))
    later = report("later", outcome=Outcome.EMPTY, invalid=3)
    other_party = report("two", outcome=Outcome.EMPTY, invalid=3, travelers=2)
    write_batch(store, make_batch(reports=[earlier, later, other_party]))
    assert searched_days(store, "united", NOW) == {("LAX", "AUS", 1): [MARCH]}
