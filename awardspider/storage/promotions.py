"""Stored promotions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import product
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, delete, func, or_, select

from awardspider.items import PromotionItem, PromotionKind
from awardspider.outcomes import InvalidArgument
from awardspider.search.points_cost import TransferBonus
from awardspider.search.promotion_states import PromotionState, promotion_day, promotion_state
from awardspider.search.transfer_partners import parse_bank
from awardspider.storage import schema
from awardspider.storage.id_prefixes import row_by_id_prefix
from awardspider.storage.store import Store, in_batches

#: Age at which announcements and ended promotions are deleted.
RETENTION = timedelta(days=400)

_promotions = schema.promotions.c
_announcements = schema.announcements.c


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
    """A stored promotion; `item.seen_at` is the time when it was last seen.

    `announced_at` is when it was last announced, and `ended_at` when an announcement said that it has ended. `sources`
    are the names of the sources that announced it.
    """

    id: str
    first_seen_at: datetime
    item: PromotionItem
    announced_at: datetime | None = None
    ended_at: datetime | None = None
    sources: tuple[str, ...] = ()

    @property
    def last_seen_at(self) -> datetime:
        """Return the time when it was last seen."""
        return self.item.seen_at

    def state(self, now: datetime) -> PromotionState:
        """Return the state at a time."""
        announced_at = self.announced_at or self.first_seen_at
        return promotion_state(self.item, announced_at=announced_at, ended_at=self.ended_at, now=now)


def find_promotions(
    store: Store, order: PromotionOrder, *, bookable_on: date | None = None, limit: int | None = None
) -> list[PromotionRow]:
    """Return promotions, newest first; with `bookable_on`, only those that have not ended by that date."""
    query = select(schema.promotions).order_by(_ORDERS[order].desc(), _promotions.id).limit(limit)
    if bookable_on is not None:
        has_end = or_(_promotions.book_by.is_(None), _promotions.book_by >= bookable_on)
        query = query.where(has_end, _promotions.ended_at.is_(None))
    return promotion_rows(store, query)


def find_promotions_of_kinds(store: Store, kinds: Sequence[PromotionKind], day: date) -> list[PromotionRow]:
    """Return the promotions of some kinds that are not known to have ended by a day, in the order of their ids."""
    query = select(schema.promotions).where(
        _promotions.kind.in_([kind.value for kind in kinds]),
        or_(_promotions.book_by.is_(None), _promotions.book_by >= day),
        _promotions.ended_at.is_(None),
    )
    return promotion_rows(store, query.order_by(_promotions.id))


def promotion_rows(store: Store, query: Select[*tuple[Any, ...]]) -> list[PromotionRow]:
    """Return the promotions of a query, with the names of their sources."""
    with store.reading() as connection:
        rows = connection.execute(query).mappings().all()
        names = source_names(connection, [row["id"] for row in rows])
    return [
        PromotionRow(
            id=row["id"],
            first_seen_at=row["first_seen_at"],
            item=stored_item(row),
            announced_at=row["announced_at"],
            ended_at=row["ended_at"],
            # A post that announces another promotion now is no source of this one anymore.
            sources=tuple(names.get(row["id"], ())) or (row["source"],),
        )
        for row in rows
    ]


def promotion_by_prefix(store: Store, promotion_id: str) -> PromotionRow:
    """Return a promotion. A unique prefix of the id is enough.

    Raises InvalidArgument if no promotion, or more than one, has the prefix.
    """
    command = "scrapy promotions --format json"
    with store.reading() as connection:
        row = row_by_id_prefix(connection, schema.promotions, promotion_id, name="a promotion", command=command)
    return promotion_rows(store, select(schema.promotions).where(_promotions.id == row["id"]))[0]


def stored_item(row: RowMapping) -> PromotionItem:
    """Return a row of the table as an item; `seen_at` is the time when it was last seen."""
    return msgspec.convert({str(name): row[name] for name in row} | {"seen_at": row["last_seen_at"]}, PromotionItem)


def source_names(connection: Connection, ids: Sequence[str]) -> dict[str, list[str]]:
    """Return the publishers that announced each promotion, in the order of their first announcements.

    A publisher with several sources counts once, by the shortest of their names.
    """
    name = func.coalesce(schema.promotion_sources.c.name, _announcements.source)
    query = (
        select(_announcements.promotion_id, _announcements.source, name.label("name"))
        .join_from(
            schema.announcements,
            schema.promotion_sources,
            _announcements.source_url == schema.promotion_sources.c.url,
            isouter=True,
        )
        .group_by(_announcements.promotion_id, _announcements.source, name)
        .order_by(func.min(_announcements.first_seen_at), name)
    )
    names: dict[str, dict[str, str]] = {}
    for some in in_batches(ids):
        for row in connection.execute(query.where(_announcements.promotion_id.in_(some))):
            by_publisher = names.setdefault(row.promotion_id, {})
            by_publisher[row.source] = min(by_publisher.get(row.source, row.name), row.name, key=len)
    return {promotion_id: list(by_publisher.values()) for promotion_id, by_publisher in names.items()}


def find_transfer_bonuses(store: Store, day: date) -> list[TransferBonus]:
    """Return the transfer bonuses of stored promotions that can be used on a day, without those of unknown banks.

    A bonus without a first day begins on the day of its announcement. One without a percentage or an end is left out,
    because it would be used long after it has ended.
    """
    with store.reading() as connection:
        return read_transfer_bonuses(connection, day)


def read_transfer_bonuses(connection: Connection, day: date) -> list[TransferBonus]:
    """Return the same as `find_transfer_bonuses`."""
    query = (
        select(schema.promotions)
        .where(
            _promotions.kind == PromotionKind.TRANSFER_BONUS.value, _promotions.percent > 0, _promotions.book_by >= day
        )
        .where(_promotions.ended_at.is_(None))
    )
    rows = connection.execute(query.order_by(_promotions.id)).mappings().all()
    return [bonus for row in rows for bonus in transfer_bonuses(stored_item(row)) if bonus.is_active(day)]


def transfer_bonuses(item: PromotionItem) -> list[TransferBonus]:
    """Return the transfer bonuses of a promotion, one for each bank and program; none without a percentage or an end.

    Without a first day, they begin on the day of the announcement.
    """
    if item.kind is not PromotionKind.TRANSFER_BONUS or not item.percent or item.book_by is None:
        return []
    return [
        TransferBonus(
            bank=bank,
            program=program,
            percent=item.percent,
            first=item.book_from or (promotion_day(item.published) if item.published else None),
            last=item.book_by,
            targeted=bool(item.targeted),
            up_to=bool(item.up_to),
            source=item.link,
        )
        for bank, program in product(filter(None, map(_bank, item.banks)), item.programs)
    ]


def _bank(name: str) -> str | None:
    """Return the key of a bank as an announcement writes its name, or None."""
    try:
        return parse_bank(name)
    except InvalidArgument:
        return None


def prune_promotions(store: Store, now: datetime) -> None:
    """Delete announcements that were last seen, and promotions that ended, longer ago than RETENTION.

    A promotion without an end date has ended some time after it was last seen, so that time counts.
    """
    oldest = now - RETENTION
    with store.writing() as connection:
        connection.execute(delete(schema.announcements).where(_announcements.last_seen_at < oldest))
        connection.execute(delete(schema.promotions).where(ended_before(oldest)))


def ended_before(at: datetime) -> ColumnElement[bool]:
    """Return the condition that a promotion ended, or without an end date was last seen, before a time."""
    last_day = func.coalesce(_promotions.book_by, at.date())
    return or_(_promotions.ended_at < at, and_(_promotions.last_seen_at < at, last_day <= at.date()))


def promotions_by_id(store: Store, ids: Sequence[str]) -> dict[str, PromotionRow]:
    """Return promotions keyed by id; unknown ids are skipped."""
    found: dict[str, PromotionRow] = {}
    for some in in_batches(ids):
        query = select(schema.promotions).where(_promotions.id.in_(some))
        found |= {row.id: row for row in promotion_rows(store, query)}
    return found


def promotion_titles(store: Store, ids: Sequence[str]) -> dict[str, str]:
    """Return the titles of promotions, keyed by id; unknown ids are skipped."""
    found: dict[str, str] = {}
    with store.reading() as connection:
        for some in in_batches(ids):
            query = select(_promotions.id, _promotions.title).where(_promotions.id.in_(some))
            found |= {row.id: row.title for row in connection.execute(query)}
    return found
