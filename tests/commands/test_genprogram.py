"""`scrapy genprogram` in a copy of the project: what it writes fits in, and fails only where it must be filled."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from awardspider.commands.genprogram import SHAPES
from tests.test_architecture import ROOT

PARTS = ("awardspider", "tests", "docs", "scrapy.cfg", "pyproject.toml")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    for part in PARTS:
        source = ROOT / part
        ignore = shutil.ignore_patterns("__pycache__", "recorded")
        if source.is_dir():
            shutil.copytree(source, tmp_path / part, ignore=ignore)
        else:
            shutil.copy(source, tmp_path / part)
    return tmp_path


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWARD_", "SCRAPY_"))}
    environment = clean | {"PYTHONPATH": str(folder), "AWARD_DATA_DIR": str(folder / "data")}
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_new_programs_fit_in_and_fail_where_they_must_be_filled(clone: Path) -> None:
    """One of each shape, in one clone: what takes its time is to start all this."""
    names = [f"korean{shape}" for shape in SHAPES]
    for name, shape in zip(names, SHAPES, strict=True):
        begun = run(clone, "scrapy", "genprogram", name, "--shape", shape, "--title", f"Korean {shape}",
                    "--site", "https://www.koreanair.com", "--carriers", "KE")  # fmt: skip
        assert begun.returncode == 0, begun.stderr
        written = re.findall(r"^  (\S+)", begun.stdout, re.MULTILINE)
        assert written
        assert all((clone / path).exists() for path in written)
    assert set(names) <= set(run(clone, "scrapy", "list").stdout.split())
    tests = run(
        clone, "pytest", "-q", "-k", "korean", "tests/test_programs.py", "tests/test_readers.py", "tests/test_house.py"
    )
    failed = re.findall(r"^FAILED \S+::(\w+)(?:\[(korean[a-z]+))?", tests.stdout, re.MULTILINE)
    assert {name for test, name in failed if test == "test_offers_are_those_expected"} == set(names), tests.stdout
    assert {test for test, _ in failed} <= {
        "test_offers_are_those_expected",
        "test_no_offer_is_told_twice",
        "test_reading_is_pure",
        "test_an_answer_says_what_it_is",
        "test_an_answer_is_read_the_same_by_what_it_says_of_itself",
        "test_each_reader_has_a_case_for_found_none_and_changed",
    }, tests.stdout
    assert tests.stdout.count("does not read offers yet") >= len(names)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name one program"),
        (("Korean",), "is no name for a program"),
        (("united",), "is in programs.toml already"),
        (("korean", "--site", "koreanair.com"), "write it as https://"),
        (("korean", "--carriers", "KOREAN"), "codes of two"),
        (("korean", "--title", 'a "quote"'), "without quotes"),
    ],
)
def test_what_cannot_begin_is_one_sentence(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    refused = run(ROOT, "scrapy", "genprogram", *arguments)
    assert refused.returncode == 2
    assert said in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1


def test_nothing_is_written_over(clone: Path) -> None:
    page = clone / "docs" / "sources" / "korean.md"
    page.write_text("mine")
    catalogue = (clone / "awardspider" / "programs.toml").read_text()
    refused = run(clone, "scrapy", "genprogram", "korean")
    assert (refused.returncode, "is there already" in refused.stderr) == (2, True)
    assert page.read_text() == "mine"
    assert (clone / "awardspider" / "programs.toml").read_text() == catalogue
