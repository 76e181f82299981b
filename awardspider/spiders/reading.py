"""From an answer to its items and, where it cannot be read, to the report that says why."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from scrapy import Request
from scrapy.http import TextResponse

from awardspider.items import AwardOfferItem, Covered, Detail, MonitoredRoutes, Odd, Search
from awardspider.outcomes import Ambiguous, CouldNotLook, Reason
from awardspider.spiders import answers
from awardspider.spiders.looks import Look, Yielded

if TYPE_CHECKING:
    from awardspider.spiders.bases import AwardSpider


class Reading:
    """Runs the program's reader over the answers of one run."""

    def __init__(self, spider: AwardSpider) -> None:
        self._spider = spider
        self._said: set[str] = set()

    def read(self, look: Look, body: bytes, seen_at: datetime, status: int | None) -> Generator[Yielded, None, bool]:
        """What the reader makes of one answer; returns whether it could read it, and reports where not."""
        spider, search = self._spider, look.search
        sample: list[AwardOfferItem] | None = [] if spider.shape.wants_another(search.kind) else None
        look.pages += 1
        try:
            for item in spider.reader.READS[search.kind](body, search, seen_at):
                if isinstance(item, Covered):
                    look.covered = replace(look.covered, first=item.first, last=item.last)
                elif isinstance(item, Odd):
                    spider.note_odd(item)
                    look.lost += item.lost
                elif isinstance(item, MonitoredRoutes):
                    look.routes += len(item.routes)
                    spider.briefing.monitored.note(item)
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
                spider.shape.note(spider.reader, search.kind, body, sample)
            return True
        except Ambiguous as cause:
            yield from spider.doubts.hold(look, cause, status)
        except CouldNotLook as cause:
            yield from spider.could_not_look(look, cause, status)
        except Exception as error:
            spider.logger.exception("The reader of %s failed on %s", spider.program.key, search)
            crash = CouldNotLook(Reason.CRASHED, f"{type(error).__name__}: {error}")
            yield from spider.could_not_look(look, crash, status)
        return False

    def again(self, look: Look, body: bytes, seen_at: datetime, status: int | None) -> Iterator[Yielded]:
        """The same for an answer that was kept or supplied. One page of several speaks for itself only."""
        spider, search = self._spider, look.search
        look.asked_at = seen_at
        site = spider.program.site
        response = TextResponse(site, status=status or 200, body=body, request=Request(site))
        try:
            answers.check(
                response,
                spider.signs,
                mark=spider.answer_marks.get(search.kind),
                answers_with=spider.answers_with,
                statuses=spider.statuses,
            )
        except CouldNotLook as cause:
            yield from spider.could_not_look(look, cause, status)
            return
        is_read = yield from self.read(look, body, seen_at, status)
        if is_read:
            look.lost += self._is_part(search, response)
            yield from spider.complete(look, status)

    def _is_part(self, search: Search, response: TextResponse) -> bool:
        """Whether an answer is one page of several, as far as it can be told without asking."""
        try:
            return self._spider.follow(search, response) is not None
        except Exception:
            return True

    def say_once(self, odd: Odd) -> None:
        """Say what is odd, once a run for each field."""
        if odd.field not in self._said:
            self._said.add(odd.field)
            level = logging.WARNING if odd.lost else logging.INFO
            spider = self._spider
            spider.logger.log(level, "Odd value in %s of %s: %s", odd.field, spider.program.key, odd.value)

    def _day_link(self, offer: AwardOfferItem, asked: Search) -> str:
        day = offer.departure_date
        return self._spider.booking_link(
            Search(
                program=asked.program,
                kind="itinerary",
                origin=offer.origin,
                destination=offer.destination,
                first=day,
                last=day,
                travelers=offer.travelers,
                subject=offer.program if offer.program != asked.program else "",
                reference=offer.reference or "",
            )
        )
