"""Alert events: an offer is new to a watch, or cheaper than in the watch's last notification of the offer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from awardspider.deals.matching import OfferCriteria
from awardspider.items import AlertEvent, AwardOfferItem, EventType


def alert_events(
    offer: AwardOfferItem, watches: Iterable[OfferCriteria], notified_miles: Mapping[str, int | None], *, is_new: bool
) -> tuple[AlertEvent, ...]:
    """Return an event for each of an offer's matching watches that must be notified.

    `notified_miles` maps a watch's name to the miles in its last notification of the offer. `is_new` is True if the
    last search did not find the offer. A new offer causes an event even after an earlier one: it is available again.
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
