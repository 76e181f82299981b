"""Regions and countries of airports."""

from __future__ import annotations

import pytest

from awardspider.airports import airports
from awardspider.search.regions import REGIONS, country, regions
from tests.support.recorded import load_recorded

BOTH_AMERICAS = ("South America", "North America")


@pytest.mark.parametrize(
    ("codes", "names"),
    [
        ("JFK MEX CUN HNL ANC BDA YYZ PTY SJO SAL", ("North America",)),
        ("GRU BOG AUA PUJ SXM BZE LIR", ("South America",)),
        ("CAI MRU MLE", ("Africa",)),
        ("DXB TLV NRT LCA", ("Asia",)),
        ("LHR KEF IST", ("Europe",)),
        ("AKL GUM", ("Oceania",)),
        ("SJU STT MBJ CUR BGI GCM NAS PLS POS HAV", BOTH_AMERICAS),  # assigned by route, or not known
        ("CMB", ("Africa", "Asia")),
        ("SAW AYT PFO TBS", ("Europe", "Asia")),
        ("???", ()),
    ],
)
def test_regions_of_an_airport(codes: str, names: tuple[str, ...]) -> None:
    assert {code: regions(code) for code in codes.split()} == dict.fromkeys(codes.split(), names)


def test_every_airport_has_a_region() -> None:
    found = {code: regions(code) for code in airports()}
    assert all(found.values())
    assert {name for names in found.values() for name in names} == set(REGIONS)


def test_regions_include_those_of_recorded_rows() -> None:
    rows = [row["Route"] for page in load_recorded("seatsaero/*.json") for row in page["data"]]
    contradicting = [
        route
        for route in rows
        if route["OriginRegion"] not in regions(route["OriginAirport"])
        or route["DestinationRegion"] not in regions(route["DestinationAirport"])
    ]
    assert contradicting == []
    assert len(rows) > 10


def test_country_of_an_airport() -> None:
    assert (country("YYZ"), country("JFK"), country("???")) == ("CA", "US", None)
