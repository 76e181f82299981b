"""`scrapy down`: stop the supervisor and all of its services."""

from __future__ import annotations

import argparse
import os
import signal
import time
from pathlib import Path

from awardspider.commands._command import AwardCommand
from awardspider.commands._options import no_arguments
from awardspider.commands._services import SANDBOX_FOLDER, add_sandbox_option, choose_data_folder
from awardspider.operations.supervisor_state import ServiceState, read_state, supervisor_pid
from awardspider.outcomes import AwardError

#: Seconds that all services together may take to stop; each is killed after its own time.
STOP_SECONDS = 240.0

_POLL_SECONDS = 0.2


class Command(AwardCommand):
    """Stop everything that `scrapy up` has started: running crawls store their offers first."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        add_sandbox_option(parser.add_argument, "stop the services of scrapy up --sandbox")

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        """Send SIGTERM to the supervisor and wait until it has ended."""
        no_arguments(args)
        folder = choose_data_folder(self.settings, opts)
        pid = supervisor_pid(folder)
        if pid is None:
            print(f"Nothing runs for {folder}.")
            if not opts.sandbox and supervisor_pid(folder / SANDBOX_FOLDER):
                print("The services of the sandbox run: scrapy down --sandbox stops them.")
            return
        try:
            os.kill(pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
        except PermissionError:
            raise AwardError(f"process {pid}, the supervisor, belongs to another user: run this as that user") from None
        deadline, shown = time.monotonic() + STOP_SECONDS, ""
        while supervisor_pid(folder) == pid:
            if time.monotonic() > deadline:
                raise AwardError(f"process {pid}, the supervisor, has not ended: kill -9 {pid} also ends its services")
            stopping = _stopping_service(folder)
            if stopping and stopping != shown:
                shown = stopping
                print(f"Stopping {shown}", flush=True)
            time.sleep(_POLL_SECONDS)
        print("All services have stopped.")


def _stopping_service(folder: Path) -> str:
    """Return the name of the service that the supervisor is stopping, or an empty string."""
    state = read_state(folder)
    services = state.services if state else []
    return next((each.name.value for each in services if each.state is ServiceState.STOPPING), "")
