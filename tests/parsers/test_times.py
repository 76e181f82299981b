"""Local times in responses: with their own offset, with the same time in UTC, or without both."""

from __future__ import annotations

from datetime import timezone
from zoneinfo import ZoneInfo

import pytest

from awardspider.parsers._times import parse_local_time, parse_time, parse_time_with_utc


@pytest.mark.parametrize(
    ("text", "airport", "expected"),
    [
        ("2027-03-16T08:35:00.000-06:00", "DEN", "2027-03-16T08:35:00-06:00"),
        ("2027-07-25T12:30:00.000-10:00", "KOA", "2027-07-25T12:30:00-10:00"),
        ("2027-03-16T08:35:00", "DEN", "2027-03-16T08:35:00-06:00"),
        ("2027-03-05T08:35", "DEN", "2027-03-05T08:35:00-07:00"),
        ("2027-11-07T01:30:00-07:00", "DEN", "2027-11-07T01:30:00-07:00"),  # the hour that occurs twice
        ("2027-11-07T01:30:00-06:00", "DEN", "2027-11-07T01:30:00-06:00"),
    ],
)
def test_time_with_and_without_offset(text: str, airport: str, expected: str) -> None:
    time = parse_time(text, airport)
    assert time.isoformat() == expected
    assert time.tzinfo == ZoneInfo({"DEN": "America/Denver", "KOA": "Pacific/Honolulu"}[airport])


@pytest.mark.parametrize(
    ("text", "utc", "expected"),
    [
        ("2027-03-05T07:30:00", "2027-03-05T14:30:00Z", "2027-03-05T07:30:00-07:00"),
        ("2027-03-05T18:38:00", "2027-03-06T01:38:00", "2027-03-05T18:38:00-07:00"),
        ("2027-11-07T01:30:00", "2027-11-07T08:30:00Z", "2027-11-07T01:30:00-07:00"),
        ("2027-11-07T01:30:00", "2027-11-07T07:30:00Z", "2027-11-07T01:30:00-06:00"),
    ],
)
def test_time_with_utc(text: str, utc: str, expected: str) -> None:
    time = parse_time_with_utc(text, utc, "DEN")
    assert time.isoformat() == expected
    assert time.tzinfo == ZoneInfo("America/Denver")


def test_offset_of_the_response_has_priority_over_the_zone() -> None:
    time = parse_time("2027-03-16T08:35:00-05:00", "DEN")
    assert time.isoformat() == "2027-03-16T08:35:00-05:00"
    assert isinstance(time.tzinfo, timezone)


def test_unknown_airport_has_the_offset_of_the_response() -> None:
    """Railway stations are sold as flights: QKL is the one in Cologne."""
    assert parse_local_time("2027-10-06 08:00", "QKL", 2).isoformat() == "2027-10-06T08:00:00+02:00"


@pytest.mark.parametrize("text", ["", "soon", "2027-03-16", "2027-13-45T08:35:00", "2027-03-16T99:99:00"])
def test_invalid_time_raises(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_time(text, "DEN")
    with pytest.raises(ValueError, match=r".+"):
        parse_time_with_utc(text, "2027-03-16T14:35:00Z", "DEN")


def test_unknown_airport_without_offset_raises() -> None:
    with pytest.raises(ValueError, match="QQQ"):
        parse_time("2027-03-16T08:35:00", "QQQ")
