"""Judging the prices of days before their flights are searched, against the history as it was before the crawl."""

from __future__ import annotations

from awardspider import clock
from awardspider.deals.baselines import Baselines
from awardspider.deals.classes import Thresholds, judge
from awardspider.items import AwardOfferItem
from awardspider.search.change_rates import lead_time
from awardspider.search.judgments import Judgment
from awardspider.search.price_history import price_key
from awardspider.storage.price_collector import PriceCollector


class DayJudge:
    """The judge of the lowest prices of days, as the pipelines judge them when they are recorded."""

    def __init__(self, prices: PriceCollector, thresholds: Thresholds) -> None:
        today = self._today = clock.now().date()
        self._thresholds = thresholds
        self._baselines = Baselines(
            lambda key: prices.history(key, today), min_days=thresholds.min_days, min_prices=thresholds.min_prices
        )

    def judgment_of(self, offer: AwardOfferItem) -> Judgment | None:
        """Return the judgment of a day's price; None without a price. Raise StorageError."""
        if not offer.miles:
            return None
        key = price_key(offer)
        baseline = self._baselines.find(key, lead_time((offer.departure_date - self._today).days))
        return judge(offer.miles, baseline, self._thresholds, at=clock.now(), mixed_cabin=key.mixed_cabin)
