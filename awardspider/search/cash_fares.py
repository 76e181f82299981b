"""Cash fares of the flights of offers, and the rules by which two offers have the same flights."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from awardspider.items import AwardOfferItem, Cabin, Detail, Segment
from awardspider.search.judgments import CashFare
from awardspider.search.number_settings import parse_number

SETTING = "AWARD_CASH_FARE_HOURS"

#: As long as offers count as available; fares change several times a day, so the age is always shown beside the value.
DEFAULT_CASH_FARE_HOURS = 48
_MOST_HOURS = 24 * 31


@dataclass(frozen=True, slots=True, kw_only=True)
class FlightsFare:
    """The cash fare of flights on a local departure date in one cabin."""

    departure_date: date
    cabin: Cabin
    segments: tuple[Segment, ...]
    fare: CashFare


def cash_fare_age(settings: Mapping[str, Any]) -> timedelta:
    """Return the age up to which the cash fare of another offer is used; 0 means only an offer's own.

    Raise InvalidSetting if the setting is invalid.
    """
    expected = f"a number of hours from 0 to {_MOST_HOURS}"
    hours = parse_number(settings, SETTING, DEFAULT_CASH_FARE_HOURS, highest=_MOST_HOURS, expected=expected)
    return timedelta(hours=hours)


def has_one_cabin(offer: AwardOfferItem) -> bool:
    """Return whether an offer has flights that are known to be all in its cabin.

    A single flight has one cabin even if the program does not report mixed cabins.
    """
    if offer.detail is not Detail.ITINERARY or not offer.segments or offer.mixed_cabin:
        return False
    return offer.mixed_cabin is False or len(offer.segments) == 1


def own_fare(offer: AwardOfferItem) -> FlightsFare | None:
    """Return the cash fare that an offer has itself; None without one, without flights or with mixed cabins."""
    if offer.cash_price is None or offer.cash_price.amount <= 0 or not has_one_cabin(offer):
        return None
    amount, currency = offer.cash_price
    fare = CashFare(amount=amount, currency=currency, source=offer.source, seen_at=offer.seen_at)
    return FlightsFare(
        departure_date=offer.departure_date, cabin=offer.cabin, segments=tuple(offer.segments), fare=fare
    )


class CashFares:
    """Cash fares by flights, date and cabin.

    Two offers have the same flights if their flight numbers are equal or if they are the same operating flights under
    other numbers: airports, departure times and the known operating carriers of all segments are equal. The newest
    fare counts, and of several that were seen at one time the lowest.
    """

    def __init__(self, fares: Iterable[FlightsFare] = ()) -> None:
        self._fares: dict[tuple[object, ...], CashFare] = {}
        for fare in fares:
            self.add(fare)

    def add(self, fare: FlightsFare) -> None:
        """Add a fare."""
        for key in _keys(fare.departure_date, fare.cabin, fare.segments):
            known = self._fares.get(key)
            if known is None or _rank(fare.fare) > _rank(known):
                self._fares[key] = fare.fare

    def fare_of(self, offer: AwardOfferItem, *, max_age: timedelta) -> CashFare | None:
        """Return the cash fare of an offer's flights in its cabin: its own, or else a known one; None without any.

        `max_age` is the greatest age of another offer's fare when this offer was seen.
        """
        own = own_fare(offer)
        if own is not None:
            return own.fare
        if not self._fares or not has_one_cabin(offer):
            return None
        found = [
            fare
            for key in _keys(offer.departure_date, offer.cabin, offer.segments)
            if (fare := self._fares.get(key)) is not None and offer.seen_at - fare.seen_at <= max_age
        ]
        return max(found, key=_rank, default=None)


def _rank(fare: CashFare) -> tuple[datetime, Decimal]:
    return fare.seen_at, -fare.amount


def _keys(day: date, cabin: Cabin, segments: Iterable[Segment]) -> list[tuple[object, ...]]:
    segments = tuple(segments)
    keys: list[tuple[object, ...]] = [
        (day, cabin, *((segment.flight, segment.origin, segment.destination) for segment in segments))
    ]
    operated = operated_flights(segments)
    return [*keys, (day, cabin, operated)] if operated else keys


@functools.lru_cache(4096)
def operated_flights(segments: tuple[Segment, ...]) -> tuple[tuple[object, ...], ...] | None:
    """Return airports, departure and operating carrier of each flight; None if a carrier is unknown."""
    if not all(segment.operating_carrier for segment in segments):
        return None
    return tuple(
        (segment.operating_carrier, segment.origin, segment.destination, segment.departs_at.astimezone(UTC))
        for segment in segments
    )
