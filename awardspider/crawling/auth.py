"""The request that some programs want first: a token, or a key that their page gives every visitor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from scrapy import Request
from scrapy.http import Response

from awardspider.crawling import browser, responses
from awardspider.crawling.search_state import SearchState, Yielded
from awardspider.outcomes import STOP_REASONS, SearchFailed

if TYPE_CHECKING:
    from twisted.python.failure import Failure

    from awardspider.crawling.spider import AwardSpider


class AuthToken:
    """The preparation of one run: done once ahead of the first look that needs it, and again when it has run out."""

    def __init__(self, spider: AwardSpider) -> None:
        self._spider = spider
        self.is_done = False
        self._failed: SearchFailed | None = None
        self._waiting: list[SearchState] | None = None  # the looks that wait for the answer under way
        self._times = 0
        self._works = True  # whether the present token has been good for an answer, or is the first

    def wait(self, look: SearchState) -> Iterator[Yielded]:
        """Let a look wait for the preparation, and ask for it where that has not been done."""
        if self._failed:
            yield from self._spider.failed(look, self._failed)
        elif self._waiting is not None:
            self._waiting.append(look)
        else:
            self._waiting = [look]
            yield self._request()

    def may_mend(self, response: Response) -> bool:
        """Whether an answer may only say that the token has run out: then nothing more leaves with it.

        A token runs out in a long run and is renewed; where the new one is refused at once, it is not the reason.
        """
        spider = self._spider
        if response.status not in spider.refresh_on or not spider.needs_auth or not self._works:
            return False
        self.is_done = False
        return True

    def works(self) -> None:
        """An answer has come: the token is good."""
        self._works = True

    def holds_back(self, look: SearchState) -> bool:
        """Whether a look must wait for a new token."""
        return look.search.kind in self._spider.needs_auth and not self.is_done and not look.pages

    def may_help(self, look: SearchState, response: Response) -> bool:
        """Whether to try this look once more with a new token."""
        spider = self._spider
        if spider.stopped or look.auth_renewed or look.search.kind not in spider.needs_auth:
            return False
        return response.status in spider.refresh_on

    def again(self, look: SearchState) -> Iterator[Yielded]:
        """Ask for a new token, then again for the look."""
        look.auth_renewed = True
        yield from self._spider.request(look)

    def _request(self) -> Request:
        spider = self._spider
        request = spider.auth_request()
        request.meta.update(handle_httpstatus_all=False, handle_httpstatus_list=range(400, 600))
        return request.replace(
            callback=self._arrived,
            errback=self._lost,
            cookies=browser.cookies(spider.session_file, None if not spider.live else spider.program.site),
            dont_filter=True,
        )

    def _arrived(self, response: Response) -> Iterator[Yielded]:
        spider = self._spider
        spider.count_sent()
        try:
            responses.check(response, spider.block_patterns, mark=response.meta.get("mark"))
            spider.parse_auth(response)
        except SearchFailed as cause:
            yield from self._go_on(cause)
        else:
            yield from self._go_on(None)

    def _lost(self, failure: Failure) -> Iterator[Yielded]:
        yield from self._go_on(responses.cause_of(failure))

    def _go_on(self, cause: SearchFailed | None) -> Iterator[Yielded]:
        """Go on with what waited; the preparation failed for `cause` if there is one."""
        self.is_done, self._failed = cause is None, cause
        self._works = self._times == 0
        self._times += 1
        waiting, self._waiting = self._waiting or [], None
        if cause and cause.reason in STOP_REASONS:
            self._spider.stop(cause)
        for look in waiting:
            yield from self._spider.request(look)
