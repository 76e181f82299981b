"""What is news of an offer."""

from __future__ import annotations

import pytest

from awardspider.deals.alerts import news_of
from awardspider.items import AlertEvent
from awardspider.search.watches import Watch
from tests.support.storage_examples import an_itinerary

AUSTIN = Watch(name="Austin", origins=("LAX",), destinations=("AUS",), dates="2027-03", min_seats=2)
SPRING = Watch(name="Spring", origins=("LAX",), destinations=("AUS",), dates="2027-03")
MATCHED = AlertEvent("offer.matched", "Austin", None, 2)


@pytest.mark.parametrize(
    ("miles", "told", "is_new", "news"),
    [
        (12_500, {}, True, (MATCHED,)),
        (12_500, {}, False, (MATCHED,)),  # it was there before, and the watch was not
        (12_500, {"Spring": 12_500}, False, (MATCHED,)),  # what another watch was told does not count
        (12_500, {"Austin": 12_500}, True, (MATCHED,)),  # gone, and back
        (12_500, {"Austin": 12_500}, False, ()),
        (12_499, {"Austin": 12_500}, False, (AlertEvent("offer.dropped", "Austin", 12_500, 2),)),
        (12_501, {"Austin": 12_500}, False, ()),
        (None, {"Austin": 12_500}, False, ()),
        (12_500, {"Austin": None}, False, ()),
    ],
)
def test_news_for_one_watch(
    miles: int | None, told: dict[str, int | None], is_new: bool, news: tuple[AlertEvent, ...]
) -> None:
    assert news_of(an_itinerary(miles=miles), [AUSTIN], told, is_new=is_new) == news


def test_each_watch_has_its_own_news() -> None:
    told = {"Austin": 15_000}
    assert news_of(an_itinerary(), [AUSTIN, SPRING], told, is_new=False) == (
        AlertEvent("offer.dropped", "Austin", 15_000, 2),
        AlertEvent("offer.matched", "Spring", None, 1),
    )


def test_nobody_wants_it() -> None:
    assert news_of(an_itinerary(), [], {}, is_new=True) == ()
