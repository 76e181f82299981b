"""Reasons for which an offer does not match a watch, in words and with a distance that ranks near misses."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from awardspider.items import Money

#: The distance of a miss that has no measure, such as a carrier that the watch excludes.
PLAIN_DISTANCE = 0.5
#: A day outside the dates, or a night, counts as one part in this many of a distance of 1.0.
FARTHEST_DAYS = 30
#: Each reason adds this to the distance of a near miss, so that one reason ranks before several small ones.
DISTANCE_PER_REASON = 0.1

_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


class Criterion(StrEnum):
    """Criteria of a watch. The values are the fields of a watch file."""

    PROGRAMS = "programs"
    REACHABLE_ONLY = "reachable_only"
    ORIGIN = "origin"
    DESTINATION = "destination"
    DATES = "dates"
    NIGHTS = "nights"  # of a pair of offers
    CABINS = "cabins"
    MIN_CABIN_SHARE = "min_cabin_share"
    ALLOW_MIXED_CABIN = "allow_mixed_cabin"
    MAX_MILES = "max_miles"
    MAX_TRIP_MILES = "max_trip_miles"
    MAX_POINTS = "max_points"
    MAX_TAXES = "max_taxes"
    MAX_TRIP_TAXES = "max_trip_taxes"
    SALE_ONLY = "sale_only"
    SAVER_ONLY = "saver_only"
    DEAL = "deal"
    MIN_CPP = "min_cpp"
    TRAVELERS = "travelers"
    MIN_SEATS = "min_seats"
    MAX_STOPS = "max_stops"
    MAX_DURATION = "max_duration"
    DEPARTURE_HOURS = "departure_hours"
    ARRIVAL_HOURS = "arrival_hours"
    VIA = "via"
    NOT_VIA = "not_via"
    CARRIERS = "carriers"
    NOT_CARRIERS = "not_carriers"
    OPERATED_BY = "operated_by"
    NOT_OPERATED_BY = "not_operated_by"
    AIRCRAFT = "aircraft"
    FLIGHTS = "flights"
    EXPIRES = "expires"


class Miss(NamedTuple):
    """One reason for which an offer does not match, or may not match, a watch.

    `distance` ranks near misses: 0.05 is 5 percent over a limit, and 1.0 is far. `unknown` is the field that the offer
    lacks, if the criterion can be neither confirmed nor ruled out; then the distance is 0.
    """

    criterion: Criterion
    text: str
    distance: float
    unknown: str = ""

    @property
    def is_unknown(self) -> bool:
        """Return whether the offer does not say if it meets the criterion."""
        return bool(self.unknown)


def not_said(criterion: Criterion, field: str, subject: str) -> Miss:
    """Return the reason that an offer lacks a field."""
    return Miss(criterion, f"does not say {subject}", 0.0, field)


def total_distance(reasons: Iterable[Miss]) -> float:
    """Return the distance of all known reasons together."""
    known = [reason.distance for reason in reasons if not reason.is_unknown]
    return sum(known) + DISTANCE_PER_REASON * len(known)


def share_over(value: float | Decimal, limit: float | Decimal) -> float:
    """Return by which share of the limit a value is over it; a limit of 0 counts as 1."""
    return float((value - limit) / max(limit, 1))  # type: ignore[operator]  # both are of one type


def count_text(number: int, noun: str) -> str:
    """Return a number and its noun, such as `one seat` or `12 seats`."""
    words = _NUMBERS[number] if number < len(_NUMBERS) else str(number)
    return f"{words} {noun}" if number == 1 else f"{words} {noun}s"


def minutes_text(minutes: int) -> str:
    """Return a period in words, such as `2 h 10 min`."""
    hours, rest = divmod(minutes, 60)
    return " ".join([f"{hours} h"] * bool(hours) + [f"{rest} min"] * bool(rest or not hours))


def money_text(money: Money) -> str:
    """Return an amount, such as `12.40 USD`."""
    return f"{money.amount:,f} {money.currency}"
