"""Answers that a program gives both for "none" and to those it will not serve: held until it is clear which."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from awardspider.items import SearchReportItem
from awardspider.outcomes import Ambiguous, Outcome
from awardspider.search import planner
from awardspider.spiders.looks import Look, Yielded

if TYPE_CHECKING:
    from awardspider.spiders.bases import AwardSpider


class Doubts:
    """The looks of one run that are in doubt.

    They are believed where the program tells of offers elsewhere in the same run; to find out, the control route is
    asked once.
    """

    def __init__(self, spider: AwardSpider) -> None:
        self._spider = spider
        self._told: set[str] = set()  # kinds of search that brought offers
        self._held: list[tuple[Look, Ambiguous, int | None]] = []
        self._control: str | None = None  # id of the control look

    def hold(self, look: Look, cause: Ambiguous, status: int | None) -> Iterator[Yielded]:
        """Believe the answer, or hold it and ask the control route, or give up where that has been asked."""
        spider, kind = self._spider, look.search.kind
        if kind in self._told:
            yield from spider.complete(look, status)
            return
        search = None
        if self._control is None and spider.asked_any:
            search = planner.control(spider.program, spider.asks, kind, spider.now())
        if search is None and (self._control not in spider.looks or look.search.id == self._control):
            yield from spider.could_not_look(look, cause, status)
            return
        self._held.append((look, cause, status))
        if search is not None:
            control = spider.look_for(search)
            self._control = control.search.id
            yield from spider.request(control)

    def settle(self, report: SearchReportItem) -> Iterator[Yielded]:
        """After a report: end the looks that are held, once it is clear whether the program serves us."""
        served = report.outcome is Outcome.FOUND
        if served:
            self._told.add(report.search.kind)
        elif report.search_id != self._control:
            return
        held, self._held = self._held, []
        for look, cause, status in held:
            if served and look.search.kind in self._told:
                yield from self._spider.complete(look, status)
            elif served:
                self._held.append((look, cause, status))
            else:
                yield from self._spider.could_not_look(look, cause, status)
