"""The panel is used with a keyboard only, and without scripts, in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.demo_panel import SIZES, RunningPanel, open_page

pytestmark = [pytest.mark.slow, pytest.mark.browser]

#: More steps than a page has to the first deal, with all filters open.
_MAX_TABS = 80


def press_tab_until(page: Page, selector: str) -> None:
    """Press Tab until an element has the focus, which must be visible at each step."""
    for _ in range(_MAX_TABS):
        page.keyboard.press("Tab")
        assert page.evaluate(_SHOWS_FOCUS), f"the focus is not visible: {page.evaluate(_FOCUSED)}"
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"{selector} is not reached with Tab")


_FOCUSED = "document.activeElement.outerHTML.slice(0, 200)"
#: The focused element, or for a hidden checkbox what follows it, or its frame, has an outline or a shadow, and a size.
_SHOWS_FOCUS = """() => {
  const focused = document.activeElement;
  const shown = [focused, focused.nextElementSibling, focused.parentElement].filter(Boolean).some((each) => {
    const style = getComputedStyle(each);
    const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    return (outlined || style.boxShadow !== "none") && each.getBoundingClientRect().height >= 10;
  });
  const box = focused.getBoundingClientRect();
  return shown && box.bottom > 0 && box.top < innerHeight;
}"""


def test_a_deal_is_found_and_opened_with_the_keyboard(demo_panel: RunningPanel, browser: Browser) -> None:
    with open_page(browser, "desktop") as page:
        page.goto(demo_panel.url)
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
        expect(page.get_by_role("link", name="Skip to content")).to_be_in_viewport()
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_be_focused()

        press_tab_until(page, "#from-places")
        page.keyboard.type("san franc")
        expect(page.get_by_role("listbox", name="From")).to_be_visible()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowUp")
        selected = page.locator("[role=option][aria-selected=true]")
        expect(selected).to_contain_text("San Francisco")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("from="))
        expect(page.get_by_role("button", name="Remove San Francisco")).to_be_visible()

        page.keyboard.type("tok")
        expect(page.get_by_role("listbox", name="From")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("listbox", name="From")).to_be_hidden()
        page.keyboard.press("Control+A")
        page.keyboard.press("Delete")

        press_tab_until(page, "summary.select-like, .more-filters > summary")
        page.keyboard.press("Enter")
        press_tab_until(page, "summary.select-like")
        page.keyboard.press("Enter")
        press_tab_until(page, "[name=program]")
        page.keyboard.press("Escape")
        expect(page.locator("summary.select-like")).to_be_focused()
        expect(page.locator("[name=program]").first).to_be_hidden()

        press_tab_until(page, ".deal-route a")
        address = page.evaluate("document.activeElement.href")
        page.keyboard.press("Enter")
        expect(page).to_have_url(address)
        expect(page.get_by_role("heading", level=1)).to_contain_text("San Francisco")


def test_the_navigation_and_menus_are_used_with_the_keyboard(demo_panel: RunningPanel, browser: Browser) -> None:
    with open_page(browser, "desktop") as page:
        page.goto(f"{demo_panel.url}/promotions")
        press_tab_until(page, ".site-nav a[href='/watches']")
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"{demo_panel.url}/watches")
        press_tab_until(page, ".site-tools summary")
        page.keyboard.press("Enter")
        expect(page.locator("[name=theme]")).to_be_visible()
        press_tab_until(page, "[name=theme]")
        page.keyboard.press("Escape")
        expect(page.locator("[name=theme]")).to_be_hidden()
        expect(page.locator(".site-tools summary")).to_be_focused()


@pytest.mark.parametrize("size", SIZES)
def test_deals_and_watches_work_without_scripts(demo_panel: RunningPanel, browser: Browser, size: str) -> None:
    with open_page(browser, size, java_script_enabled=False) as page:
        page.goto(demo_panel.url)
        if not page.locator("#from-places").is_visible():
            page.locator("summary", has_text="Filters").first.click()
        page.locator("#from-places").fill("San Francisco")
        page.get_by_role("checkbox", name="Business").check()
        page.get_by_role("button", name="Apply").click()
        expect(page).to_have_url(re.compile(r"from=.*cabin=business"))
        assert page.locator(".deal-route a").first.inner_text().startswith("San Francisco")

        page.goto(f"{demo_panel.url}/watches/new?tab=form")
        name = f"Without scripts, {size}"
        for field, value in {"name": name, "origin": "SFO", "destination": "LHR", "dates": "+10..+200"}.items():
            page.locator(f"input[name={field}]").fill(value)
        page.get_by_role("button", name="Try it now").last.click()
        expect(page.get_by_text("Required searches")).to_be_visible()
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_role("status")).to_contain_text("The watch was added.")
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
