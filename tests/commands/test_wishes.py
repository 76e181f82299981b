"""`scrapy wishes`: rows in, rows out, and lines that are not wishes."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from awardspider.commands import wishes
from tests.support.commands import CommandRunner

GOOD = {"id": "w1", "text": "business to tokyo in march from lax", "lang": "en", "today": "2026-11-28"}


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> CommandRunner:
    return CommandRunner(wishes.Command, {}, capsys)


def write(folder: Path, *lines: object) -> str:
    """Write lines to a file, objects as JSON, and return its name."""
    path = folder / "wishes.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8")
    return str(path)


def rows(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_row_has_the_documented_fields_in_order(run: CommandRunner, tmp_path: Path) -> None:
    (row,) = rows(run.succeed(write(tmp_path, GOOD)))
    assert list(row) == [
        "id", "intent", "origins", "destinations", "dates", "cabins", "travelers", "max_miles", "max_stops", "nights",
        "programs", "exclude", "ask_about",
    ]  # fmt: skip
    assert (row["id"], row["origins"], row["dates"]) == ("w1", ["LAX"], [["2027-03-01", "2027-03-31"]])


def test_wishes_come_from_stdin(run: CommandRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(GOOD).encode() + b"\n\n")))
    assert len(rows(run.succeed("-"))) == 1


def test_a_home_airport_is_the_origin(run: CommandRunner, tmp_path: Path) -> None:
    (row,) = rows(run.succeed(write(tmp_path, {"id": 7, "text": "pra Lisboa", "home_airport": "GRU"})))
    assert (row["id"], row["origins"], row["ask_about"]) == (7, ["GRU"], None)


def test_today_is_the_current_day_if_it_is_missing(
    run: CommandRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wishes.Command, "now", staticmethod(lambda: datetime(2028, 2, 28, 12, tzinfo=UTC)))
    (row,) = rows(run.succeed(write(tmp_path, {"id": 1, "text": "LAX-NRT tomorrow", "lang": None, "today": None})))
    assert row["dates"] == [["2028-02-29", "2028-02-29"]]


@pytest.mark.parametrize(
    ("line", "number", "sentence"),
    [
        ("{bad", None, "the line is not JSON"),
        ("[1, 2]", None, "the line is not an object"),
        ('"text"', None, "the line is not an object"),
        ({"id": "x"}, "x", "text is missing or not a text"),
        ({"id": "x", "text": 5}, "x", "text is missing or not a text"),
        ({"id": "x", "text": "hi", "lang": 5}, "x", "lang must be"),
        ({"id": "x", "text": "hi", "home_airport": ["LAX"]}, "x", "home_airport must be"),
        ({"id": "x", "text": "hi", "today": "tomorrow"}, "x", "today must be a date such as 2026-11-28"),
        ({"id": "x", "text": "hi", "today": "9999-12-31"}, "x", "today must be a date such as 2026-11-28"),
        ({"id": "x", "text": "hi", "today": 5}, "x", "today must be a date such as 2026-11-28"),
        ("[" * 100_000, None, "the line is not JSON"),
    ],
)
def test_a_bad_line_gives_an_error_row_and_the_others_are_parsed(
    run: CommandRunner, tmp_path: Path, line: object, number: object, sentence: str
) -> None:
    result = run(write(tmp_path, GOOD, line, GOOD))
    first, error, last = rows(result.out)
    assert (result.code, first["id"], last["id"]) == (2, "w1", "w1")
    assert error["id"] == number
    assert error["error"].startswith(sentence)
    assert result.err == f"wishes.jsonl:2: {error['error']}\n"


def test_text_that_is_not_utf_8(run: CommandRunner, tmp_path: Path) -> None:
    (tmp_path / "wishes.jsonl").write_bytes(b'{"text": "caf\xe9"}\n')
    assert run(str(tmp_path / "wishes.jsonl")).code == 2


def test_arguments(run: CommandRunner, tmp_path: Path) -> None:
    assert "give one file, or - for stdin" in run.fail()
    assert "No such file" in run.fail(str(tmp_path / "missing.jsonl"))
