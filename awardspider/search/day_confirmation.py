"""Confirmation of days: the searches of flights on the days whose price in a calendar could match a watch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from awardspider.items import AwardOfferItem, Cabin, Detail, Search, SearchKind
from awardspider.search.capabilities import SearchCapabilities
from awardspider.search.expansion import includes_route, miles_limits
from awardspider.search.judgments import DealClass, Judgment
from awardspider.search.matching import could_match
from awardspider.search.owner_points import OwnerPoints
from awardspider.search.watches import Watch

#: Returns the judgment of a day's lowest price, or None if it is not judged.
JudgmentOf = Callable[[AwardOfferItem], Judgment | None]


class DayKey(NamedTuple):
    """A day of a calendar in one cabin, and the group of cabins that a search of its flights covers (empty: all)."""

    program: str
    origin: str
    destination: str
    departure_date: date
    travelers: int
    cabin: Cabin
    group: tuple[Cabin, ...] = ()


class DaysLeft(NamedTuple):
    """Offers of days for which a search of flights is left, and their searches that were sent, with the price."""

    offers: Sequence[AwardOfferItem] = ()
    searched: Mapping[DayKey, int | None] = {}


class DayRank(NamedTuple):
    """The rank of a day, lowest first: days that are confirmed at their price come last.

    `is_unjudged` is True if only a watch for deals could match, and the class of the day's price is unknown. `share` is
    the miles as a share of a watch's limit or, without one, of the usual price; 1.0 if both are unknown.
    """

    is_confirmed: bool
    is_unjudged: bool
    share: float
    miles: float


def days_to_confirm(
    offers: Iterable[AwardOfferItem], watches: Iterable[Watch], *, search: Search, capabilities: SearchCapabilities
) -> list[Search]:
    """Return the itinerary searches for the days on which flights could match a watch, best first."""
    return sort_days(rank_days(offers, watches, search=search, capabilities=capabilities))


def sort_days(ranks: Mapping[Search, DayRank]) -> list[Search]:
    """Return searches of days in the order of their ranks."""
    return sorted(ranks, key=lambda each: (*ranks[each], each.first, each.origin, each.destination))


def rank_days(
    offers: Iterable[AwardOfferItem],
    watches: Iterable[Watch],
    *,
    search: Search,
    capabilities: SearchCapabilities,
    confirmed: Mapping[DayKey, int | None] | None = None,
    judgment_of: JudgmentOf | None = None,
    points: OwnerPoints | None = None,
) -> dict[Search, DayRank]:
    """Return the itinerary searches for the days on which an offer of a calendar or bulk search could match a watch.

    Days outside `search` are skipped, because a calendar response also contains days of adjacent months. The cheapest
    day comes first, relative to the limit of the watch that it matches best. For a source that covers several programs,
    each program's offer for a day gets a separate search with that offer's `source_id`. `confirmed` has the price of
    the days whose flights were searched recently, for each group of cabins. If `judgment_of` is given, a day
    whose price is known not to be a good enough deal for a watch is not searched for it. Without `points`, costs in the
    owners' points exclude no day.
    """
    confirmed = confirmed or {}
    candidates = list(watches)
    by_route: dict[tuple[str, str], list[Watch]] = {}
    ranks: dict[Search, DayRank] = {}
    for offer in offers:
        if offer.detail is Detail.ITINERARY or not search.first <= offer.departure_date <= search.last:
            continue
        route = offer.origin, offer.destination
        if route not in by_route:
            by_route[route] = [watch for watch in candidates if watch.active and includes_route(watch, route)]
        day = DayKey(offer.program, offer.origin, offer.destination, offer.departure_date, offer.travelers, offer.cabin)
        judgment = judgment_of(offer) if judgment_of and any(watch.deal for watch in by_route[route]) else None
        for watch in by_route[route]:
            if not could_match(watch, offer, judgment, points):
                continue
            is_unjudged = bool(judgment_of) and _is_unjudged(watch, judgment)
            for group in capabilities.cabin_groups(SearchKind.ITINERARY, watch.cabins):
                key = day._replace(group=group)
                is_confirmed = key in confirmed and confirmed[key] == offer.miles
                day_search = Search(
                    program=search.program,
                    kind=SearchKind.ITINERARY,
                    origin=offer.origin,
                    destination=offer.destination,
                    first=offer.departure_date,
                    last=offer.departure_date,
                    cabins=group,
                    travelers=offer.travelers,
                    target_program=offer.program if offer.program != search.program else "",
                    source_id=offer.source_id or "",
                )
                rank = DayRank(is_confirmed, is_unjudged, *_price_rank(offer, watch, judgment))
                ranks[day_search] = min(ranks.get(day_search, rank), rank)
    return ranks


def _is_unjudged(watch: Watch, judgment: Judgment | None) -> bool:
    return watch.deal is not None and (judgment is None or judgment.deal_class is DealClass.UNKNOWN)


def _price_rank(offer: AwardOfferItem, watch: Watch, judgment: Judgment | None) -> tuple[float, float]:
    """Return an offer's share of the limit and its miles, by the chart price if there is no other, or else infinite."""
    miles = offer.miles or offer.chart_miles
    if miles is None:
        return 1.0, float("inf")
    limit = min(miles_limits(watch), default=None)
    if limit is None and watch.deal is not None and judgment is not None and judgment.baseline is not None:
        limit = judgment.baseline.median
    return (miles / limit if limit else 1.0), miles
