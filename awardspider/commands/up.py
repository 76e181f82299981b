"""`scrapy up`: run all services on this machine under one supervisor."""

from __future__ import annotations

import argparse
import logging
import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from typing import IO

from awardspider.commands._command import EXIT_ERROR, AwardCommand
from awardspider.commands._listing import print_table
from awardspider.commands._options import integer, no_arguments
from awardspider.commands._services import add_sandbox_option, choose_data_folder, services_table, status_notes
from awardspider.logs.configuration import parse_log_format
from awardspider.logs.masking import add_configured_secrets
from awardspider.logs.records import mask_records
from awardspider.operations.deployment import deploy, project_folder
from awardspider.operations.scrapyd import scrapyd_client
from awardspider.operations.service_addresses import check_addresses
from awardspider.operations.service_definitions import ServiceDefinition, define_services
from awardspider.operations.service_log import ServiceLog, ServiceLogHandler
from awardspider.operations.service_status import services_status
from awardspider.operations.supervisor import Supervisor
from awardspider.operations.supervisor_state import SupervisorState, read_state, supervisor_lock
from awardspider.outcomes import AwardError, InvalidArgument, InvalidSetting
from awardspider.storage.services import ServiceName, service_rows

#: Seconds that ports may stay in use by the services of a supervisor that was killed, which stop in order.
PORT_SECONDS = 10.0

#: Seconds until all services have started and the code is deployed.
BACKGROUND_SECONDS = 180.0

MAX_ERROR_BYTES = 10_000

SANDBOX_PORT = "8800"


class Command(AwardCommand):
    """Start Scrapyd, the scheduler and the dispatcher, and start each of them again if it ends.

    The code is deployed to Scrapyd. Ctrl-C or `scrapy down` stops everything, and nothing outlives this command.
    """

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        add = parser.add_argument
        add("--background", action="store_true", help="return as soon as everything runs; scrapy down stops it")
        add_sandbox_option(add, "search and send to the sandbox only, which is started too; data in data/sandbox")
        add("--sandbox-port", metavar="PORT", default=SANDBOX_PORT, help="port of the sandbox (default: %(default)s)")
        add("--no-deploy", action="store_true", help="keep the version that is deployed to Scrapyd")

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run the services until interrupted, or start another process that does."""
        no_arguments(args)
        port = integer("--sandbox-port", opts.sandbox_port, minimum=1) or 0
        if port > 65535:
            raise InvalidArgument(f"--sandbox-port: expected a port up to 65535, got {port}")
        self._sandbox_port = port if opts.sandbox else None
        self._folder = choose_data_folder(self.settings, opts)
        with supervisor_lock(self._folder):
            services = self._define_services()
            if not opts.background:
                self._run(services, is_deployed=not opts.no_deploy)
                return
        self._run_in_background()

    def _define_services(self) -> list[ServiceDefinition]:
        """Return the services, checked so far as they can be before the start."""
        services = define_services(
            self.settings,
            self.store(),
            folder=self._folder,
            project=project_folder(),
            sandbox_port=self._sandbox_port,
        )
        deadline = time.monotonic() + PORT_SECONDS
        while True:
            try:
                check_addresses(services)
                return services
            except AwardError:
                if time.monotonic() > deadline or not self._is_restart():
                    raise
            time.sleep(0.2)

    def _is_restart(self) -> bool:
        """Return whether a supervisor of this folder was killed, so that its services are still stopping."""
        rows = service_rows(self.store())
        return any(row.name is ServiceName.SUPERVISOR and row.stopped_at is None for row in rows)

    def _run(self, services: list[ServiceDefinition], *, is_deployed: bool) -> None:
        name, log_format = ServiceName.SUPERVISOR.value, parse_log_format(self.settings)
        add_configured_secrets(self.settings)
        mask_records()
        try:
            (self._folder / "logs").mkdir(exist_ok=True)
            log = ServiceLog(self._folder / "logs", name, sys.stdout, log_format)
        except OSError as error:
            raise InvalidSetting(f"{self._folder / 'logs'} cannot be written: {error.strerror}") from None
        handler, logger = ServiceLogHandler(log, name, log_format), logging.getLogger("awardspider")
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        supervisor = Supervisor(
            services,
            folder=self._folder,
            store=self.store(),
            output=sys.stdout,
            log_format=log_format,
            deploy=partial(deploy, scrapyd_client(self.settings), project_folder()) if is_deployed else None,
        )
        try:
            supervisor.run()
        finally:
            logger.removeHandler(handler)
            log.close()

    def _run_in_background(self) -> None:
        """Start this command in the background, wait until everything runs, and print the table of services."""
        # Scrapy has removed the command's name; argparse accepts abbreviated options.
        arguments = [each for each in sys.argv[1:] if not (each.startswith("--b") and "--background".startswith(each))]
        with tempfile.TemporaryFile() as errors:
            process = subprocess.Popen(
                [sys.executable, "-m", "scrapy", "up", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
            )
            print("Starting the services and deploying the code", flush=True)
            state = self._wait_until_ready(process, errors)
        status = services_status(self._folder, service_rows(self.store()), self.now())
        print_table(services_table(status, self.now()))
        for line in status_notes(status, self._folder):
            print(line)
        if not state:
            print(f"error: not everything runs after {BACKGROUND_SECONDS:.0f} seconds: see the logs", file=sys.stderr)
        if not status.is_healthy:
            self.exitcode = EXIT_ERROR

    def _wait_until_ready(self, process: subprocess.Popen[bytes], errors: IO[bytes]) -> SupervisorState | None:
        deadline = time.monotonic() + BACKGROUND_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                # Not `read`: the process has moved the position in the file.
                text = os.pread(errors.fileno(), MAX_ERROR_BYTES, 0).decode(errors="replace").strip()
                text = text.removeprefix("error: ")
                log = self._folder / "logs" / "supervisor.log"
                raise AwardError(text or f"the supervisor ended with exit code {process.returncode}: see {log}")
            state = read_state(self._folder)
            if state and state.pid == process.pid and state.ready_at:
                return state
            time.sleep(0.2)
        return None
