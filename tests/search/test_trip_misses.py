"""Pairs that miss the limits of a round trip: their words, and that the nearest of all pairs are found."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awardspider.items import AwardOfferItem, Cabin, Detail, Money
from awardspider.search.misses import total_distance
from awardspider.search.round_trips import RoundTrip, TripLimits
from awardspider.search.trip_misses import NEAR_NIGHTS, nearest_trips
from awardspider.search.watch_fields import Nights

DAY = date(2027, 3, 1)


def usd(amount: str) -> Money:
    return Money(Decimal(amount), "USD")


def offer(day: int, miles: int, taxes: str | None = "10", *, back: bool = False) -> AwardOfferItem:
    origin, destination = ("NRT", "SFO") if back else ("SFO", "NRT")
    return AwardOfferItem(
        program="united",
        source="united",
        detail=Detail.DAY,
        origin=origin,
        destination=destination,
        departure_date=DAY + timedelta(day),
        cabin=Cabin.BUSINESS,
        miles=miles,
        taxes=usd(taxes) if taxes else None,
        seen_at=datetime(2026, 11, 28, tzinfo=UTC),
    )


def limits(**values: Any) -> TripLimits:
    return TripLimits(nights=Nights(7, 9), **values)


@pytest.mark.parametrize(
    ("given_limits", "back", "expected"),
    [
        ({"max_miles": 20_000}, offer(8, 35_000, back=True), ["50,000 miles over for both directions"]),
        ({"max_miles": 69_999}, offer(8, 35_000, back=True), ["1 mile over for both directions"]),
        ({"max_taxes": usd("18")}, offer(8, 35_000, back=True), ["2 USD over in taxes for both directions"]),
        ({"max_taxes": usd("18")}, offer(8, 35_000, None, back=True), ["the taxes of one direction are unknown"]),
        ({}, offer(6, 35_000, back=True), ["one night too few"]),
        ({}, offer(9 + NEAR_NIGHTS, 35_000, back=True), ["three nights too many"]),
        ({}, offer(10 + NEAR_NIGHTS, 35_000, back=True), None),
        ({"max_miles": 69_000}, offer(11, 35_000, back=True), ["two nights too many", "1,000 miles over for both"]),
        ({"max_miles": 70_000, "max_taxes": usd("20")}, offer(9, 35_000, back=True), None),
    ],
)
def test_reasons_are_about_both_directions(
    given_limits: dict[str, Any], back: AwardOfferItem, expected: list[str] | None
) -> None:
    found = nearest_trips([offer(0, 35_000)], [back], limits(**given_limits), 5)
    if expected is None:
        assert found == []
    else:
        (miss,) = found
        assert len(miss.reasons) == len(expected)
        for reason, text in zip(miss.reasons, expected, strict=True):
            assert reason.text.startswith(text)


@pytest.mark.parametrize(
    ("programs", "text"),
    [
        (("aeroplan", "aeroplan"), "20,000 points over for both directions"),
        (("aeroplan", "jetblue"), "20,000 points over for both directions"),
        (("qatar", "qatar"), "20,000 Avios over for both directions"),
        (("aeroplan", "united"), "20,000 miles over for both directions"),
    ],
)
def test_the_unit_is_that_of_both_programs(programs: tuple[str, str], text: str) -> None:
    out, back = offer(0, 35_000), offer(8, 35_000, back=True)
    out.program, back.program = programs
    (miss,) = nearest_trips([out], [back], limits(max_miles=50_000), 5)
    assert [reason.text for reason in miss.reasons] == [text]


def test_one_night_too_few_is_still_a_trip_of_a_night() -> None:
    """A limit of two nights is not relaxed to returning on the same day."""
    short = TripLimits(nights=Nights(2, 3))
    found = nearest_trips([offer(0, 1)], [offer(day, 1, back=True) for day in (0, 1)], short, 5)
    assert [miss.trip.nights for miss in found] == [1]


def _days(first: int, last: int) -> st.SearchStrategy[list[tuple[int, int, str | None]]]:
    """Return offers of different days: day, thousands of miles, and taxes."""
    one = st.tuples(st.integers(first, last), st.integers(1, 9), st.sampled_from(["5", "10", "30", None]))
    return st.lists(one, max_size=6, unique_by=lambda each: each[0])


@given(
    _days(0, 4),
    _days(3, 18),
    st.sampled_from([None, 5_000, 9_000]),
    st.sampled_from([None, usd("12"), usd("35")]),
)
def test_the_nearest_of_all_pairs_are_found(
    out: list[tuple[int, int, str | None]],
    back: list[tuple[int, int, str | None]],
    max_miles: int | None,
    max_taxes: Money | None,
) -> None:
    outbound = [offer(day, 1_000 * miles, taxes) for day, miles, taxes in out]
    inbound = [offer(day, 1_000 * miles, taxes, back=True) for day, miles, taxes in back]
    distances = {}
    for one, other in product(outbound, inbound):
        taxes = usd(str(one.taxes.amount + other.taxes.amount)) if one.taxes and other.taxes else None
        distance = _distance(RoundTrip(one, other, (one.miles or 0) + (other.miles or 0), taxes), max_miles, max_taxes)
        if distance:
            distances[one.offer_id, other.offer_id] = distance
    found = nearest_trips(outbound, inbound, limits(max_miles=max_miles, max_taxes=max_taxes), 99)
    assert [total_distance(miss.reasons) for miss in found] == pytest.approx(sorted(distances.values()))


def _distance(trip: RoundTrip, max_miles: int | None, max_taxes: Money | None) -> float:
    """Return the distance of a pair by the definition in docs/matching.md; 0 if it matches or is too far."""
    outside = max(7 - trip.nights, trip.nights - 9)
    if outside > NEAR_NIGHTS:
        return 0.0
    parts = [outside / 30] if outside > 0 else []
    if max_miles is not None and trip.miles > max_miles:
        parts.append((trip.miles - max_miles) / max_miles)
    if max_taxes is not None and trip.taxes is None:
        parts.append(0.5)
    elif max_taxes is not None and trip.taxes is not None and trip.taxes.amount > max_taxes.amount:
        parts.append(float((trip.taxes.amount - max_taxes.amount) / max_taxes.amount))
    return sum(parts) + 0.1 * len(parts)
