"""Quiet hours, digests and retry delays, also across daylight saving changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

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
