"""The panel in a process of its own, with the data of `make demo`, and a Chromium that opens its pages."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support.panel_examples import PASSWORD
from tests.support.paths import ROOT
from tests.support.ports import free_port
from tests.support.waiting import wait_until

#: Sizes of the window: a desktop and a phone.
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}

_DEMO_SECONDS = 600
_START_SECONDS = 60
_WAIT_SECONDS = 30  # for an element; the machine may be busy

expect.set_options(timeout=_WAIT_SECONDS * 1_000)

_FAILED = "Failed to load resource: the server responded with a status of 4"


def demo_data(folder: Path) -> Path:
    """Return a folder with the data of `make demo`, which runs if no process has run it in `folder` before.

    The environment variable PANEL_DEMO_DATA can be a folder with finished data, to skip the demo.
    """
    if finished := os.environ.get("PANEL_DEMO_DATA"):
        return Path(finished)
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / "demo"
    with (folder / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (data / "webhooks.html").exists():  # the last file that the demo writes
            shutil.rmtree(data, ignore_errors=True)
            environment = _clean_environment() | {"DEMO_DATA_DIR": str(data), "ONCE": "1"}
            subprocess.run(
                [sys.executable, "-m", "deploy.demo"],
                cwd=ROOT,
                env=environment,
                check=True,
                timeout=_DEMO_SECONDS,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
    return data


@dataclass(frozen=True, slots=True)
class RunningPanel:
    """The panel's address and the folder of its data."""

    url: str
    folder: Path


@contextmanager
def running_panel(folder: Path, **settings: str) -> Iterator[RunningPanel]:
    """Serve the data of a folder until the block ends."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    environment = panel_environment(folder, **settings)
    with (folder / "panel.log").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "scrapy", "panel", "--port", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=log,
        )
    try:
        wait_until(lambda: process.poll() is not None or _responds(f"{url}/readyz"), _START_SECONDS)
        assert process.poll() is None, (folder / "panel.log").read_text(encoding="utf-8")
        yield RunningPanel(url, folder)
    finally:
        process.terminate()
        process.wait(timeout=30)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Debian's Chromium, or the one that Playwright downloaded."""
    debian = Path("/usr/bin/chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=debian if debian.exists() else None, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@contextmanager
def open_page(
    browser: Browser,
    size: str,
    *,
    theme: Literal["light", "dark"] = "light",
    locale: str = "en-US",
    may_fail: bool = False,
    **options: Any,
) -> Iterator[Page]:
    """Open an empty page. At the end, fail if a page reported an error, such as content that its policy blocks.

    With `may_fail`, pages may respond with an error, which a browser reports too. `options` are those of a context.
    """
    width, height = SIZES[size]
    page = browser.new_page(
        **{
            "viewport": {"width": width, "height": height},
            "color_scheme": theme,
            "locale": locale,
            "has_touch": size == "phone",
            "reduced_motion": "reduce",
        }
        | options
    )
    page.set_default_timeout(_WAIT_SECONDS * 1_000)
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    try:
        yield page
    finally:
        page.close()
    assert [text for text in errors if not (may_fail and text.startswith(_FAILED))] == []


def wait_until_loaded(page: Page) -> None:
    """Wait until the parts of a page that are loaded after it are there."""
    page.wait_for_load_state()
    expect(page.locator("[hx-trigger=load] > a:only-child, .htmx-request")).to_have_count(0)


def sign_in(page: Page, panel: RunningPanel, name: str, password: str = PASSWORD) -> None:
    """Sign in with the form."""
    page.goto(f"{panel.url}/sign-in")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_load_state()


def panel_environment(folder: Path, **settings: str) -> dict[str, str]:
    """Return the environment of commands that use the data of a folder."""
    return _clean_environment() | {"AWARD_DATA_DIR": str(folder), "AWARD_DATABASE_URL": ""} | settings


def _clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("AWARD_", "SCRAPY_"))}


def _responds(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except OSError:  # not there yet, or too busy to respond
        return False
