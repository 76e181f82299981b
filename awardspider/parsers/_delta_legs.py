"""The legs of a Delta offer: which segment each leg belongs to, and the cabin on it.

Facts and sources: docs/sources/delta.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from awardspider.items import Cabin, Segment
from awardspider.parsers._delta_brands import leg_cabin
from awardspider.parsers._wire import Required, Wire


class LegFare(Wire):
    """An offer's brand and class on one leg."""

    brand_id: Required[Any] = None
    cos_code: Any = None
    flight_segment_num: Any = None


def legs_of_segments(legs: list[LegFare], numbers: list[str], segments: Sequence[Segment]) -> list[list[int]]:
    """Return the indexes of each segment's legs, matched by segment number, or by order if any number is missing."""
    of_legs = [str(leg.flight_segment_num) for leg in legs]
    if any(leg.flight_segment_num is None for leg in legs):
        pairs = zip(numbers, segments, strict=True)
        in_order = [number for number, segment in pairs for _ in range(segment.stops + 1)]
        of_legs = next((candidate for candidate in (in_order, numbers) if len(candidate) == len(legs)), of_legs)
    return [[leg for leg, number in enumerate(of_legs) if number == segment_number] for segment_number in numbers]


def leg_cabins(
    legs: list[LegFare], indexes_of_segments: list[list[int]], segments: Sequence[Segment]
) -> list[Cabin | None]:
    """Return the cabin on each leg; None if it is unknown."""
    carriers: dict[int, tuple[str | None, ...]] = {
        index: carriers_of([segment])
        for segment, indexes in zip(segments, indexes_of_segments, strict=True)
        for index in indexes
    }
    every = carriers_of(segments)
    return [leg_cabin(leg.brand_id, leg.cos_code, carriers.get(index, every)) for index, leg in enumerate(legs)]


def carriers_of(segments: Sequence[Segment]) -> tuple[str | None, ...]:
    """Return the marketing and operating carriers of segments."""
    return tuple(code for segment in segments for code in (segment.marketing_carrier, segment.operating_carrier))
