"""Airports and their time zones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from awardspider.airports import airport_zone, airports


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
