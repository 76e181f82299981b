"""`scrapy crawl`: Scrapy's command, with one-sentence errors instead of tracebacks."""

from __future__ import annotations

import argparse
import sys
from typing import Any, ClassVar

from scrapy.commands.crawl import Command as CrawlCommand
from scrapy.settings import SETTINGS_PRIORITIES

from awardspider.commands._command import AwardCommand
from awardspider.commands._spiders import any_spider_class
from awardspider.extensions.run_alerts import report_failed_start
from awardspider.outcomes import InvalidArgument
from awardspider.programs import programs


class Command(AwardCommand, CrawlCommand):
    """Run a spider.

    An invalid argument or setting, or an unusable database, ends the crawl before the first request.
    """

    requires_crawler_process = True
    searches_sites = True
    default_settings: ClassVar[dict[str, Any]] = {}

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add Scrapy's options and --excel."""
        super().add_options(parser)
        parser.add_argument("--excel", action="store_true", help="CSV files that Excel reads correctly")

    def adjust_settings(self, args: list[str], opts: argparse.Namespace) -> None:
        """Apply the options to the settings."""
        if opts.excel:
            self.settings.set("AWARD_EXCEL", "yes", priority="cmdline")
        has_progress = self.settings["AWARD_PROGRESS"] == "auto" and not programs().keys().isdisjoint(args)
        shows_progress = sys.stderr.isatty() and has_progress
        if (
            shows_progress
            and not self.settings["LOG_FILE"]
            and self.settings.getpriority("LOG_LEVEL") == SETTINGS_PRIORITIES["project"]
        ):
            self.settings.set("LOG_LEVEL", "WARNING", priority="cmdline")  # the progress line has the details

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run the command."""
        if len(args) != 1:
            raise InvalidArgument("expected one spider, as in: scrapy crawl united")
        try:
            self.crawl(any_spider_class(self.settings, args[0]), **opts.spargs)
        except Exception as error:
            program = programs().get(args[0])
            report_failed_start(self.settings, args[0], program.name if program else args[0], error)
            raise
