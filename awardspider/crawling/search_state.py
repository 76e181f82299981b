"""One search of a run on its way: what was asked for it and what has come back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from scrapy import Request

from awardspider.items import AwardOfferItem, MonitoredRoutes, Search, SearchReportItem

Yielded: TypeAlias = AwardOfferItem | MonitoredRoutes | SearchReportItem | Request

# A look of more requests than this has lost its way.
REQUESTS_AT_MOST = 60

RECORD_SEPARATOR = b"\x1e"  # ahead of each text of a JSON text sequence (RFC 7464)


@dataclass(slots=True)
class SearchState:
    """One search of this run.

    `covered` is the search cut to the days that the answers spoke for; `offers`, `routes` (that a source says it scans)
    and `lost` count over all its pages;
    `days` are offers whose flights may be asked for next, `parts` bodies that belong to the next answer.
    """

    search: Search
    covered: Search
    requested_at: datetime | None = None
    started: float = 0.0
    requests: int = 0
    pages: int = 0
    offers: int = 0
    routes: int = 0
    lost: int = 0
    days: list[AwardOfferItem] = field(default_factory=list)
    parts: list[bytes] = field(default_factory=list)
    auth_renewed: bool = False

    def joined(self, body: bytes) -> bytes:
        """The body with those that belong to it, as a JSON text sequence; alone where there are none."""
        if not self.parts:
            return body
        return b"".join(RECORD_SEPARATOR + part + b"\n" for part in (*self.parts, body))


def lookup(request: Request, accepts: Collection[int] = (), keep: bool = False) -> Request:
    """A step on the way whose answer is not read itself: the spider's `follow` makes the next request of it.

    `accepts` are statuses other than 200 that are an answer too. With `keep` its body is read together with the next.
    """
    request.meta.update(lookup=True, accepts=tuple(accepts), keep=keep)
    return request
