"""Local times in responses: with their own offset, with the same time in UTC, or without both."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from awardspider.items import AwardOfferItem, Cabin, ParseWarning, Search, SearchKind, Segment
from awardspider.parsers._collector import Collector
from awardspider.parsers._times import (
    MINUTE,
    in_order,
    minutes_between,
    parse_local_time,
    parse_time,
    parse_time_with_utc,
    with_offset_of,
)
from tests.support.clock_changes import clock_changes
from tests.support.item_examples import make_segment

DAY = date(2027, 3, 5)


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


@pytest.mark.parametrize("hours", [5, 5.5])
def test_half_hours_may_be_omitted(hours: float) -> None:
    assert parse_local_time("2027-03-16T08:35:00", "DEL", hours).isoformat() == "2027-03-16T08:35:00+05:30"


@pytest.mark.parametrize("hours", [6, 5.75, 4.5])
def test_another_offset_of_the_response_is_kept(hours: float) -> None:
    time = parse_local_time("2027-03-16T08:35:00", "DEL", hours)
    assert time.utcoffset() == timedelta(hours=hours)


# ---- itineraries ---------------------------------------------------------------------------------------------------


def flight(departs_at: datetime, arrives_at: datetime) -> Segment:
    return make_segment(departs_at=departs_at, arrives_at=arrives_at)


def clock(text: str, zone: str = "America/Denver") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def utc_times(segments: Sequence[Segment]) -> list[str]:
    times = [time for segment in segments for time in (segment.departs_at, segment.arrives_at)]
    return [f"{time.astimezone(UTC):%H:%M}" for time in times]


def test_times_without_offset_are_read_in_order() -> None:
    """Of two meanings, the first is used, unless a flight would arrive before it departs."""
    first = flight(clock("2027-11-07T00:30:00"), clock("2027-11-07T01:40:00"))
    second = flight(clock("2027-11-07T01:20:00"), clock("2027-11-07T01:55:00"))
    assert utc_times(in_order([first])) == ["06:30", "07:40"]
    assert utc_times(in_order([first, second])) == ["06:30", "07:40", "08:20", "08:55"]


def test_duration_shows_which_time_is_meant() -> None:
    segments = [flight(clock("2027-11-07T00:30:00"), clock("2027-11-07T01:40:00"))]
    assert utc_times(in_order(segments, 70)) == ["06:30", "07:40"]
    assert utc_times(in_order(segments, 130)) == ["06:30", "08:40"]
    assert in_order(segments, 500) is segments


def test_departure_at_a_time_that_does_not_exist() -> None:
    segments = in_order([flight(clock("2027-03-14T02:30:00"), clock("2027-03-14T03:15:00"))])
    assert utc_times(segments) == ["08:30", "09:15"]


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00", "9999-12-31T23:59:00"])
@pytest.mark.parametrize("zone", ["America/Denver", "Asia/Tokyo"])
def test_placeholder_for_an_unknown_time_is_out_of_order(text: str, zone: str) -> None:
    """The years 1 and 9999 have no UTC time in some zones."""
    times = [clock(text, zone), clock("2027-03-05T08:00:00", zone)]
    segments = [flight(max(times), min(times))]
    assert in_order(segments, 55) is segments
    assert with_offset_of(55, segments) is segments


def test_impossible_order_is_unchanged() -> None:
    segments = [flight(clock("2027-11-07T04:00:00"), clock("2027-11-07T03:30:00"))]
    assert in_order(segments) is segments


def test_meanings_of_the_clock_are_found_for_each_zone() -> None:
    """A flight of any length across any clock change has its true duration, if the response gives it."""
    for zone, change in clock_changes():
        for minutes in (25, 70, 150):
            for start in (-130, -85, -40, -10, 5, 50):
                departs_at = change + timedelta(minutes=start)
                clocks = [time.astimezone(zone).replace(fold=0) for time in (departs_at, departs_at + minutes * MINUTE)]
                segments = in_order([flight(*clocks)], minutes)
                assert minutes_between(segments) == minutes, (zone, departs_at)


def test_zone_that_is_out_of_date_does_not_drop_a_flight() -> None:
    """If the response gives the duration, its flight gets the offset that this implies, with a warning."""
    search = Search(
        program="aeromexico", kind=SearchKind.ITINERARY, origin="LAX", destination="AUS", first=DAY, last=DAY
    )
    offers = Collector("aeromexico", search, datetime(2026, 11, 20, tzinfo=UTC))
    short = flight(clock("2027-03-05T08:00:00"), clock("2027-03-05T07:55:00"))
    itinerary = offers.itinerary([short])
    assert itinerary is not None
    for _ in range(2):
        itinerary.add(Cabin.ECONOMY, 9000, duration_minutes=55)
    offer, warning = offers.finish()
    assert isinstance(offer, AwardOfferItem)
    assert (offer.duration_minutes, minutes_between(offer.segments)) == (55, 55)
    assert offer.segments[0].arrives_at.isoformat() == "2027-03-05T07:55:00-08:00"
    assert isinstance(warning, ParseWarning)
    assert (warning.path, warning.drops_offer) == ("duration", False)
    assert warning.value == "UA1625: 55 minutes, but -5 by its local times"


def test_duration_does_not_make_an_impossible_flight_possible() -> None:
    segments = [flight(clock("2027-03-05T08:00:00"), clock("2027-03-05T05:00:00"))]
    assert with_offset_of(55, segments) is segments


def test_contradicting_duration_of_the_response_is_kept() -> None:
    segments = [flight(clock("2027-03-05T08:00:00"), clock("2027-03-05T10:00:00"))]
    assert with_offset_of(60, segments) is segments
