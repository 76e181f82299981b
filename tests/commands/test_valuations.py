"""The command `scrapy valuations`."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from awardspider.commands.valuations import FIELDS, Command
from tests.support.commands import CommandRunner

OLD = "values of 2026-03-21 are 253 days old"


@pytest.fixture
def valuations(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> CommandRunner:
    monkeypatch.setattr(Command, "now", staticmethod(lambda: datetime(2026, 11, 29, 12, 0, tzinfo=UTC)))
    return CommandRunner(Command, {"AWARD_DATA_DIR": str(tmp_path), "AWARD_VALUATIONS": ""}, capsys)


def test_the_table_ends_with_the_date_and_the_finding(valuations: CommandRunner) -> None:
    lines = valuations.succeed().splitlines()
    (united,) = [" ".join(line.split()) for line in lines if line.startswith("united ")]
    assert united == "united United MileagePlus MileagePlus miles 1.10 1.50 tpg 1.5, up 1.2, omaat 1.1, vftw 1.3"
    (sas,) = [line.split() for line in lines if line.startswith("sas ")]
    assert sas[-3:] == ["1.20", "1.30", "assumed"]
    assert "March 2026, of 2026-03-21 (253 days old); tpg: The Points Guy" in lines[-2]
    assert OLD in lines[-1]


def test_json_has_every_bank_and_program(valuations: CommandRunner) -> None:
    result = valuations("--format", "json")
    assert result.err.count("\n") == 1
    assert OLD in result.err
    rows = json.loads(result.out)
    assert {tuple(row) for row in rows} == {FIELDS}
    (amex,) = [row for row in rows if row["key"] == "amex"]
    assert amex == {
        "key": "amex",
        "name": "Amex Membership Rewards",
        "kind": "bank",
        "currency": "Membership Rewards points",
        "low_cents": "1.7",
        "high_cents": "2.2",
        "assumed": False,
        "sources": "tpg 2.0, up 2.2, omaat 1.7, vftw 1.7",
        "edition": "March 2026",
        "as_of": "2026-03-21",
        "age_days": 253,
    }


def test_csv_has_a_header(valuations: CommandRunner) -> None:
    header, *rows = csv.reader(valuations("--format", "csv").out.splitlines())
    assert tuple(header) == FIELDS
    assert {row[2] for row in rows} == {"bank", "program"}


def test_values_of_a_recent_file_have_no_finding(valuations: CommandRunner, tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text("as_of = 2026-11-01\n[values]\nunited = { low = 1.2, high = 1.4 }\n")
    valuations.settings["AWARD_VALUATIONS"] = str(file)
    lines = valuations.succeed().splitlines()
    assert lines[-1] == "US cents per mile or point, of 2026-11-01 (28 days old)"
    file.write_text("as_of = 2026-11-01\n[values]\nunited = 3\n")
    assert "own.toml: values.united: must be a table with low and high" in valuations.fail()
