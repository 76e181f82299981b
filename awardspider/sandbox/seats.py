"""Seat counts: a route's seats by cabin and day, added up over its itineraries."""

from __future__ import annotations

from collections.abc import Iterator
from operator import add

from awardspider.items import Cabin
from awardspider.sandbox.availability import BUSINESS, BUSINESS_SAVER, ECONOMY, FIRST, PREMIUM, SAVER, Seats
from awardspider.sandbox.connections import Itinerary
from awardspider.sandbox.inventory import Inventory

LETTERS = {Cabin.ECONOMY: "E", Cabin.PREMIUM_ECONOMY: "P", Cabin.BUSINESS: "B", Cabin.FIRST: "F"}
SAVER_CLASSES = {
    Cabin.ECONOMY: SAVER,
    Cabin.PREMIUM_ECONOMY: PREMIUM,
    Cabin.BUSINESS: BUSINESS_SAVER,
    Cabin.FIRST: FIRST,
}
ALL_CLASSES = SAVER_CLASSES | {Cabin.ECONOMY: ECONOMY, Cabin.BUSINESS: BUSINESS}


def seat_counts(
    inventory: Inventory,
    route: tuple[str, str],
    first: int,
    days: int,
    step: int,
    *,
    saver: bool,
    nonstop: bool = False,
) -> dict[Cabin, list[int]]:
    """Return the seats in each cabin that the route's flights have: one number per day from the ordinal `first`.

    `saver` counts saver seats only; `nonstop` counts only itineraries without a change of planes.
    """
    counts: dict[Cabin, list[int]] = {}
    for period, itinerary, legs in inventory.availability(*route, first, days, step):
        if nonstop and len(itinerary.flights) > 1:
            continue
        start, end = period.first, period.first + period.days
        for cabin, seats in _itinerary_seats(itinerary, legs, saver):
            daily = counts.setdefault(cabin, [0] * days)
            daily[start:end] = map(add, daily[start:end], seats)
    return counts


def _itinerary_seats(itinerary: Itinerary, legs: list[Seats], saver: bool) -> Iterator[tuple[Cabin, bytes]]:
    """Yield each cabin's daily seats: the fewest on any flight. Flights without premium economy count economy."""
    classes = SAVER_CLASSES if saver else ALL_CLASSES
    aboard = [flight.cabins for flight in itinerary.flights]
    for cabin, letter in LETTERS.items():
        on_some = cabin is Cabin.PREMIUM_ECONOMY and any(letter in cabins for cabins in aboard)
        if not on_some and not all(letter in cabins for cabins in aboard):
            continue
        rows = [
            seats[classes[cabin if letter in cabins else Cabin.ECONOMY]]
            for seats, cabins in zip(legs, aboard, strict=True)
        ]
        yield cabin, rows[0] if len(rows) == 1 else bytes(map(min, *rows))
