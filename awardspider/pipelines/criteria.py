"""Pipeline 3: match offers with watches and create alert events. Offers without a match are stored but not sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, TypedDict

from scrapy.exceptions import DropItem

from awardspider.crawling.offer_context import OfferContext
from awardspider.delivery.outbox.enqueue import create_enqueuer
from awardspider.items import AwardOfferItem, Change
from awardspider.pipelines import AwardPipeline, is_confirmed, notifies
from awardspider.pipelines.match_tracking import MatchTracker
from awardspider.search.exchange_rates import ExchangeRates
from awardspider.search.freshness import departs_by, max_age
from awardspider.search.judgments import Judgment
from awardspider.search.matching import Match, match, may_alert, may_be_labeled
from awardspider.search.notify_prefs import Unconfirmed
from awardspider.search.offer_promotions import sale_of
from awardspider.search.owner_points import OwnerPoints
from awardspider.search.trip_partners import OfferScope, TripPartners, shows_flights_if_given
from awardspider.search.watch_index import WatchIndex
from awardspider.storage.available_offers import available_offers


class NoMatch(DropItem):
    """An offer that matches no watch, or whose flight has departed."""


class Unchanged(DropItem):
    """An unchanged offer without alert events."""


class _Circumstances(TypedDict):
    """The circumstances in which an offer is compared with watches."""

    now: datetime
    rates: ExchangeRates
    judgment: Judgment | None
    points: OwnerPoints


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
        self._sales = spider.context.sales
        self._rates, self._points = spider.context.rates, spider.context.points
        # The flights of a round trip are needed to know that both directions fit.
        self._labeling = {
            key
            for key, watch in self._watches.items()
            if watch.notify and watch.notify.unconfirmed is Unconfirmed.LABEL and watch.nights is None
        }
        enqueuer = create_enqueuer(self._recorder.store, self._crawler.settings, stored)
        self._tracker = MatchTracker(
            self._recorder,
            enqueuer,
            self._stored,
            self._others,
            rates=self._rates,
            points=self._points,
            sends=notifies(spider),
        )
        self._max_age = max_age(self._crawler.settings)
        self._partners = TripPartners(
            self._watches.values(),
            self._available_offers,
            rates=self._rates,
            points=self._points,
            is_confirmed=self._may_be_partner,
            judgment_of=self._unwritten_judgment,
        )
        self._revision = self._recorder.revision

    def process_item(self, item: Any) -> Any:
        """Match an offer; raise NoMatch or Unchanged to drop it."""
        if not isinstance(item, AwardOfferItem):
            return item
        context = self._contexts[item]
        confirmed = is_confirmed(item, self._spider)
        keys = self._matching(item, context, with_possible=not confirmed)
        if departs_by(item) <= context.responded_at:
            keys = []
        else:
            matched = self._accepting_label(item, context, keys) if not confirmed else keys
            self._tracker.note_missed(item, context, matched)
        if self._partners:
            keys = self._with_partners(item, context, keys)
        if not keys:
            raise NoMatch(item.offer_id)
        context.watches = tuple(self._watches[key].name for key in keys)
        tracked = keys if confirmed else self._accepting_label(item, context, keys)
        has_begun = bool(tracked) and self._tracker.track(item, context, tracked)
        if context.change is not Change.SAME and (sale := sale_of(self._sales, item.program, item.seen_at)):
            context.promotions = {alert.watch_key: sale for alert in context.alerts}
        if context.change is Change.SAME and not context.alerts and not has_begun:
            raise Unchanged(item.offer_id)
        return item

    def _matching(self, item: AwardOfferItem, context: OfferContext, *, with_possible: bool) -> list[str]:
        """Return the keys of the watches that an offer matches, if `with_possible` also of those that it may match.

        A possible match that no later search can confirm counts as a match.
        """
        found = self._index.matching(item, **self._circumstances(context))
        possible = found.possible
        if not with_possible:
            possible = [key for key in possible if may_alert(self._compare(key, item, context), item)]
        return [*found.certain, *possible]

    def _compare(self, key: str, item: AwardOfferItem, context: OfferContext) -> Match:
        watch = self._watches[key]
        return match(watch, item, **self._circumstances(context))

    def _circumstances(self, context: OfferContext) -> _Circumstances:
        return {
            "now": context.responded_at,
            "rates": self._rates,
            "judgment": context.judgment,
            "points": self._points,
        }

    def _accepting_label(self, item: AwardOfferItem, context: OfferContext, keys: Iterable[str]) -> list[str]:
        """Return the keys of the watches that accept an offer whose flights were not seen, with a label."""
        labeling = sorted(self._labeling.intersection(keys))
        return [key for key in labeling if may_be_labeled(self._compare(key, item, context))]

    # ---- round trips ----

    def _with_partners(self, item: AwardOfferItem, context: OfferContext, keys: list[str]) -> list[str]:
        """Return the keys without those of round trips that an offer has no partner for, and set its partners."""
        if self._revision != self._recorder.revision:
            self._revision = self._recorder.revision
            self._partners.clear()
        self._partners.update(item, keys)
        if not is_confirmed(item, self._spider):
            return keys
        days, now = {"first": context.search.first, "last": context.search.last}, context.responded_at
        found = {key: self._partners.find_best(key, item, **days, now=now) for key in keys if key in self._partners}
        context.trips = {key: partner for key, partner in found.items() if partner}
        return [key for key in keys if key not in found or found[key]]

    def _available_offers(self, scope: OfferScope, now: datetime) -> Iterator[AwardOfferItem]:
        recorder = self._recorder
        return available_offers(recorder.store, scope, now=now, max_age=self._max_age, unwritten=recorder.unwritten)

    def _unwritten_judgment(self, offer: AwardOfferItem) -> Judgment | None:
        """Return the judgment of an offer that is not written yet; a stored offer has its own."""
        judgments = self._recorder.unwritten.judgments
        return judgments.get(offer.offer_id) if judgments else None

    def _may_be_partner(self, offer: AwardOfferItem) -> bool:
        """Return whether an offer is as certain as one that causes an alert by itself."""
        if offer.source == self._spider.program.key:
            return is_confirmed(offer, self._spider)
        return shows_flights_if_given(offer)
