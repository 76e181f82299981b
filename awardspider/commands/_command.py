"""Base classes of all commands: opening the store, running a spider, actions and exit codes."""

from __future__ import annotations

import argparse
import asyncio
import io
import logging
import os
import sys
from abc import abstractmethod
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from scrapy import signals
from scrapy.commands import ScrapyCommand
from scrapy.settings import Settings

from awardspider import clock
from awardspider.crawling.sandbox_check import live_notice
from awardspider.environment import data_dir, expand_path, is_yes
from awardspider.logs.configuration import configure_crawl_logs, mask_secrets, parse_log_format
from awardspider.outcomes import AwardError, InvalidArgument, InvalidSetting, ScrapydError, StorageError
from awardspider.storage.store import Store, open_store

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.crawler import Crawler

    from awardspider.crawling.document_spider import DocumentSpider
    from awardspider.crawling.promotion_spider import PromotionSpider
    from awardspider.crawling.spider import AwardSpider


#: Exit codes; docs/commands.md describes them.
EXIT_ERROR = 1
EXIT_USAGE = 2
EXIT_FAILED_CRAWL = 3


class AwardCommand(ScrapyCommand):
    """A command that reports an AwardError as one sentence on stderr.

    The exit code is 1 for a StorageError or a ScrapydError, and 2 for any other AwardError. If stdout is closed
    (`| head`), the command ends without a message.
    """

    # Scrapy registers each command class whose `__module__` is the module being loaded. This value keeps the base class
    # from being registered.
    __module__ = "awardspider.commands"

    requires_project = True
    requires_crawler_process = False
    default_settings: ClassVar[dict[str, Any]] = {"LOG_ENABLED": False}

    #: True if `crawl` sends requests to the program's site.
    searches_sites: ClassVar[bool] = False

    #: Usage line after the command's name: arguments and options.
    usage: ClassVar[str] = "[options]"

    settings: Settings

    @staticmethod
    def now() -> datetime:
        """Return the current time; tests replace it."""
        return clock.now()

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Apply Scrapy's options to the settings, with `~` expanded in paths."""
        for name in ("logfile", "pidfile", "profile"):
            if getattr(opts, name, None):
                setattr(opts, name, str(expand_path(getattr(opts, name))))
        super().process_options(args, opts)
        for name in ("LOG_FILE", "JOBDIR"):
            if self.settings[name]:
                self.settings.set(name, str(expand_path(self.settings[name])), self.settings.getpriority(name) or 0)
        self.adjust_settings(args, opts)
        mask_secrets(self.settings)
        if self.requires_crawler_process:
            configure_crawl_logs(self.settings)

    def adjust_settings(self, args: list[str], opts: argparse.Namespace) -> None:
        """Apply the command's own options to the settings, before the log is configured."""

    def syntax(self) -> str:
        """Return the usage line."""
        return self.usage

    def short_desc(self) -> str:
        """Return the description for the list of commands: the first line of the class's docstring."""
        return (self.__doc__ or "").splitlines()[0].rstrip(".")

    def long_desc(self) -> str:
        """Return the description for --help: the class's docstring as one paragraph."""
        return " ".join((self.__doc__ or "").split())

    @abstractmethod
    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run the command with its positional arguments and options; raise AwardError to end it with a message."""

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run the command and set the exit code."""
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # "?" for characters that the encoding lacks
        try:
            with ExitStack() as self._cleanup:
                self.check_settings()
                _refuse_unknown_options(args)
                self.run_command(args, opts)
                sys.stdout.flush()
        except AwardError as error:
            print(f"error: {error}", file=sys.stderr)
            self.exitcode = EXIT_ERROR if isinstance(error, StorageError | ScrapydError) else EXIT_USAGE
        except BrokenPipeError:
            # Without this, Python would flush stdout again at exit and print an error.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def check_settings(self) -> None:
        """Raise InvalidSetting for a broken `.env`, an invalid log format or an invalid simulated time."""
        if error := self.settings.get("ENV_FILE_ERROR"):
            raise InvalidSetting(error)
        parse_log_format(self.settings)
        clock.simulate_time(self.settings)

    def plain_settings(self) -> dict[str, Any]:
        """Return the settings as a dictionary, for packages that know nothing of Scrapy."""
        return {str(name): self.settings[name] for name in self.settings}

    def store(self) -> Store:
        """Open the configured store; it is closed when the command ends."""
        store = open_store(self.settings["AWARD_DATABASE_URL"], data_dir(self.settings))
        return self._cleanup.enter_context(closing(store))

    def crawl(self, spider: type[Spider] | str, **arguments: Any) -> None:
        """Run a spider until it finishes; if it cannot start, raise the error.

        The command class must set `requires_crawler_process`.
        """
        assert self.crawler_process
        crawler = self.crawler_process.create_crawler(spider)
        if self.searches_sites:
            crawler.signals.connect(self._opened, signals.spider_opened)
        crawl: Any = self.crawler_process.crawl(crawler, **arguments)
        errors: list[BaseException] = []
        if isinstance(crawl, asyncio.Future):
            crawl.add_done_callback(lambda task: errors.extend(filter(None, [task.exception()])))
        else:
            crawl.addErrback(lambda failure: errors.append(failure.value))
        self.crawler_process.start()
        if errors:
            abandon_run(crawler)
            raise errors[0]
        self.exitcode = EXIT_ERROR if self.crawler_process.bootstrap_failed else exit_code(crawler)

    def announce_live_sites(self, sites: Sequence[str]) -> None:
        """Print which live sites are searched, unless the sandbox is used or the log contains it; `sites` are URLs."""
        level: Any = logging.getLevelName(self.settings["LOG_LEVEL"])
        is_logged = self.settings["LOG_FILE"] or (self.settings.getbool("LOG_ENABLED") and level <= logging.INFO)
        if not self.settings["AWARD_SANDBOX_URL"] and not is_logged:
            print(live_notice(sites), file=sys.stderr, flush=True)

    def _opened(self, spider: AwardSpider | DocumentSpider | PromotionSpider) -> None:
        self.announce_live_sites(spider.sites)


class ActionCommand(AwardCommand):
    """A command with actions, such as `scrapy outbox list`, each with its own arguments and options."""

    __module__ = "awardspider.commands"

    usage = "<action> [options]"

    #: False if the command does something without an action, in `run_without_action`.
    needs_action: ClassVar[bool] = True

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add Scrapy's global options and the actions, each of which also accepts the common global options."""
        super().add_options(parser)
        common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
        common.add_argument("-s", "--set", metavar="NAME=VALUE", action="append", help="set a setting; may be repeated")
        common.add_argument("-L", "--loglevel", metavar="LEVEL", help="log level")
        common.add_argument("--logfile", metavar="FILE", help="log file")
        name = type(self).__module__.rpartition(".")[2]
        self._common = common
        self._actions = parser.add_subparsers(
            title="Actions", metavar="<action>", dest="action", required=self.needs_action, prog=f"scrapy {name}"
        )
        self.add_actions()

    @abstractmethod
    def add_actions(self) -> None:
        """Add each action with `add_action`."""

    def add_action(
        self, name: str, help: str, handler: Callable[[argparse.Namespace], None]
    ) -> argparse.ArgumentParser:
        """Add an action that `handler` runs; return the action's argument parser."""
        action = self._actions.add_parser(name, help=help, description=f"{help}.", parents=[self._common])
        action.set_defaults(handler=handler)
        return action

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run the chosen action."""
        if args:
            hint = f"put values with spaces in quotes; --help shows what {opts.action} takes"
            raise InvalidArgument(f"unexpected argument {args[0]!r}; {hint}")
        if opts.action is None:
            self.run_without_action(opts)
        else:
            opts.handler(opts)

    def run_without_action(self, opts: argparse.Namespace) -> None:
        """Run the command without an action; only for commands that do not need one."""
        raise NotImplementedError


def abandon_run(crawler: Crawler) -> None:
    """End the recorded run of a crawl that failed to start."""
    # These take a second to import, and most commands need no crawl.
    from awardspider.extensions.promotion_run import PromotionRun
    from awardspider.extensions.run_record import RunRecord

    extensions: tuple[type[Any], ...] = (RunRecord, PromotionRun)
    for extension in extensions:
        try:
            record: Any = crawler.get_extension(extension)
        except RuntimeError:  # the crawl ended before it loaded its extensions
            return
        if record:
            record.abandon()


def exit_code(crawler: Crawler) -> int:
    """Return the exit code for a crawl that has ended; a failed one counts only with AWARD_STRICT_EXIT."""
    stats = crawler.stats
    if stats.get_value("finish_reason") in ("storage_failed", "start_error") or stats.get_value("award/not_stored"):
        return EXIT_ERROR
    is_strict = is_yes(crawler.settings["AWARD_STRICT_EXIT"])
    return EXIT_FAILED_CRAWL if is_strict and stats.get_value("award/failed_run") else 0


def _refuse_unknown_options(args: list[str]) -> None:
    """Raise InvalidArgument for an unknown option: Scrapy's parser passes such options on as arguments."""
    unknown = [arg for arg in args if arg.startswith("-") and arg != "-"]
    if unknown:
        raise InvalidArgument(f"unknown option {unknown[0].partition('=')[0]}; --help lists all options")
