"""Messages for several watches, and digests: one body from the rows of several watches or offers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from math import inf
from typing import Any

from awardspider.delivery.messages import events
from awardspider.items import EventType
from awardspider.search.notify_prefs import DIGEST_SIZE
from awardspider.storage.claims import ClaimedRow, group_rows
from awardspider.storage.outbox import OutboxRow


def combined_body(rows: Sequence[ClaimedRow], key: str) -> dict[str, Any]:
    """Return the body of the message for the rows of several watches about one fare at one price.

    It is about the largest party, whose price is also the price for fewer travelers. It reports a price drop only if
    all the watches were notified of a higher price, and then the smallest drop. If it is part of a round trip for any
    of the watches, it says so. Rows about gone offers are only combined with each other.
    """
    shown = max(rows, key=lambda row: (row.body.get("travelers", 1), row.id))
    body = {
        **shown.body,
        "id": key,
        **_all_watches(row.body for row in rows),
        **_trip_fields([shown.body, *(row.body for row in rows)]),
    }
    if len(rows) > 1 and shown.event_type is not EventType.OFFER_GONE:
        is_drop = all(row.event_type is EventType.OFFER_DROPPED for row in rows)
        previous = [miles for row in rows if (miles := row.body.get("previous_miles")) is not None]
        body["type"] = (EventType.OFFER_DROPPED if is_drop else EventType.OFFER_MATCHED).value
        body["previous_miles"] = min(previous) if is_drop and previous else None
    return body


def digest_row(channel: str, rows: Sequence[ClaimedRow], now: datetime) -> OutboxRow:
    """Return the row of a digest that shows the best offers in `rows` and counts the others."""
    bodies = [combined_body(group, group[0].key) for group in group_rows(rows)]
    size = max((row.notify_prefs or {}).get("digest_size") or DIGEST_SIZE for row in rows)
    key = f"{channel}:digest:{now:%Y%m%dT%H%M%S}:{rows[0].id}"
    shown = _best_first(bodies)[:size]
    body = {
        "type": EventType.DIGEST.value,
        "schema_version": events.SCHEMA_VERSION,
        "id": key,
        "created_at": now.isoformat(),
        **_all_watches(bodies),
        "offers": shown,
        "more": len(bodies) - len(shown),
    }
    timezone = next((zone for row in rows if (zone := (row.notify_prefs or {}).get("timezone"))), None)
    return OutboxRow(
        key=key,
        channel=channel,
        event_type=EventType.DIGEST,
        subject="digest",
        body=body,
        created_at=now,
        notify_prefs={"timezone": timezone} if timezone else None,
    )


def _all_watches(bodies: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return the names and the ids of the watches of several bodies, each once."""
    found: dict[str, dict[str, None]] = {"watches": {}, "watch_ids": {}}
    for body in bodies:
        for name, values in found.items():
            values.update(dict.fromkeys(body[name]))
    return {name: list(values) for name, values in found.items()}


def _trip_fields(bodies: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the fields of the round trip in the first of these bodies that has one."""
    found = next((body for body in bodies if body.get("trip_other_offer_id")), {})
    return {field: found[field] for field in events.TRIP_FIELDS if field in found}


def _best_first(bodies: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Sort offers: the cheapest for each watch, route and cabin, then the second cheapest for each, and so on."""
    by_miles = sorted(bodies, key=lambda body: inf if body["miles"] is None else body["miles"])
    counts: Counter[tuple[str, ...]] = Counter()
    ranked = []
    for order, body in enumerate(by_miles):
        group = (*(body["watch_ids"] or body["watches"]), body["origin"], body["destination"], body["cabin"])
        ranked.append((counts[group], order, body))
        counts[group] += 1
    return [body for _, _, body in sorted(ranked, key=lambda entry: entry[:2])]
