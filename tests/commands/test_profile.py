"""The command `scrapy profile`."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from awardspider.commands.profile import Command
from awardspider.items import PromotionItem, PromotionKind
from awardspider.storage.store import open_store
from tests.support.commands import CommandRunner
from tests.support.stored_promotions import store_announcements


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
        "targeted": [],
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
        "targeted": [],
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
        (["set", "--targeted", "united"], '--targeted: unknown bank "united"'),
        (["cost", "amex", "70k"], 'unknown program "amex"'),
        (["cost", "united", "many"], "miles: "),
    ],
)
def test_an_invalid_value_changes_nothing(profile: CommandRunner, arguments: list[str], error: str) -> None:
    before = shown(profile)
    assert profile.fail(*arguments).startswith(error)
    assert shown(profile) == before


# ---- targeted bonuses and costs ------------------------------------------------------------------------------------


@pytest.fixture
def costs(profile: CommandRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandRunner:
    """Return the command with points, on a day with a targeted bonus of 30 % from Chase to United."""
    monkeypatch.setattr(Command, "now", staticmethod(lambda: datetime(2026, 11, 29, 12, 0, tzinfo=UTC)))
    bonus = PromotionItem(
        kind=PromotionKind.TRANSFER_BONUS,
        title="30% transfer bonus from Chase to United",
        source="feed",
        link="https://blog.example/1",
        seen_at=Command.now(),
        programs=("united",),
        banks=("Chase",),
        percent=30,
        book_by=date(2026, 12, 10),
        targeted=True,
    )
    store = open_store("", tmp_path)
    store_announcements(store, bonus)
    store.close()
    profile.succeed("set", "--points", "chase=60k, united=12300, amex=5000")
    return profile


def test_banks_with_targeted_offers_are_shown_and_removed(profile: CommandRunner) -> None:
    printed = profile.succeed("set", "--targeted", "chase, Membership Rewards")
    assert "targeted      Amex Membership Rewards, Chase Ultimate Rewards" in printed.splitlines()
    assert shown(profile)["targeted"] == ["amex", "chase"]
    profile.succeed("set", "--name", "Ana")
    assert shown(profile)["targeted"] == ["amex", "chase"]
    assert "targeted" not in profile.succeed("set", "--targeted", "")
    assert shown(profile)["targeted"] == []


def test_the_cost_of_an_award_is_shown_in_points(costs: CommandRunner) -> None:
    lines = costs.succeed("cost", "MileagePlus", "70k").splitlines()
    assert lines[0].split()[:2] == ["pay", "with"]
    assert [" ".join(line.split()) for line in lines[2:-2]] == [
        "58,000 Ultimate Rewards points 12,300 1 58,000 300 60,000",
        "70,000 MileagePlus miles 1 70,000 0 12,300 (57,700 missing)",
        "70,000 Ultimate Rewards points 1 70,000 0 60,000 (10,000 missing)",
    ]
    assert lines[-2] == "price: 70,000 MileagePlus miles"


def test_a_targeted_bonus_counts_only_if_the_profile_has_it(costs: CommandRunner) -> None:
    assert "30 %" not in costs.succeed("cost", "united", "70000")
    costs.succeed("set", "--targeted", "chase")
    assert "30% until 2026-12-10" in costs.succeed("cost", "united", "70000")
    best, *_ = json.loads(costs.succeed("cost", "united", "70000", "--json"))
    assert (best["key"], best["points"], best["own_miles"], best["leftover"]) == ("chase", 45_000, 12_300, 800)
    assert (best["bonus_percent"], best["bonus_until"]) == (30, "2026-12-10")
    assert best["bonus_source"] == "https://blog.example/1"


def test_points_that_do_not_reach_the_program_are_named(costs: CommandRunner) -> None:
    assert costs.succeed("cost", "sas", "9000").splitlines() == [
        "price: 9,000 EuroBonus points",
        "no points of the profile reach SAS EuroBonus",
    ]
    costs.succeed("set", "--points", "")
    assert "the profile has no points; scrapy profile set --points adds them" in costs.succeed("cost", "sas", "9000")
