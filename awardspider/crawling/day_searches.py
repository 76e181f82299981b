"""Searches of flights that follow a calendar: rechecks of stored itineraries, and days that could match a watch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from awardspider.crawling.search_state import SearchState, SpiderOutput
from awardspider.items import Detail, Search, SearchKind
from awardspider.search import rechecks
from awardspider.search.day_confirmation import days_to_confirm
from awardspider.search.rechecks import ShownDays, StoredItinerary

if TYPE_CHECKING:
    from awardspider.crawling.spider import AwardSpider


class DaySearches:
    """The searches of flights that follow the calendars of one run. Each day is searched once."""

    def __init__(self, spider: AwardSpider) -> None:
        self._spider = spider
        self._planned: set[Search] = set()
        self._completed: set[Search] = set()

    def add_planned(self, searches: Iterable[Search]) -> None:
        """Add searches that were started otherwise."""
        self._planned.update(map(rechecks.without_source_id, searches))

    def left_by_earlier_runs(self) -> list[Search]:
        """Return the rechecks of watched itineraries that an earlier run left unconfirmed."""
        spider, now = self._spider, self._spider.now()
        if not self._are_allowed:
            return []
        watched = [
            itinerary
            for itinerary in spider.context.unconfirmed
            if any(rechecks.includes(watch, itinerary, now) for watch in spider.watches)
        ]
        return self._rechecks(watched, ShownDays())

    def add_response(self, state: SearchState) -> None:
        """Plan the searches that follow a response of a calendar or bulk search."""
        spider, search = self._spider, state.search
        offers, state.day_offers = state.day_offers, []
        if self._are_allowed and offers:
            state.days_to_confirm += days_to_confirm(
                offers, spider.watches, search=search, capabilities=spider.capabilities
            )
        if search.kind is SearchKind.BULK:
            watches = (*spider.watches, *spider.context.watches)
            for origin, destination in sorted(state.shown.routes):
                if any(origin in watch.origins and destination in watch.destinations for watch in watches):
                    route = replace(search, kind=SearchKind.CALENDAR, origin=origin, destination=destination)
                    self._compare(state, route, is_complete=False)
            state.shown = ShownDays()

    def complete(self, state: SearchState) -> None:
        """Compare a calendar with the stored itineraries, unless an offer may be missing from its responses."""
        if state.dropped_offers:
            return
        if state.search.kind is SearchKind.ITINERARY:
            self._completed.add(rechecks.without_source_id(state.search))
        elif state.search.kind is SearchKind.CALENDAR:
            self._compare(state, state.covered, is_complete=True)

    def start(self, state: SearchState) -> Iterator[SpiderOutput]:
        """Start the planned searches: first the rechecks, then those of the cheapest days."""
        spider = self._spider
        due = [(search, True) for search in state.rechecks] + [(search, False) for search in state.days_to_confirm]
        state.rechecks, state.days_to_confirm = [], []
        for search, is_recheck in due:
            key = rechecks.without_source_id(search)
            if key not in self._planned:
                self._planned.add(key)
                yield from spider.start_search(spider.add_search(search, is_recheck=is_recheck))

    @property
    def _are_allowed(self) -> bool:
        spider = self._spider
        return spider.is_regular and spider.detail is not Detail.DAY and SearchKind.ITINERARY in spider.search_kinds

    def _compare(self, state: SearchState, scope: Search, *, is_complete: bool) -> None:
        """Find the stored itineraries that a calendar contradicts, except those found again in this run."""
        spider = self._spider
        stored = [each for each in spider.context.stored_itineraries(scope) if not self._was_searched(each)]
        found = rechecks.find_contradictions(stored, state.shown, program=spider.program, is_complete=is_complete)
        state.contradicted += [itinerary.offer_id for itinerary in found.unconfirmed]
        state.ended += [itinerary.offer_id for itinerary in found.ended]
        if self._are_allowed:
            state.rechecks += self._rechecks(found.due, state.shown)

    def _was_searched(self, itinerary: StoredItinerary) -> bool:
        spider = self._spider
        search = rechecks.recheck_search(itinerary, spider.program.key, spider.capabilities)
        return search in self._completed

    def _rechecks(self, itineraries: Iterable[StoredItinerary], shown: ShownDays) -> list[Search]:
        spider = self._spider
        return rechecks.recheck_searches(
            itineraries,
            shown,
            spider.watches,
            source=spider.program.key,
            capabilities=spider.capabilities,
            now=spider.now(),
        )
