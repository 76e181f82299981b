"""Regions of airports as seats.aero names them."""

from __future__ import annotations

import pytest

from awardspider.airports import airports
from awardspider.search.seatsaero_regions import SEATSAERO_REGIONS, seatsaero_regions
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
    assert {code: seatsaero_regions(code) for code in codes.split()} == dict.fromkeys(codes.split(), names)


def test_every_airport_has_a_region() -> None:
    found = {code: seatsaero_regions(code) for code in airports()}
    assert all(found.values())
    assert {name for names in found.values() for name in names} == set(SEATSAERO_REGIONS)


def test_regions_include_those_of_recorded_rows() -> None:
    rows = [row["Route"] for page in load_recorded("seatsaero/*.json") for row in page["data"]]
    contradicting = [
        route
        for route in rows
        if route["OriginRegion"] not in seatsaero_regions(route["OriginAirport"])
        or route["DestinationRegion"] not in seatsaero_regions(route["DestinationAirport"])
    ]
    assert contradicting == []
    assert len(rows) > 10
