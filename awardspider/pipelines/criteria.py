"""Pipeline 3: match offers with watches and decide on alert events. Offers without a match are stored only."""

from __future__ import annotations

from typing import Any

from scrapy.exceptions import DropItem

from awardspider.crawling.offer_context import OfferContext
from awardspider.deals.alerts import alert_events
from awardspider.deals.matching import Matcher
from awardspider.items import AlertEvent, AwardOfferItem, Change, EventType
from awardspider.pipelines import AwardPipeline, is_confirmed
from awardspider.storage.alerts import Alert


class NoMatch(DropItem):
    """An offer that matches no watch."""


class Unchanged(DropItem):
    """An unchanged offer without alert events."""


class CriteriaPipeline(AwardPipeline):
    """Filter for offers that match an active watch or the arguments of the run."""

    def open_spider(self) -> None:
        """Index the watches."""
        spider = self._spider
        # A run with arguments matches the stored watches too: its offers are not new to the next crawl.
        stored = spider.context.watches if spider.watches else ()
        self._stored = {watch.name: watch for watch in stored}
        self._matcher = Matcher([*stored, *(watch for watch in spider.watches if watch not in stored)])

    def process_item(self, item: Any) -> Any:
        """Match an offer; raise NoMatch or Unchanged to drop it."""
        if not isinstance(item, AwardOfferItem):
            return item
        names = self._matcher.matching(item)
        if not names:
            raise NoMatch(item.offer_id)
        context = self._contexts[item]
        context.watches = tuple(names)
        if is_confirmed(item, self._spider):
            context.alerts = self._alerts(item, context)
        if context.change is Change.SAME and not context.alerts:
            raise Unchanged(item.offer_id)
        return item

    def _alerts(self, item: AwardOfferItem, context: OfferContext) -> tuple[AlertEvent, ...]:
        """Return the alert events of an offer; those of stored watches are recorded.

        Nothing is recorded for the watch that the arguments of a run define: its events are the new offers.
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
