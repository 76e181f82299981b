"""Journeys of operators in a real browser and on a real Scrapyd: start a run, follow it, and cancel another."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from awardspider.operations.scrapyd import JobState
from tests.support.demo_panel import SIZES, RunningPanel, open_page, running_panel
from tests.support.paths import ROOT
from tests.support.sandbox_server import Sandbox
from tests.support.scrapyd_server import NAME, PASSWORD, ScrapydServer, scrapyd_server

pytestmark = [pytest.mark.slow, pytest.mark.browser]

_RUN_SECONDS = 120


@pytest.fixture(scope="module")
def scrapyd(tmp_path_factory: pytest.TempPathFactory, server: Sandbox) -> Iterator[ScrapydServer]:
    """Run a Scrapyd to which the project is deployed."""
    folder = tmp_path_factory.mktemp("scrapyd")
    with scrapyd_server(folder, AWARD_SANDBOX_URL=server.url) as running:
        command = [sys.executable, "-m", "scrapy", "deploy"]
        environment = os.environ | settings(running) | {"AWARD_DATA_DIR": str(running.data)}
        subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
        yield running


def settings(scrapyd: ScrapydServer) -> dict[str, str]:
    """Return the settings with which commands and the panel use a Scrapyd."""
    return {"AWARD_SCRAPYD_URL": scrapyd.url, "SCRAPYD_USERNAME": NAME, "SCRAPYD_PASSWORD": PASSWORD}


@pytest.fixture(scope="module")
def panel(scrapyd: ScrapydServer, server: Sandbox) -> Iterator[RunningPanel]:
    """Serve the data of the jobs."""
    Path(scrapyd.data).mkdir(exist_ok=True)
    with running_panel(scrapyd.data, AWARD_SANDBOX_URL=server.url, **settings(scrapyd)) as running:
        yield running


def start(page: Page, panel: RunningPanel, **route: str) -> str:
    """Start a run of United in the form, and return its job."""
    page.goto(f"{panel.url}/runs")
    page.get_by_role("link", name="Start a run").first.click()
    page.get_by_label("Program").select_option("united")
    for name, value in route.items():
        page.locator(f"#{name}").fill(value)
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Started")
    return page.url.partition("/runs/")[2].partition("?")[0]


@pytest.mark.parametrize("size", SIZES)
def test_a_run_is_started_and_followed_to_its_end(panel: RunningPanel, browser: Browser, size: str) -> None:
    with open_page(browser, size) as page:
        job = start(page, panel, origin="LAX", destination="AUS", dates="+30..+60")
        assert job
        # The page follows the run by itself: the log, and then the outcome.
        expect(page.locator("[data-log]")).to_contain_text("Spider closed (finished)", timeout=_RUN_SECONDS * 1_000)
        expect(page.locator(".facts")).to_contain_text("Finished")
        expect(page.locator(".facts")).to_contain_text(re.compile(r"Found\s*[1-9]"))
        page.get_by_role("link", name="All searches").click()
        expect(page.get_by_role("row").nth(1)).to_contain_text("LAX")

        page.goto(f"{panel.url}/runs")
        expect(page.get_by_text("Nothing is running or waiting.")).to_be_visible()
        expect(page.get_by_role("row").nth(1)).to_contain_text("Finished")


@pytest.mark.parametrize("size", SIZES)
def test_a_run_is_canceled(panel: RunningPanel, scrapyd: ScrapydServer, browser: Browser, size: str) -> None:
    with open_page(browser, size) as page:
        job = start(page, panel, origin="LAX,SFO,JFK,ORD", destination="LHR,CDG,NRT,AUS,MIA", dates="+1..+300")
        scrapyd.wait_for(job, JobState.RUNNING)
        expect(page.locator("[data-log]")).to_contain_text("Spider opened", timeout=_RUN_SECONDS * 1_000)
        page.get_by_role("link", name="Cancel").click()
        expect(page.get_by_role("heading", name="Cancel this run?")).to_be_visible()
        page.get_by_role("button", name="Cancel the run").click()
        expect(page.get_by_role("status")).to_contain_text("The run is stopping")
        expect(page.get_by_text("Why it stopped")).to_be_visible(timeout=_RUN_SECONDS * 1_000)
        expect(page.locator("[data-log]")).to_contain_text("Spider closed (shutdown)")
