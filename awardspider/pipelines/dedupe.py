"""Pipeline 2: compare offers with the database, and mark stored offers missing from a response as gone."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from scrapy.exceptions import DropItem

from awardspider.items import (
    AwardOfferItem,
    Change,
    Money,
    MonitoredRoutes,
    Search,
    SearchKind,
    SearchReportItem,
)
from awardspider.outcomes import Outcome
from awardspider.pipelines import AwardPipeline
from awardspider.pipelines.judging import OfferJudge
from awardspider.storage.offer_scope import LiveOffer
from awardspider.values import minor_unit

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


class Duplicate(DropItem):
    """An offer that the search has already yielded."""


class Recorded(DropItem):
    """A report, a known announcement, a list of routes or rates; it is stored, and nothing else needs it."""


@dataclass(slots=True)
class _Scope:
    """The stored offers in a search's scope, keyed by id, and the ids of the offers in its response.

    `changed_days` are the departure days of new offers, and of those with another price or number of seats.
    A bulk search has no fixed scope: a route's stored offers are added when the route's first offer arrives.
    """

    search: Search
    stored: dict[str, LiveOffer] = field(default_factory=dict)
    routes: set[tuple[str, str]] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)
    changed_days: set[date] = field(default_factory=set)
    new: int = 0
    changed: int = 0
    unchanged: int = 0


class DedupePipeline(AwardPipeline):
    """Comparison of each response with the stored offers in its search's scope."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._scopes: dict[str, _Scope] = {}
        self._covers_others = bool(self._spider.program.covers)
        self._judge = OfferJudge(
            self._recorder, crawler.settings, is_regular=bool(getattr(self._spider, "is_regular", True))
        )

    def process_item(self, item: Any) -> Any:
        """Compare an offer, or store any other item; raise Duplicate or Recorded to drop it."""
        if isinstance(item, AwardOfferItem):
            return self._offer(item)
        if isinstance(item, SearchReportItem):
            self._report(item)
            raise Recorded("report")
        if isinstance(item, MonitoredRoutes):
            self._recorder.add_routes(item)
            raise Recorded("routes")
        return item

    def _offer(self, item: AwardOfferItem) -> AwardOfferItem:
        context = self._contexts[item]
        search = context.search
        scope = self._scopes.get(search.id)
        if scope is None:
            scope = self._scopes[search.id] = _Scope(search)
            if search.is_of_one_route:
                scope.stored = self._stored_offers(search)
        if not search.is_of_one_route:
            self._add_route(scope, item)
        offer_id = item.offer_id
        if offer_id in scope.seen:
            raise Duplicate(offer_id)
        scope.seen.add(offer_id)
        stored = scope.stored.get(offer_id)
        if stored is not None and stored.is_unconfirmed:
            self._recorder.add_confirmed(offer_id, context.responded_at)
        if stored is not None and _is_unchanged(item, stored.state):
            self._recorder.add_unchanged(offer_id, item.seen_at)
            scope.unchanged += 1
            context.change = Change.SAME
            self._judge.judge(offer_id, item, context, stored)
            return item
        if stored is None or (stored.miles, stored.seats) != (item.miles, item.seats):
            scope.changed_days.add(item.departure_date)
        self._recorder.add_offer(offer_id, item, context.responded_at)
        if stored is None:
            context.change = Change.NEW
            scope.new += 1
        else:
            context.change = Change.CHANGED
            scope.changed += 1
        self._judge.judge(offer_id, item, context, stored)
        return item

    def _add_route(self, scope: _Scope, item: AwardOfferItem) -> None:
        """Add the stored offers on an offer's route to the scope of a bulk search, once per route."""
        route = item.origin, item.destination
        if route not in scope.routes:
            scope.routes.add(route)
            route_search = replace(
                scope.search, kind=SearchKind.CALENDAR, origin=item.origin, destination=item.destination
            )
            scope.stored |= self._stored_offers(route_search)

    def _stored_offers(self, search: Search) -> dict[str, LiveOffer]:
        """Return the live offers in a search's scope, keyed by offer id.

        A source that covers several programs yields offers for one traveler if seat counts are missing, so these offers
        are included for any party size.
        """
        stored: dict[str, LiveOffer] = {}
        for party in {1, search.travelers} if self._covers_others else {search.travelers}:
            stored |= self._recorder.live_offers(replace(search, travelers=party), search.program)
        return stored

    def _report(self, report: SearchReportItem) -> None:
        scope = self._scopes.pop(report.search_id, None)
        # An offer that could not be parsed or was dropped may still exist, so the response is not evidence that any
        # offer is gone.
        is_incomplete = report.invalid or self._recorder.is_incomplete(report.search_id)
        is_evidence = report.search.is_of_one_route and report.outcome is not Outcome.FAILED
        changed_days = None
        if is_evidence and not is_incomplete:
            if scope is None or scope.search != report.search:  # no offers, or the response covers fewer dates
                stored = self._stored_offers(report.search)
            else:
                stored = scope.stored
            gone = stored.keys() - scope.seen if scope else stored.keys()
            for offer_id in gone:
                self._recorder.add_gone(offer_id, report.requested_at)
            changed_days = frozenset(
                [*(scope.changed_days if scope else ()), *(stored[each].departure_date for each in gone)]
            )
            for offer_id in report.ended:
                self._recorder.add_gone(offer_id, report.requested_at)
            self._count("gone", len(gone) + len(report.ended))
        if report.contradicted and not is_incomplete:
            self._recorder.add_unconfirmed(report.contradicted, report.requested_at)
            self._count("unconfirmed", len(report.contradicted))
        if scope:
            for name in ("new", "changed", "unchanged"):
                self._count(name, getattr(scope, name))
        self._count(f"searches/{report.reason or report.outcome}")
        self._recorder.prices.add_report(report)
        self._recorder.add_report(report, changed_days)

    def _count(self, name: str, count: int = 1) -> None:
        if count:
            self._stats.inc_value(f"award/{name}", count)


def _is_unchanged(item: AwardOfferItem, stored_state: str) -> bool:
    """Return True if an offer has its stored state, except for amounts that were rounded differently."""
    if item.state == stored_state:
        return True
    amounts = itertools.product(_rounded_differently(item.taxes), _rounded_differently(item.cash_price))
    return any(replace(item, taxes=taxes, cash_price=cash).state == stored_state for taxes, cash in amounts)


def _rounded_differently(money: Money | None) -> tuple[Money | None, ...]:
    """Return an amount, and the amounts that are one minor unit less and more."""
    if money is None:
        return (money,)
    unit = minor_unit(money.currency)
    return (money, *(Money(amount, money.currency) for amount in (money.amount - unit, money.amount + unit)))
