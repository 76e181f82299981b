"""No query of the panel reads a large table completely, on either engine.

Every query that a page sends is recorded, so a new page or a new query of a page is covered by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from awardspider.items import Cabin, SearchKind
from awardspider.outcomes import Outcome, Reason
from awardspider.search.exchange_rates import shipped_rates
from awardspider.search.judgments import DealClass
from awardspider.storage.calendar_days import CalendarQuery, calendar_days
from awardspider.storage.offer_pages import offer_page
from awardspider.storage.offer_queries import OfferQuery
from awardspider.storage.offer_sorts import OfferSort
from awardspider.storage.outbox import DeliveryStatus
from awardspider.storage.outbox_pages import DeliveryQuery, delivery_page
from awardspider.storage.schema import price_points, searches
from awardspider.storage.search_pages import search_page
from awardspider.storage.search_queries import SearchQuery
from awardspider.storage.search_totals import find_totals, program_successes
from awardspider.storage.store import Store, open_store
from benchmarks.panel.filling import WATCHES, fill
from benchmarks.panel.load import VIEWS
from tests.support.panel import Panel
from tests.support.panel_pages import example_pages
from tests.support.query_plans import full_scans, recorded_queries

NOW = datetime(2030, 11, 22, 12, 0, tzinfo=UTC)
SCALE = 0.001


@pytest.fixture
def filled_store(database_url: str, tmp_path: Path) -> Iterator[Store]:
    """Yield a small database with rows in all large tables."""
    store = open_store(database_url, tmp_path)
    fill(store, SCALE, NOW)
    yield store
    store.close()


def scans(store: Store, queries: dict[str, tuple[str, object]]) -> list[str]:
    return [f"{table}: {text}" for text, query in queries.items() for table in full_scans(store, query)]


def test_every_page_uses_indexes(filled_store: Store, tmp_path: Path) -> None:
    found: list[str] = []
    with Panel(filled_store, tmp_path, now=NOW) as panel:
        client = panel.anonymous(raise_server_exceptions=False)
        for name, path in (example_pages(filled_store) | VIEWS).items():
            with recorded_queries(filled_store) as queries:
                client.get(path)
            found += [f"{name}: {scan}" for scan in scans(filled_store, queries)]
    assert found == []


@pytest.mark.parametrize("sort", OfferSort)
def test_lists_of_offers_use_indexes(filled_store: Store, sort: OfferSort) -> None:
    many = [f"{letter}{other}A" for letter in "ABCDEFGHIJ" for other in "ABCDEFGHIJ"]
    filters: tuple[dict[str, Any], ...] = (
        {},
        {"origins": ("LHR",)},
        {"destinations": ("JFK",)},
        {"origins": many, "destinations": [*many, "JFK"]},
        {"cabins": (Cabin.FIRST,), "max_stops": 0, "programs": ("united",)},
        {"max_miles": 10_000},
        {"classes": (DealClass.GOOD,), "confirmed": True},
        {"first": date(2031, 1, 1), "last": date(2031, 1, 31)},
    )
    with recorded_queries(filled_store) as queries:
        for fields in filters:
            query = OfferQuery(current_at=NOW, **fields)
            page = offer_page(filled_store, query, sort=sort, size=10, rates=shipped_rates())
            if page.next_cursor:
                offer_page(filled_store, query, sort=sort, size=10, rates=shipped_rates(), cursor=page.next_cursor)
    assert scans(filled_store, queries) == []


def test_lists_of_searches_and_deliveries_and_calendars_use_indexes(filled_store: Store) -> None:
    day = timedelta(days=1)
    with recorded_queries(filled_store) as queries:
        for query in (
            SearchQuery(),
            SearchQuery(programs=("united",)),
            SearchQuery(origins=("LHR",)),
            SearchQuery(outcomes=(Outcome.FAILED,), since=NOW - 3 * day, until=NOW - day),
            SearchQuery(reasons=(Reason.BLOCKED,)),
            SearchQuery(kinds=(SearchKind.BULK,)),
            SearchQuery(kinds=(SearchKind.CALENDAR,), programs=("united",)),
            SearchQuery(run_id="run00000001"),
        ):
            page = search_page(filled_store, query, size=5)
            search_page(filled_store, query, size=5, cursor=page.next_cursor)
        for delivery in (
            DeliveryQuery(),
            DeliveryQuery(channels=("phone",), statuses=(DeliveryStatus.SENT,)),
            DeliveryQuery(watch_keys=WATCHES[:2]),
        ):
            delivery_page(filled_store, delivery, cursor=delivery_page(filled_store, delivery, size=5).next_cursor)
        calendar = CalendarQuery(origins=("LHR",), destinations=("JFK",), first=NOW.date(), last=NOW.date() + 300 * day)
        calendar_days(filled_store, calendar, now=NOW, max_age=None)
        find_totals(filled_store, first=NOW.date() - 7 * day)
        program_successes(filled_store)
    assert scans(filled_store, queries) == []


def test_a_query_without_an_index_is_found(filled_store: Store) -> None:
    with recorded_queries(filled_store) as queries, filled_store.reading() as connection:
        connection.execute(price_points.select().where(price_points.c.miles == 1))
        connection.execute(searches.select().where(searches.c.note == "no index").limit(1))
        connection.execute(searches.select().where(searches.c.id == "an index"))
    assert sorted(scan.partition(":")[0] for scan in scans(filled_store, queries)) == ["price_points", "searches"]
