"""Helpers for the segments of an itinerary."""

from __future__ import annotations

import pytest

from awardspider.items import Cabin
from awardspider.parsers._flights import highest

ECONOMY, BUSINESS = Cabin.ECONOMY, Cabin.BUSINESS


@pytest.mark.parametrize(
    ("cabins", "expected"),
    [
        ([ECONOMY], ECONOMY),
        ([ECONOMY, BUSINESS], BUSINESS),
        ([ECONOMY, None], None),
        ([None, BUSINESS], None),
        ([None], None),
        ([], None),
    ],
)
def test_highest_cabin_is_unknown_if_one_is_unknown(cabins: list[Cabin | None], expected: Cabin | None) -> None:
    assert highest(cabins) is expected
