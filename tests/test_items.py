"""What everything else leans on: an offer's identity and state, records, airports, cabins."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from awardspider.items import (
    RECORD_FIELDS,
    AlertEvent,
    AwardOfferItem,
    Cabin,
    Change,
    Detail,
    Money,
    Search,
    Segment,
    airport_zone,
    airports,
    record,
)

LOS_ANGELES, CHICAGO = ZoneInfo("America/Los_Angeles"), ZoneInfo("America/Chicago")


def a_segment(**changes: Any) -> Segment:
    known: dict[str, Any] = {
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
    return Segment(**known | changes)


def an_offer(**changes: Any) -> AwardOfferItem:
    known: dict[str, Any] = {
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
        "segments": (a_segment(),),
        "fare_name": "United Economy",
        "booking_code": "XN",
        "mixed_cabin": False,
        "saver": True,
        "on_sale": False,
        "cash_price": Money(Decimal("189.40"), "USD"),
        "seen_at": datetime(2026, 11, 20, 15, 6, tzinfo=UTC),
    }
    return AwardOfferItem(**known | changes)


# Another value for each field. Who changes the identity makes every stored offer a new one.
IDENTITY: dict[str, Any] = {
    "program": "aeroplan",
    "source": "seatsaero",
    "detail": Detail.DAY,
    "origin": "BUR",
    "destination": "SAT",
    "departure_date": date(2027, 10, 7),
    "cabin": Cabin.BUSINESS,
    "mixed_cabin": True,
    "segments": (a_segment(flight_number="617"),),
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
NEITHER: dict[str, Any] = {
    "booking_link": "https://www.united.com/en/us/fsr/choose-flights?f=LAX",
    "seen_at": datetime(2026, 11, 21, tzinfo=UTC),
    "watches": ("autumn",),
    "answered_at": datetime(2026, 11, 21, tzinfo=UTC),
    "change": Change.SAME,
    "news": (AlertEvent("offer.matched", "autumn"),),
    "reference": "31EADIKL",
    "search": Search(
        program="united",
        kind="itinerary",
        origin="LAX",
        destination="AUS",
        first=date(2027, 10, 6),
        last=date(2027, 10, 6),
    ),
}


def test_every_field_is_identity_state_or_neither() -> None:
    names = [field.name for field in dataclasses.fields(AwardOfferItem)]
    assert sorted(names) == sorted([*IDENTITY, *STATE, *NEITHER])


@pytest.mark.parametrize("name", IDENTITY)
def test_another_offer_has_another_id(name: str) -> None:
    assert an_offer(**{name: IDENTITY[name]}).offer_id != an_offer().offer_id


@pytest.mark.parametrize("name", STATE)
def test_state_moves_and_identity_stays(name: str) -> None:
    changed = an_offer(**{name: STATE[name]})
    assert changed.offer_id == an_offer().offer_id
    assert changed.state != an_offer().state


@pytest.mark.parametrize("name", [*STATE])
def test_what_was_not_said_is_a_state_of_its_own(name: str) -> None:
    said, unsaid = an_offer(**{name: STATE[name]}), an_offer(**{name: None})
    assert said.offer_id == unsaid.offer_id
    assert said.state != unsaid.state


@pytest.mark.parametrize("name", NEITHER)
def test_what_changes_neither(name: str) -> None:
    changed = an_offer(**{name: NEITHER[name]})
    assert (changed.offer_id, changed.state) == (an_offer().offer_id, an_offer().state)


@pytest.mark.parametrize(
    "changes",
    [
        {"departs_at": datetime(2027, 10, 6, 8, 20, tzinfo=LOS_ANGELES)},
        {"arrives_at": datetime(2027, 10, 6, 13, 25, tzinfo=CHICAGO)},
        {"aircraft": "Airbus A319"},
        {"operating_carrier": "OO"},
        {"cabin": Cabin.PREMIUM_ECONOMY},
        {"booking_code": "YN"},
        {"stops": 1},
    ],
)
def test_a_flight_that_changes_is_the_same_offer_in_another_state(changes: dict[str, Any]) -> None:
    changed = an_offer(segments=(a_segment(**changes),))
    assert changed.offer_id == an_offer().offer_id
    assert changed.state != an_offer().state


def test_mixed_unmixed_and_not_said_are_three_offers() -> None:
    assert len({an_offer(mixed_cabin=mixed).offer_id for mixed in (None, False, True)}) == 3


def test_identity_and_state_are_those_of_last_year() -> None:
    """Frozen: a database holds these, and an offer that changes its id is found twice and gone once."""
    assert an_offer().offer_id == "e07485949f0361e6a41b"
    assert an_offer(detail=Detail.DAY, segments=(), fare_name=None, mixed_cabin=None).offer_id == "aa74026c28b8ee1953d7"


def test_the_same_amount_written_otherwise_is_the_same_state() -> None:
    assert an_offer(taxes=Money(Decimal("5.6"), "USD")).state == an_offer().state


def test_an_offer_takes_no_other_fields() -> None:
    with pytest.raises(AttributeError):
        an_offer().price = 1  # type: ignore[attr-defined]


def test_flights_are_written_as_travelers_write_them() -> None:
    legs = (a_segment(flight_number="1416", destination="IAH"), a_segment(flight_number="2483", origin="IAH"))
    assert an_offer(segments=legs).flights == "UA1416 UA2483"
    assert an_offer(segments=()).flights == ""


# ---- records -----------------------------------------------------------------------------------------------------


def test_the_columns_of_a_record_keep_their_order() -> None:
    """Spreadsheets and feeds out there lean on it: new columns go to the end or are told in the changelog."""
    assert " ".join(RECORD_FIELDS) == (
        "offer_id program source detail origin destination departure_date cabin miles taxes taxes_currency seats stops "
        "flights departs_at arrives_at duration_minutes fare_name booking_code mixed_cabin saver on_sale regular_miles "
        "cash_price cash_currency booking_link travelers seen_at watches segments "
        "chart_miles"
    )
    assert tuple(record(an_offer())) == RECORD_FIELDS


def test_a_record_in_full() -> None:
    offer = an_offer(watches=("autumn", "Austin, any time"))
    segment = {
        "marketing_carrier": "UA",
        "operating_carrier": "UA",
        "flight_number": "1625",
        "origin": "LAX",
        "destination": "AUS",
        "departs_at": "2027-10-06T08:15:00-07:00",
        "arrives_at": "2027-10-06T13:19:00-05:00",
        "aircraft": "Boeing 737-900",
        "cabin": "economy",
        "booking_code": "XN",
        "stops": 0,
    }
    assert record(offer) == {
        "offer_id": offer.offer_id,
        "program": "united",
        "source": "united",
        "detail": "itinerary",
        "origin": "LAX",
        "destination": "AUS",
        "departure_date": "2027-10-06",
        "cabin": "economy",
        "miles": 15000,
        "taxes": "5.60",
        "taxes_currency": "USD",
        "seats": 4,
        "stops": 0,
        "flights": "UA1625",
        "departs_at": "2027-10-06T08:15:00-07:00",
        "arrives_at": "2027-10-06T13:19:00-05:00",
        "duration_minutes": 184,
        "fare_name": "United Economy",
        "booking_code": "XN",
        "mixed_cabin": False,
        "saver": True,
        "on_sale": False,
        "regular_miles": None,
        "cash_price": "189.40",
        "cash_currency": "USD",
        "booking_link": None,
        "travelers": 1,
        "seen_at": "2026-11-20T15:06:00+00:00",
        "watches": "autumn; Austin, any time",
        "segments": [segment],
        "chart_miles": None,
    }
    assert json.loads(json.dumps(record(offer))) == record(offer)


def test_a_record_of_an_offer_that_says_little() -> None:
    bare = AwardOfferItem(
        program="united",
        source="seatsaero",
        detail=Detail.SEATS,
        origin="LAX",
        destination="NRT",
        departure_date=date(2027, 10, 6),
        cabin=Cabin.FIRST,
        miles=None,
        seen_at=datetime(2026, 11, 20, tzinfo=UTC),
    )
    told = {name: value for name, value in record(bare).items() if value not in (None, "", [])}
    assert set(told) == {
        *("offer_id", "program", "source", "detail", "origin", "destination", "departure_date", "cabin"),
        *("travelers", "seen_at"),
    }


# ---- small values ------------------------------------------------------------------------------------------------


def test_cabins_rank_from_economy_to_first() -> None:
    assert [cabin.value for cabin in sorted(Cabin, key=lambda cabin: cabin.rank)] == [
        "economy",
        "premium_economy",
        "business",
        "first",
    ]


def test_a_search_as_text() -> None:
    day, month = date(2027, 3, 10), date(2027, 3, 31)
    search = Search(program="united", kind="calendar", origin="LAX", destination="AUS", first=day, last=month)
    assert str(search) == "united calendar LAX-AUS 2027-03-10..2027-03-31"
    assert str(dataclasses.replace(search, last=day)) == "united calendar LAX-AUS 2027-03-10"


def test_money_as_text() -> None:
    assert str(Money(Decimal("68.51"), "USD")) == "68.51 USD"


@pytest.mark.parametrize(
    ("iata", "zone"),
    [
        ("LAX", "America/Los_Angeles"),
        ("AUS", "America/Chicago"),
        ("PHX", "America/Phoenix"),
        ("YYZ", "America/Toronto"),
        ("HNL", "Pacific/Honolulu"),
        ("NRT", "Asia/Tokyo"),
        ("LHR", "Europe/London"),
        ("BER", "Europe/Berlin"),
    ],
)
def test_the_zone_of_an_airport(iata: str, zone: str) -> None:
    assert airport_zone(iata) == ZoneInfo(zone)


@pytest.mark.parametrize("unknown", ["NYC", "ZZZ", "", "lax", "KLAX"])
def test_what_is_no_airport_has_no_zone(unknown: str) -> None:
    assert airport_zone(unknown) is None


def test_every_airport_has_a_zone_that_exists() -> None:
    noon = datetime(2027, 7, 1, 12, tzinfo=UTC)
    zones = {airport["tz"] for airport in airports().values()}
    assert all(abs(noon.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()) <= timedelta(hours=14) for zone in zones)
