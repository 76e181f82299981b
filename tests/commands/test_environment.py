"""The operator's environment: a broken `.env`, and paths that begin with `~`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from awardspider.environment import expand_path
from awardspider.settings import _load_env_file
from tests.support.paths import ROOT

BROKEN_ENV_FILES = {
    "not UTF-8": "AWARD_CONTACT=é\n".encode("latin-1"),
    "UTF-16": "AWARD_CONTACT=x\n".encode("utf-16"),
    "binary": bytes(range(256)),
    "without =": b"AWARD_CONTACT=x\nAWARD_BUDGET\n",
    "a sentence": b"these are my secret settings\n",
    "an open quote": b'AWARD_CONTACT="secret\n',
    "a null byte": b"AWARD_CONTACT=a\0b\n",
}


@pytest.mark.parametrize("content", BROKEN_ENV_FILES.values(), ids=BROKEN_ENV_FILES)
def test_a_broken_env_file_is_described_without_its_contents(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / ".env"
    file.write_bytes(content)
    error = _load_env_file(file)
    assert error.startswith(str(file))
    assert "\n" not in error
    assert "secret" not in error


def test_an_env_file_that_is_a_folder_is_an_error(tmp_path: Path) -> None:
    assert "is unreadable" in _load_env_file(tmp_path)


@pytest.mark.parametrize("content", ["", "# a comment\n\n", "\ufeffRUNS_A=1\nexport RUNS_B='x = y' # z\n"])
def test_a_correct_env_file_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str) -> None:
    for name in ("RUNS_A", "RUNS_B"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    file = tmp_path / ".env"
    file.write_text(content, encoding="utf-8")
    assert _load_env_file(file) == ""
    assert _load_env_file(tmp_path / "missing") == ""
    if "RUNS_A" in content:
        assert (os.environ["RUNS_A"], os.environ["RUNS_B"]) == ("1", "x = y")


def scrapy(home: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    outer = {name: value for name, value in os.environ.items() if not name.startswith(("AWARD_", "SCRAPY_"))}
    environment = outer | {"HOME": str(home), "SCRAPY_SETTINGS_MODULE": "awardspider.settings", "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", "scrapy", *arguments],
        cwd=home,
        env=environment | settings,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_command_with_a_broken_env_file_ends_with_one_sentence(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("AWARD_BUDGET\n")
    (tmp_path / "scrapy.cfg").write_text("[settings]\ndefault = awardspider.settings\n")
    result = scrapy(tmp_path, "offers")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.splitlines() == [
        f"error: {tmp_path}/.env:1: not a setting; write NAME=VALUE, or # before a comment"
    ]


def test_home_is_expanded_in_settings_options_and_arguments(tmp_path: Path) -> None:
    (tmp_path / "scrapy.cfg").write_text("[settings]\ndefault = awardspider.settings\n")
    watches = {"watches": [{"name": "Austin", "origin": "LAX", "destination": "AUS", "dates": "+30..+40"}]}
    (tmp_path / "watches.yaml").write_text(json.dumps(watches))
    data = {"AWARD_DATA_DIR": "~/data"}
    for arguments, settings in (
        (("watches", "import", "~/watches.yaml"), data),
        (("export", "--out", "~/export"), data),
        (("feeds", "publish", "--out", "~/feeds"), data),
        (("offers",), {"AWARD_DATABASE_URL": "sqlite:///~/other/awards.db"}),
        (("searches", "-s", "AWARD_DATA_DIR=~/option"), {}),
    ):
        result = scrapy(tmp_path, *arguments, **settings)
        assert result.returncode == 0, result.stderr
    assert {path.name for path in tmp_path.iterdir()} == {
        "data", "export", "feeds", "option", "other", "scrapy.cfg", "watches.yaml",
    }  # fmt: skip
    assert (tmp_path / "data" / "awardspider.db").exists()
    assert (tmp_path / "other" / "awards.db").exists()
    assert (tmp_path / "option" / "awardspider.db").exists()


def test_an_unknown_user_is_not_expanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert expand_path("~/x") == Path("/home/me/x")
    assert expand_path("~nobody-has-this-name/x") == Path("~nobody-has-this-name/x")
    assert expand_path("a/~/x") == Path("a/~/x")
