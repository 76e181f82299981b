"""Matching of offers with watches, based on the known fields of an offer."""

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
    def id(self) -> str:
        """Return the id of a stored watch; empty for others."""

    @property
    def key(self) -> str:
        """Return the identity of the watch: its id, or its name without one."""

    @property
    def active(self) -> bool:
        """Return whether the watch is active."""

    @property
    def routes(self) -> tuple[tuple[str, str], ...]:
        """Return every pair of a different origin and destination."""

    @property
    def cabins(self) -> tuple[Cabin, ...]:
        """Return the cabins; empty means all cabins."""

    @property
    def max_miles(self) -> int | None:
        """Return the maximum miles for one traveler, one way; None means no limit."""

    @property
    def travelers(self) -> int:
        """Return the number of travelers."""

    @property
    def min_seats(self) -> int:
        """Return the required number of seats."""

    @property
    def max_stops(self) -> int | None:
        """Return the maximum number of connections and technical stops; None means no limit."""

    def could_satisfy(self, offer: AwardOfferItem) -> bool:
        """Return whether an offer's program, route, day, cabin and miles match."""


def matches(offer: AwardOfferItem, criteria: OfferCriteria) -> bool:
    """Return whether the known fields of an offer match the criteria.

    Unknown seats or stops do not exclude an offer: calendars often lack them, and an itinerary search confirms the day.
    However, if its seats are unknown, an offer found for a smaller party does not match a watch for a larger party.
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
    """An index of watches by route and cabin, so that each offer is compared with only a few watches.

    With `own_party`, a watch matches only offers that were found for its number of travelers.
    """

    def __init__(self, watches: Iterable[OfferCriteria], *, own_party: bool = False) -> None:
        self._own_party = own_party
        # Each entry includes the watch's limit on miles, a fast check that excludes most offers: matching runs for
        # every offer of a crawl.
        self._index: dict[tuple[str, str, Cabin], list[tuple[float, OfferCriteria]]] = {}
        for watch in watches:
            if watch.active:
                limit = inf if watch.max_miles is None else watch.max_miles
                for (origin, destination), cabin in product(watch.routes, watch.cabins or Cabin):
                    self._index.setdefault((origin, destination, cabin), []).append((limit, watch))

    def matching(self, offer: AwardOfferItem) -> list[str]:
        """Return the keys of the active watches that match an offer, in the order given to the constructor."""
        candidates = self._index.get((offer.origin, offer.destination, offer.cabin), ())
        miles = offer.miles or 0
        return [
            watch.key
            for limit, watch in candidates
            if miles <= limit and (not self._own_party or offer.travelers == watch.travelers) and matches(offer, watch)
        ]
