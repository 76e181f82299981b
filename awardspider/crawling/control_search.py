"""Resolve ambiguous empty responses, which a program sends both for "no awards" and to clients that it blocks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from awardspider.crawling.search_state import SearchState, SpiderOutput
from awardspider.items import SearchKind, SearchReportItem
from awardspider.outcomes import STOP_REASONS, AmbiguousResponse, Outcome, Reason, SearchFailed
from awardspider.search import planner

if TYPE_CHECKING:
    from awardspider.crawling.spider import AwardSpider

# What a control search confirms: a kind of search, and the route if the program may be blocking the client.
Subject: TypeAlias = tuple[SearchKind, str, str]

SHORT_RESPONSE_BYTES = 4_000  # ambiguous responses are never longer
TRUSTED_RESPONSES = 5  # ambiguous responses accepted after a control search finds offers


class ControlSearch:
    """Ambiguous responses of one run, each held until a control search resolves it.

    A control search is of the same kind, for a route that always has awards; no other search starts until it ends. If
    it finds offers, the held response means "no awards", and so do the next few ambiguous responses for the same route
    or, if the response does not suggest a block, for any route.
    """

    def __init__(self, spider: AwardSpider) -> None:
        self._spider = spider
        self._trusted: dict[Subject, int] = {}
        self._held: list[tuple[SearchState, AmbiguousResponse, int | None]] = []
        self._control_ids: dict[SearchKind, str] = {}  # ids of the control searches in flight
        self._ambiguous_ids: set[str] = set()  # ids of searches whose ambiguous response is not parsed yet
        self._postponed: list[SearchState] = []

    def hold(self, state: SearchState, error: AmbiguousResponse, status: int | None) -> Iterator[SpiderOutput]:
        """Accept an ambiguous response that is trusted, or hold the response and search the control route.

        Fail the search if it is itself a control search, or if no control search is possible.
        """
        spider, kind, subject = self._spider, state.search.kind, _subject(state, error)
        self._ambiguous_ids.discard(state.search.id)
        if self._trusted.get(subject, 0):
            self._trusted[subject] -= 1
            yield from spider.complete(state, status, error.empty_note)
            yield from spider.day_searches.start(state)
            return
        search = None
        if spider.sent_any:
            search = planner.control_search(spider.program, spider.capabilities, kind, spider.now())
        if search is None or state.search.id in self._control_ids.values():
            yield from spider.fail(state, error, status)
            return
        self._held.append((state, error, status))
        if kind not in self._control_ids:
            control = spider.add_search(search)
            self._control_ids[kind] = control.search.id
            yield from spider.start_search(control)

    def check_short_response(self, state: SearchState, body: bytes) -> None:
        """Detect an ambiguous response as soon as it arrives, so that no other search starts before it is parsed."""
        if len(body) > SHORT_RESPONSE_BYTES:
            return
        try:
            for _ in self._spider.parser.PARSERS[state.search.kind](body, state.search, self._spider.now()):
                return
        except AmbiguousResponse as error:
            if not self._trusted.get(_subject(state, error), 0):
                self._ambiguous_ids.add(state.search.id)
        except Exception:
            return  # reported when the response is parsed

    def must_wait(self, state: SearchState) -> bool:
        """Return whether a search has to wait until an ambiguous response is resolved."""
        is_control = state.search.id in self._control_ids.values()
        return bool(self._held or self._ambiguous_ids) and not is_control and not state.pages

    def postpone(self, state: SearchState) -> None:
        """Remember a search, to start it again after the held searches are resolved."""
        self._postponed.append(state)

    def resolve(self, report: SearchReportItem) -> Iterator[SpiderOutput]:
        """End the searches held for this control report, if any; start postponed searches once no search is held."""
        kind = report.search.kind
        if self._control_ids.get(kind) == report.search_id:
            del self._control_ids[kind]
            held = [entry for entry in self._held if entry[0].search.kind == kind]
            self._held = [entry for entry in self._held if entry[0].search.kind != kind]
            for state, error, status in held:
                self._ambiguous_ids.discard(state.search.id)
                yield from self._end(state, error, status, report)
        self._ambiguous_ids.discard(report.search_id)
        if not self._held and not self._ambiguous_ids:
            postponed, self._postponed = self._postponed, []
            for state in postponed:
                yield from self._spider.start_search(state)

    def clear(self) -> None:
        """Drop all held and postponed searches at the end of a run."""
        self._held.clear()
        self._ambiguous_ids.clear()
        self._postponed.clear()
        self._control_ids.clear()

    def _end(
        self, state: SearchState, error: AmbiguousResponse, status: int | None, control: SearchReportItem
    ) -> Iterator[SpiderOutput]:
        """End a held search according to the outcome of its control search."""
        spider = self._spider
        if control.outcome is Outcome.FOUND:
            self._trusted[_subject(state, error)] = TRUSTED_RESPONSES
            yield from spider.complete(state, status, error.empty_note)
            yield from spider.day_searches.start(state)
        elif control.reason is None or control.reason in STOP_REASONS:
            yield from spider.fail(state, error, status)
        else:  # the control search itself failed
            yield from spider.fail(state, SearchFailed(control.reason, f"{error.note}; {control.note}"), status)


def _subject(state: SearchState, error: AmbiguousResponse) -> Subject:
    search = state.search
    return (search.kind, search.origin, search.destination) if error.reason is Reason.BLOCKED else (search.kind, "", "")
