"""A robots.txt that cannot be read disallows every request of its site."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy import Request
from scrapy.exceptions import DownloadCancelledError, IgnoreRequest
from scrapy.http import Response
from scrapy.utils.test import get_crawler

from awardspider.crawling.responses import RefusedByRobots
from awardspider.middlewares.robots import StrictRobotsMiddleware

URL = "https://www.united.com/api/flight?origin=LAX"
RULES = b"User-agent: *\nDisallow: /en/log-in\n"


class Engine:
    """A replacement of Scrapy's engine that has one response, or one error, for every request."""

    def __init__(self, result: Response | Exception) -> None:
        self.result = result
        self.requested: list[str] = []

    async def download_async(self, request: Request) -> Response:
        self.requested.append(request.url)
        await asyncio.sleep(0)
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


def robots_txt(body: bytes = RULES, status: int = 200) -> Response:
    return Response("https://www.united.com/robots.txt", status=status, body=body)


def process(engine: Engine, *urls: str) -> list[Any]:
    """Return what the middleware returns or raises for requests that are sent at the same time."""
    crawler: Any = get_crawler(settings_dict={"ROBOTSTXT_OBEY": True})
    crawler.engine = engine
    crawler.signals = SimpleNamespace(connect=lambda *_, **__: None, send_catch_log_async=_send)
    middleware = StrictRobotsMiddleware(crawler)

    async def process_all() -> list[Any]:
        requests = [middleware.process_request(Request(url)) for url in urls]
        return list(await asyncio.gather(*requests, return_exceptions=True))

    return asyncio.run(process_all())


async def _send(**_: Any) -> None:
    """Ignore a signal."""


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (robots_txt(status=404), "HTTP 404"),
        (robots_txt(status=500), "HTTP 500"),
        (robots_txt(b" \n"), "empty"),
        (robots_txt(b"\n<!DOCTYPE html><title>Access denied</title>"), "HTML"),
        (robots_txt("User-agent: *\nDisallow: /\n".encode("utf-16")), "not a text in UTF-8"),
        (OSError("no route to host"), "OSError: no route to host"),
        (IgnoreRequest("max redirections reached"), "too many redirects"),
        (DownloadCancelledError(""), "the response is too large"),
    ],
    ids=["404", "500", "empty", "html", "utf-16", "unreachable", "redirects", "large"],
)
def test_an_unreadable_robots_txt_disallows_every_request(result: Response | Exception, reason: str) -> None:
    [error] = process(Engine(result), URL)
    assert isinstance(error, RefusedByRobots)
    assert str(error) == f"https://www.united.com/robots.txt could not be read: {reason}"


def test_the_rules_decide_if_they_can_be_read() -> None:
    [allowed, error] = process(Engine(robots_txt()), URL, "https://www.united.com/en/log-in?token=secret")
    assert allowed is None
    assert isinstance(error, RefusedByRobots)
    assert str(error) == "robots.txt disallows https://www.united.com/en/log-in"


def test_requests_of_a_site_share_one_download() -> None:
    engine = Engine(robots_txt())
    assert process(engine, URL, f"{URL}&destination=AUS") == [None, None]
    assert engine.requested == ["https://www.united.com/robots.txt"]
