"""Offers that are available, as stored and as changed by the rows that a crawl has not written yet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import select

from awardspider.items import AwardOfferItem
from awardspider.search.freshness import departs_by
from awardspider.search.trip_partners import OfferScope
from awardspider.storage import schema
from awardspider.storage.batches import Batch
from awardspider.storage.offer_status import has_not_departed
from awardspider.storage.offers import offer_from_row
from awardspider.storage.store import Store

_offers = schema.offers.c


def available_offers(
    store: Store, scope: OfferScope, *, now: datetime, max_age: timedelta | None, unwritten: Batch | None = None
) -> Iterator[AwardOfferItem]:
    """Yield the offers in a scope that are available at the aware time `now`; no calendar contradicts them.

    Without `max_age`, no offer is outdated. `unwritten` is the batch of a crawl, which counts as written.
    """
    batch = unwritten or Batch()
    seen = {offer_id: at for at, ids in sorted(batch.seen.items()) for offer_id in ids}
    confirmed = {offer_id for ids in batch.confirmed.values() for offer_id in ids}
    ended = {offer_id for by_time in (batch.gone, batch.unconfirmed) for ids in by_time.values() for offer_id in ids}
    oldest = None if max_age is None else now - max_age
    query = select(schema.offers).where(
        _offers.origin.in_(scope.origins),
        _offers.destination.in_(scope.destinations),
        _offers.departure_date.between(scope.first, scope.last),
        _offers.gone_at.is_(None),
        has_not_departed(now),
    )
    if scope.cabins:
        query = query.where(_offers.cabin.in_(scope.cabins))
    for row in store.stream(query.order_by(_offers.id)):
        offer_id = row["id"]
        is_contradicted = row["unconfirmed_since"] is not None and offer_id not in confirmed
        is_outdated = oldest is not None and max(row["last_seen_at"], seen.get(offer_id, row["last_seen_at"])) < oldest
        if offer_id not in ended and offer_id not in batch.offers and not is_contradicted and not is_outdated:
            yield offer_from_row(row)
    for offer_id, offer in batch.offers.items():
        is_outdated = oldest is not None and offer.seen_at < oldest
        if offer in scope and offer_id not in ended and not is_outdated and departs_by(offer) > now:
            yield offer
