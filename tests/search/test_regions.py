"""Regions and countries of airports."""

from __future__ import annotations

import pytest

from awardspider.airports import airports
from awardspider.search.regions import REGIONS, country, region


@pytest.mark.parametrize(
    ("airport", "name"),
    [
        ("JFK", "North America"),
        ("MEX", "North America"),
        ("HNL", "North America"),
        ("GRU", "South America"),
        ("CAI", "Africa"),
        ("DXB", "Asia"),
        ("IST", "Asia"),
        ("LHR", "Europe"),
        ("KEF", "Europe"),
        ("AKL", "Oceania"),
        ("GUM", "Oceania"),
        ("???", None),
    ],
)
def test_region_of_an_airport(airport: str, name: str | None) -> None:
    assert region(airport) == name


def test_every_airport_has_a_region() -> None:
    assert {region(code) for code in airports()} == set(REGIONS)


def test_country_of_an_airport() -> None:
    assert (country("YYZ"), country("JFK"), country("???")) == ("CA", "US", None)
