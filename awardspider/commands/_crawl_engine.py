"""Invalid settings, Chromium, the sandbox and the programs that need a browser, for the doctor."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import Error as BrowserError
from playwright.sync_api import sync_playwright

from awardspider.commands._spiders import search_capabilities
from awardspider.crawling.browser import launch_options
from awardspider.crawling.sandbox_check import find_sandbox_problem
from awardspider.crawling.validation import check_settings
from awardspider.deals.classes import parse_thresholds
from awardspider.deals.valuations import load_valuations
from awardspider.delivery.outbox.enqueue import check_channel_settings
from awardspider.extensions.delivery import delivery_seconds
from awardspider.logs.configuration import parse_log_format
from awardspider.operations.retention import RetentionPeriods
from awardspider.operations.scrapyd import scrapyd_client
from awardspider.operations.thresholds import monitor_thresholds
from awardspider.outcomes import InvalidArgument, InvalidSetting
from awardspider.search.budgets import parse_budget
from awardspider.search.cash_fares import cash_fare_age
from awardspider.storage.price_samples import parse_history_days
from awardspider.storage.responses import parse_retention

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

# Each raises InvalidSetting for the first invalid setting that it reads.
_VALIDATORS: tuple[Callable[[Any], object], ...] = (
    check_settings,
    lambda settings: parse_budget(settings["AWARD_BUDGET"]),
    lambda settings: parse_retention(settings["AWARD_RESPONSE_RETENTION"]),
    parse_thresholds,
    parse_history_days,
    cash_fare_age,
    load_valuations,
    check_channel_settings,
    delivery_seconds,
    parse_log_format,
    monitor_thresholds,
    RetentionPeriods.from_settings,
    scrapyd_client,
)


class ScrapyEngine:
    """The crawl engine with the settings of a command."""

    def __init__(self, settings: BaseSettings) -> None:
        self._settings = settings

    def invalid_settings(self) -> list[str]:
        """Return a sentence for the first invalid setting of each part, apart from a broken `.env`."""
        settings = self._settings.copy()
        settings.set("ENV_FILE_ERROR", "", priority="cmdline")
        sentences: dict[str, None] = {}
        for validate in _VALIDATORS:
            try:
                validate(settings)
            except (InvalidSetting, InvalidArgument) as error:
                sentences[str(error)] = None
        return list(sentences)

    def find_chromium(self) -> str:
        """Return the path of the Chromium that crawls use, empty if there is none. Raise InvalidSetting."""
        options = launch_options(self._settings)
        if found := options.get("executable_path"):
            return str(shutil.which(found) or found)
        try:
            with sync_playwright() as playwright:
                path = Path(playwright.chromium.executable_path)
        except (BrowserError, OSError):
            return ""
        return str(path) if path.exists() else ""

    def find_sandbox_problem(self, url: str) -> str | None:
        """Return a sentence if no sandbox runs at a URL; that of an invalid URL is in `invalid_settings`."""
        try:
            return find_sandbox_problem(url)
        except ValueError:
            return None

    def browser_programs(self) -> list[str]:
        """Return the programs that are searched in a browser."""
        return [key for key, each in search_capabilities(self._settings).items() if each.uses_browser]
