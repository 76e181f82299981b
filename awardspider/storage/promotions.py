"""Stored promotions."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from hashlib import blake2b
from itertools import product
from typing import Any

import msgspec
from sqlalchemy import func, or_, select

from awardspider.items import PromotionItem, PromotionKind
from awardspider.outcomes import InvalidArgument
from awardspider.search.points_cost import TransferBonus
from awardspider.search.transfer_partners import parse_bank
from awardspider.storage import schema
from awardspider.storage.store import Store

_promotions = schema.promotions.c


class PromotionOrder(StrEnum):
    """Sort orders of promotions, newest first."""

    PUBLISHED = "published"  # or when first seen, if the announcement has no date
    FIRST_SEEN = "first_seen"
    LAST_SEEN = "last_seen"


_ORDERS = {
    PromotionOrder.PUBLISHED: func.coalesce(_promotions.published, _promotions.first_seen_at),
    PromotionOrder.FIRST_SEEN: _promotions.first_seen_at,
    PromotionOrder.LAST_SEEN: _promotions.last_seen_at,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionRow:
    """A stored promotion; `item.seen_at` is the time when it was last seen."""

    id: str
    first_seen_at: datetime
    item: PromotionItem


def find_promotions(
    store: Store, order: PromotionOrder, *, bookable_on: date | None = None, limit: int | None = None
) -> list[PromotionRow]:
    """Return promotions, newest first; with `bookable_on`, only those that have not ended by that date."""
    query = select(schema.promotions).order_by(_ORDERS[order].desc(), _promotions.id).limit(limit)
    if bookable_on is not None:
        query = query.where(or_(_promotions.book_by.is_(None), _promotions.book_by >= bookable_on))
    with store.reading() as connection:
        rows = connection.execute(query).mappings().all()
    return [
        PromotionRow(
            id=row["id"],
            first_seen_at=row["first_seen_at"],
            item=msgspec.convert(
                {str(name): row[name] for name in row} | {"seen_at": row["last_seen_at"]}, PromotionItem
            ),
        )
        for row in rows
    ]


def find_transfer_bonuses(store: Store, day: date) -> list[TransferBonus]:
    """Return the transfer bonuses of stored promotions that can be used on a day, without those of unknown banks.

    A bonus without a first day begins on the day of its announcement. One without a percentage or an end is left out,
    because it would be used long after it has ended.
    """
    query = select(schema.promotions).where(
        _promotions.kind == PromotionKind.TRANSFER_BONUS.value, _promotions.percent > 0, _promotions.book_by >= day
    )
    with store.reading() as connection:
        rows = connection.execute(query.order_by(_promotions.id)).mappings().all()
    bonuses = [
        TransferBonus(
            bank=bank,
            program=program,
            percent=row["percent"],
            first=row["book_from"] or (row["published"].date() if row["published"] else None),
            last=row["book_by"],
            targeted=bool(row["targeted"]),
            up_to=bool(row["up_to"]),
            source=row["link"],
        )
        for row in rows
        for bank, program in product(filter(None, map(_bank, row["banks"])), row["programs"])
    ]
    return [bonus for bonus in bonuses if bonus.is_active(day)]


def _bank(name: str) -> str | None:
    """Return the key of a bank as an announcement writes its name, or None."""
    try:
        return parse_bank(name)
    except InvalidArgument:
        return None


def has_promotion(store: Store, promotion_id: str) -> bool:
    """Return True if a promotion is stored."""
    query = select(_promotions.id).where(_promotions.id == promotion_id)
    with store.reading() as connection:
        return connection.execute(query).first() is not None


def promotion_id(item: PromotionItem) -> str:
    """Return an id of twenty hex digits that is always the same for the same announcement."""
    key = f"{item.source}|{item.kind}|{item.link}|{item.title}"
    return blake2b(key.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()


def promotion_values(item: PromotionItem) -> dict[str, Any]:
    """Return the column values of a promotion."""
    values = asdict(item)
    seen_at = values.pop("seen_at")
    del values["entry_id"], values["expired"]
    return values | {
        "id": promotion_id(item),
        "first_seen_at": seen_at,
        "last_seen_at": seen_at,
    }
