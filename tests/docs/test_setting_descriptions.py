"""The descriptions of settings in the package are those of docs/settings.md."""

from __future__ import annotations

from scripts import setting_descriptions


def test_the_descriptions_are_generated() -> None:
    written = setting_descriptions.FILE.read_text(encoding="utf-8")
    assert written == setting_descriptions.text(), "run: python -m scripts.setting_descriptions"
