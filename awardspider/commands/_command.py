"""What the commands of this project share: the store, running a spider, and how they end."""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import sys
from abc import abstractmethod
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from scrapy.commands import ScrapyCommand
from scrapy.settings import Settings

from awardspider.outcomes import AwardError, InvalidArgument, StorageError
from awardspider.storage.store import Store, open_store

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.crawler import Crawler


class AwardCommand(ScrapyCommand):
    """A command that ends with one sentence on stderr when it cannot do what it was asked.

    The exit code is then 1 where the storage is to blame, and 2 for anything else. When whoever reads its output goes
    away (`| head`), it ends quietly.
    """

    # Scrapy takes each command class that a module of its folder defines for a command of that name; not this one.
    __module__ = "awardspider.commands"

    requires_project = True
    requires_crawler_process = False
    default_settings: ClassVar[dict[str, Any]] = {"LOG_ENABLED": False}

    settings: Settings

    @abstractmethod
    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        """Do it; any AwardError ends the command with its sentence."""

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # a terminal that cannot show a letter shows "?"
        try:
            with ExitStack() as self._at_end:
                _refuse_unknown_options(args)
                self.run_command(args, opts)
                sys.stdout.flush()
        except AwardError as error:
            print(f"error: {error}", file=sys.stderr)
            self.exitcode = 1 if isinstance(error, StorageError) else 2
        except BrokenPipeError:
            # Python flushes stdout again on its way out, and would complain.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def store(self) -> Store:
        """The store of the settings, closed when the command ends."""
        store = open_store(self.settings["AWARD_DATABASE_URL"], Path(self.settings["AWARD_DATA_DIR"]))
        return self._at_end.enter_context(closing(store))

    def crawl(self, spider: type[Spider] | str, **arguments: Any) -> None:
        """Run a spider to its end; raises what kept it from starting. Needs `requires_crawler_process`."""
        assert self.crawler_process
        crawler = self.crawler_process.create_crawler(spider)
        crawl: Any = self.crawler_process.crawl(crawler, **arguments)
        errors: list[BaseException] = []
        if isinstance(crawl, asyncio.Future):
            crawl.add_done_callback(lambda task: errors.extend(filter(None, [task.exception()])))
        else:
            crawl.addErrback(lambda failure: errors.append(failure.value))
        self.crawler_process.start()
        if errors:
            raise errors[0]
        if self.crawler_process.bootstrap_failed or went_wrong(crawler):
            self.exitcode = 1


def went_wrong(crawler: Crawler) -> bool:
    """Whether the crawl could not begin, or could not write all it had."""
    failed = crawler.stats.get_value("finish_reason") in ("storage_failed", "start_error")
    return failed or bool(crawler.stats.get_value("award/not_written"))


def _refuse_unknown_options(args: list[str]) -> None:
    # Scrapy's parser puts options that it does not know among the arguments.
    unknown = [arg for arg in args if arg.startswith("-") and arg != "-"]
    if unknown:
        raise InvalidArgument(f"there is no option {unknown[0].partition('=')[0]}; --help lists them all")
