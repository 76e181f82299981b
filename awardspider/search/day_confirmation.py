"""Confirmation of days: the searches of flights on the days whose price in a calendar could match a watch."""

from __future__ import annotations

from collections.abc import Iterable

from awardspider.items import AwardOfferItem, Detail, Search, SearchKind
from awardspider.search.capabilities import SearchCapabilities
from awardspider.search.watches import Watch


def days_to_confirm(
    offers: Iterable[AwardOfferItem], watches: Iterable[Watch], *, search: Search, capabilities: SearchCapabilities
) -> list[Search]:
    """Return the itinerary searches for the days on which an offer of a calendar or bulk search could match a watch.

    Days outside `search` are skipped, because a calendar response also contains days of adjacent months. The cheapest
    day comes first, relative to the `max_miles` of the watch that it matches best. Watches for another number of
    travelers are skipped, because they have a separate calendar search. For a source that covers several programs, each
    program's offer for a day gets a separate search with that offer's `source_id`.
    """
    candidates = list(watches)
    by_route: dict[tuple[str, str], list[Watch]] = {}
    ranks: dict[Search, tuple[float, float]] = {}
    for offer in offers:
        if offer.detail is Detail.ITINERARY or not search.first <= offer.departure_date <= search.last:
            continue
        route = offer.origin, offer.destination
        if route not in by_route:
            by_route[route] = [watch for watch in candidates if watch.active and route in watch.routes]
        for watch in by_route[route]:
            too_few_seats = offer.seats is not None and offer.seats < watch.min_seats
            if watch.travelers != offer.travelers or too_few_seats or not watch.could_satisfy(offer):
                continue
            for group in capabilities.cabin_groups(SearchKind.ITINERARY, watch.cabins):
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
                rank = _price_rank(offer, watch)
                ranks[day_search] = min(ranks.get(day_search, rank), rank)
    return sorted(ranks, key=lambda each: (*ranks[each], each.first, each.origin, each.destination))


def _price_rank(offer: AwardOfferItem, watch: Watch) -> tuple[float, float]:
    """Return an offer's rank, lowest first: miles as a share of the watch's limit (1.0 if no limit), then miles.

    If the price is missing, the chart price is used, for ranking only; without either, the rank is 1.0 and infinity.
    """
    miles = offer.miles or offer.chart_miles
    if miles is None:
        return 1.0, float("inf")
    return (miles / watch.max_miles if watch.max_miles else 1.0), miles
