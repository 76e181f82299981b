"""Promotions stored from announcements, without a crawl."""

from __future__ import annotations

from awardspider.items import PromotionItem, SourceKind
from awardspider.storage.announcements import AnnouncementSource, record
from awardspider.storage.store import Store


def store_announcements(store: Store, *items: PromotionItem) -> None:
    """Store announcements, each of a feed of its publisher, and their promotions."""
    with store.writing() as connection:
        for item in items:
            record(connection, item, AnnouncementSource(key="", kind=SourceKind.FEED, publisher=item.source))
