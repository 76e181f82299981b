"""The recorded run of a crawl: its store, the lease on its program, its recorder, heartbeats and end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from scrapy.utils.asyncio import create_looping_call

from awardspider import clock
from awardspider.logs.records import start_run_fields
from awardspider.operations.running_code import running_version
from awardspider.outcomes import Outcome, ProgramLocked, StorageError
from awardspider.storage.finish_reasons import NOT_STARTED
from awardspider.storage.recorder import Recorder, set_recorder
from awardspider.storage.responses import ResponseArchive
from awardspider.storage.run_listing import CODE_VERSION
from awardspider.storage.runs import end_run, record_heartbeat, start_run
from awardspider.storage.store import Store

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)

TICK_SECONDS = 0.2
HEARTBEAT_SECONDS = 15.0


class RecordedRun:
    """A crawl's row in `runs`, from the lease on its program to its end.

    If the crawl cannot store data, the run logs the error once and closes the spider; what is stored is kept.
    """

    def __init__(self, crawler: Crawler, store: Store, *, program: str, arguments: Mapping[str, Any]) -> None:
        """Take the lease and record the start. Raise StorageError or ProgramLocked; the store is then closed."""
        spider: Any = crawler.spider
        self._crawler = crawler
        self.store = store
        self.program = program
        self.started_at = clock.now()
        try:
            self.run_id = start_run(
                store,
                program=program,
                spider=spider.name,
                job=spider.job,
                arguments={name: str(value) for name, value in arguments.items()},
                now=self.started_at,
            )
        except BaseException:
            store.close()
            raise
        start_run_fields(spider=spider.name, run_id=self.run_id, program=program)
        self._identify(spider.job)
        self.has_failed = False
        self._ended = False
        self._beat_at = self.started_at
        self._tick = create_looping_call(self._on_tick)

    @contextmanager
    def starting(self) -> Iterator[None]:
        """End the run and close the store if anything fails before the first request."""
        try:
            yield
        except BaseException:
            self.abandon()
            raise

    def set_recorder(self, archive: ResponseArchive | None = None, state_key: str = "") -> Recorder:
        """Create the recorder, for the pipelines, and return it."""
        self.recorder = Recorder(self.store, self.run_id, archive, state_key)
        set_recorder(self._crawler, self.recorder)
        return self.recorder

    def start_ticking(self) -> None:
        """Start to write due batches and heartbeats."""
        self._tick.start(TICK_SECONDS, now=False)

    def abandon(self) -> None:
        """End the run if the crawl failed to start after the run was recorded."""
        if not self._ended:
            self._ended = True
            try:
                end_run(self.store, self.run_id, finish_reason=NOT_STARTED, stats={}, now=clock.now())
            finally:
                self.store.close()

    def give_up(self, error: StorageError | ProgramLocked) -> None:
        """Log a storage error once and close the spider; data that is already stored is kept."""
        if not self.has_failed:
            self.has_failed = True
            self.recorder.failure = error if isinstance(error, StorageError) else None
            logger.error("Storage failed, closing the spider: %s", error)
            self._closing = asyncio.ensure_future(self._crawler.engine.close_spider_async(reason="storage_failed"))

    @contextmanager
    def ending(self) -> Iterator[None]:
        """Stop the heartbeats, log a storage error of the last writes, and close the store."""
        if self._tick.running:
            self._tick.stop()
        self._ended = True
        try:
            yield
        except StorageError as error:
            self._crawler.stats.set_value("award/not_stored", 1)
            if not self.has_failed:  # otherwise the error is in the log already
                logger.error("Storing the end of the run failed: %s", error)
        finally:
            self.store.close()

    def end(
        self,
        finish_reason: str,
        *,
        now: datetime,
        outcomes: Mapping[Outcome, int] | None = None,
        field_coverage: dict[str, float] | None = None,
        coverage_drop: str | None = None,
    ) -> None:
        """Record the end and release the program's lease; the totals are `outcomes` or those of the stored searches."""
        end_run(
            self.store,
            self.run_id,
            finish_reason=finish_reason,
            stats=self._crawler.stats.get_stats(),
            now=now,
            outcomes=outcomes,
            field_coverage=field_coverage,
            coverage_drop=coverage_drop,
        )

    def _identify(self, job: str | None) -> None:
        """Name the run, its job and its code in the log and the stats, which are stored with the run."""
        version = running_version()
        self._crawler.stats.set_value(CODE_VERSION, version)
        if job:
            logger.info("Run %s of %s as Scrapyd job %s, code %s", self.run_id, self.program, job, version)
        else:
            logger.info("Run %s of %s, code %s", self.run_id, self.program, version)

    def _on_tick(self) -> None:
        self._complete_closing()
        now = clock.now()
        try:
            self.recorder.flush_if_due()
            self.recorder.prices.flush_if_due(now)
            if now - self._beat_at >= timedelta(seconds=HEARTBEAT_SECONDS):
                record_heartbeat(self.store, self.run_id, now)
                self._beat_at = now
        except (StorageError, ProgramLocked) as error:
            self.give_up(error)

    def _complete_closing(self) -> None:
        """Let Scrapy close the spider after the items of `start` that were being processed when it began to close.

        Scrapy 2.19 waits for the end of a response to notice that nothing is processed any more, and such items have
        none: a signal while `start` yields items would leave the crawl waiting forever.
        """
        slot, spider = self._crawler.engine.scraper.slot, self._crawler.spider
        if spider and slot and slot.closing and not slot.closing.called and slot.is_idle():
            slot.closing.callback(spider)
