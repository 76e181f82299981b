"""Itinerary checks, above all in the nights when clocks change."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from awardspider.itineraries import LONGEST_CONNECTION, ItineraryErrorKind, check_itinerary
from tests.support.clock_changes import clock_changes
from tests.support.item_examples import make_segment

LOS_ANGELES = ZoneInfo("America/Los_Angeles")
HOURS = [timedelta(hours=hours) for hours in (-2, -1, 0, 1, 2)]


def error_of(*times: datetime) -> str | None:
    """Return the error of an itinerary within California, given its departures and arrivals in turn."""
    route = ("SFO", "LAX", "SAN")
    segments = [
        make_segment(origin=route[index], destination=route[index + 1], departs_at=departs_at, arrives_at=arrives_at)
        for index, (departs_at, arrives_at) in enumerate(zip(times[::2], times[1::2], strict=True))
    ]
    error = check_itinerary(segments, route[0], route[len(segments)], times[0].date())
    assert error is None or error.kind is ItineraryErrorKind.ITINERARY
    return error.message if error else None


def fall(text: str, fold: int = 0) -> datetime:
    """Return a time in the night when clocks in California are set back from 2:00 to 1:00."""
    return datetime.fromisoformat(f"2027-11-07 {text}").replace(tzinfo=LOS_ANGELES, fold=fold)


def spring(text: str) -> datetime:
    """Return a time in the night when clocks in California are set forward from 2:00 to 3:00."""
    return datetime.fromisoformat(f"2027-03-14 {text}").replace(tzinfo=LOS_ANGELES)


@pytest.mark.parametrize(
    ("times", "error"),
    [
        ((fall("00:30"), fall("01:45")), None),
        ((fall("01:50"), fall("01:20", fold=1)), None),
        ((fall("01:20", fold=1), fall("01:50")), "UA1625 takes -1 day, 23:30:00"),
        ((fall("01:30"), fall("01:30")), "UA1625 takes 0:00:00"),
        ((fall("00:30"), fall("01:50"), fall("01:10", fold=1), fall("02:00")), None),
        ((fall("00:30"), fall("01:10", fold=1), fall("01:50"), fall("02:50")), "connection of -1 day, 23:40:00 at LAX"),
        ((spring("01:30"), spring("03:10")), None),
        ((spring("01:50"), spring("03:00")), None),
        ((spring("01:10"), spring("02:40")), None),  # a time that does not exist
        ((spring("03:40"), spring("03:10")), "UA1625 takes -1 day, 23:30:00"),
    ],
)
def test_itinerary_in_a_night_when_clocks_change(times: tuple[datetime, ...], error: str | None) -> None:
    assert error_of(*times) == error


def test_longest_connection_includes_the_hour_that_occurs_twice() -> None:
    arrives_at = fall("00:30")
    departs_at = arrives_at + LONGEST_CONNECTION  # by the clock, which is an hour less than passes
    assert (
        error_of(fall("00:10"), arrives_at, departs_at, departs_at + HOURS[3]) == "connection of 3 days, 1:00:00 at LAX"
    )


def test_a_flight_is_valid_if_and_only_if_it_arrives_after_it_departs() -> None:
    """In the hours around each clock change of each zone."""
    changes = clock_changes()
    assert len(changes) > 200
    for zone, change in changes:
        moments = [change + hours + timedelta(minutes=20) for hours in HOURS]
        for departs_at in moments:
            for arrives_at in moments:
                error = error_of(departs_at.astimezone(zone), arrives_at.astimezone(zone))
                assert (error is None) is (departs_at < arrives_at), (zone, departs_at, arrives_at)
