"""Alert events of an offer."""

from __future__ import annotations

import pytest

from awardspider.deals.alerts import alert_events
from awardspider.items import AlertEvent, EventType
from awardspider.search.watches import Watch
from tests.support.storage_examples import make_itinerary

AUSTIN = Watch(name="Austin", origins=("LAX",), destinations=("AUS",), dates="2027-03", min_seats=2)
SPRING = Watch(name="Spring", origins=("LAX",), destinations=("AUS",), dates="2027-03")
MATCHED = AlertEvent(EventType.OFFER_MATCHED, "Austin", None, 2)


@pytest.mark.parametrize(
    ("miles", "notified_miles", "is_new", "events"),
    [
        (12_500, {}, True, (MATCHED,)),
        (12_500, {}, False, (MATCHED,)),  # the watch is newer than the offer
        (12_500, {"Spring": 12_500}, False, (MATCHED,)),  # the message of another watch does not count
        (12_500, {"Austin": 12_500}, True, (MATCHED,)),  # gone and available again
        (12_500, {"Austin": 12_500}, False, ()),
        (12_499, {"Austin": 12_500}, False, (AlertEvent(EventType.OFFER_DROPPED, "Austin", 12_500, 2),)),
        (12_501, {"Austin": 12_500}, False, ()),
        (None, {"Austin": 12_500}, False, ()),
        (12_500, {"Austin": None}, False, ()),
    ],
)
def test_events_of_one_watch(
    miles: int | None, notified_miles: dict[str, int | None], is_new: bool, events: tuple[AlertEvent, ...]
) -> None:
    assert alert_events(make_itinerary(miles=miles), [AUSTIN], notified_miles, is_new=is_new) == events


def test_each_watch_has_its_own_events() -> None:
    notified_miles = {"Austin": 15_000}
    assert alert_events(make_itinerary(), [AUSTIN, SPRING], notified_miles, is_new=False) == (
        AlertEvent(EventType.OFFER_DROPPED, "Austin", 15_000, 2),
        AlertEvent(EventType.OFFER_MATCHED, "Spring", None, 1),
    )


def test_an_offer_without_watches_has_no_events() -> None:
    assert alert_events(make_itinerary(), [], {}, is_new=True) == ()
