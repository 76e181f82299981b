"""`scrapy status`: show the services and the deployed version."""

from __future__ import annotations

import argparse
import sys

import orjson

from awardspider.commands._command import EXIT_ERROR, AwardCommand
from awardspider.commands._listing import print_table
from awardspider.commands._options import no_arguments
from awardspider.commands._services import (
    SANDBOX_FOLDER,
    add_sandbox_option,
    choose_data_folder,
    services_table,
    status_notes,
    status_record,
)
from awardspider.operations.service_status import services_status
from awardspider.operations.supervisor_state import supervisor_pid
from awardspider.outcomes import StorageError
from awardspider.storage.services import ServiceRow, service_rows


class Command(AwardCommand):
    """Show which services run, since when, and how often they were started again.

    The exit code is 0 if all of them run, and 1 otherwise.
    """

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        add_sandbox_option(parser.add_argument, "show the services of scrapy up --sandbox")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        """Print the services."""
        no_arguments(args)
        folder = choose_data_folder(self.settings, opts)
        now = self.now()
        rows: list[ServiceRow] = []
        try:
            rows = service_rows(self.store())
        except StorageError as error:  # the supervisor's services are known without the database
            print(f"error: {error}", file=sys.stderr)
            self.exitcode = EXIT_ERROR
        status = services_status(folder, rows, now)
        if not status.is_healthy:
            self.exitcode = EXIT_ERROR
        if opts.json:
            print(orjson.dumps(status_record(status, folder), option=orjson.OPT_INDENT_2).decode())
            return
        if status.services:
            print_table(services_table(status, now))
        if status.supervisor:
            for line in status_notes(status, folder):
                print(line)
            return
        print(f"No supervisor runs for {folder}: scrapy up starts one.")
        if not opts.sandbox and supervisor_pid(folder / SANDBOX_FOLDER):
            print("The services of the sandbox run: scrapy status --sandbox shows them.")
