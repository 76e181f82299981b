"""Checks of Python, the packages and Chromium."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from awardspider.operations.doctor import installation
from awardspider.operations.doctor.findings import Level
from tests.support.doctor import doctor_context, only_result, problems
from tests.support.paths import ROOT


def test_this_installation_is_fine(tmp_path: Path) -> None:
    context = doctor_context(tmp_path)
    for check in (
        installation.check_python,
        installation.check_packages,
        installation.check_setuptools,
        installation.check_copies,
        installation.check_chromium,
    ):
        assert problems(check, context) == []


def test_a_python_that_is_too_old_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 4, "final", 0))
    result = only_result(installation.check_python, doctor_context(tmp_path))
    assert (result.level, result.sentence) == (Level.ERROR, "Python 3.10.4 is too old: 3.11 or newer is needed")
    assert result.advice == "Run: make setup PYTHON=/path/to/python3"


def test_missing_and_other_packages_are_named(tmp_path: Path) -> None:
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    lines = [f"{name}==0.1" if (name := line.partition("==")[0]) == "rich" else line for line in text.splitlines()]
    (tmp_path / "requirements.txt").write_text("\n".join([*lines, "frobnicate==1.0", "# end"]), encoding="utf-8")
    context = doctor_context(tmp_path)
    context.project = tmp_path
    missing, other = problems(installation.check_packages, context)
    assert missing == (Level.ERROR, "1 package missing: frobnicate", "Run: make setup")
    assert other[0] is Level.WARNING
    assert other[1].startswith("1 package in other versions than tested: rich ")
    assert other[1].endswith(" (tested: 0.1)")
    assert other[2] == "Run: make setup"


def test_without_requirements_the_packages_are_not_checked(tmp_path: Path) -> None:
    context = doctor_context(tmp_path)
    context.project = tmp_path
    result = only_result(installation.check_packages, context)
    assert result.level is Level.WARNING
    assert "is missing, so the packages cannot be checked" in result.sentence


def test_a_setuptools_without_pkg_resources_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "pkg_resources", raising=False)
    folders = [folder for folder in sys.path if not (Path(folder) / "pkg_resources").exists()]
    monkeypatch.setattr(sys, "path", folders)
    result = only_result(installation.check_setuptools, doctor_context(tmp_path))
    assert result.level is Level.ERROR
    assert result.sentence.endswith(": Scrapyd cannot run any job")
    assert result.advice == "Run: .venv/bin/pip install 'setuptools>=80.8,<81'"


@pytest.mark.parametrize("copy", ["folder", "egg", "installed"])
def test_a_second_copy_on_the_path_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, copy: str) -> None:
    if copy == "folder":
        other = tmp_path / "old"
        (other / "awardspider").mkdir(parents=True)
        shutil.copy(ROOT / "awardspider" / "__init__.py", other / "awardspider")
    elif copy == "egg":
        other = tmp_path / "awardspider-0.1.0-py3.11.egg"
        other.write_bytes(b"")
    else:
        other = tmp_path / "site-packages"
        (other / "awardspider-0.0.9.dist-info").mkdir(parents=True)
        (other / "awardspider-0.0.9.dist-info" / "METADATA").write_text("Name: awardspider\nVersion: 0.0.9\n")
    monkeypatch.setattr(sys, "path", [*sys.path, str(other)])
    result = only_result(installation.check_copies, doctor_context(tmp_path))
    assert result.level is Level.WARNING
    assert result.sentence.startswith("awardspider is installed 2 times: ")
    assert str(other) in result.sentence
    assert result.advice.startswith(f"Remove all but {ROOT}, which is used")


def test_a_missing_chromium_names_the_programs_that_need_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    result = only_result(installation.check_chromium, doctor_context(tmp_path))
    assert result.level is Level.WARNING
    assert result.sentence.startswith("Chromium is missing; needed for ")
    assert result.advice == "Run: deploy/install-chromium.sh"


def test_a_setting_that_names_no_chromium_is_an_error(tmp_path: Path) -> None:
    result = only_result(installation.check_chromium, doctor_context(tmp_path, AWARD_CHROMIUM="/no/such/chrome"))
    assert result.level is Level.ERROR
    assert "AWARD_CHROMIUM is '/no/such/chrome', which is not an executable program" in result.sentence
    assert result.advice == "Correct AWARD_CHROMIUM, or remove it to use the system's Chromium"


def test_a_chromium_that_does_not_start_is_an_error(tmp_path: Path) -> None:
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\necho 'libnss3.so: cannot open shared object file' >&2\nexit 127\n")
    broken.chmod(0o755)
    result = only_result(installation.check_chromium, doctor_context(tmp_path, AWARD_CHROMIUM=str(broken)))
    assert result.level is Level.ERROR
    assert result.sentence == f"{broken} does not start: libnss3.so: cannot open shared object file"
    assert result.advice == "Install it again: deploy/install-chromium.sh"
