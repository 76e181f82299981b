"""The outbox row of a digest, composed from the rows of single offers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from math import inf
from typing import Any

from awardspider.delivery.messages import events
from awardspider.items import EventType
from awardspider.search.notify_prefs import DIGEST_SIZE
from awardspider.storage.outbox import OutboxRow


def digest_row(channel: str, rows: Sequence[Mapping[str, Any]], now: datetime) -> OutboxRow:
    """Return the row of a digest that shows the best offers in `rows` and counts the others."""
    bodies = [row["body"] for row in rows]
    size = max((row["notify_prefs"] or {}).get("digest_size") or DIGEST_SIZE for row in rows)
    key = f"{channel}:digest:{now:%Y%m%dT%H%M%S}:{rows[0]['id']}"
    watches = dict.fromkeys(name for body in bodies for name in (body.get("watches") or "").split("; ") if name)
    shown = _best_first(bodies)[:size]
    body = {
        "type": EventType.DIGEST.value,
        "schema_version": events.SCHEMA_VERSION,
        "id": key,
        "created_at": now.isoformat(),
        "watches": "; ".join(watches),
        "offers": shown,
        "more": len(bodies) - len(shown),
    }
    timezone = next((zone for row in rows if (zone := (row["notify_prefs"] or {}).get("timezone"))), None)
    return OutboxRow(
        key=key,
        channel=channel,
        event_type=EventType.DIGEST,
        subject="digest",
        body=body,
        created_at=now,
        notify_prefs={"timezone": timezone} if timezone else None,
    )


def _best_first(bodies: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sort offers: the cheapest for each watch, route and cabin, then the second cheapest for each, and so on."""
    by_miles = sorted(bodies, key=lambda body: inf if body["miles"] is None else body["miles"])
    counts: Counter[tuple[str, ...]] = Counter()
    ranked = []
    for order, body in enumerate(by_miles):
        group = (body["watches"], body["origin"], body["destination"], body["cabin"])
        ranked.append((counts[group], order, body))
        counts[group] += 1
    return [body for _, _, body in sorted(ranked, key=lambda entry: entry[:2])]
