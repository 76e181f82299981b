"""Crawls of the benchmark: real plan, pipelines, storage and end of a run, with true offers instead of responses."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from scrapy.exceptions import DropItem
from scrapy.settings import Settings

from awardspider import clock
from awardspider.crawling.offer_context import OfferContext, OfferContexts
from awardspider.extensions.run_record import RunRecord
from awardspider.items import AwardOfferItem, Search, SearchReportItem
from awardspider.outcomes import Outcome
from awardspider.pipelines.criteria import CriteriaPipeline
from awardspider.pipelines.dedupe import DedupePipeline
from awardspider.pipelines.sheets import SheetsPipeline
from awardspider.pipelines.validate import ValidatePipeline
from awardspider.pipelines.webhooks import WebhooksPipeline
from awardspider.programs import programs
from awardspider.search.day_confirmation import days_to_confirm
from awardspider.search.planner import plan
from awardspider.search.watches import Watch
from benchmarks.deals.true_offers import TrueOffers
from tests.support.program_requests import spider

PIPELINES = (ValidatePipeline, DedupePipeline, CriteriaPipeline, SheetsPipeline, WebhooksPipeline)


class Stats:
    """Counts of a crawl, in place of Scrapy's collector."""

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}

    def inc_value(self, name: str, count: int = 1) -> None:
        """Add to a value."""
        self._values[name] = self._values.get(name, 0) + count

    def set_value(self, name: str, value: Any) -> None:
        """Set a value."""
        self._values[name] = value

    def get_value(self, name: str, default: Any = None) -> Any:
        """Return a value."""
        return self._values.get(name, default)

    def get_stats(self) -> dict[str, Any]:
        """Return all values."""
        return dict(self._values)


class Signals:
    """The handlers that a crawl's extension connects, by name."""

    def __init__(self) -> None:
        self.handlers: dict[str, Callable[..., Any]] = {}

    def connect(self, handler: Callable[..., Any], signal: object) -> None:
        """Connect a handler."""
        self.handlers[handler.__name__] = handler


@dataclass(eq=False)
class Crawler:
    """A crawl's parts, in place of Scrapy's crawler."""

    spider: Any
    settings: Settings
    stats: Stats = field(default_factory=Stats)
    signals: Signals = field(default_factory=Signals)


class Crawl:
    """A crawl of one program at the time of the world."""

    def __init__(
        self,
        offers: TrueOffers,
        program: str,
        watches: Sequence[Watch],
        settings: dict[str, Any],
        on_offer: Callable[[AwardOfferItem, datetime], None],
    ) -> None:
        set_time(offers.now)
        self._offers = offers
        self._program = programs()[program]
        self._capabilities = spider(program).capabilities
        self._watches = [watch for watch in watches if watch.needs(self._program)]
        self._on_offer = on_offer
        self.searches = 0
        self.spider = SimpleNamespace(
            program=self._program,
            name=program,
            job=None,
            arguments={},
            context=None,
            detail="auto",
            live=False,
            is_regular=True,
            parser=None,
            field_coverage=SimpleNamespace(shares=lambda parser: {}),
            skips_recent=False,
            ad_hoc_watch=None,
            sent_any=True,
            stopped=None,
            notifies=True,
            quota=SimpleNamespace(calls_left=None),
            planned=1,
            outcomes=Counter({Outcome.FOUND: 1}),
            failure_note=lambda reason: "",
            capabilities=self._capabilities,
            search_kinds=self._capabilities.kinds,
            offer_contexts=OfferContexts(),
            unfinished=tuple,
            record_warning=_refuse_warning,
        )
        crawler: Any = Crawler(self.spider, Settings(settings))
        crawler.settings.setmodule("awardspider.settings", priority="default")
        self._crawler = crawler
        self._record = RunRecord.from_crawler(crawler)
        self.spider.watches = self.spider.context.watches
        self._steps: list[Any] = [pipeline.from_crawler(crawler) for pipeline in PIPELINES]
        for step in self._steps:
            if hasattr(step, "open_spider"):
                step.open_spider()

    def run(self, earlier: set[Search]) -> set[Search]:
        """Search the calendars and flights for the watches; return the searches of flights that the plan chose.

        The days whose flights the `earlier` crawl searched are searched again, as a crawl does whose calendars
        contradict stored flights.
        """
        watches, now = self._watches, self._offers.now
        wide = plan(watches, program=self._program, capabilities=self._capabilities, now=now).searches()
        days: dict[Search, None] = {}
        for search in wide:
            shown = self._search(search)
            found = days_to_confirm(shown, watches, search=search, capabilities=self._capabilities)
            days |= dict.fromkeys(found)
        again = [search for search in earlier if any(covers(watch, search, now) for watch in watches)]
        for search in days | dict.fromkeys(again):
            self._search(search)
        self._crawler.signals.handlers["_closed"](self.spider, "finished")
        return set(days)

    def _search(self, search: Search) -> list[AwardOfferItem]:
        """Process the offers and the report of one search."""
        self.searches += 1
        search = replace(search, id=f"{self._offers.now:%Y%m%d%H%M} {self.searches} {self._program.key}")
        found = self._offers.items(search)
        for offer in found:
            self.spider.offer_contexts.add(offer, OfferContext(search=search, responded_at=offer.seen_at))
            self._on_offer(offer, self._offers.now)
            self._process(offer)
        outcome = Outcome.FOUND if found else Outcome.EMPTY
        self._process(
            SearchReportItem(
                search_id=search.id, search=search, outcome=outcome, offers=len(found), requested_at=self._offers.now
            )
        )
        return found

    def _process(self, item: Any) -> None:
        try:
            for step in self._steps:
                item = step.process_item(item)
        except DropItem:
            pass


def covers(watch: Watch, search: Search, now: datetime) -> bool:
    """Return whether a watch still needs a day's flights."""
    return watch.covers(search.origin, search.destination, search.first, now.date())


def set_time(now: datetime) -> None:
    """Set the time of the process, which the pipelines and the dispatcher use."""
    os.environ[clock.SETTING] = now.isoformat()


def _refuse_warning(warning: object) -> None:
    raise AssertionError(f"a true offer is invalid: {warning}")
