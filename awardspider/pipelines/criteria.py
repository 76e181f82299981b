"""Pipeline 3: match offers with watches and create alert events. Offers without a match are stored but not sent."""

from __future__ import annotations

from typing import Any

from scrapy.exceptions import DropItem

from awardspider.crawling.offer_context import OfferContext
from awardspider.deals.alerts import match_events
from awardspider.deals.matching import Matcher
from awardspider.delivery.outbox.enqueue import create_enqueuer
from awardspider.items import AwardOfferItem, Change
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
        self._stored = {watch.key: watch for watch in stored}
        self._others = {watch.key: watch for watch in spider.watches if watch.key not in self._stored}
        self._names = {key: watch.name for key, watch in (self._stored | self._others).items()}
        # A source of several programs lists prices that do not depend on the party. All others are searched for the
        # party of each watch, and the price for another party is not the watch's price.
        self._matcher = Matcher([*stored, *self._others.values()], own_party=not spider.program.covers)
        self._enqueuer = create_enqueuer(self._recorder.store, self._crawler.settings, stored)

    def process_item(self, item: Any) -> Any:
        """Match an offer; raise NoMatch or Unchanged to drop it."""
        if not isinstance(item, AwardOfferItem):
            return item
        context = self._contexts[item]
        keys = self._matcher.matching(item)
        if not keys or departs_by(item) <= context.responded_at:
            raise NoMatch(item.offer_id)
        context.watches = tuple(self._names[key] for key in keys)
        has_match = False
        if is_confirmed(item, self._spider):
            has_match = self._process_matches(item, context, keys)
        if context.change is Change.SAME and not context.alerts and not has_match:
            raise Unchanged(item.offer_id)
        return item

    def _process_matches(self, item: AwardOfferItem, context: OfferContext, keys: list[str]) -> bool:
        """Set the events that channels must receive, and record the matches of stored watches; return True if any.

        The watch defined by a run's arguments gets an event for each new offer; its matches are not recorded.
        """
        is_new = context.change is Change.NEW
        stored = [self._stored[key] for key in keys if key in self._stored]
        recorded = self._recorder.last_alert_miles(item.offer_id) if stored and not is_new else {}
        notified = self._recorder.notified(item) if stored else {}
        alerts = [*self._enqueuer.alert_events(item, stored, notified, recorded, is_new=is_new)]
        if is_new:
            others = [self._others[key] for key in keys if key in self._others]
            alerts += self._enqueuer.alert_events(item, others, {}, {}, is_new=True)
        context.alerts = tuple(alerts)
        matches = match_events(item, stored, recorded, is_new=is_new)
        for event in matches:
            self._recorder.add_alert(
                Alert(
                    watch_id=event.watch_key,
                    offer_id=item.offer_id,
                    miles=item.miles,
                    created_at=context.responded_at,
                    event_type=event.event_type,
                )
            )
        return bool(matches)
