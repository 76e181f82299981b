"""Offers as records for programs that read them: fields, judgment, names of places, and the evidence in words."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec

from awardspider.delivery.messages.evidence import evidence_text
from awardspider.delivery.messages.judgment_fields import JUDGMENT_FIELDS, judgment_values
from awardspider.delivery.messages.language import Language
from awardspider.offer_fields import segment_record
from awardspider.programs import program_currency, program_name
from awardspider.search.city_names import city_name
from awardspider.storage.current_deals import has_flights
from awardspider.storage.offers import OfferRow
from awardspider.storage.records import LISTED_OFFER_FIELDS, offer_record

_WORDS = ("is_confirmed", "evidence", "price", "origin_city", "destination_city", "program_name")
#: Names of the fields of a described offer.
DESCRIBED_FIELDS = tuple(dict.fromkeys((*_WORDS, *LISTED_OFFER_FIELDS, *JUDGMENT_FIELDS)))


def described_offer(offer: OfferRow, now: datetime, max_age: timedelta | None, language: Language) -> dict[str, Any]:
    """Return an offer keyed by DESCRIBED_FIELDS: times in ISO 8601, amounts as text, texts in a language."""
    values = (
        msgspec.to_builtins(judgment_values(offer.judgment))
        | offer_record(offer, now, max_age)
        | {
            "is_confirmed": has_flights(offer) and offer.unconfirmed_since is None,
            "evidence": evidence_text(offer, offer.judgment, language),
            "price": "" if offer.miles is None else language.price(offer.miles, program_currency(offer.program)),
            "origin_city": _city(offer.origin, language),
            "destination_city": _city(offer.destination, language),
            "program_name": program_name(offer.program),
        }
    )
    return {name: values[name] for name in DESCRIBED_FIELDS}


def segment_records(offer: OfferRow) -> list[dict[str, Any]]:
    """Return the flights of an offer, with local times; empty if they are unknown."""
    return [segment_record(segment) for segment in offer.segments]


def _city(airport: str, language: Language) -> str:
    name = city_name(airport)
    return language.city(airport, name) if name else airport
