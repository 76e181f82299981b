"""Announcements that wait for the report of their source, so that both are stored in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

from awardspider.items import PromotionItem
from awardspider.search.promotion_identity import entry_key, title_digits
from awardspider.search.promotion_watches import PromotionWatch
from awardspider.storage.announcements import ComparedAnnouncement
from awardspider.storage.source_results import Announcement


@dataclass(slots=True, kw_only=True)
class PendingAnnouncement:
    """An announcement in the pipelines, and the watches that it matches."""

    stored: Announcement
    compared: ComparedAnnouncement
    watches: tuple[PromotionWatch, ...] = ()


class PendingAnnouncements:
    """The pending announcements of a crawl, by source."""

    def __init__(self) -> None:
        self._by_source: dict[str, dict[str, PendingAnnouncement]] = {}

    def set_key(self, item: PromotionItem) -> bool:
        """Set the key of an announcement, and return False if the response has the same announcement already.

        Some feeds have one id for several entries: those after the first have the title in their key.
        """
        pending = self._by_source.get(item.source_url, {})
        key = entry_key(item)
        if key in pending and pending[key].stored.item.title != item.title:
            key = f"{key}#{title_digits(item.title)}"
        item.entry_id = key
        return key not in pending

    def add(self, item: PromotionItem, pending: PendingAnnouncement) -> None:
        """Add an announcement whose key is set."""
        self._by_source.setdefault(item.source_url, {})[item.entry_id] = pending

    def __getitem__(self, item: PromotionItem) -> PendingAnnouncement:
        """Return a pending announcement. Raise KeyError if it is not pending."""
        return self._by_source[item.source_url][item.entry_id]

    def take(self, source_url: str) -> list[Announcement]:
        """Return the announcements of a source, which are then no longer pending."""
        return [pending.stored for pending in self._by_source.pop(source_url, {}).values()]


_pending: WeakKeyDictionary[object, PendingAnnouncements] = WeakKeyDictionary()


def pending_announcements(crawler: object) -> PendingAnnouncements:
    """Return the pending announcements of a crawl."""
    return _pending.setdefault(crawler, PendingAnnouncements())
