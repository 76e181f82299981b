"""Ties a crawl to storage: takes the program's lease, briefs the spider, writes in time, and closes the run."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy import signals
from scrapy.exceptions import NotConfigured
from scrapy.utils.asyncio import create_looping_call

from awardspider.crawling.context import CrawlContext
from awardspider.crawling.coverage_drop import GOOD_RUNS, fallen
from awardspider.delivery.outbox.enqueue import from_settings, outbox_of
from awardspider.outcomes import BACKOFF_REASONS, Outcome, ProgramLocked, Reason, StorageError
from awardspider.search import budgets
from awardspider.search.monitored import Monitored
from awardspider.search.watches import Watch
from awardspider.storage import sources
from awardspider.storage.queries import last_good_run
from awardspider.storage.recording import Recorder, begin
from awardspider.storage.responses import AnswerStore, about
from awardspider.storage.store import Batch, Store, open_store

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Request, Response
    from scrapy.settings import BaseSettings

logger = logging.getLogger(__name__)

TICK_SECONDS = 1.0
HEARTBEAT_SECONDS = 15.0
# Ends of a crawl that the operator may want to hear of; that a budget is used up is as it should be.
FAILED = frozenset(Reason) - {Reason.OUT_OF_BUDGET}


class RunRecord:
    """One row of `runs` a crawl, and everything that the crawl writes."""

    def __init__(self, crawler: Crawler) -> None:
        """Raises BadSetting, StorageError or Busy ahead of the first request."""
        spider: Any = crawler.spider
        if not hasattr(spider, "context"):
            raise NotConfigured("this spider asks no program")
        self._crawler = crawler
        self._program: str = spider.program.key
        settings = crawler.settings
        chosen = budgets.parse_budget(settings["AWARD_BUDGET"])
        from_settings(settings)
        data_dir = Path(settings["AWARD_DATA_DIR"])
        answers = AnswerStore.from_setting(data_dir / "answers", settings["AWARD_RESPONSE_RETENTION"])
        self._store = open_store(settings["AWARD_DATABASE_URL"], data_dir)
        now = datetime.now(UTC)
        try:
            self._run_id = self._store.start_run(
                program=self._program,
                spider=spider.name,
                job=spider.job,
                arguments={name: str(value) for name, value in spider.arguments.items()},
                now=now,
            )
        except BaseException:
            self._store.close()
            raise
        try:
            if answers:
                answers.prune(now)
            spider.context = _briefing(self._store, spider, settings, chosen, now)
        except BaseException:
            self._store.end_run(self._run_id, finish_reason="not_started", stats={}, now=now)
            self._store.close()
            raise
        self._recorder = Recorder(self._store, self._run_id, answers, _state_key(spider))
        begin(crawler, self._recorder)
        self._started_at = now
        self._failed = False
        self._beat_at = now
        self._tick = create_looping_call(self._on_tick)
        connect = crawler.signals.connect
        connect(self._opened, signals.spider_opened)
        connect(self._arrived, signals.response_received)
        connect(self._item_failed, signals.item_error)
        connect(self._closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RunRecord:
        return cls(crawler)

    def _opened(self) -> None:
        self._tick.start(TICK_SECONDS, now=False)

    def _arrived(self, response: Response, request: Request) -> None:
        look = request.cb_kwargs.get("look")
        if look and response.body:
            page = 0 if request.meta.get("lookup") and response.status < 400 else look.pages + 1
            meta = about(look.search, seen_at=datetime.now(UTC), status=response.status, url=response.url, page=page)
            try:
                self._recorder.keep_answer(look.search, look.joined(response.body) if page else response.body, meta)
            except StorageError as error:
                self._give_up(error)

    def _on_tick(self) -> None:
        now = datetime.now(UTC)
        try:
            self._recorder.flush_if_due()
            if now - self._beat_at >= timedelta(seconds=HEARTBEAT_SECONDS):
                self._store.heartbeat(self._run_id, now)
                self._beat_at = now
        except (StorageError, ProgramLocked) as error:
            self._give_up(error)

    def _item_failed(self, item: Any, failure: Any) -> None:
        search = getattr(item, "search", None)
        if search is not None:
            self._recorder.doubt(search.id)
        if isinstance(failure.value, StorageError):
            self._give_up(failure.value)

    def _give_up(self, error: StorageError | ProgramLocked) -> None:
        """Nothing can be written any more: say it once and end the crawl; what was written stays."""
        if not self._failed:
            self._failed = True
            logger.error("The crawl ends because it cannot write: %s", error)
            self._closing = asyncio.ensure_future(self._crawler.engine.close_spider_async(reason="storage_failed"))

    def _closed(self, spider: Any, reason: str) -> None:
        if self._tick.running:
            self._tick.stop()
        now = datetime.now(UTC)
        shape: dict[str, float] = {}
        drift = None
        try:
            try:
                for report in spider.unfinished():
                    self._recorder.report(report)
                self._recorder.flush()
                self._note_state(spider, now)
                shape, drift = self._compare(spider)
            finally:  # whatever happened, the program is given free
                stats = self._crawler.stats.get_stats()
                reason = Reason.UNEXPECTED_RESPONSE.value if drift and reason == "finished" else reason
                self._store.end_run(
                    self._run_id, finish_reason=reason, stats=stats, now=now, shape=shape or None, drift=drift
                )
            self._tell_failure(spider, reason, drift, now)
        except StorageError as error:
            self._crawler.stats.set_value("award/not_written", 1)
            logger.error("The end of the run could not be written: %s", error)
        finally:
            self._store.close()

    def _tell_failure(self, spider: Any, reason: str, drift: str | None, now: datetime) -> None:
        """Tell the operator's channels of a crawl that failed, once until it goes well again."""
        if reason not in FAILED:
            return
        cause = spider.stopped
        failed = {
            "run_id": self._run_id,
            "program": self._program,
            "program_name": spider.program.name,
            "reason": reason,
            "note": drift or (cause.note if cause else ""),
            "started_at": self._started_at,
            "ended_at": now,
            **{outcome.value: spider.outcomes[outcome] for outcome in Outcome},
        }
        outbox = outbox_of(self._store, self._crawler.settings)
        since = last_good_run(self._store, self._program) or "ever"
        self._store.write(Batch(outbox=list(outbox.run_failed_rows(failed, since=since, now=now))), None)

    def _compare(self, spider: Any) -> tuple[dict[str, float], str | None]:
        """What this run's answers held, and in a sentence what fell sharply since the last good runs."""
        shape = spider.shape.shares(spider.parser) if spider.is_regular else {}
        told = fallen(shape, self._store.good_shapes(self._program, spider.name, GOOD_RUNS))
        stats = self._crawler.stats
        stats.set_value("award/shape", shape)
        if not told:
            return shape, None
        missing = [path for _, path in spider.shape.missing(spider.parser)]
        drift = "; ".join(told) + (f"; missing: {', '.join(missing)}" if missing else "")
        stats.set_value("award/drift", drift)
        logger.error("The answers of %s have changed: %s", spider.program.name, drift)
        return shape, drift

    def _note_state(self, spider: Any, now: datetime) -> None:
        """Note a block or a success, of what was really asked; the sandbox's tell nothing of the live site."""
        cause = spider.stopped
        if not spider.asked_any:
            return
        state = _state_key(spider)
        if left := spider.allowance.calls_left:
            self._store.note_calls_left(state, left=left[0], until=left[1])
        if cause and cause.reason in BACKOFF_REASONS:
            until = now + timedelta(seconds=cause.wait_seconds) if cause.wait_seconds else None
            until = self._store.note_block(state, reason=cause.reason, until_at_least=until, now=now)
            logger.warning("%s is not to be asked before %s", spider.program.name, until.strftime("%Y-%m-%d %H:%M UTC"))
        elif spider.outcomes[Outcome.FOUND] or spider.outcomes[Outcome.EMPTY]:
            self._store.note_success(state, now=now)


def _briefing(
    store: Store, spider: Any, settings: BaseSettings, chosen: dict[str, budgets.Budget], now: datetime
) -> CrawlContext:
    program = spider.program
    budget = budgets.budget_of(program, chosen) if spider.live else chosen.get(program.key)
    state = store.program_state(_state_key(spider))
    left = (state.calls_left, state.calls_left_until)
    watches = tuple(Watch.from_definition(row.definition) for row in store.watches())
    monitored = Monitored(route for watch in (spider.wanted, *watches) if watch for route in watch.routes)
    if program.covers:
        for listed in sources.monitored(store, _state_key(spider)):
            monitored.note(listed)
    return CrawlContext(
        watches=watches,
        last_searches=store.last_searches(program.key),
        allowance=budgets.allowance(program.key, budget, store, now) if budget else None,
        paused_until=state.blocked_until,
        calls_left=left if left[0] is not None and left[1] is not None else None,  # type: ignore[arg-type]
        monitored=monitored,
        last_bulk_searches=sources.last_bulk_searches(store, program.key) if program.covers else {},
    )


def _state_key(spider: Any) -> str:
    """Under which name blocks and successes are noted."""
    key: str = spider.program.key
    return key if spider.live else f"{key}@sandbox"
