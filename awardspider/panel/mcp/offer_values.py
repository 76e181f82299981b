"""The values of offers that an assistant needs, each with its age and source."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from awardspider.delivery.messages.language import get_language
from awardspider.delivery.messages.offer_records import described_offer
from awardspider.panel.mcp.results import with_age
from awardspider.panel.mcp.session import current_session
from awardspider.storage.offers import OfferRow

#: Empty ones are left out.
_FIELDS = (
    "offer_id", "program", "program_name", "origin", "origin_city", "destination", "destination_city",
    "departure_date", "cabin", "mixed_cabin", "miles", "price", "taxes", "taxes_currency", "seats", "travelers",
    "stops", "duration_minutes", "flights", "departs_at", "arrives_at", "deal_class", "evidence", "cents_per_point",
    "status", "booking_link", "source",
)  # fmt: skip


def offer_values(offer: OfferRow) -> dict[str, Any]:
    """Return the values of an offer."""
    config = current_session().config
    now = config.now()
    return short_record(described_offer(offer, now, config.max_age, get_language("en")), now)


def short_record(record: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return what an assistant needs of the record of an offer."""
    known = {name: record[name] for name in _FIELDS if record[name] not in (None, "", False)}
    return with_age(known | {"is_confirmed": record["is_confirmed"], "seen_at": record["seen_at"]}, now)
