"""Messages about flights for watches that were delivered or wait for delivery."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import RowMapping, and_, or_, select

from awardspider.search.match_states import Message, Variant
from awardspider.storage import schema
from awardspider.storage.outbox import DELIVERED, MATCH_EVENTS, NOT_SENT, DeliveryStatus, OutboxRow
from awardspider.storage.store import Store

#: Messages about flights, in the order of creation, keyed by watch key and channel.
MessagesByWatch = dict[tuple[str, str], list[Message]]

_outbox = schema.outbox.c
_offers = schema.offers.c
_digest = schema.outbox.alias("digest")
_partner = schema.offers.alias("partner")


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
            _outbox.body["trip_other_miles"].as_integer().label("trip_other_miles"),
            _outbox.body["trip_other_offer_id"].as_string().label("trip_other_offer_id"),
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
            _outbox.event_type.in_(MATCH_EVENTS),
            or_(
                _outbox.status.not_in((*NOT_SENT, DeliveryStatus.IN_DIGEST)),
                and_(_outbox.status == DeliveryStatus.IN_DIGEST, _digest.c.status.not_in(NOT_SENT)),
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
    miles, current = row["miles"], row["current_miles"]
    costs_more = miles is not None and current is not None and current > miles
    return Message(
        variant=message_variant(miles, row),
        offer_id=row["subject"],
        miles=miles,
        created_at=row["created_at"],
        is_waiting=message_status(row) not in DELIVERED,
        is_outdated=row["gone_at"] is not None or costs_more,
        partner_key=row["partner_key"],
    )


def message_of(row: OutboxRow) -> Message:
    """Return a new row about a match as a message that waits."""
    return Message(
        variant=message_variant(row.miles, row.body),
        offer_id=row.subject,
        miles=row.miles,
        created_at=row.created_at,
        is_waiting=True,
        partner_key=row.partner_key,
    )


def message_status(row: RowMapping) -> DeliveryStatus:
    """Return the status of a message, with the column `digest_status`: one in a digest has the status of its digest."""
    return DeliveryStatus(row["digest_status"] if row["status"] == DeliveryStatus.IN_DIGEST else row["status"])


def message_variant(miles: int | None, values: Mapping[str, Any] | RowMapping) -> Variant:
    """Return the variant that a message is about: of a round trip, both directions together have its price.

    `miles` is the price of the offer alone. `values` are the body of its event, or columns with the same names.
    """
    if values.get("trip_other_offer_id") is not None:
        other = values.get("trip_other_miles")
        miles = None if miles is None or other is None else miles + other
    is_copy = values.get("source") != values.get("program")
    return Variant(miles is None, miles or 0, is_copy, values.get("travelers") or 1)
