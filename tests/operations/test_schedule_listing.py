"""The next starts of an entry, as the panel previews them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from awardspider.operations.schedule_listing import next_starts
from awardspider.storage.schedule import ScheduleEntry

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
DAILY = ScheduleEntry(name="x", spider="united", cron="30 6 * * *", timezone="America/New_York", max_seconds=60)


def test_an_interval_continues_after_each_start() -> None:
    entry = ScheduleEntry(name="x", spider="united", every_seconds=6 * 3600, max_seconds=60, created_at=NOW)
    assert next_starts(entry, NOW) == [NOW + timedelta(hours=6 * number) for number in range(5)]


def test_an_interval_counts_from_the_last_start() -> None:
    last = NOW - timedelta(hours=2)
    entry = ScheduleEntry(name="x", spider="united", every_seconds=6 * 3600, max_seconds=60, handled_until=last)
    assert next_starts(entry, NOW, 2) == [NOW + timedelta(hours=4), NOW + timedelta(hours=10)]


def test_a_missed_start_is_now_and_jitter_delays_each() -> None:
    entry = ScheduleEntry(
        name="x",
        spider="united",
        every_seconds=3600,
        jitter_seconds=600,
        max_seconds=60,
        handled_until=NOW - timedelta(days=2),
    )
    starts = next_starts(entry, NOW)
    assert starts[0] == NOW
    gaps = [later - earlier for earlier, later in pairwise(starts)]
    assert all(timedelta(hours=1) <= gap <= timedelta(hours=1, minutes=10) for gap in gaps)


def test_a_cron_expression_is_due_in_its_zone() -> None:
    starts = next_starts(DAILY, NOW)
    assert [f"{start:%d %H:%M}" for start in starts] == ["01 11:30", "02 11:30", "03 11:30", "04 11:30", "05 11:30"]


def test_a_paused_entry_has_starts_too() -> None:
    entry = ScheduleEntry(name="x", spider="united", every_seconds=3600, max_seconds=60, active=False, created_at=NOW)
    assert len(next_starts(entry, NOW)) == 5


def test_an_impossible_day_has_none() -> None:
    entry = ScheduleEntry(name="x", spider="united", cron="0 0 30 2 *", max_seconds=60)
    assert next_starts(entry, NOW) == []
