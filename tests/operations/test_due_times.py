"""Due times of the schedule: intervals, cron in time zones, missed starts, edits and clocks that jump."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from awardspider.operations.due_times import due_time, next_due, parse_cron
from awardspider.outcomes import InvalidArgument
from awardspider.storage.schedule import ScheduleEntry

MONDAY = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
EVERY = ScheduleEntry(
    name="united", spider="united", every_seconds=6 * 3600, max_seconds=3600, created_at=MONDAY, changed_at=MONDAY
)


def cron(expression: str, timezone: str = "UTC", created: datetime = MONDAY, **fields: object) -> ScheduleEntry:
    """Return an entry with a cron expression that was never started."""
    entry = ScheduleEntry(name="prune", spider="x", cron=expression, timezone=timezone, max_seconds=60)
    return replace(entry, created_at=created, changed_at=created, **fields)  # type: ignore[arg-type]


def due_times(entry: ScheduleEntry, start: datetime, hours: int) -> list[str]:
    """Return the local times, with offset, at which an entry is started in the hours after a time."""
    found = []
    for minute in range(hours * 60):
        now = start + minute * timedelta(minutes=1)
        if due_time(entry, now):
            found.append(now.isoformat())
            entry = replace(entry, handled_until=now)
    return found


# ---- intervals -------------------------------------------------------------------------------------------------------


def test_a_new_entry_starts_within_a_minute() -> None:
    assert next_due(EVERY, MONDAY) == MONDAY
    spread = {next_due(replace(EVERY, name=f"n{number}", jitter_seconds=1800), MONDAY) for number in range(50)}
    assert len(spread) > 20
    assert all(time and MONDAY <= time <= MONDAY + timedelta(minutes=1) for time in spread)


def test_an_interval_counts_from_the_last_start() -> None:
    handled = replace(EVERY, handled_until=MONDAY)
    assert due_time(handled, MONDAY + 5 * HOUR) is None
    assert due_time(handled, MONDAY + 6 * HOUR) == MONDAY + 6 * HOUR


def test_jitter_is_the_same_whenever_it_is_computed_and_differs_between_starts() -> None:
    entries = [
        replace(EVERY, jitter_seconds=1800, handled_until=MONDAY + number * timedelta(minutes=7))
        for number in range(50)
    ]
    later = MONDAY + 6 * HOUR
    dues = [next_due(entry, later) for entry in entries]
    delays = {due - entry.handled_until - 6 * HOUR for entry, due in zip(entries, dues, strict=True)}  # type: ignore[operator]
    assert len(delays) > 40
    assert all(timedelta(0) <= delay <= HOUR / 2 for delay in delays)
    assert dues == [next_due(entry, later + HOUR) for entry in entries]


def test_a_shorter_interval_counts_from_the_last_start_too() -> None:
    entry = replace(EVERY, every_seconds=3600, handled_until=MONDAY, changed_at=MONDAY + 3 * HOUR)
    assert due_time(entry, MONDAY + 3 * HOUR) == MONDAY + HOUR


def test_a_paused_entry_is_never_due() -> None:
    assert next_due(replace(EVERY, active=False), MONDAY) is None
    assert next_due(cron("* * * * *", active=False), MONDAY + HOUR) is None


# ---- missed starts and clocks ----------------------------------------------------------------------------------------


def test_starts_missed_in_eight_hours_of_sleep_are_one_start() -> None:
    entry = cron("*/10 * * * *", handled_until=MONDAY)
    woken = MONDAY + 8 * HOUR + timedelta(minutes=3)
    assert due_time(entry, woken) == MONDAY + 8 * HOUR
    assert due_time(replace(entry, handled_until=woken), woken) is None
    assert due_time(replace(EVERY, handled_until=MONDAY), MONDAY + 20 * HOUR) == MONDAY + 6 * HOUR


def test_a_clock_that_steps_back_a_little_repeats_no_start() -> None:
    entry = cron("0 13 * * *", handled_until=MONDAY + HOUR)
    assert due_time(entry, MONDAY + HOUR - timedelta(seconds=30)) is None
    assert due_time(entry, MONDAY + HOUR + timedelta(seconds=30)) is None
    assert due_time(entry, MONDAY + 25 * HOUR) == MONDAY + 25 * HOUR


@pytest.mark.parametrize("entry", [EVERY, cron("0 3 * * *")], ids=["every", "cron"])
def test_an_entry_handled_in_a_wrong_future_is_due_at_once(entry: ScheduleEntry) -> None:
    wrong = replace(entry, handled_until=MONDAY + timedelta(days=1400), changed_at=MONDAY + timedelta(days=1400))
    assert due_time(wrong, MONDAY) == MONDAY
    assert due_time(replace(wrong, handled_until=MONDAY), MONDAY) is None
    following = next_due(replace(wrong, handled_until=MONDAY), MONDAY)
    assert following
    assert following <= MONDAY + timedelta(days=1)


# ---- cron ------------------------------------------------------------------------------------------------------------


def test_a_new_or_changed_expression_says_nothing_about_the_past() -> None:
    assert next_due(cron("0 11 * * *"), MONDAY) == MONDAY + 23 * HOUR
    changed = cron("0 11 * * *", handled_until=MONDAY - 5 * HOUR)
    assert due_time(changed, MONDAY + HOUR) is None


@pytest.mark.parametrize(
    ("weekday", "day"),
    [
        ("0", 6),
        ("7", 6),
        ("1", 7),
        ("sun", 6),
        ("sat", 5),
        ("5-7", 4),
        ("0-2", 1),
        ("*/3", 2),
        ("1,3", 2),
        ("1-5/2", 2),
    ],
)
def test_weekdays_are_those_of_cron(weekday: str, day: int) -> None:
    """The first due day after Monday, November 30, 2026; APScheduler alone would count from Monday."""
    assert next_due(cron(f"0 0 * * {weekday}"), MONDAY) == datetime(2026, 12, day, tzinfo=UTC)


def test_a_daily_start_when_clocks_are_set_forward() -> None:
    start = datetime(2026, 3, 7, 12, 0, tzinfo=UTC)
    entry = cron("30 2 * * *", "America/New_York", created=start)
    assert due_times(entry, start, 48) == ["2026-03-08T07:30:00+00:00", "2026-03-09T06:30:00+00:00"]


def test_a_daily_start_when_clocks_are_set_back_happens_once() -> None:
    start = datetime(2026, 10, 31, 12, 0, tzinfo=UTC)
    entry = cron("30 1 * * *", "America/New_York", created=start)
    assert due_times(entry, start, 48) == ["2026-11-01T05:30:00+00:00", "2026-11-02T06:30:00+00:00"]


def test_hourly_starts_go_on_when_clocks_are_set_back() -> None:
    start = datetime(2026, 11, 1, 4, 30, tzinfo=UTC)
    entry = cron("0 * * * *", "America/New_York", created=start)
    assert due_times(entry, start, 4) == [f"2026-11-01T0{hour}:00:00+00:00" for hour in (5, 6, 7, 8)]


def test_cron_with_jitter_is_one_start_a_day() -> None:
    start = datetime(2026, 11, 30, tzinfo=UTC)
    found = due_times(cron("0 3 * * *", created=start, jitter_seconds=3600), start, 72)
    assert [time[:10] for time in found] == ["2026-11-30", "2026-12-01", "2026-12-02"]
    assert all("T03" in time or time[11:16] == "04:00" for time in found)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("30 6 * *", "a cron expression has 5 fields (minute, hour, day of the month, month, day of the week), not 4"),
        ("61 * * * *", 'invalid minute "61": the last value (61) is higher than the maximum value (59)'),
        ("0 24 * * *", 'invalid hour "24"'),
        ("0 0 * * 8", 'invalid day of the week "8"'),
        ("0 0 1 * 1", "give either a day of the month or a day of the week"),
        ("0 0 30 2 *", '"0 0 30 2 *" is never due'),
        ("@daily", "a cron expression has 5 fields"),
    ],
)
def test_an_invalid_expression_is_explained(text: str, message: str) -> None:
    with pytest.raises(InvalidArgument) as error:
        parse_cron(text)
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


def test_a_valid_expression_is_kept() -> None:
    assert parse_cron(" 30  6 * * 1-5 ") == "30 6 * * 1-5"


def test_an_entry_that_became_invalid_is_never_due() -> None:
    assert next_due(cron("0 25 * * *"), MONDAY) is None
    assert next_due(cron("0 13 * * *", "Atlantis/Center"), MONDAY) == MONDAY + HOUR
