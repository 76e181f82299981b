"""The settings in force, without secrets: value, default, where it comes from, and what it is for."""

from __future__ import annotations

import functools
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Any

from awardspider.logs.masking import is_secret_name, mask
from awardspider.operations.env_file import read_env_file
from awardspider.outcomes import InvalidSetting
from awardspider.programs import Access, programs

ENV_FILE = ".env"

_KEYS = "AWARD_KEYS"
_KEY_NAME = "AWARD_<PROGRAM>_KEY"


class SettingSource(StrEnum):
    """Where the value of a setting comes from."""

    DEFAULT = "default"
    ENVIRONMENT = "environment"
    ENV_FILE = "env_file"
    COMMAND_LINE = "command_line"


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingValue:
    """A setting in force. `value` is empty for a secret, of which only `is_set` is known, and for an unset one.

    `is_outdated` is True if `.env` has another value than the environment, which this process uses.
    """

    name: str
    value: str
    default: str
    text: str
    source: SettingSource
    is_secret: bool
    is_set: bool
    is_outdated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Description:
    default: str
    text: str


def setting_values(settings: Mapping[str, Any], folder: Path) -> list[SettingValue]:
    """Return all settings of ours, those that are not defaults first; `folder` contains `.env`."""
    try:
        written = read_env_file(folder / ENV_FILE)
    except InvalidSetting:
        written = {}
    in_force = default_settings() | dict(settings)
    found = [
        _value(name, description, str(in_force[name] if in_force[name] is not None else ""), written)
        for name, description in _descriptions().items()
        if name != _KEY_NAME
    ]
    found += [_key(key, in_force, written) for key, program in programs().items() if program.access is Access.KEY]
    return sorted(found, key=lambda each: (each.source is SettingSource.DEFAULT, each.name))


def default_settings() -> dict[str, Any]:
    """Return the defaults of all settings of ours."""
    return {name: each.default for name, each in _descriptions().items() if name != _KEY_NAME} | {_KEYS: {}}


def _value(name: str, description: _Description, value: str, written: Mapping[str, str]) -> SettingValue:
    is_secret = is_secret_name(name)
    return SettingValue(
        name=name,
        value="" if is_secret else mask(value),
        default=description.default,
        text=description.text,
        source=_source(name, value, description.default, written),
        is_secret=is_secret,
        is_set=bool(value),
        is_outdated=name in written and written[name].strip() != os.environ.get(name, "").strip(),
    )


def _key(program: str, settings: Mapping[str, Any], written: Mapping[str, str]) -> SettingValue:
    name = f"AWARD_{program.upper()}_KEY"
    value = str((settings.get(_KEYS) or {}).get(program) or "")
    return _value(name, _descriptions()[_KEY_NAME], value, written)


def _source(name: str, value: str, default: str, written: Mapping[str, str]) -> SettingSource:
    in_environment = os.environ.get(name, "").strip()
    if in_environment and in_environment == value:
        return SettingSource.ENV_FILE if written.get(name, "").strip() == value else SettingSource.ENVIRONMENT
    return SettingSource.DEFAULT if value == default else SettingSource.COMMAND_LINE


@functools.cache
def _descriptions() -> Mapping[str, _Description]:
    text = files("awardspider.operations").joinpath("setting_descriptions.toml").read_text(encoding="utf-8")
    return {name: _Description(**values) for name, values in tomllib.loads(text).items()}
