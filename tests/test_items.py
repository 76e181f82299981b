"""Identity and state of offers, and the small value types."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from awardspider.items import MAX_PARTY, AwardOfferItem, Cabin, Detail, Money, Search, fare_id, offer_ids_of_fare
from tests.support.item_examples import CHICAGO, IDENTITY, LOS_ANGELES, NO_ROLE, STATE, make_offer, make_segment


def test_every_field_has_an_example() -> None:
    names = [field.name for field in dataclasses.fields(AwardOfferItem)]
    assert sorted(names) == sorted([*IDENTITY, *STATE, *NO_ROLE])


@pytest.mark.parametrize("name", IDENTITY)
def test_identity_fields_change_the_id(name: str) -> None:
    assert make_offer(**{name: IDENTITY[name]}).offer_id != make_offer().offer_id


@pytest.mark.parametrize("name", STATE)
def test_state_fields_change_the_state_only(name: str) -> None:
    changed = make_offer(**{name: STATE[name]})
    assert changed.offer_id == make_offer().offer_id
    assert changed.state != make_offer().state


@pytest.mark.parametrize("name", [*STATE])
def test_an_unknown_value_is_another_state(name: str) -> None:
    known, unknown = make_offer(**{name: STATE[name]}), make_offer(**{name: None})
    assert known.offer_id == unknown.offer_id
    assert known.state != unknown.state


@pytest.mark.parametrize("name", NO_ROLE)
def test_other_fields_change_neither_id_nor_state(name: str) -> None:
    changed = make_offer(**{name: NO_ROLE[name]})
    assert (changed.offer_id, changed.state) == (make_offer().offer_id, make_offer().state)


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
def test_a_changed_segment_changes_the_state_only(changes: dict[str, Any]) -> None:
    changed = make_offer(segments=(make_segment(**changes),))
    assert changed.offer_id == make_offer().offer_id
    assert changed.state != make_offer().state


def test_mixed_not_mixed_and_unknown_are_three_offers() -> None:
    assert len({make_offer(mixed_cabin=mixed).offer_id for mixed in (None, False, True)}) == 3


def test_a_fare_has_one_id_for_each_party() -> None:
    offers = [make_offer(travelers=party) for party in range(1, MAX_PARTY + 1)]
    (fare,) = {offer.fare_id for offer in offers}
    assert [offer.offer_id for offer in offers] == offer_ids_of_fare(fare)
    assert {fare_id(offer.offer_id) for offer in offers} == {fare}
    assert make_offer(fare_name="another").fare_id != fare


def test_keys_never_change() -> None:
    """Databases contain these keys: if ids changed, stored offers would be marked as gone and found again as new."""
    assert make_offer().offer_id == "15b9f525de7ade345272"
    lowest_of_day = make_offer(detail=Detail.DAY, segments=(), fare_name=None, mixed_cabin=None)
    assert lowest_of_day.offer_id == "15c13da7cd8b87a07d08"


def test_trailing_zeros_of_an_amount_do_not_change_the_state() -> None:
    assert make_offer(taxes=Money(Decimal("5.6"), "USD")).state == make_offer().state


def test_an_offer_has_no_other_attributes() -> None:
    with pytest.raises(AttributeError):
        make_offer().price = 1  # type: ignore[attr-defined]


def test_flights_are_the_flight_numbers_in_order() -> None:
    segments = (make_segment(flight_number="1416", destination="IAH"), make_segment(flight_number="2483", origin="IAH"))
    assert make_offer(segments=segments).flights == "UA1416 UA2483"
    assert make_offer(segments=()).flights == ""


# ---- small values ------------------------------------------------------------------------------------------------


def test_cabins_rank_from_economy_to_first() -> None:
    assert [cabin.value for cabin in sorted(Cabin, key=lambda cabin: cabin.rank)] == [
        "economy",
        "premium_economy",
        "business",
        "first",
    ]


def test_search_as_text() -> None:
    day, month = date(2027, 3, 10), date(2027, 3, 31)
    search = Search(program="united", kind="calendar", origin="LAX", destination="AUS", first=day, last=month)
    assert str(search) == "united calendar LAX-AUS 2027-03-10..2027-03-31"
    assert str(dataclasses.replace(search, last=day)) == "united calendar LAX-AUS 2027-03-10"


def test_money_as_text() -> None:
    assert str(Money(Decimal("68.51"), "USD")) == "68.51 USD"
