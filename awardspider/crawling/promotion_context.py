"""Stored data that a crawl of promotions needs before its first request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from awardspider.items import SourceKind

#: The shortest time between two requests for one source.
MIN_INTERVAL = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionSource:
    """An active source of announcements and its stored state.

    `selector` is the CSS selector of the part of a page that is compared. `etag`, `last_modified` and `previous_text`
    are those of the last SourceReportItem that had one. No request is sent until `paused_until`. `is_first` is True if
    the source was never read successfully: its announcements are then stored, and nobody is notified of them.
    """

    url: str
    kind: SourceKind
    name: str
    language: str = "en"
    selector: str | None = None
    terms_forbid: bool = False
    etag: str | None = None
    last_modified: str | None = None
    previous_text: str | None = None
    requested_at: datetime | None = None
    paused_until: datetime | None = None
    is_first: bool = True

    def is_due(self, now: datetime) -> bool:
        """Return whether the source can be requested: not within MIN_INTERVAL of the last request, nor in a pause."""
        if self.paused_until and self.paused_until > now:
            return False
        return self.requested_at is None or not timedelta(0) <= now - self.requested_at < MIN_INTERVAL


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionContext:
    """Data from storage, read before the first request: all active sources of the spider, whether due or not."""

    sources: tuple[PromotionSource, ...] = ()

    def source(self, url: str) -> PromotionSource:
        """Return a source of the spider by its URL. Raise KeyError."""
        for source in self.sources:
            if source.url == url:
                return source
        raise KeyError(url)

    def due(self, now: datetime) -> tuple[PromotionSource, ...]:
        """Return the sources that can be requested now."""
        return tuple(source for source in self.sources if source.is_due(now))
