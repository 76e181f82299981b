"""Checks of the validate pipeline and their reasons."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from awardspider.items import AwardOfferItem, Cabin, Detail, Money, Segment
from awardspider.pipelines import validate

LA, AUSTIN = ZoneInfo("America/Los_Angeles"), ZoneInfo("America/Chicago")
WINDOW_DAYS = 337
SEEN_AT = datetime(2026, 11, 22, 12, tzinfo=ZoneInfo("UTC"))
FIRST = Segment(
    marketing_carrier="UA",
    operating_carrier="UA",
    flight_number="1",
    origin="LAX",
    destination="DEN",
    departs_at=datetime(2027, 3, 10, 8, tzinfo=LA),
    arrives_at=datetime(2027, 3, 10, 11, 20, tzinfo=ZoneInfo("America/Denver")),
)
SECOND = replace(
    FIRST,
    flight_number="2",
    origin="DEN",
    destination="AUS",
    departs_at=datetime(2027, 3, 10, 12, 30, tzinfo=ZoneInfo("America/Denver")),
    arrives_at=datetime(2027, 3, 10, 15, 40, tzinfo=AUSTIN),
)


def offer(**changes: Any) -> AwardOfferItem:
    fields: dict[str, Any] = {
        "program": "united",
        "source": "united",
        "detail": Detail.ITINERARY,
        "origin": "LAX",
        "destination": "AUS",
        "departure_date": date(2027, 3, 10),
        "cabin": Cabin.ECONOMY,
        "miles": 15000,
        "taxes": Money(Decimal("5.60"), "USD"),
        "segments": (FIRST, SECOND),
        "seen_at": SEEN_AT,
    }
    return AwardOfferItem(**fields | changes)


def test_valid_offers_pass() -> None:
    validate.check(offer(), WINDOW_DAYS)
    validate.check(offer(detail=Detail.DAY, segments=()), WINDOW_DAYS)
    validate.check(offer(detail=Detail.SEATS, segments=(), miles=None, seats=9), WINDOW_DAYS)


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"miles": "15000"}, validate.WrongType, "miles"),
        ({"miles": True}, validate.WrongType, "miles"),
        ({"cabin": "economy"}, validate.WrongType, "cabin"),
        ({"taxes": 5.6}, validate.WrongType, "taxes"),
        ({"taxes": Money(Decimal("5.60"), "dollars")}, validate.WrongType, "taxes"),
        ({"duration_minutes": 200.0}, validate.WrongType, "duration_minutes"),
        ({"seats": -1}, validate.WrongType, "seats"),
        ({"departure_date": SEEN_AT}, validate.WrongType, "departure_date"),
        ({"seen_at": datetime(2026, 11, 22)}, validate.NaiveTime, "seen_at"),  # noqa: DTZ001
        ({"origin": "QQQ"}, validate.UnknownAirport, "origin"),
        ({"destination": "LAX"}, validate.BrokenItinerary, "destination"),
        ({"miles": None}, validate.WrongPrice, "miles"),
        ({"miles": 0}, validate.WrongPrice, "miles"),
        ({"miles": 2_000_001}, validate.WrongPrice, "miles"),
        ({"taxes": Money(Decimal("-0.01"), "USD")}, validate.WrongPrice, "taxes"),
        ({"taxes": Money(Decimal("NaN"), "USD")}, validate.WrongPrice, "taxes"),
        ({"departure_date": date(2026, 11, 20)}, validate.OutsideWindow, "departure_date"),
        ({"departure_date": date(2027, 12, 20)}, validate.OutsideWindow, "departure_date"),
        ({"segments": ()}, validate.BrokenItinerary, "segments"),
        ({"segments": (FIRST,)}, validate.BrokenItinerary, "segments"),
        ({"segments": (SECOND, FIRST)}, validate.BrokenItinerary, "segments"),
        ({"departure_date": date(2027, 3, 11)}, validate.BrokenItinerary, "segments"),
    ],
)
def test_invalid_field(changes: dict[str, Any], reason: type[validate.Invalid], field: str) -> None:
    with pytest.raises(reason) as caught:
        validate.check(offer(**changes), WINDOW_DAYS)
    assert caught.value.field == field


@pytest.mark.parametrize(
    "second",
    [
        replace(SECOND, origin="PHX"),
        replace(SECOND, departs_at=FIRST.arrives_at - timedelta(minutes=1)),
        replace(
            SECOND,
            departs_at=SECOND.departs_at + timedelta(days=4),
            arrives_at=SECOND.arrives_at + timedelta(days=4),
        ),
        replace(SECOND, arrives_at=SECOND.departs_at),
        replace(SECOND, arrives_at=SECOND.departs_at + timedelta(days=2)),
    ],
)
def test_flights_must_connect(second: Segment) -> None:
    with pytest.raises(validate.BrokenItinerary):
        validate.check(offer(segments=(FIRST, second)), WINDOW_DAYS)


def test_the_booking_window_starts_today_at_the_origin() -> None:
    late = datetime(2027, 3, 11, 5, tzinfo=ZoneInfo("UTC"))  # March 10, 9 p.m. in Los Angeles
    validate.check(offer(seen_at=late), WINDOW_DAYS)
    with pytest.raises(validate.OutsideWindow):
        validate.check(offer(seen_at=late + timedelta(hours=4)), WINDOW_DAYS)


# ---- limits of columns ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("duration_minutes", 9_999_999_999),
        ("stops", -(2**31)),
        ("regular_miles", 2**31),
        ("chart_miles", 2**63),
        ("seats", 2**31),
        ("taxes", Money(Decimal("1e15"), "USD")),
        ("cash_price", Money(Decimal("Infinity"), "USD")),
        ("cash_price", Money(Decimal(1), "U\0D")),
        ("booking_code", "X\0"),
        ("booking_code", 7),
        ("booking_link", "https://www.united.com/\ud800"),
        ("saver", "yes"),
        ("mixed_cabin", 1),
        ("fare_name", "Sa\0ver"),
    ],
)
def test_optional_value_that_cannot_be_stored_is_removed(name: str, value: object) -> None:
    item = offer(**{name: value})
    [warning] = validate.remove_unfit(item)
    assert item == offer(**{name: None})
    assert (warning.path, warning.drops_offer) == (name, name in ("fare_name", "mixed_cabin"))
    assert warning.value.isascii()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"travelers": 2**31}, "travelers"),
        ({"program": "uni\0ted"}, "program"),
        ({"segments": (replace(FIRST, flight_number="1\0"), SECOND)}, "segments"),
        ({"segments": (FIRST, replace(SECOND, aircraft="\ud800"))}, "segments"),
    ],
)
def test_required_value_that_cannot_be_stored_drops_the_offer(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(validate.WrongType) as caught:
        list(validate.remove_unfit(offer(**changes)))
    assert caught.value.field == field


def test_limits_are_those_of_the_columns() -> None:
    item = offer(duration_minutes=2**31 - 1, taxes=Money(Decimal("999999999999999.99"), "USD"), fare_name="Zürich ☃ 😀")
    assert list(validate.remove_unfit(item)) == []
