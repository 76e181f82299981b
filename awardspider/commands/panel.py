"""`scrapy panel`: serve the web panel."""

from __future__ import annotations

import argparse

from awardspider.commands._command import AwardCommand
from awardspider.commands._options import integer, no_arguments
from awardspider.environment import data_dir
from awardspider.outcomes import InvalidArgument

_MAX_PORT = 65535


class Command(AwardCommand):
    """Serve the web panel until Ctrl+C.

    Without accounts, the panel is for people at this machine only.
    """

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        parser.add_argument("--host", metavar="ADDRESS", help="the address to listen on (default: 127.0.0.1)")
        parser.add_argument("--port", metavar="N", help="the port to listen on (default: 8787)")

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        """Serve the panel."""
        # Imported here because every command is imported for the list of commands, and FastAPI takes half a second.
        from awardspider.panel.configuration import DEFAULT_HOST, DEFAULT_PORT, PanelConfig
        from awardspider.panel.server import serve

        no_arguments(args)
        port = integer("--port", opts.port)
        if port is not None and not 1 <= port <= _MAX_PORT:
            raise InvalidArgument(f"--port is {port}; use a number from 1 to {_MAX_PORT}")
        config = PanelConfig(
            store=self.store(),
            settings=self.plain_settings(),
            data_dir=data_dir(self.settings),
            host=opts.host or DEFAULT_HOST,
            port=port or DEFAULT_PORT,
        )
        print(f"The panel is at http://{config.host}:{config.port}; press Ctrl+C to stop it.", flush=True)
        serve(config)
