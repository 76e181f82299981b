"""What a spider is told before it starts: the watches, what was asked before, and how much it may ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from awardspider.items import SearchKind
from awardspider.search.monitored import Monitored
from awardspider.search.watches import Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlContext:
    """Everything that storage knows and a spider needs.

    `last_looks` maps (kind, origin, destination, first day, party, cabins) to the time of the last look that was tried;
    `allowance` is how many requests the budget still holds, None for no limit; until `paused_until` the program
    must not be asked. `calls_left` is what the program itself still allows, and until when that counts. Of a source
    of many programs, `monitored` is what it scans of the wanted routes, and `last_bulk_looks` the time of the last look
    for each (program, region, region, first day).
    """

    watches: tuple[Watch, ...] = ()
    last_searches: Mapping[tuple[SearchKind, str, str, date, int, str], datetime] = field(default_factory=dict)
    allowance: int | None = None
    paused_until: datetime | None = None
    calls_left: tuple[int, datetime] | None = None
    monitored: Monitored = field(default_factory=Monitored)
    last_bulk_searches: Mapping[tuple[str, str, str, date], datetime] = field(default_factory=dict)
