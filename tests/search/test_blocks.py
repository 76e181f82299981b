"""Blocks of days that one search covers."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from awardspider.search.blocks import ALL_DAYS, Blocks
from awardspider.search.change_rates import lead_time
from awardspider.search.dates import DateRange

WINDOW = 337
lengths = st.sampled_from([0, 1, 7, 15, 31, ALL_DAYS])
todays = st.dates(date(2026, 1, 1), date(2028, 12, 31))


@given(lengths, todays, st.lists(st.tuples(st.integers(0, WINDOW), st.integers(0, 60)), max_size=4))
def test_runs_are_the_blocks_joined_at_the_same_lead_time(
    length: int, today: date, offsets: list[tuple[int, int]]
) -> None:
    days = sorted({first + more for first, count in offsets for more in range(count + 1) if first + more <= WINDOW})
    ranges = [DateRange(today + timedelta(days=day), today + timedelta(days=day)) for day in days]
    blocks = Blocks(length, today, WINDOW)
    each = list(blocks.each(ranges))
    assert each == sorted(each)
    assert all(block.first <= block.last for block in each)
    runs = blocks.runs(ranges)
    assert sum(run.number for run in runs) == len(each)
    for run in runs:
        inside = [block for block in each if run.first <= block.first and block.last <= run.last]
        assert len(inside) == run.number
        assert (inside[0].first, inside[-1].last) == (run.first, run.last)
        assert len({lead_time((block.first - today).days) for block in inside}) == 1


@given(lengths, todays, st.integers(0, WINDOW), st.integers(1, 30))
def test_the_start_of_a_block_does_not_depend_on_today(length: int, today: date, offset: int, later: int) -> None:
    day = today + timedelta(days=offset)
    assert Blocks(length, today, WINDOW).start(day) == Blocks(length, today + timedelta(days=later), WINDOW).start(day)
