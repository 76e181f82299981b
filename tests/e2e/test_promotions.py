"""Crawls of feeds and tables in the sandbox: promotions, messages, and alerts about failed sources."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import select

from awardspider.items import EventType
from awardspider.storage import schema
from tests.support.crawls import Workspace
from tests.support.pipeline_crawl import add_channel
from tests.support.sandbox_server import Sandbox

DAYS = [f"2026-11-{day:02}T12:00Z" for day in (20, 22, 23)]
FEEDS = 30  # at least so many are read


class Crawler:
    """Crawls at simulated times."""

    def __init__(self, workspace: Workspace, server: Sandbox) -> None:
        self._workspace, self._server = workspace, server
        workspace.settings["AWARD_DELIVERY_SECONDS"] = "0"
        with closing(workspace.store()) as store:
            add_channel(store, events=(EventType.PROMOTION, EventType.RUN_FAILED))

    def crawl(self, spider: str, time: str, server_time: str = "") -> str:
        """Run a crawl and return its log."""
        self._server.set_clock(server_time or time)
        self._workspace.settings["AWARD_SIMULATED_TIME"] = time
        return self._workspace.scrapy("crawl", spider, check=True).stderr

    def rows(self, table: Any, *columns: str) -> list[Any]:
        with closing(self._workspace.store()) as store, store.reading() as connection:
            return list(connection.execute(select(*(table.c[name] for name in columns))))

    def listed(self, *options: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self._workspace.scrapy("promotions", "--json", *options).stdout)
        return found


@pytest.fixture
def crawler(workspace: Workspace, server: Sandbox) -> Crawler:
    return Crawler(workspace, server)


def test_promotions_are_stored_silently_at_first_then_sent_once(crawler: Crawler) -> None:
    log = crawler.crawl("dealfeeds", DAYS[0])
    assert "feeds found" in log
    assert "Traceback" not in log
    first = crawler.rows(schema.promotions, "id")
    assert first
    assert crawler.rows(schema.outbox, "key") == []
    ((found, failed, reason),) = crawler.rows(schema.runs, "found", "failed", "finish_reason")
    assert found >= FEEDS > failed
    assert reason == "finished"

    # A table later the same day confirms transfer bonuses that the blogs announced.
    crawler.crawl("transferbonuses", DAYS[0])
    assert any(len(each["sources"]) > 1 for each in crawler.listed("--kind", "transfer_bonus"))
    assert crawler.rows(schema.outbox, "key") == []

    crawler.crawl("dealfeeds", DAYS[1])
    new = {row.id for row in crawler.rows(schema.promotions, "id")} - {row.id for row in first}
    messages = crawler.rows(schema.outbox, "event_type", "subject")
    assert new
    assert messages
    assert {row.event_type for row in messages} == {"promotion"}
    assert max(Counter(row.subject for row in messages).values()) == 1

    before = crawler.rows(schema.promotions, "id"), crawler.rows(schema.announcements, "entry_id"), messages
    log = crawler.crawl("dealfeeds", DAYS[1].replace("12:00", "13:00"), server_time=DAYS[1])
    assert "0 new announcements, 0 new promotions" in log
    assert before == (
        crawler.rows(schema.promotions, "id"),
        crawler.rows(schema.announcements, "entry_id"),
        crawler.rows(schema.outbox, "event_type", "subject"),
    )


def test_a_crawl_in_which_every_source_fails_is_reported_and_changes_nothing(crawler: Crawler, server: Sandbox) -> None:
    crawler.crawl("transferbonuses", DAYS[0])
    before = crawler.rows(schema.promotions, "id", "ended_at"), crawler.rows(schema.announcements, "entry_id")
    for host in ("frequentmiler.com", "awardwallet.com", "upgradedpoints.com"):
        server.fault(host, "blocked")
    for time in DAYS[1:]:
        log = crawler.crawl("transferbonuses", time)
        assert "0 of 3 sources found, 0 new announcements, 0 new promotions, 3 failed" in log
    assert before == (
        crawler.rows(schema.promotions, "id", "ended_at"),
        crawler.rows(schema.announcements, "entry_id"),
    )
    assert [row.event_type for row in crawler.rows(schema.outbox, "event_type")] == ["run.failed"]


MONDAYS = [f"2026-11-{day:02}T12:00Z" for day in (17, 24)]


def test_changes_of_an_added_page_are_sent_to_every_channel(crawler: Crawler, workspace: Workspace) -> None:
    url = "https://www.alaskaair.com/deals"
    workspace.scrapy("pages", "add", url, "--select", "main", "--name", "Alaska offers", check=True)
    for day in (5, 7, 17):
        log = crawler.crawl("pagewatch", f"2026-11-{day:02}T12:00Z")
        assert "pagewatch: 1 of 1 pages found" in log
        assert "Traceback" not in log
    sale, change = sorted(crawler.rows(schema.promotions, "kind", "programs", "title", "excerpt"))
    assert (sale.kind, sale.programs, sale.title) == (
        "award_sale",
        ["alaska"],
        "Alaska offers changed: Save up to 40% on award flights",
    )
    assert sale.excerpt.startswith("- There are no deals at this time. Please check back soon.\n+ Save up to 40%")
    assert (change.kind, change.excerpt.splitlines()[-1]) == (
        "page_change",
        "+ There are no deals at this time. Please check back soon.",
    )
    messages = crawler.rows(schema.outbox, "event_type", "watch_key")
    assert sorted(messages) == [("promotion", "Pages"), ("promotion", "Promotions")]


def test_a_source_whose_failure_is_expected_notifies_nobody(crawler: Crawler) -> None:
    log = crawler.crawl("flyingbluepromos", DAYS[0])
    assert "the page is empty without its scripts" in log
    assert crawler.rows(schema.runs, "finish_reason") == [("unexpected_response",)]
    assert crawler.rows(schema.outbox, "key") == []


def test_the_deals_of_an_airline_are_one_message(crawler: Crawler) -> None:
    crawler.crawl("deltadeals", MONDAYS[0])
    assert crawler.rows(schema.promotions, "programs")
    assert crawler.rows(schema.outbox, "key") == []
    crawler.crawl("deltadeals", MONDAYS[1])
    subjects = [row.subject for row in crawler.rows(schema.outbox, "subject")]
    assert subjects
    assert len(subjects) == len(set(subjects))
