"""A crawl as its pipelines see it, without Scrapy and without requests."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from scrapy.exceptions import DropItem
from sqlalchemy import select

from awardspider.crawling.context import CrawlContext
from awardspider.crawling.offer_context import OfferContext, OfferContexts
from awardspider.delivery.channels.configuration import DEFAULT_EVENTS
from awardspider.items import AwardOfferItem, Search
from awardspider.pipelines.criteria import CriteriaPipeline
from awardspider.pipelines.dedupe import DedupePipeline
from awardspider.pipelines.sheets import SheetsPipeline
from awardspider.pipelines.webhooks import WebhooksPipeline
from awardspider.search.watches import Watch
from awardspider.storage.channels import ChannelRow, save_channel
from awardspider.storage.recorder import Recorder, set_recorder
from awardspider.storage.schema import outbox
from awardspider.storage.store import Store
from tests.support.delivery import SETTINGS
from tests.support.storage_examples import NOW, make_report, make_search


class Stats:
    """A replacement of Scrapy's stats collector."""

    def inc_value(self, name: str, count: int = 1) -> None:
        """Ignore the count."""


class Crawl:
    """A crawl as its pipelines see it; each `search` yields offers and a report.

    They are stored at once unless `keep_unwritten`.
    """

    def __init__(
        self, store: Store, *watches: Watch, settings: dict[str, Any] = SETTINGS, covers: tuple[str, ...] = ()
    ) -> None:
        program = SimpleNamespace(covers=covers, key="united")
        self.spider = SimpleNamespace(
            program=program,
            context=CrawlContext(watches=watches),
            watches=watches,
            search_kinds=("itinerary",),
            detail="auto",
            offer_contexts=OfferContexts(),
        )
        self.settings = settings
        self.stats = Stats()
        self.keep_unwritten = False
        self.store = store
        self.recorder = Recorder(store, "run", None)
        set_recorder(self, self.recorder)
        crawler: Any = self
        self._steps: list[Any] = [
            step(crawler) for step in (DedupePipeline, CriteriaPipeline, SheetsPipeline, WebhooksPipeline)
        ]
        for step in self._steps[1:]:
            step.open_spider()

    def process(self, item: Any) -> None:
        try:
            for step in self._steps:
                item = step.process_item(item)
        except DropItem:
            pass

    def add(self, offer: AwardOfferItem, search: Search, hours: int = 0) -> None:
        """Process one offer of a search."""
        offer.seen_at = NOW + timedelta(hours=hours)
        self.spider.offer_contexts.add(offer, OfferContext(search=search, responded_at=offer.seen_at))
        self.process(offer)

    def search(self, *offers: AwardOfferItem, hours: int = 0, party: int = 1, **scope: Any) -> None:
        """Process the offers of one search, of which `scope` replaces fields, and its report."""
        at = NOW + timedelta(hours=hours)
        search = make_search(**{"kind": "itinerary", "travelers": party} | scope)
        for offer in offers:
            self.add(offer, search, hours)
        self.process(make_report(search.id, search=search, offers=len(offers), requested_at=at))
        if not self.keep_unwritten:
            self.recorder.flush()

    def rows(self, *columns: str) -> list[tuple[Any, ...]]:
        """Return these columns of the outbox, in order."""
        query = select(*(outbox.c[name] for name in columns)).order_by(outbox.c.id)
        with self.store.reading() as connection:
            return [tuple(row) for row in connection.execute(query)]


def add_channel(store: Store, name: str = "phone", **values: Any) -> None:
    row: dict[str, Any] = {"kind": "webhook", "address": "https://hooks.example.com", "events": DEFAULT_EVENTS}
    row["created_at"] = NOW
    save_channel(store, ChannelRow(name=name, **row | values))
