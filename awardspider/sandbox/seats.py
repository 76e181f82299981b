"""Seat counts: how many seats a route has in each cabin on each of many days, all its itineraries together."""

from __future__ import annotations

from collections.abc import Iterable
from operator import add

from awardspider.items import Cabin
from awardspider.sandbox.availability import Seats
from awardspider.sandbox.connections import Itinerary
from awardspider.sandbox.inventory import Inventory

LETTERS = {Cabin.ECONOMY: "E", Cabin.PREMIUM_ECONOMY: "P", Cabin.BUSINESS: "B", Cabin.FIRST: "F"}


def seat_counts(
    inventory: Inventory, route: tuple[str, str], first: int, days: int, step: int, *, saver: bool, nonstop: bool = False
) -> dict[Cabin, list[int]]:
    """Seats for each cabin that is on board, one number a day from the ordinal `first`.

    With `saver` only seats at the low price count, with `nonstop` only flights without a change of planes.
    """
    counts: dict[Cabin, list[int]] = {}
    for run, itinerary, legs in inventory.availability(*route, first, days, step):
        if nonstop and len(itinerary.flights) > 1:
            continue
        start, end = run.first, run.first + run.days
        for cabin, seats in _of_itinerary(itinerary, legs, saver):
            every = counts.setdefault(cabin, [0] * days)
            every[start:end] = map(add, every[start:end], seats)
    return counts


def _of_itinerary(itinerary: Itinerary, legs: list[Seats], saver: bool) -> Iterable[tuple[Cabin, bytes]]:
    """The seats of its fullest flight for each cabin; premium economy only where a flight has it."""
    aboard = [flight.cabins for flight in itinerary.flights]
    for cabin, letter in LETTERS.items():
        premium = cabin is Cabin.PREMIUM_ECONOMY and any(letter in cabins for cabins in aboard)
        if not premium and not all(letter in cabins for cabins in aboard):
            continue
        rows = [
            _of_flight(seats, cabin if letter in cabins else Cabin.ECONOMY, saver)
            for seats, cabins in zip(legs, aboard, strict=True)
        ]
        yield cabin, rows[0] if len(rows) == 1 else bytes(map(min, *rows))


def _of_flight(seats: Seats, cabin: Cabin, saver: bool) -> bytes:
    match cabin:
        case Cabin.ECONOMY:
            return seats.saver if saver else seats.economy
        case Cabin.PREMIUM_ECONOMY:
            return seats.premium
        case Cabin.BUSINESS:
            return seats.business_saver if saver else seats.business
    return seats.first
