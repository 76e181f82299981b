"""Commands in the background: one of a group at a time, with their result, and with the settings of the server."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from awardspider.operations import background_commands
from awardspider.operations.background_commands import BackgroundCommands, CommandRun, command_environment
from tests.support.paths import ROOT
from tests.support.waiting import wait_until

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BackgroundCommands:
    """Return commands that run in the project."""
    monkeypatch.chdir(ROOT)
    return BackgroundCommands({"AWARD_DATA_DIR": str(tmp_path), "AWARD_SCRAPYD_URL": "http://127.0.0.1:1"}, lambda: NOW)


def result(commands: BackgroundCommands, group: str, subject: str) -> CommandRun:
    """Wait for the end of a command and return its result."""
    wait_until(lambda: commands.running(group) is None, 60)
    found = commands.latest(group, subject)
    assert found is not None
    return found


def test_one_command_of_a_group_runs_at_a_time(commands: BackgroundCommands) -> None:
    assert commands.start("list", "a", ["schedule", "list", "--json"])
    assert not commands.start("list", "b", ["schedule", "list"])
    running = commands.running("list")
    assert running is not None
    assert (running.subject, running.is_running) == ("a", True)
    found = result(commands, "list", "a")
    assert (found.output, found.exit_code, found.error, found.ended_at) == ("[]\n", 0, "", NOW)
    assert commands.latest("list", "b") is None


def test_a_command_without_output_says_why(commands: BackgroundCommands) -> None:
    commands.start("show", "run", ["runs", "show", "nothing"])
    found = result(commands, "show", "run")
    assert found.exit_code == 2
    assert found.error == "there is not exactly one run 'nothing'; scrapy runs lists them"


def test_a_command_that_takes_too_long_is_ended(commands: BackgroundCommands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background_commands, "MAX_SECONDS", 0.01)
    commands.start("list", "a", ["schedule", "list"])
    assert "took more than" in result(commands, "list", "a").error


def test_a_command_has_the_settings_of_the_server() -> None:
    settings = {"AWARD_LOCALE": "pt_BR", "AWARD_KEYS": {"smiles": "k3y"}, "AWARD_PANEL_PORT": 8804, "BOT_NAME": "x"}
    environment = command_environment(settings)
    assert environment["AWARD_LOCALE"] == "pt_BR"
    assert environment["AWARD_SMILES_KEY"] == "k3y"
    assert environment["AWARD_PANEL_PORT"] == "8804"
    assert "BOT_NAME" not in environment
    assert "AWARD_KEYS" not in environment
