"""The state of a match between a watch and flights, and the last messages about it: what the alert rules decide on.

`deals.rules` decides, and `storage.matches` and `storage.notified` store. docs/alerts.md has the tables.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from awardspider.items import AwardOfferItem


class EndReason(StrEnum):
    """Reasons why a match ended."""

    GONE = "gone"  # a search no longer found the flights
    SEATS = "seats"  # too few seats
    PRICE = "price"  # above a limit by more than the margin
    DEAL = "deal"  # no longer a good enough deal
    OTHER = "other"  # another criterion: the watch was edited, its dates have moved on, or the flights have changed


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchState:
    """A match of a watch and flights, which is active until `ended_at`.

    `offer_id` is the offer that represents all fares, sources and parties of the flights. `miles` is the price when the
    match began or last dropped far enough to be reported, for one traveler; of a round trip, for both directions.
    """

    since: datetime
    offer_id: str
    miles: int | None
    ended_at: datetime | None = None
    end_reason: EndReason | None = None

    @property
    def is_active(self) -> bool:
        """Return whether the match is true."""
        return self.ended_at is None


class Variant(NamedTuple):
    """One fare of flights; the first in order is the best, and represents the others.

    The price decides, then a direct source before a copy from another one, then the smallest party. `miles` is 0 if the
    price is unknown; of a round trip, it is the price of both directions.
    """

    is_unpriced: bool
    miles: int
    is_copy: bool
    travelers: int

    @property
    def price(self) -> int | None:
        """Return the price in miles, or None if it is unknown."""
        return None if self.is_unpriced else self.miles


def variant_of(offer: AwardOfferItem, miles: int | None) -> Variant:
    """Return an offer as a variant of its flights at a price, which is its own or that of a round trip."""
    return Variant(miles is None, miles or 0, offer.source != offer.program, offer.travelers)


class Message(NamedTuple):
    """A message to one channel about flights for one watch.

    `miles` is the price of the offer alone. `is_outdated` is True for a message that waits, but will be canceled: its
    offer is gone or costs more now. The other direction of a round trip has the flights `partner_key`.
    """

    variant: Variant
    offer_id: str
    miles: int | None
    created_at: datetime
    is_waiting: bool
    is_outdated: bool = False
    partner_key: str | None = None


class ChannelMessages(NamedTuple):
    """The last message to a channel that was delivered for a match, and the one that waits, if any."""

    delivered: Message | None = None
    waiting: Message | None = None


def messages_since(messages: Iterable[Message], since: datetime | None) -> ChannelMessages:
    """Return the last messages, given in order, that belong to a match that began at `since`."""
    delivered = waiting = None
    for message in messages:
        if since is not None and message.created_at < since:
            continue
        if not message.is_waiting:
            delivered = message
        elif not message.is_outdated:
            waiting = message
    return ChannelMessages(delivered, waiting)
