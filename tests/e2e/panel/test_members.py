"""A member signs in, sees only own watches, and signs out, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from awardspider.storage.store import open_store
from tests.support.demo_panel import SIZES, RunningPanel, open_page, running_panel, sign_in
from tests.support.panel_examples import add_accounts
from tests.support.sandbox_server import Sandbox

pytestmark = [pytest.mark.slow, pytest.mark.browser]

BOTH_SIZES = pytest.mark.parametrize("size", SIZES)


@pytest.fixture(scope="module")
def panel_with_accounts(data_folder: Path, server: Sandbox) -> Iterator[RunningPanel]:
    """Serve the data of `make demo` with accounts; one of its watches belongs to the member Ana."""
    with closing(open_store("", data_folder)) as store:
        add_accounts(store, datetime.now(UTC))
    with running_panel(data_folder, AWARD_SANDBOX_URL=server.url) as panel:
        yield panel


@BOTH_SIZES
def test_a_member_sees_only_own_watches_and_signs_out(
    panel_with_accounts: RunningPanel, browser: Browser, size: str
) -> None:
    with open_page(browser, size, may_fail=True) as page:
        page.goto(f"{panel_with_accounts.url}/watches")
        expect(page).to_have_url(f"{panel_with_accounts.url}/sign-in?next=%2Fwatches")
        page.get_by_label("Name").fill("ana")
        page.get_by_label("Password").fill("a guess")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_have_text("The name or the password is wrong.")
        expect(page.get_by_label("Name")).to_have_value("ana")

        sign_in(page, panel_with_accounts, "ana")
        page.get_by_role("link", name="Watches", exact=True).click()
        expect(page.locator(".watch-count")).to_have_text("1 watch")
        assert page.get_by_role("link", name="Runs", exact=True).count() == 0
        response = page.goto(f"{panel_with_accounts.url}/runs")
        assert response is not None
        assert response.status == 403

        page.locator("summary[aria-label='Language and theme']").click()
        page.get_by_role("link", name="Account: ana").click()
        page.get_by_role("button", name="Sign out").click()
        page.goto(f"{panel_with_accounts.url}/watches")
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


@BOTH_SIZES
def test_the_operator_sees_the_watches_of_everybody(
    panel_with_accounts: RunningPanel, browser: Browser, size: str
) -> None:
    with open_page(browser, size) as page:
        sign_in(page, panel_with_accounts, "operator")
        page.goto(f"{panel_with_accounts.url}/watches")
        assert page.get_by_role("row").filter(has_text="Owner: Ana").count() == 1
