"""One supervised child process: restarts, waits, output and stop."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from awardspider.operations import supervised_process
from awardspider.operations.service_definitions import ServiceDefinition
from awardspider.operations.service_log import ServiceLog
from awardspider.operations.supervised_process import SupervisedProcess
from awardspider.operations.supervisor_state import ServiceState
from awardspider.storage.services import ServiceName
from tests.support.paths import ROOT
from tests.support.waiting import is_process_running

Scenario = Callable[[SupervisedProcess], Coroutine[Any, Any, None]]


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervised_process, "FIRST_WAIT", 0.01)
    monkeypatch.setattr(supervised_process, "LONGEST_WAIT", 0.05)
    monkeypatch.setattr(supervised_process, "_READY_PAUSE_SECONDS", 0.01)


async def until(condition: Callable[[], object], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


def supervise(
    folder: Path,
    code: str,
    scenario: Scenario,
    *,
    stop_seconds: float = 20,
    is_ready: Callable[[int], bool] = bool,
    folder_of_code: Path | None = None,
) -> list[str]:
    """Run Python code as a service while a scenario runs; return the states that it had."""
    states: list[str] = []

    async def run() -> None:
        service = ServiceDefinition(
            name=ServiceName.DISPATCHER,
            command=(sys.executable, "-c", code),
            folder=folder_of_code or folder,
            environment=os.environ | {"PYTHONUNBUFFERED": "1"},
            is_ready=is_ready,
            stage=0,
            stop_seconds=stop_seconds,
        )
        log = ServiceLog(folder, "dispatcher")
        process = SupervisedProcess(service, log, lambda: states.append(process.state.value))
        task = asyncio.create_task(process.run())
        try:
            await scenario(process)
        finally:
            await process.stop(asyncio.Event())
            await task
            process.mark_stopped()
            log.close()

    asyncio.run(run())
    return states


def log_lines(folder: Path) -> list[str]:
    return (folder / "dispatcher.log").read_text(encoding="utf-8").splitlines()


def test_a_killed_process_comes_back(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def kill(process: SupervisedProcess) -> None:
        await until(lambda: process.ready.is_set() and log_lines(tmp_path))
        first = process.pid
        assert first
        os.kill(first, signal.SIGKILL)
        await until(lambda: process.ready.is_set() and process.pid != first)
        assert process.restarts == 1
        assert re.fullmatch(r"signal SIGKILL at \d{4}-\d\d-\d\d \d\d:\d\d UTC", process.last_exit)

    states = supervise(tmp_path, "import signal; print('started'); signal.pause()", kill)
    assert states == ["starting", "running", "restarting", "starting", "running", "stopping", "stopped"]
    assert "dispatcher ended (signal SIGKILL); it is started again in 0.01 s" in caplog.messages


def test_a_process_that_fails_again_and_again_waits_longer_and_is_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(process: SupervisedProcess) -> None:
        await until(lambda: process.restarts >= 4)
        assert process.state is ServiceState.FAILING
        assert re.fullmatch(r"exit code 3 at [0-9: -]+ UTC: error: no database", process.last_exit)

    supervise(tmp_path, "print('error: no database'); raise SystemExit(3)", fail, is_ready=lambda _: False)
    waits = [message.rpartition(" in ")[2] for message in caplog.messages if "started again" in message]
    assert waits[:5] == ["0.01 s", "0.02 s", "0.04 s", "0.05 s", "0.05 s"][: len(waits)]


def test_after_a_long_life_the_first_wait_counts_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervised_process, "STABLE_SECONDS", 0)

    async def end(process: SupervisedProcess) -> None:
        await until(lambda: process.restarts >= 4)

    states = supervise(tmp_path, "", end)
    assert "failing" not in states
    assert {message.rpartition(" in ")[2] for message in caplog.messages if "started again" in message} == {"0.01 s"}


def test_a_process_that_cannot_be_started_is_reported(tmp_path: Path) -> None:
    folder = tmp_path / "service"
    folder.mkdir()

    async def start(process: SupervisedProcess) -> None:
        await process.ready.wait()
        folder.rename(tmp_path / "moved")
        assert process.pid
        os.kill(process.pid, signal.SIGKILL)
        await until(lambda: "could not start" in process.last_exit)
        (tmp_path / "moved").rename(folder)
        await process.ready.wait()

    supervise(folder, "import signal; signal.pause()", start)


def test_a_process_that_ignores_sigterm_is_killed_with_its_descendants(tmp_path: Path) -> None:
    ignore = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    child = f"{ignore}; print('ready'); signal.pause()"
    start = f"import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', {child!r}])"
    code = f"{ignore}\n{start}\nprint(child.pid)\nchild.wait()"
    pids: list[int] = []

    async def wait(process: SupervisedProcess) -> None:
        await until(lambda: len(log_lines(tmp_path)) == 2)
        assert process.pid
        words = [line.rpartition(" ")[2] for line in log_lines(tmp_path)]
        pids.extend([process.pid, *(int(word) for word in words if word != "ready")])

    supervise(tmp_path, code, wait, stop_seconds=0.2)
    assert len(pids) == 2
    assert not any(is_process_running(pid) for pid in pids)


def test_a_descendant_that_keeps_the_output_does_not_delay_the_restart(tmp_path: Path) -> None:
    code = "import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']).pid)"

    async def end(process: SupervisedProcess) -> None:
        await until(lambda: process.restarts >= 2)

    try:
        supervise(tmp_path, code, end)
    finally:
        for line in log_lines(tmp_path):
            os.kill(int(line.rpartition(" ")[2]), signal.SIGKILL)


def test_the_output_is_logged_line_by_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervised_process, "_MAX_LINE_BYTES", 1000)
    code = "import sys, signal; print('a' * 5000); print('é', file=sys.stderr); print('end', end='')"

    async def end(process: SupervisedProcess) -> None:
        await until(lambda: process.restarts >= 1)

    supervise(tmp_path, code, end)
    texts = [line.partition(" ")[2].partition(" ")[2] for line in log_lines(tmp_path)]
    assert "".join(texts[: texts.index("é")]) == 5000 * "a"
    assert texts[texts.index("é") + 1] == "end"


def test_a_child_that_is_starting_ends_and_one_that_handles_sigterm_gets_no_second_signal(tmp_path: Path) -> None:
    """The second child gets its signal from the kernel, and counts it."""
    starting = "import signal; print('ready', flush=True); signal.pause()"
    handling = (
        "import signal, time; from awardspider.operations.parent_process import end_with_parent; count = []\n"
        "signal.signal(signal.SIGTERM, lambda *_: count.append(1)); end_with_parent(); print('ready', flush=True)\n"
        "signal.pause(); time.sleep(1); print('signals', len(count), flush=True)"
    )
    code = (
        "import subprocess, sys, signal\n"
        f"for code in ({starting!r}, {handling!r}): subprocess.Popen([sys.executable, '-c', code])\n"
        "signal.pause()"
    )

    async def wait(process: SupervisedProcess) -> None:
        await until(lambda: len(log_lines(tmp_path)) == 2)

    supervise(tmp_path, code, wait, folder_of_code=ROOT)
    assert log_lines(tmp_path)[2].endswith(" signals 1")
