"""The columns of the CSV file of a list of deals."""

from __future__ import annotations

from datetime import datetime, timedelta

from awardspider.delivery.messages.language import Language
from awardspider.delivery.messages.why import why_text
from awardspider.offer_fields import OFFER_COLUMNS, ColumnType
from awardspider.programs import program_name
from awardspider.search.city_names import city_name
from awardspider.search.judgments import DealClass
from awardspider.storage.export.formats import Layout
from awardspider.storage.export.rows import Row
from awardspider.storage.offers import OfferRow

LAYOUT: Layout = {
    "deal_class": ColumnType.TEXT,
    "evidence": ColumnType.TEXT,
    "origin_city": ColumnType.TEXT,
    "destination_city": ColumnType.TEXT,
    "program_name": ColumnType.TEXT,
    "cents_per_point": ColumnType.AMOUNT,
    **{column.name: column.type for column in OFFER_COLUMNS},
    "status": ColumnType.TEXT,
    "first_seen_at": ColumnType.TIME,
    "changed_at": ColumnType.TIME,
    "offer_id": ColumnType.TEXT,
}


def deal_values(offer: OfferRow, language: Language, now: datetime, max_age: timedelta | None) -> Row:
    """Return the values of an offer for LAYOUT; city names and the evidence are in a language."""
    judgment = offer.judgment
    return (
        (judgment.deal_class if judgment else DealClass.UNKNOWN).value,
        why_text(offer, judgment, language),
        _city(offer.origin, language),
        _city(offer.destination, language),
        program_name(offer.program),
        judgment.cents_per_point if judgment else None,
        *(column.value(offer) for column in OFFER_COLUMNS),
        offer.status(now, max_age).value,
        offer.first_seen_at,
        offer.changed_at,
        offer.id,
    )


def _city(airport: str, language: Language) -> str:
    english = city_name(airport)
    return language.city(airport, english) if english else airport
