"""Crawls of the European Central Bank's reference rates, against the sandbox: stored, unchanged, or failed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from scrapy.http import XmlResponse
from scrapy.utils.test import get_crawler

from awardspider import __version__
from awardspider.items import ExchangeRatesItem
from awardspider.outcomes import InvalidArgument, Reason
from awardspider.sandbox.services.ecb import HOST, newest_day, rates_of
from awardspider.spiders.ecb import EcbSpider
from awardspider.storage.exchange_rates import SANDBOX, latest_rates
from tests.support.crawls import Workspace
from tests.support.sandbox_server import Sandbox, sandbox

NOW = datetime.now(UTC).replace(second=0)
ROBOTS = "robots.txt disallows https://www.ecb.europa.eu/stats/eurofxref/eurofxref-daily.xml"


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    """Run a sandbox whose clock is at the current minute."""
    with sandbox(clock=f"{NOW:%Y-%m-%dT%H:%MZ}") as running:
        yield running


@pytest.fixture
def workspace(server: Sandbox, tmp_path: Path) -> Iterator[Workspace]:
    """Return a workspace without a database, and reset the sandbox after the test."""
    yield Workspace(tmp_path / "data", server.url, settings={"AWARD_STRICT_EXIT": "yes"})
    server.reset()


def crawl(workspace: Workspace, code: int = 0) -> str:
    """Crawl the rates and return the only message of the log about them."""
    result = workspace.scrapy("crawl", "ecb")
    assert result.returncode == code, result.stderr
    [line] = [line for line in result.stderr.splitlines() if "ECB reference rates" in line]
    return line.partition("ECB reference rates")[2]


def stored_rates(workspace: Workspace) -> Any:
    store = workspace.store()
    try:
        return latest_rates(store, SANDBOX)
    finally:
        store.close()


def test_rates_are_stored_then_unchanged_and_kept_if_a_crawl_fails(workspace: Workspace, server: Sandbox) -> None:
    day = newest_day(NOW)
    assert crawl(workspace) == f" of {day}: 29 currencies"
    assert (stored_rates(workspace).day, stored_rates(workspace).rates) == (day, rates_of(day))
    assert crawl(workspace) == f" of {day}: 29 currencies, unchanged"
    server.fault(HOST, "robots")
    assert crawl(workspace, 3) == f": failed (refused_by_robots): {ROBOTS}"
    assert stored_rates(workspace).rates == rates_of(day)
    assert {request["headers"]["User-Agent"] for request in server.requests()} == {f"awardspider/{__version__}"}
    assert [request["path"] for request in server.requests()][:2] == [
        "/robots.txt",
        "/stats/eurofxref/eurofxref-daily.xml",
    ]


@pytest.mark.slow
def test_without_a_sandbox_the_crawl_says_how_to_start_one(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "data", "http://127.0.0.1:1", settings={"AWARD_STRICT_EXIT": "yes"})
    assert crawl(workspace, 3) == (
        ": failed (unreachable): no sandbox at http://127.0.0.1:1; start it with: scrapy sandbox --port 1"
    )


@pytest.mark.slow
def test_an_invalid_database_is_one_sentence(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "data", "http://127.0.0.1:1", database_url="nonsense")
    result = workspace.scrapy("crawl", "ecb", "-L", "CRITICAL")
    assert result.returncode == 2
    assert result.stderr.startswith("error: AWARD_DATABASE_URL")
    assert result.stderr.count("\n") == 1


# ---- responses -----------------------------------------------------------------------------------------------------


def handle(server: Sandbox) -> tuple[list[Any], EcbSpider]:
    """Return what the spider yields for the sandbox's current response, and the spider."""
    found = server.client.get(f"{server.url}/{EcbSpider.url.partition('//')[2]}", allow_redirects=False)
    response = XmlResponse(EcbSpider.url, found.status_code, dict(found.headers), body=found.content)
    spider = EcbSpider()
    spider._set_crawler(get_crawler(EcbSpider, {"AWARD_SANDBOX_URL": server.url}))
    return list(spider.on_response(response)), spider


def test_the_item_of_a_file(server: Sandbox) -> None:
    server.reset()
    [item], spider = handle(server)
    assert isinstance(item, ExchangeRatesItem)
    assert item.rates == rates_of(item.day)
    assert spider.failure is None


@pytest.mark.parametrize(
    ("fault", "options", "reason"),
    [
        ("html", {}, Reason.UNEXPECTED_RESPONSE),
        ("empty", {}, Reason.UNEXPECTED_RESPONSE),
        ("refused", {"variant": "no_day"}, Reason.UNEXPECTED_RESPONSE),
        ("bad_json", {}, Reason.UNEXPECTED_RESPONSE),
        ("deep", {}, Reason.UNEXPECTED_RESPONSE),
        ("wrong_encoding", {}, Reason.UNEXPECTED_RESPONSE),
        ("blocked", {}, Reason.BLOCKED),
        ("blocked", {"variant": "cloudflare_403"}, Reason.BLOCKED),
        ("blocked", {"variant": "challenge_200"}, Reason.BLOCKED),
        ("redirect_sign_in", {}, Reason.UNEXPECTED_RESPONSE),
        ("rate_limited", {}, Reason.RATE_LIMITED),
        ("500", {}, Reason.UNREACHABLE),
    ],
)
def test_a_fault_is_a_failure_and_never_no_rates(
    server: Sandbox, fault: str, options: dict[str, str], reason: Reason
) -> None:
    server.reset()
    server.fault(HOST, fault, **options)
    items, spider = handle(server)
    assert items == []
    assert spider.failure is not None
    assert spider.failure.reason is reason
    assert spider.failure.note
    server.reset()


@pytest.mark.parametrize("arguments", [{"origin": "LAX"}, {"day": "2026-11-27"}])
def test_arguments_are_refused(arguments: dict[str, str]) -> None:
    with pytest.raises(InvalidArgument, match=r"^ecb takes no arguments, but got (origin|day)$"):
        EcbSpider(**arguments)
    EcbSpider(_job="1", _version="2")
