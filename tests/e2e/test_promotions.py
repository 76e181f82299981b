"""Crawls of all feeds and tables in the sandbox on several days: what is stored and sent, compared with the truth."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from awardspider.crawling.promotion_context import PromotionSource
from awardspider.items import EventType, PromotionKind, SourceKind
from awardspider.storage import schema
from awardspider.storage.promotion_sources import StoredSource, add_source, find_sources
from awardspider.storage.promotions import PromotionOrder, PromotionRow, find_promotions
from awardspider.storage.sandbox_states import SANDBOX
from awardspider.storage.store import open_store
from tests.support.crawls import Workspace
from tests.support.pipeline_crawl import add_channel
from tests.support.sandbox_server import Sandbox, sandbox
from tests.support.source_crawls import Round, RoundResult, crawl_in_rounds

DAYS = [f"2026-11-{day:02}T12:00Z" for day in (20, 22, 23)]
MONDAYS = [f"2026-11-{day:02}T12:00Z" for day in (17, 24)]
AN_HOUR_LATER = DAYS[1].replace("12:00", "13:00")
FEEDS, TABLES = ("dealfeeds",), ("transferbonuses",)

ADDED = PromotionSource(
    url="https://millasypuntos.example/feed/", kind=SourceKind.FEED, name="Millas y puntos", language="es"
)
AGGREGATOR = "news.google.com"
#: Its feed has no entries in the sandbox, like the real one.
FAILING = "The Points Guy"


@dataclass(frozen=True, kw_only=True)
class FirstDay:
    """The first crawls of feeds and tables, what is stored after them, and the ground truth."""

    feeds: RoundResult
    tables: RoundResult
    too_early: RoundResult
    announcements: dict[str, dict[str, Any]]
    promotions: list[PromotionRow]
    sources: dict[str, StoredSource]
    truth: dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with sandbox(clock=DAYS[0]) as running:
        yield running


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("promotions")


@pytest.fixture(scope="module")
def first_day(server: Sandbox, folder: Path) -> FirstDay:
    rounds = [Round(spiders=spiders, time=DAYS[0]) for spiders in (FEEDS, TABLES, FEEDS)]
    with closing(open_store("", folder)) as store:
        add_source(store, ADDED, now=datetime(2026, 11, 20, tzinfo=UTC))
        add_channel(store, events=(EventType.PROMOTION, EventType.RUN_FAILED))
        results = crawl_in_rounds(server.url, folder, rounds)
        with store.reading() as connection:
            rows = [dict(row) for row in connection.execute(select(schema.announcements)).mappings()]
        return FirstDay(
            feeds=results[0],
            tables=results[1],
            too_early=results[2],
            announcements={row["entry_id"]: row for row in rows},
            promotions=find_promotions(store, PromotionOrder.FIRST_SEEN),
            sources={source.name: source for url, source in find_sources(store).items() if url.endswith(SANDBOX)},
            truth=server.client.get(f"{server.url}/_truth/promotions").json(),
        )


@pytest.fixture(scope="module")
def later(server: Sandbox, folder: Path, first_day: FirstDay) -> list[RoundResult]:
    """Return the results of later crawls: of feeds, of the same feeds, and of tables that are blocked."""
    hosts = ("frequentmiler.com", "awardwallet.com", "upgradedpoints.com")
    blocked = [{"host": host, "fault": "blocked"} for host in hosts]
    rounds = [
        Round(spiders=FEEDS, time=DAYS[1], controls=[{"clock": DAYS[1]}]),
        Round(spiders=FEEDS, time=AN_HOUR_LATER, controls=[{"clock": DAYS[1]}]),
        *(Round(spiders=TABLES, time=day, controls=[{"clock": day}, *blocked]) for day in DAYS[1:]),
    ]
    return crawl_in_rounds(server.url, folder, rounds)


def test_every_entry_is_an_announcement(first_day: FirstDay) -> None:
    found, expected = first_day.announcements, first_day.truth["announcements"]
    assert len(expected) > 250
    assert [entry["guid"] for entry in expected if entry["guid"] not in found] == []
    for entry in expected:
        row = found[entry["guid"]]
        title = re.sub(r"\s*\[Targeted\]\s*", "", entry["title"])  # the mark is a field of the announcement
        assert (row["title"], row["link"]) == (title, entry["link"])
        if entry["host"] != AGGREGATOR:  # its entries belong to the publishers that they name
            assert row["source"].removesuffix(SANDBOX) == entry["host"].removeprefix("www.")
        assert row["published"] == datetime.fromisoformat(entry["published"])
    right = sum(found[entry["guid"]]["kind"] == entry["kind"] for entry in expected)
    assert right / len(expected) > 0.95


def test_a_table_confirms_what_blogs_announced(first_day: FirstDay) -> None:
    bonuses = [row for row in first_day.promotions if row.item.kind is PromotionKind.TRANSFER_BONUS]
    assert any(len(row.sources) > 1 for row in bonuses)


def test_the_rows_of_the_table_that_two_pages_confirm(first_day: FirstDay) -> None:
    names = ("programs", "banks", "percent", "book_by")
    found = {
        tuple(str(list(value) if isinstance(value, tuple) else value) for value in terms): row.item.confidence
        for row in first_day.promotions
        for terms in [[getattr(row.item, name) for name in names]]
    }
    rows = first_day.truth["promotions"]
    listed = [each for each in rows if each["in_table"] and each["is_active"] and each["percent"]]
    assert len(listed) > 5
    for promotion in listed:
        confidence = found[tuple(str(promotion[name]) for name in names)]
        assert confidence == ("verified" if promotion["cross_checked"] else confidence)


def test_the_state_of_every_feed(first_day: FirstDay) -> None:
    assert {source.reason for name, source in first_day.sources.items() if name != FAILING} == {None}
    assert first_day.sources[FAILING].reason == "unexpected_response"
    assert first_day.sources[ADDED.name].entries == 10
    found = Counter(report[0] for report in first_day.feeds.reports.values())
    assert found["found"] >= 30
    assert found["failed"] == 1
    assert first_day.feeds.finish_reasons == {"dealfeeds": "finished"}
    assert f"dealfeeds: {found['found']} of {found.total()} feeds found" in first_day.feeds.log


def test_the_first_crawl_of_a_source_is_silent(first_day: FirstDay) -> None:
    assert first_day.feeds.stored["promotions"]
    assert first_day.tables.stored["outbox"] == []


def test_a_second_crawl_within_30_minutes_sends_no_request(first_day: FirstDay) -> None:
    count = len(first_day.feeds.reports)
    assert f"dealfeeds: {count} of {count} sources are not due yet" in first_day.too_early.log
    assert first_day.too_early.requests == 0


def test_new_promotions_are_sent_once(first_day: FirstDay, later: list[RoundResult]) -> None:
    new, same = later[0], later[1]
    assert set(new.stored["promotions"]) > set(first_day.tables.stored["promotions"])
    messages = new.stored["outbox"]
    assert messages
    assert {message.split()[0] for message in messages} == {"promotion"}
    assert max(Counter(messages).values()) == 1

    assert "0 new announcements, 0 new promotions" in same.log
    assert same.requests > len(same.reports) / 2
    assert same.stored == new.stored


def test_crawls_in_which_every_source_fails_are_reported_once_and_change_nothing(later: list[RoundResult]) -> None:
    _, before, *failed = later
    for result in failed:
        assert "0 of 3 sources found, 0 new announcements, 0 new promotions, 3 failed" in result.log
        assert {**result.stored, "outbox": []} == {**before.stored, "outbox": []}
        new = Counter(result.stored["outbox"]) - Counter(before.stored["outbox"])
        assert [message.split()[0] for message in new.elements()] == ["run.failed"]


# ---- pages -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class PageCrawls:
    """Crawls of an added page on three days, of Delta's deals on two, and of a page that only a browser can read."""

    added: list[RoundResult]
    deals: list[RoundResult]
    empty: RoundResult
    promotions: list[PromotionRow]
    messages: list[tuple[str, str, str]]


@pytest.fixture(scope="module")
def pages(server: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> PageCrawls:
    folder = tmp_path_factory.mktemp("pages")
    words = ("--select", "main", "--name", "Alaska offers")
    Workspace(folder, server.url).scrapy("pages", "add", "https://www.alaskaair.com/deals", *words, check=True)
    times = [("pagewatch", f"2026-11-{day:02}T12:00Z") for day in (5, 7, 17)]
    times += [("deltadeals", time) for time in MONDAYS] + [("flyingbluepromos", MONDAYS[1])]
    rounds = [Round(spiders=(spider,), time=time, controls=[{"clock": time}]) for spider, time in times]
    with closing(open_store("", folder)) as store:
        add_channel(store, events=(EventType.PROMOTION, EventType.RUN_FAILED))
        results = crawl_in_rounds(server.url, folder, rounds)
        outbox = schema.outbox.c
        with store.reading() as connection:
            rows = connection.execute(select(outbox.event_type, outbox.watch_key, outbox.subject).order_by(outbox.id))
            return PageCrawls(
                added=results[:3],
                deals=results[3:5],
                empty=results[5],
                promotions=find_promotions(store, PromotionOrder.FIRST_SEEN),
                messages=[tuple(row) for row in rows],
            )


def test_changes_of_an_added_page_are_sent_to_every_channel(pages: PageCrawls) -> None:
    for result in pages.added:
        assert "pagewatch: 1 of 1 pages found" in result.log
        assert "Traceback" not in result.log
    found = {row.item.kind: row.item for row in pages.promotions if row.item.title.startswith("Alaska offers")}
    assert found.keys() == {PromotionKind.AWARD_SALE, PromotionKind.PAGE_CHANGE}
    sale, change = found[PromotionKind.AWARD_SALE], found[PromotionKind.PAGE_CHANGE]
    assert (sale.programs, sale.title) == (("alaska",), "Alaska offers changed: Save up to 40% on award flights")
    assert sale.excerpt.startswith("- There are no deals at this time. Please check back soon.\n+ Save up to 40%")
    assert change.excerpt.splitlines()[-1] == "+ There are no deals at this time. Please check back soon."
    count = len(pages.added[-1].stored["outbox"])
    assert sorted(message[:2] for message in pages.messages[:count]) == [
        ("promotion", "Pages"),
        ("promotion", "Promotions"),
    ]


def test_the_deals_of_an_airline_are_one_message(pages: PageCrawls) -> None:
    first, second = pages.deals
    assert len(first.stored["promotions"]) > len(pages.added[-1].stored["promotions"])
    assert first.stored["outbox"] == pages.added[-1].stored["outbox"]
    new = Counter(second.stored["outbox"]) - Counter(first.stored["outbox"])
    assert new
    assert max(new.values()) == 1


def test_a_source_whose_failure_is_expected_notifies_nobody(pages: PageCrawls) -> None:
    assert "the page is empty without its scripts" in pages.empty.log
    assert pages.empty.finish_reasons == {"flyingbluepromos": "unexpected_response"}
    assert pages.empty.stored == pages.deals[-1].stored
