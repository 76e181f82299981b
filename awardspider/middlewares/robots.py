"""Downloader middleware that obeys robots.txt and treats an unreadable robots.txt as disallowing everything."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from scrapy import Request, signals
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.httpobj import urlparse_cached
from scrapy.utils.misc import build_from_crawler, load_object
from twisted.python.failure import Failure

from awardspider.crawling.responses import RefusedByRobots, failed_request_error
from awardspider.crawling.sandbox_check import find_sandbox_problem
from awardspider.outcomes import Reason, SearchFailed

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.robotstxt import RobotParser


#: A larger file is unreadable; RFC 9309 requires crawlers to read at least 500 KB.
MAX_ROBOTS_BYTES = 1024 * 1024


class StrictRobotsMiddleware(RobotsTxtMiddleware):
    """Scrapy's middleware, except that an unreadable robots.txt disallows every request.

    A robots.txt is unreadable if the download fails, the status is not 200, the file is larger than MAX_ROBOTS_BYTES,
    or the body is empty, HTML or not in UTF-8: some sites send a block page instead.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._downloads: dict[str, asyncio.Task[RobotParser]] = {}

    async def robot_parser(self, request: Request) -> RobotParser:
        """Return the rules for a request, downloaded once per site; raise RefusedByRobots if they are unreadable.

        Raise SearchFailed (unreachable) if there is no sandbox at AWARD_SANDBOX_URL.
        """
        url = urlparse_cached(request)
        if url.netloc not in self._downloads:
            download = self._download(f"{url.scheme}://{url.netloc}/robots.txt", request)
            self._downloads[url.netloc] = asyncio.ensure_future(download)
        return await asyncio.shield(self._downloads[url.netloc])

    async def _download(self, url: str, request: Request) -> RobotParser:
        meta = {"dont_obey_robotstxt": True, "download_maxsize": MAX_ROBOTS_BYTES}
        robots_request = Request(url, priority=self.DOWNLOAD_PRIORITY, meta=meta, callback=NO_CALLBACK)
        assert self.crawler.engine is not None
        try:
            response = await self.crawler.engine.download_async(robots_request)
        except Exception as error:
            sandbox = self.crawler.settings["AWARD_SANDBOX_URL"]
            if sandbox and (problem := await asyncio.to_thread(find_sandbox_problem, sandbox)):
                raise SearchFailed(Reason.UNREACHABLE, problem) from error
            reason = failed_request_error(Failure(error)).note  # type: ignore[no-untyped-call]
            raise RefusedByRobots(f"{url} could not be read: {reason}") from error
        if response.status != 200:
            raise RefusedByRobots(f"{url} could not be read: HTTP {response.status}")
        body = response.body.strip()
        if not body or body.startswith(b"<"):
            raise RefusedByRobots(f"{url} could not be read: {'HTML' if body else 'empty'}")
        if b"\0" in body:  # binary, or in UTF-16: its rules would be ignored
            raise RefusedByRobots(f"{url} could not be read: not a text in UTF-8")
        rules: RobotParser = build_from_crawler(
            load_object(self.crawler.settings["ROBOTSTXT_PARSER"]), self.crawler, response.body
        )
        await self.crawler.signals.send_catch_log_async(
            signal=signals.robots_parsed, robotparser=rules, request=request
        )
        return rules

    def process_request_2(self, rp: RobotParser | None, request: Request) -> None:
        """Raise RefusedByRobots if the rules disallow a request."""
        try:
            super().process_request_2(rp, request)
        except IgnoreRequest as error:
            raise RefusedByRobots(f"robots.txt disallows {request.url.partition('?')[0]}") from error
