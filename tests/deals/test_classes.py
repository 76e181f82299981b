"""Deal classes, case by case."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from awardspider.deals.classes import SETTINGS, Thresholds, classify, judge, parse_thresholds
from awardspider.outcomes import InvalidSetting
from awardspider.search.judgments import Baseline, BaselineScope, CashFare, DealClass

DAY = date(2026, 11, 22)
AT = datetime(2026, 11, 22, 10, tzinfo=UTC)
RECORD_LOW, EXCEPTIONAL, GOOD, USUAL, UNKNOWN = DealClass


def make_baseline(**fields: Any) -> Baseline:
    """Return a baseline with a median of 100,000, a quarter of 85,000, a tenth of 70,000 and a lowest of 50,000."""
    values: dict[str, Any] = {
        "scope": BaselineScope.ROUTE,
        "window_days": 90,
        "median": 100_000,
        "quarter": 85_000,
        "tenth": 70_000,
        "days": 40,
        "searches": 61,
        "lowest": 50_000,
        "lowest_day": date(2026, 10, 1),
        "first_day": DAY - timedelta(days=60),
        "day_lowest": 70_000,
    }
    return Baseline(**values | fields)


@pytest.mark.parametrize(
    ("miles", "changes", "expected"),
    [
        (100_000, {}, USUAL),
        (85_001, {}, USUAL),  # not 15 % below the median
        (85_000, {}, GOOD),
        (85_000, {"quarter": 84_999}, USUAL),  # above the 25th percentile
        (63_001, {}, GOOD),  # not 10 % below the tenth percentile
        (63_000, {}, EXCEPTIONAL),
        (63_000, {"day_lowest": 69_999}, GOOD),  # not 10 % below the lowest price of a usual day
        (63_000, {"day_lowest": None}, EXCEPTIONAL),
        (63_000, {"median": 89_999}, GOOD),  # not 30 % below the median
        (63_000, {"scope": BaselineScope.REVERSE_ROUTE}, EXCEPTIONAL),
        (63_000, {"scope": BaselineScope.REGION_PAIR}, GOOD),
        (63_000, {"scope": BaselineScope.DISTANCE_BAND}, GOOD),
        (50_000, {}, EXCEPTIONAL),  # not lower than the lowest
        (49_999, {}, RECORD_LOW),
        (49_999, {"first_day": DAY - timedelta(days=30)}, RECORD_LOW),
        (49_999, {"first_day": DAY - timedelta(days=29)}, EXCEPTIONAL),
        (49_999, {"scope": BaselineScope.REVERSE_ROUTE}, EXCEPTIONAL),
        (49_999, {"scope": BaselineScope.DISTANCE_BAND}, GOOD),
        (49_999, {"median": 55_000, "quarter": 52_000}, USUAL),  # lower than ever, but not good
        (79_999, {"lowest": 80_000}, RECORD_LOW),
        (0, {}, UNKNOWN),
        (None, {}, UNKNOWN),
    ],
)
def test_a_price_has_the_class_of_the_table(miles: int | None, changes: dict[str, Any], expected: DealClass) -> None:
    assert classify(miles, make_baseline(**changes), Thresholds(), day=DAY) is expected


def test_a_price_above_one_of_the_same_crawl_is_no_record_low() -> None:
    for lowest_found, expected in ((49_000, EXCEPTIONAL), (49_999, RECORD_LOW), (None, RECORD_LOW)):
        assert classify(49_999, make_baseline(), Thresholds(), day=DAY, lowest_found=lowest_found) is expected


def test_a_mixed_cabin_is_never_a_record_low() -> None:
    assert classify(49_999, make_baseline(), Thresholds(), day=DAY, mixed_cabin=True) is EXCEPTIONAL


def test_without_a_baseline_the_class_is_unknown() -> None:
    judgment = judge(10_000, None, Thresholds(), at=AT)
    assert (judgment.deal_class, judgment.miles, judgment.baseline, judgment.lowest_since) == (
        UNKNOWN, 10_000, None, None,
    )  # fmt: skip
    assert judgment.discount_percent is None


def test_a_judgment_has_its_evidence() -> None:
    fare = CashFare(amount=Decimal("900.00"), currency="USD", source="united", seen_at=AT)
    judgment = judge(
        60_000,
        make_baseline(),
        Thresholds(),
        at=AT,
        lowest_since=date(2026, 9, 14),
        cents_per_point=Decimal("1.49"),
        cash_fare=fare,
    )
    assert judgment.deal_class is EXCEPTIONAL
    assert judgment.baseline == make_baseline()
    assert judgment.discount_percent == 40
    assert (judgment.judged_at, judgment.lowest_since) == (AT, date(2026, 9, 14))
    assert (judgment.cents_per_point, judgment.cash_fare) == (Decimal("1.49"), fare)


def test_thresholds_come_from_settings() -> None:
    assert parse_thresholds({}) == Thresholds()
    settings = {name: str(number) for number, (name, _, _) in enumerate(SETTINGS.values(), 40)}
    assert parse_thresholds(settings) == Thresholds(
        min_days=40, min_prices=41, good_percent=42, exceptional_percent=43, rare_percent=44, record_low_days=45
    )
    assert classify(58_000, make_baseline(), parse_thresholds(settings), day=DAY) is GOOD


def test_a_threshold_of_zero_is_never_the_default() -> None:
    """A number, as in a file of settings, counts like its text."""
    for zero in (0, "0", " 0 "):
        assert parse_thresholds({"AWARD_RARE_PERCENT": zero}).rare_percent == 0
        with pytest.raises(InvalidSetting, match="AWARD_BASELINE_DAYS is '0', but must be a number from 1 to 90"):
            parse_thresholds({"AWARD_BASELINE_DAYS": zero})


@pytest.mark.parametrize("name", [name for name, _, _ in SETTINGS.values()])
@pytest.mark.parametrize("text", ["-1", "15%", "x", "1.5", "9999999", "٣"])
def test_an_invalid_threshold_is_rejected(name: str, text: str) -> None:
    with pytest.raises(InvalidSetting, match=f"{name} is .*, but must be a number from"):
        parse_thresholds({name: text})


def test_exceptional_is_at_least_as_far_below_the_median_as_good() -> None:
    with pytest.raises(
        InvalidSetting, match="AWARD_EXCEPTIONAL_PERCENT is 10, but must be at least AWARD_GOOD_PERCENT"
    ):
        parse_thresholds({"AWARD_EXCEPTIONAL_PERCENT": "10"})
