"""Pipeline 2: is it new, changed, or as it was? The item says which from here on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from scrapy.exceptions import DropItem

from awardspider.items import (
    AwardOfferItem,
    Change,
    MonitoredRoutes,
    PromotionItem,
    Search,
    SearchKind,
    SearchReportItem,
)
from awardspider.outcomes import Outcome
from awardspider.pipelines import AwardPipeline
from awardspider.storage.recording import recorder_of

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


class Repeated(DropItem):
    """The same offer, again in this search."""


class Recorded(DropItem):
    """A report, a promotion we had or a list of routes: it is recorded, and no later pipeline wants it."""


@dataclass(slots=True)
class _Scope:
    """What was known of a search's scope when its answer came, and what the answer held.

    A search in bulk has no scope of its own: what is known of each route is taken in as the route appears (`routes`).
    """

    search: Search
    known: dict[str, str] = field(default_factory=dict)
    routes: set[tuple[str, str]] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)
    new: int = 0
    changed: int = 0
    unchanged: int = 0


class DedupePipeline(AwardPipeline):
    """Compares each answer with what is stored in its scope (one query), and marks what it no longer holds."""

    def __init__(self, crawler: Crawler) -> None:
        self._stats = crawler.stats
        self._recorder = recorder_of(crawler)
        self._scopes: dict[str, _Scope] = {}
        spider: Any = crawler.spider
        self._tells_of_many = bool(spider.program.covers)

    def process_item(self, item: Any) -> Any:
        if isinstance(item, AwardOfferItem):
            return self._offer(item)
        if isinstance(item, SearchReportItem):
            self._report(item)
            raise Recorded("report")
        if isinstance(item, PromotionItem):
            if self._recorder.promotion(item):
                return item
            raise Recorded("promotion")
        if isinstance(item, MonitoredRoutes):
            self._recorder.routes(item)
            raise Recorded("routes")
        return item

    def _offer(self, item: AwardOfferItem) -> AwardOfferItem:
        search = item.search
        if search is None:
            raise ValueError(f"an offer without its search: {item}")
        scope = self._scopes.get(search.id)
        if scope is None:
            scope = self._scopes[search.id] = _Scope(search)
            if search.is_of_one_route:
                scope.known = self._known(search)
        if not search.is_of_one_route:
            self._take_in(scope, item)
        offer_id = item.offer_id
        if offer_id in scope.seen:
            raise Repeated(offer_id)
        scope.seen.add(offer_id)
        known = scope.known.get(offer_id)
        if known == item.state:
            self._recorder.unchanged(offer_id, item.seen_at)
            scope.unchanged += 1
            item.change = Change.SAME
            return item
        self._recorder.offer(offer_id, item)
        if known is None:
            item.change = Change.NEW
            scope.new += 1
        else:
            item.change = Change.CHANGED
            scope.changed += 1
        return item

    def _take_in(self, scope: _Scope, item: AwardOfferItem) -> None:
        """Add what is known of the offer's route to the scope of a search for many routes."""
        route = item.origin, item.destination
        if route not in scope.routes:
            scope.routes.add(route)
            of_route = replace(scope.search, kind=SearchKind.CALENDAR, origin=item.origin, destination=item.destination)
            scope.known |= self._known(of_route)

    def _known(self, search: Search) -> dict[str, str]:
        """The live offers of a search's scope: where seats are not told, a source of many programs offers for one."""
        known: dict[str, str] = {}
        for party in {1, search.travelers} if self._tells_of_many else {search.travelers}:
            known |= self._recorder.live_offers(replace(search, travelers=party), search.program)
        return known

    def _report(self, report: SearchReportItem) -> None:
        scope = self._scopes.pop(report.search_id, None)
        # What could not be read, or was dropped, may well be there: such an answer is no evidence that others are gone.
        doubted = report.invalid or self._recorder.is_doubted(report.search_id)
        is_evidence = report.search.is_of_one_route and report.outcome is not Outcome.FAILED
        if is_evidence and not doubted:
            if scope is None or scope.search != report.search:  # nothing was read, or fewer days were answered
                known = self._known(report.search)
            else:
                known = scope.known
            gone = known.keys() - scope.seen if scope else known.keys()
            for offer_id in gone:
                self._recorder.gone(offer_id, report.requested_at)
            self._count("gone", len(gone))
        if scope:
            for what in ("new", "changed", "unchanged"):
                self._count(what, getattr(scope, what))
        self._count(f"searches/{report.reason or report.outcome}")
        self._recorder.report(report)

    def _count(self, what: str, by: int = 1) -> None:
        if by:
            self._stats.inc_value(f"award/{what}", by)
