"""The lock and the state file of the supervisor."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from awardspider.operations.supervisor_state import (
    LOCK_FILE,
    STATE_FILE,
    ServiceState,
    SupervisedService,
    SupervisorState,
    read_state,
    supervisor_lock,
    supervisor_pid,
    write_state,
)
from awardspider.outcomes import AwardError, InvalidSetting
from awardspider.storage.services import ServiceName

HOLDER = """
import pathlib, signal, sys
from awardspider.operations.supervisor_state import supervisor_lock
with supervisor_lock(pathlib.Path(sys.argv[1])):
    print("locked", flush=True)
    signal.pause()
"""


def make_state(pid: int) -> SupervisorState:
    service = SupervisedService(name=ServiceName.SCRAPYD, state=ServiceState.RUNNING, pid=12, restarts=3)
    return SupervisorState(pid=pid, started_at=datetime(2026, 11, 30, tzinfo=UTC), version="v1", services=[service])


def test_without_a_supervisor(tmp_path: Path) -> None:
    assert supervisor_pid(tmp_path) is None
    assert read_state(tmp_path) is None


def test_the_lock_of_a_killed_supervisor_is_free(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"locked\n"
        assert supervisor_pid(tmp_path) == holder.pid
        write_state(tmp_path, make_state(holder.pid))
        assert read_state(tmp_path) == make_state(holder.pid)
        refusal = rf"already for {tmp_path} \(process {holder.pid} on .* scrapy down stops it"
        with pytest.raises(AwardError, match=refusal), supervisor_lock(tmp_path):
            pass
        holder.kill()
    assert supervisor_pid(tmp_path) is None
    assert read_state(tmp_path) is None
    with supervisor_lock(tmp_path):  # the old file does not matter
        assert (tmp_path / LOCK_FILE).read_text().count("\n") == 1
    assert (tmp_path / LOCK_FILE).read_text() == ""


def test_the_state_of_an_earlier_supervisor_is_ignored(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        holder.stdout.readline()
        write_state(tmp_path, make_state(holder.pid + 1))
        assert read_state(tmp_path) is None
        (tmp_path / STATE_FILE).write_text("{")
        assert read_state(tmp_path) is None
        owner = json.loads((tmp_path / LOCK_FILE).read_text())
        (tmp_path / LOCK_FILE).write_text(json.dumps(owner | {"host": "elsewhere"}))
        with pytest.raises(AwardError, match="runs on elsewhere"):
            supervisor_pid(tmp_path)
        holder.kill()


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refusal = r"cannot be written \(Not a directory\): .* AWARD_DATA_DIR"
    with pytest.raises(InvalidSetting, match=refusal), supervisor_lock(tmp_path / "file" / "data"):
        pass


def test_a_file_system_without_locks_is_an_invalid_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(file: object, operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", fail)
    refusal = r"supervisor\.pid cannot be locked .*: set AWARD_DATA_DIR"
    with pytest.raises(InvalidSetting, match=refusal), supervisor_lock(tmp_path):
        pass
