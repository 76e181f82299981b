"""Quiet hours, digests and the waits between tries, where clocks change too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from awardspider.delivery.outbox.enqueue import timing

NEW_YORK = {"zone": "America/New_York", "quiet": ["22:00", "07:00"], "digest_at": "08:00"}


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+00:00")


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-22T02:59", None),  # 21:59
        ("2026-11-22T03:00", "2026-11-22T12:00"),  # 22:00
        ("2026-11-22T11:59:59", "2026-11-22T12:00"),
        ("2026-11-22T12:00", None),  # 07:00: they are over
        # The clocks go back on 1 November and forward on 14 March: seven o'clock is seven o'clock.
        ("2026-11-01T03:00", "2026-11-01T12:00"),
        ("2027-03-14T04:00", "2027-03-14T11:00"),
    ],
)
def test_the_end_of_quiet_hours(now: str, until: str | None) -> None:
    assert timing.quiet_until(NEW_YORK, at(now)) == (until and at(until))


@pytest.mark.parametrize(
    ("now", "until"),
    [("2026-11-22T11:59", None), ("2026-11-22T12:00", "2026-11-22T14:00"), ("2026-11-22T14:00", None)],
)
def test_quiet_hours_within_a_day(now: str, until: str | None) -> None:
    assert timing.quiet_until({"quiet": ["12:00", "14:00"]}, at(now)) == (until and at(until))


@pytest.mark.parametrize("terms", [None, {}, {"quiet": None}])
def test_without_quiet_hours_it_is_never_quiet(terms: dict[str, Any] | None) -> None:
    assert timing.quiet_until(terms, at("2026-11-22T03:00")) is None


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-11-22T12:59", "2026-11-22T13:00"),
        ("2026-11-22T13:00", "2026-11-23T13:00"),  # at its very minute the next is tomorrow's
        ("2026-10-31T13:00", "2026-11-01T13:00"),  # a day of 25 hours
    ],
)
def test_the_next_digest(now: str, due: str) -> None:
    assert timing.next_digest(NEW_YORK, at(now)) == at(due)


def test_a_digest_without_terms_is_at_eight_utc() -> None:
    assert timing.next_digest(None, at("2026-11-22T12:00")) == at("2026-11-23T08:00")


@pytest.mark.parametrize(
    ("level", "due"),
    [("urgent", "2026-11-22T03:00"), ("normal", "2026-11-22T12:00"), ("digest", "2026-11-22T13:00")],
)
def test_when_a_level_is_due_at_night(level: str, due: str) -> None:
    assert timing.due_at(level, NEW_YORK, at("2026-11-22T03:00")) == at(due)


@pytest.mark.parametrize("level", ["urgent", "normal"])
def test_without_terms_everything_but_a_digest_is_due_at_once(level: str) -> None:
    assert timing.due_at(level, None, at("2026-11-22T03:00")) == at("2026-11-22T03:00")


@pytest.mark.parametrize(
    ("now", "began"),
    [
        ("2026-11-22T04:59", "2026-11-21T05:00"),
        ("2026-11-22T05:00", "2026-11-22T05:00"),
        ("2026-11-01T06:30", "2026-11-01T04:00"),  # the second half past one of that night
    ],
)
def test_when_the_day_of_a_watch_began(now: str, began: str) -> None:
    assert timing.day_began(NEW_YORK, at(now)) == at(began)


def test_the_waits_take_ten_tries_over_three_days_with_jitter() -> None:
    dice, now = Random(1), datetime(2026, 11, 22, tzinfo=UTC)
    for tries, wait in enumerate(timing.WAITS, 1):
        waits = [timing.next_try(tries, None, now, dice) for _ in range(200)]
        seconds = [(each - now).total_seconds() for each in waits if each]
        assert len(seconds) == 200
        assert wait * 0.8 <= min(seconds) < wait * 0.85
        assert wait * 1.15 < max(seconds) <= wait * 1.2
    assert timing.next_try(len(timing.WAITS) + 1, None, now, dice) is None
    assert timing.next_try(len(timing.WAITS) + 1, 5.0, now, dice) is None
    assert timedelta(days=3) < timedelta(seconds=sum(timing.WAITS)) < timedelta(days=4)


@pytest.mark.parametrize(("asked", "waited"), [(0.0, 0), (-5.0, 0), (7.5, 7.5), (3_600.0, 3_600), (1e9, 3_600)])
def test_what_the_far_side_asks_for_is_kept_to_up_to_an_hour(asked: float, waited: float) -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    assert timing.next_try(1, asked, now, Random(1)) == now + timedelta(seconds=waited)
