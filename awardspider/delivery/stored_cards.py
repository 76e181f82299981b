"""Events for the cards of stored offers and promotions, which no message has to be about."""

from __future__ import annotations

from datetime import datetime

from awardspider.delivery.messages.events import OfferEvent, Promotion, offer_event, promotion_event
from awardspider.items import EventType
from awardspider.storage.offers import OfferRow
from awardspider.storage.promotions import PromotionRow


def stored_offer_event(offer: OfferRow, now: datetime) -> OfferEvent:
    """Return an event about an offer as it is stored: found, or gone."""
    event_type = EventType.OFFER_MATCHED if offer.gone_at is None else EventType.OFFER_GONE
    return offer_event(event_type, f"card:{offer.id}", offer, offer.gone_at or now, judgment=offer.judgment)


def stored_promotion_event(promotion: PromotionRow) -> Promotion:
    """Return an event about a promotion as it is stored."""
    return promotion_event(f"card:{promotion.id}", promotion.item, promotion.id, source_names=promotion.sources)
