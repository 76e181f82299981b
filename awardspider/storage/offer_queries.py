"""The filter of lists of offers, and the conditions that it stands for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_

from awardspider.items import Detail, Money
from awardspider.search.deal_ranks import RankRange, rank_ranges
from awardspider.search.exchange_rates import ExchangeRates, convert
from awardspider.search.judgments import DealClass
from awardspider.storage import schema
from awardspider.storage.offer_status import is_available, is_current
from awardspider.storage.offers import OfferFilter, matching_query

_offers = schema.offers.c


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferQuery(OfferFilter):
    """A filter for the offers of a list; empty and None fields match everything. `current_at` is required.

    `max_taxes` is compared in one currency, and offers with unknown taxes do not match. `confirmed` leaves out the
    prices of days, whose flights are unknown. Offers that a calendar contradicts are only in the list with
    `contradicted`. `gone` and `best` have no effect.
    """

    max_taxes: Money | None = None
    confirmed: bool = False
    contradicted: bool = False

    @property
    def rank_ranges(self) -> list[RankRange]:
        """Return the ranges of ranks that contain all offers that match, in order."""
        classes = sorted(self.classes or DealClass, key=lambda deal_class: deal_class.rank)
        details = {Detail.ITINERARY} if self.confirmed else set(self.details or Detail)
        unknown_flights = not details <= {Detail.ITINERARY}
        return rank_ranges(classes, known_flights=Detail.ITINERARY in details, unknown_flights=unknown_flights)


def matching_offers(query: OfferQuery, rates: ExchangeRates | None) -> Select[*tuple[Any, ...]]:
    """Return the query for the offers that match, without their order and with every fare of a flight."""
    assert query.current_at is not None
    is_shown = is_current if query.contradicted and not query.confirmed else is_available
    # What has not departed departs today or later; somewhere it is still yesterday.
    is_ahead = _offers.departure_date >= (query.current_at - timedelta(days=1)).date()
    found = matching_query(query).where(is_shown(query.current_at, query.max_age), is_ahead)
    if query.confirmed:
        found = found.where(_offers.detail == Detail.ITINERARY.value)
    if query.max_taxes is not None:
        found = found.where(or_(*(and_(*limit) for limit in tax_limits(query.max_taxes, rates))))
    return found


def tax_limits(taxes: Money, rates: ExchangeRates | None) -> Iterator[tuple[ColumnElement[bool], ColumnElement[bool]]]:
    """Yield the conditions of each currency with a known rate that taxes are not higher than this amount."""
    for currency in sorted({taxes.currency, *(rates.currencies if rates else ())}):
        if limit := convert(taxes, currency, rates):
            yield _offers.taxes_currency == currency, _offers.taxes <= limit.amount
