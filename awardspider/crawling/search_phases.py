"""The phases of a crawl: rounds of wide searches, each followed by the flights of the days that could match a watch."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from scrapy import signals

from awardspider.crawling.politeness import find_refusal
from awardspider.crawling.sandbox_check import live_notice
from awardspider.crawling.search_state import SearchState, SpiderOutput
from awardspider.items import Search, SearchKind
from awardspider.search.planner import plan

if TYPE_CHECKING:
    from awardspider.crawling.spider import AwardSpider

#: Wide searches in a round. With a pause of 20 seconds, the flights of a matching day are searched within 7 minutes.
WIDE_PER_ROUND = 20

#: Searches beyond the budget that are planned, of calendars and of days, so that each ends with a report. Later crawls
#: send them.
MAX_UNSENT = 100


class SearchPhases:
    """The order in which the searches of one run are sent.

    The rechecks and days that earlier runs left come first, then rounds. A round spends at most half of the remaining
    budget on wide searches, so that the days that they show can be searched too, and then at most half of the rest on
    those days while wide searches remain.
    """

    def __init__(self, spider: AwardSpider) -> None:
        self._spider = spider
        self._waiting: deque[SearchState] = deque()
        #: The time from which the first of the recent searches is repeated; None if there are none.
        self.next_at: datetime | None = None

    def plan(self) -> list[Search]:
        """Return the wide searches of this run, best first; log if the budget does not suffice for all."""
        spider, context = self._spider, self._spider.context
        limit = None if context.budget_left is None else context.budget_left + MAX_UNSENT
        planned = plan(
            spider.watches,
            program=spider.program,
            capabilities=spider.capabilities,
            now=spider.now(),
            knowledge=context.knowledge,
            served=None if spider.ad_hoc_watch else context.served_routes,
            detail=spider.detail,
            limit=limit,
            recent=context.recent,
        )
        self.next_at = planned.next_at
        searches = planned.searches(limit)
        if context.budget_left is not None and len(searches) > context.budget_left:
            spider.logger.info(
                "Budget of %s: it allows %d searches now; later crawls send the others",
                spider.program.name,
                context.budget_left,
            )
        if not searches and planned.next_at is not None:
            spider.logger.info(
                "All searches of %s are recent; the next one is due at %s UTC",
                spider.program.name,
                f"{planned.next_at.astimezone(UTC):%Y-%m-%d %H:%M}",
            )
        for note in planned.notes():
            spider.logger.info("Plan of %s: %s", spider.program.name, note)
        return spider.plan(searches)

    def start_all(self, searches: Iterable[Search]) -> Iterator[SpiderOutput]:
        """Yield the first requests of these searches, and the reports of those that must not be sent."""
        states = [self._spider.add_search(search) for search in searches]
        self._begin(states)
        for state in states:
            yield from self._spider.start_search(state)

    async def run(self, searches: Iterable[Search], rechecks: Iterable[Search]) -> AsyncIterator[SpiderOutput]:
        """Yield the first requests of all phases, and the reports of the searches that must not be sent."""
        spider = self._spider
        first = [spider.add_search(search, is_recheck=True) for search in rechecks]
        rechecked = {state.search for state in first}
        self._waiting += (spider.add_search(search) for search in searches if search not in rechecked)
        self._begin([*first, *self._waiting])
        for state in first:
            for output in spider.start_search(state):
                yield output
        spider.day_searches.add_days_left()
        while self._waiting or spider.day_searches.has_waiting:
            if spider.quota.searches_left == 0:
                spider.day_searches.keep_waiting(MAX_UNSENT)
            for output in spider.day_searches.start_waiting(self._share() if self._waiting else None):
                yield output
            await self._until_settled()
            wide = [self._waiting.popleft() for _ in range(self._wide_count())]
            for state in wide:
                for output in spider.start_search(state):
                    yield output
            await self._until_settled()

    def _begin(self, states: list[SearchState]) -> None:
        spider = self._spider
        if spider.live and states:
            spider.logger.info(live_notice([spider.program.site]))
        spider.day_searches.add_planned(state.search for state in states)
        spider.quota.calls_left = spider.context.calls_left
        if refusal := find_refusal(spider):
            spider.stop(refusal)

    def _wide_count(self) -> int:
        """Return the number of wide searches in the next round; all of them if no days follow from any."""
        has_days = any(state.search.kind is not SearchKind.ITINERARY for state in self._waiting)
        if not has_days or not self._spider.day_searches.are_allowed or self._spider.stopped:
            return len(self._waiting)
        share = self._share()
        return min(len(self._waiting), WIDE_PER_ROUND if share is None else min(share, WIDE_PER_ROUND))

    def _share(self) -> int | None:
        """Return half of the searches that the budget still allows; None without a limit, or if it allows none."""
        left = self._spider.quota.searches_left
        return None if not left else math.ceil(left / 2)

    async def _until_settled(self) -> None:
        """Wait until every search that was started has ended, or nothing is in flight any more."""
        spider = self._spider
        engine = spider.crawler.engine
        assert engine is not None
        while len(spider.open_searches) > len(self._waiting):
            await spider.crawler.signals.wait_for(signals.scheduler_empty)
            if not engine.downloader.active and engine.scraper.slot and engine.scraper.slot.is_idle():
                return
