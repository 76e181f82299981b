"""Which watches an offer satisfies, as far as the offer itself can tell."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from math import inf
from typing import Protocol

from awardspider.items import AwardOfferItem, Cabin


class Wanted(Protocol):
    """What somebody wants, as `search.watches.Watch` says it."""

    @property
    def name(self) -> str: ...
    @property
    def active(self) -> bool: ...
    @property
    def routes(self) -> tuple[tuple[str, str], ...]: ...
    @property
    def cabins(self) -> tuple[Cabin, ...]: ...
    @property
    def max_miles(self) -> int | None: ...
    @property
    def travelers(self) -> int: ...
    @property
    def min_seats(self) -> int: ...
    @property
    def max_stops(self) -> int | None: ...

    def could_satisfy(self, offer: AwardOfferItem) -> bool:
        """Whether program, route, day, cabin and miles are wanted."""


def matches(offer: AwardOfferItem, wanted: Wanted) -> bool:
    """Whether the offer satisfies what is wanted, as far as it says.

    Seats or stops that it does not say do not exclude it: a calendar never says them, and its day must still be
    looked at; `unknown` names what is open. But an answer to a smaller party tells nothing of a larger one, unless it
    counts the seats.
    """
    if offer.seats is None:
        if offer.travelers < wanted.travelers:
            return False
    elif offer.seats < wanted.min_seats:
        return False
    if wanted.max_stops is not None and offer.stops is not None and offer.stops > wanted.max_stops:
        return False
    return wanted.could_satisfy(offer)


def unknown(offer: AwardOfferItem, wanted: Wanted) -> tuple[str, ...]:
    """The limits of `wanted` that the offer cannot be held to, by name: of a match, what is still to confirm."""
    open_questions = {
        "miles": offer.miles is None,
        "seats": offer.seats is None and offer.travelers < wanted.min_seats,
        "stops": offer.stops is None and wanted.max_stops is not None,
    }
    return tuple(name for name, is_open in open_questions.items() if is_open)


class Matcher:
    """Finds the matches of one offer among many wants; an offer is compared only with those of its route and cabin."""

    def __init__(self, wants: Iterable[Wanted]) -> None:
        # The limit of miles stands beside each: it refuses most offers, and this is run for every one of a crawl.
        self._index: dict[tuple[str, str, Cabin], list[tuple[float, Wanted]]] = {}
        for wanted in wants:
            if wanted.active:
                limit = inf if wanted.max_miles is None else wanted.max_miles
                for (origin, destination), cabin in product(wanted.routes, wanted.cabins or Cabin):
                    self._index.setdefault((origin, destination, cabin), []).append((limit, wanted))

    def matching(self, offer: AwardOfferItem) -> list[str]:
        """The names of the active wants that the offer satisfies, in the order they were given."""
        candidates = self._index.get((offer.origin, offer.destination, offer.cabin), ())
        miles = offer.miles or 0
        return [wanted.name for limit, wanted in candidates if miles <= limit and matches(offer, wanted)]
