"""`scrapy crawl`, with one difference from Scrapy's: what a person can mend ends as one sentence, not a traceback."""

from __future__ import annotations

import argparse
from typing import Any, ClassVar

from scrapy.commands.crawl import Command as CrawlCommand

from awardspider.commands._command import AwardCommand
from awardspider.commands._spiders import spider_class
from awardspider.outcomes import BadArgument


class Command(AwardCommand, CrawlCommand):
    """Run a spider; a wrong argument, setting or database ends it ahead of the first request."""

    requires_crawler_process = True
    default_settings: ClassVar[dict[str, Any]] = {}

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) != 1:
            raise BadArgument("name one spider, as in: scrapy crawl united")
        self.crawl(spider_class(self.settings, args[0]), **opts.spargs)
