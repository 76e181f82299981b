"""Judging the offers of a crawl: each price is compared with the price history as it was before the crawl."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec

from awardspider.crawling.offer_context import OfferContext
from awardspider.deals.baselines import Baselines
from awardspider.deals.classes import judge, parse_thresholds
from awardspider.items import AwardOfferItem, Change
from awardspider.pipelines.cash_fares import CashFareFinder, OfferValue
from awardspider.search.change_rates import lead_time
from awardspider.search.judgments import DEAL_CLASSES, Baseline, DealClass, Judgment
from awardspider.search.price_history import KeyHistory, PriceKey, price_key
from awardspider.storage.offer_scope import LiveOffer
from awardspider.storage.recorder import Recorder

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

_decode = msgspec.json.Decoder(Judgment).decode


class OfferJudge:
    """The judge of a crawl's offers, which also collects their prices for the history.

    If the crawl is not regular, its offers were found earlier (`scrapy reparse`) or not for their prices (`scrapy
    probe`): they are neither judged nor collected, and only an offer with an unchanged price keeps its judgment.
    """

    def __init__(self, recorder: Recorder, settings: Mapping[str, Any] | BaseSettings, *, is_regular: bool) -> None:
        self._recorder = recorder
        self._thresholds = parse_thresholds(settings)
        self._is_regular = is_regular
        self._today: date | None = None
        self._baselines = Baselines(
            self._history, min_days=self._thresholds.min_days, min_prices=self._thresholds.min_prices
        )
        self._cash_fares = CashFareFinder(recorder.store, settings)
        self._last_days: dict[tuple[PriceKey, int], date | None] = {}
        self._lowest: dict[PriceKey, int] = {}  # found by this crawl so far
        self._lowest_of_today: dict[PriceKey, int | None] = {}  # found by earlier crawls of today

    def judge(self, offer_id: str, item: AwardOfferItem, context: OfferContext, stored: LiveOffer | None) -> None:
        """Set the judgment of an offer, and record it if it is new; collect the offer's price."""
        if not item.miles:
            return
        found_on = context.responded_at.date()
        key = price_key(item)
        if self._is_regular:
            self._recorder.prices.add_offer(context.search.id, key, item, found_on)
        kept = _kept_judgment(item, stored)
        if not self._is_regular:
            if kept is not None:
                self._set(offer_id, context, kept, kept)
            return
        self._lowest[key] = min(item.miles, self._lowest.get(key, item.miles))
        value = self._cash_fares.refreshed(kept, item, context.search)
        if kept is not None and kept.deal_class is not DealClass.UNKNOWN:
            self._set(offer_id, context, kept, _with_value(kept, value))
            return
        if self._today is None:
            self._today = found_on
        lead = lead_time((item.departure_date - found_on).days)
        baseline = self._baselines.find(key, lead)
        judgment = self._judgment(item, context, key, baseline)
        if judgment.deal_class is not DealClass.UNKNOWN:
            self._set(offer_id, context, None, _with_value(judgment, value))
        else:  # the class is tried again in the next crawl, so that only a new value is stored
            self._set(offer_id, context, kept, _with_value(kept or judgment, value))

    def _set(self, offer_id: str, context: OfferContext, kept: Judgment | None, judgment: Judgment) -> None:
        """Set the judgment, and record it unless it is stored already or says nothing."""
        context.judgment = judgment
        is_unknown = judgment.deal_class is DealClass.UNKNOWN and judgment.cents_per_point is None
        if kept is None and is_unknown:
            return
        # A changed offer is stored without its judgment.
        if judgment is not kept or context.change is not Change.SAME:
            self._recorder.add_judgment(offer_id, judgment)

    def _judgment(
        self, item: AwardOfferItem, context: OfferContext, key: PriceKey, baseline: Baseline | None
    ) -> Judgment:
        judgment = judge(
            item.miles,
            baseline,
            self._thresholds,
            at=context.responded_at,
            mixed_cabin=key.mixed_cabin,
            lowest_found=self._lowest_found(key),
        )
        if judgment.deal_class in DEAL_CLASSES:
            judgment = msgspec.structs.replace(judgment, lowest_since=self._last_day_as_low(key, judgment))
        return judgment

    def _lowest_found(self, key: PriceKey) -> int:
        """Return the lowest price found today, as far as it can be a record."""
        assert self._today is not None
        if key not in self._lowest_of_today:
            self._lowest_of_today[key] = self._recorder.prices.lowest_of_today(key, self._today)
        earlier = self._lowest_of_today[key]
        return self._lowest[key] if earlier is None else min(earlier, self._lowest[key])

    def _history(self, key: PriceKey) -> KeyHistory:
        assert self._today is not None
        return self._recorder.prices.history(key, self._today)

    def _last_day_as_low(self, key: PriceKey, judgment: Judgment) -> date | None:
        """Return the last day before today with a price of the route as low, at any lead time."""
        assert self._today is not None
        assert judgment.miles is not None
        price = key, judgment.miles
        if price not in self._last_days:
            self._last_days[price] = self._recorder.prices.last_day_as_low(*price, self._today)
        return self._last_days[price]


def _with_value(judgment: Judgment, value: OfferValue) -> Judgment:
    """Return a judgment with a value; the same object if it has it already."""
    if (judgment.cash_fare, judgment.cents_per_point) == value:
        return judgment
    return msgspec.structs.replace(judgment, cash_fare=value.cash_fare, cents_per_point=value.cents_per_point)


def _kept_judgment(item: AwardOfferItem, stored: LiveOffer | None) -> Judgment | None:
    """Return the stored judgment of an offer whose price has not changed, or None."""
    if stored is None or stored.judgment is None or stored.miles != item.miles:
        return None
    return _decode(stored.judgment)
