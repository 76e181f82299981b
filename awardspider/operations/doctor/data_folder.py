"""Checks of the data folder and of its disk."""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from awardspider.operations.doctor.findings import DoctorContext, Result, error, ok, warning
from awardspider.operations.texts import first_of, size_text

_MEGABYTE = 1_000_000
#: A crawl of all programs writes about 30 MB, and a backup needs space for a copy of the database.
NO_SPACE_MB = 200
_SUBFOLDERS = ("responses", "sessions", "scrapyd", "logs", "backups")


def check_rights(context: DoctorContext) -> Iterator[Result]:
    """Check that the data folder and its folders can be written."""
    folder = context.data_dir
    if not os.access(folder, os.F_OK):  # Path.exists raises an error in a folder that must not be entered
        parent = _existing_parent(folder)
        if not parent.is_dir() or not os.access(
            parent, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids
        ):
            yield error(f"The data folder {folder} cannot be created in {parent}", _rights_advice(folder, parent))
        else:
            yield warning(f"The data folder {folder} does not exist yet", "Run: scrapy setup")
        return
    if not folder.is_dir():
        yield error(f"AWARD_DATA_DIR is {folder}, which is not a folder", "Set AWARD_DATA_DIR to a folder")
        return
    problems = 0
    for each in (folder, *(folder / name for name in _SUBFOLDERS)):
        if os.access(each, os.F_OK) and (problem := _write_problem(each)):
            problems += 1
            yield error(f"{each} cannot be written: {problem}", _rights_advice(each, each))
    foreign = _foreign_entries(folder)
    if foreign:
        owner = _user_name(folder.stat().st_uid)
        yield warning(
            f"{folder} belongs to {owner}, but not all in it: {first_of(foreign)}; services of {owner} may fail",
            f"Run: chown -R {owner} {folder}; run commands as {owner}, not as {_user_name(os.geteuid())}",
        )
    if not problems and not foreign:
        yield ok(f"The data folder {folder} can be written")


def check_space(context: DoctorContext) -> Iterator[Result]:
    """Check that the disk of the data folder has space and free file entries."""
    folder = _existing_parent(context.data_dir)
    usage = shutil.disk_usage(folder)
    free = f"{size_text(usage.free)} of {size_text(usage.total)} free"
    advice = "Run scrapy prune, shorten AWARD_RESPONSE_RETENTION, or enlarge the disk"
    if usage.free < NO_SPACE_MB * _MEGABYTE:
        yield error(f"The disk of {folder} is nearly full: {free}", advice)
    elif usage.free < context.thresholds.free_mb * _MEGABYTE:
        yield warning(f"The disk of {folder} is filling up: {free}", advice)
    else:
        yield ok(f"The disk of {folder} has {free}")
    entries = os.statvfs(folder)
    if entries.f_files and entries.f_favail < entries.f_files // 100:
        yield error(f"The disk of {folder} has no free file entries (inodes): {entries.f_favail:,} left", advice)


def _existing_parent(folder: Path) -> Path:
    resolved = folder.absolute()
    return next(each for each in (resolved, *resolved.parents) if os.access(each, os.F_OK))


def _write_problem(folder: Path) -> str:
    """Return why a folder cannot be written, found by writing a file; empty if it can."""
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-") as file:
            file.write(b"\0" * 4096)
            file.flush()
            os.fsync(file.fileno())
    except OSError as problem:
        return problem.strerror or type(problem).__name__
    return ""


def _foreign_entries(folder: Path) -> list[str]:
    """Return the files and folders in the data folder that belong to another user than it, with their owners."""
    try:
        owner = folder.stat().st_uid
        owners = {path.name: path.stat().st_uid for path in sorted(folder.iterdir())}
    except OSError:  # a file that was just removed, or a folder that must not be read
        return []
    return [f"{name} ({_user_name(uid)})" for name, uid in owners.items() if uid != owner]


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:  # a user of another machine or container
        return f"user id {uid}"


def _rights_advice(folder: Path, owned: Path) -> str:
    try:
        owner = _user_name(owned.stat().st_uid)
    except OSError:
        return "Set AWARD_DATA_DIR to a folder of your own"
    user = _user_name(os.geteuid())
    return f"Run as its owner ({owner}; you are {user}), or: chown -R {user} {folder}; or set AWARD_DATA_DIR"
