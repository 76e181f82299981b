"""Round trips among the one-way offers of a pair of cities."""

from __future__ import annotations

import random
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product

from awardspider.items import AwardOfferItem, Cabin, Detail, Money
from awardspider.search.round_trips import TripLimits, find_round_trips
from awardspider.search.watch_fields import Nights

SEED = 7
DAYS = 330
TRIPS = 50  # of each search
PROGRAMS = ("aeroplan", "alaska", "american", "united", "virginatlantic")


def run(full: bool) -> dict[str, float | int]:
    """Return the processor seconds of the slowest search for the best round trips, and the number of one-way offers.

    The searches have narrow and wide ranges of nights, with and without limits, and offers that all cost the same:
    the last needs the comparison of taxes for each. The pairs of a small sample are compared with all pairs.
    """
    count = 50_000 if full else 2_000
    _compare_with_all_pairs()
    seconds = []
    for prices in ((20_000, 300_000), (80_000, 80_000)):
        outbound, inbound = _offers("SFO", "NRT", count // 2, prices), _offers("HND", "SFO", count // 2, prices)
        for limits in _limits():
            started = time.process_time()
            find_round_trips(outbound, inbound, limits, limit=TRIPS)
            seconds.append(time.process_time() - started)
    return {"pairs_seconds": max(seconds), "pairs_offers": count, "pairs_searches": len(seconds)}


def _limits() -> list[TripLimits]:
    narrow, wide = Nights(5, 9), Nights(0, 180)
    taxes = Money(Decimal("10.20"), "USD")
    return [
        TripLimits(nights=narrow),
        TripLimits(nights=wide),
        TripLimits(nights=narrow, max_miles=180_000, max_taxes=Money(Decimal(120), "USD")),
        TripLimits(nights=narrow, max_taxes=taxes),
        TripLimits(nights=wide, max_taxes=taxes, same_program=True),
    ]


def _offers(origin: str, destination: str, count: int, prices: tuple[int, int]) -> list[AwardOfferItem]:
    source = random.Random(f"{SEED} {origin} {prices}")
    return [
        AwardOfferItem(
            program=(program := source.choice(PROGRAMS)),
            source=program,
            detail=Detail.ITINERARY,
            origin=origin,
            destination=destination,
            departure_date=date(2027, 1, 1) + timedelta(days=source.randrange(DAYS)),
            cabin=Cabin.BUSINESS,
            miles=source.randrange(prices[0], prices[1] + 1, 500),
            taxes=Money(Decimal(source.randrange(500, 30_000)) / 100, "USD"),
            seen_at=datetime(2026, 11, 28, tzinfo=UTC),
        )
        for _ in range(count)
    ]


def _compare_with_all_pairs() -> None:
    """Raise AssertionError if the pairs of a sample are not those of a comparison of all pairs."""
    outbound, inbound = _offers("SFO", "NRT", 200, (20_000, 90_000)), _offers("NRT", "SFO", 200, (20_000, 90_000))
    found = find_round_trips(outbound, inbound, TripLimits(nights=Nights(5, 9), max_miles=100_000))
    every = sorted(
        (out.miles or 0) + (back.miles or 0)
        for out, back in product(outbound, inbound)
        if 5 <= (back.departure_date - out.departure_date).days <= 9
    )
    expected = [miles for miles in every if miles <= 100_000]
    if [trip.miles for trip in found] != expected:
        raise AssertionError(f"{len(found)} pairs were found, but there are {len(expected)}")
