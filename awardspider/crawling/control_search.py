"""Answers that a program gives both for "none" and to those it will not serve: held until it is clear which."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from awardspider.crawling.search_state import SearchState, Yielded
from awardspider.items import SearchReportItem
from awardspider.outcomes import STOP_REASONS, AmbiguousResponse, Outcome, SearchFailed
from awardspider.search import planner

if TYPE_CHECKING:
    from awardspider.crawling.spider import AwardSpider

Route: TypeAlias = tuple[str, str, str]  # kind of search, origin, destination

SHORT = 4_000  # bytes; an answer that may mean none is no longer
BELIEVED_AT_MOST = 5  # such answers for a route after the control route has answered: a site may close its door later


class ControlSearch:
    """The looks of one run that are in doubt.

    The control route is asked, of the same kind, and nothing else leaves meanwhile. Where it has offers the doubtful
    answer means none, and the next few for the same route too.
    """

    def __init__(self, spider: AwardSpider) -> None:
        self._spider = spider
        self._believed: dict[Route, int] = {}
        self._held: list[tuple[SearchState, AmbiguousResponse, int | None]] = []
        self._controls: dict[str, str] = {}  # kind of search -> id of the control look under way
        self._suspects: set[str] = set()  # ids of looks whose answer has come, but has not been read yet
        self._postponed: list[SearchState] = []

    def hold(self, look: SearchState, cause: AmbiguousResponse, status: int | None) -> Iterator[Yielded]:
        """Believe the answer, or hold it and ask the control route, or give up where that is not possible."""
        spider, kind, route = self._spider, look.search.kind, _route(look)
        self._suspects.discard(look.search.id)
        if self._believed.get(route, 0):
            self._believed[route] -= 1
            yield from spider.complete(look, status)
            return
        search = planner.control(spider.program, spider.asks, kind, spider.now()) if spider.asked_any else None
        if search is None or look.search.id in self._controls.values():
            yield from spider.failed(look, cause, status)
            return
        self._held.append((look, cause, status))
        if kind not in self._controls:
            control = spider.look_for(search)
            self._controls[kind] = control.search.id
            yield from spider.request(control)

    def suspect(self, look: SearchState, body: bytes) -> None:
        """Look at a short answer as it comes in, ahead of its turn to be read: nothing more may leave meanwhile."""
        if len(body) > SHORT or self._believed.get(_route(look), 0):
            return
        try:
            for _ in self._spider.parser.PARSERS[look.search.kind](body, look.search, self._spider.now()):
                return
        except AmbiguousResponse:
            self._suspects.add(look.search.id)
        except Exception:
            return  # it is read again in its turn, and reported then

    def holds_back(self, look: SearchState) -> bool:
        """Whether a look must wait until it is clear whether the program serves us."""
        is_control = look.search.id in self._controls.values()
        return bool(self._held or self._suspects) and not is_control and not look.pages

    def postpone(self, look: SearchState) -> None:
        """Ask for this look once it is clear."""
        self._postponed.append(look)

    def settle(self, report: SearchReportItem) -> Iterator[Yielded]:
        """After a report: end the looks that are held, once it is clear whether the program serves us."""
        kind = report.search.kind
        if self._controls.get(kind) == report.search_id:
            del self._controls[kind]
            held = [doubt for doubt in self._held if doubt[0].search.kind == kind]
            self._held = [doubt for doubt in self._held if doubt[0].search.kind != kind]
            for look, cause, status in held:
                self._suspects.discard(look.search.id)
                yield from self._end(look, cause, status, report)
        self._suspects.discard(report.search_id)
        if not self._held and not self._suspects:
            postponed, self._postponed = self._postponed, []
            for look in postponed:
                yield from self._spider.request(look)

    def forget(self) -> None:
        """Hold nothing any more: the run is over."""
        self._held.clear()
        self._suspects.clear()
        self._postponed.clear()
        self._controls.clear()

    def _end(
        self, look: SearchState, cause: AmbiguousResponse, status: int | None, control: SearchReportItem
    ) -> Iterator[Yielded]:
        """End a held look by what the control look said."""
        spider = self._spider
        if control.outcome is Outcome.FOUND:
            self._believed[_route(look)] = BELIEVED_AT_MOST
            yield from spider.complete(look, status)
        elif control.reason is None or control.reason in STOP_REASONS:
            yield from spider.failed(look, cause, status)
        else:  # it could not be found out
            yield from spider.failed(look, SearchFailed(control.reason, f"{cause.note}; {control.note}"), status)


def _route(look: SearchState) -> Route:
    return look.search.kind, look.search.origin, look.search.destination
