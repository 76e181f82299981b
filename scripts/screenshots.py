"""Write a picture of each page of the panel to docs/screenshots, on a desktop and a phone: `make screenshots`.

The pages show the results of `make demo`, which runs first if there are none, with the demo's sandbox running.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser

from awardspider.panel.auth.passwords import hash_password
from awardspider.storage.account_sessions import start_session
from awardspider.storage.accounts import Role, add_account
from awardspider.storage.schema import DEFAULT_OWNER
from awardspider.storage.store import Store, open_store
from deploy.demo import DATA, SEED, SHEET, free_port, server
from tests.support.demo_panel import SIZES, chromium, open_page, running_panel, wait_until_loaded
from tests.support.panel_examples import PASSWORD, add_post, add_public_pages, add_rejected_message
from tests.support.panel_pages import example_pages
from tests.support.paths import ROOT

FOLDER = ROOT / "docs" / "screenshots"

MAX_HEIGHTS = {"desktop": 1200, "phone": 1800}  # of a picture, so that it fits beside text
COLORS = 256  # of a picture, so that all of them together stay small
COMMON_COLORS = 192  # of these, the most common colors of the picture


def main() -> None:
    """Write all pictures."""
    if not (DATA / "webhooks.html").exists():  # the last file that the demo writes
        subprocess.run([sys.executable, "-m", "deploy.demo"], cwd=ROOT, env=os.environ | {"ONCE": "1"}, check=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        data = Path(folder)
        shutil.copytree(DATA, data, dirs_exist_ok=True, ignore=shutil.ignore_patterns("responses"))
        with closing(open_store("", data)) as store:
            pages = shown_pages(store)
            session = add_session(store)
        with sandbox(data) as settings, running_panel(data, **settings) as panel:
            for size in SIZES:
                for name, path in pages.items():
                    write_picture(browser, f"{panel.url}{path}", FOLDER / f"{name}-{size}.png", size, session)


def shown_pages(store: Store) -> dict[str, str]:
    """Return the addresses of the pages, with examples of what the demo has none of."""
    now = datetime.now(UTC)
    add_post(store, now)
    rejected = {"delivery-rejected": f"/deliveries/{add_rejected_message(store, now)}"}
    return example_pages(store) | rejected | add_public_pages(store, now)


@contextmanager
def sandbox(data: Path) -> Iterator[dict[str, str]]:
    """Run the sandbox of the demo, and yield the settings that use it."""
    address = f"http://127.0.0.1:{(port := free_port())}"
    environment = os.environ | {"AWARD_DATA_DIR": str(data), "AWARD_DATABASE_URL": ""}
    with server(f"{address}/_health", environment, "sandbox", "--port", str(port), "--seed", str(SEED)):
        yield {
            "AWARD_SANDBOX_URL": address,
            "AWARD_PUBLIC_URL": "https://deals.example.org",
            "AWARD_SEATSAERO_KEY": "pro_demo",
            "AWARD_SMILES_KEY": "demo",
            "AWARD_GOOGLE_SHEET": SHEET,
            "AWARD_WEBHOOKS": "make=https://hook.eu1.make.com/demo",
        }


def add_session(store: Store) -> str:
    """Add an account, which a panel with a public address needs, and return the id of a session."""
    now, password_hash = datetime.now(UTC), hash_password(PASSWORD)
    account = add_account(
        store, name="operator", role=Role.OPERATOR, owner_id=DEFAULT_OWNER, password_hash=password_hash, now=now
    )
    return start_session(store, account.id, address="", user_agent="", now=now)


def write_picture(browser: Browser, address: str, file: Path, size: str, session: str) -> None:
    """Write the picture of a page."""
    width, height = SIZES[size]
    with open_page(browser, size) as page:
        page.context.add_cookies([{"name": "awardspider_session", "value": session, "url": address}])
        response = page.goto(address)
        assert response is not None
        assert response.ok, f"{address}: {response.status}"
        wait_until_loaded(page)
        page.wait_for_load_state("networkidle")
        page_height = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": width, "height": max(height, min(page_height, MAX_HEIGHTS[size]))})
        page.wait_for_timeout(300)  # charts adapt to the size
        picture = Image.open(io.BytesIO(page.screenshot()))
    with_fewer_colors(picture.convert("RGB")).save(file, optimize=True)


def with_fewer_colors(picture: Image.Image) -> Image.Image:
    """Return a picture with its most common colors, which are those of surfaces and gradients, and some for the others.

    The latter keep colors that are rare but have a meaning, such as the red of a failed search.
    """
    counts = picture.getcolors(picture.width * picture.height) or []
    most = sorted(counts, key=itemgetter(0), reverse=True)[:COMMON_COLORS]
    common = [channel for _, color in most if isinstance(color, tuple) for channel in color]
    others = picture.quantize(COLORS - COMMON_COLORS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).getpalette()
    palette = Image.new("P", (1, 1))
    palette.putpalette([*common, *(others or [])])
    return picture.quantize(palette=palette, dither=Image.Dither.NONE)


if __name__ == "__main__":
    main()
