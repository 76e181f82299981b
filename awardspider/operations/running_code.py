"""The version of the code that runs in this process."""

from __future__ import annotations

from pathlib import Path

from awardspider import __version__


def running_version() -> str:
    """Return the version of the egg that this code was imported from, or that of the package without an egg."""
    eggs = [parent.stem for parent in Path(__file__).parents if parent.suffix == ".egg"]
    return eggs[0] if eggs else __version__
