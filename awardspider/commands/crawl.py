"""`scrapy crawl`: Scrapy's command, with one-sentence errors instead of tracebacks."""

from __future__ import annotations

import argparse
import logging
import sys
from typing import Any, ClassVar

from scrapy.commands.crawl import Command as CrawlCommand
from scrapy.settings import SETTINGS_PRIORITIES

from awardspider.commands._command import AwardCommand
from awardspider.commands._spiders import spider_class
from awardspider.outcomes import AwardError, InvalidArgument

logger = logging.getLogger(__name__)


class Command(AwardCommand, CrawlCommand):
    """Run a spider.

    An invalid argument or setting, or an unusable database, ends the crawl before the first request.
    """

    requires_crawler_process = True
    default_settings: ClassVar[dict[str, Any]] = {}

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Apply the options to the settings."""
        super().process_options(args, opts)
        shows_progress = sys.stderr.isatty() and self.settings["AWARD_PROGRESS"] == "auto"
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
            self.crawl(spider_class(self.settings, args[0]), **opts.spargs)
        except AwardError as error:
            if self.settings["LOG_FILE"]:  # a crawl under Scrapyd has no terminal
                logger.error("The crawl did not start: %s", error)
            raise
