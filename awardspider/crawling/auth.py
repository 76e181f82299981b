"""Requests for a token, or for a page that contains a key, sent before the searches that need it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from scrapy import Request
from scrapy.http import Response

from awardspider.crawling import browser, responses
from awardspider.crawling.search_state import SearchState, SpiderOutput
from awardspider.outcomes import STOP_REASONS, SearchFailed

if TYPE_CHECKING:
    from twisted.python.failure import Failure

    from awardspider.crawling.spider import AwardSpider


class AuthToken:
    """The token of one run: requested before the first search that needs it, and again after it expires."""

    def __init__(self, spider: AwardSpider) -> None:
        self._spider = spider
        self.is_ready = False
        self._error: SearchFailed | None = None
        self._waiting: list[SearchState] | None = None  # searches that wait for the request in flight
        self._attempts = 0
        self._may_expire = True  # a renewed token that has never worked is not renewed again

    def wait(self, state: SearchState) -> Iterator[SpiderOutput]:
        """Hold a search until the token arrives, requesting it if necessary; fail the search if the request failed."""
        if self._error:
            yield from self._spider.fail(state, self._error)
        elif self._waiting is not None:
            self._waiting.append(state)
        else:
            self._waiting = [state]
            yield self._request()

    def expire(self, response: Response) -> bool:
        """Return whether a refusal may mean that the token has expired; if so, stop using the token.

        Tokens expire during long runs. If a new token is refused immediately, expiry is not the reason.
        """
        spider = self._spider
        if response.status not in spider.refresh_on or not spider.needs_auth or not self._may_expire:
            return False
        self.is_ready = False
        return True

    def confirm(self) -> None:
        """Note that a request with the token succeeded."""
        self._may_expire = True

    def must_wait(self, state: SearchState) -> bool:
        """Return whether a search has to wait for a new token."""
        return state.search.kind in self._spider.needs_auth and not self.is_ready and not state.pages

    def can_retry(self, state: SearchState, response: Response) -> bool:
        """Return whether to retry a refused search with a new token."""
        spider = self._spider
        if spider.stopped or state.auth_renewed or state.search.kind not in spider.needs_auth:
            return False
        return response.status in spider.refresh_on

    def retry(self, state: SearchState) -> Iterator[SpiderOutput]:
        """Start the search again; it waits for a new token unless one has already arrived."""
        state.auth_renewed = True
        yield from self._spider.start_search(state)

    def _request(self) -> Request:
        spider = self._spider
        request = spider.auth_request()
        request.meta.update(handle_httpstatus_all=False, handle_httpstatus_list=range(400, 600))
        return request.replace(
            callback=self._on_success,
            errback=self._on_error,
            cookies=browser.cookies(spider.session_file, None if not spider.live else spider.program.site),
            dont_filter=True,
        )

    def _on_success(self, response: Response) -> Iterator[SpiderOutput]:
        spider = self._spider
        spider.count_sent()
        try:
            responses.check(response, spider.block_patterns, page_marker=response.meta.get("page_marker"))
            spider.parse_auth(response)
        except SearchFailed as error:
            yield from self._resume(error)
        else:
            yield from self._resume(None)

    def _on_error(self, failure: Failure) -> Iterator[SpiderOutput]:
        yield from self._resume(responses.failed_request_error(failure))

    def _resume(self, error: SearchFailed | None) -> Iterator[SpiderOutput]:
        """Start the waiting searches, or fail them if the token request failed."""
        self.is_ready, self._error = error is None, error
        self._may_expire = self._attempts == 0
        self._attempts += 1
        waiting, self._waiting = self._waiting or [], None
        if error and error.reason in STOP_REASONS:
            self._spider.stop(error)
        for state in waiting:
            yield from self._spider.start_search(state)
