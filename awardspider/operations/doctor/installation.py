"""Checks of Python, the packages and Chromium."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from awardspider.operations.doctor.findings import DoctorContext, Result, error, ok, warning
from awardspider.operations.texts import number_of
from awardspider.outcomes import InvalidSetting

MIN_PYTHON = (3, 11)
_CHROMIUM_SECONDS = 20.0
_INSTALL = "Run: make setup"


def check_python(context: DoctorContext) -> Iterator[Result]:
    """Check the version of Python."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < MIN_PYTHON:
        needed = ".".join(map(str, MIN_PYTHON))
        yield error(
            f"Python {version} is too old: {needed} or newer is needed", "Run: make setup PYTHON=/path/to/python3"
        )
    else:
        yield ok(f"Python {version} ({sys.prefix})")


def check_packages(context: DoctorContext) -> Iterator[Result]:
    """Compare the installed packages with requirements.txt."""
    file = context.project / "requirements.txt"
    try:
        requirements = _requirements(file.read_text(encoding="utf-8").splitlines())
    except OSError:
        requirements = _requirements(metadata.requires("awardspider") or ()) if _distributions() else []
    if not requirements:
        yield warning(
            f"{file} is missing, so the packages cannot be checked", "Run scrapy doctor in the project's folder"
        )
        return
    missing = [requirement.name for requirement in requirements if installed_version(requirement.name) is None]
    if missing:
        yield error(f"{number_of(len(missing), 'package')} missing: {', '.join(missing)}", _INSTALL)
    others = [
        f"{each.name} {version} (tested: {str(each.specifier).removeprefix('==')})"
        for each in requirements
        if (version := installed_version(each.name)) is not None and version not in each.specifier
    ]
    if others:
        yield warning(
            f"{number_of(len(others), 'package')} in other versions than tested: {', '.join(others)}", _INSTALL
        )
    if not missing and not others:
        yield ok(f"{number_of(len(requirements), 'package')} in the versions that are tested")


def check_setuptools(context: DoctorContext) -> Iterator[Result]:
    """Check that setuptools still has pkg_resources, with which Scrapyd reads eggs."""
    version = installed_version("setuptools")
    if find_spec("pkg_resources") is None:
        found = f"setuptools {version} has no pkg_resources" if version else "setuptools is missing"
        yield error(f"{found}: Scrapyd cannot run any job", "Run: .venv/bin/pip install 'setuptools>=80.8,<81'")
    else:
        yield ok(f"setuptools {version} reads eggs")


def check_copies(context: DoctorContext) -> Iterator[Result]:
    """Check that the path contains the package only once: otherwise commands and jobs may run different code."""
    copies = list(package_copies(sys.path))
    installed = {name for name in _distributions() if name.parent not in copies}
    found = [*copies, *sorted(installed)]
    if len(found) > 1:
        places = ", ".join(map(str, found))
        yield warning(
            f"awardspider is installed {len(found)} times: {places}",
            f"Remove all but {found[0]}, which is used: .venv/bin/pip uninstall awardspider",
        )
    elif found:
        yield ok(f"awardspider in {found[0]}")


def check_chromium(context: DoctorContext) -> Iterator[Result]:
    """Check that Chromium starts, if programs need a browser."""
    programs = sorted(context.engine.browser_programs())
    if not programs:
        yield ok("No program needs a browser")
        return
    needs = f"needed for {', '.join(programs)}"
    try:
        chromium = context.engine.find_chromium()
    except InvalidSetting as problem:
        yield error(f"{problem}; {needs}", "Correct AWARD_CHROMIUM, or remove it to use the system's Chromium")
        return
    if not chromium:
        yield warning(f"Chromium is missing; {needs}", "Run: deploy/install-chromium.sh")
        return
    try:
        shown = subprocess.run(
            [chromium, "--version"], capture_output=True, text=True, timeout=_CHROMIUM_SECONDS, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError) as problem:
        reason = next(iter(str(getattr(problem, "stderr", None) or problem).strip().splitlines()), "no reason")
        yield error(f"{chromium} does not start: {reason}", "Install it again: deploy/install-chromium.sh")
        return
    yield ok(f"{' '.join(shown.split()[:2]) or 'Chromium'} ({chromium})")


def installed_version(name: str) -> str | None:
    """Return the installed version of a distribution, or None."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def package_copies(path: Iterable[str]) -> Iterator[Path]:
    """Yield the folders and eggs of an import path that contain the package, each once."""
    found: set[Path] = set()
    for entry in path:
        folder = Path(entry or ".").resolve()
        if folder not in found and ((folder / "awardspider" / "__init__.py").exists() or _is_egg(folder)):
            found.add(folder)
            yield folder


def _is_egg(file: Path) -> bool:
    return file.suffix == ".egg" and file.name.startswith("awardspider")


def _distributions() -> set[Path]:
    """Return the places of the metadata of installed copies."""
    return {
        Path(str(each.locate_file(""))).resolve() / "awardspider" for each in metadata.distributions(name="awardspider")
    }


def _requirements(lines: Iterable[str]) -> list[Requirement]:
    found = []
    for line in lines:
        text = line.partition("#")[0].strip()
        if text and not text.startswith("-"):
            try:
                requirement = Requirement(text)
            except InvalidRequirement:
                continue
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                found.append(requirement)
    return found
