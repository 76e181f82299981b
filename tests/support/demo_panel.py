"""The panel in a process of its own, with the data of `make demo`, and a Chromium that opens its pages."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.paths import ROOT
from tests.support.ports import free_port
from tests.support.waiting import wait_until

#: Sizes of the window: a desktop and a phone.
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}

_DEMO_SECONDS = 600
_START_SECONDS = 60


def demo_data(folder: Path) -> Path:
    """Return a folder with the data of `make demo`, which runs if no process has run it in `folder` before."""
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
    environment = _clean_environment() | {"AWARD_DATA_DIR": str(folder), "AWARD_DATABASE_URL": ""} | settings
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
def open_page(browser: Browser, size: str, *, theme: str = "light", locale: str = "en-US") -> Iterator[Page]:
    """Open an empty page. At the end, fail if a page reported an error, such as content that its policy blocks."""
    width, height = SIZES[size]
    page = browser.new_page(
        viewport={"width": width, "height": height},
        color_scheme="dark" if theme == "dark" else "light",
        locale=locale,
        has_touch=size == "phone",
    )
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    page.close()
    assert errors == []


def _clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("AWARD_", "SCRAPY_"))}


def _responds(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except (urllib.error.URLError, ConnectionError):
        return False
