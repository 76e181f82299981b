"""The requirements in pyproject.toml and the pinned ones in requirements*.txt."""

from __future__ import annotations

import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def pinned(file: Path) -> dict[str, str]:
    """Return the pinned version of each distribution in a requirements file, by canonical name."""
    lines = [line.partition("#")[0].strip() for line in file.read_text(encoding="utf-8").splitlines()]
    versions = {}
    for line in filter(None, lines):
        if not line.startswith("-r "):
            requirement = Requirement(line)
            (specifier,) = requirement.specifier
            assert specifier.operator == "==", f"{line} is not pinned"
            versions[canonicalize_name(requirement.name)] = specifier.version
    return versions


def declared(requirements: list[str]) -> dict[str, Requirement]:
    """Return requirements of pyproject.toml by canonical name."""
    return {canonicalize_name(requirement.name): requirement for requirement in map(Requirement, requirements)}


def test_requirements_pin_what_the_project_declares() -> None:
    pins, requirements = pinned(ROOT / "requirements.txt"), declared(PROJECT["dependencies"])
    assert pins.keys() == requirements.keys()
    for name, requirement in requirements.items():
        assert requirement.specifier.contains(pins[name]), f"requirements.txt pins {name}=={pins[name]}: {requirement}"


def test_the_lower_bounds_are_current() -> None:
    """A bound is the tested release without its last part, so that an installation gets what the tests ran with."""
    pins = pinned(ROOT / "requirements.txt")
    for name, requirement in declared(PROJECT["dependencies"]).items():
        bounds = [specifier.version for specifier in requirement.specifier if specifier.operator == ">="]
        assert len(bounds) == 1, requirement
        assert pins[name].startswith(bounds[0]), f"{requirement}: requirements.txt has {pins[name]}"
