"""Tests of the page of a route."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from awardspider.items import Cabin, PromotionKind
from awardspider.storage.batches import write_batch
from tests.support.panel import Panel
from tests.support.promotion_crawl import make_bonus
from tests.support.route_prices import (
    APRIL,
    MARCH,
    NOW,
    route_report,
    store_month_prices,
    store_record,
    store_samples,
    store_searches,
)
from tests.support.storage_examples import make_batch, make_itinerary
from tests.support.stored_promotions import store_announcements


@pytest.fixture
def client(panel: Panel) -> TestClient:
    panel.now = NOW
    return panel.client()


@pytest.fixture
def searched(panel: Panel, client: TestClient) -> TestClient:
    """Store a route with prices on three days, a failed and an empty one."""
    store = panel.store
    store_month_prices(store, (0, MARCH, 80_000), (3, MARCH, 70_000), (3, APRIL, 90_000), (9, MARCH, 75_000))
    for number in range(6):
        store_samples(store, number, {70_000: 2, 80_000: 4})
    store_record(store, 70_000, 3)
    store_searches(
        store,
        *(
            route_report(number, outcome)
            for number, outcome in ((0, "found"), (3, "found"), (5, "empty"), (9, "found"))
        ),
        route_report(7, "failed"),
        route_report(9, "failed", hour=8),
    )
    return client


def charts(page: str) -> list[dict[str, Any]]:
    return [json.loads(text) for text in re.findall(r'<script type="application/json">(.*?)</script>', page)]


def test_a_route_without_prices_says_what_to_do(client: TestClient) -> None:
    page = client.get("/routes/LAX-NRT").text
    assert "No price of this route is stored" in page
    assert "echarts" not in page


@pytest.mark.parametrize("route", ["LAX", "LAX-LAX", "XXX-NRT", "Europe-NRT"])
def test_what_is_no_route_is_not_found(client: TestClient, route: str) -> None:
    assert client.get(f"/routes/{route}").status_code == 404


def test_the_lines_have_the_prices_and_end_where_nothing_was_found(searched: TestClient) -> None:
    by_search, by_month = charts(searched.get("/routes/LAX-NRT").text)
    [line] = by_search["series"]
    assert [(day, miles) for day, miles, _ in line["points"]] == [
        ("2026-11-10", 80_000),
        ("2026-11-13", 70_000),
        ("2026-11-15", None),
        ("2026-11-19", 75_000),
        ("2026-11-20", 75_000),
    ]
    assert by_search["lines"] == [[80_000, "Median"]]
    assert by_search["bands"] == [[70_000, 80_000, "25th percentile to median"]]
    assert by_search["marks"] == [["2026-11-13", 70_000, "lowest"]]
    assert by_month["categories"] == ["2027-03", "2027-04"]
    assert by_month["series"][0]["points"] == [["2027-03", 75_000, True], ["2027-04", 90_000, True]]


def test_baselines_records_and_failures_are_in_words(searched: TestClient) -> None:
    page = searched.get("/routes/LAX-NRT").text
    assert "since Nov 10, 2026" in page
    assert "5 search days, 6 searches" in page
    assert "1 of 2 searches failed" in page
    assert "Nov 17: Failed, 1 of 1 searches failed" in page
    assert "Nov 15: Empty" in page
    assert "Nov 14: Not searched" in page


def test_a_sale_is_marked_and_linked(searched: TestClient, panel: Panel) -> None:
    sale = make_bonus(
        kind=PromotionKind.AWARD_SALE,
        title="United award sale",
        programs=("united",),
        banks=(),
        source="a.example",
        seen_at=NOW - timedelta(days=8),
        published=NOW - timedelta(days=8),
        book_by=date(2026, 11, 18),
    )
    store_announcements(panel.store, sale)
    page = searched.get("/routes/LAX-NRT").text
    assert charts(page)[0]["periods"] == [["2026-11-14", "2026-11-18", "United award sale"]]
    assert 'href="/promotions/' in page


def test_the_best_offers_of_the_cabin_are_listed(searched: TestClient, panel: Panel) -> None:
    values: dict[str, Any] = {"destination": "NRT", "seen_at": NOW}
    write_batch(
        panel.store,
        make_batch(
            make_itinerary(cabin=Cabin.BUSINESS, miles=81_500, **values), make_itinerary(miles=22_500, **values)
        ),
    )
    page = searched.get("/routes/LAX-NRT").text
    assert "81,500" in page
    assert "22,500" not in page


def test_a_chosen_program_has_its_own_chart(searched: TestClient, panel: Panel) -> None:
    store_month_prices(panel.store, (0, MARCH, 60_000), program="american")
    store_record(panel.store, 60_000, 0, program="american")
    both = charts(searched.get("/routes/LAX-NRT").text)[0]["series"]
    one = charts(searched.get("/routes/LAX-NRT?program=american").text)[0]["series"]
    assert sorted(series["name"] for series in both) == ["AAdvantage", "MileagePlus"]
    assert [series["name"] for series in one] == ["AAdvantage"]


def test_a_city_stands_for_its_airports(searched: TestClient) -> None:
    assert "Tokyo (TYO)" in searched.get("/routes/LAX-TYO").text
