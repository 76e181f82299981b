"""Tests of the current time, and of the rule that the package uses no other clock."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from scrapy.settings import Settings

from awardspider import clock
from awardspider.commands.programs import Command as Programs
from awardspider.crawling.validation import check_settings
from awardspider.outcomes import InvalidSetting
from tests.support.commands import CommandRunner
from tests.support.paths import ROOT
from tests.support.source_code import MODULES, PACKAGE, display_name, parse

SANDBOX_URL = "http://127.0.0.1:8800"
MINUTE = timedelta(minutes=1)

#: Prints the current time of a process, as the child of another one.
PRINT_NOW = "from awardspider import clock; print(clock.now().isoformat())"


@pytest.fixture(autouse=True)
def _real_time(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Start without a simulated time, and restore the environment afterwards."""
    for name in (clock.SETTING, clock.STARTED):
        monkeypatch.setenv(name, "")  # so that the variable is restored even if the code under test sets it
        monkeypatch.delenv(name)
    clock._offset.cache_clear()
    yield
    clock._offset.cache_clear()


def simulated(text: str, **others: Any) -> Settings:
    """Return a crawl's settings with a simulated time."""
    settings = Settings({"AWARD_SANDBOX_URL": SANDBOX_URL} | others | {clock.SETTING: text})
    settings.setmodule("awardspider.settings", priority="default")
    return settings


def test_the_time_is_the_real_one_by_default() -> None:
    before = datetime.now(UTC)
    assert before <= clock.now() < before + MINUTE


@pytest.mark.parametrize("text", ["2026-10-01T12:00Z", "2026-10-01T14:00+02:00", "2026-10-01 12:00"])
def test_a_simulated_time_goes_on_from_its_start(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    start = datetime(2026, 10, 1, 12, tzinfo=UTC)
    monkeypatch.setenv(clock.SETTING, text)
    first, second = clock.now(), clock.now()
    assert start <= first <= second < start + MINUTE
    assert first.tzinfo is UTC


def test_the_real_time_is_never_simulated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(clock.SETTING, "2020-10-01T12:00Z")
    assert clock.real_now() - clock.now() > timedelta(days=1000)


def test_another_simulated_time_applies_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(clock.SETTING, "2026-10-01T12:00Z")
    assert clock.now().day == 1
    monkeypatch.setenv(clock.SETTING, "2026-10-03T12:00Z")
    assert clock.now().day == 3


def test_a_child_process_has_the_same_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(clock.SETTING, "2026-10-01T12:00Z")
    before = clock.now()
    child = subprocess.run([sys.executable, "-c", PRINT_NOW], cwd=ROOT, capture_output=True, text=True, check=True)
    assert before <= datetime.fromisoformat(child.stdout.strip()) <= clock.now()


@pytest.mark.parametrize("text", ["yesterday", "2026-10-01T12:00:00Z/2", "0001-01-01T00:00+10:00"])
def test_an_invalid_time_is_refused(text: str) -> None:
    with pytest.raises(
        InvalidSetting, match=r"AWARD_SIMULATED_TIME is .*, but must be a time such as 2026-10-01T12:00Z"
    ):
        clock.simulate_time(simulated(text))
    assert clock.SETTING not in os.environ


def test_a_simulated_time_is_refused_without_a_sandbox() -> None:
    with pytest.raises(InvalidSetting, match="only for the sandbox: set AWARD_SANDBOX_URL too"):
        check_settings(simulated("2026-10-01T12:00Z", AWARD_SANDBOX_URL=""))
    assert clock.SETTING not in os.environ


def test_the_settings_of_a_crawl_set_the_clock() -> None:
    check_settings(simulated("2026-10-01T12:00Z"))
    assert f"{clock.now():%Y-%m-%d}" == "2026-10-01"
    check_settings(simulated(""))
    assert datetime.now(UTC) - clock.now() < MINUTE


def test_every_command_refuses_an_invalid_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    programs = CommandRunner(Programs, {"AWARD_DATA_DIR": str(tmp_path), "AWARD_SANDBOX_URL": SANDBOX_URL}, capsys)
    assert "must be a time" in programs.fail(AWARD_SIMULATED_TIME="soon")
    assert "only for the sandbox" in programs.fail(AWARD_SIMULATED_TIME="2026-10-01T12:00Z", AWARD_SANDBOX_URL="")


def clock_readings(tree: ast.AST) -> list[int]:
    """Return the lines that read the real date and time."""
    names = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time"}
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    return [node.lineno for node in calls if ast.unparse(node) in names]


def test_the_package_reads_no_other_clock() -> None:
    """The sandbox has a clock of its own, and the migration notes when it really ran."""
    exempt = (PACKAGE / "clock.py", PACKAGE / "sandbox", PACKAGE / "storage" / "migrations")
    checked = [path for path in MODULES if not any(path.is_relative_to(folder) for folder in exempt)]
    assert {display_name(path): lines for path in checked if (lines := clock_readings(parse(path)))} == {}


def test_readings_of_the_real_time_are_found() -> None:
    code = "datetime.now(UTC)\nclock.now()\nlambda: time.time()\nfield(default_factory=date.today)\ntime.monotonic()"
    assert clock_readings(ast.parse(code)) == [1, 3, 4]
