"""Crawls of all feeds and of the table of transfer bonuses in the sandbox, compared with its ground truth."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from awardspider.storage import schema
from awardspider.storage.promotion_sources import SANDBOX
from tests.support.crawls import Workspace
from tests.support.sandbox_server import Sandbox, sandbox

ADDED = "https://millasypuntos.example/feed/"
AGGREGATOR = "news.google.com"
#: Its feed has no entries in the sandbox, like the real one.
FAILING = "The Points Guy"


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    """Run a sandbox whose clock is at the current minute."""
    with sandbox(clock=f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}") as running:
        yield running


@pytest.fixture(scope="module")
def workspace(server: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return a workspace after a crawl of all feeds, one of which was added, and of the table."""
    workspace = Workspace(tmp_path_factory.mktemp("promotions") / "data", server.url)
    for words in (("feeds", "add", ADDED, "--language", "es"), ("crawl", "dealfeeds"), ("crawl", "transferbonuses")):
        result = workspace.scrapy(*words)
        assert result.returncode == 0, result.stderr
    return workspace


@pytest.fixture(scope="module")
def truth(workspace: Workspace, server: Sandbox) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = server.client.get(f"{server.url}/_truth/promotions").json()
    return found


def stored(workspace: Workspace, table: Any) -> list[dict[str, Any]]:
    store = workspace.store()
    with store.reading() as connection:
        rows = [dict(row) for row in connection.execute(select(table)).mappings()]
    store.close()
    return rows


def test_every_entry_is_an_announcement(workspace: Workspace, truth: dict[str, list[dict[str, Any]]]) -> None:
    found = {row["entry_id"]: row for row in stored(workspace, schema.announcements)}
    expected = truth["announcements"]
    assert len(expected) > 250
    assert [entry["guid"] for entry in expected if entry["guid"] not in found] == []
    for entry in expected:
        row = found[entry["guid"]]
        assert (row["title"], row["link"]) == (entry["title"], entry["link"])
        if entry["host"] != AGGREGATOR:  # its entries belong to the publishers that they name
            assert row["source"].removesuffix(SANDBOX) == entry["host"].removeprefix("www.")
        assert row["published"] == datetime.fromisoformat(entry["published"])
    right = sum(found[entry["guid"]]["kind"] == entry["kind"] for entry in expected)
    assert right / len(expected) > 0.95


def test_the_rows_of_the_table_that_two_pages_confirm(
    workspace: Workspace, truth: dict[str, list[dict[str, Any]]]
) -> None:
    names = ("programs", "banks", "percent", "book_by")
    found = {
        tuple(map(str, (row[name] for name in names))): row["confidence"]
        for row in stored(workspace, schema.promotions)
    }
    listed = [each for each in truth["promotions"] if each["in_table"] and each["is_active"] and each["percent"]]
    assert len(listed) > 5
    for promotion in listed:
        confidence = found[tuple(map(str, (promotion[name] for name in names)))]
        assert confidence == ("verified" if promotion["cross_checked"] else confidence)


def test_the_state_of_every_feed(workspace: Workspace) -> None:
    feeds = json.loads(workspace.scrapy("feeds", "list", "--json").stdout)
    assert {feed["state"] for feed in feeds if feed["name"] != FAILING} == {"found"}
    assert {feed["state"] for feed in feeds if feed["name"] == FAILING} == {"failed: unexpected_response"}
    assert next(feed for feed in feeds if feed["url"] == ADDED)["entries"] == 10


def test_a_second_crawl_within_30_minutes_sends_no_request(workspace: Workspace, server: Sandbox) -> None:
    server.reset()
    result = workspace.scrapy("crawl", "dealfeeds")
    assert result.returncode == 0
    assert "dealfeeds: 37 of 37 sources are not due yet" in result.stderr
    assert server.requests() == []
