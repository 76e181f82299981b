"""`scrapy mcp`: serve tools for assistants on standard input and output."""

from __future__ import annotations

import argparse
from dataclasses import replace

from awardspider.commands._command import AwardCommand
from awardspider.commands._options import no_arguments
from awardspider.environment import data_dir
from awardspider.logs.configuration import configure_command_logs


class Command(AwardCommand):
    """Serve tools for an assistant (Model Context Protocol) on standard input and output, until the assistant ends it.

    The tools search offers, calendars, promotions and watches, and save watches.
    """

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        parser.add_argument("--read-only", action="store_true", help="refuse to save, pause and remove watches")

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        """Serve the tools."""
        # Imported here because every command is imported for the list of commands, and the SDK takes a second.
        from awardspider.panel.access import LOCAL_OPERATOR
        from awardspider.panel.configuration import PanelConfig
        from awardspider.panel.mcp.server import create_server
        from awardspider.panel.mcp.session import ToolSession, set_session
        from awardspider.storage.accounts import Scope

        no_arguments(args)
        configure_command_logs(self.settings)
        config = PanelConfig(store=self.store(), settings=self.plain_settings(), data_dir=data_dir(self.settings))
        scopes = frozenset({Scope.READ}) if opts.read_only else frozenset(Scope)
        set_session(ToolSession(config=config, visitor=replace(LOCAL_OPERATOR, scopes=scopes)))
        create_server().run("stdio")
