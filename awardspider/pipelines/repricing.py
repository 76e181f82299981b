"""The search for stored offers that a new transfer bonus brings below a watch's limit in points, after a crawl."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from awardspider.crawling.offer_context import OfferContext
from awardspider.delivery.outbox.enqueue import create_enqueuer
from awardspider.items import AwardOfferItem, Change, PromotionKind, Search, SearchKind
from awardspider.pipelines.match_tracking import MatchTracker
from awardspider.search.alert_wait import SETTING as ALERT_WAIT
from awardspider.search.dates import today_at
from awardspider.search.exchange_rates import ExchangeRates
from awardspider.search.freshness import max_age
from awardspider.search.matching import match, may_alert, may_be_labeled
from awardspider.search.notify_prefs import Unconfirmed
from awardspider.search.offer_promotions import OfferPromotion
from awardspider.search.owner_points import OwnerPoints
from awardspider.search.points_cost import TransferBonus
from awardspider.search.promotion_states import promotion_day
from awardspider.search.trip_partners import OfferScope, TripPartner, TripPartners, shows_flights_if_given
from awardspider.search.watches import Watch
from awardspider.storage.available_offers import available_offers
from awardspider.storage.exchange_rates import current_rates
from awardspider.storage.offer_status import OfferStatus
from awardspider.storage.offers import OfferFilter, OfferRow, find_offers
from awardspider.storage.outbox import OutboxRow
from awardspider.storage.owner_points import find_owner_points
from awardspider.storage.promotions import PromotionRow, find_promotions_of_kinds, transfer_bonuses
from awardspider.storage.recorder import Recorder
from awardspider.storage.store import Store
from awardspider.storage.watch_check import airport_codes
from awardspider.storage.watches import find_watches

#: A bonus re-prices offers in the runs of so many days after it was first seen or, if that is later, has begun, so that
#: a run that was killed or a day without a run does no harm. What was sent before is not sent again.
DAYS_AFTER_BEGIN = 3

_HORIZON_DAYS = 400


@dataclass(frozen=True, slots=True)
class _NewBonus:
    """A bonus and the promotion that it comes from."""

    bonus: TransferBonus
    promotion: PromotionRow


def reprice_offers(store: Store, settings: Mapping[str, Any], promotion_ids: Collection[str], now: datetime) -> int:
    """Notify watches with `max_points` of stored offers that new transfer bonuses make cheap enough.

    `promotion_ids` are the promotions that are new or have changed; those that were first seen or began in the last
    DAYS_AFTER_BEGIN days count too. Only offers that are available and confirmed are compared, by the rules of a
    crawl, and an offer that matches without the bonus causes no message. Return the number of messages that were
    written; they are due at once or when the preferences of their watches say.
    """
    bonuses = list(_new_bonuses(store, promotion_ids, promotion_day(now)))
    earlier = [each for each in bonuses if each.promotion.id not in promotion_ids]
    new = [each for each in bonuses if each.promotion.id in promotion_ids]
    # In this order, each message compares the cost with that of the bonuses before.
    return sum(_reprice(store, settings, some, now) for some in (earlier, new) if some)


def _reprice(store: Store, settings: Mapping[str, Any], new: Sequence[_NewBonus], now: datetime) -> int:
    """Notify watches of offers that they match only because of these bonuses; return the number of messages."""
    points = find_owner_points(store, now)
    stored = {each.watch.key: each.watch for each in find_watches(store, now=now)}
    watches = {key: own for key, watch in stored.items() if (own := _useful(watch, new, points))}
    if not watches:
        return 0
    # The messages do not wait for the end of a crawl: this is the end.
    enqueuer = create_enqueuer(store, {**settings, ALERT_WAIT: "0"}, stored.values())
    recorder = Recorder(store, "", None)
    rates = current_rates(store, settings)
    tracker = MatchTracker(recorder, enqueuer, stored, {}, rates=rates, points=points, sends=True)
    repricing = _Repricing(store, settings, points, rates, [stored[key] for key in watches], now)
    on_sheets: set[str] = set()
    count = 0
    for key, bonuses in watches.items():
        watch = stored[key]
        for offer, partner, promotion in repricing.newly_matching(watch, bonuses):
            context = OfferContext(search=_search_of(offer), responded_at=now, change=Change.SAME)
            context.judgment = offer.judgment
            context.trips = {key: partner} if partner else {}
            has_begun = tracker.track(offer, context, [key])
            rows = enqueuer.offer_rows(
                offer, context.alerts, now, context.trips, context.judgment, promotions={key: promotion}
            )
            count += _enqueue(recorder, rows)
            if has_begun and shows_flights_if_given(offer) and offer.id not in on_sheets:
                on_sheets.add(offer.id)
                _enqueue(recorder, enqueuer.sheet_rows(offer, now))
    recorder.flush()
    return count


def _enqueue(recorder: Recorder, rows: Iterable[OutboxRow]) -> int:
    """Add rows to the outbox and return their number."""
    count = 0
    for row in rows:
        recorder.enqueue(row)
        count += 1
    return count


def _new_bonuses(store: Store, promotion_ids: Collection[str], today: date) -> Iterator[_NewBonus]:
    """Yield the bonuses of promotions that are new or changed, or were first seen or began lately, and apply today."""
    ids = set(promotion_ids)
    for promotion in find_promotions_of_kinds(store, (PromotionKind.TRANSFER_BONUS,), today):
        for bonus in transfer_bonuses(promotion.item):
            first_seen = promotion_day(promotion.first_seen_at)
            is_recent = max(first_seen, bonus.first or first_seen) >= today - timedelta(DAYS_AFTER_BEGIN)
            if (promotion.id in ids or is_recent) and bonus.is_active(today) and not bonus.up_to:
                yield _NewBonus(bonus, promotion)


def _useful(watch: Watch, new: Iterable[_NewBonus], points: OwnerPoints) -> list[_NewBonus]:
    """Return the bonuses that can make an offer match a watch: its owner has the points, and may use the bonus."""
    holdings = points.holdings.get(watch.key)
    if watch.max_points is None or holdings is None:
        return []
    return [
        each
        for each in new
        if holdings.points.get(each.bonus.bank, 0) > 0
        and (not each.bonus.targeted or each.bonus.bank in holdings.targeted)
    ]


class _Repricing:
    """The comparison of stored offers with watches, with and without new bonuses."""

    def __init__(
        self,
        store: Store,
        settings: Mapping[str, Any],
        points: OwnerPoints,
        rates: ExchangeRates,
        watches: Sequence[Watch],
        now: datetime,
    ) -> None:
        self._store = store
        self._points = points
        self._rates = rates
        self._now = now
        self._max_age = max_age(settings)
        self._partners = TripPartners(watches, self._available_offers, rates=rates, points=points)

    def newly_matching(
        self, watch: Watch, new: Sequence[_NewBonus]
    ) -> Iterator[tuple[OfferRow, TripPartner | None, OfferPromotion]]:
        """Yield the offers that match a watch only because of new bonuses, with the partner of a round trip.

        Those that cost the fewest miles come first.
        """
        before = self._points.without([each.bonus for each in new])
        for offer in self._offers(watch, {each.bonus.program for each in new}):
            if not self._matches(watch, offer, self._points) or self._matches(watch, offer, before):
                continue
            promotion = self._promotion(watch, offer, before, new)
            partner = None
            if watch.nights is not None:
                day = offer.departure_date
                partner = self._partners.find_best(watch.key, offer, first=day, last=day, now=self._now)
            if promotion and (partner or watch.nights is None):
                yield offer, partner, promotion

    def _offers(self, watch: Watch, programs: Collection[str]) -> Iterator[OfferRow]:
        """Yield the offers of programs on a watch's routes and dates that are available and fresh enough for it."""
        oldest = watch.notify.max_age if watch.notify else None
        limits = [limit for limit in (self._max_age, timedelta(minutes=oldest.minutes) if oldest else None) if limit]
        limit = min(limits, default=None)
        for leg in watch.legs:
            ranges = leg.dates.ranges(today_at(leg.origin.searched[0], self._now), _HORIZON_DAYS)
            if not ranges:
                continue
            criteria = OfferFilter(
                programs=sorted(programs),
                origins=airport_codes(leg.origin),
                destinations=airport_codes(leg.destination),
                first=ranges[0].first,
                last=ranges[-1].last,
                current_at=self._now,
                max_age=limit,
            )
            for offer in find_offers(self._store, criteria):
                if offer.status(self._now, limit) is OfferStatus.AVAILABLE:
                    yield offer

    def _matches(self, watch: Watch, offer: OfferRow, points: OwnerPoints) -> bool:
        """Return whether an offer matches a watch and may cause an alert, as in a crawl."""
        found = match(watch, offer, now=self._now, rates=self._rates, points=points)
        if shows_flights_if_given(offer):
            return may_alert(found, offer)
        accepts_label = watch.notify is not None and watch.notify.unconfirmed is Unconfirmed.LABEL
        return accepts_label and watch.nights is None and may_be_labeled(found)

    def _promotion(
        self, watch: Watch, offer: OfferRow, before: OwnerPoints, new: Sequence[_NewBonus]
    ) -> OfferPromotion | None:
        """Return the new bonus that lowers the cost of an offer most, with the points for the party of its search."""
        day = promotion_day(self._now)
        miles = (offer.miles or 0) * offer.travelers
        previous = {cost.key: cost for cost in before.costs(watch.key, offer.program, miles, day)}
        for cost in self._points.costs(watch.key, offer.program, miles, day):
            for each in new:
                bonus = each.bonus
                if (bonus.bank, bonus.program, bonus.percent) == (cost.key, offer.program, cost.bonus_percent):
                    return OfferPromotion(
                        id=each.promotion.id,
                        kind=each.promotion.item.kind,
                        title=each.promotion.item.title,
                        link=each.promotion.item.link,
                        program=bonus.program,
                        until=bonus.last,
                        bank=bonus.bank,
                        percent=bonus.percent,
                        points=cost.points,
                        previous_points=previous[cost.key].points if cost.key in previous else None,
                    )
        return None

    def _available_offers(self, scope: OfferScope, now: datetime) -> Iterator[AwardOfferItem]:
        return available_offers(self._store, scope, now=now, max_age=self._max_age)


def _search_of(offer: AwardOfferItem) -> Search:
    """Return the search of an offer's day."""
    return Search(
        program=offer.source,
        kind=SearchKind.ITINERARY,
        origin=offer.origin,
        destination=offer.destination,
        first=offer.departure_date,
        last=offer.departure_date,
    )
