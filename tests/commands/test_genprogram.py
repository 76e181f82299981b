"""`scrapy genprogram` in a copy of the project: new files fit in, and fail only the tests that say what to write."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from awardspider.commands.genprogram import TEMPLATES
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

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


@pytest.mark.slow
def test_new_programs_load_and_fail_until_they_are_written(clone: Path) -> None:
    """One of each template, in one copy: starting pytest takes most of the time."""
    names = [f"korean{template}" for template in TEMPLATES]
    for name, template in zip(names, TEMPLATES, strict=True):
        result = run(clone, "scrapy", "genprogram", name, "--template", template, "--title", f"Korean {template}",
                    "--site", "https://www.koreanair.com", "--carriers", "KE")  # fmt: skip
        assert result.returncode == 0, result.stderr
        created = re.findall(r"^  (\S+)", result.stdout, re.MULTILINE)
        assert created
        assert all((clone / path).exists() for path in created)
    assert set(names) <= set(run(clone, "scrapy", "list").stdout.split())
    modules = ("tests/test_programs.py", "tests/parsers/test_parsers.py", "tests/test_architecture.py")
    tests = run(clone, "pytest", "-q", "-k", "korean", *modules)
    failed = re.findall(r"^FAILED \S+::(\w+)(?:\[(korean[a-z]+))?", tests.stdout, re.MULTILINE)
    assert {name for test, name in failed if test == "test_offers"} == set(names), tests.stdout
    assert {test for test, _ in failed} <= {
        "test_offers",
        "test_offers_are_unique",
        "test_parsing_is_pure",
        "test_detect",
        "test_detected_search_has_the_same_offers",
        "test_each_parser_has_a_found_an_empty_and_an_unexpected_case",
    }, tests.stdout
    assert tests.stdout.count("does not read offers yet") >= len(names)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "expected one name"),
        (("Korean",), "invalid name"),
        (("united",), "is already in programs.toml"),
        (("korean", "--site", "koreanair.com"), "expected a URL such as https://"),
        (("korean", "--carriers", "KOREAN"), "expected two-character codes"),
        (("korean", "--title", 'a "quote"'), "without double quotes"),
    ],
)
def test_invalid_arguments_are_one_sentence(arguments: tuple[str, ...], message: str) -> None:
    result = run(ROOT, "scrapy", "genprogram", *arguments)
    assert result.returncode == 2
    assert message in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_nothing_is_overwritten(clone: Path) -> None:
    page = clone / "docs" / "sources" / "korean.md"
    page.write_text("mine")
    catalog = (clone / "awardspider" / "programs.toml").read_text()
    result = run(clone, "scrapy", "genprogram", "korean")
    assert (result.returncode, "exists" in result.stderr) == (2, True)
    assert page.read_text() == "mine"
    assert (clone / "awardspider" / "programs.toml").read_text() == catalog
