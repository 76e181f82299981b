"""Requests to Alaska."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from awardspider.items import Search, SearchKind
from awardspider.spiders.alaska import AlaskaSpider

FIRST = date(2027, 3, 5)


def search(kind: SearchKind, last: date = FIRST) -> Search:
    return Search(program="alaska", kind=kind, origin="DEN", destination="LAS", first=FIRST, last=last, travelers=2)


@pytest.mark.parametrize("days", [1, 5, 16, 31])
def test_the_calendar_around_the_center_covers_the_search(days: int) -> None:
    calendar = search(SearchKind.CALENDAR, FIRST + timedelta(days - 1))
    [written] = json.loads(AlaskaSpider().build_request(calendar).body)["dates"]
    center = date.fromisoformat(written)
    assert center <= calendar.last
    assert center - timedelta(15) <= calendar.first
    assert center + timedelta(15) >= calendar.last


@pytest.mark.parametrize("kind", [SearchKind.CALENDAR, SearchKind.ITINERARY])
def test_no_referrer_is_sent(kind: SearchKind) -> None:
    assert AlaskaSpider().build_request(search(kind)).meta["referrer_policy"] == "no-referrer"
