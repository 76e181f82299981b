"""Backups of a PostgreSQL database with pg_dump and pg_restore, which get the password from the environment."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from sqlalchemy import URL

from awardspider.outcomes import StorageError
from awardspider.storage.engines import display_url

SUFFIX = ".dump"


def write_backup(url: URL, target: Path) -> None:
    """Dump a database to a compressed file. Raise StorageError if pg_dump is missing or fails."""
    unfinished = target.with_name(f".{target.name}")
    unfinished.touch(mode=0o600)
    try:
        arguments = ["--format=custom", "--no-owner", "--no-privileges", f"--file={unfinished}"]
        _run("pg_dump", url, [*arguments, f"--dbname={_without_password(url)}"])
        require_intact(unfinished, url)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def require_intact(backup: Path, url: URL) -> None:
    """Read a dump completely; raise StorageError if it is damaged."""
    _run("pg_restore", url, [f"--file={os.devnull}", str(backup)])


def restore(url: URL, backup: Path) -> None:
    """Replace all tables of a database with those of a dump, in one transaction. Raise StorageError."""
    arguments = ["--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction"]
    _run("pg_restore", url, [*arguments, f"--dbname={_without_password(url)}", str(backup)])


def schema_version(backup: Path, url: URL) -> str | None:
    """Return the schema version of a dump; None for one that is not ours."""
    text = _run("pg_restore", url, ["--data-only", "--table=alembic_version", "--file=-", str(backup)])
    lines = text.splitlines()
    start = next((number for number, line in enumerate(lines) if line.startswith("COPY ")), None)
    return lines[start + 1].strip() if start is not None and lines[start + 1].strip() != "\\." else None


def _without_password(url: URL) -> str:
    """Return the connection URI of libpq without the password, which other users could see in the list of processes."""
    query = {name: value for name, value in url.query.items() if name != "password"}
    return url.set(drivername="postgresql", password=None, query=query).render_as_string(hide_password=False)


def _run(program: str, url: URL, arguments: list[str]) -> str:
    path = shutil.which(program)
    if path is None:
        raise StorageError(f"{program} is missing; install the package postgresql-client")
    password = url.password or url.query.get("password")
    environment = os.environ | ({"PGPASSWORD": str(password)} if password else {})
    result = subprocess.run([path, *arguments], env=environment, capture_output=True, text=True, check=False)
    if result.returncode:
        lines = [line for line in result.stderr.splitlines() if line.strip()]
        reason = lines[0].removeprefix(f"{program}: ").removeprefix("error: ") if lines else "unknown error"
        if password:
            reason = reason.replace(str(password), "***")
        raise StorageError(f"{program} failed for {display_url(url)}: {reason}")
    return result.stdout
