"""The status of a stored offer at a time, in Python and as a condition of a query."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from sqlalchemy import BindParameter, ColumnElement, RowMapping, and_, bindparam, true

from awardspider.storage import schema

_offers = schema.offers.c

_Time = datetime | BindParameter[Any]
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)  # before anything was seen


class OfferStatus(StrEnum):
    """Statuses of an offer. If several apply, the last of them in this order is its status."""

    AVAILABLE = "available"
    UNCONFIRMED = "unconfirmed"  # a calendar contradicts it, and its flights were not searched again since
    OUTDATED = "outdated"  # last seen longer ago than AWARD_MAX_AGE_HOURS
    DEPARTED = "departed"
    GONE = "gone"  # the latest search did not find it


class _StoredOffer(Protocol):
    """The attributes of an offer that determine its status."""

    @property
    def last_seen_at(self) -> datetime: ...
    @property
    def gone_at(self) -> datetime | None: ...
    @property
    def unconfirmed_since(self) -> datetime | None: ...
    @property
    def departs_by(self) -> datetime: ...


def offer_status(offer: _StoredOffer, now: datetime, max_age: timedelta | None) -> OfferStatus:
    """Return the status of an offer at the aware time `now`; without `max_age`, no offer is outdated."""
    if offer.gone_at is not None:
        return OfferStatus.GONE
    if offer.departs_by <= now:
        return OfferStatus.DEPARTED
    if max_age is not None and offer.last_seen_at < now - max_age:
        return OfferStatus.OUTDATED
    return OfferStatus.AVAILABLE if offer.unconfirmed_since is None else OfferStatus.UNCONFIRMED


def has_not_departed(now: _Time) -> ColumnElement[bool]:
    """Return the condition that an offer's flight has not departed."""
    return _offers.departs_by > now


def was_seen_since(now: datetime, max_age: timedelta | None) -> ColumnElement[bool]:
    """Return the condition that an offer is not outdated."""
    return true() if max_age is None else _was_seen(now - max_age)


def _was_seen(oldest: _Time) -> ColumnElement[bool]:
    return _offers.last_seen_at >= oldest


def is_current(now: datetime, max_age: timedelta | None) -> ColumnElement[bool]:
    """Return the condition that an offer is available or unconfirmed."""
    return and_(_offers.gone_at.is_(None), has_not_departed(now), was_seen_since(now, max_age))


def is_available(now: datetime, max_age: timedelta | None) -> ColumnElement[bool]:
    """Return the condition that an offer is available."""
    return and_(is_current(now, max_age), _offers.unconfirmed_since.is_(None))


#: `is_current` and `is_available` in statements that are built once, with the parameters of `status_parameters`.
IS_CURRENT = and_(_offers.gone_at.is_(None), has_not_departed(bindparam("now")), _was_seen(bindparam("oldest")))
IS_AVAILABLE = and_(IS_CURRENT, _offers.unconfirmed_since.is_(None))


def status_parameters(now: datetime, max_age: timedelta | None) -> dict[str, datetime]:
    """Return the parameters of IS_CURRENT and IS_AVAILABLE."""
    return {"now": now, "oldest": _EARLIEST if max_age is None else now - max_age}


def unavailable_reason(row: RowMapping, now: datetime, max_age: timedelta | None) -> str | None:
    """Return why an offer, given as a row of the table `offers`, must not be reported as available, or None."""
    if row["gone_at"] is not None:
        return f"the offer has been gone since {row['gone_at']:%Y-%m-%d %H:%M} UTC"
    if row["departs_by"] <= now:
        return "the flight has departed"
    if max_age is not None and row["last_seen_at"] < now - max_age:
        return f"the offer was last seen on {row['last_seen_at']:%Y-%m-%d %H:%M} UTC, which is too long ago"
    if row["unconfirmed_since"] is not None:
        return f"a calendar has contradicted the offer since {row['unconfirmed_since']:%Y-%m-%d %H:%M} UTC"
    return None
