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


SHORT = 4_000  # bytes; an answer that may mean none is no longer


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
        self._suspects: set[str] = set()  # ids of looks whose answer has come, but has not been read yet
        self._postponed: list[Look] = []

    def hold(self, look: Look, cause: Ambiguous, status: int | None) -> Iterator[Yielded]:
        """Believe the answer, or hold it and ask the control route, or give up where that has been asked."""
        spider, kind = self._spider, look.search.kind
        self._suspects.discard(look.search.id)
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

    def suspect(self, look: Look, body: bytes) -> None:
        """Look at a short answer as it comes in, ahead of its turn to be read: nothing more may leave meanwhile."""
        kind = look.search.kind
        if len(body) > SHORT or kind in self._told:
            return
        try:
            for _ in self._spider.reader.READS[kind](body, look.search, self._spider.now()):
                return
        except Ambiguous:
            self._suspects.add(look.search.id)
        except Exception:
            return  # it is read again in its turn, and reported then

    def holds_back(self, look: Look) -> bool:
        """Whether a look must wait until it is clear whether the program serves us."""
        return bool(self._held or self._suspects) and look.search.id != self._control and not look.pages

    def postpone(self, look: Look) -> None:
        """Ask for this look once it is clear."""
        self._postponed.append(look)

    def settle(self, report: SearchReportItem) -> Iterator[Yielded]:
        """After a report: end the looks that are held, once it is clear whether the program serves us."""
        served = report.outcome is Outcome.FOUND
        if served:
            self._told.add(report.search.kind)
        if served or report.search_id == self._control:
            self._suspects.clear()
            held, self._held = self._held, []
            for look, cause, status in held:
                if not served:
                    yield from self._spider.could_not_look(look, cause, status)
                elif look.search.kind in self._told:
                    yield from self._spider.complete(look, status)
                else:
                    self._held.append((look, cause, status))
        if not self._held and not self._suspects:
            postponed, self._postponed = self._postponed, []
            for look in postponed:
                yield from self._spider.request(look)
