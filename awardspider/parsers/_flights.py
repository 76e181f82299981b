"""Helpers for the segments of an itinerary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from awardspider.items import Cabin, Segment


def booked(segment: Segment, cabin: Cabin | None, booking_code: str | None) -> Segment:
    """Copy a segment with a cabin and a booking code. `dataclasses.replace` would take three times as long."""
    return Segment(
        marketing_carrier=segment.marketing_carrier,
        operating_carrier=segment.operating_carrier,
        flight_number=segment.flight_number,
        origin=segment.origin,
        destination=segment.destination,
        departs_at=segment.departs_at,
        arrives_at=segment.arrives_at,
        aircraft=segment.aircraft,
        cabin=cabin,
        booking_code=booking_code,
        stops=segment.stops,
    )


def joined_codes(codes: Iterable[str | None]) -> str | None:
    """Return an offer's booking codes: one if all are equal, otherwise joined as `X/X/Y`; None if there are none."""
    known = [code for code in codes if code]
    return known[0] if len(set(known)) == 1 else "/".join(known) or None


def highest(cabins: Sequence[Cabin | None]) -> Cabin | None:
    """Return the highest cabin of an itinerary's segments, or None if one is unknown, because it could be higher."""
    known = [cabin for cabin in cabins if cabin is not None]
    return max(known, key=lambda cabin: cabin.rank, default=None) if len(known) == len(cabins) else None


def is_mixed(cabin: Cabin, cabins: Sequence[Cabin | None]) -> bool | None:
    """Return True if a segment is below the offer's cabin; otherwise None if any is unknown, or else False."""
    if any(one is not None and one.rank < cabin.rank for one in cabins):
        return True
    return None if None in cabins else False
