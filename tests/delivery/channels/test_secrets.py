"""References to secrets: their values, and the messages if a value is missing."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from awardspider.delivery.channels.secrets import NEW_KEY, encrypt, is_encrypted, is_reference, resolve
from awardspider.outcomes import InvalidSetting

SECRET = "whsec_do-not-show-this"


def test_plain_text_is_used_unchanged() -> None:
    assert resolve(SECRET, "") == SECRET
    assert not is_reference(SECRET)
    assert not is_reference("https://example.org/env:HOME")


def test_environment_variable_is_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_SECRET", f" {SECRET}\n")
    assert resolve("env:HOOK_SECRET", "") == SECRET


@pytest.mark.parametrize("value", [None, "", "  "])
def test_missing_environment_variable_is_an_error(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.delenv("HOOK_SECRET", raising=False)
    if value is not None:
        monkeypatch.setenv("HOOK_SECRET", value)
    with pytest.raises(InvalidSetting, match="environment variable HOOK_SECRET is not set"):
        resolve("env:HOOK_SECRET", "")


@pytest.mark.parametrize("reference", ["env:", "file:", "env: ", "file: "])
def test_reference_without_a_name_is_an_error(reference: str) -> None:
    with pytest.raises(InvalidSetting, match="write env:NAME or file:PATH"):
        resolve(reference, "")


def test_file_reference_is_the_first_line(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"\n{SECRET}  \nand a comment\n")
    assert resolve(f"file:{file}", "") == SECRET


def test_unreadable_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="none is unreadable: No such file"):
        resolve(f"file:{tmp_path / 'none'}", "")
    with pytest.raises(InvalidSetting, match="is unreadable: Is a directory"):
        resolve(f"file:{tmp_path}", "")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidSetting, match="not UTF-8 text"):
        resolve(f"file:{tmp_path / 'bytes'}", "")
    (tmp_path / "empty").write_text(" \n\n")
    with pytest.raises(InvalidSetting, match="is empty"):
        resolve(f"file:{tmp_path / 'empty'}", "")


def test_encrypted_secret_is_resolved() -> None:
    key = Fernet.generate_key().decode()
    encrypted = encrypt(SECRET, key)
    assert is_reference(encrypted)
    assert is_encrypted(encrypted)
    assert SECRET not in encrypted
    assert encrypted != encrypt(SECRET, key)  # equal secrets cannot be recognized
    assert resolve(encrypted, key) == SECRET


def test_wrong_key_or_damaged_text_is_an_error() -> None:
    key = Fernet.generate_key().decode()
    encrypted = encrypt(SECRET, key)
    for reference, other in (
        (encrypted, Fernet.generate_key().decode()),
        (encrypted[:-6] + "AAAAA=", key),
        ("encrypted:ü", key),
    ):
        with pytest.raises(InvalidSetting, match="was encrypted with a different AWARD_SECRET_KEY") as raised:
            resolve(reference, other)
        assert raised.value.__suppress_context__


@pytest.mark.parametrize("key", ["", "short", "ü" * 44, "x" * 44])
def test_missing_or_invalid_key_is_an_error(key: str) -> None:
    with pytest.raises(
        InvalidSetting, match=r"AWARD_SECRET_KEY is (not set|invalid); create one with python -c"
    ) as raised:
        encrypt(SECRET, key)
    assert SECRET not in str(raised.value)
    with pytest.raises(InvalidSetting, match="create one with"):
        resolve("encrypted:abc", key)


def test_command_in_the_message_makes_a_key() -> None:
    program, flag, code = shlex.split(NEW_KEY)
    assert (program, flag) == ("python", "-c")
    key = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert resolve(encrypt(SECRET, key), key) == SECRET
