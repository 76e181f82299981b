"""A crawl of sources of promotions as its pipelines see it, without requests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from scrapy.exceptions import DropItem
from scrapy.utils.test import get_crawler
from sqlalchemy import select

from awardspider.crawling.promotion_context import PromotionContext, PromotionSource
from awardspider.crawling.promotion_spider import PromotionSpider
from awardspider.items import PromotionItem, PromotionKind, SourceKind, SourceReportItem
from awardspider.outcomes import Outcome
from awardspider.pipelines.promotions import (
    DedupePromotions,
    MatchPromotions,
    NotifyPromotions,
    SheetPromotions,
    ValidatePromotions,
)
from awardspider.storage import schema
from awardspider.storage.announcements import Change
from awardspider.storage.promotion_sources import find_sources
from awardspider.storage.promotions import PromotionOrder, PromotionRow, find_promotions
from awardspider.storage.recorder import Recorder, set_recorder
from awardspider.storage.sandbox_states import SANDBOX
from awardspider.storage.source_results import SourceResult
from awardspider.storage.store import Store
from awardspider.values import publisher
from tests.support.delivery import SETTINGS
from tests.support.storage_examples import NOW

PIPELINES = (ValidatePromotions, DedupePromotions, MatchPromotions, SheetPromotions, NotifyPromotions)


def make_feed(name: str, kind: SourceKind = SourceKind.FEED) -> PromotionSource:
    """Return a source of a blog."""
    return PromotionSource(url=f"https://{name}.example/{kind}/", kind=kind, name=f"The {name}", is_first=False)


def make_bonus(**fields: Any) -> PromotionItem:
    """Return an announcement: Amex points to Flying Blue with a 25% bonus until the end of November."""
    values: dict[str, Any] = {
        "kind": PromotionKind.TRANSFER_BONUS,
        "title": "Transfer Amex points to Flying Blue with a 25% bonus",
        "programs": ("flyingblue",),
        "banks": ("amex",),
        "percent": 25,
        "source": "",
        "entry_id": "1",
        "link": "https://a.example/1",
        "seen_at": NOW,
    }
    return PromotionItem(**values | fields)


class SimulatedSpider(PromotionSpider):
    """A spider that sends no requests."""

    name = "dealfeeds"
    source_kinds = (SourceKind.FEED, SourceKind.TABLE)


class PromotionCrawl:
    """One crawl; each `read` processes the announcements of one source and its report."""

    def __init__(self, store: Store, *sources: PromotionSource, settings: dict[str, Any] = SETTINGS) -> None:
        self.store = store
        crawler = get_crawler(SimulatedSpider, dict(settings))
        spider = SimulatedSpider()
        spider._set_crawler(crawler)
        crawler.spider = spider
        self.suffix = "" if spider.live else SANDBOX
        spider.now = lambda: self.now  # type: ignore[method-assign]
        self.now = NOW
        stored = find_sources(store)
        spider.context = PromotionContext(
            sources=tuple(
                replace(each, is_first=each.is_first or each.url + self.suffix not in stored) for each in sources
            )
        )
        self.spider = spider
        self.recorder = Recorder(store, "run", None)
        set_recorder(crawler, self.recorder)
        self.results: list[SourceResult] = []
        self.recorder.on_source_result(self.results.append)
        self.pipelines: list[Any] = [pipeline.from_crawler(crawler) for pipeline in PIPELINES]
        for pipeline in self.pipelines[2:]:
            pipeline.open_spider()
        self.dropped: list[str] = []
        self.stats = crawler.stats

    def read(self, source: PromotionSource, *items: PromotionItem, days: float = 0, **report: Any) -> Counter[Change]:
        """Process the announcements of a source and its report; return the number of announcements by change."""
        self.announce(source, *items, days=days)
        return self.report(source, entries=len(items), days=days, **report)

    def announce(self, source: PromotionSource, *items: PromotionItem, days: float = 0) -> None:
        """Process announcements of a source without its report."""
        self.now = NOW + timedelta(days=days)
        for item in items:
            new = replace(item, source=publisher(source.url), source_url=source.url, seen_at=self.now)
            self._process(new)

    def report(self, source: PromotionSource, *, days: float = 0, **fields: Any) -> Counter[Change]:
        """Process the report of a source; return the number of announcements by change."""
        at = NOW + timedelta(days=days)
        values = {"outcome": Outcome.FOUND, "http_status": 200, "requested_at": at}
        self._process(SourceReportItem(url=source.url, **values | fields))
        return self.results[-1].count()

    def close(self, *, days: float = 0) -> None:
        """End the crawl."""
        self.now = NOW + timedelta(days=days)
        for pipeline in self.pipelines:
            if hasattr(pipeline, "close_spider"):
                pipeline.close_spider()

    def _process(self, item: Any) -> None:
        try:
            for pipeline in self.pipelines:
                item = pipeline.process_item(item)
        except DropItem as error:
            self.dropped.append(type(error).__name__)


def seeded(store: Store, *sources: PromotionSource) -> None:
    """Store a first success of sources, without announcements, so that later ones notify people."""
    crawl = PromotionCrawl(store, *sources)
    for source in sources:
        crawl.read(source, days=-30)


def promotions(store: Store) -> list[PromotionRow]:
    """Return the stored promotions, those first seen last first."""
    return find_promotions(store, PromotionOrder.FIRST_SEEN)


def messages(store: Store, columns: Iterable[str] = ("channel", "subject")) -> list[tuple[Any, ...]]:
    """Return columns of the messages in the outbox, in order."""
    query = select(*(schema.outbox.c[name] for name in columns)).order_by(schema.outbox.c.id)
    with store.reading() as connection:
        return [tuple(row) for row in connection.execute(query)]
