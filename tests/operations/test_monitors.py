"""The monitors of a run: each fails alone, with one sentence, and passes at its threshold."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from awardspider.operations.monitors import RunTotals, run_monitors
from awardspider.operations.thresholds import SETTINGS, MonitorThresholds, monitor_thresholds
from awardspider.outcomes import InvalidSetting

NAMES = ["searches", "outcomes", "offers", "field_coverage", "validation", "duration", "memory"]
USUAL = RunTotals(
    planned=40,
    made=40,
    failed=3,
    offers=240,
    compared_offers=200,
    usual_offers=220,
    invalid=2,
    duration=timedelta(minutes=30),
    memory_mb=180,
)


def failures(totals: RunTotals, thresholds: MonitorThresholds | None = None) -> dict[str, str]:
    """Return the sentences of the monitors that fail."""
    results = run_monitors(totals, thresholds or MonitorThresholds())
    assert [result.name for result in results] == NAMES
    assert all(result.sentence and "\n" not in result.sentence for result in results)
    return {result.name: result.sentence for result in results if not result.passed}


def test_a_usual_run_passes() -> None:
    assert failures(USUAL) == {}


@pytest.mark.parametrize(
    ("name", "values", "sentence"),
    [
        ("searches", {"made": 0, "failed": 0}, "none of 40 planned searches was made"),
        ("outcomes", {"failed": 21}, "21 of 40 searches failed"),
        ("offers", {"compared_offers": 43}, "found 43 offers, usually about 220"),
        ("field_coverage", {"coverage_drop": "0% of offers with seats"}, "0% of offers with seats"),
        ("validation", {"invalid": 27}, "27 of 267 offers were invalid"),
        ("duration", {"duration": timedelta(hours=6, minutes=1)}, "it took 361 minutes, more than 6 hours"),
        ("memory", {"memory_mb": 1501}, "it used 1,501 MB of memory, more than 1,500 MB"),
    ],
)
def test_each_monitor_fails_alone(name: str, values: dict[str, Any], sentence: str) -> None:
    assert failures(replace(USUAL, **values)) == {name: sentence}


@pytest.mark.parametrize(
    "values",
    [
        {"failed": 20},
        {"made": 1, "failed": 1},  # one failed search says little
        {"compared_offers": 44},
        {"compared_offers": 0, "usual_offers": 9.9},  # too few to compare
        {"compared_offers": None, "usual_offers": None},
        {"planned": 0, "made": 0, "failed": 0},
        {"invalid": 26},
        {"duration": timedelta(hours=6)},
        {"memory_mb": 1500},
    ],
)
def test_values_at_the_threshold_pass(values: dict[str, Any]) -> None:
    assert failures(replace(USUAL, **values)) == {}


def test_a_threshold_of_0_switches_a_monitor_off() -> None:
    worst = replace(USUAL, failed=40, compared_offers=0, invalid=999, duration=timedelta(days=3), memory_mb=99_999)
    off = monitor_thresholds({name: "0" for name, _ in SETTINGS.values()})
    assert failures(worst, off) == {}
    assert failures(worst).keys() == {"outcomes", "offers", "validation", "duration", "memory"}


def test_a_monitor_that_crashes_fails() -> None:
    crashed = failures(replace(USUAL, usual_offers="x"))  # type: ignore[arg-type]
    assert crashed == {"offers": "the monitor offers crashed"}


def test_thresholds_of_the_settings() -> None:
    assert monitor_thresholds({}) == MonitorThresholds()
    assert monitor_thresholds({"AWARD_MONITOR_RUN_HOURS": "2"}).max_run_time == timedelta(hours=2)
    with pytest.raises(InvalidSetting, match="AWARD_MONITOR_FAILED_PERCENT"):
        monitor_thresholds({"AWARD_MONITOR_FAILED_PERCENT": "101"})
