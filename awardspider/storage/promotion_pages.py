"""Lists of promotions: their order, those that have ended by pages, and the announcements of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, func, or_, select

from awardspider.items import PromotionKind
from awardspider.search.promotion_states import (
    MAX_AGE_OF_FARE,
    MAX_AGE_WITHOUT_END,
    PromotionState,
    day_start,
    promotion_day,
)
from awardspider.storage import schema
from awardspider.storage.counts import capped_count
from awardspider.storage.cursors import decode_cursor, encode_cursor
from awardspider.storage.promotions import PromotionRow, promotion_rows
from awardspider.storage.store import Store

_promotions = schema.promotions.c
_announcements = schema.announcements.c
_sources = schema.promotion_sources.c

#: A promotion is new for so long after it was published or, if its sources do not say when, after it began.
NEW = timedelta(days=3)

# The kinds that save miles or points at once, the most useful first; the others follow in the order below.
USEFUL_KINDS = (
    PromotionKind.TRANSFER_BONUS,
    PromotionKind.AWARD_SALE,
    PromotionKind.PROMO_AWARD_LIST,
    PromotionKind.BUY_MILES,
)
_OTHER_KINDS = (
    PromotionKind.EARN_BONUS,
    PromotionKind.PAGE_CHANGE,
    PromotionKind.DEVALUATION_NEWS,
    PromotionKind.CASH_FARE_DEAL,
)

_CURSOR = "ended promotions"


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionPage:
    """A page of promotions that have ended; `next_cursor` is None on the last one."""

    promotions: list[PromotionRow]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAnnouncement:
    """An announcement of a promotion. `source_name` is the name of the feed, table or page, or the publisher's."""

    source_name: str
    title: str
    link: str
    book_by: date | None
    expired: bool
    published: datetime | None
    first_seen_at: datetime
    last_seen_at: datetime


def listing_rank(row: PromotionRow, now: datetime) -> tuple[int, int]:
    """Return the position of a promotion in a list; `sorted` keeps the order by time of those with the same.

    Promotions of useful kinds that are new or end soon come first, then the others that can be used, then those that
    have not begun, then the other kinds; ended ones are last.
    """
    kind, state = row.item.kind, row.state(now)
    if state is PromotionState.ENDED:
        group = 4
    elif kind not in USEFUL_KINDS:
        group = 3
    elif state is PromotionState.ANNOUNCED:
        group = 2
    else:
        group = 0 if state is PromotionState.ENDING_SOON or now - began_at(row) < NEW else 1
    kinds = (*USEFUL_KINDS, *_OTHER_KINDS)
    return group, kinds.index(kind) if kind in kinds else len(kinds)


def began_at(row: PromotionRow) -> datetime:
    """Return when a promotion was published or, if that is unknown, began; without both, when it was first seen."""
    item = row.item
    if item.published:
        return item.published
    return day_start(item.book_from) if item.book_from else row.first_seen_at


def open_promotions(store: Store, now: datetime) -> list[PromotionRow]:
    """Return the promotions that have not ended at a time, those that have not begun included, the newest first."""
    query = select(schema.promotions).where(
        _promotions.ended_at.is_(None),
        or_(
            _promotions.book_by >= promotion_day(now),
            and_(_promotions.book_by.is_(None), _promotions.announced_at >= now - MAX_AGE_WITHOUT_END),
        ),
    )
    newest = func.coalesce(_promotions.published, _promotions.first_seen_at).desc()
    found = promotion_rows(store, query.order_by(newest, _promotions.id))
    return [row for row in found if row.state(now) is not PromotionState.ENDED]


def ended_promotions(
    store: Store, now: datetime, *, kinds: Sequence[PromotionKind] = (), cursor: str | None = None, size: int = 50
) -> PromotionPage:
    """Return a page of the promotions that have ended at a time, the last announced ones first.

    Raises InvalidArgument for a cursor of another list.
    """
    query = _ended_query(now, kinds)
    if cursor is not None:
        announced_at, promotion_id = decode_cursor(cursor, _CURSOR, (str, str))
        at = datetime.fromisoformat(announced_at)
        query = query.where(
            or_(_promotions.announced_at < at, and_(_promotions.announced_at == at, _promotions.id > promotion_id))
        )
    query = query.order_by(_promotions.announced_at.desc(), _promotions.id)
    found = promotion_rows(store, query.limit(size + 1))
    shown = found[:size]
    next_cursor = _cursor_after(shown[-1]) if len(found) > size else None
    return PromotionPage(promotions=shown, next_cursor=next_cursor)


def _cursor_after(row: PromotionRow) -> str:
    announced_at = row.announced_at or row.first_seen_at
    return encode_cursor(_CURSOR, (announced_at.isoformat(), row.id))


def count_ended(store: Store, now: datetime, *, kinds: Sequence[PromotionKind] = ()) -> tuple[int, bool]:
    """Return the number of promotions that have ended, and True if there are more than that."""
    with store.reading() as connection:
        return capped_count(connection, _ended_query(now, kinds).with_only_columns(_promotions.id))


def _ended_query(now: datetime, kinds: Sequence[PromotionKind]) -> Select[*tuple[Any, ...]]:
    """Return the query for ended promotions, by the rules of `promotion_state`."""
    no_end = and_(
        _promotions.book_by.is_(None),
        or_(
            _promotions.announced_at < now - MAX_AGE_WITHOUT_END,
            and_(
                _promotions.kind == PromotionKind.CASH_FARE_DEAL.value,
                _promotions.announced_at < now - MAX_AGE_OF_FARE,
            ),
        ),
    )
    query = select(schema.promotions).where(
        or_(_promotions.ended_at <= now, _promotions.book_by < promotion_day(now), no_end)
    )
    return query.where(_promotions.kind.in_([kind.value for kind in kinds])) if kinds else query


def promotions_between(store: Store, kinds: Sequence[PromotionKind], first: date, last: date) -> list[PromotionRow]:
    """Return the promotions of some kinds that may have been active on a day of a range, in order of their ids."""
    query = select(schema.promotions).where(
        _promotions.kind.in_([kind.value for kind in kinds]),
        _promotions.last_seen_at >= day_start(first),
        or_(_promotions.book_by.is_(None), _promotions.book_by >= first),
        or_(_promotions.book_from.is_(None), _promotions.book_from <= last),
    )
    return promotion_rows(store, query.order_by(_promotions.id))


def find_promotion(store: Store, promotion_id: str) -> PromotionRow | None:
    """Return a promotion by its id, or None if there is none."""
    found = promotion_rows(store, select(schema.promotions).where(_promotions.id == promotion_id))
    return found[0] if found else None


def announcements_of(store: Store, promotion_id: str) -> list[StoredAnnouncement]:
    """Return the announcements of a promotion, the first one first."""
    name = func.coalesce(_sources.name, _announcements.source).label("source_name")
    columns = (
        _announcements.title,
        _announcements.link,
        _announcements.book_by,
        _announcements.expired,
        _announcements.published,
        _announcements.first_seen_at,
        _announcements.last_seen_at,
    )
    query = (
        select(name, *columns)
        .join_from(
            schema.announcements,
            schema.promotion_sources,
            _announcements.source_url == _sources.url,
            isouter=True,
        )
        .where(_announcements.promotion_id == promotion_id)
        .order_by(_announcements.first_seen_at, _announcements.published, _announcements.link)
    )
    with store.reading() as connection:
        return [StoredAnnouncement(**row) for row in connection.execute(query).mappings()]
