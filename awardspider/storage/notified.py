"""Last messages of each channel for each watch, delivered or waiting to be sent."""

from __future__ import annotations

from datetime import date

from sqlalchemy import RowMapping, select

from awardspider.items import EventType, Notified, fare_id
from awardspider.storage import schema
from awardspider.storage.outbox import DeliveryStatus
from awardspider.storage.store import Store

#: The last messages about a fare, keyed by watch key and channel.
NotifiedByWatch = dict[tuple[str, str], Notified]

_outbox = schema.outbox.c
_offers = schema.offers.c
_digest = schema.outbox.alias("digest")

# A message that is being sent counts as delivered: if it is not, a later search finds that.
_DELIVERED = (DeliveryStatus.SENT, DeliveryStatus.UNKNOWN, DeliveryStatus.SENDING)
_NOT_SENT = (DeliveryStatus.CANCELED, DeliveryStatus.REJECTED)


def find_notified(store: Store, origin: str, destination: str, first: date, last: date) -> dict[str, NotifiedByWatch]:
    """Return what was delivered or waits for delivery about the fares of a route on these days, keyed by fare.

    Canceled and rejected messages do not count, nor does a message in a digest that was canceled or rejected. Messages
    about any party count: a fare that was sent for one party is not sent again for another one.
    """
    query = (
        select(
            _outbox.subject, _outbox.watch_key, _outbox.channel, _outbox.miles, _outbox.status,
            _digest.c.status.label("digest_status"), _offers.gone_at,
            _outbox.body["trip_other_offer_id"].as_string().label("partner_id"),
            _outbox.body["trip_other_miles"].as_integer().label("partner_miles"),
        )
        .join(schema.offers, _offers.id == _outbox.subject)
        .outerjoin(_digest, _digest.c.id == _outbox.digest_id)
        .where(
            _offers.origin == origin,
            _offers.destination == destination,
            _offers.departure_date.between(first, last),
            _outbox.watch_key.is_not(None),
            _outbox.event_type.in_((EventType.OFFER_MATCHED, EventType.OFFER_DROPPED)),
            _outbox.status.not_in(_NOT_SENT),
        )
        .order_by(_outbox.id)
    )  # fmt: skip
    found: dict[str, NotifiedByWatch] = {}
    with store.reading() as connection:
        for row in connection.execute(query).mappings():
            _add(found.setdefault(fare_id(row["subject"]), {}), row)
    return found


def _add(notified: NotifiedByWatch, row: RowMapping) -> None:
    status = row["digest_status"] if row["status"] == DeliveryStatus.IN_DIGEST else row["status"]
    if status in _NOT_SENT:
        return
    key = row["watch_key"], row["channel"]
    notified[key] = Notified(
        offer_id=row["subject"],
        miles=row["miles"],
        waiting=status not in _DELIVERED,
        is_gone=row["gone_at"] is not None,
        before=notified.get(key),
        partner_id=row["partner_id"],
        partner_miles=row["partner_miles"],
    )
