from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from awardspider.delivery.messages.cards.calendar_strip import strip_days

DAYS = st.lists(st.dates(date(2027, 1, 1), date(2027, 12, 31)), min_size=1, max_size=20, unique=True)


def numbers(strip):
    return [[day.day for day in group] for group in strip.groups]


def march(*days):
    return [date(2027, 3, day) for day in days]


def test_one_day_is_shown_in_its_week():
    assert numbers(strip_days(march(10), 9)) == [[7, 8, 9, 10, 11, 12, 13]]


def test_near_days_are_in_one_group():
    assert numbers(strip_days(march(10, 11, 14), 9)) == [[8, 9, 10, 11, 12, 13, 14, 15, 16]]
    assert numbers(strip_days(march(10, 11, 14), 7)) == [[9, 10, 11, 12, 13, 14, 15]]


def test_distant_days_are_in_groups():
    assert numbers(strip_days(march(10, 24), 7)) == [[9, 10, 11], [23, 24, 25]]


def test_days_that_do_not_fit_are_counted():
    strip = strip_days(march(*range(1, 31, 3)), 7)
    assert numbers(strip) == [[1], [4], [7], [10]]
    assert strip.more == 6


@given(days=DAYS, cells=st.sampled_from([7, 9]))
def test_the_strip_has_no_more_cells_than_there_are(days, cells):
    strip = strip_days(days, cells)
    shown = [day for group in strip.groups for day in group]
    assert strip.cells <= cells
    assert len(set(days) & set(shown)) + strip.more == len(days)
    assert all(later - earlier == timedelta(days=1) for group in strip.groups for earlier, later in pairwise(group))
