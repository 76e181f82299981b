"""Stored data that a crawl needs before its first request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from awardspider.items import Search
from awardspider.search.day_confirmation import DayKey, DaysLeft, JudgmentOf
from awardspider.search.exchange_rates import ExchangeRates, shipped_rates
from awardspider.search.offer_promotions import ProgramSale
from awardspider.search.owner_points import OwnerPoints
from awardspider.search.recent_searches import RecentSearches
from awardspider.search.rechecks import StoredItinerary
from awardspider.search.route_lists import RouteLists
from awardspider.search.search_needs import Knowledge
from awardspider.search.served_routes import ServedRoutes
from awardspider.search.watches import Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlContext:
    """Data from storage, read before the first request, except the itineraries that calendars are compared with."""

    watches: tuple[Watch, ...] = ()
    #: Rates at which taxes in different currencies are compared.
    rates: ExchangeRates = field(default_factory=shipped_rates)
    #: The points of the owners of the watches, and the transfer bonuses.
    points: OwnerPoints = field(default_factory=OwnerPoints)
    #: The active sales of awards of the program, or of the programs that the source covers.
    sales: Sequence[ProgramSale] = ()
    #: What past crawls found out about the program.
    knowledge: Knowledge = field(default_factory=Knowledge)
    #: The routes that are worth a search now; None means all.
    served_routes: ServedRoutes | None = None
    #: Number of searches that the budget still allows; None if there is no limit.
    budget_left: int | None = None
    #: End of the pause after a block; no request is sent until then.
    paused_until: datetime | None = None
    #: Calls that the program still allows, and the time at which that quota resets.
    calls_left: tuple[int, datetime] | None = None
    #: For a source of many programs: which of the watched routes the source monitors.
    route_lists: RouteLists = field(default_factory=RouteLists)
    #: For a source of many programs: time of the last bulk search, keyed by program, both regions and first day.
    last_bulk_searches: Mapping[tuple[str, str, str, date], datetime] = field(default_factory=dict)
    #: Returns the stored itineraries that a calendar with the scope of a search can contradict.
    stored_itineraries: Callable[[Search], Sequence[StoredItinerary]] = lambda _: ()
    #: Itineraries that an earlier run left unconfirmed, on the routes and days of the watches.
    unconfirmed: Sequence[StoredItinerary] = ()
    #: Days whose flights an earlier run did not search.
    days_left: DaysLeft = field(default_factory=DaysLeft)
    #: Searches that this run does not repeat yet; None means that it repeats all.
    recent: RecentSearches | None = None
    #: Days whose flights were searched recently, with the price at that time.
    confirmed_days: Mapping[DayKey, int | None] = field(default_factory=dict)
    #: Returns the judgment of a day's price; None if prices are not judged before their flights are searched.
    judgment_of: JudgmentOf | None = None
