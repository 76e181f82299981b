"""Partners of offers: the best one is that of the best round trip among all pairs with the offer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awardspider.items import AwardOfferItem, Cabin, Detail, Money, Segment
from awardspider.search.exchange_rates import ExchangeRates
from awardspider.search.round_trips import TripLimits, find_round_trips
from awardspider.search.trip_partners import OfferScope, TripPartner, TripPartners
from awardspider.search.watches import Watch, build

DAY = date(2027, 3, 1)
NOW = datetime(2026, 11, 28, tzinfo=UTC)
RATES = ExchangeRates(day=NOW.date(), rates={"USD": Decimal("1.25")}, source="test")


def offer(
    route: str = "SFO-NRT", day: int = 0, miles: int | None = 60_000, taxes: str = "20 USD", **fields: Any
) -> AwardOfferItem:
    """Return an offer of a day, from a source that gives no flights unless the detail is another one."""
    origin, destination = route.split("-")
    values: dict[str, Any] = {
        "program": "virginatlantic",
        "source": "virginatlantic",
        "detail": Detail.DAY,
        "cabin": Cabin.BUSINESS,
        "seen_at": NOW,
        "taxes": Money(Decimal(taxes.split()[0]), taxes.split()[1]) if taxes else None,
    }
    return AwardOfferItem(
        origin=origin,
        destination=destination,
        departure_date=DAY + timedelta(days=day),
        miles=miles,
        **values | fields,
    )


def back(day: int, miles: int | None = 60_000, **fields: Any) -> AwardOfferItem:
    return offer("NRT-SFO", day, miles, **fields)


def watch(nights: str = "5-9", **fields: Any) -> Watch:
    values = {"origin": "SFO", "destination": "TYO", "dates": "2027-03-01..2027-03-10", "nights": nights}
    return build({"name": "Tokyo", **values, **fields})


def partners_among(offers: Sequence[AwardOfferItem], *watches: Watch) -> TripPartners:
    def find(scope: OfferScope, _: datetime) -> Iterable[AwardOfferItem]:
        return [offer for offer in offers if offer in scope]

    return TripPartners(watches, find, rates=RATES)


def best(partners: TripPartners, of: AwardOfferItem, key: str = "Tokyo") -> TripPartner | None:
    return partners.find_best(key, of, first=of.departure_date, last=of.departure_date, now=NOW)


def partner(of: AwardOfferItem, offers: Sequence[AwardOfferItem], **fields: Any) -> TripPartner | None:
    return best(partners_among(offers, watch(**fields)), of)


def test_the_partner_has_the_fewest_miles_then_the_lowest_taxes() -> None:
    cheapest = back(7, 50_000, taxes="10 EUR")
    found = partner(offer(), [back(5, 60_000, taxes="1 USD"), back(6, 50_000, taxes="13 USD"), cheapest])
    assert found == TripPartner(
        offer=cheapest, is_return=True, nights=7, miles=110_000, taxes=Money(Decimal("32.50"), "USD")
    )


def test_the_partner_of_a_return_is_an_outbound_offer() -> None:
    found = partner(back(6), [offer(day=0), offer(day=1, miles=55_000), offer(day=2, miles=50_000)])
    assert found
    assert (found.is_return, found.nights, found.offer.departure_date) == (False, 5, DAY + timedelta(days=1))


@pytest.mark.parametrize(
    "other",
    [
        back(4),
        back(10),
        back(7, miles=61_000),
        back(7, taxes="25 EUR"),
        back(7, taxes="25 ISK"),
        back(7, cabin=Cabin.ECONOMY),
        back(7, travelers=2),
        offer("NRT-OAK", 7),
        offer("KIX-SFO", 7),
        offer("SFO-NRT", 7),
        back(7, program="united", source="united"),
    ],
)
def test_no_partner(other: AwardOfferItem) -> None:
    limits = {"max_trip_miles": 120_000, "max_trip_taxes": "50 USD", "cabins": ["business"]}
    assert partner(offer(), [other], **limits) is None
    assert partner(offer(), [other, back(7)], **limits)


def test_an_offer_with_unknown_taxes_has_the_partner_with_the_lowest_taxes() -> None:
    for taxes in ("5 ISK", ""):
        found = partner(offer(taxes=taxes), [back(5, taxes="20 EUR"), back(6, taxes="10 USD"), back(7, taxes="")])
        assert found
        assert (found.nights, found.taxes) == (6, None)


def test_the_return_can_leave_from_another_airport_of_the_city() -> None:
    found = partner(offer(), [offer("HND-SFO", 7)])
    assert found
    assert found.offer.origin == "HND"


def test_what_a_source_never_gives_does_not_exclude_a_partner() -> None:
    seats = back(7, None, taxes="", detail=Detail.SEATS, program="cathay", source="cathay", travelers=1)
    limits = {"max_trip_miles": 100_000, "max_trip_taxes": "50 USD"}
    found = partner(offer(), [seats], **limits)
    assert found
    assert (found.miles, found.taxes) == (None, None)
    assert partner(offer(miles=100_001), [seats], **limits) is None
    priced = back(7, 40_000, taxes="5 USD")
    assert partner(offer(), [seats, priced], **limits) == TripPartner(
        offer=priced, is_return=True, nights=7, miles=100_000, taxes=Money(Decimal(25), "USD")
    )


def test_the_return_leaves_after_the_outbound_flights_arrive() -> None:
    def flight(route: str, departs: str, arrives: str, zones: tuple[str, str]) -> AwardOfferItem:
        origin, destination = route.split("-")
        segment = Segment(
            marketing_carrier="UA",
            operating_carrier="UA",
            flight_number="1",
            origin=origin,
            destination=destination,
            departs_at=datetime.fromisoformat(departs).replace(tzinfo=ZoneInfo(zones[0])),
            arrives_at=datetime.fromisoformat(arrives).replace(tzinfo=ZoneInfo(zones[1])),
        )
        day = (segment.departs_at.date() - DAY).days
        detail, program = Detail.ITINERARY, "united"
        return offer(route, day, segments=(segment,), detail=detail, program=program, source=program)

    zones = "America/Los_Angeles", "Asia/Tokyo"
    out = flight("SFO-NRT", "2027-03-01 11:00", "2027-03-02 15:20", zones)
    early = flight("NRT-SFO", "2027-03-02 11:00", "2027-03-02 04:00", zones[::-1])
    late = flight("NRT-SFO", "2027-03-02 17:00", "2027-03-02 10:00", zones[::-1])
    assert partner(out, [early], nights="1") is None
    assert partner(early, [out], nights="1") is None
    found = partner(out, [early, late], nights="1")
    assert found
    assert found.offer is late


def test_offers_of_the_run_are_added_changed_and_removed() -> None:
    partners = partners_among([back(7)], watch(max_miles=70_000))
    assert best(partners, offer())
    partners.update(back(7, 55_000), ["Tokyo"])
    found = best(partners, offer())
    assert found
    assert found.miles == 115_000
    partners.update(back(7, 75_000), [])
    assert best(partners, offer()) is None
    partners.update(back(8), ["Tokyo"])
    assert best(partners, offer())
    partners.clear()
    found = best(partners, offer())
    assert found
    assert found.nights == 7


def amount(of: AwardOfferItem) -> Money | None:
    """Return the taxes in USD; None if they cannot be compared."""
    return RATES.convert(of.taxes, "USD") if of.taxes else None


@settings(deadline=None, max_examples=80)
@given(data=st.data())
def test_the_partner_is_that_of_the_best_pair(data: st.DataObject) -> None:
    def offers(route: str, first: int) -> list[AwardOfferItem]:
        values = st.tuples(
            st.sampled_from((route, route.replace("NRT", "HND"))),
            st.integers(first, first + 5),
            st.sampled_from((40_000, 50_000, 60_000)),
            st.sampled_from(("10 USD", "20 EUR", "5 ISK", "")),
            st.sampled_from((Cabin.BUSINESS, Cabin.FIRST)),
        )
        found = {
            one.offer_id: one
            for one in (offer(*each[:4], cabin=each[4]) for each in data.draw(st.lists(values, max_size=12)))
        }
        return list(found.values())

    outbound, inbound = offers("SFO-NRT", 0), offers("NRT-SFO", 4)
    trip = watch(
        nights=data.draw(st.sampled_from(("3-6", "5", "0-20"))),
        max_trip_miles=data.draw(st.sampled_from((None, 80_000, 100_000))),
        max_trip_taxes=data.draw(st.sampled_from((None, "30 USD", "40 EUR"))),
    )
    assert trip.nights
    limits = TripLimits(nights=trip.nights, max_miles=trip.max_trip_miles, max_taxes=trip.max_trip_taxes)
    # An offer whose taxes cannot be compared with the limit does not match the watch.
    known = [
        one
        for one in (*outbound, *inbound)
        if trip.max_trip_taxes is None or (one.taxes and one.taxes.currency != "ISK")
    ]
    partners = partners_among(known, trip)
    for of, others in (*product(outbound, [inbound]), *product(inbound, [outbound])):
        if of not in known:
            continue
        sides = ([of], others) if others is inbound else (others, [of])
        expected = find_round_trips(*sides, limits, rates=RATES)
        found = best(partners, of)
        assert (found is None) == (not expected)
        if found:
            first = expected[0]
            assert found.miles == first.miles
            dates = {first.outbound.departure_date, first.inbound.departure_date}
            assert {of.departure_date, found.offer.departure_date} == dates
            other = first.inbound if others is inbound else first.outbound
            assert found.offer.miles == other.miles
            assert amount(found.offer) == amount(other)
