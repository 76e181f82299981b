"""State of one search while its requests and responses are in flight."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from scrapy import Request

from awardspider.items import AwardOfferItem, MonitoredRoutes, Search, SearchReportItem

SpiderOutput: TypeAlias = AwardOfferItem | MonitoredRoutes | SearchReportItem | Request

MAX_REQUESTS_PER_SEARCH = 60  # a search with more than this is in a loop

RECORD_SEPARATOR = b"\x1e"  # precedes each text of a JSON text sequence (RFC 7464)


@dataclass(slots=True)
class SearchState:
    """One search of this run, from its plan to its report.

    `started` is a reading of the monotonic clock. The counters cover all pages of the search.
    """

    #: The search as planned.
    search: Search
    #: The search, cut to the days that its responses covered.
    covered: Search
    requested_at: datetime | None = None
    started: float = 0.0
    requests: int = 0
    pages: int = 0
    offers: int = 0
    #: Routes in the route lists that the search returned.
    routes: int = 0
    #: Warnings that cost an offer. Any of them makes the search incomplete: missing offers may still exist.
    dropped_offers: int = 0
    #: Offers of days whose flights may be searched next.
    day_offers: list[AwardOfferItem] = field(default_factory=list)
    #: Bodies that are parsed together with the next response.
    kept_bodies: list[bytes] = field(default_factory=list)
    auth_renewed: bool = False

    def join_bodies(self, body: bytes) -> bytes:
        """Return the kept bodies and this one as a JSON text sequence; only this one if none was kept."""
        if not self.kept_bodies:
            return body
        return b"".join(RECORD_SEPARATOR + part + b"\n" for part in (*self.kept_bodies, body))
