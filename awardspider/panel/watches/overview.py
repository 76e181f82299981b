"""The rows of the list of watches: what each watches, whether its searches work, what it costs and what it sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from awardspider.panel.configuration import PanelConfig
from awardspider.panel.watches.fields import AnyWatch
from awardspider.panel.watches.searching import SearchCost, SearchHealth, WatchCosts
from awardspider.search.promotion_watches import match_promotion
from awardspider.search.watches import Watch
from awardspider.storage.promotion_check import current_promotions
from awardspider.storage.promotion_watches import StoredPromotionWatch, read_promotion_watches
from awardspider.storage.watch_activity import WatchActivity, watch_activity
from awardspider.storage.watches import StoredWatch, WatchEntry, WatchKind, read_watches


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
    store, ids = config.store, [entry.id for entry in entries]
    awards = read_watches(store, now=now, ids=ids)
    promotions = read_promotion_watches(store, now=now, ids=ids)
    stored: dict[str, StoredWatch | StoredPromotionWatch] = {each.watch.id: each for each in awards.readable}
    stored |= {each.watch.id: each for each in promotions.readable}
    unreadable = {entry.id: entry.error for entry in (*awards.unreadable, *promotions.unreadable)}
    activities = watch_activity(store, ids, now=now, max_age=config.max_age)
    if promotions.readable:
        _count_promotions(config, promotions.readable, activities, now)
    costs = WatchCosts(config, now)
    rows = []
    for entry in entries:
        activity = activities[entry.id]
        if each := stored.get(entry.id):
            watch = each.watch
            rows.append(
                WatchRow(
                    entry=entry,
                    state=watch_state(each, now),
                    watch=watch,
                    owner_name=each.owner.name,
                    activity=activity,
                    cost=costs.cost(watch) if isinstance(watch, Watch) else None,
                    health=costs.health(watch) if isinstance(watch, Watch) and watch.active else None,
                )
            )
        elif entry.id in unreadable:
            rows.append(WatchRow(entry=entry, state="invalid", error=unreadable[entry.id], activity=activity))
    return rows


def watch_state(stored: StoredWatch | StoredPromotionWatch, now: datetime) -> str:
    """Return `active`, `paused` or `expired`."""
    watch = stored.watch
    is_over = isinstance(watch, Watch) and watch.dates.is_over(now.date())
    return "paused" if not watch.active else "expired" if stored.is_expired or is_over else "active"


def _count_promotions(
    config: PanelConfig,
    watches: Sequence[StoredPromotionWatch],
    activities: dict[str, WatchActivity],
    now: datetime,
) -> None:
    promotions = [row.item for row, _ in current_promotions(config.store, now)]
    for each in watches:
        activities[each.watch.id].matches = sum(not match_promotion(each.watch, item) for item in promotions)


def is_promotion(entry: WatchEntry) -> bool:
    """Return whether a watch is for promotions."""
    return entry.kind is WatchKind.PROMOTION
