"""A child process that is started again whenever it ends, after a wait that grows while it ends soon."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import signal
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import psutil

from awardspider import clock
from awardspider.operations.parent_process import command_with_parent
from awardspider.operations.service_definitions import ServiceDefinition
from awardspider.operations.service_log import ServiceLog
from awardspider.operations.supervisor_state import ServiceState, SupervisedService

logger = logging.getLogger(__name__)

#: Seconds before a process is started again: the first wait, which doubles up to the longest one.
FIRST_WAIT = 1.0
LONGEST_WAIT = 60.0

#: A process that ran for this many seconds is stable: the next wait is the first one again.
STABLE_SECONDS = 60.0

#: A service is failing after it ended this often in a row before it was stable.
FAILING_AFTER = 3

_READY_PAUSE_SECONDS = 0.2
_STOP_PAUSE_SECONDS = 0.05
_OUTPUT_SECONDS = 0.5
_MAX_SHOWN = 300
_MAX_LINE_BYTES = 1_000_000


class SupervisedProcess:
    """A service that runs as a child process. `on_change` is called after each change of its state."""

    def __init__(self, service: ServiceDefinition, log: ServiceLog, on_change: Callable[[], None]) -> None:
        self.service = service
        self.state = ServiceState.STOPPED
        self.started_at: datetime | None = None
        self.restarts = 0
        self.last_exit = ""
        #: Set while the process is ready.
        self.ready = asyncio.Event()
        self._log = log
        self._on_change = on_change
        self._process: asyncio.subprocess.Process | None = None
        self._stop = asyncio.Event()
        self._early_ends = 0
        self._outputs: list[asyncio.ReadTransport] = []

    @property
    def pid(self) -> int | None:
        """The id of the running process."""
        return self._process.pid if self._process else None

    def describe(self) -> SupervisedService:
        """Return the service for the state file."""
        return SupervisedService(
            name=self.service.name,
            state=self.state,
            address=self.service.address,
            pid=self.pid,
            started_at=self.started_at,
            restarts=self.restarts,
            last_exit=self.last_exit,
        )

    async def run(self) -> None:
        """Run the process, and start it again whenever it ends, until `stop` is called."""
        loop, wait = asyncio.get_running_loop(), FIRST_WAIT
        while True:
            started = loop.time()
            line = ""
            try:
                code = await self._run_once()
                ending = _describe_exit(code)
                line = self._log.last_line[:_MAX_SHOWN] if code >= 0 else ""  # nothing printed explains a signal
            except OSError as error:
                ending = f"could not start: {error.strerror}"
            if self._stop.is_set():
                return
            if loop.time() - started >= STABLE_SECONDS:
                wait, self._early_ends = FIRST_WAIT, 0
            self._early_ends += 1
            self.last_exit = f"{ending} at {clock.now():%Y-%m-%d %H:%M} UTC" + (f": {line}" if line else "")
            self._set_state(ServiceState.FAILING if self._is_failing else ServiceState.RESTARTING)
            name = self.service.name.value
            logger.warning("%s ended (%s); it is started again in %g s", name, ending, wait)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._stop.wait()
            if self._stop.is_set():
                return
            self.restarts += 1
            wait = min(2 * wait, LONGEST_WAIT)

    async def stop(self, force: asyncio.Event) -> None:
        """End the process and its descendants with SIGTERM, then with SIGKILL after a while or once `force` is set.

        A child of the process gets SIGTERM from the kernel as soon as its parent has ended (`end_with_parent`); a
        second one could end a crawl at once, without its last offers. Only a child that is starting gets it from here.
        """
        self._stop.set()
        if self._process:
            self._set_state(ServiceState.STOPPING)
            tree = _process_tree(self._process.pid)
            children = set(_children(self._process.pid))
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGTERM)
            deadline = asyncio.get_running_loop().time() + self.service.stop_seconds
            while running := _running(tree):
                if force.is_set() or asyncio.get_running_loop().time() > deadline:
                    logger.warning("%s did not stop; %d processes are killed", self.service.name.value, len(running))
                    _kill([*running, *(each for one in running for each in _process_tree(one.pid))])
                    break
                if not _is_running(tree[0]):
                    _terminate_starting([each for each in running if each in children])
                await asyncio.sleep(_STOP_PAUSE_SECONDS)

    def mark_stopped(self) -> None:
        """Set the final state, and read no more output."""
        for output in self._outputs:
            output.close()
        self._set_state(ServiceState.STOPPED)

    @property
    def _is_failing(self) -> bool:
        return self._early_ends >= FAILING_AFTER

    async def _run_once(self) -> int:
        """Run the process until it ends and return its exit code. Raise OSError if it cannot be started."""
        # A pipe of our own: asyncio's would let `wait` wait for descendants that still have the pipe.
        source, target = os.pipe()
        self._log.last_line = ""
        try:
            process = await asyncio.create_subprocess_exec(
                *command_with_parent(list(self.service.command)),
                cwd=self.service.folder,
                env=self.service.environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=target,
                stderr=target,
                process_group=0,  # Ctrl-C in a terminal reaches the supervisor only
            )
        except BaseException:
            os.close(source)
            raise
        finally:
            os.close(target)
        self._process, self.started_at = process, clock.now()
        if self._stop.is_set():  # `stop` was called before there was a process
            process.terminate()
        self._set_state(ServiceState.FAILING if self._is_failing else ServiceState.STARTING)
        pipe = os.fdopen(source, "rb", buffering=0)
        transport, output = await asyncio.get_running_loop().connect_read_pipe(lambda: _Lines(self._log.write), pipe)
        self._outputs = [each for each in self._outputs if not each.is_closing()] + [transport]
        readiness = asyncio.create_task(self._wait_until_ready(process.pid))
        try:
            code = await process.wait()
        finally:
            readiness.cancel()
            self.ready.clear()
            self._process, self.started_at = None, None
        with contextlib.suppress(TimeoutError):  # its last line is part of `last_exit`
            async with asyncio.timeout(_OUTPUT_SECONDS):
                await output.ended.wait()
        return code

    async def _wait_until_ready(self, pid: int) -> None:
        while not await asyncio.to_thread(self.service.is_ready, pid):
            await asyncio.sleep(_READY_PAUSE_SECONDS)
        if not self._stop.is_set():
            logger.info("%s is running (process %d)", self.service.name.value, pid)
            self._set_state(ServiceState.RUNNING)
            self.ready.set()

    def _set_state(self, state: ServiceState) -> None:
        self.state = state
        self._on_change()


class _Lines(asyncio.Protocol):
    """The output of a process and its descendants, which is passed on line by line; `ended` is set at its end."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self.ended = asyncio.Event()
        self._write = write
        self._rest = b""

    def data_received(self, data: bytes) -> None:
        """Write the lines that are complete; a line that is too long is cut."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > _MAX_LINE_BYTES:
            lines, self._rest = [*lines, self._rest], b""
        for line in lines:
            self._write(line.decode(errors="replace"))

    def eof_received(self) -> None:
        """Write the last line."""
        if self._rest:
            self._write(self._rest.decode(errors="replace"))
        self.ended.set()


def _describe_exit(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"


def _process_tree(pid: int) -> list[psutil.Process]:
    """Return a process and its descendants."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _children(pid: int) -> list[psutil.Process]:
    """Return the direct children of a process."""
    try:
        return psutil.Process(pid).children()
    except psutil.NoSuchProcess:
        return []


def _terminate_starting(processes: Sequence[psutil.Process]) -> None:
    """Send SIGTERM to the processes that do not handle it yet: they have not begun their work."""
    for each in processes:
        with contextlib.suppress(psutil.NoSuchProcess, OSError):
            status = Path(f"/proc/{each.pid}/status").read_text(encoding="utf-8", errors="replace")
            caught = re.search(r"^SigCgt:\s*([0-9a-f]+)$", status, re.MULTILINE)
            if caught and not int(caught[1], 16) & 1 << signal.SIGTERM - 1:
                each.terminate()


def _running(processes: Sequence[psutil.Process]) -> list[psutil.Process]:
    return [each for each in processes if _is_running(each)]


def _is_running(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _kill(processes: Sequence[psutil.Process]) -> None:
    for each in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            each.kill()
