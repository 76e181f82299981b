"""Southwest's parser: landings on the way."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from awardspider.items import AwardOfferItem, Search, SearchKind
from awardspider.parsers.southwest import PARSERS
from tests.support.paths import FIXTURES

MISSING = object()


def stops(number: object, legs: object) -> list[tuple[int | None, list[int]]]:
    """Return the stops of the offers and of their segments if a nonstop flight has these values."""
    folder = FIXTURES / "southwest" / "flights-nonstop"
    response = json.loads((folder / "response.json").read_bytes())
    scope = json.loads((folder / "expected.json").read_bytes())["search"]
    for detail in response["data"]["searchResults"]["airProducts"][0]["details"]:
        for segment in detail["segments"]:
            for key, value in (("numberOfStops", number), ("stopsDetails", legs)):
                segment[key] = value
                if value is MISSING:
                    del segment[key]
    day = date.fromisoformat(scope["first"])
    search = Search(
        program="southwest",
        kind=SearchKind.ITINERARY,
        origin=scope["origin"],
        destination=scope["destination"],
        first=day,
        last=day,
    )
    items = PARSERS[SearchKind.ITINERARY](json.dumps(response).encode(), search, datetime(2026, 11, 20, tzinfo=UTC))
    return [(item.stops, [one.stops for one in item.segments]) for item in items if isinstance(item, AwardOfferItem)]


LEG: dict[str, Any] = {"legDuration": 60, "stopDuration": 30, "changePlanes": False}


@pytest.mark.parametrize(
    ("number", "legs", "expected"),
    [
        (0, [LEG], 0),
        (1, [LEG, LEG], 1),
        ("1", [LEG, LEG], 1),
        (MISSING, [LEG], 0),
        (MISSING, [LEG, LEG], 1),
        (MISSING, [LEG, LEG, LEG], 2),
        (None, [LEG, LEG], 1),
        ("none", [LEG, LEG], 1),
        (MISSING, [], None),
        (MISSING, None, None),
        (MISSING, MISSING, None),
        (MISSING, "two", None),
    ],
)
def test_landings_are_counted_where_their_number_is_missing(number: object, legs: object, expected: int | None) -> None:
    found = stops(number, legs)
    assert found
    assert {(total, *of_segments) for total, of_segments in found} == {(expected, expected or 0)}
