"""`scrapy panel`: serve the web panel."""

from __future__ import annotations

import argparse
import logging
from functools import cache
from typing import Any

from awardspider.commands._command import ActionCommand
from awardspider.commands._panel_accounts import PanelAccounts
from awardspider.commands._spiders import search_capabilities
from awardspider.environment import data_dir
from awardspider.logs.configuration import configure_service_logs
from awardspider.operations.service_definitions import panel_address


class Command(ActionCommand):
    """Serve the web panel until Ctrl+C, or manage its accounts and tokens.

    Without accounts, the panel is for people at this machine only.
    """

    usage = "[options] [<action> ...]"
    needs_action = False

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        parser.add_argument("--host", metavar="ADDRESS", help="address to listen on (default: AWARD_PANEL_HOST)")
        parser.add_argument("--port", metavar="N", help="port to listen on (default: AWARD_PANEL_PORT)")

    def add_actions(self) -> None:
        """Add the actions."""
        PanelAccounts(self.store, self.now, lambda: data_dir(self.settings)).add_actions(self.add_action)

    def run_without_action(self, opts: argparse.Namespace) -> None:
        """Serve the panel."""
        # Imported here because every command is imported for the list of commands, and FastAPI takes half a second.
        from awardspider.panel.configuration import PanelConfig
        from awardspider.panel.server import serve

        level: Any = logging.getLevelName(self.settings["LOG_LEVEL"])
        configure_service_logs(self.settings, "panel", max(level, logging.INFO))
        for name, value in (("AWARD_PANEL_HOST", opts.host), ("AWARD_PANEL_PORT", opts.port)):
            if value is not None:
                self.settings.set(name, value, "cmdline")
        host, port = panel_address(self.settings)
        config = PanelConfig(
            store=self.store(),
            settings=self.plain_settings(),
            data_dir=data_dir(self.settings),
            host=host,
            port=port,
            capabilities=cache(lambda: search_capabilities(self.settings)),
        )
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        serve(config, lambda: print(f"The panel is at {address}; press Ctrl-C to stop it.", flush=True))
