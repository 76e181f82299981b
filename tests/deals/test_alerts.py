"""Alert events of an offer."""

from __future__ import annotations

import pytest

from awardspider.deals.alerts import alert_event, match_events
from awardspider.items import AlertEvent, EventType, Notified
from tests.support.storage_examples import make_itinerary
from tests.support.watch_examples import make_watch

AUSTIN = make_watch(name="Austin", origin="LAX", destination="AUS", dates="2027-03", min_seats=2)
SPRING = make_watch(name="Spring", origin="LAX", destination="AUS", dates="2027-03")
MATCHED = AlertEvent(EventType.OFFER_MATCHED, "Austin", None, 2)
OFFER_ID = make_itinerary().offer_id


@pytest.mark.parametrize(
    ("miles", "recorded_miles", "is_new", "events"),
    [
        (12_500, {}, True, (MATCHED,)),
        (12_500, {}, False, (MATCHED,)),  # the watch is newer than the offer
        (12_500, {"Spring": 12_500}, False, (MATCHED,)),  # the match of another watch does not count
        (12_500, {"Austin": 12_500}, True, (MATCHED,)),  # gone and available again
        (12_500, {"Austin": 12_500}, False, ()),
        (12_499, {"Austin": 12_500}, False, (AlertEvent(EventType.OFFER_DROPPED, "Austin", 12_500, 2),)),
        (12_501, {"Austin": 12_500}, False, ()),
        (None, {"Austin": 12_500}, False, ()),
        (12_500, {"Austin": None}, False, ()),
    ],
)
def test_recorded_events_of_one_watch(
    miles: int | None, recorded_miles: dict[str, int | None], is_new: bool, events: tuple[AlertEvent, ...]
) -> None:
    assert match_events(make_itinerary(miles=miles), [AUSTIN], recorded_miles, is_new=is_new) == events


def test_each_watch_has_its_own_events() -> None:
    assert match_events(make_itinerary(), [AUSTIN, SPRING], {"Austin": 15_000}, is_new=False) == (
        AlertEvent(EventType.OFFER_DROPPED, "Austin", 15_000, 2),
        AlertEvent(EventType.OFFER_MATCHED, "Spring", None, 1),
    )


def test_an_offer_without_watches_has_no_events() -> None:
    assert match_events(make_itinerary(), [], {}, is_new=True) == ()


def delivered(miles: int | None, **fields: object) -> Notified:
    return Notified(**{"offer_id": OFFER_ID, "miles": miles, "waiting": False} | fields)  # type: ignore[arg-type]


def waiting(miles: int | None, before: Notified | None = None) -> Notified:
    return Notified(offer_id=OFFER_ID, miles=miles, waiting=True, before=before)


@pytest.mark.parametrize(
    ("miles", "notified", "is_new", "event"),
    [
        (12_500, None, True, EventType.OFFER_MATCHED),
        (12_500, None, False, EventType.OFFER_MATCHED),  # canceled or rejected before: nothing was delivered
        (12_500, delivered(12_500), False, None),
        (12_501, delivered(12_500), False, None),
        (12_499, delivered(12_500), False, EventType.OFFER_DROPPED),
        (12_500, delivered(None), False, None),
        (None, delivered(12_500), False, None),
        (12_500, delivered(12_500), True, EventType.OFFER_MATCHED),  # available again
        (12_500, delivered(12_500, offer_id="of another party"), True, None),
        (12_500, delivered(12_500, offer_id="of another party", is_gone=True), True, EventType.OFFER_MATCHED),
        (12_499, delivered(12_500, offer_id="of another party"), True, EventType.OFFER_DROPPED),
        (12_500, waiting(12_500), False, None),
        (12_500, waiting(12_500), True, None),  # the message that waits is still true
        (12_501, waiting(12_500), False, None),
        (12_499, waiting(12_500), False, EventType.OFFER_MATCHED),  # nobody was notified of the higher price
        (12_499, waiting(12_500, delivered(15_000)), False, EventType.OFFER_DROPPED),
        (13_000, waiting(14_000, delivered(12_500)), False, EventType.OFFER_MATCHED),  # was available again at 14,000
    ],
)
def test_a_channel_is_notified_of_what_was_not_delivered(
    miles: int | None, notified: Notified | None, is_new: bool, event: EventType | None
) -> None:
    found = alert_event(make_itinerary(miles=miles), AUSTIN, notified, is_new=is_new)
    assert (found and found.event_type) == event
    if event is EventType.OFFER_DROPPED:
        assert found == AlertEvent(event, "Austin", 15_000 if notified and notified.waiting else 12_500, 2)
