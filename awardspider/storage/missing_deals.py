"""The numbers that explain why a list has no deals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select

from awardspider.search.exchange_rates import ExchangeRates
from awardspider.search.judgments import DealClass
from awardspider.storage import schema
from awardspider.storage.counts import capped_count
from awardspider.storage.current_deals import count_classes, longest_history
from awardspider.storage.offer_queries import OfferQuery, matching_offers
from awardspider.storage.offers import OfferFilter, count_outdated
from awardspider.storage.store import Store

_number = schema.offers.c.number


class NoDealsReason(StrEnum):
    """Reasons why there are no deals. If several apply, the first of them in this order is the reason."""

    NO_OFFERS = "no_offers"  # no offer that matches is stored
    OUTDATED = "outdated"  # all that match were last seen too long ago
    CRITERIA = "criteria"  # there are deals, but none meets the criteria beside the class
    NO_HISTORY = "no_history"  # too few prices to compare with
    NO_DEALS = "no_deals"  # the prices are usual


@dataclass(frozen=True, slots=True, kw_only=True)
class NoDeals:
    """The numbers that explain why no deal was found.

    `counts` are the numbers of current offers by class, `outdated` those that were last seen too long ago, `days` the
    search days of the route with the most of them. `watch` and `min_cpp` are the criteria beside the class.
    """

    classes: Sequence[DealClass]
    counts: Mapping[DealClass, int]
    outdated: int
    days: int
    has_filters: bool
    watch: str | None = None
    min_cpp: str | None = None

    @property
    def total(self) -> int:
        """Return the number of current offers of all classes."""
        return sum(self.counts.values())

    @property
    def unknown(self) -> int:
        """Return the number of current offers whose class is unknown."""
        return self.counts.get(DealClass.UNKNOWN, 0)

    @property
    def of_class(self) -> int:
        """Return the number of current offers of the classes of deals."""
        return sum(self.counts.get(each, 0) for each in self.classes)

    @property
    def reason(self) -> NoDealsReason:
        """Return why there are no deals."""
        if not self.total:
            return NoDealsReason.OUTDATED if self.outdated else NoDealsReason.NO_OFFERS
        if self.of_class:
            return NoDealsReason.CRITERIA
        return NoDealsReason.NO_HISTORY if self.unknown == self.total else NoDealsReason.NO_DEALS


def has_offers(store: Store) -> bool:
    """Return whether any offer was ever stored."""
    with store.reading() as connection:
        return connection.execute(select(_number).order_by(_number).limit(1)).first() is not None


def count_offers(store: Store, query: OfferQuery, rates: ExchangeRates | None) -> tuple[int, bool]:
    """Return the number of offers that match, with every fare of a flight, and True if there are more than counted."""
    with store.reading() as connection:
        return capped_count(connection, matching_offers(query, rates).with_only_columns(_number))


def explain_no_deals(store: Store, query: OfferFilter, *, watch: str | None = None) -> NoDeals:
    """Return the numbers that explain why a filter, and the watch with this name, find no deals."""
    filters = (
        query.programs, query.origins, query.destinations, query.first, query.last, query.cabins, query.max_miles,
        query.min_seats, query.max_stops,
    )  # fmt: skip
    return NoDeals(
        classes=query.classes,
        counts=count_classes(store, query),
        outdated=count_outdated(store, query),
        days=longest_history(store, query),
        has_filters=any(each is not None and each != () and each != [] for each in filters),
        watch=watch,
        min_cpp=None if query.min_cpp is None else f"{query.min_cpp}",
    )
