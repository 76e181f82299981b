"""`scrapy feeds`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest
from scrapy.settings import Settings

from awardspider.commands import feeds


def run(folder: Path, *words: str, **settings: str) -> int:
    """Run the command and return its exit code."""
    command = feeds.Command()
    command.settings = Settings({"AWARD_DATABASE_URL": "", "AWARD_DATA_DIR": str(folder)} | settings)
    parser = argparse.ArgumentParser()
    command.add_options(parser)
    opts, args = parser.parse_known_args(words)
    command.run(args, opts)
    return command.exitcode


@pytest.fixture
def folder(migrated_sqlite: Path, tmp_path: Path) -> Path:
    (tmp_path / "awardspider.db").write_bytes(migrated_sqlite.read_bytes())
    return tmp_path


def test_it_writes_four_files_and_prints_their_names(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = folder / "feeds"
    assert run(folder, "--out", str(out), "--link", "https://example.org/feeds", AWARD_LOCALE="pt_BR") == 0
    printed = capsys.readouterr().out.splitlines()
    assert sorted(printed) == sorted(str(path) for path in out.iterdir())
    document = json.loads((out / "deals.json").read_text())
    assert document["language"] == "pt-BR"
    assert document["feed_url"] == "https://example.org/feeds/deals.json"


def test_the_option_takes_precedence_over_the_setting(folder: Path) -> None:
    assert run(folder, "--out", str(folder), "--locale", "es", AWARD_LOCALE="pt_BR") == 0
    assert json.loads((folder / "promotions.json").read_text())["language"] == "es"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "--out is missing"),
        (["--out", "here", "--locale", "klingon"], "unknown locale 'klingon' (choose from en, pt_BR, es)"),
        (["--out", "here", "--limit", "many"], "--limit: expected an integer"),
        (["--out", "here", "--link", "example.org"], "--link: expected the URL of a folder"),
        (["--out", "here", "--link", "https://example.org/?a=b"], "--link: expected the URL of a folder"),
        (["deals"], "unexpected argument 'deals'"),
    ],
)
def test_invalid_arguments_are_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], args: list[str], message: str
) -> None:
    assert run(folder, *args) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
