"""From an answer to its items and, where it cannot be read, to the report that says why."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from scrapy import Request
from scrapy.http import TextResponse

from awardspider.crawling import responses
from awardspider.crawling.search_state import SearchState, Yielded
from awardspider.items import AwardOfferItem, CoveredDates, Detail, MonitoredRoutes, ParseWarning, Search, SearchKind
from awardspider.outcomes import AmbiguousResponse, Reason, SearchFailed

if TYPE_CHECKING:
    from awardspider.crawling.spider import AwardSpider


class ResponseHandler:
    """Runs the program's reader over the answers of one run."""

    def __init__(self, spider: AwardSpider) -> None:
        self._spider = spider
        self._said: set[str] = set()

    def read(
        self, look: SearchState, body: bytes, seen_at: datetime, status: int | None
    ) -> Generator[Yielded, None, bool]:
        """What the reader makes of one answer; returns whether it could read it, and reports where not."""
        spider, search = self._spider, look.search
        sample: list[AwardOfferItem] | None = [] if spider.shape.wants_another(search.kind) else None
        look.pages += 1
        try:
            for item in spider.parser.PARSERS[search.kind](body, search, seen_at):
                if isinstance(item, CoveredDates):
                    look.covered = replace(look.covered, first=item.first, last=item.last)
                elif isinstance(item, ParseWarning):
                    spider.note_odd(item)
                    look.lost += item.drops_offer
                elif isinstance(item, MonitoredRoutes):
                    look.routes += len(item.routes)
                    spider.context.monitored.note(item)
                    yield item
                else:
                    look.offers += 1
                    item.answered_at = seen_at
                    if item.detail is not Detail.ITINERARY:
                        look.days.append(item)
                    item.booking_link = item.booking_link or self._day_link(item, search)
                    if sample is not None:
                        sample.append(item)
                    yield item
            if sample or (sample is not None and look.routes):
                spider.shape.note(spider.parser, search.kind, body, sample)
            return True
        except AmbiguousResponse as cause:
            yield from spider.doubts.hold(look, cause, status)
        except SearchFailed as cause:
            yield from spider.failed(look, cause, status)
        except Exception as error:
            spider.logger.exception("The reader of %s failed on %s", spider.program.key, search)
            crash = SearchFailed(Reason.INTERNAL_ERROR, f"{type(error).__name__}: {error}")
            yield from spider.failed(look, crash, status)
        return False

    def again(self, look: SearchState, body: bytes, seen_at: datetime, status: int | None) -> Iterator[Yielded]:
        """The same for an answer that was kept or supplied. One page of several speaks for itself only."""
        spider, search = self._spider, look.search
        look.requested_at = seen_at
        site = spider.program.site
        response = TextResponse(site, status=status or 200, body=body, request=Request(site))
        try:
            responses.check(
                response,
                spider.block_patterns,
                mark=spider.page_markers.get(search.kind),
                readable_statuses=spider.readable_statuses,
                status_reasons=spider.status_reasons,
            )
        except SearchFailed as cause:
            yield from spider.failed(look, cause, status)
            return
        is_read = yield from self.read(look, body, seen_at, status)
        if is_read:
            look.lost += self._is_part(search, response)
            yield from spider.complete(look, status)

    def _is_part(self, search: Search, response: TextResponse) -> bool:
        """Whether an answer is one page of several, as far as it can be told without asking."""
        try:
            return self._spider.next_request(search, response) is not None
        except Exception:
            return True

    def say_once(self, odd: ParseWarning) -> None:
        """Say what is odd, once a run for each field."""
        if odd.path not in self._said:
            self._said.add(odd.path)
            level = logging.WARNING if odd.drops_offer else logging.INFO
            spider = self._spider
            spider.logger.log(level, "Odd value in %s of %s: %s", odd.path, spider.program.key, odd.value)

    def _day_link(self, offer: AwardOfferItem, asked: Search) -> str:
        day = offer.departure_date
        return self._spider.booking_url(
            Search(
                program=asked.program,
                kind=SearchKind.ITINERARY,
                origin=offer.origin,
                destination=offer.destination,
                first=day,
                last=day,
                travelers=offer.travelers,
                target_program=offer.program if offer.program != asked.program else "",
                source_id=offer.source_id or "",
            )
        )
