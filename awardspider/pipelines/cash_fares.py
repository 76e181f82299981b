"""Cash fares of the flights of a crawl's offers, and the cents per point that follow from them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from awardspider.deals.cents_per_point import cents_per_point_of
from awardspider.items import AwardOfferItem, Search
from awardspider.search.cash_fares import CashFares, cash_fare_age, has_one_cabin, own_fare
from awardspider.search.exchange_rates import ExchangeRates
from awardspider.search.judgments import CashFare, Judgment
from awardspider.storage.cash_fares import find_cash_fares
from awardspider.storage.exchange_rates import current_rates
from awardspider.storage.store import Store

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

# Searches whose stored fares are kept: the offers of one response arrive together, those of several can alternate.
_KEPT_SEARCHES = 32


class OfferValue(NamedTuple):
    """The cash fare of an offer's flights and the cents per point; both are None if unknown."""

    cash_fare: CashFare | None = None
    cents_per_point: Decimal | None = None


class CashFareFinder:
    """The cash fares for the offers of a crawl, with at most one query for each search and route."""

    def __init__(self, store: Store, settings: Mapping[str, Any] | BaseSettings) -> None:
        """Raise InvalidSetting for an invalid age."""
        self._store = store
        self._settings = settings
        self._max_age = cash_fare_age(settings)
        self._fares: OrderedDict[tuple[str, str, str, date, date], CashFares] = OrderedDict()

    def value_of(self, offer: AwardOfferItem, search: Search) -> OfferValue:
        """Return the cash fare and the cents per point of an offer that a search found.

        Both are known or neither is: without taxes, miles or an exchange rate, a fare says nothing about the miles.
        """
        if not offer.miles or offer.taxes is None or not has_one_cabin(offer):
            return OfferValue()
        own = own_fare(offer)
        fare = own.fare if own else self._stored_fares(offer, search).fare_of(offer, max_age=self._max_age)
        cents = cents_per_point_of(offer, fare, self._rates)
        return OfferValue() if cents is None else OfferValue(fare, cents)

    def refreshed(self, judgment: Judgment | None, offer: AwardOfferItem, search: Search) -> OfferValue:
        """Return the value of an offer at an unchanged price, given its judgment so far.

        A known fare is kept until it is too old, so that an unchanged offer is not written in each crawl, unless the
        offer's own cash fare changes.
        """
        if judgment is None or judgment.cash_fare is None:
            return self.value_of(offer, search)
        kept = OfferValue(judgment.cash_fare, judgment.cents_per_point)
        if offer.seen_at - judgment.cash_fare.seen_at > self._max_age:
            return self.value_of(offer, search)
        own = own_fare(offer)
        if own and (own.fare.amount, own.fare.currency) != (judgment.cash_fare.amount, judgment.cash_fare.currency):
            return self.value_of(offer, search)
        return kept

    def _stored_fares(self, offer: AwardOfferItem, search: Search) -> CashFares:
        days = min(search.first, offer.departure_date), max(search.last, offer.departure_date)
        if search.is_of_one_route:
            key = (search.id, offer.origin, offer.destination, *days)
        else:  # the responses of a bulk search have no flights, so that a day of its offers is enough
            key = (search.id, offer.origin, offer.destination, offer.departure_date, offer.departure_date)
        fares = self._fares.get(key)
        if fares is None:
            since = offer.seen_at - self._max_age
            fares = CashFares(find_cash_fares(self._store, *key[1:], seen_since=since) if self._max_age else ())
            self._fares[key] = fares
            if len(self._fares) > _KEPT_SEARCHES:
                self._fares.popitem(last=False)
        return fares

    @cached_property
    def _rates(self) -> ExchangeRates:
        return current_rates(self._store, self._settings)
