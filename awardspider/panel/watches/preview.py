"""The stored offers and promotions that a watch finds: matches, near misses, and the searches that it needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from awardspider.panel.configuration import PanelConfig
from awardspider.panel.watches.fields import AnyWatch
from awardspider.panel.watches.searching import ProgramProblem, SearchCost, SearchHealth, WatchCosts
from awardspider.programs import programs
from awardspider.search.promotion_watches import PromotionWatch
from awardspider.search.watches import Watch
from awardspider.storage.exchange_rates import current_rates
from awardspider.storage.promotion_check import CheckedPromotion, check_promotions
from awardspider.storage.watch_activity import RouteSearches, route_searches
from awardspider.storage.watch_check import WatchCheck, check_watch

MOST_MATCHES = 8
MOST_TRIPS = 5
MOST_MISSES = 5
#: Near misses that are grouped by their reason.
_GROUPED_MISSES = 200
#: The most offers that are compared with a watch while somebody waits.
_MOST_OFFERS = 5_000
#: The time in which searches of the routes of a watch count.
_SEARCHED_WITHIN = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchPlan:
    """The searches that a watch causes, whether they work, and the programs that cannot be searched at all."""

    cost: SearchCost | None
    health: SearchHealth
    unsearchable: list[ProgramProblem]


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardPreview:
    """Stored offers that match a watch for awards or miss it, its searches in the last week, and its plan."""

    watch: Watch
    found: WatchCheck
    searches: RouteSearches
    plan: WatchPlan

    @property
    def has_offers(self) -> bool:
        """Return whether any offer is stored for the routes."""
        return bool(self.found.matches or self.found.misses)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionPreview:
    """Stored promotions that match a watch for promotions or miss it by least."""

    watch: PromotionWatch
    matches: list[CheckedPromotion]
    misses: list[CheckedPromotion] = field(default_factory=list)


Preview = AwardPreview | PromotionPreview


def preview_watch(config: PanelConfig, watch: AnyWatch, now: datetime) -> Preview:
    """Return what a watch, stored or not, finds now. Raise TooManyOffers if it would take too long."""
    if isinstance(watch, PromotionWatch):
        matches, misses = check_promotions(config.store, watch, now, MOST_MISSES)
        return PromotionPreview(watch=watch, matches=matches, misses=misses)
    found = check_watch(
        config.store,
        watch,
        now=now,
        max_age=config.max_age,
        rates=current_rates(config.store, config.settings),
        trips=MOST_TRIPS + 1 if watch.nights else 0,
        misses=_GROUPED_MISSES,
        most_offers=_MOST_OFFERS,
    )
    searches, planned = _searches(config, watch, now), plan_watch(config, watch, now)
    return AwardPreview(watch=watch, found=found, searches=searches, plan=planned)


def plan_watch(config: PanelConfig, watch: Watch, now: datetime) -> WatchPlan:
    """Return the searches that a watch causes."""
    costs = WatchCosts(config, now)
    return WatchPlan(cost=costs.cost(watch), health=costs.health(watch), unsearchable=costs.unsearchable(watch))


def _searches(config: PanelConfig, watch: Watch, now: datetime) -> RouteSearches:
    included = {
        key: [each for each in source.programs if watch.includes(each, key)] for key, source in programs().items()
    }
    needed = {key: some for key, some in included.items() if some}
    since = now - _SEARCHED_WITHIN
    legs = [
        route_searches(config.store, needed, leg.origin.searched, leg.destination.searched, since=since)
        for leg in watch.legs
    ]
    times = [leg.last_at for leg in legs if leg.last_at]
    outcomes = legs[0].outcomes
    for leg in legs[1:]:
        outcomes = outcomes + leg.outcomes
    return RouteSearches(outcomes, max(times, default=None))
