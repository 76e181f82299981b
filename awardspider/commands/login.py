"""`scrapy login PROGRAM`: sign in to a program in a browser window and keep the session."""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import Error as BrowserError
from playwright.sync_api import sync_playwright

from awardspider.commands._command import AwardCommand
from awardspider.commands._spiders import spider_class
from awardspider.crawling.browser import launch_options
from awardspider.crawling.sandbox_check import require_sandbox
from awardspider.outcomes import AwardError, InvalidArgument

if TYPE_CHECKING:
    from playwright.sync_api import Page


class Command(AwardCommand):
    """Sign in to a program in a browser window and keep the session for its spider."""

    usage = "<program>"

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run the command."""
        if len(args) != 1:
            raise InvalidArgument("expected one program, as in: scrapy login united")
        spider = spider_class(self.settings, args[0])()
        if not spider.sign_in_page:
            raise InvalidArgument(f"{args[0]} does not need a sign-in")
        require_sandbox(self.settings)
        spider.settings = self.settings
        address = spider.sign_in_page
        if sandbox := self.settings["AWARD_SANDBOX_URL"]:
            address = f"{sandbox.rstrip('/')}/{address.split('://', 1)[1]}"
        options = launch_options(self.settings, headless=False)
        try:
            save_session(address, spider.session_file, options, _wait_for_operator)
        except BrowserError as error:
            message = str(error).splitlines()[0]
            raise AwardError(f"sign-in failed, nothing was saved: {message}") from error
        print(f"Saved the session in {spider.session_file}, which only you can read.")


def save_session(address: str, file: Path, options: dict[str, Any], wait: Callable[[Page], None]) -> None:
    """Open the address in a browser, wait for the operator to sign in, and save the session with mode 600."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with sync_playwright() as playwright, playwright.chromium.launch(**options) as browser:
        context = browser.new_context()
        page = context.new_page()
        page.goto(address)
        wait(page)
        state = context.storage_state()
        handle, unfinished = tempfile.mkstemp(dir=file.parent)  # created with mode 600
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(state, stream)
        Path(unfinished).replace(file)


def _wait_for_operator(page: Page) -> None:
    input("Sign in in the browser window. When you see your account, press Enter here. ")
