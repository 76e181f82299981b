"""The deals of a page, in the view and order that a filter chooses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from awardspider.deals.deal_list import Deal, grouped_deals, ranked_deals
from awardspider.deals.ranking import PER_ROUTE
from awardspider.panel.configuration import PanelConfig
from awardspider.panel.filters import DealFilters, View
from awardspider.search.deal_ranks import deal_rank
from awardspider.search.exchange_rates import ExchangeRates
from awardspider.storage.best_flights import best_flights
from awardspider.storage.exchange_rates import current_rates
from awardspider.storage.offer_pages import offer_page
from awardspider.storage.offer_queries import OfferQuery
from awardspider.storage.offer_sorts import OfferSort, SortKey, sort_columns, sort_key
from awardspider.storage.offers import OfferRow

OfferDeal = Deal[OfferRow]

PAGE_SIZE = 20
# Flights from which the best deals are chosen, in all and of one route: consecutive dates are one deal.
_CHOSEN_FROM = 90
_FLIGHTS_PER_ROUTE = 8
# Deals of one route and cabin: more if a filter leaves so few routes that there would be too few deals.
_PER_ROUTE = (PER_ROUTE, 2 * PER_ROUTE, 4 * PER_ROUTE)
_ENOUGH = 15
_ROWS_PER_FILE_PAGE = 1_000

_judgment = attrgetter("judgment")


@dataclass(frozen=True, slots=True, kw_only=True)
class DealList:
    """A page of deals.

    `count` is the number of all offers that match, capped if `is_capped`. If `is_choice`, these deals are the best of
    them, and there is no next page.
    """

    deals: list[OfferDeal]
    count: int
    is_capped: bool
    next_cursor: str | None = None
    is_choice: bool = False


def deal_list(config: PanelConfig, filters: DealFilters, now: datetime, after: str | None = None) -> DealList:
    """Return a page of the list of deals. Raise InvalidArgument for an invalid cursor."""
    rates = current_rates(config.store, config.settings)
    query = filters.query(now, config.max_age)
    if filters.view is View.BEST:
        return _best_deals(config, filters.sort, query, rates)
    page = offer_page(config.store, query, sort=filters.sort, cursor=after, size=PAGE_SIZE, rates=rates)
    return DealList(
        deals=grouped_deals(page.offers, _judgment),
        count=page.count,
        is_capped=page.count_is_capped,
        next_cursor=page.next_cursor,
    )


def all_deals(config: PanelConfig, filters: DealFilters, now: datetime) -> Iterator[OfferRow]:
    """Yield the offers of all pages of a list of deals, in its order."""
    rates = current_rates(config.store, config.settings)
    query = filters.query(now, config.max_age)
    if filters.view is View.BEST:
        for deal in _best_deals(config, filters.sort, query, rates).deals:
            yield from deal.offers
        return
    cursor: str | None = None
    while True:
        page = offer_page(config.store, query, sort=filters.sort, cursor=cursor, size=_ROWS_PER_FILE_PAGE, rates=rates)
        yield from page.offers
        cursor = page.next_cursor
        if cursor is None:
            return


def _best_deals(config: PanelConfig, sort: OfferSort, query: OfferQuery, rates: ExchangeRates) -> DealList:
    found = best_flights(config.store, query, per_route=_FLIGHTS_PER_ROUTE, size=_CHOSEN_FROM, rates=rates)
    deals: list[OfferDeal] = []
    for per_route in _PER_ROUTE:
        deals, left_out = ranked_deals(found.offers, _judgment, rates, per_route=per_route)
        if len(deals) >= _ENOUGH or not left_out:
            break
    chosen = deals[:PAGE_SIZE]
    shown = sum(len(deal.offers) for deal in chosen)
    if sort is not OfferSort.DEAL:
        chosen = sorted(chosen, key=lambda deal: _key(deal.first, sort, rates))
    return DealList(deals=chosen, count=found.count, is_capped=found.is_capped, is_choice=shown < found.count)


def _key(offer: OfferRow, sort: OfferSort, rates: ExchangeRates) -> SortKey:
    taxes, judgment = offer.taxes, offer.judgment
    extra: dict[str, Any] = {
        "taxes": taxes.amount if taxes else None,
        "taxes_currency": taxes.currency if taxes else None,
        "cents_per_point": judgment.cents_per_point if judgment else None,
    }
    names = [str(column.key) for column in sort_columns(sort)]
    values = [extra[name] if name in extra else getattr(offer, name) for name in names]
    return sort_key(sort, deal_rank(offer, judgment), 0, values, rates)
