"""A complete offer, and another value for each of its fields."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, get_type_hints
from zoneinfo import ZoneInfo

from awardspider.items import OFFER_FIELDS, AwardOfferItem, Cabin, Detail, FieldRole, Money, Segment

LOS_ANGELES, CHICAGO = ZoneInfo("America/Los_Angeles"), ZoneInfo("America/Chicago")


def make_segment(**changes: Any) -> Segment:
    values: dict[str, Any] = {
        "marketing_carrier": "UA",
        "operating_carrier": "UA",
        "flight_number": "1625",
        "origin": "LAX",
        "destination": "AUS",
        "departs_at": datetime(2027, 10, 6, 8, 15, tzinfo=LOS_ANGELES),
        "arrives_at": datetime(2027, 10, 6, 13, 19, tzinfo=CHICAGO),
        "aircraft": "Boeing 737-900",
        "cabin": Cabin.ECONOMY,
        "booking_code": "XN",
    }
    return Segment(**values | changes)


def make_offer(**changes: Any) -> AwardOfferItem:
    values: dict[str, Any] = {
        "program": "united",
        "source": "united",
        "detail": Detail.ITINERARY,
        "origin": "LAX",
        "destination": "AUS",
        "departure_date": date(2027, 10, 6),
        "cabin": Cabin.ECONOMY,
        "miles": 15000,
        "taxes": Money(Decimal("5.60"), "USD"),
        "seats": 4,
        "stops": 0,
        "duration_minutes": 184,
        "segments": (make_segment(),),
        "fare_name": "United Economy",
        "booking_code": "XN",
        "mixed_cabin": False,
        "saver": True,
        "on_sale": False,
        "cash_price": Money(Decimal("189.40"), "USD"),
        "seen_at": datetime(2026, 11, 20, 15, 6, tzinfo=UTC),
    }
    return AwardOfferItem(**values | changes)


# Another value for each field. A change of the identity makes every stored offer a new one.
IDENTITY: dict[str, Any] = {
    "program": "aeroplan",
    "source": "seatsaero",
    "detail": Detail.DAY,
    "origin": "BUR",
    "destination": "SAT",
    "departure_date": date(2027, 10, 7),
    "cabin": Cabin.BUSINESS,
    "mixed_cabin": True,
    "segments": (make_segment(flight_number="617"),),
    "fare_name": "United Premium Plus",
    "travelers": 2,
}
STATE: dict[str, Any] = {
    "miles": 17500,
    "taxes": Money(Decimal("11.20"), "USD"),
    "seats": 3,
    "stops": 1,
    "duration_minutes": 190,
    "booking_code": "YN",
    "saver": False,
    "on_sale": True,
    "regular_miles": 20000,
    "cash_price": Money(Decimal("199.40"), "USD"),
    "chart_miles": 60_000,
}
NO_ROLE: dict[str, Any] = {
    "booking_link": "https://www.united.com/en/us/fsr/choose-flights?f=LAX",
    "seen_at": datetime(2026, 11, 21, tzinfo=UTC),
    "source_id": "31EADIKL",
}

# Fields without an example above get one by their type, so that the tests cover a new field without an edit here.
_BY_TYPE: dict[Any, Any] = {
    int: 7,
    bool: True,
    str: "text",
    date: date(2027, 10, 8),
    datetime: datetime(2027, 10, 8, tzinfo=UTC),
    Money: Money(Decimal("7.50"), "USD"),
}
_TYPES = get_type_hints(AwardOfferItem)
GENERATED: dict[str, Any] = {
    name: next(value for type_, value in _BY_TYPE.items() if _TYPES[name] in (type_, type_ | None))
    for name in OFFER_FIELDS
    if name not in IDENTITY | STATE | NO_ROLE
}
for _name, _value in GENERATED.items():
    {FieldRole.IDENTITY: IDENTITY, FieldRole.STATE: STATE, FieldRole.NONE: NO_ROLE}[OFFER_FIELDS[_name].role][_name] = (
        _value
    )
