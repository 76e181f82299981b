"""Quiet hours, digests and retry delays, also across daylight saving changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from random import Random
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest

from awardspider.delivery.outbox import timing
from awardspider.items import Priority

NEW_YORK = {"timezone": "America/New_York", "quiet_hours": ["22:00", "07:00"], "digest_at": "08:00"}


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+00:00")


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-22T02:59", None),  # 21:59
        ("2026-11-22T03:00", "2026-11-22T12:00"),  # 22:00
        ("2026-11-22T11:59:59", "2026-11-22T12:00"),
        ("2026-11-22T12:00", None),  # 07:00
        # Daylight saving time ends on 1 November and starts on 14 March; the end stays at 07:00.
        ("2026-11-01T03:00", "2026-11-01T12:00"),
        ("2027-03-14T04:00", "2027-03-14T11:00"),
    ],
)
def test_end_of_quiet_hours(now: str, until: str | None) -> None:
    assert timing.quiet_until(NEW_YORK, at(now)) == (until and at(until))


@pytest.mark.parametrize(
    ("now", "until"),
    [("2026-11-22T11:59", None), ("2026-11-22T12:00", "2026-11-22T14:00"), ("2026-11-22T14:00", None)],
)
def test_quiet_hours_within_a_day(now: str, until: str | None) -> None:
    assert timing.quiet_until({"quiet_hours": ["12:00", "14:00"]}, at(now)) == (until and at(until))


@pytest.mark.parametrize("notify_prefs", [None, {}, {"quiet_hours": None}])
def test_no_quiet_hours(notify_prefs: dict[str, Any] | None) -> None:
    assert timing.quiet_until(notify_prefs, at("2026-11-22T03:00")) is None


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-11-22T12:59", "2026-11-22T13:00"),
        ("2026-11-22T13:00", "2026-11-23T13:00"),  # in its own minute the next digest is tomorrow's
        ("2026-10-31T13:00", "2026-11-01T13:00"),  # a day of 25 hours
    ],
)
def test_next_digest(now: str, due: str) -> None:
    assert timing.next_digest(NEW_YORK, at(now)) == at(due)


def test_the_default_digest_is_at_eight_utc() -> None:
    assert timing.next_digest(None, at("2026-11-22T12:00")) == at("2026-11-23T08:00")


@pytest.mark.parametrize(
    ("now", "quiet_until", "digest"),
    [
        # The clock goes back from 02:00 to 01:00: quiet hours end twice, but there is one digest.
        ("2026-11-01T05:20", "2026-11-01T05:30", "2026-11-01T05:30"),
        ("2026-11-01T05:30", None, "2026-11-02T06:30"),
        ("2026-11-01T06:10", "2026-11-01T06:30", "2026-11-02T06:30"),
        ("2026-11-01T06:30", None, "2026-11-02T06:30"),
    ],
)
def test_an_end_in_a_repeated_hour(now: str, quiet_until: str | None, digest: str) -> None:
    prefs = {"timezone": "America/New_York", "quiet_hours": ["22:00", "01:30"], "digest_at": "01:30"}
    assert timing.quiet_until(prefs, at(now)) == (quiet_until and at(quiet_until))
    assert timing.next_digest(prefs, at(now)) == at(digest)


def test_an_end_in_a_skipped_hour_is_the_time_of_the_skip() -> None:
    prefs = {"timezone": "America/New_York", "quiet_hours": ["22:00", "02:30"], "digest_at": "02:30"}
    for now in ("2027-03-14T04:00", "2027-03-14T06:59:59"):
        assert timing.quiet_until(prefs, at(now)) == timing.next_digest(prefs, at(now)) == at("2027-03-14T07:00")
    assert timing.quiet_until(prefs, at("2027-03-14T07:00")) is None
    assert timing.next_digest(prefs, at("2027-03-14T07:00")) == at("2027-03-15T06:30")


def clock_changes(zone: ZoneInfo, first: datetime, last: datetime) -> Iterator[datetime]:
    """Yield the times at which the UTC offset of a zone changes."""
    steps = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    for before, after in pairwise(steps):
        while before.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            middle = before + (after - before) / 2
            if after - before <= timedelta(seconds=1):
                yield after
                break
            same = middle.astimezone(zone).utcoffset() == before.astimezone(zone).utcoffset()
            before, after = (middle, after) if same else (before, middle)


def every_clock_change() -> dict[tuple[Any, ...], tuple[str, datetime]]:
    """Return a zone and time for each different change of a year in any zone, and two rare ones."""
    year = datetime(2026, 7, 1, tzinfo=UTC), datetime(2027, 7, 1, tzinfo=UTC)
    found = [(name, change) for name in available_timezones() for change in clock_changes(ZoneInfo(name), *year)]
    found.append(("America/Caracas", datetime(2016, 5, 1, 7, tzinfo=UTC)))  # half an hour
    found.append(("Asia/Pyongyang", datetime(2018, 5, 4, 15, tzinfo=UTC)))  # at midnight
    hour = timedelta(hours=1)
    return {
        tuple((change - before).astimezone(ZoneInfo(name)).isoformat() for before in (hour, 0 * hour)): (name, change)
        for name, change in sorted(found)
    }


def test_no_time_is_in_the_past_or_far_away_at_any_clock_change() -> None:
    changes = every_clock_change()
    assert len(changes) > 20
    for name, change in changes.values():
        for minutes in (-121, -61, -60, -31, -1, 0, 1, 29, 30, 60, 61, 121):
            now = change + timedelta(minutes=minutes)
            near = (now.astimezone(ZoneInfo(name)) + timedelta(minutes=15)).time().replace(tzinfo=None, fold=0)
            for clock in (time(0), time(0, 30), time(1, 30), time(2), time(2, 30), near.replace(second=0)):
                start = time((clock.hour + 12) % 24, clock.minute)
                end = f"{clock:%H:%M}"
                prefs = {"timezone": name, "quiet_hours": [f"{start:%H:%M}", end], "digest_at": end}
                quiet, digest = timing.quiet_until(prefs, now), timing.next_digest(prefs, now)
                assert now < digest <= now + timedelta(hours=49), (name, now, clock)
                assert quiet is None or now < quiet <= now + timedelta(hours=37), (name, now, clock)
                assert now - timedelta(hours=49) < timing.day_start(prefs, now) <= now, (name, now)
                if quiet:  # the quiet hours are over then, so the message is not held again
                    assert timing.quiet_until(prefs, quiet) is None, (name, now, clock)


@pytest.mark.parametrize(
    ("priority", "due"),
    [
        (Priority.URGENT, "2026-11-22T03:00"),
        (Priority.NORMAL, "2026-11-22T12:00"),
        (Priority.DIGEST, "2026-11-22T13:00"),
    ],
)
def test_first_attempt_of_each_priority_at_night(priority: Priority, due: str) -> None:
    assert timing.first_attempt_at(priority, NEW_YORK, at("2026-11-22T03:00")) == at(due)


@pytest.mark.parametrize("priority", [Priority.URGENT, Priority.NORMAL])
def test_first_attempt_without_preferences_is_now(priority: Priority) -> None:
    assert timing.first_attempt_at(priority, None, at("2026-11-22T03:00")) == at("2026-11-22T03:00")


@pytest.mark.parametrize(
    ("now", "start"),
    [
        ("2026-11-22T04:59", "2026-11-21T05:00"),
        ("2026-11-22T05:00", "2026-11-22T05:00"),
        ("2026-11-01T06:30", "2026-11-01T04:00"),  # the second 01:30 of that night
    ],
)
def test_day_start_is_midnight_in_the_zone_of_the_watch(now: str, start: str) -> None:
    assert timing.day_start(NEW_YORK, at(now)) == at(start)


def test_the_schedule_has_ten_attempts_over_three_days_with_jitter() -> None:
    random, now = Random(1), datetime(2026, 11, 22, tzinfo=UTC)
    for attempts, delay in enumerate(timing.RETRY_DELAYS, 1):
        times = [timing.next_attempt_at(attempts, None, now, random) for _ in range(200)]
        seconds = [(time - now).total_seconds() for time in times if time]
        assert len(seconds) == 200
        assert delay * 0.8 <= min(seconds) < delay * 0.85
        assert delay * 1.15 < max(seconds) <= delay * 1.2
    assert timing.next_attempt_at(len(timing.RETRY_DELAYS) + 1, None, now, random) is None
    assert timing.next_attempt_at(len(timing.RETRY_DELAYS) + 1, 5.0, now, random) is None
    assert timedelta(days=3) < timedelta(seconds=sum(timing.RETRY_DELAYS)) < timedelta(days=4)


@pytest.mark.parametrize(
    ("wait_seconds", "expected"), [(0.0, 0), (-5.0, 0), (7.5, 7.5), (3_600.0, 3_600), (1e9, 3_600)]
)
def test_the_delay_of_the_recipient_is_honored_up_to_an_hour(wait_seconds: float, expected: float) -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    assert timing.next_attempt_at(1, wait_seconds, now, Random(1)) == now + timedelta(seconds=expected)
