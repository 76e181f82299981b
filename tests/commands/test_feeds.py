"""`scrapy feeds`: files where they were asked for, and a sentence for what cannot be."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest
from scrapy.settings import Settings

from awardspider.commands import feeds


def run(folder: Path, *words: str, **settings: str) -> int:
    """Run it with these words behind its name, as Scrapy would; returns its exit code."""
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


def test_it_writes_four_files_and_names_them(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = folder / "feeds"
    assert run(folder, "--out", str(out), "--link", "https://example.org/feeds", AWARD_LOCALE="pt_BR") == 0
    named = capsys.readouterr().out.splitlines()
    assert sorted(named) == sorted(str(path) for path in out.iterdir())
    document = json.loads((out / "deals.json").read_text())
    assert document["language"] == "pt-BR"
    assert document["feed_url"] == "https://example.org/feeds/deals.json"


def test_the_option_is_stronger_than_the_setting(folder: Path) -> None:
    assert run(folder, "--out", str(folder), "--locale", "es", AWARD_LOCALE="pt_BR") == 0
    assert json.loads((folder / "promotions.json").read_text())["language"] == "es"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "--out is missing"),
        (["--out", "here", "--locale", "klingon"], "there are no texts in 'klingon'; write en, pt_BR, es"),
        (["--out", "here", "--limit", "many"], "--limit is 'many'"),
        (["--out", "here", "--link", "example.org"], "--link is 'example.org'; write the address of a folder"),
        (["--out", "here", "--link", "https://example.org/?a=b"], "write the address of a folder"),
        (["deals"], "there is no argument 'deals'"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    assert run(folder, *words) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1
