"""Local times as answers write them: with their own offset, with a twin in UTC, or bare."""

from __future__ import annotations

import pytest

from awardspider.items import ParseWarning
from awardspider.parsers._times import iso_time, time_with_utc


@pytest.mark.parametrize(
    ("written", "airport", "clock"),
    [
        ("2027-03-16T08:35:00.000-06:00", "DEN", "2027-03-16T08:35:00-06:00"),
        ("2027-07-25T12:30:00.000-10:00", "KOA", "2027-07-25T12:30:00-10:00"),
        ("2027-03-16T08:35:00", "DEN", "2027-03-16T08:35:00-06:00"),
        ("2027-03-05T08:35", "DEN", "2027-03-05T08:35:00-07:00"),
        ("2027-11-07T01:30:00-07:00", "DEN", "2027-11-07T01:30:00-07:00"),  # the hour that comes twice
        ("2027-11-07T01:30:00-06:00", "DEN", "2027-11-07T01:30:00-06:00"),
    ],
)
def test_a_time_with_or_without_its_offset(written: str, airport: str, clock: str) -> None:
    time, odd = iso_time(written, airport)
    assert (time.isoformat(), odd) == (clock, ())
    assert time.tzinfo is not None
    assert str(time.tzinfo) in ("America/Denver", "Pacific/Honolulu")


@pytest.mark.parametrize(
    ("written", "utc", "clock"),
    [
        ("2027-03-05T07:30:00", "2027-03-05T14:30:00Z", "2027-03-05T07:30:00-07:00"),
        ("2027-03-05T18:38:00", "2027-03-06T01:38:00", "2027-03-05T18:38:00-07:00"),
        ("2027-11-07T01:30:00", "2027-11-07T08:30:00Z", "2027-11-07T01:30:00-07:00"),
        ("2027-11-07T01:30:00", "2027-11-07T07:30:00Z", "2027-11-07T01:30:00-06:00"),
    ],
)
def test_a_time_with_its_twin_in_utc(written: str, utc: str, clock: str) -> None:
    time, odd = time_with_utc(written, utc, "DEN")
    assert (time.isoformat(), odd) == (clock, ())


def test_where_the_answer_and_the_airport_disagree_the_answer_counts_and_it_is_told() -> None:
    time, odd = iso_time("2027-03-16T08:35:00-05:00", "DEN")
    assert time.isoformat() == "2027-03-16T08:35:00-05:00"
    assert [told.path for told in odd] == ["zone"]
    assert all(isinstance(told, ParseWarning) and not told.drops_offer for told in odd)


@pytest.mark.parametrize("written", ["", "soon", "2027-03-16", "2027-13-45T08:35:00", "2027-03-16T99:99:00"])
def test_what_is_no_time(written: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        iso_time(written, "DEN")
    with pytest.raises(ValueError, match=r".+"):
        time_with_utc(written, "2027-03-16T14:35:00Z", "DEN")


def test_a_bare_time_of_an_airport_that_nobody_knows() -> None:
    with pytest.raises(ValueError, match="QQQ"):
        iso_time("2027-03-16T08:35:00", "QQQ")
