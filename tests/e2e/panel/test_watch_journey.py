"""A person says in words what to watch, sees what it would find, saves it, and edits it with the keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.support.demo_panel import RunningPanel, open_page

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_a_watch_in_words_is_tried_and_saved(demo_panel: RunningPanel, browser: Browser, size: str) -> None:
    name = f"Tokyo on a {size}"
    with open_page(browser, size) as page:
        page.goto(f"{demo_panel.url}/watches")
        page.get_by_role("link", name="New watch").click()
        words = page.get_by_label("What are you looking for?")
        words.fill("two business seats from SFO to Tokyo in March 2027 under 60k")
        page.get_by_role("button", name="See what was understood").click()
        expect(page.get_by_text("Mar 1 – 31, 2027")).to_be_visible()
        page.get_by_role("button", name="Edit in the form").click()
        page.get_by_label("Name").fill(name)
        page.get_by_role("button", name="Try it now").click()
        preview = page.locator("#preview")
        expect(preview.get_by_role("heading", name="Near misses")).to_be_visible()
        expect(preview.get_by_text(re.compile("above your limit")).first).to_be_visible()
        expect(preview.get_by_text(re.compile("requests a day"))).to_be_visible()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("heading", name=name)).to_be_visible()
        expect(page.get_by_text("The watch was added.")).to_be_visible()
        expect(page.get_by_role("heading", name="Near misses")).to_be_visible()  # loaded by a script


def test_the_editor_can_be_used_with_the_keyboard(demo_panel: RunningPanel, browser: Browser) -> None:
    with open_page(browser, "desktop") as page:
        page.goto(f"{demo_panel.url}/watches/new?from=SFO&to=TYO&date=2027-03&name=Keys")
        page.get_by_label("Name").focus()
        page.keyboard.press("Enter")
        # Enter tries the watch and saves nothing.
        expect(page.locator("#preview .watch-preview")).to_be_visible()
        assert page.url == f"{demo_panel.url}/watches/new"
        page.get_by_role("button", name="YAML").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_label("The watch as YAML")).to_have_value(re.compile("name: Keys"))
        page.get_by_label("The watch as YAML").press("ControlOrMeta+End")
        page.keyboard.type("    cabins: busines\n")
        page.get_by_role("button", name="Try it now").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert").first).to_contain_text(re.compile("Line [0-9]: unknown cabin"))
