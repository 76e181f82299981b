"""Alert events of an offer: it is new to a watch, or cheaper than in the watch's last message about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from awardspider.deals.matching import OfferCriteria
from awardspider.items import AlertEvent, AwardOfferItem, EventType


def alert_events(
    offer: AwardOfferItem, watches: Iterable[OfferCriteria], notified_miles: Mapping[str, int | None], *, is_new: bool
) -> tuple[AlertEvent, ...]:
    """Return an event for each watch of an offer that must be notified.

    `notified_miles` are the miles in the last message of each watch about the offer, by the watch's name. `is_new` is
    true if the last search did not find the offer. It gets an event even if it had one before: it is available again.
    """
    events = []
    for watch in watches:
        if is_new or watch.name not in notified_miles:
            events.append(AlertEvent(EventType.OFFER_MATCHED, watch.name, None, watch.min_seats))
            continue
        previous = notified_miles[watch.name]
        if offer.miles is not None and previous is not None and offer.miles < previous:
            events.append(AlertEvent(EventType.OFFER_DROPPED, watch.name, previous, watch.min_seats))
    return tuple(events)
