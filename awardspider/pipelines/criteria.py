"""Pipeline 3: match offers with watches and create alert events. Offers without a match are stored but not sent."""

from __future__ import annotations

from typing import Any

from scrapy.exceptions import DropItem

from awardspider.crawling.offer_context import OfferContext
from awardspider.deals.alerts import alert_events
from awardspider.deals.matching import Matcher
from awardspider.items import AlertEvent, AwardOfferItem, Change, EventType
from awardspider.pipelines import AwardPipeline, is_confirmed
from awardspider.search.freshness import departs_by
from awardspider.storage.alerts import Alert


class NoMatch(DropItem):
    """An offer that matches no watch, or whose flight has departed."""


class Unchanged(DropItem):
    """An unchanged offer without alert events."""


class CriteriaPipeline(AwardPipeline):
    """Filter that drops offers that match neither an active watch nor the run's arguments."""

    def open_spider(self) -> None:
        """Index the watches."""
        spider = self._spider
        # A run with arguments also matches the stored watches, because the next crawl will not see its offers as new.
        stored = spider.context.watches if spider.watches else ()
        self._stored = {watch.name: watch for watch in stored}
        self._matcher = Matcher([*stored, *(watch for watch in spider.watches if watch not in stored)])

    def process_item(self, item: Any) -> Any:
        """Match an offer; raise NoMatch or Unchanged to drop it."""
        if not isinstance(item, AwardOfferItem):
            return item
        context = self._contexts[item]
        names = self._matcher.matching(item)
        if not names or departs_by(item) <= context.responded_at:
            raise NoMatch(item.offer_id)
        context.watches = tuple(names)
        if is_confirmed(item, self._spider):
            context.alerts = self._alerts(item, context)
        if context.change is Change.SAME and not context.alerts:
            raise Unchanged(item.offer_id)
        return item

    def _alerts(self, item: AwardOfferItem, context: OfferContext) -> tuple[AlertEvent, ...]:
        """Return an offer's alert events and record those of stored watches.

        The watch defined by a run's arguments gets an event for each new offer; these events are not recorded.
        """
        is_new = context.change is Change.NEW
        stored = [self._stored[name] for name in context.watches if name in self._stored]
        previous = self._recorder.last_alert_miles(item.offer_id) if stored and not is_new else {}
        events = alert_events(item, stored, previous, is_new=is_new)
        for event in events:
            self._recorder.add_alert(
                Alert(
                    watch=event.watch,
                    offer_id=item.offer_id,
                    miles=item.miles,
                    created_at=context.responded_at,
                    event_type=event.event_type,
                )
            )
        if is_new:
            others = [name for name in context.watches if name not in self._stored]
            events += tuple(AlertEvent(EventType.OFFER_MATCHED, name) for name in others)
        return events
