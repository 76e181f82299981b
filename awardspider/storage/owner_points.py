"""The points of the owners of stored watches, with the stored transfer bonuses, as matching needs them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from awardspider.search.owner_points import OwnerPoints
from awardspider.search.promotion_states import promotion_day
from awardspider.storage.owners import read_holdings
from awardspider.storage.promotions import read_transfer_bonuses
from awardspider.storage.store import Store


def find_owner_points(store: Store, now: datetime) -> OwnerPoints:
    """Return the points of the owners of all stored watches, and the transfer bonuses at the aware time `now`."""
    with store.reading() as connection:
        return read_owner_points(connection, now)


def read_owner_points(connection: Connection, now: datetime) -> OwnerPoints:
    """Return the same as `find_owner_points`."""
    return OwnerPoints(
        holdings=read_holdings(connection), bonuses=read_transfer_bonuses(connection, promotion_day(now))
    )
