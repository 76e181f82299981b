"""Write a picture of each page of the panel to docs/screenshots, on a desktop and a phone: `make screenshots`.

The pages show the results of `make demo`, which runs first if there are none.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser

from awardspider.storage.store import open_store
from deploy.demo import DATA
from tests.support.demo_panel import SIZES, chromium, open_page, running_panel
from tests.support.panel_pages import example_pages
from tests.support.paths import ROOT

FOLDER = ROOT / "docs" / "screenshots"

MAX_HEIGHTS = {"desktop": 1200, "phone": 1800}  # of a picture, so that it fits beside text
COLORS = 256  # of a picture, so that all of them together stay small

#: As in the demo, whose data is of a sandbox: otherwise the programs would have no access, and no success yet.
SETTINGS = {"AWARD_SANDBOX_URL": "http://127.0.0.1:8800", "AWARD_SEATSAERO_KEY": "demo", "AWARD_SMILES_KEY": "demo"}


def main() -> None:
    """Write all pictures."""
    if not (DATA / "awardspider.db").exists():
        subprocess.run([sys.executable, "-m", "deploy.demo"], cwd=ROOT, env=os.environ | {"ONCE": "1"}, check=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with closing(open_store("", DATA)) as store:
        pages = example_pages(store)
    with running_panel(DATA, **SETTINGS) as panel, chromium() as browser:
        for size in SIZES:
            for name, page in pages.items():
                write_picture(browser, f"{panel.url}{page}", FOLDER / f"{name}-{size}.png", size)


def write_picture(browser: Browser, address: str, file: Path, size: str) -> None:
    """Write the picture of a page."""
    width, height = SIZES[size]
    with open_page(browser, size) as page:
        response = page.goto(address, wait_until="networkidle")
        assert response is not None
        assert response.ok, f"{address}: {response.status}"
        page_height = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": width, "height": max(height, min(page_height, MAX_HEIGHTS[size]))})
        page.wait_for_timeout(300)  # charts adapt to the size
        picture = Image.open(io.BytesIO(page.screenshot()))
    # This method keeps colors that are rare but have a meaning, such as the red of a failed search.
    method = Image.Quantize.FASTOCTREE
    picture.convert("RGB").quantize(COLORS, method, dither=Image.Dither.NONE).save(file, optimize=True)


if __name__ == "__main__":
    main()
