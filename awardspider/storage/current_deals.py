"""The deals that are available now, one for each flight, and the numbers that explain why there are none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from math import inf

from sqlalchemy import func, select

from awardspider.items import Detail
from awardspider.search.judgments import BaselineScope, DealClass
from awardspider.storage import schema
from awardspider.storage.best_offers import Group, best_offers
from awardspider.storage.offer_status import is_available
from awardspider.storage.offers import OfferFilter, OfferRow, matching_query
from awardspider.storage.store import Store, in_batches

_offers = schema.offers.c
_records = schema.price_records.c

_DAY_COLUMNS = (_offers.program, _offers.origin, _offers.destination, _offers.departure_date, _offers.cabin)


def current_deals(
    store: Store,
    criteria: OfferFilter,
    *,
    accepts: Callable[[OfferRow], bool] | None = None,
    limit: int | None = None,
) -> list[OfferRow]:
    """Return the best offer of each flight and cabin, best first; the prices of days, whose flights are unknown, last.

    `criteria.current_at` is required, and `criteria.classes` are the classes of deals. `accepts` is called for every
    offer, so that another fare of the same flight counts if it rejects the best one. Without it, only the best `limit`
    offers are read. The price of a day is left out if flights of that day cost no more.
    """
    if accepts is None:
        found: Iterable[OfferRow] = best_offers(store, criteria, group=Group.FLIGHT, limit=limit)
    else:
        by_flight: dict[str, OfferRow] = {}
        for offer in filter(accepts, best_offers(store, criteria, group=Group.OFFER)):
            by_flight.setdefault(offer.flight_key, offer)
        found = by_flight.values()
    offers = list(found)
    flights = [offer for offer in offers if has_flights(offer)]
    days = [offer for offer in offers if not has_flights(offer)]
    return [*flights, *_without_known_flights(store, criteria, days)]


def has_flights(offer: OfferRow) -> bool:
    """Return True if the flights of an offer were seen; otherwise its price is not confirmed."""
    return offer.detail is Detail.ITINERARY


def count_classes(store: Store, criteria: OfferFilter) -> dict[DealClass, int]:
    """Return the number of current offers of each class, for the other criteria."""
    assert criteria.current_at is not None
    every_class = replace(criteria, classes=(), min_cpp=None)
    query = matching_query(every_class).where(
        is_available(criteria.current_at, criteria.max_age), _offers.miles.is_not(None)
    )
    with store.reading() as connection:
        counts = query.with_only_columns(_offers.deal_class, func.count()).group_by(_offers.deal_class)
        return {DealClass(name): number for name, number in connection.execute(counts)}


def longest_history(store: Store, criteria: OfferFilter) -> int:
    """Return the number of search days with prices on the route that has the most of them; 0 without any."""
    query = select(func.max(_records.days)).where(_records.scope == BaselineScope.ROUTE.value)
    for column, values in (
        (_records.program, criteria.programs),
        (_records.origin, criteria.origins),
        (_records.destination, criteria.destinations),
        (_records.cabin, criteria.cabins),
    ):
        if values:
            query = query.where(column.in_(values))
    with store.reading() as connection:
        return connection.scalar(query) or 0


def _without_known_flights(store: Store, criteria: OfferFilter, days: list[OfferRow]) -> Iterator[OfferRow]:
    """Yield the lowest prices of days on which no current flight costs as little."""
    assert criteria.current_at is not None
    lowest: dict[tuple[object, ...], int] = {}
    dates = sorted({offer.departure_date for offer in days})
    with store.reading() as connection:
        for some in in_batches(dates):
            query = (
                select(*_DAY_COLUMNS, func.min(_offers.miles))
                .where(
                    _offers.departure_date.in_(some),
                    _offers.origin.in_(sorted({offer.origin for offer in days})),
                    _offers.destination.in_(sorted({offer.destination for offer in days})),
                    _offers.detail == Detail.ITINERARY.value,
                    _offers.miles.is_not(None),
                    is_available(criteria.current_at, criteria.max_age),
                )
                .group_by(*_DAY_COLUMNS)
            )
            lowest |= {tuple(row[:-1]): row[-1] for row in connection.execute(query)}
    for offer in days:
        key = (offer.program, offer.origin, offer.destination, offer.departure_date, offer.cabin.value)
        if offer.miles is None or offer.miles < lowest.get(key, inf):
            yield offer
