"""The tables of an export and their columns, in their order. What each holds stands in docs/export.md.

Tables join where their columns have the same name: a tool that looks for equal names finds the star by itself.
"""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What a column holds; any value may be missing, which means that nobody said."""

    TEXT = "text"
    WHOLE = "whole number"
    NUMBER = "number"
    AMOUNT = "decimal"  # exact: money, cents per mile
    FLAG = "yes or no"
    DAY = "date"
    TIME = "time"  # in UTC
    LOCAL = "local time"  # what the clock of the airport shows


OFFERS = {
    "offer_id": Kind.TEXT,
    "program": Kind.TEXT,
    "source": Kind.TEXT,
    "detail": Kind.TEXT,
    "origin": Kind.TEXT,
    "destination": Kind.TEXT,
    "departure_date": Kind.DAY,
    "cabin": Kind.TEXT,
    "miles": Kind.WHOLE,
    "taxes": Kind.AMOUNT,
    "taxes_currency": Kind.TEXT,
    "seats": Kind.WHOLE,
    "stops": Kind.WHOLE,
    "flights": Kind.TEXT,
    "departs_local": Kind.LOCAL,
    "arrives_local": Kind.LOCAL,
    "duration_minutes": Kind.WHOLE,
    "fare_name": Kind.TEXT,
    "booking_code": Kind.TEXT,
    "mixed_cabin": Kind.FLAG,
    "saver": Kind.FLAG,
    "on_sale": Kind.FLAG,
    "regular_miles": Kind.WHOLE,
    "chart_miles": Kind.WHOLE,
    "cash_price": Kind.AMOUNT,
    "cash_currency": Kind.TEXT,
    "booking_link": Kind.TEXT,
    "travelers": Kind.WHOLE,
    "first_seen_at": Kind.TIME,
    "last_seen_at": Kind.TIME,
    "changed_at": Kind.TIME,
    "gone_at": Kind.TIME,
}

PRICE_POINTS = {
    "offer_id": Kind.TEXT,
    "seen_at": Kind.TIME,
    "date": Kind.DAY,
    "miles": Kind.WHOLE,
    "taxes": Kind.AMOUNT,
    "taxes_currency": Kind.TEXT,
    "seats": Kind.WHOLE,
    "saver": Kind.FLAG,
    "on_sale": Kind.FLAG,
    "gone": Kind.FLAG,
}

PROMOTIONS = {
    "promotion_id": Kind.TEXT,
    "date": Kind.DAY,
    "kind": Kind.TEXT,
    "title": Kind.TEXT,
    "program": Kind.TEXT,
    "programs": Kind.TEXT,
    "banks": Kind.TEXT,
    "percent": Kind.WHOLE,
    "up_to": Kind.FLAG,
    "cents_per_mile": Kind.AMOUNT,
    "routes": Kind.TEXT,
    "book_by": Kind.DAY,
    "travel_from": Kind.DAY,
    "travel_until": Kind.DAY,
    "targeted": Kind.FLAG,
    "source": Kind.TEXT,
    "link": Kind.TEXT,
    "published_at": Kind.TIME,
    "first_seen_at": Kind.TIME,
    "last_seen_at": Kind.TIME,
}

SEARCHES = {
    "search_id": Kind.TEXT,
    "requested_at": Kind.TIME,
    "date": Kind.DAY,
    "program": Kind.TEXT,
    "kind": Kind.TEXT,
    "origin": Kind.TEXT,
    "destination": Kind.TEXT,
    "first": Kind.DAY,
    "last": Kind.DAY,
    "cabins": Kind.TEXT,
    "travelers": Kind.WHOLE,
    "target_program": Kind.TEXT,
    "outcome": Kind.TEXT,
    "reason": Kind.TEXT,
    "note": Kind.TEXT,
    "http_status": Kind.WHOLE,
    "offers": Kind.WHOLE,
    "invalid": Kind.WHOLE,
    "seconds": Kind.NUMBER,
    "run_id": Kind.TEXT,
}

DATES = {
    "date": Kind.DAY,
    "year": Kind.WHOLE,
    "quarter": Kind.WHOLE,
    "month": Kind.WHOLE,
    "month_name": Kind.TEXT,
    "iso_year": Kind.WHOLE,
    "iso_week": Kind.WHOLE,
    "weekday": Kind.WHOLE,
    "weekday_name": Kind.TEXT,
    "weekend": Kind.FLAG,
}

AIRPORTS = {
    "iata": Kind.TEXT,
    "name": Kind.TEXT,
    "city": Kind.TEXT,
    "country": Kind.TEXT,
    "zone": Kind.TEXT,
    "latitude": Kind.NUMBER,
    "longitude": Kind.NUMBER,
}

PROGRAMS = {
    "program": Kind.TEXT,
    "program_name": Kind.TEXT,
    "alliance": Kind.TEXT,
    "carriers": Kind.TEXT,
    "site": Kind.TEXT,
    "access": Kind.TEXT,
}

FACTS = {"offers": OFFERS, "price_points": PRICE_POINTS, "promotions": PROMOTIONS, "searches": SEARCHES}
DIMENSIONS = {"dates": DATES, "airports": AIRPORTS, "programs": PROGRAMS}
TABLES = FACTS | DIMENSIONS
