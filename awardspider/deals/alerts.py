"""Alert events: an offer is new to a watch, or cheaper than in the last message about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from awardspider.items import AlertEvent, AwardOfferItem, EventType, Notified, fare_id
from awardspider.search.trip_partners import TripPartner


class AlertedWatch(Protocol):
    """The properties of `search.watches.Watch` that alert events need."""

    @property
    def name(self) -> str:
        """Return the name of the watch."""

    @property
    def id(self) -> str:
        """Return the id of a stored watch; empty for others."""

    @property
    def key(self) -> str:
        """Return the identity of the watch: its id, or its name without one."""

    @property
    def min_seats(self) -> int:
        """Return the required number of seats."""


def match_events(
    offer: AwardOfferItem, watches: Iterable[AlertedWatch], recorded_miles: Mapping[str, int | None], *, is_new: bool
) -> tuple[AlertEvent, ...]:
    """Return an event to record for each of an offer's matching watches, whatever the channels have received.

    `recorded_miles` maps a watch's key to the miles in its last recorded event about the offer. `is_new` is True if
    the last search did not find the offer. A new offer causes an event even after an earlier one: it is available
    again.
    """
    events = []
    for watch in watches:
        if is_new or watch.key not in recorded_miles:
            events.append(AlertEvent(EventType.OFFER_MATCHED, watch.name, None, watch.min_seats, watch_id=watch.id))
        elif _is_lower(offer.miles, previous := recorded_miles[watch.key]):
            events.append(AlertEvent(EventType.OFFER_DROPPED, watch.name, previous, watch.min_seats, watch_id=watch.id))
    return tuple(events)


def alert_event(
    offer: AwardOfferItem, watch: AlertedWatch, notified: Notified | None, *, is_new: bool
) -> AlertEvent | None:
    """Return the event that a channel must receive about an offer for a matching watch, or None.

    `notified` is the last message to that channel about the fare for this watch. A message that waits blocks another
    one unless the price is lower now. A delivered one blocks another one unless the price is lower now or the offer was
    gone since and is available again (`is_new`).
    """
    found = AlertEvent(EventType.OFFER_MATCHED, watch.name, None, watch.min_seats, watch_id=watch.id)
    if notified is None:
        return found
    if not notified.waiting and is_new and (notified.is_gone or notified.offer_id == offer.offer_id):
        return found
    if not _is_lower(offer.miles, notified.miles):
        return None
    delivered: Notified | None = notified
    while delivered and delivered.waiting:
        delivered = delivered.before
    if delivered is None:  # the first message was not sent, so this price is not a drop for its reader
        return found
    if not _is_lower(offer.miles, delivered.miles):
        return found
    return found._replace(event_type=EventType.OFFER_DROPPED, previous_miles=delivered.miles)


def is_known_trip(
    offer: AwardOfferItem, partner: TripPartner, partner_notified: Notified | None, *, is_new: bool
) -> bool:
    """Return whether a channel already has the round trip of an offer and its best partner at this price or less.

    `partner_notified` is the last message to that channel about the partner's fare for the same watch. With an offer
    that was gone and is available again (`is_new`), the round trip is available again too.
    """
    if is_new or partner_notified is None or partner_notified.partner_id is None:
        return False
    if fare_id(partner_notified.partner_id) != offer.fare_id:
        return False
    before = None
    if partner_notified.miles is not None and partner_notified.partner_miles is not None:
        before = partner_notified.miles + partner_notified.partner_miles
    return not _is_lower(partner.miles, before)


def _is_lower(miles: int | None, previous: int | None) -> bool:
    return miles is not None and previous is not None and miles < previous
