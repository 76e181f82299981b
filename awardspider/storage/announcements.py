"""Announcements: comparison of each with the stored ones, and with the promotion that it is about.

docs/promotions.md explains the rules. The functions run in the transaction that stores a source's announcements, so
that two crawls at once make one promotion of two announcements.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, RowMapping, case, exists, func, insert, or_, select, update

from awardspider.items import Confidence, PromotionItem, PromotionKind, SourceKind
from awardspider.search.promotion_identity import (
    MAX_GAP,
    KnownPromotion,
    added_details,
    announced_at,
    entry_key,
    has_same_terms,
    is_same_promotion,
    promotion_id,
)
from awardspider.search.promotion_states import PromotionState, promotion_state
from awardspider.storage import schema
from awardspider.storage.engines import dialect_insert
from awardspider.storage.fitting import fitting_rows
from awardspider.storage.promotions import source_names, stored_item

#: A date changes by less while a post is scheduled or corrected.
_SMALL_CHANGE = timedelta(days=1)

_announcements = schema.announcements.c
_promotions = schema.promotions.c
_sources = schema.promotion_sources.c


class Change(StrEnum):
    """Effects of an announcement."""

    NEW = "new"  # a promotion that is not stored
    REPEATED = "repeated"  # a further announcement of a stored promotion
    UPDATED = "updated"  # a known announcement with another end
    ENDED = "ended"  # an announcement says that a stored promotion has ended
    SEEN = "seen"  # a known announcement
    NO_PROMOTION = "no_promotion"  # a new announcement that is no promotion, or of one that is over


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementSource:
    """The source of announcements: its key in `promotion_sources`, kind and publisher."""

    key: str
    kind: SourceKind
    publisher: str

    @property
    def is_table(self) -> bool:
        """Return whether it is a table, whose dates of transfer bonuses count."""
        return self.kind is SourceKind.TABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedAnnouncement:
    """An announcement after its comparison with the stored ones.

    `item` has the terms of the promotion: those of the announcement and of earlier ones. `announced_at` is when the
    promotion was last announced. `promotion_id` is None if the announcement is no promotion. `previous_id` is that of
    the promotion of which it was before, if it is another one. `source_names` and the confidence of `item` are set when
    the announcement was stored.
    """

    change: Change
    item: PromotionItem
    announced_at: datetime
    promotion_id: str | None = None
    ended_at: datetime | None = None
    previous_id: str | None = None
    source_names: tuple[str, ...] = ()

    @property
    def seen_at(self) -> datetime:
        """Return when the announcement was seen."""
        return self.item.seen_at

    def state(self, now: datetime) -> PromotionState:
        """Return the state of the promotion."""
        return promotion_state(self.item, announced_at=self.announced_at, ended_at=self.ended_at, now=now)


def compare(connection: Connection, item: PromotionItem, source: AnnouncementSource) -> ComparedAnnouncement:
    """Return what an announcement changes; this writes nothing."""
    row = _stored_announcement(connection, item, source)
    known = None
    if row is not None:
        known = _known_promotion(connection, row["promotion_id"]) if row["promotion_id"] else None
        is_reused = _is_reused(row, known, item)
        if _is_unchanged(row, item) and not is_reused:
            return _compared(Change.SEEN, known, item)
        if known is not None and not is_reused:
            changed = _compare_edited(connection, known, row, item, source)
            if changed is not None:
                return changed
    compared = _compare_new(connection, item, source)
    if known is not None and compared.promotion_id != known.id:
        return replace(compared, previous_id=known.id)
    return compared


def record(connection: Connection, item: PromotionItem, source: AnnouncementSource) -> ComparedAnnouncement:
    """Store an announcement and what it changes."""
    compared = compare(connection, item, source)
    _write_announcement(connection, item, source, compared)
    if compared.promotion_id is None:
        return compared
    if compared.change is Change.NEW:
        _insert_promotion(connection, compared)
    else:
        _update_promotion(connection, item, source, compared)
    if compared.previous_id:
        _end_without_announcements(connection, compared.previous_id, item.seen_at)
    names = source_names(connection, [compared.promotion_id])[compared.promotion_id]
    confidence = _confidence(connection, compared, item)
    return replace(compared, item=replace(compared.item, confidence=confidence), source_names=tuple(names))


# ---- comparison ----------------------------------------------------------------------------------------------------


def _is_unchanged(row: RowMapping, item: PromotionItem) -> bool:
    same_end = item.book_by is None or item.book_by == row["book_by"]
    return same_end and (row["title"], row["expired"]) == (item.title, item.expired)


def _is_reused(row: RowMapping, known: KnownPromotion | None, item: PromotionItem) -> bool:
    """Return whether a publisher uses a known announcement again: it has a later date, and its promotion was over.

    Some blogs have one post for each program, and give it a new title and date for each sale.
    """
    if item.published is None or row["published"] is None or item.expired or not item.kind.is_promotion:
        return False
    if item.published - row["published"] <= _SMALL_CHANGE:
        return False
    if known is None:
        return True
    before = _compared(Change.SEEN, known, replace(item, published=None))
    return before.state(item.published) is PromotionState.ENDED


def _compare_edited(
    connection: Connection, known: KnownPromotion, row: RowMapping, item: PromotionItem, source: AnnouncementSource
) -> ComparedAnnouncement | None:
    """Return what a known announcement with another title or end changes; None if it counts as a new one."""
    if item.expired:
        return _compared(Change.SEEN if known.ended_at else Change.ENDED, known, item)
    if not item.kind.is_promotion:
        return _compared(Change.SEEN, known, item)
    if not has_same_terms(known.item, item):
        return None
    is_resumed = bool(row["expired"]) and known.ended_at is not None
    if item.book_by is None or item.book_by == known.item.book_by:
        compared = _compared(Change.UPDATED if is_resumed else Change.SEEN, known, item)
        return replace(compared, ended_at=None) if is_resumed else compared
    if known.has_table and item.kind is PromotionKind.TRANSFER_BONUS and not source.is_table:
        return _compared(Change.SEEN, known, item)  # the dates of the table count
    if not (_created(known, item) or source.is_table or _number_of_sources(connection, known.id) == 1):
        return None
    for other in _candidates(connection, item):
        if other.id != known.id and other.item.book_by == item.book_by and has_same_terms(other.item, item):
            return None
    merged = added_details(known.item, item, is_authoritative=True)
    updated = _compared(Change.UPDATED, replace(known, item=merged), item)
    return replace(updated, ended_at=None) if is_resumed else updated


def _compare_new(connection: Connection, item: PromotionItem, source: AnnouncementSource) -> ComparedAnnouncement:
    """Return what an announcement changes that is not known."""
    if not item.kind.is_promotion:
        return _compared(Change.NO_PROMOTION, None, item)
    same = [each for each in _candidates(connection, item) if is_same_promotion(each, item, is_table=source.is_table)]
    if same:
        best = max(same, key=lambda each: (_has_end(each, item), each.ended_at is None, each.announced_at, each.id))
        is_authoritative = source.is_table and item.kind is PromotionKind.TRANSFER_BONUS
        merged = replace(best, item=added_details(best.item, item, is_authoritative=is_authoritative))
        return _compared(Change.ENDED if item.expired and not best.ended_at else Change.REPEATED, merged, item)
    found = _compared(Change.NEW, None, item)
    if found.state(item.seen_at) is PromotionState.ENDED:
        return replace(found, change=Change.NO_PROMOTION)
    number, new_id = 0, promotion_id(item)
    while connection.execute(select(_promotions.id).where(_promotions.id == new_id)).first():
        number += 1
        new_id = promotion_id(item, salt=f"{announced_at(item):%Y-%m-%d} {number}")
    return replace(found, promotion_id=new_id)


def _has_end(known: KnownPromotion, item: PromotionItem) -> bool:
    return item.book_by is not None and known.item.book_by == item.book_by


def _compared(change: Change, known: KnownPromotion | None, item: PromotionItem) -> ComparedAnnouncement:
    at = announced_at(item)
    if known is None:
        return ComparedAnnouncement(change=change, item=item, announced_at=at)
    # An entry of a feed is not announced again whenever it is read.
    is_announced = change is Change.REPEATED or item.published is not None
    return ComparedAnnouncement(
        change=change,
        item=replace(known.item, seen_at=item.seen_at),
        announced_at=max(at, known.announced_at) if is_announced else known.announced_at,
        promotion_id=known.id,
        ended_at=item.seen_at if change is Change.ENDED else known.ended_at,
    )


def _created(known: KnownPromotion, item: PromotionItem) -> bool:
    """Return whether an announcement created a promotion."""
    return (known.item.source, known.item.entry_id) == (item.source, entry_key(item))


# ---- stored rows ---------------------------------------------------------------------------------------------------


def _stored_announcement(connection: Connection, item: PromotionItem, source: AnnouncementSource) -> RowMapping | None:
    query = select(schema.announcements).where(
        _announcements.source == source.publisher, _announcements.entry_id == entry_key(item)
    )
    return connection.execute(query).mappings().first()


def _known_promotion(connection: Connection, stored_id: str) -> KnownPromotion | None:
    query = _known_query().where(_promotions.id == stored_id)
    return next(iter(map(_known, connection.execute(query).mappings())), None)


def _candidates(connection: Connection, item: PromotionItem) -> list[KnownPromotion]:
    """Return the stored promotions of the same kind and, except lists, percent that an announcement can be of."""
    at = announced_at(item)
    is_recent = or_(_promotions.last_seen_at >= at - MAX_GAP, _promotions.book_by >= (item.book_from or at.date()))
    query = _known_query().where(_promotions.kind == item.kind.value, is_recent)
    if item.kind is not PromotionKind.PROMO_AWARD_LIST:
        query = query.where(_promotions.percent.is_not_distinct_from(item.percent))
    return list(map(_known, connection.execute(query).mappings()))


def _known_query() -> Any:
    has_table = exists().where(
        _announcements.promotion_id == _promotions.id,
        _announcements.source_url == _sources.url,
        _sources.kind == SourceKind.TABLE,
        ~_announcements.expired,
    )
    return select(schema.promotions, has_table.label("has_table")).order_by(_promotions.id)


def _known(row: RowMapping) -> KnownPromotion:
    return KnownPromotion(
        id=row["id"],
        item=stored_item(row),
        announced_at=row["announced_at"],
        ended_at=row["ended_at"],
        has_table=row["has_table"],
    )


def _confidence(connection: Connection, compared: ComparedAnnouncement, item: PromotionItem) -> Confidence:
    """Return the confidence in a promotion: two publishers verify it, or a page that a table was compared with."""
    is_verified = Confidence.VERIFIED in (compared.item.confidence, item.confidence)
    if is_verified or _number_of_sources(connection, str(compared.promotion_id)) > 1:
        return Confidence.VERIFIED
    return Confidence.LIKELY


def _number_of_sources(connection: Connection, stored_id: str) -> int:
    query = select(func.count(_announcements.source.distinct())).where(_announcements.promotion_id == stored_id)
    return connection.scalar(query) or 0


# ---- writing -------------------------------------------------------------------------------------------------------


def _write_announcement(
    connection: Connection, item: PromotionItem, source: AnnouncementSource, compared: ComparedAnnouncement
) -> None:
    values = {
        "source": source.publisher,
        "entry_id": entry_key(item),
        "promotion_id": compared.promotion_id,
        "source_url": source.key,
        "kind": item.kind.value,
        "title": item.title,
        "link": item.link,
        "published": item.published,
        "book_by": item.book_by,
        "expired": item.expired,
        "first_seen_at": item.seen_at,
        "last_seen_at": item.seen_at,
    }
    statement = dialect_insert(connection.dialect, schema.announcements)
    kept = {"source", "entry_id", "first_seen_at"} | ({"book_by"} if item.book_by is None else set())
    changes = {name: statement.excluded[name] for name in values if name not in kept}
    keys = [_announcements.source, _announcements.entry_id]
    for fitting in fitting_rows(schema.announcements, [values]):
        connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changes), fitting)


def _insert_promotion(connection: Connection, compared: ComparedAnnouncement) -> None:
    item = compared.item
    values = _terms(item) | {
        "id": compared.promotion_id,
        "entry_id": entry_key(item),
        "confidence": (compared.item.confidence or Confidence.LIKELY).value,
        "announced_at": announced_at(item),
        "ended_at": None,
        "first_seen_at": item.seen_at,
        "last_seen_at": item.seen_at,
    }
    for fitting in fitting_rows(schema.promotions, [values]):
        connection.execute(insert(schema.promotions), fitting)


def _update_promotion(
    connection: Connection, item: PromotionItem, source: AnnouncementSource, compared: ComparedAnnouncement
) -> None:
    at = item.seen_at if source.is_table and not item.expired else compared.announced_at
    values: dict[str, Any] = {
        "last_seen_at": _later(_promotions.last_seen_at, item.seen_at),
        "announced_at": _later(_promotions.announced_at, at),
        "ended_at": compared.ended_at,
        "confidence": _confidence(connection, compared, item).value,
    }
    if compared.change is not Change.SEEN:
        values |= next(iter(fitting_rows(schema.promotions, [_terms(compared.item)])), {})
    connection.execute(update(schema.promotions).where(_promotions.id == compared.promotion_id).values(**values))


def _end_without_announcements(connection: Connection, stored_id: str, at: datetime) -> None:
    """End a promotion whose only announcement was edited into one of another promotion."""
    is_announced = exists().where(_announcements.promotion_id == stored_id)
    statement = update(schema.promotions).where(_promotions.id == stored_id, _promotions.ended_at.is_(None))
    connection.execute(statement.where(~is_announced).values(ended_at=at))


def _later(column: Any, at: datetime) -> Any:
    return case((column > at, column), else_=at)


def _terms(item: PromotionItem) -> dict[str, Any]:
    """Return the column values that describe a promotion."""
    return {name: getattr(item, name) for name in _TERMS}


_TERMS = tuple(
    field.name
    for field in fields(PromotionItem)
    if field.name not in {"seen_at", "expired", "entry_id", "confidence", "source_url"}
)
