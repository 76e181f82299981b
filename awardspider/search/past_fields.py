"""Fields of a watch of either kind that have passed: its dates, and its last day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from awardspider.search.dates import today_at
from awardspider.search.promotion_watches import PromotionWatch
from awardspider.search.time_zones import zone_or_utc
from awardspider.search.watch_checks import Conflict
from awardspider.search.watches import Watch


def past_fields(watch: Watch | PromotionWatch, now: datetime) -> Iterator[Conflict]:
    """Yield the dates and the last day of a watch if they have passed at the aware time `now`."""
    if isinstance(watch, Watch):
        today = max(today_at(code, now) for code in watch.origins)
        if watch.dates.is_over(today):
            yield Conflict("dates", f"{watch.dates} is in the past (today is {today})")
    else:
        today = now.astimezone(zone_or_utc(watch.owner_timezone)).date()
    if watch.expires is not None and watch.expires < today:
        yield Conflict("expires", f"{watch.expires} is in the past (today is {today})")
