"""Messages about offers, as the pipelines write them, for tests of the outbox."""

from __future__ import annotations

from typing import Any

from awardspider.delivery.messages.events import event_body, offer_event
from awardspider.delivery.outbox import timing
from awardspider.items import AwardOfferItem, EventType, Priority
from awardspider.storage.batches import write_batch
from awardspider.storage.outbox import OutboxRow
from tests.support.delivery import DeliveryHarness
from tests.support.storage_examples import make_batch, make_itinerary, make_segment

NOTIFY_PREFS: dict[str, Any] = {
    "timezone": "America/Sao_Paulo",
    "quiet_hours": None,
    "digest_at": "08:00",
    "max_per_day": 1_000,
    "digest_size": 2,
    "min_seats": 1,
}
QUIET = {"quiet_hours": ["22:00", "08:00"]}


def make_flight(number: int, **fields: Any) -> AwardOfferItem:
    return make_itinerary(**{"segments": (make_segment(str(number)),)} | fields)


def message_row(
    offer: AwardOfferItem,
    event_type: EventType = EventType.OFFER_MATCHED,
    priority: Priority = Priority.NORMAL,
    watch: str = "Austin",
    channel: str = "phone",
    previous_miles: int | None = None,
    is_stored: bool = False,
    **notify_prefs: Any,
) -> OutboxRow:
    """Return the row of an offer for a watch, which, with `is_stored`, has its name as id."""
    key = f"{channel}:{offer.segments[0].flight_number}:{offer.travelers}:{offer.miles}:{event_type}:{watch}"
    prefs = NOTIFY_PREFS | notify_prefs
    return OutboxRow(
        key=key,
        channel=channel,
        event_type=event_type,
        subject=offer.offer_id,
        body=event_body(
            offer_event(
                event_type,
                key,
                offer,
                offer.seen_at,
                previous_miles,
                watches=[watch],
                watch_ids=[watch] if is_stored else [],
            )
        ),
        created_at=offer.seen_at,
        next_attempt_at=timing.first_attempt_at(priority, prefs, offer.seen_at),
        priority=priority,
        watch_key=watch,
        miles=offer.miles,
        notify_prefs=prefs,
    )


def store_offers(
    harness: DeliveryHarness, *offers: AwardOfferItem, rows: tuple[OutboxRow, ...] = (), **parts: Any
) -> None:
    write_batch(harness.store, make_batch(*offers, outbox=list(rows), **parts))
