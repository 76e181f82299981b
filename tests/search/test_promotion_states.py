"""States of promotions at given times."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from awardspider.items import PromotionKind, PromotionTerms
from awardspider.search.promotion_states import PromotionState, promotion_day, promotion_state

NOON = datetime(2026, 11, 22, 20, tzinfo=UTC)  # in Los Angeles
TODAY = date(2026, 11, 22)
TERMS = PromotionTerms(kind=PromotionKind.TRANSFER_BONUS)
DAY = timedelta(days=1)


def state(
    terms: PromotionTerms, *, age: timedelta = DAY, ended_at: datetime | None = None, now: datetime = NOON
) -> str:
    return promotion_state(terms, announced_at=NOON - age, ended_at=ended_at, now=now).value


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (None, None, "active"),
        (None, TODAY + 4 * DAY, "active"),
        (None, TODAY + 3 * DAY, "ending_soon"),
        (None, TODAY, "ending_soon"),
        (None, TODAY - DAY, "ended"),
        (TODAY, TODAY + 30 * DAY, "active"),
        (TODAY + DAY, TODAY + 30 * DAY, "announced"),
        (TODAY + DAY, TODAY + 2 * DAY, "announced"),
        (TODAY + DAY, None, "announced"),
        (TODAY - DAY, TODAY, "ending_soon"),
    ],
)
def test_days_decide_the_state(first: date | None, last: date | None, expected: str) -> None:
    assert state(replace(TERMS, book_from=first, book_by=last)) == expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2026, 11, 23, 7, 59, tzinfo=UTC), "ending_soon"),  # 23:59 in Los Angeles
        (datetime(2026, 11, 23, 8, 0, tzinfo=UTC), "ended"),
    ],
)
def test_a_day_ends_at_midnight_in_los_angeles(now: datetime, expected: str) -> None:
    assert state(replace(TERMS, book_by=TODAY), now=now) == expected


def test_the_day_follows_daylight_saving_time() -> None:
    assert promotion_day(datetime(2026, 7, 1, 6, 59, tzinfo=UTC)) == date(2026, 6, 30)
    assert promotion_day(datetime(2026, 7, 1, 7, 0, tzinfo=UTC)) == date(2026, 7, 1)


@pytest.mark.parametrize(("days", "expected"), [(45, "active"), (46, "ended")])
def test_without_a_last_day_a_promotion_ends_45_days_after_its_last_announcement(days: int, expected: str) -> None:
    assert state(TERMS, age=days * DAY) == expected
    assert state(replace(TERMS, book_by=TODAY + 10 * DAY), age=days * DAY) == "active"


def test_what_an_announcement_says_about_the_end_counts_more_than_the_days() -> None:
    later = replace(TERMS, book_by=TODAY + 10 * DAY)
    assert state(later, ended_at=NOON) == "ended"
    assert state(replace(later, book_from=TODAY + DAY), ended_at=NOON) == "ended"
    assert state(replace(later, expired=True)) == "ended"


def test_states_are_in_the_order_of_listings() -> None:
    assert [*PromotionState] == ["active", "ending_soon", "announced", "ended"]
