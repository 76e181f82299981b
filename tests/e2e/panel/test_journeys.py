"""Journeys of people in a real browser, on a desktop and a phone: find a deal, and make a watch."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.demo_panel import SIZES, RunningPanel, open_page

pytestmark = [pytest.mark.slow, pytest.mark.browser]

WORDS = "Business from San Francisco to London, March to June, below 90000 miles"


@pytest.fixture(scope="module", params=SIZES)
def page(demo_panel: RunningPanel, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Open a page at the start of the panel, with the size of a desktop or a phone."""
    with open_page(browser, request.param, accept_downloads=True) as opened:
        yield opened


def show_filters(page: Page) -> None:
    """Unfold the filters, which a phone hides."""
    if not page.locator("#from-places").is_visible():
        page.locator("summary", has_text="Filters").first.click()


def routes(page: Page) -> list[str]:
    """Return the addresses of the deals in the list."""
    links: list[str] = page.locator(".deal-route a").evaluate_all("links => links.map(link => link.href)")
    return links


def test_a_deal_is_found_shared_and_opened(demo_panel: RunningPanel, browser: Browser, page: Page) -> None:
    page.goto(demo_panel.url)
    before = page.locator(".list-count").inner_text()
    show_filters(page)
    page.locator("#from-places").fill("san franc")
    page.get_by_role("option", name="San Francisco").first.click()
    expect(page).to_have_url(re.compile(r"from=SFO|from=san", re.IGNORECASE))
    page.get_by_role("checkbox", name="Business").check()
    expect(page).to_have_url(re.compile(r"cabin=business"))
    expect(page.locator(".list-count")).not_to_have_text(before)
    page.get_by_role("link", name="All deals").click()
    expect(page.locator("[aria-current=page]", has_text="All deals")).to_be_visible()

    listed = routes(page)
    assert listed
    with open_page(browser, "desktop") as shared:
        shared.goto(page.url)
        assert routes(shared) == listed
        assert shared.locator(".list-count").inner_text() == page.locator(".list-count").inner_text()

    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text(encoding="utf-8-sig"))))
    assert {(row["origin"], row["cabin"]) for row in rows} == {("SFO", "business")}
    assert set(listed) <= {f"{demo_panel.url}/offers/{row['offer_id']}" for row in rows}

    page.locator(".deal-route a").first.click()
    expect(page).to_have_url(listed[0])
    expect(page.get_by_role("heading", level=1)).to_contain_text("San Francisco")
    page.go_back()
    assert routes(page) == listed


def test_a_watch_is_made_in_words_tried_saved_and_paused(demo_panel: RunningPanel, page: Page) -> None:
    page.goto(f"{demo_panel.url}/watches")
    page.get_by_role("link", name="New watch").click()
    page.get_by_label("What are you looking for?").fill(WORDS)
    page.get_by_role("button", name="See what was understood").click()
    understood = page.locator("dl.kv").first
    expect(understood).to_contain_text("Business")
    expect(understood).to_contain_text("90,000")
    page.get_by_role("button", name="Try it now").last.click()
    preview = page.locator("#preview")
    expect(preview).to_contain_text("Required searches")
    expect(preview).to_contain_text(re.compile(r"match|Nothing that is stored"))

    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("The watch was added.")
    name = page.get_by_role("heading", level=1).inner_text()
    page.goto(f"{demo_panel.url}/watches")
    row = page.get_by_role("row").filter(has_text=name)
    row.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("status").first).to_contain_text("The watch is paused")
    expect(page.get_by_role("row").filter(has_text=name)).to_contain_text("Paused")
    remove_watch(page, name)


def remove_watch(page: Page, name: str) -> None:
    """Remove a watch in the list, so that the same test can add it again at another size."""
    page.get_by_role("link", name=name, exact=True).click()
    page.get_by_role("link", name="Remove").click()
    page.get_by_role("button", name="Remove the watch").click()
    expect(page.get_by_role("status").first).to_contain_text("The watch was removed")
