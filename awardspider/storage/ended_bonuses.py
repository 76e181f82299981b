"""Messages about matches that a transfer bonus made true and that are not due any more, because the bonus has ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Connection, select

from awardspider.items import PromotionKind
from awardspider.search.promotion_states import promotion_day
from awardspider.storage import schema
from awardspider.storage.claims import ClaimedRow
from awardspider.storage.store import in_batches

BONUS_ENDED = "the transfer bonus that made the offer cheap enough has ended"

_promotions = schema.promotions.c


def find_with_ended_bonus(connection: Connection, rows: Sequence[ClaimedRow], now: datetime) -> dict[int, str]:
    """Return the reason, keyed by row id, for the rows whose transfer bonus has ended at the aware time `now`."""
    repriced = {
        row.id: (str(row.body["promotion_id"]), date.fromisoformat(row.body["promotion_until"]))
        for row in rows
        if row.body.get("promotion_kind") == PromotionKind.TRANSFER_BONUS and row.body.get("promotion_until")
    }
    ended: set[str] = set()
    for some in in_batches(sorted({promotion_id for promotion_id, _ in repriced.values()})):
        query = select(_promotions.id).where(_promotions.id.in_(some), _promotions.ended_at <= now)
        ended.update(connection.scalars(query))
    today = promotion_day(now)
    return {
        row_id: BONUS_ENDED
        for row_id, (promotion_id, until) in repriced.items()
        if promotion_id in ended or until < today
    }
