"""A crawl of the sandbox stores the prices that it found; crawls of one day do not count them twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from awardspider.storage.schema import month_prices, open_prices, price_records, price_samples
from tests.support.crawls import Workspace
from tests.support.sandbox_server import Sandbox

# The first days of a month: a calendar is a search for each month.
FIRST = ((datetime.now(UTC) + timedelta(days=70)).date().replace(day=1) + timedelta(days=31)).replace(day=1)
DATES = f"{FIRST}..{FIRST + timedelta(days=20)}"


def crawl(workspace: Workspace) -> None:
    workspace.crawl(origin="LAX", destination="NRT", dates=DATES, detail="day")


def prices(workspace: Workspace) -> dict[tuple[Any, ...], Any]:
    """Return the stored prices by key."""
    names = ("scope", "origin", "destination", "cabin", "mixed_cabin", "search_day")
    return {tuple(row[name] for name in names): row["prices"] for row in workspace.rows(price_samples)}


def test_crawls_of_one_day_store_the_same_prices(workspace: Workspace) -> None:
    crawl(workspace)
    before = prices(workspace)
    assert {key[0] for key in before} == {"route", "region_pair", "distance_band"}
    counts = [sum(sum(found.values()) for found in by_lead.values()) for by_lead in before.values()]
    offers = [offer for offer in workspace.offers if offer["miles"]]
    assert sum(counts) == 3 * len(offers)  # each price is in three scopes
    crawl(workspace)
    assert prices(workspace) == before
    assert {row["searches"] for row in workspace.rows(price_records)} == {2}
    assert workspace.rows(month_prices)
    assert workspace.rows(open_prices)
    workspace.scrapy("reparse", "united", check=True)
    assert prices(workspace) == before
    assert {row["searches"] for row in workspace.rows(price_records)} == {2}


def test_a_failed_crawl_stores_no_prices(workspace: Workspace, server: Sandbox) -> None:
    server.fault("www.united.com", "blocked")
    crawl(workspace)
    server.reset()
    assert [search["outcome"] for search in workspace.searches] == ["failed"]
    assert not workspace.rows(price_samples)
    assert not workspace.rows(price_records)


@pytest.mark.parametrize("setting", ["AWARD_GOOD_PERCENT", "AWARD_PRICE_HISTORY_DAYS", "AWARD_RECORD_LOW_DAYS"])
def test_an_invalid_setting_ends_a_crawl_before_its_first_request(
    workspace: Workspace, server: Sandbox, setting: str
) -> None:
    workspace.settings = {setting: "soon"}
    result = workspace.scrapy("crawl", "united", "-a", "origin=LAX", "-a", "destination=NRT", "-a", f"dates={DATES}")
    assert result.returncode != 0
    assert f"{setting} is 'soon', but must be a number" in result.stdout + result.stderr
    assert not workspace.searches
