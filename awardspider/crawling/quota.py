"""Limits for one run: our budget of searches, and the calls that the program itself allows."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from awardspider.crawling.responses import MAX_WAIT_SECONDS
from awardspider.outcomes import Reason, SearchFailed

if TYPE_CHECKING:
    from awardspider.crawling.spider import AwardSpider


class Quota:
    """Counts of searches against our budget, and of requests against the program's own limit.

    The budget limits only how many searches start; it never interrupts a search.
    """

    def __init__(self, spider: AwardSpider) -> None:
        self._spider = spider
        self.searches_started = 0
        self.calls_left: tuple[int, datetime] | None = None

    @property
    def searches_left(self) -> int | None:
        """Return the number of searches that our budget still allows in this run; None if there is no limit."""
        budget = self._spider.context.budget_left
        return None if budget is None else max(0, budget - self.searches_started)

    def check_search(self) -> SearchFailed | None:
        """Return an error if no more searches may start, otherwise None."""
        spider = self._spider
        if self.searches_left == 0:
            note = f"the budget of {spider.program.name} is used up (AWARD_BUDGET, programs.toml)"
            return SearchFailed(Reason.OUT_OF_BUDGET, note)
        return self.check_request()

    def check_request(self) -> SearchFailed | None:
        """Return an error if the program allows no more calls now, otherwise None."""
        if self.calls_left is None or self.calls_left[0] > 0 or self._spider.now() >= self.calls_left[1]:
            return None
        note = f"{self._spider.program.name} allows no more calls before {self.calls_left[1]:%Y-%m-%d %H:%MZ}"
        return SearchFailed(Reason.OUT_OF_BUDGET, note)

    def use_call(self) -> SearchFailed | None:
        """Count a request that is about to be sent, or return an error if it must not be sent.

        The quota may have been used up since the request was built.
        """
        error = self.check_request()
        if self.calls_left and not error:
            self.calls_left = (self.calls_left[0] - 1, self.calls_left[1])
        return error

    def update(self, reported: tuple[int, float] | None) -> None:
        """Store the quota that a response reports: the calls left, and the seconds until the quota resets.

        Responses can arrive out of order, so the calls left never increase within one period.
        """
        if reported is None:
            return
        calls, seconds = reported
        now = self._spider.now()
        if self.calls_left is not None and now < self.calls_left[1]:
            calls = min(calls, self.calls_left[0])
        self.calls_left = (calls, now + timedelta(seconds=max(0.0, min(seconds, MAX_WAIT_SECONDS))))
