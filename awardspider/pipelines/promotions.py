"""The pipelines of promotions: validate, dedupe, criteria, sheets, webhooks. They run in crawls of sources only.

Nothing is stored before the report of a source. Then its announcements, their promotions, the state of the source and
the messages are written in one transaction, which also decides whether a promotion is new: another crawl may have
announced it in the meantime.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from scrapy.exceptions import DropItem, NotConfigured

from awardspider.crawling.promotion_spider import PromotionSpider
from awardspider.delivery.outbox.enqueue import create_enqueuer
from awardspider.items import PromotionItem, PromotionKind, SourceKind, SourceReportItem
from awardspider.outcomes import Outcome, StorageError
from awardspider.pipelines.dedupe import Duplicate, Recorded
from awardspider.pipelines.pending_announcements import PendingAnnouncement, pending_announcements
from awardspider.pipelines.promotion_checks import InvalidTerms, check_terms
from awardspider.pipelines.repricing import reprice_offers
from awardspider.promotion_sources import SPIDERS_OF_ADDED_SOURCES
from awardspider.search.promotion_states import PromotionState
from awardspider.search.promotion_watches import PromotionWatch, match_promotion
from awardspider.storage.announcements import AnnouncementSource, Change, ComparedAnnouncement, compare
from awardspider.storage.outbox import OutboxRow
from awardspider.storage.promotion_watches import find_promotion_watches, page_watch
from awardspider.storage.recorder import get_recorder
from awardspider.storage.sandbox_states import SANDBOX
from awardspider.storage.source_results import Announcement, SourceResult

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)

#: Changes after which the watches that match are notified, unless they were notified of the promotion before.
_NOTIFYING = frozenset({Change.NEW, Change.REPEATED})

#: Changes after which a transfer bonus can make offers cheaper, also those of a first read.
_REPRICING = _NOTIFYING | {Change.UPDATED}


#: An announcement that was published longer ago causes no message, unless the promotion has a last day in the future.
MAX_NEWS_AGE = timedelta(days=14)


class InvalidPromotion(DropItem):
    """An announcement with terms that no promotion has."""


class PromotionPipeline:
    """Base of the pipelines of promotions."""

    def __init__(self, crawler: Crawler, spider: PromotionSpider) -> None:
        self._crawler = crawler
        self._spider = spider
        self._stats: Any = crawler.stats
        self._recorder = get_recorder(crawler)
        self._pending = pending_announcements(crawler)
        self._suffix = "" if spider.live else SANDBOX

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Create the pipeline; raise NotConfigured for a spider that reads no sources."""
        if not isinstance(crawler.spider, PromotionSpider):
            raise NotConfigured
        return cls(crawler, crawler.spider)

    def process_item(self, item: Any) -> Any:
        """Process an announcement, or return any other item unchanged."""
        if isinstance(item, PromotionItem):
            self.process_announcement(item)
        return item

    def process_announcement(self, item: PromotionItem) -> None:
        """Process an announcement; raise DropItem if no further pipeline needs it."""
        raise NotImplementedError


class ValidatePromotions(PromotionPipeline):
    """Filter that drops announcements with invalid terms and counts them."""

    def process_announcement(self, item: PromotionItem) -> None:
        """Check the terms; raise InvalidPromotion."""
        try:
            check_terms(item)
        except InvalidTerms as error:
            self._stats.inc_value(f"award/invalid/{error.field}")
            logger.info('Dropped an announcement of %s, "%s": %s', item.source, item.title[:80], error)
            raise InvalidPromotion(str(error), log_level="DEBUG") from error


class DedupePromotions(PromotionPipeline):
    """Comparison of announcements with the stored ones, and storage at the report of each source."""

    def process_item(self, item: Any) -> Any:
        """Compare an announcement or, at the report of a source, store its announcements."""
        if isinstance(item, SourceReportItem):
            self._store(item)
            raise Recorded("report")
        return super().process_item(item)

    def process_announcement(self, item: PromotionItem) -> None:
        """Compare an announcement with the stored ones; raise Duplicate or Recorded if it changes nothing."""
        if not self._pending.set_key(item):
            raise Duplicate(item.entry_id)
        source = self._spider.context.source(item.source_url)
        publisher = item.source + self._suffix
        described = AnnouncementSource(key=source.url + self._suffix, kind=source.kind, publisher=publisher)
        with self._recorder.store.reading() as connection:
            compared = compare(connection, item, described)
        stored = Announcement(item=item, publisher=publisher)
        self._pending.add(item, PendingAnnouncement(stored=stored, compared=compared))
        if compared.promotion_id is None or compared.change is Change.SEEN:
            raise Recorded(compared.change)

    def _store(self, report: SourceReportItem) -> None:
        announcements = self._pending.take(report.url)
        source = self._spider.context.source(report.url)
        if report.outcome is Outcome.FAILED:
            announcements = []
        result = SourceResult(
            source=source,
            report=report,
            selector=source.selector,
            suffix=self._suffix,
            announcements=announcements,
        )
        self._recorder.add_source_result(result)


class MatchPromotions(PromotionPipeline):
    """Search for the watches that a promotion matches. Promotions without any are stored, too.

    A person who adds a page wants its changes, so those that match no other watch match the watch for pages.
    """

    def open_spider(self) -> None:
        """Read the watches."""
        store = self._recorder.store
        self._watches: list[PromotionWatch] = find_promotion_watches(store, self._spider.now())
        reads_added_pages = self._spider.name == SPIDERS_OF_ADDED_SOURCES[SourceKind.PAGE]
        self._otherwise = (page_watch(store),) if reads_added_pages else ()

    def process_announcement(self, item: PromotionItem) -> None:
        """Set the watches that match."""
        pending = self._pending[item]
        terms = pending.compared.item
        matching = tuple(watch for watch in self._watches if not match_promotion(watch, terms))
        pending.watches = matching or self._otherwise


class SheetPromotions(PromotionPipeline):
    """Updates of spreadsheets after each change of a promotion."""

    def open_spider(self) -> None:
        """Read the configured spreadsheets."""
        self._enqueuer = create_enqueuer(self._recorder.store, self._crawler.settings)

    def process_announcement(self, item: PromotionItem) -> None:
        """Add the builder of the rows for spreadsheets."""
        self._pending[item].stored.row_builders.append(self._rows)

    def _rows(self, compared: ComparedAnnouncement) -> Iterator[OutboxRow]:
        if compared.promotion_id is not None and compared.change is not Change.SEEN:
            yield from self._enqueuer.promotion_sheet_rows(compared.promotion_id, compared.seen_at)


class NotifyPromotions(PromotionPipeline):
    """Messages to the channels of the watches that a promotion matches."""

    def open_spider(self) -> None:
        """Read the configured channels."""
        store = self._recorder.store
        watches = find_promotion_watches(store, self._spider.now())
        self._enqueuer = create_enqueuer(store, self._crawler.settings, promotion_watches=watches)
        self._repriced: set[str] = set()
        self._recorder.on_source_result(self._note_bonus)
        for watch, channel in self._enqueuer.unknown_channels():
            logger.warning('Watch "%s": unknown channel "%s"', watch, channel)

    def process_announcement(self, item: PromotionItem) -> None:
        """Add the builder of the messages; raise Recorded, because files of a crawl contain only offers."""
        pending = self._pending[item]
        is_first = self._spider.context.source(item.source_url).is_first
        if pending.watches and not is_first and not self._is_outdated(pending.compared.item, item):
            pending.stored.row_builders.append(lambda compared: self._rows(compared, pending.watches))
        raise Recorded(pending.compared.change)

    def close_spider(self) -> None:
        """Notify watches of stored offers that transfer bonuses make cheap enough, if these are new or have begun."""
        if not self._recorder.failure:
            try:
                reprice_offers(self._recorder.store, self._crawler.settings, self._repriced, self._spider.now())
            except StorageError as error:
                self._stats.set_value("award/not_stored", 1)
                logger.error("Comparing offers with new transfer bonuses failed: %s", error)

    def _is_outdated(self, promotion: PromotionItem, item: PromotionItem) -> bool:
        """Return whether an announcement without a last day is too old to be news."""
        return (
            promotion.book_by is None
            and item.published is not None
            and self._spider.now() - item.published > MAX_NEWS_AGE
        )

    def _note_bonus(self, result: SourceResult) -> None:
        """Remember the transfer bonuses that a source changed."""
        for each in result.recorded:
            is_bonus = each.item.kind is PromotionKind.TRANSFER_BONUS
            if is_bonus and each.promotion_id is not None and each.change in _REPRICING:
                self._repriced.add(each.promotion_id)

    def _rows(self, compared: ComparedAnnouncement, watches: tuple[PromotionWatch, ...]) -> Iterator[OutboxRow]:
        is_over = compared.state(self._spider.now()) is PromotionState.ENDED
        if compared.promotion_id is not None and compared.change in _NOTIFYING and not is_over:
            yield from self._enqueuer.promotion_rows(
                compared.item, compared.promotion_id, watches, compared.source_names
            )
