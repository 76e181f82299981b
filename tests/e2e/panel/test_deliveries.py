"""Journeys with messages in a real browser: send a rejected one again, and post one by hand."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from awardspider.storage.outbox import DeliveryStatus, row_with_attempts
from awardspider.storage.store import open_store
from tests.support.demo_panel import SIZES, RunningPanel, open_page, panel_environment, running_panel
from tests.support.http_recipient import Recipient, recipient
from tests.support.panel_examples import PUBLIC_URL, add_post, copy_message
from tests.support.panel_messages import add_channel_row
from tests.support.paths import ROOT
from tests.support.sandbox_server import Sandbox

__all__ = ["recipient"]

pytestmark = [pytest.mark.slow, pytest.mark.browser]

BOTH_SIZES = pytest.mark.parametrize("size", SIZES)


@pytest.fixture(scope="module")
def panel(data_folder: Path, server: Sandbox) -> Iterator[RunningPanel]:
    with running_panel(data_folder, AWARD_SANDBOX_URL=server.url, AWARD_PUBLIC_URL=PUBLIC_URL) as running:
        yield running


def add_due_message(folder: Path, channel: str, address: str) -> int:
    """Add a channel of the recipient and a message for it that is due; return the id of the message."""
    now = datetime.now(UTC)
    with closing(open_store("", folder)) as store:
        add_channel_row(store, channel, "apprise", address, now)
        return copy_message(store, now, channel=channel, key=channel)


def deliver(folder: Path, channel: str) -> None:
    """Send what is due in a channel to its own address: with a sandbox, that would be simulated."""
    command = [sys.executable, "-m", "scrapy", "deliver", "--channel", channel]
    environment = panel_environment(folder, AWARD_ALLOW_PRIVATE_HOSTS="127.0.0.1")
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)


def status(folder: Path, row_id: int) -> DeliveryStatus:
    """Return the status of a message."""
    with closing(open_store("", folder)) as store:
        return DeliveryStatus(row_with_attempts(store, row_id)[0]["status"])


@pytest.mark.parametrize(
    ("size", "options"),
    [("desktop", {}), ("phone", {}), ("desktop", {"java_script_enabled": False})],
    ids=["desktop", "phone", "without-script"],
)
def test_a_rejected_message_is_sent_again(
    panel: RunningPanel,
    browser: Browser,
    recipient: Recipient,
    size: str,
    options: dict[str, Any],
) -> None:
    recipient.responses = [(400, {}, b"chat not found"), (200, {}, b"{}")]
    channel = f"local_{recipient.port}"
    row_id = add_due_message(panel.folder, channel, recipient.url("json"))
    deliver(panel.folder, channel)
    assert status(panel.folder, row_id) is DeliveryStatus.REJECTED

    with open_page(browser, size, **options) as page:
        page.goto(f"{panel.url}/deliveries")
        page.get_by_role("link", name="Rejected").first.click()
        page.locator(f"a[href='/deliveries/{row_id}']").first.click()
        expect(page.locator(".attempts")).to_contain_text("400")
        page.get_by_role("button", name="Send again").click()
        expect(page.get_by_role("status")).to_contain_text("The message is due again")
        assert len(recipient.bodies) == 1
        deliver(panel.folder, channel)
        page.reload()
        expect(page.get_by_text("The recipient received the message.")).to_be_visible()
        expect(page.locator(".attempts li")).to_have_count(2)
    assert status(panel.folder, row_id) is DeliveryStatus.SENT
    assert len(recipient.bodies) == 2


@BOTH_SIZES
def test_a_post_is_copied_posted_by_hand_and_recorded(panel: RunningPanel, browser: Browser, size: str) -> None:
    with closing(open_store("", panel.folder)) as store:
        row_id = add_post(store, datetime.now(UTC), key=f"post-{size}")
    permissions = ["clipboard-read", "clipboard-write"]
    with open_page(browser, size, permissions=permissions) as page:
        page.goto(f"{panel.url}/posts")
        post = page.locator("article.post")
        expect(post).to_have_count(1)
        image = post.locator("img")
        image.evaluate("image => image.decode()")
        assert image.evaluate("image => [image.naturalWidth, image.naturalHeight]") == [1080, 1920]
        post.get_by_role("button", name="Copy text").click()
        expect(post.get_by_role("button", name="Copied")).to_be_visible()
        caption = post.get_by_label("Text").input_value()
        assert page.evaluate("navigator.clipboard.readText()").replace("\r\n", "\n") == caption

        post.get_by_role("button", name="I posted it").click()
        expect(page.get_by_role("status")).to_contain_text("Recorded as posted.")
        expect(page.get_by_role("heading", name="Nothing to post")).to_be_visible()
    assert status(panel.folder, row_id) is DeliveryStatus.SENT
