"""Round trips: the pairs are those of a comparison of every outbound with every return offer, in the same order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice, product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awardspider.items import AwardOfferItem, Cabin, Detail, Money, Segment
from awardspider.search.exchange_rates import ExchangeRates
from awardspider.search.round_trips import RoundTrip, TripLimits, find_round_trips, iter_round_trips
from awardspider.search.watch_fields import Nights

DAY = date(2027, 3, 1)
RATES = ExchangeRates(day=DAY, rates={"USD": Decimal("1.25")}, source="test")


def offer(route: str = "SFO-NRT", day: int = 0, miles: int | None = 60_000, **fields: Any) -> AwardOfferItem:
    origin, destination = route.split("-")
    taxes = fields.pop("taxes", "20 USD")
    values: dict[str, Any] = {
        "program": "united",
        "source": "united",
        "detail": Detail.ITINERARY,
        "cabin": Cabin.BUSINESS,
        "seen_at": datetime(2026, 11, 28, tzinfo=UTC),
        "taxes": Money(Decimal(taxes.split()[0]), taxes.split()[1]) if taxes else None,
    }
    return AwardOfferItem(
        origin=origin,
        destination=destination,
        departure_date=DAY + timedelta(days=day),
        miles=miles,
        **values | fields,
    )


def limits(least: int = 5, most: int = 9, **values: Any) -> TripLimits:
    return TripLimits(nights=Nights(least, most), **values)


def numbers(
    outbound: Sequence[AwardOfferItem], inbound: Sequence[AwardOfferItem], trips: list[RoundTrip]
) -> list[tuple[int, int]]:
    """Return the positions of both offers of each pair."""
    positions = {id(each): number for side in (outbound, inbound) for number, each in enumerate(side)}
    return [(positions[id(trip.outbound)], positions[id(trip.inbound)]) for trip in trips]


def test_pairs_are_ordered_by_miles_then_taxes_then_dates() -> None:
    outbound = [offer(day=1), offer(day=0), offer(day=0, miles=50_000)]
    inbound = [offer("NRT-SFO", 7), offer("NRT-SFO", 7, taxes="10 USD"), offer("NRT-SFO", 6)]
    trips = find_round_trips(outbound, inbound, limits())
    assert numbers(outbound, inbound, trips) == [(2, 1), (2, 2), (2, 0), (1, 1), (0, 1), (1, 2), (1, 0), (0, 2), (0, 0)]
    assert (trips[0].miles, trips[0].taxes, trips[0].nights) == (110_000, Money(Decimal(30), "USD"), 7)


@pytest.mark.parametrize(("nights", "found"), [((5, 9), [5, 9]), ((0, 4), [0, 4]), ((10, 10), [10]), ((11, 30), [])])
def test_both_ends_of_the_nights_count(nights: tuple[int, int], found: list[int]) -> None:
    inbound = [offer("NRT-SFO", day) for day in (0, 4, 5, 9, 10)]
    trips = find_round_trips([offer()], inbound, limits(*nights))
    assert [trip.nights for trip in trips] == found


def test_the_return_is_never_before_the_outbound_flight() -> None:
    assert find_round_trips([offer(day=10)], [offer("NRT-SFO", 4)], limits(0, 180)) == []


def test_the_return_leaves_after_the_outbound_flights_arrive() -> None:
    def flight(route: str, departs_at: str, arrives_at: str) -> AwardOfferItem:
        origin, destination = route.split("-")
        segment = Segment(
            marketing_carrier="UA",
            operating_carrier="UA",
            flight_number="1",
            origin=origin,
            destination=destination,
            departs_at=datetime.fromisoformat(departs_at),
            arrives_at=datetime.fromisoformat(arrives_at),
        )
        return offer(route, (segment.departs_at.date() - DAY).days, segments=(segment,))

    # Westward across the date line, one night is less than the flight takes.
    outbound = flight("SFO-NRT", "2027-03-01T11:00-08:00", "2027-03-02T15:20+09:00")
    early = flight("NRT-SFO", "2027-03-02T11:00+09:00", "2027-03-02T04:00-08:00")
    late = flight("NRT-SFO", "2027-03-02T17:00+09:00", "2027-03-02T10:00-08:00")
    (trip,) = find_round_trips([outbound], [early, late], limits(1, 1))
    assert trip.inbound is late


def test_nights_are_counted_by_local_dates_across_leap_day_and_year() -> None:
    outbound = offer()
    outbound.departure_date = date(2027, 12, 30)
    inbound = offer("NRT-SFO")
    inbound.departure_date = date(2028, 3, 1)
    (trip,) = find_round_trips([outbound], [inbound], limits(62, 62))  # January has 31 days, February 29
    assert trip.nights == 62


@pytest.mark.parametrize(
    ("outbound", "inbound", "is_pair"),
    [
        ("SFO-NRT", "HND-SFO", True),  # another airport of the same city
        ("JFK-LHR", "LGW-EWR", True),
        ("SFO-NRT", "KIX-SFO", False),  # another city
        ("SFO-NRT", "NRT-LAX", False),
        ("SFO-NRT", "SFO-NRT", False),
    ],
)
def test_both_directions_connect_the_same_cities(outbound: str, inbound: str, is_pair: bool) -> None:
    assert bool(find_round_trips([offer(outbound)], [offer(inbound, 7)], limits())) is is_pair


def test_programs_may_differ_unless_one_must_sell_both_directions() -> None:
    inbound = [offer("NRT-SFO", 7, program="aeroplan", miles=1_000), offer("NRT-SFO", 7)]
    programs = [trip.inbound.program for trip in find_round_trips([offer()], inbound, limits())]
    assert programs == ["aeroplan", "united"]
    (trip,) = find_round_trips([offer()], inbound, limits(same_program=True))
    assert trip.inbound.program == "united"


def test_taxes_are_compared_in_the_currency_of_the_limit() -> None:
    outbound = [offer(taxes="40 EUR"), offer(taxes="41 EUR"), offer(taxes="3 BRL"), offer(taxes=None)]
    limit = limits(max_taxes=Money(Decimal(70), "USD"))
    (trip,) = find_round_trips(outbound, [offer("NRT-SFO", 7)], limit, rates=RATES)
    assert (trip.outbound, trip.taxes) == (outbound[0], Money(Decimal("70.00"), "USD"))
    assert find_round_trips(outbound, [offer("NRT-SFO", 7)], limit) == []


def test_unknown_taxes_come_last_among_equal_miles_and_have_no_total() -> None:
    trips = find_round_trips([offer(taxes=None), offer(taxes="900 USD")], [offer("NRT-SFO", 7)], limits())
    assert [trip.taxes for trip in trips] == [Money(Decimal(920), "USD"), None]


def test_offers_without_miles_are_left_out() -> None:
    assert find_round_trips([offer(miles=None)], [offer("NRT-SFO", 7)], limits()) == []


def test_the_first_pairs_take_no_comparison_of_all_pairs() -> None:
    outbound = [offer(miles=60_000 + number) for number in range(2_000)]
    inbound = [offer("NRT-SFO", 7, miles=60_000 + number) for number in range(2_000)]
    trips = list(islice(iter_round_trips(outbound, inbound, limits()), 20))
    assert [trip.miles - 120_000 for trip in trips] == [0, 1, 1, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4, 5, 5, 5, 5, 5]


# ---- comparison with every pair -----------------------------------------------------------------------------------

_taxes = st.sampled_from(["0 USD", "5 USD", "10.50 USD", "8 EUR", "20 EUR", "7 BRL", None])


def _offers(routes: list[str]) -> st.SearchStrategy[list[AwardOfferItem]]:
    return st.lists(
        st.builds(
            offer,
            st.sampled_from(routes),
            st.integers(0, 12),
            st.sampled_from([10_000, 10_000, 12_500, 20_000, None]),
            taxes=_taxes,
            program=st.sampled_from(["united", "aeroplan"]),
        ),
        max_size=12,
    )


@settings(deadline=None, max_examples=300)
@given(
    _offers(["SFO-NRT", "OAK-HND", "LAX-NRT"]),
    _offers(["NRT-SFO", "HND-SFO", "NRT-LAX"]),
    st.tuples(st.integers(0, 6), st.integers(0, 6)),
    st.sampled_from([None, 20_000, 22_500, 30_000]),
    st.sampled_from([None, Money(Decimal(15), "USD"), Money(Decimal("20.5"), "EUR"), Money(Decimal(0), "USD")]),
    st.booleans(),
)
def test_pairs_equal_brute_force(
    outbound: list[AwardOfferItem],
    inbound: list[AwardOfferItem],
    nights: tuple[int, int],
    max_miles: int | None,
    max_taxes: Money | None,
    same_program: bool,
) -> None:
    least, most = nights[0], nights[0] + nights[1]
    trip_limits = limits(least, most, max_miles=max_miles, max_taxes=max_taxes, same_program=same_program)
    trips = find_round_trips(outbound, inbound, trip_limits, rates=RATES)
    assert numbers(outbound, inbound, trips) == _brute_force(outbound, inbound, trip_limits)


_CITIES = {"SFO": "SFO", "OAK": "OAK", "LAX": "LAX", "NRT": "TYO", "HND": "TYO"}


def _brute_force(
    outbound: list[AwardOfferItem], inbound: list[AwardOfferItem], trip_limits: TripLimits
) -> list[tuple[int, int]]:
    currency = trip_limits.max_taxes.currency if trip_limits.max_taxes else "USD"

    def taxes(each: AwardOfferItem) -> Decimal:
        money = RATES.convert(each.taxes, currency) if each.taxes else None
        return money.amount if money else Decimal(10) ** 12  # after all known taxes

    found = []
    for (i, out), (j, back) in product(enumerate(outbound), enumerate(inbound)):
        nights = (back.departure_date - out.departure_date).days
        if out.miles is None or back.miles is None:
            continue
        if not trip_limits.nights.least <= nights <= trip_limits.nights.most:
            continue
        if (_CITIES[out.origin], _CITIES[out.destination]) != (_CITIES[back.destination], _CITIES[back.origin]):
            continue
        if trip_limits.same_program and out.program != back.program:
            continue
        miles, amount = out.miles + back.miles, taxes(out) + taxes(back)
        if trip_limits.max_miles is not None and miles > trip_limits.max_miles:
            continue
        if trip_limits.max_taxes is not None and amount > trip_limits.max_taxes.amount:
            continue
        found.append((miles, amount, out.departure_date, back.departure_date, i, j))
    return [(i, j) for *_, i, j in sorted(found)]
