"""Searches of flights that follow a calendar: rechecks of stored itineraries, and days that could match a watch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from awardspider.crawling.search_state import SearchState, SpiderOutput
from awardspider.items import ANY_PLACE, AwardOfferItem, Detail, Search, SearchKind
from awardspider.search import rechecks
from awardspider.search.day_confirmation import DayKey, DayRank, rank_days, sort_days
from awardspider.search.expansion import includes_route
from awardspider.search.rechecks import ShownDays, StoredItinerary

if TYPE_CHECKING:
    from awardspider.crawling.spider import AwardSpider

#: The largest number of days in one run whose flights are searched for deals although the class of their price is
#: unknown. They cause no alert before there is enough evidence; later crawls search the others.
MAX_UNJUDGED = 50


class DaySearches:
    """The searches of flights that follow the calendars of one run. Each day is searched once.

    Rechecks are sent as soon as their calendar has ended. The days that could match a watch wait for the end of the
    round, so that the best days of all its calendars come first.
    """

    def __init__(self, spider: AwardSpider) -> None:
        self._spider = spider
        self._planned: set[Search] = set()
        self._waiting: dict[Search, DayRank] = {}
        self._completed: set[Search] = set()
        self._unjudged = 0  # days that were started

    def add_planned(self, searches: Iterable[Search]) -> None:
        """Add searches that were started otherwise."""
        self._planned.update(map(rechecks.without_source_id, searches))

    def left_by_earlier_runs(self) -> list[Search]:
        """Return the rechecks of watched itineraries that an earlier run left unconfirmed."""
        spider, now = self._spider, self._spider.now()
        if not self.are_allowed:
            return []
        watched = [
            itinerary
            for itinerary in spider.context.unconfirmed
            if any(rechecks.includes(watch, itinerary, now) for watch in spider.watches)
        ]
        return self._rechecks(watched, ShownDays())

    def add_days_left(self) -> None:
        """Plan the searches of the days that earlier runs found, but whose flights they did not search."""
        spider = self._spider
        left = spider.context.days_left
        if self.are_allowed and left.offers:
            every = Search(
                program=spider.program.key,
                kind=SearchKind.CALENDAR,
                origin=ANY_PLACE,
                destination=ANY_PLACE,
                first=date.min,
                last=date.max,
            )
            ranks = self._rank(left.offers, every, left.searched)
            self._add_waiting({search: rank for search, rank in ranks.items() if not rank.is_confirmed})

    def add_response(self, state: SearchState) -> None:
        """Plan the searches that follow a response of a calendar or bulk search."""
        spider, search = self._spider, state.search
        offers, state.day_offers = state.day_offers, []
        if self.are_allowed and offers:
            self._add_waiting(self._rank(offers, search, spider.context.confirmed_days))
        if search.kind is SearchKind.BULK:
            watches = (*spider.watches, *spider.context.watches)
            for route in sorted(state.shown.routes):
                if any(includes_route(watch, route) for watch in watches):
                    of_route = replace(search, kind=SearchKind.CALENDAR, origin=route[0], destination=route[1])
                    self._compare(state, of_route, is_complete=False)
            state.shown = ShownDays()

    def complete(self, state: SearchState) -> None:
        """Compare a calendar with the stored itineraries, unless an offer may be missing from its responses."""
        if state.dropped_offers:
            return
        if state.search.kind is SearchKind.ITINERARY:
            self._completed.add(rechecks.without_source_id(state.search))
        elif state.search.kind is SearchKind.CALENDAR:
            self._compare(state, state.covered, is_complete=True)

    @property
    def has_waiting(self) -> bool:
        """Return whether days wait for the end of the round."""
        return bool(self._waiting)

    def start(self, state: SearchState) -> Iterator[SpiderOutput]:
        """Start the rechecks that follow a search."""
        due, state.rechecks = state.rechecks, []
        for search in due:
            yield from self._start(search, is_recheck=True)

    def start_waiting(self, limit: int | None) -> Iterator[SpiderOutput]:
        """Start the searches of the days that wait, best first, but at most `limit`; the others keep waiting.

        Days whose class is unknown wait for a later crawl if there are more than MAX_UNJUDGED.
        """
        self._drop_unjudged()
        for search in sort_days(self._waiting)[:limit]:
            rank = self._waiting.pop(search)
            self._unjudged += rank.is_unjudged
            yield from self._start(search)

    def _drop_unjudged(self) -> None:
        unjudged = [search for search in sort_days(self._waiting) if self._waiting[search].is_unjudged]
        for search in unjudged[max(0, MAX_UNJUDGED - self._unjudged) :]:
            del self._waiting[search]

    def keep_waiting(self, count: int) -> None:
        """Keep only the best days; the next crawl plans the others again."""
        self._waiting = {search: self._waiting[search] for search in sort_days(self._waiting)[:count]}

    def _start(self, search: Search, *, is_recheck: bool = False) -> Iterator[SpiderOutput]:
        key = rechecks.without_source_id(search)
        if key not in self._planned:
            self._planned.add(key)
            yield from self._spider.start_search(self._spider.add_search(search, is_recheck=is_recheck))

    def _rank(
        self, offers: Iterable[AwardOfferItem], search: Search, confirmed: Mapping[DayKey, int | None]
    ) -> dict[Search, DayRank]:
        """Return the searches of the days that an offer of a search shows and that could match a watch."""
        watches, capabilities = self._spider.watches, self._spider.capabilities
        return rank_days(
            offers,
            watches,
            search=search,
            capabilities=capabilities,
            confirmed=confirmed,
            judgment_of=self._spider.context.judgment_of,
            points=self._spider.context.points,
        )

    def _add_waiting(self, ranks: Mapping[Search, DayRank]) -> None:
        """Add searches of days."""
        recent = self._spider.context.recent
        for day_search, rank in ranks.items():
            if rank.is_confirmed and recent and recent.flights_due_at(day_search):
                continue
            if rechecks.without_source_id(day_search) not in self._planned:
                self._waiting[day_search] = min(rank, self._waiting.get(day_search, rank))

    @property
    def are_allowed(self) -> bool:
        """Return whether the flights of days are searched in this run."""
        spider = self._spider
        return spider.is_regular and spider.detail is not Detail.DAY and SearchKind.ITINERARY in spider.search_kinds

    def _compare(self, state: SearchState, scope: Search, *, is_complete: bool) -> None:
        """Find the stored itineraries that a calendar contradicts, except those found again in this run."""
        spider = self._spider
        stored = [each for each in spider.context.stored_itineraries(scope) if not self._was_searched(each)]
        found = rechecks.find_contradictions(stored, state.shown, program=spider.program, is_complete=is_complete)
        state.contradicted += [itinerary.offer_id for itinerary in found.unconfirmed]
        state.ended += [itinerary.offer_id for itinerary in found.ended]
        if self.are_allowed:
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
