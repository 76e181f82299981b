"""Lists of promotions: their filter and order, their pages, and the announcements of one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, Text, and_, cast, func, or_, select, true

from awardspider.items import PromotionItem, PromotionKind
from awardspider.search.promotion_fields import programs_matching
from awardspider.search.promotion_states import (
    MAX_AGE_OF_FARE,
    MAX_AGE_WITHOUT_END,
    PromotionState,
    day_start,
    promotion_day,
)
from awardspider.storage import schema
from awardspider.storage.counts import capped_count
from awardspider.storage.cursors import decode_cursor, encode_cursor, invalid_cursor
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
_OPEN_CURSOR = "open promotions"


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionFilter:
    """Promotions of one of these kinds, about one of these programs, and from one of these banks.

    An empty field matches everything. A program matches promotions of its family, and a family those of its members.
    """

    kinds: Sequence[PromotionKind] = ()
    programs: Sequence[str] = ()
    banks: Sequence[str] = ()

    def matches(self, item: PromotionItem) -> bool:
        """Return whether a promotion is in the list; `condition` is the same in the database."""
        keys = programs_matching(frozenset(self.programs))
        return (
            (not self.kinds or item.kind in self.kinds)
            and (not self.programs or not keys.isdisjoint(item.programs))
            and (not self.banks or not {*self.banks}.isdisjoint(item.banks))
        )

    def condition(self) -> ColumnElement[bool]:
        """Return the condition that a promotion is in the list."""
        conditions: list[ColumnElement[bool]] = [true()]
        if self.kinds:
            conditions.append(_promotions.kind.in_([kind.value for kind in self.kinds]))
        if self.programs:
            conditions.append(_has_any(_promotions.programs, programs_matching(frozenset(self.programs))))
        if self.banks:
            conditions.append(_has_any(_promotions.banks, self.banks))
        return and_(*conditions)


def _has_any(column: Column[Any], keys: Iterable[str]) -> ColumnElement[bool]:
    """Return the condition that a list of keys contains one of these. Within JSON, only a key of a list has quotes."""
    listed = cast(column, Text)
    return or_(*(listed.contains(f'"{key}"', autoescape=True) for key in sorted(keys)))


ALL_PROMOTIONS = PromotionFilter()


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionPage:
    """A page of promotions; `next_cursor` is None on the last one. `count` is that of all pages, if it is counted."""

    promotions: list[PromotionRow]
    next_cursor: str | None
    count: int | None = None


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


def open_promotion_page(
    store: Store,
    now: datetime,
    *,
    criteria: PromotionFilter = ALL_PROMOTIONS,
    cursor: str | None = None,
    size: int = 50,
) -> PromotionPage:
    """Return a page of the promotions that have not ended at a time, the most useful ones first, and their number.

    The pages have the order at the time of the first one, so that none repeats. Raises InvalidArgument for a cursor of
    another list.
    """
    ordered_at, last = now, None
    if cursor:
        at, *position = decode_cursor(cursor, _OPEN_CURSOR, (str, int, int, float, str))
        ordered_at, last = _time(at), tuple(position)
    found = [row for row in open_promotions(store, now) if criteria.matches(row.item)]
    positions = {row.id: _position(row, ordered_at) for row in found}
    following = [row for row in found if last is None or positions[row.id] > last]
    following.sort(key=lambda row: positions[row.id])
    shown = following[:size]
    is_last = len(following) <= size
    next_cursor = None if is_last else encode_cursor(_OPEN_CURSOR, (ordered_at.isoformat(), *positions[shown[-1].id]))
    return PromotionPage(promotions=shown, next_cursor=next_cursor, count=len(found))


def _position(row: PromotionRow, now: datetime) -> tuple[int, int, float, str]:
    """Return the position of a promotion in the list of open ones: by its rank, the newest first."""
    newest = row.item.published or row.first_seen_at
    return *listing_rank(row, now), -newest.timestamp(), row.id


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise invalid_cursor() from None
    if time.tzinfo is None:
        raise invalid_cursor()
    return time


def ended_promotions(
    store: Store,
    now: datetime,
    *,
    criteria: PromotionFilter = ALL_PROMOTIONS,
    cursor: str | None = None,
    size: int = 50,
) -> PromotionPage:
    """Return a page of the promotions that have ended at a time, the last announced ones first.

    Raises InvalidArgument for a cursor of another list.
    """
    query = _ended_query(now, criteria)
    if cursor:
        announced_at, promotion_id = decode_cursor(cursor, _CURSOR, (str, str))
        at = _time(announced_at)
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


def count_ended(store: Store, now: datetime, *, criteria: PromotionFilter = ALL_PROMOTIONS) -> tuple[int, bool]:
    """Return the number of promotions that have ended, and True if there are more than that."""
    with store.reading() as connection:
        return capped_count(connection, _ended_query(now, criteria).with_only_columns(_promotions.id))


def _ended_query(now: datetime, criteria: PromotionFilter) -> Select[*tuple[Any, ...]]:
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
    has_ended = or_(_promotions.ended_at <= now, _promotions.book_by < promotion_day(now), no_end)
    return select(schema.promotions).where(has_ended, criteria.condition())


def promotions_between(
    store: Store, kinds: Sequence[PromotionKind], programs: Collection[str], first: date, last: date
) -> list[PromotionRow]:
    """Return the promotions of some kinds and programs that may have been active on a day of a range, by id."""
    query = select(_promotions.id, _promotions.programs).where(
        _promotions.kind.in_([kind.value for kind in kinds]),
        _promotions.last_seen_at >= day_start(first),
        or_(_promotions.book_by.is_(None), _promotions.book_by >= first),
        or_(_promotions.book_from.is_(None), _promotions.book_from <= last),
    )
    with store.reading() as connection:
        ids = [row.id for row in connection.execute(query) if not set(programs).isdisjoint(row.programs)]
    return promotion_rows(store, select(schema.promotions).where(_promotions.id.in_(ids)).order_by(_promotions.id))


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
