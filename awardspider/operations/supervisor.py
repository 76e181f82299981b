"""The supervisor: it starts all services on this machine, starts those that end again, and stops them in order."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import TextIO

from awardspider import __version__, clock
from awardspider.logs.configuration import LogFormat
from awardspider.operations.deployment import Deployment
from awardspider.operations.service import HEARTBEAT_SECONDS
from awardspider.operations.service_definitions import ServiceDefinition
from awardspider.operations.service_log import ServiceLog
from awardspider.operations.supervised_process import SupervisedProcess
from awardspider.operations.supervisor_state import ServiceState, SupervisorState, write_state
from awardspider.outcomes import AwardError, StorageError
from awardspider.storage.services import ServiceName, record_service_heartbeat, start_service, stop_service
from awardspider.storage.store import Store

logger = logging.getLogger(__name__)

#: A service that is not ready within this time does not keep the next ones from starting.
READY_SECONDS = 60.0

#: Seconds until a deployment that failed is repeated: the first wait, which doubles up to the longest one.
FIRST_DEPLOY_WAIT = 60.0
LONGEST_DEPLOY_WAIT = 1_800.0

_READY_PAUSE_SECONDS = 0.1

_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Supervisor:
    """A supervisor of services, whose output goes to `folder/logs` and to `output`.

    `deploy` deploys the code as soon as Scrapyd is ready. The caller holds the lock of the data folder `folder`.
    """

    def __init__(
        self,
        services: Sequence[ServiceDefinition],
        *,
        folder: Path,
        store: Store,
        output: TextIO | None = None,
        log_format: LogFormat = LogFormat.TEXT,
        deploy: Callable[[], Deployment] | None = None,
    ) -> None:
        self._services = services
        self._folder = folder
        self._store = store
        self._output = output
        self._log_format = log_format
        self._deploy_code = deploy
        self._state = SupervisorState(pid=os.getpid(), started_at=clock.now())
        self._processes: list[SupervisedProcess] = []
        self._tasks: dict[SupervisedProcess, asyncio.Task[None]] = {}
        self._deployment: asyncio.Task[None] | None = None
        self._recorded: dict[ServiceName, int] = {}
        self._has_logged: set[str] = set()

    def run(self) -> None:
        """Run the services until SIGTERM, SIGINT or SIGHUP; a second signal kills those that have not stopped yet."""
        asyncio.run(self._run())

    async def _run(self) -> None:
        self._stop, self._force, self._changed = asyncio.Event(), asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in _STOP_SIGNALS:
            loop.add_signal_handler(number, self._on_signal)
        folder, form = self._folder / "logs", self._log_format
        logs = [
            ServiceLog(folder, each.name.value, self._output, form, each.hidden_lines, each.dropped_lines)
            for each in self._services
        ]
        self._processes = [
            SupervisedProcess(service, log, self._on_change) for service, log in zip(self._services, logs, strict=True)
        ]
        self._on_change()
        heartbeats = asyncio.create_task(self._record_heartbeats())
        start = asyncio.create_task(self._start())
        try:
            await self._stop.wait()
        finally:
            await _cancel(start)
            if self._deployment:
                await _cancel(self._deployment)
            await self._stop_services()
            await _cancel(heartbeats)
            await asyncio.to_thread(self._record_stops)
            for log in logs:
                log.close()

    def _on_signal(self) -> None:
        if self._stop.is_set():
            logger.warning("Killing the services that have not stopped yet")
            self._force.set()
        self._stop.set()

    def _on_change(self) -> None:
        """Write the state file, and record the services that have started."""
        self._changed.set()
        self._state.services = [process.describe() for process in self._processes]
        try:
            write_state(self._folder, self._state)
            self._has_logged.discard("state")
        except OSError as error:
            self._log_once("state", f"The state of the services was not written to {self._folder}: {error.strerror}")

    def _log_once(self, key: str, text: str) -> None:
        if key not in self._has_logged:
            logger.warning("%s", text)
        self._has_logged.add(key)

    async def _start(self) -> None:
        """Start the services, stage by stage, and deploy the code."""
        for _, stage in groupby(self._processes, lambda process: process.service.stage):
            processes = list(stage)
            for process in processes:
                self._tasks[process] = asyncio.create_task(process.run())
            await asyncio.gather(*(self._wait_until_ready(process) for process in processes))
            has_scrapyd = any(process.service.name is ServiceName.SCRAPYD for process in processes)
            if self._deploy_code and has_scrapyd and not await self._deploy(self._deploy_code):
                self._deployment = asyncio.create_task(self._deploy_later(self._deploy_code))
        self._state.ready_at = clock.now()
        self._on_change()

    async def _wait_until_ready(self, process: SupervisedProcess) -> None:
        """Wait until a service is ready; a failing one does not keep the others from starting."""
        try:
            async with asyncio.timeout(READY_SECONDS):
                while not process.ready.is_set() and process.state is not ServiceState.FAILING:
                    await asyncio.sleep(_READY_PAUSE_SECONDS)
        except TimeoutError:
            logger.error("%s was not ready within %g seconds", process.service.name.value, READY_SECONDS)

    async def _deploy(self, deploy: Callable[[], Deployment]) -> bool:
        """Deploy the code in a thread; if that fails, the services run with the version that Scrapyd has."""
        logger.info("Deploying the code to Scrapyd")
        try:
            deployment = await asyncio.to_thread(deploy)
        except (AwardError, OSError) as error:  # OSError: such as a full disk while the egg is built
            self._state.deployment_error = str(error) if isinstance(error, AwardError) else str(error.strerror)
            logger.error("The code was not deployed: %s", self._state.deployment_error)
        else:
            self._state.version, self._state.deployment_error = deployment.version, ""
            done = "is deployed already" if deployment.unchanged else "was deployed"
            logger.info("Version %s %s (%d spiders)", deployment.version, done, len(deployment.spiders))
        self._on_change()
        return not self._state.deployment_error

    async def _deploy_later(self, deploy: Callable[[], Deployment]) -> None:
        """Deploy the code again until that succeeds: Scrapyd may have been down, or the disk full."""
        wait = FIRST_DEPLOY_WAIT
        while True:
            await asyncio.sleep(wait)
            if await self._deploy(deploy):
                return
            wait = min(2 * wait, LONGEST_DEPLOY_WAIT)

    async def _stop_services(self) -> None:
        """Stop the services one by one, the last one first."""
        logger.info("Stopping")
        for process in reversed(self._processes):
            if task := self._tasks.get(process):
                await process.stop(self._force)
                await task
            process.mark_stopped()
        logger.info("All services have stopped")

    async def _record_heartbeats(self) -> None:
        while True:
            self._changed.clear()
            running = {ServiceName.SUPERVISOR: os.getpid()}
            for process in self._processes:
                if not process.service.is_recorded and process.pid and process.ready.is_set():
                    running[process.service.name] = process.pid
            await asyncio.to_thread(self._record, running)
            # Not wait_for: in Python 3.11 it can ignore that it is canceled.
            with suppress(TimeoutError):
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    await self._changed.wait()

    def _record(self, running: dict[ServiceName, int]) -> None:
        """Record heartbeats of the supervisor, and of the services that do not do that themselves."""
        try:
            for name, pid in running.items():
                now = clock.now()
                if not record_service_heartbeat(self._store, name, now, pid=pid):
                    start_service(self._store, name, version=__version__, now=now, pid=pid)
                self._recorded[name] = pid
            self._has_logged.discard("heartbeat")
        except StorageError as error:
            self._log_once("heartbeat", f"The heartbeats of the services were not stored: {error}")

    def _record_stops(self) -> None:
        with suppress(StorageError):
            for name, pid in self._recorded.items():
                stop_service(self._store, name, clock.now(), pid=pid)


async def _cancel(task: asyncio.Task[None]) -> None:
    """Cancel a task. An error of it is logged: it must not keep the services from being stopped in order."""
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass
    except Exception:
        logger.exception("The supervisor failed")
