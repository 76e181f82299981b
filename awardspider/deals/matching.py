"""Matching of offers with watches, as far as the fields of an offer are known."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from math import inf
from typing import Protocol

from awardspider.items import AwardOfferItem, Cabin


class OfferCriteria(Protocol):
    """The properties of `search.watches.Watch` that matching needs."""

    @property
    def name(self) -> str:
        """Return the name of the watch."""

    @property
    def active(self) -> bool:
        """Return whether the watch is active."""

    @property
    def routes(self) -> tuple[tuple[str, str], ...]:
        """Return every pair of origin and destination."""

    @property
    def cabins(self) -> tuple[Cabin, ...]:
        """Return the cabins; none means all cabins."""

    @property
    def max_miles(self) -> int | None:
        """Return the limit for one traveler, one way."""

    @property
    def travelers(self) -> int:
        """Return the number of travelers."""

    @property
    def min_seats(self) -> int:
        """Return the required number of seats."""

    @property
    def max_stops(self) -> int | None:
        """Return the limit on connections and technical stops."""

    def could_satisfy(self, offer: AwardOfferItem) -> bool:
        """Return whether program, route, day, cabin and miles of an offer match."""


def matches(offer: AwardOfferItem, criteria: OfferCriteria) -> bool:
    """Return whether the known fields of an offer match.

    Unknown seats or stops do not exclude an offer: a calendar never has them, and its day must still be confirmed. But
    an offer for a smaller party does not match a larger one unless its seats are known.
    """
    if offer.seats is None:
        if offer.travelers < criteria.travelers:
            return False
    elif offer.seats < criteria.min_seats:
        return False
    if criteria.max_stops is not None and offer.stops is not None and offer.stops > criteria.max_stops:
        return False
    return criteria.could_satisfy(offer)


class Matcher:
    """An index of watches by route and cabin, so that an offer is compared with few of them."""

    def __init__(self, watches: Iterable[OfferCriteria]) -> None:
        # Each entry has its limit of miles, which excludes most offers early: this runs for every offer of a crawl.
        self._index: dict[tuple[str, str, Cabin], list[tuple[float, OfferCriteria]]] = {}
        for watch in watches:
            if watch.active:
                limit = inf if watch.max_miles is None else watch.max_miles
                for (origin, destination), cabin in product(watch.routes, watch.cabins or Cabin):
                    self._index.setdefault((origin, destination, cabin), []).append((limit, watch))

    def matching(self, offer: AwardOfferItem) -> list[str]:
        """Return the names of the active watches that match an offer, in the order of the watches."""
        candidates = self._index.get((offer.origin, offer.destination, offer.cabin), ())
        miles = offer.miles or 0
        return [watch.name for limit, watch in candidates if miles <= limit and matches(offer, watch)]
