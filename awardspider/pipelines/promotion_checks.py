"""Checks of announcements: terms that no promotion has."""

from __future__ import annotations

from datetime import date, timedelta

from awardspider.items import MAX_PROMOTION_PERCENT, PromotionItem
from awardspider.outcomes import AwardError
from awardspider.programs import points_programs

MAX_CENTS = 20
MAX_MILES = 2_000_000
#: No known promotion lasts longer, and no flight can be booked so far ahead.
MAX_DAYS = timedelta(days=730)


class InvalidTerms(AwardError):
    """Terms with an invalid `field`."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


def check_terms(item: PromotionItem) -> None:
    """Raise InvalidTerms for unknown keys, values out of range, and days in the wrong order or far away."""
    if item.seen_at.tzinfo is None or (item.published is not None and item.published.tzinfo is None):
        raise InvalidTerms("published", "a time without a zone")
    for name, keys in (("programs", item.programs), ("banks", item.banks)):
        if unknown := [key for key in keys if key not in points_programs()]:
            raise InvalidTerms(name, f"unknown {', '.join(unknown)}"[:80])
    limits = (("percent", item.percent, MAX_PROMOTION_PERCENT), ("miles_price", item.miles_price, MAX_MILES))
    for name, value, most in (*limits, ("cents_per_mile", item.cents_per_mile, MAX_CENTS)):
        if value is not None and not 0 < value <= most:
            raise InvalidTerms(name, f"{value} is not between 0 and {most}")
    day = (item.published or item.seen_at).date()
    for first, last in (("book_from", "book_by"), ("travel_from", "travel_until")):
        _check_days(item, first, last, day)
    if item.travel_until is not None and item.book_from is not None and item.travel_until < item.book_from:
        raise InvalidTerms("travel_until", f"{item.travel_until} is before the first day, {item.book_from}")


def _check_days(item: PromotionItem, first: str, last: str, day: date) -> None:
    begins, ends = getattr(item, first), getattr(item, last)
    if begins is not None and ends is not None and begins > ends:
        raise InvalidTerms(last, f"{ends} is before {begins}")
    for name, value in ((first, begins), (last, ends)):
        if value is not None and value - day > MAX_DAYS:
            raise InvalidTerms(name, f"{value} is too far ahead")
