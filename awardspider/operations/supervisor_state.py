"""Files of the supervisor in the data folder: a lock, so that one supervisor runs, and the state of its services."""

from __future__ import annotations

import fcntl
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

import msgspec

from awardspider.outcomes import AwardError, InvalidSetting
from awardspider.storage.processes import pid_namespace
from awardspider.storage.services import ServiceName

LOCK_FILE = "supervisor.pid"
STATE_FILE = "supervisor.json"

# Another process holds the lock for a moment to find out whether a supervisor runs.
_LOCK_ATTEMPTS = 5
_LOCK_PAUSE_SECONDS = 0.1


class ServiceState(StrEnum):
    """States of a service.

    FAILING: it ended soon after its start, several times in a row. UNRESPONSIVE: its process exists, but is stopped or
    hangs, so that it records no heartbeats.
    """

    STARTING = "starting"
    RUNNING = "running"
    RESTARTING = "restarting"
    FAILING = "failing"
    UNRESPONSIVE = "unresponsive"
    STOPPING = "stopping"
    STOPPED = "stopped"
    DIED = "died"


@dataclass(slots=True, kw_only=True)
class SupervisedService:
    """A service as its supervisor knows it; `started_at` is in UTC.

    `last_exit` describes how its process ended the last time, such as `exit code 2 at 2026-11-30 03:00 UTC: error: …`.
    """

    name: ServiceName
    state: ServiceState
    address: str = ""
    pid: int | None = None
    started_at: datetime | None = None
    restarts: int = 0
    last_exit: str = ""


@dataclass(slots=True, kw_only=True)
class SupervisorState:
    """A supervisor: when it started (UTC), when all services had started once, its deployment and its services."""

    pid: int
    started_at: datetime
    ready_at: datetime | None = None
    version: str = ""
    deployment_error: str = ""
    services: list[SupervisedService] = field(default_factory=list)


class _Owner(msgspec.Struct):
    pid: int
    host: str
    pid_namespace: str


@contextmanager
def supervisor_lock(folder: Path) -> Iterator[None]:
    """Hold the lock of a data folder, which the kernel releases if this process is killed.

    Raise InvalidSetting if the folder cannot be written, and AwardError if another supervisor holds the lock.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / LOCK_FILE).open("a+", encoding="utf-8")
    except OSError as error:
        raise InvalidSetting(
            f"the data folder {folder} cannot be written ({error.strerror}): change its owner, or set AWARD_DATA_DIR"
        ) from None
    with file:
        for attempt in range(_LOCK_ATTEMPTS):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if attempt == _LOCK_ATTEMPTS - 1:
                    raise AwardError(_already_running(folder)) from None
                time.sleep(_LOCK_PAUSE_SECONDS)
            except OSError as error:  # a file system without locks
                raise InvalidSetting(
                    f"{folder / LOCK_FILE} cannot be locked ({error.strerror}): set AWARD_DATA_DIR to a local folder"
                ) from None
        owner = _Owner(pid=os.getpid(), host=socket.gethostname(), pid_namespace=pid_namespace())
        file.truncate(0)
        file.write(msgspec.json.encode(owner).decode() + "\n")
        file.flush()
        yield
        file.truncate(0)


def supervisor_pid(folder: Path) -> int | None:
    """Return the process id of the supervisor of a data folder, or None if none runs.

    Raise AwardError if it runs on another host or in another container.
    """
    owner = _owner(folder)
    if owner is None:
        return None
    if (owner.host, owner.pid_namespace) != (socket.gethostname(), pid_namespace()):
        raise AwardError(
            f"the supervisor of {folder} runs on {owner.host} (process {owner.pid}): run the command there"
        )
    return owner.pid


def write_state(folder: Path, state: SupervisorState) -> None:
    """Replace the state file. Raise OSError if the data folder cannot be written."""
    temporary = folder / f"{STATE_FILE}.new"
    temporary.write_bytes(msgspec.json.format(msgspec.json.encode(state), indent=1) + b"\n")
    temporary.replace(folder / STATE_FILE)


def read_state(folder: Path) -> SupervisorState | None:
    """Return the state that the running supervisor of a data folder has written, or None without one."""
    pid = supervisor_pid(folder)
    with suppress(OSError, msgspec.MsgspecError):
        state = msgspec.json.decode((folder / STATE_FILE).read_bytes(), type=SupervisorState)
        return state if state.pid == pid else None
    return None


def _owner(folder: Path) -> _Owner | None:
    """Return the process that holds the lock, or None if it is free."""
    try:
        file = (folder / LOCK_FILE).open(encoding="utf-8")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InvalidSetting(f"{folder / LOCK_FILE} is unreadable: {error.strerror}") from None
    with file:
        for _ in range(_LOCK_ATTEMPTS):
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                return None
            except BlockingIOError:
                pass
            file.seek(0)
            with suppress(msgspec.MsgspecError):
                return msgspec.json.decode(file.read(), type=_Owner)
            time.sleep(_LOCK_PAUSE_SECONDS)  # it has the lock, but has not written its process id yet
    raise AwardError(f"{folder / LOCK_FILE} is locked by an unknown process: is another program using it?")


def _already_running(folder: Path) -> str:
    owner = _owner(folder)
    process = f"process {owner.pid} on {owner.host}" if owner else "another process"
    return f"a supervisor is running already for {folder} ({process}): scrapy status shows it, scrapy down stops it"
