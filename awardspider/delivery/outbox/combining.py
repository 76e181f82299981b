"""The bodies of messages that combine rows: one finding for several watches, summaries and digests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from awardspider.deals.ranking import OfferFacts, best_entries, vary
from awardspider.delivery.messages import events
from awardspider.delivery.messages.events import DigestKind
from awardspider.delivery.outbox.findings import (
    Finding,
    cheapest,
    findings_of_watches,
    is_promotion,
    promotion_row_rank,
)
from awardspider.items import EventType, Priority
from awardspider.search.exchange_rates import ExchangeRates
from awardspider.search.notify_prefs import DIGEST_SIZE
from awardspider.storage.claims import ClaimedRow
from awardspider.storage.outbox import MATCH_EVENTS, OutboxRow


def combined_body(rows: Sequence[ClaimedRow], key: str) -> dict[str, Any]:
    """Return the body of the message for the rows of several watches, or for several fares of the same flights.

    It is about the lowest price and, at one price, about the largest party, whose price is also the price for fewer
    travelers. It reports a price drop only if all the watches were notified of a higher price, and then the smallest
    drop. If it is part of a round trip for any of the watches, or a promotion made it cheaper, it says so. Rows about
    gone offers or about a promotion are only combined with each other.
    """
    shown = cheapest(rows)
    body = {
        **shown.body,
        "id": key,
        **_all_watches(row.body for row in rows),
        **_trip_fields([shown.body, *(row.body for row in rows)]),
        **_promotion_fields([shown.body, *(row.body for row in rows)]),
    }
    if len({row.body.get("watch_max_miles") for row in rows}) > 1:
        body["watch_max_miles"] = None
    if len(rows) > 1 and shown.event_type in MATCH_EVENTS:
        is_drop = all(row.event_type is EventType.OFFER_DROPPED for row in rows)
        previous = [miles for row in rows if (miles := row.body.get("previous_miles")) is not None]
        body["type"] = (EventType.OFFER_DROPPED if is_drop else EventType.OFFER_MATCHED).value
        body["previous_miles"] = min(previous) if is_drop and previous else None
    return body


def daily_digest(channel: str, rows: Sequence[ClaimedRow], now: datetime, rates: ExchangeRates) -> OutboxRow:
    """Return the row of the digest of a day, which is about all watches of a channel."""
    timezone = next((zone for row in rows if (zone := (row.notify_prefs or {}).get("timezone"))), None)
    return OutboxRow(
        **_digest_values(channel, rows, now, rates, DigestKind.DAILY),
        notify_prefs={"timezone": timezone} if timezone else None,
    )


def watch_summary(
    channel: str, watch_key: str, rows: Sequence[ClaimedRow], now: datetime, rates: ExchangeRates, *, kind: DigestKind
) -> OutboxRow:
    """Return the row of the summary of what was found for a watch; other watches with the same are named too.

    The preferences of the watch apply to it, also if it is sent again.
    """
    ordered = sorted(rows, key=lambda row: (row.watch_key != watch_key, row.id))
    is_urgent = any(row.priority is Priority.URGENT for row in rows)
    return OutboxRow(
        **_digest_values(channel, ordered, now, rates, kind),
        watch_key=watch_key,
        priority=Priority.URGENT if is_urgent else Priority.NORMAL,
        notify_prefs=ordered[0].notify_prefs,
    )


def _digest_values(
    channel: str, rows: Sequence[ClaimedRow], now: datetime, rates: ExchangeRates, kind: DigestKind
) -> dict[str, Any]:
    """Return the fields of a digest's row: its body has the best offers and promotions and counts the others."""
    findings = findings_of_watches(row for row in rows if not is_promotion(row))
    promotions = sorted(
        findings_of_watches(filter(is_promotion, rows)), key=lambda finding: promotion_row_rank(finding.shown)
    )
    entries = best_entries(findings, lambda finding: finding.facts, rates)
    size = max((row.notify_prefs or {}).get("digest_size") or DIGEST_SIZE for row in rows)
    key = f"{channel}:digest:{now:%Y%m%dT%H%M%S}:{min(row.id for row in rows)}"
    shown = vary(entries, _entry_facts, size=size)
    if kind is not DigestKind.DAILY and size > 1:
        shown = _with_lowest(shown, entries)
    body = {
        "type": EventType.DIGEST.value,
        "schema_version": events.SCHEMA_VERSION,
        "id": key,
        "created_at": now.isoformat(),
        "kind": kind.value,
        **_all_watches(row.body for row in rows),
        "offers": [_entry_body(entry) for entry in shown],
        "more": len(findings) - sum(map(len, shown)),
        "promotions": [_entry_body([promotion]) for promotion in promotions[:size]],
        "more_promotions": max(len(promotions) - size, 0),
    }
    return {
        "key": key,
        "channel": channel,
        "event_type": EventType.DIGEST,
        "subject": "digest",
        "body": body,
        "created_at": now,
    }


def _with_lowest(shown: list[list[Finding]], entries: Sequence[list[Finding]]) -> list[list[Finding]]:
    """Return the shown entries with the lowest price of all, in place of the last one if it is not among them."""
    priced = [entry for entry in entries if entry[0].facts.miles is not None]
    lowest = min(priced, key=lambda entry: entry[0].facts.miles or 0, default=None)
    if lowest is None or any(entry[0].facts.miles == lowest[0].facts.miles for entry in shown):
        return shown
    return [*shown[:-1], lowest]


def _entry_facts(entry: Sequence[Finding]) -> OfferFacts:
    return entry[0].facts


def _entry_body(entry: Sequence[Finding]) -> dict[str, Any]:
    """Return the body of an entry: that of its first date, with all dates, the fewest seats and the oldest age."""
    bodies = [combined_body(finding.rows, finding.rows[0].key) for finding in entry]
    if len(bodies) == 1:
        return bodies[0]
    seats = [seats for body in bodies if (seats := body.get("seats")) is not None]
    return {
        **bodies[0],
        **_all_watches(bodies),
        "dates": [body["departure_date"] for body in bodies],
        "seats": min(seats) if len(seats) == len(bodies) else None,
        "seen_at": min(body["seen_at"] for body in bodies),
    }


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


def _promotion_fields(bodies: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the fields of the promotion in the first of these bodies that has one."""
    found = next((body for body in bodies if body.get("promotion_title")), {})
    return {field: found[field] for field in events.PROMOTION_FIELDS if field in found}
