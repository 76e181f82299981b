"""The rows of the list of watches: what each watches, whether its searches work, what it costs and what it sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from awardspider.panel.configuration import PanelConfig
from awardspider.panel.watches.fields import AnyWatch
from awardspider.panel.watches.saving import StoredEither, read_all
from awardspider.panel.watches.searching import SearchCost, SearchHealth, WatchCosts
from awardspider.search.promotion_watches import match_promotion
from awardspider.search.watches import Watch
from awardspider.storage.promotion_check import current_promotions
from awardspider.storage.promotion_watches import StoredPromotionWatch
from awardspider.storage.watch_activity import WatchActivity, watch_activity
from awardspider.storage.watches import StoredWatch, WatchEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchRow:
    """A watch of the list. `watch` is None, and `error` says why, if its stored definition is unreadable.

    `state` is `active`, `paused`, `expired` or `invalid`; `cost` and `health` are those of watches for awards.
    """

    entry: WatchEntry
    state: str
    watch: AnyWatch | None = None
    owner_name: str = ""
    error: str = ""
    activity: WatchActivity
    cost: SearchCost | None = None
    health: SearchHealth | None = None


def watch_rows(config: PanelConfig, entries: Sequence[WatchEntry], now: datetime) -> list[WatchRow]:
    """Return the rows of watches, in their order. Those that were removed since are left out."""
    found = read_all(config.store, entries, now)
    activities = watch_activity(config.store, found, now=now, max_age=config.max_age)
    _count_promotions(config, found.values(), activities, now)
    costs = WatchCosts(config, now)
    rows = []
    for entry in entries:
        stored = found.get(entry.id)
        if isinstance(stored, str):
            rows.append(WatchRow(entry=entry, state="invalid", error=stored, activity=activities[entry.id]))
        elif stored is not None:
            watch = stored.watch
            rows.append(
                WatchRow(
                    entry=entry,
                    state=watch_state(stored, now),
                    watch=watch,
                    owner_name=stored.owner.name,
                    activity=activities[entry.id],
                    cost=costs.cost(watch) if isinstance(watch, Watch) else None,
                    health=costs.health(watch) if isinstance(watch, Watch) and watch.active else None,
                )
            )
    return rows


def watch_state(stored: StoredWatch | StoredPromotionWatch, now: datetime) -> str:
    """Return `active`, `paused` or `expired`."""
    watch = stored.watch
    is_over = isinstance(watch, Watch) and watch.dates.is_over(now.date())
    return "paused" if not watch.active else "expired" if stored.is_expired or is_over else "active"


def _count_promotions(
    config: PanelConfig, stored: Iterable[StoredEither | str], activities: dict[str, WatchActivity], now: datetime
) -> None:
    watches = [each.watch for each in stored if isinstance(each, StoredPromotionWatch)]
    promotions = [row.item for row, _ in current_promotions(config.store, now)] if watches else []
    for watch in watches:
        activities[watch.id].matches = sum(not match_promotion(watch, item) for item in promotions)
