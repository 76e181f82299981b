"""Stored offers, searches and price points as flat values, for listings, files and the API."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_precision

from awardspider.items import Money, PromotionTerms
from awardspider.offer_fields import OFFER_COLUMNS, RECORD_FIELDS, json_value, record
from awardspider.search.judgments import DealClass
from awardspider.storage.offers import OfferRow, PricePoint
from awardspider.storage.promotions import PromotionRow
from awardspider.storage.run_listing import RunRow
from awardspider.storage.searches import SearchRow

#: Fields of a listed offer: those of a record except `watches` and `segments`, plus the row's timestamps.
LISTED_OFFER_FIELDS = (
    *(name for name in RECORD_FIELDS if name not in {"watches", "segments"}),
    "first_seen_at",
    "changed_at",
    "status",
    "gone_at",
    "unconfirmed_since",
    "deal_class",
    "cents_per_point",
)
SEARCH_FIELDS = (
    "search_id", "requested_at", "program", "kind", "origin", "destination", "first", "last", "cabins", "travelers",
    "outcome", "reason", "note", "http_status", "offers", "invalid", "seconds", "response_id", "run_id",
    "target_program",
)  # fmt: skip
_HISTORY_COLUMNS = tuple(column for column in OFFER_COLUMNS if column.in_history)
HISTORY_FIELDS = ("offer_id", "seen_at", "miles_change", *(column.name for column in _HISTORY_COLUMNS), "gone")

_TERMS = tuple(field.name for field in fields(PromotionTerms) if field.name != "expired")
_ANNOUNCEMENT = ("title", "source", "link", "published", "excerpt", "confidence")
#: The fields of a promotion in JSON and CSV. Times are ISO 8601 in UTC.
PROMOTION_FIELDS = (
    "id",
    "state",
    *_TERMS,
    *_ANNOUNCEMENT,
    "sources",
    "announced_at",
    "ended_at",
    "first_seen_at",
    "last_seen_at",
)
#: The fields of a run. Times are ISO 8601 in UTC.
RUN_FIELDS = (
    "run_id", "started_at", "ended_at", "seconds", "program", "spider", "job", "code_version", "finish_reason",
    "is_failed", "found", "empty", "failed", "offers", "failed_monitors", "coverage_drop", "host", "pid", "arguments",
)  # fmt: skip


def offer_record(row: OfferRow, now: datetime, max_age: timedelta | None) -> dict[str, Any]:
    """Return an offer keyed by LISTED_OFFER_FIELDS: times in ISO 8601, amounts as text, currencies separate."""
    unconfirmed, judgment = row.unconfirmed_since, row.judgment
    cents = judgment.cents_per_point if judgment else None
    values = record(row) | {
        "taxes": _amount(row.taxes),
        "cash_price": _amount(row.cash_price),
        "first_seen_at": row.first_seen_at.isoformat(),
        "changed_at": row.changed_at.isoformat(),
        "status": row.status(now, max_age).value,
        "gone_at": row.gone_at.isoformat() if row.gone_at else None,
        "unconfirmed_since": unconfirmed.isoformat() if unconfirmed else None,
        "deal_class": (judgment.deal_class if judgment else DealClass.UNKNOWN).value,
        "cents_per_point": None if cents is None else str(cents),
    }
    return {name: values[name] for name in LISTED_OFFER_FIELDS}


def search_record(row: SearchRow) -> dict[str, Any]:
    """Return a search as values keyed by SEARCH_FIELDS."""
    values = asdict(row)
    named = {"search_id": row.id, "first": row.first_day.isoformat(), "last": row.last_day.isoformat()}
    named["requested_at"] = row.requested_at.isoformat()
    return {name: named.get(name, values.get(name)) for name in SEARCH_FIELDS}


def point_record(offer: OfferRow, point: PricePoint) -> dict[str, Any]:
    """Return a price point as values keyed by HISTORY_FIELDS."""
    values = {column.name: json_value(column, point.values[column.name]) for column in _HISTORY_COLUMNS} | {
        "miles_change": point.miles_change,
        "gone": point.gone,
        "offer_id": offer.id,
        "seen_at": point.seen_at.isoformat(),
        "taxes": _amount(point.taxes),
    }
    return {name: values[name] for name in HISTORY_FIELDS}


def _amount(money: Money | None) -> str | None:
    """Return an amount with at least as many decimal places as its currency has: `5.60` (USD), `560` (JPY)."""
    if money is None:
        return None
    digits = get_currency_precision(money.currency)
    rounded = money.amount.quantize(Decimal(1).scaleb(-digits))
    return str(rounded if rounded == money.amount else money.amount)


def promotion_record(row: PromotionRow, now: datetime) -> dict[str, Any]:
    """Return a promotion keyed by PROMOTION_FIELDS."""
    item = row.item
    values = {name: getattr(item, name) for name in (*_TERMS, *_ANNOUNCEMENT)}
    values |= {name: list(values[name]) for name in ("programs", "banks", "routes")}
    cents = item.cents_per_mile
    values |= {
        "id": row.id,
        "state": row.state(now),
        "cents_per_mile": None if cents is None else str(cents),
        "published": _iso(item.published),
        "sources": list(row.sources),
        "announced_at": _iso(row.announced_at),
        "ended_at": _iso(row.ended_at),
        "first_seen_at": _iso(row.first_seen_at),
        "last_seen_at": _iso(row.last_seen_at),
    }
    return {name: values[name] for name in PROMOTION_FIELDS}


def run_record(row: RunRow, now: datetime) -> dict[str, Any]:
    """Return a run keyed by RUN_FIELDS."""
    values = asdict(row) | {
        "started_at": row.started_at.isoformat(),
        "ended_at": row.ended_at.isoformat() if row.ended_at else None,
        "seconds": round(row.duration(now).total_seconds(), 1),
        "is_failed": row.has_failed,
        "failed_monitors": [monitor["name"] for monitor in row.failed_monitors],
    }
    return {name: values[name] for name in RUN_FIELDS}


def _iso(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()
