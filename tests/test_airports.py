"""Airports and their time zones."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo

import airportsdata
import pytest
import tzdata

from awardspider.airports import _CORRECTED_ZONES, airport_zone, airports


@pytest.mark.parametrize(
    ("iata", "zone"),
    [
        ("LAX", "America/Los_Angeles"),
        ("AUS", "America/Chicago"),
        ("PHX", "America/Phoenix"),
        ("YYZ", "America/Toronto"),
        ("HNL", "Pacific/Honolulu"),
        ("NRT", "Asia/Tokyo"),
        ("LHR", "Europe/London"),
        ("BER", "Europe/Berlin"),
        ("CUU", "America/Chihuahua"),
        ("CJS", "America/Ciudad_Juarez"),
        ("REX", "America/Matamoros"),
        ("BBA", "America/Coyhaique"),
        ("YRT", "America/Rankin_Inlet"),
        ("UUS", "Asia/Sakhalin"),
        ("FEN", "America/Noronha"),
    ],
)
def test_airport_zone(iata: str, zone: str) -> None:
    assert airport_zone(iata) == ZoneInfo(zone)


@pytest.mark.parametrize("unknown", ["NYC", "ZZZ", "", "lax", "KLAX"])
def test_unknown_code_has_no_zone(unknown: str) -> None:
    assert airport_zone(unknown) is None


def test_every_airport_has_an_existing_zone() -> None:
    noon = datetime(2027, 7, 1, 12, tzinfo=UTC)
    zones = {airport["tz"] for airport in airports().values()}
    assert all(abs(noon.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()) <= timedelta(hours=14) for zone in zones)


def test_every_zone_is_in_the_package_tzdata() -> None:
    """Also under a name that was replaced, such as America/Yellowknife."""
    names = set((files(tzdata) / "zones").read_text().split())
    assert {airport["tz"] for airport in airports().values()} <= names


def test_rules_are_those_of_the_package_tzdata_not_of_the_system() -> None:
    """In a new process, because another module may have loaded a zone before."""
    codes = ["YVR", "YYC", "CJS", "CUU"]
    code = f"""if True:
        from datetime import datetime
        from awardspider.airports import airport_zone
        for code in {codes}:
            print(datetime(2027, 1, 15, tzinfo=airport_zone(code)).strftime("%z"))
    """
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert result.stdout.split() == ["-0700", "-0600", "-0700", "-0600"]


def test_each_correction_is_still_needed() -> None:
    """Remove a correction when airportsdata has it."""
    original = airportsdata.load("IATA")
    for zone, codes in _CORRECTED_ZONES.items():
        assert [code for code in codes.split() if original[code]["tz"] == zone] == []
        assert {airport_zone(code) for code in codes.split()} == {ZoneInfo(zone)}
