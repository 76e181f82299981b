"""Deployment of this project's code to Scrapyd: its version, its egg, and old eggs that are removed."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from awardspider import clock
from awardspider.operations.process_output import last_line
from awardspider.operations.scrapyd import PROJECT, JobState, ScrapydClient, ScrapydJob
from awardspider.outcomes import InvalidArgument, ScrapydError, ScrapydFailure

#: The number of versions that `deploy` keeps.
DEFAULT_KEEP = 3

#: Files that the egg is built from.
_SOURCES = ("awardspider", "setup.py", "pyproject.toml")
_NOT_IN_EGG = "awardspider/sandbox/"

#: A deployed version begins with the time of its deployment (UTC), because Scrapyd runs the version that sorts last.
_STAMP = "%Y%m%dT%H%M%S"
_VERSION = re.compile(r"(\d{8}T\d{6})-(.+)")

_NO_MESSAGE = "no error message"

#: Scrapyd's times are naive, in its own time zone.
_TIME_ZONES = timedelta(hours=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A deployment: its version, the spiders in it, and the old versions that were removed.

    `unchanged` is True if Scrapyd had this code as its newest version already.
    """

    version: str
    spiders: list[str]
    removed: list[str]
    unchanged: bool


def project_folder() -> Path:
    """Return the folder of the project's setup.py. Raise InvalidArgument if this is not a checkout."""
    folder = Path(__file__).resolve().parents[2]
    if not (folder / "setup.py").is_file() or not (folder / "scrapy.cfg").is_file():
        raise InvalidArgument(f"{folder} is not a checkout of the project, so there is nothing to deploy from")
    return folder


def code_version(project: Path) -> str:
    """Return a name of the project's code, such as `r812-g1a2b3c4`: the number of commits and the commit.

    Changes that are not committed add `-dirty-` and a hash of the files that are deployed. Without git, the name is
    `c-` and that hash.
    """
    commit = _git(project, "rev-parse", "--short=8", "HEAD")
    if not commit or not _git(project, "ls-files", "setup.py"):
        return f"c-{_content_hash(project)}"
    version = f"r{_git(project, 'rev-list', '--count', 'HEAD')}-g{commit}"
    sources = (*_SOURCES, f":(exclude){_NOT_IN_EGG}")
    if _git(project, "status", "--porcelain", "--untracked-files=all", "--", *sources):
        version += f"-dirty-{_content_hash(project)}"
    return version


def deployed_code(version: str) -> str:
    """Return the name of the code in a deployed version; compare it with `code_version`."""
    match = _VERSION.fullmatch(version)
    return match[2] if match else version


def build_egg(project: Path) -> bytes:
    """Return the project as an egg. Raise ScrapydError if it cannot be built. Nothing is written to the project."""
    with _temporary_folder() as folder:
        for each in ("info", "build", "egg"):
            (folder / each).mkdir()
        command = [sys.executable, "-W", "ignore", "setup.py", "-q", "egg_info", f"--egg-base={folder / 'info'}"]
        command += ["build", f"--build-base={folder / 'build'}", "bdist_egg", f"--bdist-dir={folder / 'bdist'}"]
        command += [f"--dist-dir={folder / 'egg'}"]
        done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
        eggs = list((folder / "egg").glob("*.egg"))
        if done.returncode or not eggs:
            raise ScrapydError(f"The egg was not built: {last_line(done.stderr) or _NO_MESSAGE}")
        return eggs[0].read_bytes()


def check_egg(egg: bytes) -> list[str]:
    """Return the spiders in an egg, run as Scrapyd does. Raise ScrapydError with the reason if it does not work."""
    with _temporary_folder() as folder:
        (folder / "eggs" / PROJECT).mkdir(parents=True)
        (folder / "eggs" / PROJECT / "1.egg").write_bytes(egg)
        (folder / "scrapyd.conf").write_text(f"[scrapyd]\neggs_dir = {folder / 'eggs'}\n")
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("SCRAPY_", "PYTHONPATH"))}
        done = subprocess.run(
            [sys.executable, "-m", "scrapyd.runner", "list", "-s", "LOG_STDOUT=0"],
            cwd=folder,
            env=environment | {"SCRAPY_PROJECT": PROJECT, "HOME": str(folder)},  # without ~/.scrapyd.conf
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise ScrapydError(f"The code does not work, and was not deployed: {_reason(done.stderr or done.stdout)}")
    if not done.stdout.split():
        raise ScrapydError("The code has no spiders, and was not deployed")
    return done.stdout.split()


def deploy(
    client: ScrapydClient, project: Path, *, keep: int = DEFAULT_KEEP, now: datetime | None = None
) -> Deployment:
    """Deploy the project's code, unless it is Scrapyd's newest version already, and remove old versions.

    The `keep` newest versions stay, and those of pending and running jobs. If the code does not work, raise
    ScrapydError; the version that was the newest is still the newest then. `now` is the real time.
    """
    code = code_version(project)
    versions = client.versions()
    newest = versions[-1] if versions else ""
    if newest and deployed_code(newest) == code and (spiders := _working_spiders(client, newest)):
        removed = remove_old_versions(client, keep=keep)
        return Deployment(version=newest, spiders=spiders, removed=removed, unchanged=True)
    egg = build_egg(project)
    spiders = check_egg(egg)
    version = f"{_next_stamp(versions, now or clock.real_now())}-{code}"
    _upload(client, version, egg)
    removed = _remove_later_versions(client, version) + remove_old_versions(client, keep=keep)
    return Deployment(version=version, spiders=spiders, removed=removed, unchanged=False)


def remove_old_versions(client: ScrapydClient, *, keep: int = DEFAULT_KEEP) -> list[str]:
    """Delete all versions but the `keep` newest and those of pending and running jobs; return the deleted ones."""
    versions = client.versions()
    if len(versions) <= keep:
        return []
    used = _versions_in_use(client, versions)
    old = [version for version in versions[: len(versions) - keep] if version not in used]
    for version in old:
        client.delete_version(version)
    return old


@contextmanager
def _temporary_folder() -> Iterator[Path]:
    """Yield a folder for an egg, and convert errors of the file system to a ScrapydError."""
    try:
        with tempfile.TemporaryDirectory(prefix="awardspider-egg-") as name:
            yield Path(name)
    except OSError as error:
        place = error.filename or tempfile.gettempdir()
        raise ScrapydError(f"The egg was not built: {place}: {error.strerror}") from error


def _working_spiders(client: ScrapydClient, version: str) -> list[str]:
    """Return the spiders of a deployed version, or an empty list if it does not work."""
    try:
        return client.spiders(version)
    except ScrapydError as error:
        if error.failure is not ScrapydFailure.ERROR:
            raise
        return []


def _upload(client: ScrapydClient, version: str, egg: bytes) -> None:
    """Upload an egg; if Scrapyd reports an error, delete it again, because Scrapyd keeps it as the newest version."""
    try:
        client.add_version(version, egg)
    except ScrapydError as error:
        if error.failure in (ScrapydFailure.UNREACHABLE, ScrapydFailure.REFUSED):
            raise
        try:
            if version in client.versions():
                client.delete_version(version)
        except ScrapydError as second:
            message = f"{error}; version {version} may still be deployed and does not work: deploy again ({second})"
            raise ScrapydError(message, error.failure) from None
        raise


def _remove_later_versions(client: ScrapydClient, version: str) -> list[str]:
    """Delete versions, not named by `deploy`, that Scrapyd would run instead of the new one; return them."""
    versions = client.versions()
    later = versions[versions.index(version) + 1 :]
    if used := _versions_in_use(client, versions).intersection(later):
        message = f"Scrapyd still runs version {max(used)} instead of {version}: wait until its jobs end, deploy again"
        raise ScrapydError(message)
    for each in later:
        client.delete_version(each)
    return later


def _next_stamp(versions: Iterable[str], now: datetime) -> str:
    """Return the time, or the second after the newest version if the clock is behind it."""
    stamps = [match[1] for version in versions if (match := _VERSION.fullmatch(version))]
    if stamps:
        now = max(now, datetime.strptime(max(stamps), _STAMP).replace(tzinfo=UTC) + timedelta(seconds=1))
    return f"{now.astimezone(UTC):{_STAMP}}"


def _versions_in_use(client: ScrapydClient, versions: Sequence[str]) -> set[str]:
    """Return the versions that pending and running jobs need, and those that they may need if that is unknown."""
    used: set[str] = set()
    for job in client.jobs():
        if job.state is JobState.PENDING and job.version:
            used.add(job.version)
        elif job.state is JobState.RUNNING:
            chosen = _version_in_arguments(job) if client.is_local else None
            used.update([chosen] if chosen else _versions_since(versions, job))
    return used


def _version_in_arguments(job: ScrapydJob) -> str | None:
    """Return the version in the command line of a job's process on this machine, or None without one."""
    try:
        arguments = psutil.Process(job.pid).cmdline()
    except psutil.Error:
        return None
    prefix = "_version="
    return next((each.removeprefix(prefix) for each in arguments if each.startswith(prefix)), None)


def _versions_since(versions: Sequence[str], job: ScrapydJob) -> Sequence[str]:
    """Return the versions that were the newest one at a job's start or later, in any time zone of its start."""
    if job.started_at is None:
        return versions
    earliest = f"{job.started_at - _TIME_ZONES:{_STAMP}}"
    before = [index for index, version in enumerate(versions) if version < earliest]
    return versions[before[-1] :] if before else versions


def _content_hash(project: Path) -> str:
    """Return a hash of the names and contents of the files that are deployed."""
    files = [project / name for name in _SOURCES if (project / name).is_file()]
    files += [path for path in (project / _SOURCES[0]).rglob("*") if path.is_file() and path.suffix != ".pyc"]
    digest = hashlib.sha256()
    for name, path in sorted((path.relative_to(project).as_posix(), path) for path in files):
        if not name.startswith(_NOT_IN_EGG):
            digest.update(f"{name}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _git(project: Path, *arguments: str) -> str:
    """Return the output of a git command, or an empty string if git is missing or this is no repository."""
    try:
        done = subprocess.run(
            ["git", "-C", project, *arguments], capture_output=True, text=True, encoding="utf-8", check=False
        )
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _reason(traceback: str) -> str:
    """Return the error of a traceback, with the last place of the egg's code in it."""
    places = re.findall(r'File ".+\.egg/(.+)", line (\d+)', traceback)
    return (last_line(traceback) or _NO_MESSAGE) + (f" ({places[-1][0]}:{places[-1][1]})" if places else "")
