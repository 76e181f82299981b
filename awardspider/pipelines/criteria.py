"""Pipeline 3: match offers with watches and create alert events. Offers without a match are stored but not sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from scrapy.exceptions import DropItem

from awardspider.crawling.offer_context import OfferContext
from awardspider.deals.alerts import match_events
from awardspider.delivery.outbox.enqueue import create_enqueuer
from awardspider.items import AwardOfferItem, Change
from awardspider.pipelines import AwardPipeline, is_confirmed, is_live
from awardspider.search.freshness import departs_by
from awardspider.search.matching import match, may_alert
from awardspider.search.watch_index import WatchIndex
from awardspider.storage.alerts import Alert
from awardspider.storage.exchange_rates import ECB, SANDBOX, latest_rates


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
        self._watches = self._stored | self._others
        self._index = WatchIndex(self._watches.values())
        self._rates = latest_rates(self._recorder.store, ECB if is_live(spider) else SANDBOX)
        self._enqueuer = create_enqueuer(self._recorder.store, self._crawler.settings, stored)

    def process_item(self, item: Any) -> Any:
        """Match an offer; raise NoMatch or Unchanged to drop it."""
        if not isinstance(item, AwardOfferItem):
            return item
        context = self._contexts[item]
        confirmed = is_confirmed(item, self._spider)
        keys = self._matching(item, context.responded_at, with_possible=not confirmed)
        if not keys or departs_by(item) <= context.responded_at:
            raise NoMatch(item.offer_id)
        context.watches = tuple(self._watches[key].name for key in keys)
        has_match = confirmed and self._process_matches(item, context, keys)
        if context.change is Change.SAME and not context.alerts and not has_match:
            raise Unchanged(item.offer_id)
        return item

    def _matching(self, item: AwardOfferItem, now: datetime, *, with_possible: bool) -> list[str]:
        """Return the keys of the watches that an offer matches, if `with_possible` also of those that it may match.

        A possible match that no later search can confirm counts as a match.
        """
        found = self._index.matching(item, now=now, rates=self._rates)
        possible = found.possible
        if not with_possible:
            results = {key: match(self._watches[key], item, now=now, rates=self._rates) for key in possible}
            possible = [key for key, result in results.items() if may_alert(result, item)]
        return [*found.certain, *possible]

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
