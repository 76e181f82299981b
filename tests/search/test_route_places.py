"""Cities and airports of a route that prose names."""

from __future__ import annotations

import pytest

from awardspider.search.route_places import route_place


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Frankfurt", "FRA"),
        ("Cancun, Mexico", "CUN"),
        ("New York", "NYC"),
        ("Nova York", "NYC"),
        ("São Paulo", "SAO"),
        ("Portland, Oregon", "PDX"),
        ("LAX", "LAX"),
        ("Singapore", "SIN"),
        ("Portland", None),
        ("Italy", None),
        ("Hawaii", None),
        ("Frankfort to", None),
        ("XQZ", None),
        ("lax", None),
        ("Paris, Italy", None),
        ("", None),
    ],
)
def test_route_place(text: str, code: str | None) -> None:
    assert route_place(text) == code
