"""The deals of a list: offers of the same flights at the same price on consecutive dates are one deal."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from awardspider.deals.ranking import OfferFacts, best_entries, group_neighbors, offer_facts, vary
from awardspider.items import AwardOfferItem, Detail
from awardspider.search.exchange_rates import ExchangeRates
from awardspider.search.judgments import Judgment

T = TypeVar("T", bound=AwardOfferItem)


@dataclass(frozen=True, slots=True)
class Deal(Generic[T]):
    """Offers of the same flights at the same price on consecutive dates; the best deal of a list has rank 1."""

    rank: int
    offers: tuple[T, ...]

    @property
    def first(self) -> T:
        """Return the offer of the first date."""
        return self.offers[0]


def ranked_deals(
    offers: Iterable[T], judgment: Callable[[T], Judgment | None], rates: ExchangeRates, *, per_route: int
) -> tuple[list[Deal[T]], int]:
    """Return the deals, the best first, and the number of further ones beyond `per_route` of a route and cabin.

    Those with unknown flights come after the others.
    """
    facts = _facts(judgment)
    confirmed: list[T] = []
    others: list[T] = []
    for offer in offers:
        (confirmed if offer.detail is Detail.ITINERARY else others).append(offer)
    entries = [entry for part in (confirmed, others) for entry in best_entries(part, facts, rates)]
    chosen = vary(entries, lambda entry: facts(entry[0]), per_route)
    return _numbered(chosen), len(entries) - len(chosen)


def grouped_deals(offers: Iterable[T], judgment: Callable[[T], Judgment | None]) -> list[Deal[T]]:
    """Return the deals in the order in which the first offer of each comes."""
    listed = list(offers)
    places = {id(offer): place for place, offer in enumerate(listed)}
    entries = group_neighbors(listed, _facts(judgment))
    return _numbered(sorted(entries, key=lambda entry: min(places[id(offer)] for offer in entry)))


def _numbered(entries: Iterable[list[T]]) -> list[Deal[T]]:
    return [Deal(rank, tuple(entry)) for rank, entry in enumerate(entries, 1)]


def _facts(judgment: Callable[[T], Judgment | None]) -> Callable[[T], OfferFacts]:
    """Return a function that returns the facts of an offer of a list, computed once."""
    known: dict[int, OfferFacts] = {}

    def facts(offer: T) -> OfferFacts:
        if id(offer) not in known:
            known[id(offer)] = offer_facts(offer, judgment(offer))
        return known[id(offer)]

    return facts
