"""Each page of the panel in both themes and sizes: no violation that axe-core finds, and no fault of the layout."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.support.demo_panel import RunningPanel, open_page, sign_in, wait_until_loaded
from tests.support.node_packages import node_package

pytestmark = [pytest.mark.slow, pytest.mark.browser]

BOTH_SIZES = pytest.mark.parametrize("size", ["desktop", "phone"])

#: The narrowest phone.
NARROW = {"width": 360, "height": 780}

#: The number of example pages; fewer mean that the demo has no example of one.
PAGES = 39

#: Containers whose children are columns, with pieces of one sentence among the children.
_BROKEN_SENTENCES = """
Array.from(document.querySelectorAll("body *"))
  .filter(each => /flex|grid/.test(getComputedStyle(each).display))
  .filter(each => Array.from(each.childNodes).filter(node => node.nodeType === 3 && node.data.trim()).length > 1)
  .map(each => each.outerHTML.slice(0, 200))
"""
_CHECK = "axe.run(document, {resultTypes: ['violations']})"
_CHECK_COLORS = "axe.run(document, {resultTypes: ['violations'], runOnly: ['color-contrast', 'link-in-text-block']})"


def problems(page: Page) -> list[str]:
    """Return what is wrong on a page with everything unfolded: violations in both themes, and faults of the layout."""
    wait_until_loaded(page)
    page.evaluate("for (const each of document.querySelectorAll('main details')) each.open = true")
    # Evaluated in the page's own world, without a script element, which the policy of the page forbids.
    page.evaluate((node_package("axe-core") / "axe.min.js").read_text(encoding="utf-8"))
    page.emulate_media(color_scheme="light")
    found = violations(page, _CHECK)
    page.emulate_media(color_scheme="dark")
    found += [f"dark: {each}" for each in violations(page, _CHECK_COLORS)]
    found += [f"broken sentence: {each}" for each in page.evaluate(_BROKEN_SENTENCES)]
    width = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return [*found, f"{width} pixels too wide"] if width > 0 else found


def violations(page: Page, check: str) -> list[str]:
    """Return the violations of a page, each with the elements."""
    result: dict[str, Any] = page.evaluate(check)
    return [
        f"{each['id']}: {each['help']}: {[node['html'][:200] for node in each['nodes'][:3]]}"
        for each in result["violations"]
    ]


def problems_of_pages(page: Page, panel: RunningPanel, pages: dict[str, str]) -> dict[str, list[str]]:
    """Return the problems of the pages that have some."""
    found = {}
    for name, path in pages.items():
        response = page.goto(panel.url + path)
        assert response is not None
        found[name] = problems(page) if response.status == 200 else [f"HTTP {response.status}"]
    return {name: each for name, each in found.items() if each}


def page_options(size: str) -> dict[str, Any]:
    """Return the options of a browser with the size of a window."""
    return {"viewport": NARROW} if size == "phone" else {}


@BOTH_SIZES
def test_no_page_has_a_problem(
    demo_panel: RunningPanel, browser: Browser, demo_pages: dict[str, str], size: str
) -> None:
    assert len(demo_pages) == PAGES
    with open_page(browser, size, **page_options(size)) as page:
        assert problems_of_pages(page, demo_panel, demo_pages) == {}


@BOTH_SIZES
def test_no_page_without_data_has_a_problem(
    empty_panel: RunningPanel, browser: Browser, empty_pages: dict[str, str], size: str
) -> None:
    with open_page(browser, size, **page_options(size)) as page:
        page.goto(f"{empty_panel.url}/sign-in")
        assert problems(page) == []
        sign_in(page, empty_panel, "operator")
        assert problems_of_pages(page, empty_panel, empty_pages) == {}


@BOTH_SIZES
def test_no_page_of_an_error_has_a_problem(empty_panel: RunningPanel, browser: Browser, size: str) -> None:
    with open_page(browser, size, may_fail=True, **page_options(size)) as page:
        sign_in(page, empty_panel, "eva", password="wrong")
        assert problems(page) == []
        sign_in(page, empty_panel, "eva")
        for path, status in (("/settings", 403), ("/missing", 404), ("/offers/missing", 404), ("/s/missing", 404)):
            response = page.goto(empty_panel.url + path)
            assert response is not None
            assert (response.status, problems(page)) == (status, [])


@BOTH_SIZES
def test_a_watch_that_was_tried_has_no_problem(demo_panel: RunningPanel, browser: Browser, size: str) -> None:
    with open_page(browser, size, **page_options(size)) as page:
        page.goto(f"{demo_panel.url}/watches/new?from=SFO&to=LHR&dates=%2B10..%2B200&max_miles=60000")
        page.get_by_role("button", name="Try it now").last.click()
        page.get_by_text("Required searches").wait_for()
        assert problems(page) == []
