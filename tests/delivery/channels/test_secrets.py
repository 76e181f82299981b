"""Secrets as references: what they stand for, and what is said where that cannot be had."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from awardspider.delivery.channels.secrets import NEW_KEY, is_reference, resolve, seal, shown
from awardspider.outcomes import InvalidSetting

SECRET = "whsec_do-not-tell-anybody"


def test_what_is_no_reference_means_itself() -> None:
    assert resolve(SECRET, "") == SECRET
    assert not is_reference(SECRET)
    assert not is_reference("https://example.org/env:HOME")


def test_an_environment_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_SECRET", f" {SECRET}\n")
    assert resolve("env:HOOK_SECRET", "") == SECRET


@pytest.mark.parametrize("value", [None, "", "  "])
def test_an_environment_variable_that_is_not_there(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.delenv("HOOK_SECRET", raising=False)
    if value is not None:
        monkeypatch.setenv("HOOK_SECRET", value)
    with pytest.raises(InvalidSetting, match="the environment variable HOOK_SECRET, which holds a secret, is not set"):
        resolve("env:HOOK_SECRET", "")


@pytest.mark.parametrize("reference", ["env:", "file:", "env: ", "file: "])
def test_a_reference_to_nothing(reference: str) -> None:
    with pytest.raises(InvalidSetting, match="write env:NAME or file:PATH"):
        resolve(reference, "")


def test_the_first_line_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"\n{SECRET}  \nand a comment\n")
    assert resolve(f"file:{file}", "") == SECRET


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="none, which holds a secret, cannot be read: No such file"):
        resolve(f"file:{tmp_path / 'none'}", "")
    with pytest.raises(InvalidSetting, match="cannot be read: Is a directory"):
        resolve(f"file:{tmp_path}", "")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidSetting, match="it is not UTF-8 text"):
        resolve(f"file:{tmp_path / 'bytes'}", "")
    (tmp_path / "empty").write_text(" \n\n")
    with pytest.raises(InvalidSetting, match="is empty"):
        resolve(f"file:{tmp_path / 'empty'}", "")


def test_sealed_and_opened_again() -> None:
    key = Fernet.generate_key().decode()
    sealed = seal(SECRET, key)
    assert is_reference(sealed)
    assert SECRET not in sealed
    assert sealed != seal(SECRET, key)  # no two are alike, so that nobody sees which channels share a secret
    assert resolve(sealed, key) == SECRET


def test_sealed_with_another_key_or_spoiled() -> None:
    key = Fernet.generate_key().decode()
    sealed = seal(SECRET, key)
    for reference, other in (
        (sealed, Fernet.generate_key().decode()),
        (sealed[:-6] + "AAAAA=", key),
        ("sealed:ü", key),
    ):
        with pytest.raises(InvalidSetting, match="was encrypted with another AWARD_SECRET_KEY") as caught:
            resolve(reference, other)
        assert caught.value.__suppress_context__


@pytest.mark.parametrize("key", ["", "short", "ü" * 44, "x" * 44])
def test_without_a_good_key_nothing_is_sealed(key: str) -> None:
    with pytest.raises(InvalidSetting, match=r"AWARD_SECRET_KEY is not (set|a key); make one with python -c") as caught:
        seal(SECRET, key)
    assert SECRET not in str(caught.value)
    with pytest.raises(InvalidSetting, match="make one with"):
        resolve("sealed:abc", key)


def test_the_command_in_the_sentence_makes_a_key() -> None:
    program, flag, code = shlex.split(NEW_KEY)
    assert (program, flag) == ("python", "-c")
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert resolve(seal(SECRET, made.strip()), made.strip()) == SECRET


def test_what_may_be_shown() -> None:
    assert shown("env:HOOK_SECRET") == "env:HOOK_SECRET"
    assert shown("file:/etc/hook") == "file:/etc/hook"
    assert shown(seal(SECRET, Fernet.generate_key().decode())) == "sealed"
    assert shown(SECRET) == "***"
