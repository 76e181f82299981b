"""Reasons for which nothing is searched for a watch."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from awardspider.search.obstacles import find_obstacle
from awardspider.search.request_estimates import requests_per_crawl
from awardspider.search.watch_fields import Nights
from tests.support.plans import BOTH
from tests.support.watch_examples import make_watch

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
KEYED = frozenset({"seatsaero"})


@pytest.mark.parametrize(
    ("fields", "field", "text"),
    [
        ({}, None, ""),
        ({"active": False}, "active", "it is paused; scrapy watches resume continues it"),
        ({"expires": date(2026, 11, 28)}, "expires", "it expired on 2026-11-28"),
        ({"expires": date(2026, 11, 29)}, None, ""),
        ({"dates": "2025-01"}, "dates", "its dates have passed (today is 2026-11-29)"),
        ({"dates": "2025-01,2027-03"}, None, ""),
        (
            {"dates": "2028-01-10..2028-01-20"},
            "dates",
            "its dates cannot be booked yet: the first one, 2028-01-10, can be booked from 2027-01-15 on",
        ),
        ({"dates": "2099-03"}, "dates", "its dates are too far ahead"),
        ({"programs": ("southwest",), "destination": "NRT"}, "programs", "its routes are outside the network of"),
        ({"programs": ("southwest",), "destination": "NRT,LAS"}, None, ""),
        (
            {"programs": ("southwest", "united"), "destination": "NRT", "dates": "2028-03"},
            "dates",
            "its dates cannot be booked yet: the first one, 2028-03-01",
        ),
        ({"reachable_only": True, "reachable": None}, None, ""),
        ({"reachable_only": True, "reachable": frozenset()}, "reachable_only", "your profile has no points; scrapy"),
        ({"max_points": 1, "reachable": frozenset()}, "max_points", "your profile has no points; scrapy"),
        (
            {"max_points": 1, "reachable": frozenset({"delta"}), "programs": ("united",)},
            "max_points",
            "your points reach none of its programs",
        ),
        (
            {"reachable_only": True, "reachable": frozenset({"delta"}), "programs": ("united",)},
            "reachable_only",
            "your points reach none of its programs",
        ),
        ({"programs": ("seatsaero",)}, None, ""),
        (
            {"programs": ("emirates",)},
            "programs",
            "its programs are found only through seats.aero Partner API, which needs a key",
        ),
        ({"nights": Nights(7, 9)}, None, ""),
    ],
)
def test_obstacles(fields: dict[str, Any], field: str | None, text: str) -> None:
    watch = make_watch(**{"origin": "LAX", "destination": "AUS", "dates": "2027-03"} | fields)
    found = find_obstacle(watch, NOW, without_key=KEYED)
    if field is None:
        assert found is None
    else:
        assert found is not None
        assert found.field == field
        assert found.text.startswith(text)


@pytest.mark.parametrize("dates", ["2025-01", "+10..+20", "2027-06", "2027-10-20..2027-10-30", "2027-11-25", "2029-03"])
@pytest.mark.parametrize("route", [("LAX", "AUS"), ("FRA", "NRT"), ("LAX", "NRT")])
@pytest.mark.parametrize("key", ["united", "southwest", "frontier", "qantas"])
def test_an_obstacle_exists_exactly_if_no_request_is_planned(dates: str, route: tuple[str, str], key: str) -> None:
    watch = make_watch(origin=route[0], destination=route[1], dates=dates, programs=(key,))
    assert (find_obstacle(watch, NOW) is None) == bool(requests_per_crawl([watch], {key: BOTH}, NOW))
