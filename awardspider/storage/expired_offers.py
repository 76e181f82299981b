"""Offers in a spreadsheet whose status changes with time: their flight departs, or they become outdated."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, false, or_, select

from awardspider.items import fare_id, offer_ids_of_fare
from awardspider.storage import schema
from awardspider.storage.store import Store, in_batches

_offers = schema.offers.c
_outbox = schema.outbox.c

# Every spreadsheet with such a row is updated within this time.
_RECENT = timedelta(days=7)


def expired_fares(store: Store, fares: Sequence[str], now: datetime, max_age: timedelta | None) -> set[str]:
    """Return the fares with an offer that has departed, or was last seen more than `max_age` ago."""
    is_outdated = false() if max_age is None else _offers.last_seen_at < now - max_age
    return _select(store, fares, and_(_offers.gone_at.is_(None), or_(_offers.departs_by <= now, is_outdated)))


def departed_fares(store: Store, fares: Sequence[str], before: datetime) -> set[str]:
    """Return the fares with an offer that departed before a time, gone or not."""
    return _select(store, fares, _offers.departs_by <= before)


def ended_fares(
    store: Store, fares: Sequence[str], now: datetime, max_age: timedelta | None, before: datetime
) -> set[str]:
    """Return the fares of which every offer ended, or else last changed, before a time.

    An offer ends when it is gone, departs, or was last seen before it became outdated.
    """
    is_outdated = false() if max_age is None else _offers.last_seen_at < now - max_age
    ended_at = case(
        (_offers.gone_at.is_not(None), _offers.gone_at),
        (_offers.departs_by <= now, _offers.departs_by),
        (is_outdated, _offers.last_seen_at),
        else_=_offers.changed_at,
    )
    ended = _select(store, fares, ended_at < before)
    return ended - _select(store, list(ended), ended_at >= before)


def _select(store: Store, fares: Sequence[str], condition: ColumnElement[bool]) -> set[str]:
    found: set[str] = set()
    with store.reading() as connection:
        for some in in_batches(fares):
            ids = [offer_id for fare in some for offer_id in offer_ids_of_fare(fare)]
            found.update(map(fare_id, connection.scalars(select(_offers.id).where(_offers.id.in_(ids), condition))))
    return found


def find_expired_subject(store: Store, channel: str, now: datetime, max_age: timedelta | None) -> str | None:
    """Return the id of an offer in a channel's messages that recently departed or became outdated, if any."""
    is_expired: ColumnElement[bool] = _offers.departs_by.between(now - _RECENT, now)
    if max_age is not None:
        is_expired = or_(is_expired, _offers.last_seen_at.between(now - max_age - _RECENT, now - max_age))
    query = (
        select(_offers.id)
        .join(schema.outbox, _outbox.subject == _offers.id)
        .where(_outbox.channel == channel, _offers.gone_at.is_(None), is_expired)
        .limit(1)
    )
    with store.reading() as connection:
        found: str | None = connection.scalar(query)
        return found
