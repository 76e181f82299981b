"""Messages about flights for watches that were delivered or wait for delivery."""

from __future__ import annotations

from datetime import date

from sqlalchemy import RowMapping, and_, or_, select

from awardspider.items import EventType
from awardspider.search.match_states import Message, Variant
from awardspider.storage import schema
from awardspider.storage.outbox import DeliveryStatus, OutboxRow
from awardspider.storage.store import Store

#: Messages about flights, in the order of creation, keyed by watch key and channel.
MessagesByWatch = dict[tuple[str, str], list[Message]]

_outbox = schema.outbox.c
_offers = schema.offers.c
_digest = schema.outbox.alias("digest")
_partner = schema.offers.alias("partner")

# A message that is being sent counts as delivered: if it is not, a later search finds that.
_DELIVERED = (DeliveryStatus.SENT, DeliveryStatus.UNKNOWN, DeliveryStatus.SENDING)
_NOT_SENT = (DeliveryStatus.CANCELED, DeliveryStatus.REJECTED)
_MATCHES = (EventType.OFFER_MATCHED, EventType.OFFER_DROPPED)


def find_messages(store: Store, origin: str, destination: str, first: date, last: date) -> dict[str, MessagesByWatch]:
    """Return what was delivered or waits for delivery about the flights of a route on these days, by flight key.

    Canceled and rejected messages do not count, nor does a message in a digest that was canceled or rejected.
    """
    query = (
        select(
            _outbox.flight_key, _outbox.subject, _outbox.watch_key, _outbox.channel, _outbox.miles, _outbox.status,
            _outbox.created_at, _digest.c.status.label("digest_status"),
            _offers.gone_at, _offers.miles.label("current_miles"), _offers.program, _offers.source, _offers.travelers,
            _partner.c.flight_key.label("partner_key"),
            _outbox.body["trip_other_miles"].as_integer().label("partner_miles"),
            _outbox.body["trip_other_offer_id"].as_string().label("partner_id"),
        )
        .join(schema.offers, _offers.id == _outbox.subject)
        .outerjoin(_digest, _digest.c.id == _outbox.digest_id)
        .outerjoin(_partner, _partner.c.id == _outbox.body["trip_other_offer_id"].as_string())
        .where(
            _offers.origin == origin,
            _offers.destination == destination,
            _offers.departure_date.between(first, last),
            _outbox.flight_key.is_not(None),
            _outbox.watch_key.is_not(None),
            _outbox.event_type.in_(_MATCHES),
            or_(
                _outbox.status.not_in((*_NOT_SENT, DeliveryStatus.IN_DIGEST)),
                and_(_outbox.status == DeliveryStatus.IN_DIGEST, _digest.c.status.not_in(_NOT_SENT)),
            ),
        )
        .order_by(_outbox.id)
    )  # fmt: skip
    found: dict[str, MessagesByWatch] = {}
    with store.reading() as connection:
        for row in connection.execute(query).mappings():
            key = row["watch_key"], row["channel"]
            found.setdefault(row["flight_key"], {}).setdefault(key, []).append(_message(row))
    return found


def _message(row: RowMapping) -> Message:
    status = row["digest_status"] if row["status"] == DeliveryStatus.IN_DIGEST else row["status"]
    miles, current = row["miles"], row["current_miles"]
    costs_more = miles is not None and current is not None and current > miles
    return Message(
        variant=_variant(
            miles, row["partner_id"], row["partner_miles"], row["source"] != row["program"], row["travelers"]
        ),
        offer_id=row["subject"],
        miles=miles,
        created_at=row["created_at"],
        is_waiting=status not in _DELIVERED,
        is_outdated=row["gone_at"] is not None or costs_more,
        partner_key=row["partner_key"],
    )


def message_of(row: OutboxRow) -> Message:
    """Return a new row about a match as a message that waits."""
    body = row.body
    return Message(
        variant=_variant(
            row.miles,
            body.get("trip_other_offer_id"),
            body.get("trip_other_miles"),
            body["source"] != body["program"],
            body["travelers"],
        ),
        offer_id=row.subject,
        miles=row.miles,
        created_at=row.created_at,
        is_waiting=True,
        partner_key=row.partner_key,
    )


def _variant(
    miles: int | None, partner_id: str | None, partner_miles: int | None, is_copy: bool, travelers: int
) -> Variant:
    if partner_id is not None:
        miles = None if miles is None or partner_miles is None else miles + partner_miles
    return Variant(miles is None, miles or 0, is_copy, travelers)
