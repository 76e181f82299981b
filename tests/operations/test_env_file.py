"""Changes of the file `.env`."""

from __future__ import annotations

import io
import stat
from pathlib import Path

import pytest
from dotenv import dotenv_values
from hypothesis import given
from hypothesis import strategies as st

from awardspider.operations.env_file import change_env_file, read_env_file, updated_text
from awardspider.outcomes import InvalidArgument, InvalidSetting

TEXT = """\
# my settings

AWARD_CONTACT=old   # the old one
export OTHER='x = y'

AWARD_BUDGET="united=20/hour"
# the end"""


def test_other_lines_and_comments_stay() -> None:
    text = updated_text(TEXT, {"AWARD_BUDGET": "delta=1/day", "AWARD_DATA_DIR": "/var/lib/a b"})
    assert text == TEXT.replace('"united=20/hour"', "delta=1/day") + "\nAWARD_DATA_DIR='/var/lib/a b'\n"


def test_a_setting_that_is_there_twice_is_written_once() -> None:
    assert updated_text("A=1\nB=2\nA=3\n", {"A": "4"}) == "A=4\nB=2\n"


def test_a_file_is_created_and_changed_with_mode_600(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    assert change_env_file(file, {"A": "1"}) == ["A"]
    file.chmod(0o644)
    assert change_env_file(file, {"A": "1", "B": "2"}) == ["B"]
    assert file.read_text() == "A=1\nB=2\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [".env"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target = tmp_path / "shared"
    target.write_text("A=1\n")
    link = tmp_path / ".env"
    link.symlink_to(target)
    change_env_file(link, {"A": "2"})
    assert link.is_symlink()
    assert target.read_text() == "A=2\n"


@given(st.dictionaries(st.sampled_from(["A", "B", "C"]), st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]))))
def test_any_value_is_read_back(values: dict[str, str]) -> None:
    try:
        text = updated_text(TEXT, values)
    except InvalidArgument:
        assert any("${" in value or not value.isprintable() for value in values.values())
        return
    found = dotenv_values(stream=io.StringIO(text))
    assert {name: found[name] for name in values} == values
    assert found["OTHER"] == "x = y"


@pytest.mark.parametrize("value", ["two\nlines", "tab\t", "${HOME}", "\0"])
def test_a_value_that_cannot_be_written_is_refused(value: str) -> None:
    with pytest.raises(InvalidArgument):
        updated_text("", {"A": value})


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidSetting, match="is unreadable: not text in UTF-8"):
        read_env_file(file)
    with pytest.raises(InvalidSetting, match="cannot be written: No such file or directory"):
        change_env_file(tmp_path / "missing" / ".env", {"A": "1"})
