"""The costs of offers in the points of the owners of watches, with the transfer bonuses of the day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import cached_property
from typing import Any

from awardspider.deals.valuations import Valuations, load_valuations
from awardspider.items import AwardOfferItem
from awardspider.search.points_cost import MAX_WAYS, Holdings, PointsCost, TransferBonus, points_costs
from awardspider.search.promotion_states import promotion_day
from awardspider.storage.owners import holdings_by_watch
from awardspider.storage.promotions import find_transfer_bonuses
from awardspider.storage.store import Store


class WatchPoints:
    """The points of the owners of stored watches and the valuations, read once when they are first needed."""

    def __init__(self, store: Store, settings: Mapping[str, Any]) -> None:
        self._store = store
        self._settings = settings
        self._holdings: Mapping[str, Holdings] | None = None
        self._bonuses: dict[date, list[TransferBonus]] = {}

    def costs(self, watch_id: str, offer: AwardOfferItem, at: datetime) -> tuple[PointsCost, ...]:
        """Return the best ways to pay an offer for its party with the points of a watch's owner."""
        if not watch_id or not offer.miles:
            return ()
        if self._holdings is None:
            self._holdings = holdings_by_watch(self._store)
        holdings = self._holdings.get(watch_id)
        if holdings is None or not holdings.points:
            return ()
        day = promotion_day(at)
        if day not in self._bonuses:
            self._bonuses[day] = find_transfer_bonuses(self._store, day)
        miles = offer.miles * offer.travelers
        values = self._valuations.middles
        return points_costs(offer.program, miles, holdings, self._bonuses[day], day, values=values)[:MAX_WAYS]

    @cached_property
    def _valuations(self) -> Valuations:
        return load_valuations(self._settings)
