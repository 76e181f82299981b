"""Each page of the panel in both themes and sizes: no violation that axe-core finds, and no scrolling sideways."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from awardspider.storage.store import open_store
from tests.support.demo_panel import RunningPanel, open_page
from tests.support.panel_pages import example_pages
from tests.support.paths import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.browser]

AXE = ROOT / "tests" / "node" / "node_modules" / "axe-core" / "axe.min.js"

#: The number of pages in tests/support/panel_pages.py; fewer mean that the demo has no example of one.
PAGES = 21


@pytest.fixture(scope="module")
def pages(demo_panel: RunningPanel) -> dict[str, str]:
    with closing(open_store("", demo_panel.folder)) as store:
        return example_pages(store)


def violations(page: Page) -> list[str]:
    """Return the violations on a page, each with the elements."""
    # Evaluated in the page's own world, without a script element, which the policy of the page forbids.
    page.evaluate(AXE.read_text(encoding="utf-8"))
    result: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']}: {each['help']}: {[node['html'][:200] for node in each['nodes'][:3]]}"
        for each in result["violations"]
    ]


@pytest.mark.parametrize(("size", "theme"), [("desktop", "light"), ("phone", "dark"), ("desktop", "dark")])
def test_no_page_has_a_violation(
    demo_panel: RunningPanel, browser: Browser, pages: dict[str, str], size: str, theme: str
) -> None:
    assert len(pages) == PAGES
    found = {}
    with open_page(browser, size, theme=theme) as page:
        for name, path in pages.items():
            response = page.goto(demo_panel.url + path, wait_until="networkidle")
            assert response is not None
            assert response.status == 200, name
            if problems := violations(page):
                found[name] = problems
    assert found == {}


def test_no_page_scrolls_sideways_on_a_phone(demo_panel: RunningPanel, browser: Browser, pages: dict[str, str]) -> None:
    wide = {}
    with open_page(browser, "phone") as page:
        page.set_viewport_size({"width": 360, "height": 780})
        for name, path in pages.items():
            page.goto(demo_panel.url + path, wait_until="networkidle")
            width = page.evaluate("document.documentElement.scrollWidth")
            if width > 360:
                wide[name] = width
    assert wide == {}
