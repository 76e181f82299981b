"""The live offers of flights, as stored and as changed by the rows that a crawl has not written yet."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from sqlalchemy import select

from awardspider.items import AwardOfferItem
from awardspider.search.judgments import Judgment
from awardspider.storage import schema
from awardspider.storage.batches import Batch
from awardspider.storage.offers import offer_from_row
from awardspider.storage.store import Store, in_batches

_offers = schema.offers.c


class FlightOffer(NamedTuple):
    """A live offer with its judgment; `is_contradicted` is True if a calendar contradicts it."""

    flight_key: str
    offer: AwardOfferItem
    judgment: Judgment | None
    is_contradicted: bool


def live_flight_offers(store: Store, flight_keys: Collection[str], unwritten: Batch) -> Iterator[FlightOffer]:
    """Yield the offers of flights from any source and for any party that no search has marked as gone."""
    confirmed = {offer_id for ids in unwritten.confirmed.values() for offer_id in ids}
    contradicted = {offer_id for ids in unwritten.unconfirmed.values() for offer_id in ids}
    gone = {offer_id for ids in unwritten.gone.values() for offer_id in ids}
    with store.reading() as connection:
        for some in in_batches(list(flight_keys)):
            query = select(schema.offers).where(_offers.flight_key.in_(some), _offers.gone_at.is_(None))
            for row in connection.execute(query.order_by(_offers.id)).mappings():
                offer_id = row["id"]
                if offer_id in gone or offer_id in unwritten.offers:
                    continue
                offer = offer_from_row(row)
                was_contradicted = offer.unconfirmed_since is not None and offer_id not in confirmed
                judgment = unwritten.judgments.get(offer_id, offer.judgment)
                is_contradicted = was_contradicted or offer_id in contradicted
                yield FlightOffer(row["flight_key"], offer, judgment, is_contradicted)
    keys = set(flight_keys)
    for offer_id, item in unwritten.offers.items():
        if offer_id not in gone and (key := item.flight_key) in keys:
            yield FlightOffer(key, item, unwritten.judgments.get(offer_id), offer_id in contradicted)
