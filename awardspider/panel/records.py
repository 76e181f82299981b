"""Days of a calendar and watches as records, for the API and for assistants."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from awardspider.delivery.messages.language import Language
from awardspider.delivery.messages.offer_records import described_offer
from awardspider.panel.configuration import PanelConfig
from awardspider.panel.watches.fields import AnyWatch
from awardspider.panel.watches.preview import PromotionPreview, preview_watch
from awardspider.panel.watches.saving import StoredEither, read_all
from awardspider.storage.calendar_days import CalendarCell, DayPrice
from awardspider.storage.records import promotion_record
from awardspider.storage.store import Store
from awardspider.storage.watches import WatchEntry

_MOST_MATCHES = 50


def calendar_record(cell: CalendarCell) -> dict[str, Any]:
    """Return what is known of a day in a cabin."""
    failure = cell.failure
    return {
        "status": cell.status.value,
        "price": _price(cell.price),
        "old_price": _price(cell.stale),
        "searched_at": cell.searched_at,
        "failure": failure
        and {"program": failure.program, "reason": failure.reason, "requested_at": failure.requested_at},
    }


def _price(price: DayPrice | None) -> dict[str, Any] | None:
    if price is None:
        return None
    return {
        "miles": price.miles,
        "program": price.program,
        "source": price.source,
        "origin": price.origin,
        "destination": price.destination,
        "offer_id": price.offer_id,
        "is_confirmed": price.is_confirmed,
        "seen_at": price.seen_at,
    }


def watch_record(entry: WatchEntry, stored: StoredEither | str) -> dict[str, Any]:
    """Return a watch with its definition, or with the reason why that is unreadable."""
    names = {"id": entry.id, "kind": entry.kind, "name": entry.name, "active": entry.active, "owner": entry.owner_id}
    if isinstance(stored, str):
        return names | {"error": stored}
    return names | {"definition": stored.watch.to_definition()}


def watch_records(store: Store, entries: Sequence[WatchEntry], now: datetime) -> list[dict[str, Any]]:
    """Return the records of watches, in their order; those that were removed since are left out."""
    found = read_all(store, entries, now)
    return [watch_record(entry, found[entry.id]) for entry in entries if entry.id in found]


def preview_record(config: PanelConfig, watch: AnyWatch, now: datetime, language: Language) -> dict[str, Any]:
    """Return what a watch finds now: matches, and near misses with their reasons."""
    found = preview_watch(config, watch, now)
    if isinstance(found, PromotionPreview):
        return {
            "matches": [promotion_record(each.row, now) for each in found.matches],
            "misses": [promotion_record(each.row, now) for each in found.misses],
        }
    return {
        "matches": [
            described_offer(each.offer, now, config.max_age, language) for each in found.found.matches[:_MOST_MATCHES]
        ],
        "misses": [
            described_offer(each.offer, now, config.max_age, language)
            | {"reasons": [reason.text for reason in each.found.reasons]}
            for each in found.found.misses[:_MOST_MATCHES]
        ],
        "match_count": len(found.found.matches),
        "requests_per_day": found.plan.cost.total if found.plan.cost else None,
    }
