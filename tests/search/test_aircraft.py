"""Comparison of aircraft with codes of IATA and ICAO and with names as programs write them."""

from __future__ import annotations

import re

import pytest

from awardspider.search.aircraft import compare_aircraft
from tests.support.paths import FIXTURES


@pytest.mark.parametrize(
    ("code", "written", "same"),
    [
        ("77W", "Boeing 777-300ER", True),
        ("B77W", "77W", True),
        ("77W", "b77w", True),
        ("77W", "Boeing 777-300", False),
        ("777", "Boeing 777-300ER", True),
        ("777", "772", True),
        ("77W", "777", None),
        ("77W", "Boeing 777", None),
        ("77W", "787", False),
        ("789", "Boeing 787-9 Dreamliner", True),
        ("789", "Boeing 787-9 Passenger", True),
        ("788", "Boeing 787-9 Dreamliner", False),
        ("7M8", "Boeing 737 MAX 8 Passenger", True),
        ("738", "Boeing 737 MAX 8 Passenger", False),
        ("738", "7S8", True),
        ("739", "Boeing 737-900 (Winglets) Passenger", True),
        ("739", "Boeing 737-900ER", True),
        ("32Q", "Airbus A321neo", True),
        ("321", "Airbus A321neo", False),
        ("321", "32S", None),
        ("359", "Airbus A350-900", True),
        ("359", "A350", None),
        ("351", "Airbus A350-900", False),
        ("388", "A380", True),
        ("E75", "Embraer E175 Passenger", True),
        ("E90", "Embraer 190", True),
        ("333", "Airbus 330-300", True),
        ("32N", "320neo", True),
        ("7M8", "MAX 8", True),
        ("MAX 8", "737", None),
        ("738", "8", None),
        ("CR9", "Bombardier CRJ-900", True),
        ("Boeing 777", "77W", True),
        ("XXX", "xxx", True),
        ("XXX", "77W", False),
        ("77W", "Hovercraft", None),
        ("XXX", "Hovercraft", None),
    ],
)
def test_codes_and_names_of_one_aircraft_are_the_same(code: str, written: str, same: bool | None) -> None:
    assert compare_aircraft(code, written) is same


def test_every_aircraft_of_the_fixtures_is_known() -> None:
    texts = [path.read_text(encoding="utf-8") for path in FIXTURES.rglob("*.json")]
    written = {name for text in texts for name in re.findall(r'"aircraft": "([^"]+)"', text)}
    assert len(written) > 30
    assert not {name for name in written if compare_aircraft("A388", name) is None}
