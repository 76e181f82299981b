"""Regions of the world, and the main airports."""

from __future__ import annotations

import tomllib

from awardspider.airports import airports
from awardspider.search.countries import airports_by_country, country, territory
from awardspider.search.distances import airports_within, distance_km
from awardspider.search.main_airports import airport_size, airport_sizes, by_size, main_of, searched_of
from awardspider.search.regions import regions, regions_by_airport
from tests.support.paths import ROOT
from tests.support.recorded import load_recorded

DATA = ROOT / "awardspider" / "search" / "data"
CONTINENTS = ["north_america", "central_america", "caribbean", "south_america", "europe", "africa", "asia", "oceania"]


def test_every_airport_outside_antarctica_is_in_a_continent() -> None:
    without = {
        airports()[code]["country"]
        for code in airports()
        if not set(CONTINENTS) & set(regions_by_airport().get(code, ()))
    }
    assert without == {"AQ"}


def test_only_the_caucasus_and_turkey_are_in_two_continents() -> None:
    twice = {
        country(code)
        for code in airports()
        if len(set(CONTINENTS) & set(regions_by_airport().get(code, ()))) > 1 and not territory(code)
    }
    assert twice == {"AM", "AZ", "GE", "TR"}


def test_regions_are_subsets_of_those_that_contain_them() -> None:
    found = {key: region.airports for key, region in regions().items()}
    assert found["southeast_asia"] < found["asia"]
    assert found["scandinavia"] < found["nordics"] < found["europe"]
    assert found["north_africa"] | found["sub_saharan_africa"] <= found["africa"]
    assert found["california"] < found["us_west_coast"] < found["mainland_us"] < airports_by_country()["US"]
    assert found["hawaii"] < airports_by_country()["US"]
    assert not found["hawaii"] & found["mainland_us"]
    states = [key for key, region in regions().items() if region.country == "US"]
    assert len(states) == 51


def test_countries_of_airports() -> None:
    assert (country("YYZ"), country("JFK"), country("SJU"), country("???")) == ("CA", "US", "US", None)
    assert (territory("SJU"), territory("STT"), territory("JFK"), territory("???")) == ("PR", "VI", None, None)


def test_every_main_airport_is_listed_once_under_its_country() -> None:
    table = tomllib.loads((DATA / "main_airports.toml").read_text(encoding="utf-8"))
    listed = [(code, own) for own, classes in table.items() for codes in classes.values() for code in codes.split()]
    assert len({code for code, _ in listed}) == len(listed)
    assert {code for code, own in listed if own not in (country(code), territory(code))} == set()
    assert list(table) == sorted(table)


def test_the_largest_airports_are_main() -> None:
    assert [airport_size(code) for code in ("ATL", "PDX", "SJC", "PWM", "MLB", "ACK", "AHN")] == [0, 1, 1, 3, 4, 5, 6]
    assert by_size(["PWM", "LHR", "ATL", "AHN"]) == ("ATL", "LHR", "PWM", "AHN")
    assert main_of(["AHN", "PWM"]) == ("PWM",)
    assert main_of(["AHN"]) == ("AHN",)
    assert searched_of(["MLB", "MCO", "AHN"]) == ("MCO",)
    assert searched_of(["MLB", "AHN"]) == ("MLB",)


def test_every_airport_of_the_recorded_responses_is_main() -> None:
    rows = [row["Route"] for page in load_recorded("seatsaero/*.json") for row in page["data"]]
    seen = {row[key] for row in rows for key in ("OriginAirport", "DestinationAirport")}
    assert seen
    assert seen <= airport_sizes().keys()


def test_distances() -> None:
    assert round(distance_km("JFK", "LHR")) in range(5530, 5560)
    assert round(distance_km("NAN", "APW")) in range(1150, 1250)  # across the date line
    assert distance_km("LAX", "LAX") == 0
    assert airports_within("BOS", 0) == {"BOS"}


def test_the_radius_is_exact() -> None:
    nearby = airports_within("LHR", 120)
    assert nearby == {code for code in airports() if distance_km("LHR", code) <= 120}
