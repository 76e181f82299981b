"""Extension that connects a crawl of sources of promotions to storage: its sources, its run, and its alerts."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from scrapy import signals
from scrapy.exceptions import NotConfigured

from awardspider import clock
from awardspider.crawling.promotion_context import PromotionContext, PromotionSource
from awardspider.crawling.promotion_spider import PromotionSpider
from awardspider.delivery.outbox.enqueue import check_channel_settings
from awardspider.delivery.outbox.sheet_updates import refresh_sheets
from awardspider.environment import data_dir
from awardspider.extensions.recorded_run import RecordedRun
from awardspider.extensions.run_alerts import alert_killed_run
from awardspider.extensions.run_monitors import check_run
from awardspider.extensions.source_alerts import check_sources
from awardspider.items import SourceKind
from awardspider.operations.thresholds import monitor_thresholds
from awardspider.outcomes import Outcome, StorageError
from awardspider.promotion_sources import SPIDERS_OF_ADDED_SOURCES, built_in_sources, sources_of, terms_forbid
from awardspider.storage.announcements import Change
from awardspider.storage.finish_reasons import FINISHED, has_failed
from awardspider.storage.outbox import release_rows
from awardspider.storage.programs import record_success
from awardspider.storage.promotion_sources import DeclaredSource, StoredSource, active_sources, find_sources
from awardspider.storage.promotions import prune_promotions
from awardspider.storage.runs import RunSummary
from awardspider.storage.sandbox_states import SANDBOX
from awardspider.storage.source_results import SourceResult
from awardspider.storage.store import Store, open_store

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)

_PLURALS = {SourceKind.FEED: "feeds", SourceKind.TABLE: "tables", SourceKind.PAGE: "pages"}


class PromotionRun:
    """Extension that sets the context of a spider of promotions and maintains its crawl's row in `runs`."""

    def __init__(self, crawler: Crawler) -> None:
        """Raise InvalidSetting, StorageError or ProgramLocked before the first request.

        Raise NotConfigured for a spider that reads no sources.
        """
        spider = crawler.spider
        if not isinstance(spider, PromotionSpider):
            raise NotConfigured
        self._crawler, self._spider = crawler, spider
        check_channel_settings(crawler.settings)
        monitor_thresholds(crawler.settings)
        self._store = open_store(crawler.settings["AWARD_DATABASE_URL"], data_dir(crawler.settings))
        self._run = RecordedRun(crawler, self._store, program=spider.name, arguments=spider.arguments)
        now = self._run.started_at
        self._suffix = "" if spider.live else SANDBOX
        with self._run.starting():
            prune_promotions(self._store, now)
            spider.context = PromotionContext(sources=active_promotion_sources(self._store, spider.name, self._suffix))
            alert_killed_run(
                self._store,
                crawler.settings,
                spider.name,
                program_name=spider.name,
                run_id=self._run.run_id,
                now=now,
            )
        self._recorder = self._run.set_recorder()
        self._recorder.on_source_result(self._stored)
        self._outcomes: Counter[Outcome] = Counter()
        self._reasons: Counter[str] = Counter()
        self._changes: Counter[Change] = Counter()
        connect = crawler.signals.connect
        connect(self._run.start_ticking, signals.spider_opened)
        connect(self._item_failed, signals.item_error)
        connect(self._closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> PromotionRun:
        """Create the extension."""
        return cls(crawler)

    def abandon(self) -> None:
        """End the run if the crawl failed to start after the run was recorded."""
        self._run.abandon()

    def _stored(self, result: SourceResult) -> None:
        """Count and log the result of a source that was stored."""
        report, changes = result.report, result.count()
        self._outcomes[report.outcome] += 1
        self._changes.update(changes)
        stats = self._crawler.stats
        for change, count in changes.items():
            stats.inc_value(f"award/announcements/{change}", count)
        stats.inc_value(f"award/sources/{report.reason or report.outcome}")
        if report.reason is not None:
            self._reasons[report.reason] += 1
            logger.warning("Source %s failed (%s): %s", result.source.name, report.reason, report.note)
            return
        new = sum(changes.values()) - changes[Change.SEEN]
        logger.info("Source %s: %s, %s", result.source.name, _entries(result), _count(new, "new announcement"))

    def _item_failed(self, item: Any, failure: Any) -> None:
        if isinstance(failure.value, StorageError):
            self._run.give_up(failure.value)

    def _closed(self, spider: Any, reason: str) -> None:
        now = clock.now()
        unfinished = 0
        with self._run.ending():
            try:
                for report in self._spider.unfinished():
                    unfinished += 1
                    source = self._spider.context.source(report.url)
                    self._recorder.add_source_result(SourceResult(source=source, report=report, suffix=self._suffix))
                self._recorder.flush()
                release_rows(self._store, self._run.run_id, now)
                if self._outcomes[Outcome.FOUND]:
                    record_success(self._store, self._spider.name + self._suffix, now=now)
            finally:  # release the lease even if storing fails
                reason = self._finish_reason(reason)
                self._run.end(reason, now=now, outcomes=self._outcomes)
            logger.info("%s: %s of %s %s", self._spider.name, *self._summary())
            if has_failed(reason):
                self._crawler.stats.set_value("award/failed_run", reason)
            if not (has_failed(reason) and self._is_failure_expected()):
                self._check(reason, unfinished, now)
            check_sources(self._store, self._crawler.settings, self._spider.context.sources, self._suffix, now=now)
            refresh_sheets(self._store, self._crawler.settings, now)

    def _finish_reason(self, reason: str) -> str:
        """Return the most common reason if every source failed, also if a pipeline failed it."""
        if reason == FINISHED and self._reasons and not self._outcomes[Outcome.FOUND]:
            return self._reasons.most_common(1)[0][0]
        return reason

    def _is_failure_expected(self) -> bool:
        """Return whether nobody needs to be notified, because a failure of every source is expected."""
        expected = {url for url, source in built_in_sources().items() if source.failure_expected}
        sources = self._spider.context.sources
        return bool(sources) and all(source.url in expected for source in sources)

    def _summary(self) -> tuple[str, str, str]:
        """Return the numbers of sources found and requested, and a text with their kind and the other numbers."""
        kinds = {source.kind for source in self._spider.context.sources}
        noun = _PLURALS[kinds.pop()] if len(kinds) == 1 else "sources"
        new = self._changes.total() - self._changes[Change.SEEN]
        parts = [f"{noun} found", _count(new, "new announcement"), _count(self._changes[Change.NEW], "new promotion")]
        if failed := self._outcomes[Outcome.FAILED]:
            parts.append(f"{failed:,} failed")
        return f"{self._outcomes[Outcome.FOUND]:,}", f"{self._outcomes.total():,}", ", ".join(parts)

    def _check(self, reason: str, unfinished: int, now: datetime) -> None:
        """Run the monitors, and open or resolve the incident of the spider."""
        run = RunSummary(
            run_id=self._run.run_id,
            program=self._spider.name,
            finish_reason=reason,
            started_at=self._run.started_at,
            ended_at=now,
            found=self._outcomes[Outcome.FOUND],
            failed=self._outcomes[Outcome.FAILED],
        )
        note = ", ".join(f"{each} {count:,}" for each, count in self._reasons.most_common())
        check_run(
            self._store,
            self._crawler.settings,
            run,
            name=self._spider.name,
            spider=self._spider.name,
            planned=self._outcomes.total(),
            not_made=min(unfinished, run.failed),
            note=note,
            now=now,
        )


def active_promotion_sources(store: Store, spider: str, suffix: str = "") -> tuple[PromotionSource, ...]:
    """Return the active sources of a spider with their stored states; `suffix` is that of the states' keys."""
    of_others = {url for url, source in built_in_sources().items() if source.spider != spider}
    stored = {url: source for url, source in find_sources(store).items() if url not in of_others}
    kinds = [kind for kind, name in SPIDERS_OF_ADDED_SOURCES.items() if name == spider]
    return tuple(
        _with_state(source, stored, suffix) for source in active_sources(sources_of(spider), stored, kinds=kinds)
    )


def _with_state(source: DeclaredSource, stored: Mapping[str, StoredSource], suffix: str) -> PromotionSource:
    state, declared = stored.get(source.url + suffix), stored.get(source.url)
    if state and declared and state.selector != declared.selector:
        state = None  # another part of the page was read
    return PromotionSource(
        url=source.url,
        kind=source.kind,
        name=source.name,
        language=source.language,
        selector=declared.selector if declared else None,
        terms_forbid=terms_forbid(source.url),
        etag=state.etag if state else None,
        last_modified=state.last_modified if state else None,
        previous_text=state.text if state else None,
        requested_at=state.requested_at if state else None,
        paused_until=state.paused_until if state else None,
        is_first=state is None or state.is_first,
    )


def _entries(result: SourceResult) -> str:
    return "unchanged" if result.report.http_status == 304 else _count(result.report.entries, "entry", "entries")


def _count(number: int, noun: str, plural: str = "") -> str:
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
