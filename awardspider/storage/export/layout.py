"""The tables of an export and their columns, in order; docs/export.md describes them.

Columns that join two tables have the same name in both, so that tools can detect the star schema.
"""

from __future__ import annotations

from awardspider.offer_fields import OFFER_COLUMNS, ColumnType, OfferColumn
from awardspider.storage.schema import HISTORY_COLUMNS


def _export_name(column: OfferColumn) -> str:
    """Return `departs_local` for `departs_at`: local times are exported without their UTC offset."""
    return column.name.replace("_at", "_local") if column.type is ColumnType.LOCAL_TIME else column.name


OFFERS = {
    "offer_id": ColumnType.TEXT,
    **{_export_name(column): column.type for column in OFFER_COLUMNS},
    "first_seen_at": ColumnType.TIME,
    "last_seen_at": ColumnType.TIME,
    "changed_at": ColumnType.TIME,
    "gone_at": ColumnType.TIME,
    "status": ColumnType.TEXT,
}

PRICE_POINTS = {
    "offer_id": ColumnType.TEXT,
    "seen_at": ColumnType.TIME,
    "date": ColumnType.DATE,
    **{column.name: column.type for column in HISTORY_COLUMNS},
    "gone": ColumnType.FLAG,
}

PROMOTIONS = {
    "promotion_id": ColumnType.TEXT,
    "date": ColumnType.DATE,
    "kind": ColumnType.TEXT,
    "title": ColumnType.TEXT,
    "program": ColumnType.TEXT,
    "programs": ColumnType.TEXT,
    "banks": ColumnType.TEXT,
    "percent": ColumnType.INTEGER,
    "up_to": ColumnType.FLAG,
    "bonus_or_discount": ColumnType.TEXT,
    "cents_per_mile": ColumnType.AMOUNT,
    "miles_price": ColumnType.INTEGER,
    "routes": ColumnType.TEXT,
    "book_from": ColumnType.DATE,
    "book_by": ColumnType.DATE,
    "travel_from": ColumnType.DATE,
    "travel_until": ColumnType.DATE,
    "targeted": ColumnType.FLAG,
    "state": ColumnType.TEXT,
    "confidence": ColumnType.TEXT,
    "source": ColumnType.TEXT,
    "sources": ColumnType.TEXT,
    "link": ColumnType.TEXT,
    "published_at": ColumnType.TIME,
    "first_seen_at": ColumnType.TIME,
    "last_seen_at": ColumnType.TIME,
    "ended_at": ColumnType.TIME,
}

SEARCHES = {
    "search_id": ColumnType.TEXT,
    "requested_at": ColumnType.TIME,
    "date": ColumnType.DATE,
    "program": ColumnType.TEXT,
    "kind": ColumnType.TEXT,
    "origin": ColumnType.TEXT,
    "destination": ColumnType.TEXT,
    "first": ColumnType.DATE,
    "last": ColumnType.DATE,
    "cabins": ColumnType.TEXT,
    "travelers": ColumnType.INTEGER,
    "target_program": ColumnType.TEXT,
    "outcome": ColumnType.TEXT,
    "reason": ColumnType.TEXT,
    "note": ColumnType.TEXT,
    "http_status": ColumnType.INTEGER,
    "offers": ColumnType.INTEGER,
    "invalid": ColumnType.INTEGER,
    "seconds": ColumnType.NUMBER,
    "run_id": ColumnType.TEXT,
}

DATES = {
    "date": ColumnType.DATE,
    "year": ColumnType.INTEGER,
    "quarter": ColumnType.INTEGER,
    "month": ColumnType.INTEGER,
    "month_name": ColumnType.TEXT,
    "iso_year": ColumnType.INTEGER,
    "iso_week": ColumnType.INTEGER,
    "weekday": ColumnType.INTEGER,
    "weekday_name": ColumnType.TEXT,
    "weekend": ColumnType.FLAG,
}

AIRPORTS = {
    "iata": ColumnType.TEXT,
    "name": ColumnType.TEXT,
    "city": ColumnType.TEXT,
    "country": ColumnType.TEXT,
    "zone": ColumnType.TEXT,
    "latitude": ColumnType.NUMBER,
    "longitude": ColumnType.NUMBER,
}

PROGRAMS = {
    "program": ColumnType.TEXT,
    "program_name": ColumnType.TEXT,
    "alliance": ColumnType.TEXT,
    "carriers": ColumnType.TEXT,
    "site": ColumnType.TEXT,
    "access": ColumnType.TEXT,
}

FACTS = {"offers": OFFERS, "price_points": PRICE_POINTS, "promotions": PROMOTIONS, "searches": SEARCHES}
DIMENSIONS = {"dates": DATES, "airports": AIRPORTS, "programs": PROGRAMS}
TABLES = FACTS | DIMENSIONS
