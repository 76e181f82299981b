"""Messages that an edit of their watch makes wrong: it no longer includes the offer or notifies the channel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping

from awardspider.items import EventType
from awardspider.search.matching import MatchResult, match
from awardspider.search.promotion_watches import PromotionWatch, match_promotion
from awardspider.search.watches import Watch
from awardspider.storage.claims import ClaimedRow
from awardspider.storage.due_promotions import promotions_of_rows
from awardspider.storage.offers import offer_from_row
from awardspider.storage.promotion_watches import promotion_watches_by_id
from awardspider.storage.promotions import stored_item
from awardspider.storage.watches import watches_changed_since

EDITED = "its watch was edited and does not include the offer"
UNMATCHED = "its watch does not include the promotion"
CHANNEL_REMOVED = "its watch no longer notifies this channel"


def find_edited(
    connection: Connection, rows: Sequence[ClaimedRow], offers: Mapping[str, RowMapping], now: datetime
) -> dict[int, str]:
    """Return the reasons, keyed by row id, why rows about matches are not sent after their watch was edited.

    A row that was written after its watch was changed is not compared again. `offers` are the stored offers, by id.
    """
    written: dict[str, datetime] = {}
    for row in rows:
        if row.watch_key:
            written[row.watch_key] = min(row.created_at, written.get(row.watch_key, row.created_at))
    changed = watches_changed_since(connection, written, now)
    found: dict[int, str] = {}
    for row in rows:
        stored = changed.get(row.watch_key or "")
        if stored is None or stored.changed_at < row.created_at:
            continue
        if not _notifies(stored.watch, row.channel):
            found[row.id] = CHANNEL_REMOVED
        elif offer := offers.get(row.subject):
            compared = match(stored.watch, offer_from_row(offer), now=now)
            if compared.result is MatchResult.NO_MATCH:
                found[row.id] = f"{EDITED}: {compared.text}"
    return found


def find_unmatched_promotions(connection: Connection, rows: Iterable[ClaimedRow], now: datetime) -> dict[int, str]:
    """Return the reasons, keyed by row id, why rows about promotions are not sent: their watch does not match it.

    It was edited, or a later announcement says that the promotion is targeted, for example. The built-in watch, which
    is not stored, is not compared again.
    """
    about_promotions = [row for row in rows if row.event_type is EventType.PROMOTION and row.watch_key]
    if not about_promotions:
        return {}
    watches = promotion_watches_by_id(connection, {row.watch_key or "" for row in about_promotions}, now)
    stored = promotions_of_rows(connection, [row for row in about_promotions if row.watch_key in watches])
    found: dict[int, str] = {}
    for row in about_promotions:
        if (entry := watches.get(row.watch_key or "")) is None:
            continue
        if not _notifies(entry.watch, row.channel):
            found[row.id] = CHANNEL_REMOVED
        elif row.subject in stored:
            misses = match_promotion(entry.watch, stored_item(stored[row.subject]))
            if misses:
                found[row.id] = f"{UNMATCHED}: {', '.join(misses)}"
    return found


def _notifies(watch: Watch | PromotionWatch, channel: str) -> bool:
    """Return whether a watch notifies a channel; a watch that names no channels notifies all."""
    channels = watch.notify.channels if watch.notify else ()
    return not channels or any(name == channel for name, _ in channels)
