"""State of one search while its requests and responses are in flight."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from scrapy import Request

from awardspider.items import AwardOfferItem, MonitoredRoutes, Search, SearchReportItem
from awardspider.search.rechecks import ShownDays

SpiderItem: TypeAlias = AwardOfferItem | MonitoredRoutes | SearchReportItem
SpiderOutput: TypeAlias = SpiderItem | Request

MAX_REQUESTS_PER_SEARCH = 60  # a search with more than this is in a loop

RECORD_SEPARATOR = b"\x1e"  # precedes each text of a JSON text sequence (RFC 7464)


@dataclass(slots=True)
class SearchState:
    """One search of a run, from plan to report.

    `started` is a reading of the monotonic clock. The counters cover all pages of the search.
    """

    #: The search as planned.
    search: Search
    #: The search, narrowed to the days that its responses covered.
    covered: Search
    requested_at: datetime | None = None
    started: float = 0.0
    requests: int = 0
    pages: int = 0
    offers: int = 0
    #: Number of routes in the route lists that the search returned.
    routes: int = 0
    #: Number of warnings that dropped an offer, and of missing pages. Unless it is 0, the search is incomplete: offers
    #: that it did not return may still exist.
    dropped_offers: int = 0
    #: Offers without flights; the flights on their days may be searched next.
    day_offers: list[AwardOfferItem] = field(default_factory=list)
    #: Days and prices that the responses of a calendar or bulk search show.
    shown: ShownDays = field(default_factory=ShownDays)
    #: Ids of the stored itineraries that these days contradict, and of those that they prove not to exist.
    contradicted: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    #: Searches of flights that recheck stored itineraries.
    rechecks: list[Search] = field(default_factory=list)
    #: Rechecks are sent before other requests.
    is_recheck: bool = False
    #: Bodies that are parsed together with the next response.
    kept_bodies: list[bytes] = field(default_factory=list)
    auth_renewed: bool = False

    def join_bodies(self, body: bytes) -> bytes:
        """Join the kept bodies and this one into a JSON text sequence; if none was kept, return this one unchanged."""
        if not self.kept_bodies:
            return body
        return b"".join(RECORD_SEPARATOR + part + b"\n" for part in (*self.kept_bodies, body))
