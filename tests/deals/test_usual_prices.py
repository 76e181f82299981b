"""Tests of the usual prices of a route over all lead times."""

from datetime import date, timedelta

import pytest

from awardspider.deals.classes import Thresholds
from awardspider.deals.usual_prices import UsualPrices, may_have_record, usual_prices

THRESHOLDS = Thresholds(min_days=2, min_prices=4, record_low_days=30)


def test_the_median_and_the_quarter_are_those_of_all_prices() -> None:
    counts = {50_000: 1, 60_000: 2, 80_000: 1}
    assert usual_prices(counts, 2, THRESHOLDS) == UsualPrices(median=60_000, quarter=57_500)


@pytest.mark.parametrize(("counts", "days"), [({50_000: 4}, 1), ({50_000: 3}, 2), ({}, 5)])
def test_too_little_evidence_gives_no_usual_prices(counts: dict[int, int], days: int) -> None:
    assert usual_prices(counts, days, THRESHOLDS) is None


@pytest.mark.parametrize(("days", "expected"), [(29, False), (30, True)])
def test_a_record_needs_a_long_history(days: int, expected: bool) -> None:
    first = date(2026, 10, 1)
    assert may_have_record(first, first + timedelta(days=days), THRESHOLDS) is expected
