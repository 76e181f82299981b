"""The command `scrapy headlines`."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from awardspider.commands.headlines import Command
from tests.support.commands import CommandRunner

HEADLINE = {
    "id": "h1",
    "title": "Transfer Amex points to Flying Blue with 25% bonus until October 31",
    "summary": "…",
    "published": "2026-10-02",
    "lang": "en",
}
TERMS = {
    "id": "h1",
    "kind": "transfer_bonus",
    "programs": ["Flying Blue"],
    "banks": ["Amex Membership Rewards"],
    "percent": 25,
    "up_to": False,
    "bonus_or_discount": "bonus",
    "cents_per_mile": None,
    "miles_price": None,
    "routes": [],
    "book_by": "2026-10-31",
    "travel_from": None,
    "travel_until": None,
    "targeted": False,
    "expired": False,
}


@pytest.fixture
def headlines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandRunner:
    return CommandRunner(Command, {"AWARD_DATA_DIR": str(tmp_path)}, capsys)


def write(tmp_path: Path, *lines: str | bytes) -> str:
    """Write a file of lines and return its name."""
    path = tmp_path / "headlines.jsonl"
    path.write_bytes(b"\n".join(line.encode() if isinstance(line, str) else line for line in lines))
    return str(path)


def test_a_headline_has_all_fields_in_order(headlines: CommandRunner, tmp_path: Path) -> None:
    (line,) = headlines.succeed(write(tmp_path, json.dumps(HEADLINE))).splitlines()
    assert json.loads(line) == TERMS
    assert list(json.loads(line)) == list(TERMS)


def test_values_are_numbers_codes_and_names(headlines: CommandRunner, tmp_path: Path) -> None:
    titles = (
        "Buy Alaska Atmos Rewards points with a 100% bonus (1.88 cents each)",
        "Frankfurt to Cancun, Mexico for only €295 roundtrip",
        "LifeMiles award sale from 7,500 miles, travel until March 31, 2027",
    )
    lines = [json.dumps({"title": title, "published": "2026-10-02"}) for title in titles]
    bought, fare, sale = map(json.loads, headlines.succeed(write(tmp_path, *lines)).splitlines())
    assert (bought["programs"], bought["cents_per_mile"]) == (["Atmos Rewards"], 1.88)
    assert (fare["kind"], fare["routes"]) == ("cash_fare_deal", ["FRA-CUN"])
    assert (sale["miles_price"], sale["travel_until"]) == (7500, "2027-03-31")
    assert [row["id"] for row in (bought, fare, sale)] == [None, None, None]


def test_a_time_of_publication_and_a_byte_order_mark_are_accepted(headlines: CommandRunner, tmp_path: Path) -> None:
    line = json.dumps(HEADLINE | {"published": "2026-10-02T08:00:00Z"})
    assert json.loads(headlines.succeed(write(tmp_path, b"\xef\xbb\xbf" + line.encode()))) == TERMS


def test_minus_is_standard_input(headlines: CommandRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(HEADLINE).encode())))
    assert json.loads(headlines.succeed("-")) == TERMS


def test_invalid_lines_are_reported_and_the_others_written(headlines: CommandRunner, tmp_path: Path) -> None:
    name = write(
        tmp_path,
        json.dumps(HEADLINE),
        "",
        "not JSON",
        json.dumps({"title": "Buy Avios"}),
        json.dumps({"title": 7, "published": "2026-10-02"}),
        json.dumps({"title": "Buy Avios", "published": "yesterday"}),
        b'{"title": "\xff", "published": "2026-10-02"}',
        "[]",
        json.dumps(HEADLINE | {"id": 2, "summary": None, "lang": None}),
    )
    result = headlines(name)
    assert [json.loads(line)["id"] for line in result.out.splitlines()] == ["h1", 2]
    assert [line.split(":")[1].strip() for line in result.err.splitlines()] == [f"line {n}" for n in (3, 4, 5, 6, 7, 8)]
    assert "Traceback" not in result.err
    assert result.code == 2


def test_an_empty_file_has_no_lines(headlines: CommandRunner, tmp_path: Path) -> None:
    assert headlines.succeed(write(tmp_path)) == ""


@pytest.mark.parametrize(("arguments", "message"), [((), "name one file"), (("missing.jsonl",), "cannot be read")])
def test_a_file_is_required(headlines: CommandRunner, arguments: tuple[str, ...], message: str) -> None:
    result = headlines(*arguments)
    assert message in result.err
    assert result.code == 2
