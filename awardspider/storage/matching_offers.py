"""Stored offers that match active watches now, for feeds and spreadsheets."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection, and_, case, func, select

from awardspider.items import AwardOfferItem
from awardspider.search.dates import month_range
from awardspider.search.exchange_rates import ExchangeRates
from awardspider.search.matching import match, may_alert
from awardspider.search.owner_points import OwnerPoints
from awardspider.search.trip_partners import OfferScope, TripPartner, TripPartners
from awardspider.search.watches import Watch
from awardspider.storage import schema
from awardspider.storage.available_offers import available_offers
from awardspider.storage.offer_status import is_current
from awardspider.storage.offers import OfferRow, offer_from_row
from awardspider.storage.owner_points import find_owner_points
from awardspider.storage.store import IDS_PER_QUERY, Store
from awardspider.storage.watches import find_watches, sorted_watches

_offers = schema.offers.c
_alerts = schema.alerts.c
_matches = schema.matches.c
_watches = schema.watches.c


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchingOffer:
    """An offer with the names and ids of the active watches that it matches now.

    `matched_at` is when it first matched at its current price; without an alert at that price, when it last changed.
    `partner` is its best partner for the first of the watches that are round trips.
    """

    offer: OfferRow
    watches: tuple[str, ...]
    watch_ids: tuple[str, ...]
    matched_at: datetime
    partner: TripPartner | None = None


def matching_offers(
    store: Store,
    *,
    now: datetime,
    max_age: timedelta | None,
    rates: ExchangeRates | None = None,
    limit: int | None = None,
    watch_ids: Collection[str] | None = None,
) -> list[MatchingOffer]:
    """Return offers that match an active watch now, newest match first, unless gone, departed or outdated at `now`.

    A match shows that an offer of these flights matched the watch when they were last searched. Since then, the offer,
    its partner or the watch can have changed. All fares of the flights that match are returned. Without `rates`, taxes
    are compared in one currency only. With `watch_ids`, only these watches count.
    """
    matching = _Matching(store, now, max_age, rates, find_owner_points(store, now), watch_ids)
    counts = and_(_watches.active, *([] if watch_ids is None else [_watches.id.in_(watch_ids)]))
    at_this_price = case((_alerts.miles.is_not_distinct_from(_offers.miles), _alerts.created_at))
    alerted = (
        select(_alerts.offer_id, func.min(at_this_price).label("matched_at"))
        .join(schema.offers, _offers.id == _alerts.offer_id)
        .join(schema.watches, _watches.id == _alerts.watch_id)
        .where(counts)
        .group_by(_alerts.offer_id)
        .subquery()
    )
    of_matches = (
        select(_matches.flight_key)
        .join(schema.watches, _watches.id == _matches.watch_key)
        .where(counts, _matches.ended_at.is_(None))
    )
    matched_at = func.coalesce(alerted.c.matched_at, _offers.changed_at, type_=_offers.changed_at.type)
    query = (
        select(schema.offers, matched_at.label("matched_at"))
        .outerjoin(alerted, alerted.c.offer_id == _offers.id)
        .where(is_current(now, max_age), _offers.flight_key.in_(of_matches))
        .order_by(matched_at.desc(), _offers.miles, _offers.id)
    )
    found: list[MatchingOffer] = []
    with (
        store.reading() as connection,
        store.reading() as second,  # the first connection is still streaming rows
        connection.execution_options(yield_per=IDS_PER_QUERY).execute(query) as rows,
    ):
        for some in rows.mappings().partitions(IDS_PER_QUERY):
            offers = {row["id"]: offer_from_row(row) for row in some}
            watches = matching.watches_of(second, offers)
            for row in some:
                offer, matched = offers[row["id"]], watches[row["id"]]
                if matched:
                    names = sorted_watches({watch_id: matching.active[watch_id].name for watch_id in matched})
                    partner = next((matched[watch_id] for watch_id in names["watch_ids"] if matched[watch_id]), None)
                    found.append(MatchingOffer(offer=offer, matched_at=row["matched_at"], partner=partner, **names))
            if limit is not None and len(found) >= limit:
                break
    return found[:limit]


class _Matching:
    """The active watches, and the partners for the round trips among them."""

    def __init__(
        self,
        store: Store,
        now: datetime,
        max_age: timedelta | None,
        rates: ExchangeRates | None,
        points: OwnerPoints,
        watch_ids: Collection[str] | None,
    ) -> None:
        self.active = {
            stored.watch.id: stored.watch
            for stored in find_watches(store, now=now)
            if watch_ids is None or stored.watch.id in watch_ids
        }
        self._now = now
        self._rates = rates
        self._points = points
        find = partial(_find_available, store, max_age)
        self._partners = TripPartners(self.active.values(), find, rates=rates, points=points)

    def watches_of(
        self, connection: Connection, offers: dict[str, OfferRow]
    ) -> dict[str, dict[str, TripPartner | None]]:
        """Return the ids of the watches that each offer matches, with its partners, keyed by offer id."""
        found: dict[str, dict[str, TripPartner | None]] = {offer_id: {} for offer_id in offers}
        query = (
            select(_offers.id, _matches.watch_key)
            .join(schema.matches, _matches.flight_key == _offers.flight_key)
            .where(_offers.id.in_(offers), _matches.ended_at.is_(None))
        )
        for offer_id, watch_id in connection.execute(query):
            offer, watch = offers[offer_id], self.active.get(watch_id)
            if watch is None:
                continue
            compared = match(watch, offer, now=self._now, rates=self._rates, points=self._points)
            if not may_alert(compared, offer):
                continue
            partner = self._partner(watch, offer)
            if partner or watch.nights is None:
                found[offer_id][watch_id] = partner
        self._partners.clear()
        return found

    def _partner(self, watch: Watch, offer: OfferRow) -> TripPartner | None:
        if watch.nights is None:
            return None
        first, last = month_range(offer.departure_date)  # the offers of a month share a query
        return self._partners.find_best(watch.key, offer, first=first, last=last, now=self._now)


def _find_available(
    store: Store, max_age: timedelta | None, scope: OfferScope, now: datetime
) -> Iterator[AwardOfferItem]:
    return available_offers(store, scope, now=now, max_age=max_age)
