"""What readers of a day's flights share: whether flights are those asked for, and what tells one way from another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, MutableMapping, Sequence
from datetime import date
from typing import TypeVar

from awardspider.items import AwardOfferItem, Cabin, Search, Segment

Key = TypeVar("Key", bound=Hashable)


def were_asked(segments: Sequence[Segment], search: Search) -> bool:
    """Whether the flights go from the origin to the destination asked for, on one of its days."""
    return (
        segments[0].origin == search.origin
        and segments[-1].destination == search.destination
        and search.first <= segments[0].departs_at.date() <= search.last
    )


def route_and_day(segments: Sequence[Segment]) -> str:
    """`DEN-LAS 2027-03-05`, as notes name flights that were not asked for."""
    return f"{segments[0].origin}-{segments[-1].destination} {segments[0].departs_at.date()}"


def flights_of(segments: Sequence[Segment]) -> tuple[str, ...]:
    """What tells one way to get there from another: the flight numbers with their departures."""
    return tuple(f"{segment.flight} {segment.departs_at}" for segment in segments)


def keep_lower(offers: MutableMapping[Key, AwardOfferItem], key: Key, offer: AwardOfferItem) -> None:
    """Keep the offer under its key, unless its twin there costs as much or less."""
    twin = offers.get(key)
    if twin is None or (offer.miles or 0) < (twin.miles or 0):
        offers[key] = offer


def as_sold(segment: Segment, cabin: Cabin | None, code: str | None) -> Segment:
    """The flight with the cabin and the booking code of one fare."""
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
        booking_code=code,
        stops=segment.stops,
    )


def codes_of(segments: Sequence[Segment]) -> str | None:
    """The booking codes of a whole way: one where all are alike, else each, as `X/X/Y`; None where none is told."""
    codes = [segment.booking_code for segment in segments if segment.booking_code]
    return codes[0] if len(set(codes)) == 1 else "/".join(codes) or None


def mostly(ways: Sequence[Sequence[Segment]]) -> tuple[str, str, date]:
    """Origin, destination and day of most of these ways: what the answer is about, whatever leaks into it."""
    routes = Counter((segments[0].origin, segments[-1].destination) for segments in ways)
    days = Counter(segments[0].departs_at.date() for segments in ways)
    [((origin, destination), _)], [(day, _)] = routes.most_common(1), days.most_common(1)
    return origin, destination, day


def booked(segment: Segment, cabin: Cabin | None, booking_code: str | None) -> Segment:
    """Return the segment with a cabin and a booking code. `dataclasses.replace` takes three times as long."""
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
    """Return the booking codes of an offer: one if all are the same, else as `X/X/Y`, None without codes."""
    known = [code for code in codes if code]
    return known[0] if len(set(known)) == 1 else "/".join(known) or None


def is_mixed(cabin: Cabin, cabins: Sequence[Cabin | None]) -> bool | None:
    """Return True if a segment flies below the cabin of the offer, None if the cabin of a segment is unknown."""
    if any([one is not None and one.rank < cabin.rank for one in cabins]):
        return True
    return None if None in cabins else False
