"""The stored data that a crawl needs before its first request, also for a plan without a crawl."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from awardspider.crawling.context import CrawlContext
from awardspider.items import SearchKind
from awardspider.programs import Program
from awardspider.search import budgets
from awardspider.search.capabilities import SearchCapabilities
from awardspider.search.expansion import includes_route, leg_routes, urgency_of
from awardspider.search.recent_searches import CONFIRMED_SHARE, SHARE, RecentSearches, min_age
from awardspider.search.route_lists import RouteLists, monitored_by, watched_programs
from awardspider.search.served_routes import Route, ServedRoutes
from awardspider.search.watches import Watch
from awardspider.storage.exchange_rates import current_rates
from awardspider.storage.monitored_routes import monitored_routes
from awardspider.storage.offer_scope import unconfirmed_itineraries
from awardspider.storage.owner_points import find_owner_points
from awardspider.storage.planning import confirmed_days, days_without_flights, planning_knowledge, route_histories
from awardspider.storage.program_sales import find_program_sales
from awardspider.storage.programs import program_state
from awardspider.storage.searches import count_sent_searches, last_bulk_search_times, last_successes
from awardspider.storage.store import Store
from awardspider.storage.watches import StoredWatch, find_watches

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings


def crawl_context(
    store: Store,
    spider: Any,
    settings: BaseSettings,
    budget_setting: dict[str, budgets.Budget],
    *,
    state_key: str,
    now: datetime,
) -> CrawlContext:
    """Return the context of a crawl. `state_key` is the key of the program's state."""
    program: Program = spider.program
    budget = budgets.effective_budget(program, budget_setting) if spider.live else budget_setting.get(program.key)
    state = program_state(store, state_key)
    left = (state.quota_remaining, state.quota_resets_at)
    stored_watches = list(find_watches(store, now=now))
    watches = tuple(stored.watch for stored in stored_watches)
    lists = route_lists(store, program, state_key, [each for each in (spider.ad_hoc_watch, *watches) if each])
    groups = spider.capabilities.cabin_groups(SearchKind.ITINERARY, ())
    sales = find_program_sales(store, program.programs, now)
    # A sale of one of several programs says nothing about the others that a search covers.
    sale_since = max((sale.since for sale in sales if sale.promotion.program == program.key), default=None)
    return CrawlContext(
        watches=watches,
        rates=current_rates(store, settings),
        points=find_owner_points(store, now),
        sales=sales,
        knowledge=planning_knowledge(store, program.key, now),
        served_routes=served_routes(store, program, spider.capabilities, watches, lists, now),
        budget_left=budgets.remaining_budget(program.key, budget, partial(count_sent_searches, store, now=now), now)
        if budget
        else None,
        paused_until=state.blocked_until,
        calls_left=left if left[0] is not None and left[1] is not None else None,  # type: ignore[arg-type]
        route_lists=lists,
        last_bulk_searches=last_bulk_search_times(store, program.key, now) if program.covers else {},
        unconfirmed=unconfirmed_itineraries(store, program.key, now),
        confirmed_days=confirmed_days(store, program.key, groups, now),
        recent=recent_searches(store, program.key, stored_watches, settings, now, sale_since)
        if spider.skips_recent
        else None,
        days_left=days_without_flights(store, program.key, groups, now),
    )


def recent_searches(
    store: Store,
    program: str,
    watches: Sequence[StoredWatch],
    settings: Mapping[str, Any],
    now: datetime,
    sale_since: datetime | None = None,
) -> RecentSearches:
    """Return the searches of a program that are not repeated yet; `sale_since` is when its newest sale began."""
    least = min_age(settings)
    ages = [urgency_of(each.watch, leg).max_age for each in watches for leg in each.watch.legs]
    flights_age = min(ages, default=timedelta(0)) * CONFIRMED_SHARE
    since = now - max([least, flights_age, *(age * SHARE for age in ages)])
    changed = [each for each in watches if each.changed_at >= since]

    def changed_at(route: Route) -> datetime | None:
        return max((each.changed_at for each in changed if includes_route(each.watch, route)), default=None)

    known_at = last_successes(store, program, since=since, now=now) if least else {}
    return RecentSearches(
        now=now,
        least=least,
        known_at=known_at,
        changed_at=changed_at,
        flights_age=flights_age,
        sale_since=sale_since,
    )


def route_lists(store: Store, program: Program, state_key: str, watches: Iterable[Watch]) -> RouteLists:
    """Return the stored route lists of a source of several programs, limited to the routes of the watches."""
    if not program.covers:
        return RouteLists()
    lists = RouteLists(route for watch in watches for leg in watch.legs for route in leg_routes(leg))
    for listed in monitored_routes(store, state_key):
        lists.add(listed)
    return lists


def served_routes(
    store: Store,
    program: Program,
    capabilities: SearchCapabilities,
    watches: Iterable[Watch],
    lists: RouteLists,
    now: datetime,
) -> ServedRoutes:
    """Return the routes of a program that are worth a search now."""
    history = route_histories(
        store,
        program.key,
        now=now,
        cabin_groups=capabilities.searches_per_block,
    )
    monitored = monitored_by(lists, watched_programs(watches, program)) if program.covers else None
    return ServedRoutes(program, now=now, history=history, monitored=monitored)
