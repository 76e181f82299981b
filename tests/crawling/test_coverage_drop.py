"""Drops of the field coverage since the last good runs."""

from __future__ import annotations

import pytest

from awardspider.crawling.coverage_drop import find_drops

GOOD = {"calendar/paths": 1.0, "calendar/seats": 0.9, "calendar/saver": 0.3, "calendar/offers": 40}


def test_a_sharp_drop_is_reported() -> None:
    assert find_drops({"calendar/paths": 0.4}, [GOOD, GOOD]) == [
        "40% of the required calendar paths, 100% in the last good runs"
    ]
    assert find_drops({"calendar/seats": 0.05, "calendar/offers": 40}, [GOOD, GOOD, GOOD]) == [
        "5% of calendar offers with seats, 90% in the last good runs"
    ]


@pytest.mark.parametrize(
    "shares",
    [
        pytest.param({"calendar/paths": 0.8}, id="a small drop"),
        pytest.param({"calendar/saver": 0.0, "calendar/offers": 40}, id="a field that is usually rare"),
        pytest.param({"calendar/miles": 0.0, "calendar/offers": 40}, id="a field without earlier shares"),
        pytest.param({"calendar/seats": 0.2, "calendar/offers": 40}, id="a field that some routes lack"),
        pytest.param({"calendar/seats": 0.0, "calendar/offers": 4}, id="a field of few offers"),
        pytest.param({}, id="nothing"),
    ],
)
def test_other_changes_are_not_reported(shares: dict[str, float]) -> None:
    assert find_drops(shares, [GOOD, GOOD]) == []


def test_one_good_run_is_not_enough() -> None:
    assert find_drops({"calendar/paths": 0.0}, [GOOD]) == []
    assert find_drops({"calendar/paths": 0.0}, []) == []


def test_one_bad_run_among_the_good_ones_does_not_hide_a_drop() -> None:
    assert find_drops({"calendar/paths": 0.1}, [GOOD, {"calendar/paths": 0.0}, GOOD])
