"""The order in which the sources of a crawl are requested: kind after kind, and one source of a site at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from awardspider.crawling.promotion_context import PromotionSource
from awardspider.items import SourceKind
from awardspider.outcomes import SearchFailed
from awardspider.values import publisher


@dataclass(slots=True)
class SourceState:
    """A source of this run; `url` is the URL after redirects.

    `moved_to` is the target of the permanent redirects before the first temporary one, and `is_permanent` is True until
    that one. `conditional` is True if the last request has the headers of the stored response.
    """

    source: PromotionSource
    url: str
    redirects: int = 0
    moved_to: str = ""
    is_permanent: bool = True
    conditional: bool = False
    requested_at: datetime | None = None
    ended: bool = False

    @property
    def site(self) -> str:
        """Return the site of the source: its host without www."""
        return publisher(self.source.url)


class NextSource(NamedTuple):
    """The next source, and the error with which it ends without a request, if it must not be requested."""

    state: SourceState
    error: SearchFailed | None


class SourceSchedule:
    """The sources of a crawl. All of one kind end before the next kind begins, and sites do not wait for each other.

    `refusal` returns the error of a source that must not be requested. The caller ends such a source before it
    takes the next one.
    """

    def __init__(self, kinds: Sequence[SourceKind], refusal: Callable[[PromotionSource], SearchFailed | None]) -> None:
        #: All sources, keyed by URL.
        self.states: dict[str, SourceState] = {}
        self._kinds = kinds
        self._refusal = refusal
        self._queues: dict[SourceKind, dict[str, deque[SourceState]]] = {}
        self._stopped_sites: dict[str, SearchFailed] = {}

    def add(self, sources: Iterable[PromotionSource]) -> None:
        """Add sources before the first request."""
        self.states |= {source.url: SourceState(source, source.url) for source in sources}

    def unfinished(self) -> list[SourceState]:
        """Return the sources that have not ended."""
        return [state for state in self.states.values() if not state.ended]

    def first(self) -> Iterator[NextSource]:
        """Yield the first source of each site, of the first kind that has any left."""
        for kind in self._kinds:
            states = [state for state in self.unfinished() if state.source.kind is kind]
            if states and kind not in self._queues:
                queues = self._queues[kind] = {}
                for state in states:
                    queues.setdefault(state.site, deque()).append(state)
                for queue in queues.values():
                    yield from self._next_of(queue)
            if any(not state.ended for state in states):
                return

    def after(self, state: SourceState) -> Iterator[NextSource]:
        """Yield the next source of a site, and the first ones of the next kind if this kind has ended."""
        yield from self._next_of(self._queues[state.source.kind][state.site])
        yield from self.first()

    def stop_site(self, state: SourceState, error: SearchFailed) -> None:
        """Request nothing more from the site of a source, because of its error."""
        self._stopped_sites.setdefault(state.site, error)

    def _next_of(self, queue: deque[SourceState]) -> Iterator[NextSource]:
        while queue:
            state = queue.popleft()
            error = self._refusal(state.source) or self._stop_error(state.site)
            yield NextSource(state, error)
            if error is None:
                return

    def _stop_error(self, site: str) -> SearchFailed | None:
        error = self._stopped_sites.get(site)
        if error is None:
            return None
        return SearchFailed(error.reason, f"not requested after: {error.note}", wait_seconds=error.wait_seconds)
