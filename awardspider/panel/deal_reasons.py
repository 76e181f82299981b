"""The reason why a list of deals is empty, and which filter leaves out the most offers."""

from __future__ import annotations

from dataclasses import dataclass, replace

from awardspider.deals.classes import Thresholds, parse_thresholds
from awardspider.panel.configuration import PanelConfig
from awardspider.panel.filters import DealFilters, View
from awardspider.storage.exchange_rates import current_rates
from awardspider.storage.missing_deals import NoDeals, count_offers, explain_no_deals, has_offers

_MOST_WIDER = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class WiderList:
    """The list without the filter `key`, and the number of its offers, capped if `is_capped`."""

    key: str
    others: DealFilters
    count: int
    is_capped: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptyList:
    """The reason why a list is empty.

    `has_data` is False if no offer was ever stored. `wider` are the lists without one filter that are not empty, the
    longest first. `fares` is the number of offers of all classes, capped if `has_more_fares`.
    """

    has_data: bool
    found: NoDeals
    thresholds: Thresholds
    hours: int | None
    wider: list[WiderList]
    fares: int = 0
    has_more_fares: bool = False


def explain_empty_list(config: PanelConfig, filters: DealFilters) -> EmptyList:
    """Return why no offer is in the list of these filters."""
    now, oldest = config.now(), config.max_age
    wider = [each for key in filters.active() if (each := _wider(config, filters, key)).count]
    fares, has_more = _count(config, replace(filters, view=View.FARES, worst_class=None))
    return EmptyList(
        has_data=has_offers(config.store),
        found=explain_no_deals(config.store, filters.query(now, oldest)),
        thresholds=parse_thresholds(config.settings),
        hours=None if oldest is None else int(oldest.total_seconds() // 3600),
        wider=sorted(wider, key=lambda each: -each.count)[:_MOST_WIDER],
        fares=fares,
        has_more_fares=has_more,
    )


def _wider(config: PanelConfig, filters: DealFilters, key: str) -> WiderList:
    others = filters.without(key)
    count, is_capped = _count(config, others)
    return WiderList(key=key, others=others, count=count, is_capped=is_capped)


def _count(config: PanelConfig, filters: DealFilters) -> tuple[int, bool]:
    rates = current_rates(config.store, config.settings)
    return count_offers(config.store, filters.query(config.now(), config.max_age), rates)
