"""The command `scrapy profile`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from awardspider.commands.profile import Command
from tests.support.commands import CommandRunner


@pytest.fixture
def profile(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandRunner:
    return CommandRunner(Command, {"AWARD_DATABASE_URL": "", "AWARD_DATA_DIR": str(tmp_path)}, capsys)


def shown(profile: CommandRunner) -> dict[str, object]:
    values: dict[str, object] = json.loads(profile.succeed("show", "--json"))
    return values


def test_a_new_profile_has_defaults(profile: CommandRunner) -> None:
    assert shown(profile) == {
        "name": "default",
        "locale": "en",
        "timezone": "UTC",
        "home_airport": None,
        "points": {},
        "reachable": [],
    }
    assert "home airport  none\npoints        none\n" in profile.succeed("show")


def test_values_are_changed_one_by_one(profile: CommandRunner) -> None:
    profile.succeed("set", "--home-airport", "gru", "--timezone", "America/Sao_Paulo", "--locale", "pt-BR")
    printed = profile.succeed("set", "--points", "amex=120k, MileagePlus=45000", "--name", "Ana")
    assert printed.splitlines()[:4] == [
        "name          Ana",
        "locale        pt_BR",
        "timezone      America/Sao_Paulo",
        "home airport  GRU",
    ]
    assert "120,000" in printed
    assert "United MileagePlus" in printed.splitlines()[-1]
    assert shown(profile)["points"] == {"amex": 120_000, "united": 45_000}


def test_an_empty_value_removes_the_stored_one(profile: CommandRunner) -> None:
    profile.succeed(
        "set", "--home-airport", "GRU", "--points", "united=1", "--locale", "es", "--timezone", "Asia/Tokyo"
    )
    profile.succeed("set", "--name", "Ana")
    printed = profile.succeed(
        "set", "--home-airport", "", "--points", "", "--locale", "", "--timezone", "", "--name", ""
    )
    assert "name          none" in printed.splitlines()
    assert shown(profile) == {
        "name": "default",
        "locale": "en",
        "timezone": "UTC",
        "home_airport": None,
        "points": {},
        "reachable": [],
    }


def test_the_programs_wrap_in_the_terminal(profile: CommandRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = profile.succeed("set", "--points", "amex=120k").splitlines()
    assert max(map(len, lines)) <= 80
    assert "Air Canada Aeroplan" in " ".join(" ".join(lines).split())


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["set"], "nothing to change; scrapy profile set --help lists the options"),
        (["set", "--points", "amexx=5"], '--points: unknown bank or program "amexx"'),
        (["set", "--home-airport", "NYC", "--name", "Ana"], '--home-airport: "NYC" is not the IATA code'),
        (["set", "--timezone", "Lisbon"], '--timezone: unknown time zone "Lisbon"'),
        (["set", "--name", "a" * 101], "--name: "),
    ],
)
def test_an_invalid_value_changes_nothing(profile: CommandRunner, arguments: list[str], error: str) -> None:
    before = shown(profile)
    assert profile.fail(*arguments).startswith(error)
    assert shown(profile) == before
