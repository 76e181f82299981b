"""How much may still be asked in one run: by our budget, and by the calls that the program itself allows."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from awardspider.outcomes import Reason, SearchFailed

if TYPE_CHECKING:
    from awardspider.crawling.spider import AwardSpider


LONGEST_WAIT = 31 * 86_400.0  # seconds; nobody counts anew later than that


class Quota:
    """Counts the looks of one run against the budget, and its requests against what the program said last."""

    def __init__(self, spider: AwardSpider) -> None:
        self._spider = spider
        self.looks = 0
        self.calls_left: tuple[int, datetime] | None = None

    def spent(self) -> SearchFailed | None:
        """Why nothing more may be asked now, where a budget says so."""
        spider = self._spider
        if spider.context.allowance is not None and self.looks >= spider.context.allowance:
            note = f"the budget of {spider.program.name} is used up (AWARD_BUDGET, programs.toml)"
            return SearchFailed(Reason.OUT_OF_BUDGET, note)
        return self.no_calls_left()

    def before_send(self) -> SearchFailed | None:
        """Count a request that is about to leave, or why it may not: when it was made more calls may have been left."""
        cause = self.no_calls_left()
        if self.calls_left and not cause:
            self.calls_left = (self.calls_left[0] - 1, self.calls_left[1])
        return cause

    def told(self, left: tuple[int, float] | None) -> None:
        """What an answer says of the calls left, and of the seconds until they are counted anew."""
        if left:
            now = self._spider.now()
            still_counts = self.calls_left is not None and now < self.calls_left[1]
            known = self.calls_left[0] if self.calls_left and still_counts else left[0]
            self.calls_left = (min(known, left[0]), now + timedelta(seconds=min(left[1], LONGEST_WAIT)))

    def no_calls_left(self) -> SearchFailed | None:
        """Why no further request of a look may be made: a look that was begun is finished, whatever our budget."""
        if self.calls_left is None or self.calls_left[0] > 0 or self._spider.now() >= self.calls_left[1]:
            return None
        note = f"{self._spider.program.name} allows no more calls before {self.calls_left[1]:%Y-%m-%d %H:%MZ}"
        return SearchFailed(Reason.OUT_OF_BUDGET, note)
