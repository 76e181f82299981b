"""Write a picture of each page of the panel to docs/screenshots, on a desktop and a phone: `make screenshots`.

The pages show the results of `make demo`, which runs first if there are none.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from awardspider.storage.store import open_store
from deploy.demo import DATA, free_port, server
from tests.support.panel_pages import example_pages
from tests.support.paths import ROOT

FOLDER = ROOT / "docs" / "screenshots"

SIZES = {"desktop": (1440, 900), "phone": (390, 844)}
MAX_HEIGHT = 2400  # of a page on a phone, in its own pixels
COLORS = 128  # of a picture, so that all of them together stay small


def main() -> None:
    """Write all pictures."""
    if not (DATA / "awardspider.db").exists():
        subprocess.run([sys.executable, "-m", "deploy.demo"], cwd=ROOT, env=os.environ | {"ONCE": "1"}, check=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with closing(open_store("", DATA)) as store:
        pages = example_pages(store)
    with panel() as address, browser() as chromium:
        for size in SIZES:
            for name, page in pages.items():
                write_picture(chromium, f"{address}{page}", FOLDER / f"{name}-{size}.png", size)


@contextmanager
def panel() -> Iterator[str]:
    """Serve the demo's data, and yield the address."""
    address = f"http://127.0.0.1:{(port := free_port())}"
    environment = os.environ | {"AWARD_DATA_DIR": str(DATA), "AWARD_DATABASE_URL": ""}
    with server(f"{address}/healthz", environment, "panel", "--port", str(port), "-L", "WARNING"):
        yield address


@contextmanager
def browser() -> Iterator[Browser]:
    """Start the Chromium of Debian, or the one of Playwright."""
    debian = Path("/usr/bin/chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=debian if debian.exists() else None, args=["--no-sandbox", "--force-device-scale-factor=1"]
        )
        yield chromium
        chromium.close()


def write_picture(chromium: Browser, address: str, file: Path, size: str) -> None:
    """Write the picture of a page."""
    width, height = SIZES[size]
    page = chromium.new_page(viewport={"width": width, "height": height}, color_scheme="light", locale="en-US")
    response = page.goto(address, wait_until="networkidle")
    assert response is not None
    assert response.ok, f"{address}: {response.status}"
    page_height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": width, "height": max(height, min(page_height, MAX_HEIGHT))})
    page.wait_for_timeout(300)  # charts adapt to the size
    picture = Image.open(io.BytesIO(page.screenshot()))
    picture.convert("RGB").quantize(COLORS, dither=Image.Dither.NONE).save(file, optimize=True)
    page.close()


if __name__ == "__main__":
    main()
