"""robots.txt, with one difference from Scrapy: one that cannot be read counts as "no"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.utils.httpobj import urlparse_cached
from twisted.internet.defer import Deferred

from awardspider.crawling.responses import RefusedByRobots

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response
    from scrapy.robotstxt import RobotParser


class CarefulRobotsMiddleware(RobotsTxtMiddleware):
    """Sites answer robots.txt with block pages: a status other than 200, a page, or nothing refuses every address."""

    async def robot_parser(self, request: Request) -> RobotParser | None:
        """Of several requests that wait for the same robots.txt, Scrapy gives its rules to the first one only."""
        await super().robot_parser(request)
        parser = self._parsers[urlparse_cached(request).netloc]
        return None if isinstance(parser, Deferred) else parser

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        if response.status != 200:
            raise IgnoreRequest(f"HTTP {response.status}")
        if not response.body.strip():
            raise IgnoreRequest("an empty answer")
        if response.body.lstrip()[:1] == b"<":
            raise IgnoreRequest("a page, not a robots.txt")
        await super()._parse_robots(response, netloc, request)

    def process_request_2(self, rp: RobotParser | None, request: Request) -> None:
        if rp is None:
            raise RefusedByRobots("robots.txt could not be read, which counts as no")
        try:
            super().process_request_2(rp, request)
        except IgnoreRequest as refused:
            raise RefusedByRobots(f"robots.txt does not allow {request.url.partition('?')[0]}") from refused
