"""States of a promotion: announced, active, ending soon or ended. Docs: docs/promotions.md."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from awardspider.items import PromotionKind, PromotionTerms

#: A promotion ends soon if its last day is at most so many days ahead.
ENDING_SOON_DAYS = 3

#: Assumed age at which a promotion without an end date has ended, counted from its last announcement.
MAX_AGE_WITHOUT_END = timedelta(days=45)

#: The same for a fare, which is usually sold for hours or days.
MAX_AGE_OF_FARE = timedelta(days=7)

#: The last day of a promotion ends at midnight here, the latest midnight of the loyalty programs of the US mainland.
_ZONE = ZoneInfo("America/Los_Angeles")


class PromotionState(StrEnum):
    """States of a promotion, in the order of listings."""

    ACTIVE = "active"
    ENDING_SOON = "ending_soon"
    ANNOUNCED = "announced"  # it has not begun yet
    ENDED = "ended"


def promotion_day(now: datetime) -> date:
    """Return the day that counts for the first and last day of a promotion: the date in Los Angeles."""
    return now.astimezone(_ZONE).date()


def day_start(day: date) -> datetime:
    """Return the time at which a day of a promotion begins."""
    return datetime.combine(day, time(), _ZONE)


def max_age_without_end(kind: PromotionKind) -> timedelta:
    """Return the assumed age at which a promotion of this kind without an end date has ended."""
    return MAX_AGE_OF_FARE if kind is PromotionKind.CASH_FARE_DEAL else MAX_AGE_WITHOUT_END


def promotion_state(
    terms: PromotionTerms, *, announced_at: datetime, ended_at: datetime | None, now: datetime
) -> PromotionState:
    """Return the state of a promotion at a time.

    `announced_at` is when it was last announced, and `ended_at` when an announcement said that it has ended, or None.
    """
    today = promotion_day(now)
    if (ended_at is not None and ended_at <= now) or terms.expired:
        return PromotionState.ENDED
    if terms.book_by is None:
        if now - announced_at > max_age_without_end(terms.kind):
            return PromotionState.ENDED
    elif terms.book_by < today:
        return PromotionState.ENDED
    if terms.book_from is not None and terms.book_from > today:
        return PromotionState.ANNOUNCED
    if terms.book_by is not None and (terms.book_by - today).days <= ENDING_SOON_DAYS:
        return PromotionState.ENDING_SOON
    return PromotionState.ACTIVE
