"""Helpers that several simulated airlines use to build the JSON for flights."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from typing import NamedTuple

from awardspider.items import Cabin
from awardspider.sandbox.inventory import Offer
from awardspider.sandbox.places import block_minutes
from awardspider.sandbox.schedule import GROUND_MINUTES, Flight, carrier_names
from awardspider.values import elapsed

# Local departure and arrival times of each flight in an itinerary.
Times = list[tuple[datetime, datetime]]


class Leg(NamedTuple):
    """The part of a flight between a takeoff and the next landing, with local times and the duration in minutes."""

    origin: str
    departs: datetime
    destination: str
    arrives: datetime
    minutes: int


def legs_of_flight(flight: Flight, departs: datetime, arrives: datetime) -> list[Leg]:
    """Return a flight's legs: one, or two if the flight makes an intermediate stop."""
    landing = flight.intermediate_stop(departs.date())
    if landing is None:
        return [Leg(flight.origin, departs, flight.destination, arrives, flight.block)]
    via, down, up = landing
    first = block_minutes(flight.origin, via)
    second = flight.block - first - GROUND_MINUTES
    return [Leg(flight.origin, departs, via, down, first), Leg(via, up, flight.destination, arrives, second)]


def group_by_itinerary(offers: Iterable[Offer]) -> list[list[Offer]]:
    """Group offers by itinerary. Offers of the same itinerary must be adjacent."""
    return [list(group) for _, group in groupby(offers, key=lambda offer: offer.itinerary)]


def lowest_by_cabin(offers: Iterable[Offer]) -> list[Offer]:
    """Return an itinerary's lowest offer in each cabin, whether its cabins are mixed or not."""
    lowest: dict[Cabin, Offer] = {}
    for offer in offers:
        if offer.cabin not in lowest or offer.miles < lowest[offer.cabin].miles:
            lowest[offer.cabin] = offer
    return list(lowest.values())


def not_mixed_if_possible(offers: Iterable[Offer]) -> list[Offer]:
    """Return one of an itinerary's offers in each cabin: the one with that cabin on all flights, else the mixed one."""
    chosen: dict[Cabin, Offer] = {}
    for offer in offers:
        if offer.cabin not in chosen or (chosen[offer.cabin].mixed and not offer.mixed):
            chosen[offer.cabin] = offer
    return list(chosen.values())


def layovers(times: Times) -> list[int]:
    """Return the minutes between each flight and the next; 0 after the last flight."""
    waits = [elapsed(arrives, departs) for (_, arrives), (departs, _) in pairwise(times)]
    return [*(wait // timedelta(minutes=1) for wait in waits), 0]


def operator_name(flight: Flight) -> str:
    """Return the name of the airline that operates a flight."""
    return flight.operator_name or carrier_names()[flight.carrier]


def local_time(moment: datetime) -> str:
    """Format a local time without its UTC offset."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}"


def iso_milliseconds(moment: datetime) -> str:
    """Format a time as ISO 8601 with milliseconds and its UTC offset."""
    return moment.isoformat(timespec="milliseconds")
