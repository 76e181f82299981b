"""Checks of settings and of the file `.env`."""

from __future__ import annotations

import contextlib
import difflib
import re
import stat
from collections.abc import Iterator

from cryptography.fernet import Fernet

from awardspider.environment import expand_path
from awardspider.operations.doctor.findings import DoctorContext, Result, error, ok, warning
from awardspider.operations.env_file import read_env_file
from awardspider.operations.texts import number_of
from awardspider.outcomes import InvalidSetting
from awardspider.programs import Access, programs

_KEY = re.compile(r"AWARD_(?P<program>\w+)_KEY")
_NO_PROGRAM_KEYS = frozenset({"AWARD_SECRET_KEY"})
#: Files that contain secrets, by setting.
_SECRET_FILES = ("AWARD_GOOGLE_CREDENTIALS",)
_OTHERS_MAY_READ = stat.S_IRWXG | stat.S_IRWXO


def check_env_file(context: DoctorContext) -> Iterator[Result]:
    """Check that `.env` is valid and that only its owner can read it."""
    file = context.folder / ".env"
    if problem := context.settings.get("ENV_FILE_ERROR"):
        yield error(f"{problem}; every other command ends with this error", f"Correct the line: editor {file}")
        return
    if not file.exists():
        yield ok(f"There is no {file}; settings come from the environment and the defaults")
        return
    mode = stat.S_IMODE(file.stat().st_mode)
    if mode & _OTHERS_MAY_READ:
        yield warning(
            f"{file} may be read by other users of this machine (mode {mode:o}), and it can contain secrets",
            f"Run: chmod 600 {file}",
        )
    else:
        yield ok(f"{file} is valid, and only its owner can read it")


def check_secret_files(context: DoctorContext) -> Iterator[Result]:
    """Check that only their owner can read files with secrets and the folder of sessions."""
    named = [(name, str(context.settings.get(name) or "").strip()) for name in _SECRET_FILES]
    paths = [(f"The file of {name},", expand_path(value)) for name, value in named if value]
    sessions = sorted((context.data_dir / "sessions").glob("*.json"))
    paths += [("The session file", file) for file in sessions]
    for name, path in paths:
        if not path.exists():
            continue  # the check of the channel or program says so
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & stat.S_IRWXO:
            yield warning(f"{name} {path} may be read by every user (mode {mode:o})", f"Run: chmod 600 {path}")


def check_setting_names(context: DoctorContext) -> Iterator[Result]:
    """Check that each variable that starts with AWARD_ is a setting: a misspelled one has no effect."""
    known = {str(name) for name in context.settings if str(name).startswith("AWARD_")}
    known |= {f"AWARD_{key.upper()}_KEY" for key, program in programs().items() if program.access is Access.KEY}
    unknown = [name for name in sorted(_given_names(context)) if name not in known and not _is_program_key(name)]
    for name in unknown:
        # Without the common prefix, which makes any two names similar.
        names = [each.removeprefix("AWARD_") for each in sorted(known)]
        similar = difflib.get_close_matches(name.removeprefix("AWARD_"), names, n=1, cutoff=0.6)
        hint = f"Did you mean AWARD_{similar[0]}?" if similar else "docs/settings.md lists all settings."
        yield warning(f"{name} is no setting and has no effect", f"{hint} Correct or remove it")
    if not unknown:
        given = sum(1 for name in _given_names(context))
        yield ok(f"{number_of(given, 'setting')} set; all names are known")


def check_setting_values(context: DoctorContext) -> Iterator[Result]:
    """Check the values of all settings."""
    invalid = list(context.engine.invalid_settings())
    for sentence in invalid:
        yield error(sentence, "Correct the value in .env or in the environment: docs/settings.md")
    if not invalid:
        yield ok("The values of all settings are valid")


def check_contact(context: DoctorContext) -> Iterator[Result]:
    """Check that sites can reach the operator."""
    contact = str(context.settings.get("AWARD_CONTACT") or "").strip()
    if contact:
        yield ok(f"Sites see the contact {contact}")
    elif context.is_sandbox:
        yield ok("No contact is set; the sandbox needs none")
    else:
        yield warning(
            "AWARD_CONTACT is not set, so the owner of a site cannot reach you before blocking you",
            "Set it to your web or mail address, such as mailto:me@example.org; scrapy setup does",
        )


def check_secret_key(context: DoctorContext) -> Iterator[Result]:
    """Check that AWARD_SECRET_KEY is a key, if it is set."""
    key = str(context.settings.get("AWARD_SECRET_KEY") or "").strip()
    if not key:
        return
    try:
        Fernet(key)
    except ValueError:
        yield error(
            "AWARD_SECRET_KEY is not a valid key, so no secret in the database can be read",
            "Restore the key with which the channels were added; docs/settings.md says how to create one",
        )
    else:
        yield ok("AWARD_SECRET_KEY can encrypt secrets of channels")


def check_sandbox(context: DoctorContext) -> Iterator[Result]:
    """Check that the sandbox runs, if it is used."""
    url = str(context.settings.get("AWARD_SANDBOX_URL") or "").strip()
    if not url:
        return
    if problem := context.engine.find_sandbox_problem(url):
        yield error(f"AWARD_SANDBOX_URL is set, but there is {problem}", "Start it, or remove AWARD_SANDBOX_URL")
    else:
        yield ok(f"All requests go to the sandbox at {url}, none to live sites")


def _given_names(context: DoctorContext) -> set[str]:
    """Return the names of variables of ours in the environment and in `.env`."""
    names = set(context.environment)
    file = context.folder / ".env"
    with contextlib.suppress(InvalidSetting):  # the check of the file says so
        names |= set(read_env_file(file))
    return {name for name in names if name.startswith("AWARD_")}


def _is_program_key(name: str) -> bool:
    """Return True for the key of a program that is searched, even if it needs none."""
    found = _KEY.fullmatch(name)
    return bool(found and name not in _NO_PROGRAM_KEYS and found["program"].lower() in programs())
