"""Extension that connects a crawl to storage: it locks the program, sets the spider's context and records the run."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from scrapy import signals
from scrapy.exceptions import NotConfigured

from awardspider import clock
from awardspider.crawling.coverage_drop import GOOD_RUNS, find_drops
from awardspider.deals.classes import parse_thresholds
from awardspider.deals.valuations import load_valuations
from awardspider.delivery.outbox.enqueue import check_channel_settings
from awardspider.delivery.outbox.sheet_updates import refresh_sheets
from awardspider.environment import data_dir
from awardspider.extensions.crawl_context import crawl_context
from awardspider.extensions.day_judging import DayJudge
from awardspider.extensions.recorded_run import RecordedRun
from awardspider.extensions.run_alerts import alert_killed_run
from awardspider.extensions.run_monitors import check_run
from awardspider.items import AwardOfferItem, Search
from awardspider.operations.thresholds import monitor_thresholds
from awardspider.outcomes import BACKOFF_REASONS, Outcome, Reason, StorageError
from awardspider.search import budgets
from awardspider.search.cash_fares import cash_fare_age
from awardspider.search.judgments import Judgment
from awardspider.search.rechecks import StoredItinerary
from awardspider.storage.change_rates import prune_change_rates
from awardspider.storage.finish_reasons import FINISHED, has_failed
from awardspider.storage.matches import prune_matches
from awardspider.storage.offer_scope import stored_itineraries
from awardspider.storage.outbox import release_rows
from awardspider.storage.price_samples import parse_history_days, prune_price_history
from awardspider.storage.programs import record_block, record_quota, record_success
from awardspider.storage.responses import ResponseArchive, response_metadata
from awardspider.storage.runs import RunSummary, normal_coverages
from awardspider.storage.sandbox_states import SANDBOX
from awardspider.storage.store import open_store

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Request, Response

logger = logging.getLogger(__name__)


class RunRecord:
    """Extension that maintains a crawl's row in `runs` and stores everything that the crawl yields."""

    def __init__(self, crawler: Crawler) -> None:
        """Raise InvalidSetting, StorageError or ProgramLocked before the first request.

        Raise NotConfigured for a spider without a program.
        """
        spider: Any = crawler.spider
        if not hasattr(spider, "program"):
            raise NotConfigured
        self._crawler = crawler
        self._program: str = spider.program.key
        settings = crawler.settings
        budget_setting = budgets.parse_budget(settings["AWARD_BUDGET"])
        check_channel_settings(settings)
        cash_fare_age(settings)
        load_valuations(settings)
        folder = data_dir(settings)
        history_days = parse_history_days(settings)
        self._thresholds = parse_thresholds(settings)
        monitor_thresholds(settings)
        self._day_judge: DayJudge | None = None
        archive = ResponseArchive.from_setting(folder / "responses", settings["AWARD_RESPONSE_RETENTION"])
        self._store = open_store(settings["AWARD_DATABASE_URL"], folder)
        self._run = RecordedRun(crawler, self._store, program=self._program, arguments=spider.arguments)
        now = self._run.started_at
        with self._run.starting():
            if archive:
                archive.prune(now)
            prune_change_rates(self._store, now)
            prune_price_history(self._store, now, history_days)
            prune_matches(self._store, now.date())
            context = crawl_context(
                self._store, spider, settings, budget_setting, state_key=_state_key(spider), now=now
            )
            spider.context = replace(
                context, stored_itineraries=self._stored_itineraries, judgment_of=self._judgment_of_day
            )
            _log_snapshot(spider, now)
            alert_killed_run(
                self._store,
                settings,
                self._program,
                program_name=spider.program.name,
                run_id=self._run.run_id,
                now=now,
            )
        self._recorder = self._run.set_recorder(archive, _state_key(spider))
        connect = crawler.signals.connect
        connect(self._run.start_ticking, signals.spider_opened)
        connect(self._arrived, signals.response_received)
        connect(self._item_failed, signals.item_error)
        connect(self._closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RunRecord:
        """Create the extension."""
        return cls(crawler)

    def abandon(self) -> None:
        """End the run if the crawl failed to start after the run was recorded."""
        self._run.abandon()

    def _arrived(self, response: Response, request: Request) -> None:
        state = request.cb_kwargs.get("state")
        if state and response.body:
            page = 0 if request.meta.get("intermediate") and response.status < 400 else state.pages + 1
            meta = response_metadata(
                state.search, seen_at=clock.now(), status=response.status, url=response.url, page=page
            )
            try:
                self._recorder.archive_response(
                    state.search, state.join_bodies(response.body) if page else response.body, meta
                )
            except StorageError as error:
                self._run.give_up(error)

    def _stored_itineraries(self, search: Search) -> Sequence[StoredItinerary]:
        spider: Any = self._crawler.spider
        try:
            return stored_itineraries(self._store, search, clock.now(), covers_others=bool(spider.program.covers))
        except StorageError as error:
            self._run.give_up(error)
            return ()

    def _judgment_of_day(self, offer: AwardOfferItem) -> Judgment | None:
        if self._day_judge is None:
            self._day_judge = DayJudge(self._recorder.prices, self._thresholds)
        try:
            return self._day_judge.judgment_of(offer)
        except StorageError as error:
            self._run.give_up(error)
            return None

    def _item_failed(self, item: Any, failure: Any) -> None:
        if isinstance(item, AwardOfferItem):
            spider: Any = self._crawler.spider
            self._recorder.mark_incomplete(spider.offer_contexts[item].search.id)
        if isinstance(failure.value, StorageError):
            self._run.give_up(failure.value)

    def _closed(self, spider: Any, reason: str) -> None:
        now = clock.now()
        coverage: dict[str, float] = {}
        drop = None
        unfinished = 0
        with self._run.ending():
            try:
                for report in spider.unfinished():
                    self._recorder.add_report(report)
                    unfinished += report.reason is Reason.INTERRUPTED
                self._recorder.flush()
                release_rows(self._store, self._run.run_id, now)
                self._recorder.prices.flush(now)
                self._store_program_state(spider, now)
                coverage, drop = self._compare_coverage(spider)
            finally:  # unlock the program even if storing fails
                reason = Reason.UNEXPECTED_RESPONSE.value if drop and reason == FINISHED else reason
                self._run.end(reason, now=now, field_coverage=coverage or None, coverage_drop=drop)
            if has_failed(reason):
                self._crawler.stats.set_value("award/failed_run", reason)
            if spider.is_regular:
                self._check(spider, reason, drop, unfinished, now)
            refresh_sheets(self._store, self._crawler.settings, now)

    def _check(self, spider: Any, reason: str, drop: str | None, unfinished: int, now: datetime) -> None:
        """Run the monitors, and open or resolve the incident of the program."""
        found, empty = spider.outcomes[Outcome.FOUND], spider.outcomes[Outcome.EMPTY]
        beyond_budget = spider.outcomes[Reason.OUT_OF_BUDGET]
        run = RunSummary(
            run_id=self._run.run_id,
            program=self._program,
            finish_reason=reason,
            started_at=self._run.started_at,
            ended_at=now,
            found=found,
            empty=empty,
            failed=spider.outcomes.total() - found - empty,
        )
        check_run(
            self._store,
            self._crawler.settings,
            run,
            name=spider.program.name,
            spider=spider.name,
            planned=spider.planned - beyond_budget,
            not_made=unfinished + beyond_budget,
            note=drop or spider.failure_note(reason),
            coverage_drop=drop,
            now=now,
        )

    def _compare_coverage(self, spider: Any) -> tuple[dict[str, float], str | None]:
        """Return this run's field coverage, and a description of any sharp drop since the last good runs, or None."""
        coverage = spider.field_coverage.shares(spider.parser) if spider.is_regular else {}
        drops = find_drops(coverage, normal_coverages(self._store, self._program, spider.name, limit=GOOD_RUNS))
        stats = self._crawler.stats
        stats.set_value("award/field_coverage", coverage)
        if not drops:
            return coverage, None
        missing = [path for _, path in spider.field_coverage.missing_paths(spider.parser)]
        drop = "; ".join(drops) + (f"; missing: {', '.join(missing)}" if missing else "")
        stats.set_value("award/coverage_drop", drop)
        logger.error("Field coverage of %s dropped: %s", spider.program.name, drop)
        return coverage, drop

    def _store_program_state(self, spider: Any, now: datetime) -> None:
        """Store the remaining quota and a block or a success; store nothing if no request was sent."""
        cause = spider.stopped
        if not spider.sent_any:
            return
        state = _state_key(spider)
        if left := spider.quota.calls_left:
            record_quota(self._store, state, remaining=left[0], resets_at=left[1])
        if cause and cause.reason in BACKOFF_REASONS:
            until = now + timedelta(seconds=cause.wait_seconds) if cause.wait_seconds else None
            until = record_block(self._store, state, reason=cause.reason, until_at_least=until, now=now)
            logger.warning("%s is paused until %s", spider.program.name, until.strftime("%Y-%m-%d %H:%M UTC"))
        elif spider.outcomes[Outcome.FOUND] or spider.outcomes[Outcome.EMPTY]:
            record_success(self._store, state, now=now)


def _log_snapshot(spider: Any, now: datetime) -> None:
    """Log that taxes are compared with the rates that ship, if a watch has a limit on taxes."""
    context = spider.context
    if context.rates.is_snapshot and any(
        (watch.max_taxes or watch.max_trip_taxes) and watch.needs(spider.program) for watch in context.watches
    ):
        logger.warning("Taxes are compared with %s: run scrapy crawl ecb", context.rates.describe(now.date()))


def _state_key(spider: Any) -> str:
    """Return the key of the program's state; the sandbox has a separate one, so its blocks do not affect live runs."""
    key: str = spider.program.key
    return key if spider.live else key + SANDBOX
