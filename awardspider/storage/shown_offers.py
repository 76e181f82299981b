"""Messages about gone flights that the recipient never saw, because a summary or digest only counted them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from awardspider.items import EventType, flight_key
from awardspider.storage import schema
from awardspider.storage.claims import ClaimedRow
from awardspider.storage.offers import offer_from_row
from awardspider.storage.outbox import MATCH_EVENTS, NOT_SENT, DeliveryStatus

_outbox = schema.outbox.c
_digest = schema.outbox.alias("digest")

NOT_SHOWN = "the message about the flights counted them without showing them"


def find_not_shown(
    connection: Connection, rows: Sequence[ClaimedRow], offers: Mapping[str, RowMapping]
) -> dict[int, str]:
    """Return the reason, keyed by row id, for each message about gone flights that their last message only counted.

    `offers` are rows of the table `offers`, by id.
    """
    found: dict[int, str] = {}
    for row in rows:
        offer = offers.get(row.subject)
        if row.event_type is not EventType.OFFER_GONE or offer is None or row.watch_key is None:
            continue
        query = (
            select(_outbox.status, _digest.c.body)
            .outerjoin(_digest, _digest.c.id == _outbox.digest_id)
            .where(
                _outbox.channel == row.channel,
                _outbox.watch_key == row.watch_key,
                _outbox.subject == row.subject,
                _outbox.event_type.in_(MATCH_EVENTS),
                _outbox.status.not_in(NOT_SENT),
            )
            .order_by(_outbox.id.desc())
        )
        last = connection.execute(query.limit(1)).first()
        if last is not None and last.status == DeliveryStatus.IN_DIGEST and not _shows(last.body, offer):
            found[row.id] = NOT_SHOWN
    return found


def _shows(digest: Mapping[str, Any], offer: RowMapping) -> bool:
    """Return whether a digest shows the flights of an offer: in an entry of their own, or as a date of an entry."""
    day = offer["departure_date"].isoformat()
    flights = offer_from_row(offer).flights
    for entry in digest["offers"]:
        if offer["flight_key"] == entry["flight_key"]:
            return True
        first = date.fromisoformat(entry["departure_date"])
        place = offer["program"], offer["origin"], offer["destination"]
        if day in (entry.get("dates") or ()) and entry["flight_key"] == flight_key(
            *place, first, offer["cabin"], flights
        ):
            return True
    return False
