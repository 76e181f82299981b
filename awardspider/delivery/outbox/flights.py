"""Flights: the rows of watches about the same flights at the same price, which are shown once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import inf
from typing import Any

from awardspider.deals.ranking import OfferFacts, body_facts
from awardspider.items import fare_id
from awardspider.storage.claims import ClaimedRow

#: What two watches must have in common to share an entry: the flights and the lowest price.
FlightKey = tuple[str, Any, Any, Any]


@dataclass(frozen=True, slots=True)
class Flight:
    """Rows about the same flights at the same lowest price: fares for one watch, or several watches, in order of id.

    `shown` is the row with the lowest price, and `facts` are those of its offer.
    """

    key: FlightKey
    rows: tuple[ClaimedRow, ...]
    shown: ClaimedRow
    facts: OfferFacts


def flights_of_watches(rows: Iterable[ClaimedRow]) -> list[Flight]:
    """Group the rows of several watches into flights.

    For one watch, all fares of the same flights are one flight. Two watches share a flight if the lowest price is the
    same; otherwise, each has its own.
    """
    by_watch: dict[str | None, list[ClaimedRow]] = {}
    for row in rows:
        by_watch.setdefault(row.watch_key, []).append(row)
    shared: dict[FlightKey, list[Flight]] = {}
    for own in by_watch.values():
        for flight in flights_of_watch(own):
            shared.setdefault(flight.key, []).append(flight)
    return [merge_flights(flights) for flights in shared.values()]


def flights_of_watch(rows: Iterable[ClaimedRow]) -> list[Flight]:
    """Group the rows of one watch into flights."""
    groups: dict[str, list[ClaimedRow]] = {}
    for row in rows:
        groups.setdefault(row.flight_key or fare_id(row.subject), []).append(row)
    found = []
    for flights, group in groups.items():
        shown = cheapest(group)
        body = shown.body
        key = (flights, body.get("miles"), body.get("taxes"), body.get("taxes_currency"))
        found.append(Flight(key, tuple(sorted(group, key=lambda row: row.id)), shown, body_facts(body)))
    return found


def merge_flights(flights: Sequence[Flight]) -> Flight:
    """Return one flight with the rows of several with the same key."""
    if len(flights) == 1:
        return flights[0]
    rows = sorted((row for flight in flights for row in flight.rows), key=lambda row: row.id)
    shown = cheapest(rows)
    return Flight(flights[0].key, tuple(rows), shown, body_facts(shown.body))


def cheapest(rows: Iterable[ClaimedRow]) -> ClaimedRow:
    """Return the representative row of fares of the same flights: the one with the lowest price.

    At one price, it is the one of the largest party, whose price is also the price for fewer travelers, then the
    latest.
    """
    return min(rows, key=lambda row: (*_price(row.body), -row.body.get("travelers", 1), -row.id))


def _price(body: Mapping[str, Any]) -> tuple[float, Decimal]:
    """Return miles and taxes to compare fares of one program; unknown ones come last."""
    miles, taxes = body.get("miles"), body.get("taxes")
    return inf if miles is None else miles, Decimal("Infinity") if taxes is None else Decimal(taxes)
