"""Pages of the list of searches, on both engines."""

from __future__ import annotations

from datetime import timedelta

import pytest

from awardspider.items import SearchKind
from awardspider.outcomes import InvalidArgument, Outcome, Reason
from awardspider.storage.batches import write_batch
from awardspider.storage.search_pages import search_page
from awardspider.storage.search_queries import SearchQuery
from awardspider.storage.store import Store
from tests.support.storage_examples import NOW, make_batch, make_report, make_search

FAILED = {"outcome": Outcome.FAILED, "reason": Reason.BLOCKED}


def listed(store: Store, query: SearchQuery, size: int = 50) -> str:
    found: list[str] = []
    cursor = None
    while True:
        page = search_page(store, query, cursor=cursor, size=size)
        found += [search.id for search in page.searches]
        cursor = page.next_cursor
        if cursor is None:
            assert (page.count, page.count_is_capped) == (len(found), False)
            return "".join(found)


def store_searches(store: Store) -> None:
    """Store the searches a to f, the latest first; b and c were at the same time."""
    reports = [
        make_report("a", requested_at=NOW),
        make_report("b", requested_at=NOW - timedelta(hours=1), **FAILED),
        make_report("c", requested_at=NOW - timedelta(hours=1), outcome=Outcome.EMPTY),
        make_report("d", requested_at=NOW - timedelta(hours=2), search=make_search(origin="SFO")),
        make_report("e", requested_at=NOW - timedelta(hours=3), search=make_search(kind=SearchKind.ITINERARY)),
    ]
    write_batch(store, make_batch(reports=reports), "first run")
    other = make_report("f", requested_at=NOW - timedelta(days=1), search=make_search(program="delta"), **FAILED)
    write_batch(store, make_batch(reports=[other]), "other run")


def test_pages_have_the_latest_searches_first(store: Store) -> None:
    store_searches(store)
    assert listed(store, SearchQuery()) == "acbdef"
    assert [listed(store, SearchQuery(), size) for size in (1, 2, 3, 6)] == ["acbdef"] * 4


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (SearchQuery(programs=("delta",)), "f"),
        (SearchQuery(origins=("SFO",), destinations=("AUS",)), "d"),
        (SearchQuery(outcomes=(Outcome.FAILED,)), "bf"),
        (SearchQuery(outcomes=(Outcome.EMPTY, Outcome.FAILED), programs=("united",)), "cb"),
        (SearchQuery(reasons=(Reason.BLOCKED,)), "bf"),
        (SearchQuery(reasons=(Reason.UNREACHABLE,)), ""),
        (SearchQuery(kinds=(SearchKind.ITINERARY,)), "e"),
        (SearchQuery(since=NOW - timedelta(hours=1)), "acb"),
        (SearchQuery(since=NOW - timedelta(hours=2), until=NOW), "cbd"),
        (SearchQuery(run_id="other run"), "f"),
    ],
)
def test_searches_are_filtered(store: Store, query: SearchQuery, expected: str) -> None:
    store_searches(store)
    assert listed(store, query) == expected
    assert listed(store, query, size=1) == expected


def test_a_cursor_of_another_list_is_rejected(store: Store) -> None:
    with pytest.raises(InvalidArgument, match="open the first page"):
        search_page(store, SearchQuery(), cursor="W10")


def test_counts_are_capped(store: Store) -> None:
    write_batch(store, make_batch(reports=[make_report(f"{number:04}") for number in range(1_001)]))
    page = search_page(store, SearchQuery())
    assert (page.count, page.count_is_capped) == (1_000, True)
