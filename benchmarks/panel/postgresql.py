"""A private PostgreSQL server in a folder, which keeps its data for the next benchmark."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_ROLE = "award"
_DATABASE = "award"
#: What a small server of its own would have. Autovacuum is on, as by default.
_OPTIONS = "-c shared_buffers=1GB -c max_wal_size=4GB -c effective_cache_size=4GB -c random_page_cost=1.1"


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """Run a server with its data in a folder, and yield the URL of its database."""
    programs = _programs()
    data = folder / "data"
    is_new = not data.exists()
    if is_new:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o777)  # the server runs as an unprivileged user
        _run(programs, "initdb", "-D", data, "-U", _ROLE, "-A", "trust", "-E", "UTF8", "--locale=C")
    port = _free_port()
    options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} {_OPTIONS}"
    _run(programs, "pg_ctl", "start", "-w", "-D", data, "-l", folder / "log", "-o", options)
    try:
        if is_new:
            _run(programs, "createdb", "-h", "127.0.0.1", "-p", str(port), "-U", _ROLE, _DATABASE)
        yield f"postgresql://{_ROLE}@127.0.0.1:{port}/{_DATABASE}"
    finally:
        _run(programs, "pg_ctl", "stop", "-w", "-D", data, "-m", "fast")


def _programs() -> Path:
    """Return the folder of PostgreSQL's programs; Debian has one for each version, outside the path."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    if not folders:
        raise SystemExit("PostgreSQL is missing: install Debian's package postgresql")
    return folders[-1]


def _run(programs: Path, program: str, *arguments: str | Path) -> None:
    result = subprocess.run(
        [programs / program, *arguments],
        user="postgres" if os.geteuid() == 0 else None,  # PostgreSQL does not run as root
        cwd="/",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        text=True,
        check=False,
    )
    if result.returncode:
        raise SystemExit(f"{program} failed: {result.stderr}")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
