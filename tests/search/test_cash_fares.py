"""Cash fares of the same flights, date and cabin."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from awardspider.items import AwardOfferItem, Cabin, Detail, Money
from awardspider.outcomes import InvalidSetting
from awardspider.search.cash_fares import CashFares, cash_fare_age, own_fare
from awardspider.search.judgments import CashFare
from tests.support.item_examples import make_offer, make_segment

NOW = datetime(2026, 11, 20, 15, 6, tzinfo=UTC)
MAX_AGE = timedelta(hours=48)
TWO_FLIGHTS = (make_segment(), make_segment(flight_number="99", origin="AUS", destination="IAH"))


def fare_of(offer: AwardOfferItem, *others: AwardOfferItem, max_age: timedelta = MAX_AGE) -> CashFare | None:
    """Return an offer's fare, if `others` are those that are known."""
    return CashFares(filter(None, map(own_fare, others))).fare_of(offer, max_age=max_age)


def award(**changes: Any) -> AwardOfferItem:
    return make_offer(**{"program": "aeroplan", "source": "aeroplan", "cash_price": None, "seen_at": NOW} | changes)


def test_the_offers_own_fare_was_seen_with_it() -> None:
    other = make_offer(source="delta", cash_price=Money(Decimal(1), "USD"), seen_at=NOW + timedelta(hours=1))
    assert fare_of(make_offer(), other) == CashFare(
        amount=Decimal("189.40"), currency="USD", source="united", seen_at=NOW
    )


def test_an_offer_of_another_program_with_the_same_flights_has_the_fare() -> None:
    found = fare_of(award(fare_name="Flex", saver=None), make_offer(seen_at=NOW - timedelta(hours=47)))
    assert found == CashFare(
        amount=Decimal("189.40"), currency="USD", source="united", seen_at=NOW - timedelta(hours=47)
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"departure_date": date(2027, 10, 7)},
        {"cabin": Cabin.BUSINESS},
        {"segments": (make_segment(flight_number="617", operating_carrier=None),)},
        {"segments": TWO_FLIGHTS},
        {"segments": ()},
        {"mixed_cabin": True},
        {"detail": Detail.DAY, "segments": ()},
    ],
)
def test_other_flights_days_and_cabins_do_not_count(changes: dict[str, Any]) -> None:
    assert fare_of(award(), make_offer(**changes)) is None
    assert fare_of(award(**changes), make_offer()) is None


def test_a_mixed_cabin_offer_has_no_fare_even_with_its_own() -> None:
    assert fare_of(make_offer(mixed_cabin=True)) is None


def test_with_an_unknown_mix_of_cabins_only_a_single_flight_counts() -> None:
    assert fare_of(award(mixed_cabin=None), make_offer()) is not None
    assert fare_of(award(mixed_cabin=None, segments=TWO_FLIGHTS), make_offer(segments=TWO_FLIGHTS)) is None


@pytest.mark.parametrize("amount", ["0", "-5"])
def test_a_fare_without_an_amount_is_none(amount: str) -> None:
    assert fare_of(make_offer(cash_price=Money(Decimal(amount), "USD"))) is None


def test_a_stale_fare_does_not_count() -> None:
    assert fare_of(award(), make_offer(seen_at=NOW - MAX_AGE)) is not None
    assert fare_of(award(), make_offer(seen_at=NOW - MAX_AGE - timedelta(seconds=1))) is None
    assert fare_of(award(), make_offer(seen_at=NOW - timedelta(hours=1)), max_age=timedelta(0)) is None


def test_the_newest_fare_counts_and_of_one_time_the_lowest() -> None:
    fares = [
        make_offer(cash_price=Money(Decimal(amount), "USD"), seen_at=NOW - timedelta(hours=hours))
        for amount, hours in ((90, 5), (300, 1), (250, 1), (280, 1), (70, 9))
    ]
    for order in (fares, fares[::-1]):
        found = fare_of(award(), *order)
        assert found
        assert found.amount == 250


# ---- codeshares ----------------------------------------------------------------------------------------------------


def codeshare(**changes: Any) -> AwardOfferItem:
    """Return an award on flight AC5002, which UA operates as UA1625."""
    return award(segments=(make_segment(marketing_carrier="AC", flight_number="5002", **changes),))


def test_a_codeshare_counts_if_the_segments_prove_it() -> None:
    assert fare_of(codeshare(), make_offer()) is not None


def test_departure_times_are_compared_as_times_whatever_their_zone() -> None:
    same_time = datetime(2027, 10, 6, 10, 15, tzinfo=ZoneInfo("America/Chicago"))
    assert fare_of(codeshare(departs_at=same_time), make_offer()) is not None


@pytest.mark.parametrize(
    "changes",
    [
        {"operating_carrier": None},
        {"operating_carrier": "OO"},
        {"departs_at": datetime(2027, 10, 6, 8, 20, tzinfo=ZoneInfo("America/Los_Angeles"))},
        {"origin": "BUR"},
    ],
)
def test_a_codeshare_without_proof_does_not_count(changes: dict[str, Any]) -> None:
    assert fare_of(codeshare(**changes), make_offer()) is None


def test_every_segment_of_a_codeshare_must_be_the_same() -> None:
    known = make_offer(segments=TWO_FLIGHTS)
    proven = [make_segment(marketing_carrier="AC", flight_number="5002"), TWO_FLIGHTS[1]]
    assert fare_of(award(segments=tuple(proven)), known) is not None
    proven[1] = make_segment(flight_number="98", origin="AUS", destination="IAH", operating_carrier=None)
    assert fare_of(award(segments=tuple(proven)), known) is None


# ---- the setting ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "hours"), [(None, 48), ("", 48), ("12", 12), ("0", 0), (0, 0), ("744", 744)])
def test_the_age_is_in_hours(text: str | int | None, hours: int) -> None:
    assert cash_fare_age({"AWARD_CASH_FARE_HOURS": text}) == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["-1", "2 days", "1.5", "745", "٣"])
def test_an_invalid_age_is_an_error(text: str) -> None:
    with pytest.raises(
        InvalidSetting, match=r"AWARD_CASH_FARE_HOURS is .*, but must be a number of hours from 0 to 744"
    ):
        cash_fare_age({"AWARD_CASH_FARE_HOURS": text})
