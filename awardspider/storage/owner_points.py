"""The points of the owners of stored watches, with the stored transfer bonuses, as matching needs them."""

from __future__ import annotations

from datetime import datetime

from awardspider.search.owner_points import OwnerPoints
from awardspider.search.promotion_states import promotion_day
from awardspider.storage.owners import holdings_by_watch
from awardspider.storage.promotions import find_transfer_bonuses
from awardspider.storage.store import Store


def find_owner_points(store: Store, now: datetime) -> OwnerPoints:
    """Return the points of the owners of all stored watches, and the transfer bonuses at the aware time `now`."""
    return OwnerPoints(holdings=holdings_by_watch(store), bonuses=find_transfer_bonuses(store, promotion_day(now)))
