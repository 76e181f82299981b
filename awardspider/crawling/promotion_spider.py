"""The base class of spiders that read announcements of promotions: one request and one report for each source."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.exceptions import CloseSpider
from scrapy.http import Response

from awardspider.crawling import failed_run, responses
from awardspider.crawling.promotion_context import PromotionContext, PromotionSource
from awardspider.crawling.sandbox_check import live_notice
from awardspider.crawling.source_schedule import NextSource, SourceSchedule, SourceState
from awardspider.crawling.spider_without_arguments import SpiderWithoutArguments
from awardspider.items import ParseWarning, PromotionItem, SourceKind, SourceReportItem
from awardspider.outcomes import (
    BACKOFF_REASONS,
    STOP_REASONS,
    InvalidArgument,
    Outcome,
    Reason,
    SearchFailed,
    UnexpectedResponse,
)
from awardspider.parsers import MAX_SOURCE_BYTES, SourceContext, SourceText, get_announcement_parser
from awardspider.promotion_sources import forbidding_program
from awardspider.search.route_places import route_place
from awardspider.search.source_urls import check_source_url
from awardspider.values import publisher

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings
    from twisted.python.failure import Failure

PromotionOutput: TypeAlias = Request | PromotionItem | SourceReportItem

#: Redirects that are followed for one source. robots.txt of each site is obeyed.
MAX_REDIRECTS = 3
REDIRECT_STATUSES = (301, 302, 303, 307, 308)
MOVED_STATUSES = (301, 308)

#: The pause of a source after a block or a rate limit without a Retry-After header.
BLOCK_PAUSE = timedelta(hours=6)

#: Seconds between two requests to one live site.
PAUSE_SECONDS = 5.0
#: A block page is smaller than this; a larger page that cannot be parsed has a new structure.
MAX_BLOCK_PAGE_BYTES = 20_000

SETTINGS: dict[str, Any] = {
    "DOWNLOAD_MAXSIZE": MAX_SOURCE_BYTES,
    "DOWNLOAD_TIMEOUT": 30,
    "AWARD_RETRY_AFTER_MAX": "0",  # a wait postpones the source instead of the crawl
    "RETRY_HTTP_CODES": [500, 502, 504, 522, 524, 408],  # without 503, which may have a Retry-After
    "COOKIES_ENABLED": False,
}
LIVE_SETTINGS: dict[str, Any] = {
    "DOWNLOAD_DELAY": PAUSE_SECONDS,
    "AUTOTHROTTLE_START_DELAY": PAUSE_SECONDS,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
}
SANDBOX_SETTINGS: dict[str, Any] = {"AUTOTHROTTLE_ENABLED": False, "CONCURRENT_REQUESTS_PER_DOMAIN": 2}


class PromotionSpider(SpiderWithoutArguments):
    """A crawl of sources of announcements. Every planned source ends with one SourceReportItem, after its items.

    The extension sets `context` before `start`. Sources of one site are requested one after another. A failure of one
    site does not affect the others. Subclasses declare the attributes below; `parsers/NAME.py` parses the responses.
    """

    #: Kinds of sources in the order in which they are requested: all of one kind end before the next kind begins.
    source_kinds: ClassVar[tuple[SourceKind, ...]]
    #: If True, anything in a response can be an announcement, so one that can be a block page must not be the first
    #: text of a source or a change of it.
    checks_blocks_first: ClassVar[bool] = False

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Set the request rate and the limits of responses."""
        super().update_settings(settings)
        for name, value in (SETTINGS | (SANDBOX_SETTINGS if settings["AWARD_SANDBOX_URL"] else LIVE_SETTINGS)).items():
            settings.set(name, value, priority="spider")

    def __init__(self, name: str | None = None, **given: str) -> None:
        """Raise InvalidArgument for any argument except those that Scrapyd adds."""
        super().__init__(name, **given)
        self.arguments: dict[str, str] = {}
        self.context = PromotionContext()
        #: Texts of sources by URL: of this run, or the stored ones of sources that are unchanged or not due.
        self.texts: dict[str, str] = {}
        self.outcomes: Counter[str] = Counter()
        self._schedule = SourceSchedule(self.source_kinds, self._terms_refusal)

    @property
    def sites(self) -> tuple[str, ...]:
        """Return a URL of each site that is due."""
        return tuple({publisher(source.url): source.url for source in self.context.due(self.now())}.values())

    @property
    def skipped(self) -> int:
        """Return the number of active sources that this run does not request, because they are not due."""
        return len(self.context.sources) - len(self._schedule.states)

    # ---- requests ----

    async def start(self) -> AsyncIterator[PromotionOutput]:
        """Yield the first request of each site."""
        due = self.context.due(self.now())
        self._schedule.add(due)
        for source in self.context.sources:
            if source.url not in self._schedule.states and source.previous_text is not None:
                self.texts[source.url] = source.previous_text
        if self.skipped:
            self.logger.info("%s: %s of %s sources are not due yet", self.name, self.skipped, len(self.context.sources))
        if self.live and due:
            self.logger.info(live_notice(self.sites))
        for output in self._take(self._schedule.first()):
            yield output

    def _take(self, sources: Iterable[NextSource]) -> Iterator[PromotionOutput]:
        """Yield the requests for sources; those that must not be requested fail."""
        for state, error in sources:
            yield self._request(state) if error is None else self._failed(state, error)

    def _terms_refusal(self, source: PromotionSource) -> SearchFailed | None:
        """Return the error of a source whose terms forbid automated access, unless the operator accepted them."""
        if not source.terms_forbid or not self.live:
            return None
        accepted = {entry.strip() for entry in self.settings.getlist("AWARD_ACCEPT_TERMS")}
        site = publisher(source.url)
        key = forbidding_program(source.url) or site
        if accepted & {key, site, self.name}:
            return None
        note = f"the terms of {site} forbid automated access: add {key} to AWARD_ACCEPT_TERMS if you have permission"
        return SearchFailed(Reason.TERMS_NOT_ACCEPTED, note)

    def _request(self, state: SourceState) -> Request:
        source = state.source
        headers: dict[str, str] = {}
        if self._is_conditional(source):
            known = {"If-None-Match": source.etag, "If-Modified-Since": source.last_modified}
            headers = {name: value for name, value in known.items() if value}
        state.conditional = bool(headers)
        return Request(
            state.url,
            callback=self._on_success,
            errback=self._on_error,
            headers=headers,
            cb_kwargs={"state": state},
            meta={"handle_httpstatus_all": True, "dont_redirect": True},
            dont_filter=True,
        )

    # ---- called by middlewares and transports ----

    def check_can_send(self, state: SourceState) -> None:
        """Allow every request: those that must not be sent are not built."""

    def before_send(self, state: SourceState) -> None:
        """Record the time of a request."""
        state.requested_at = state.requested_at or self.now()

    def on_response(self, request: Request, response: Response) -> None:
        """Do nothing with a response before it is read."""

    # ---- responses ----

    def _on_success(self, response: Response, state: SourceState) -> Iterator[PromotionOutput]:
        try:
            if response.status in REDIRECT_STATUSES:
                yield self._redirected(state, response)
                return
            outputs = self._unchanged(state) if response.status == 304 else self._read(state, response)
        except SearchFailed as error:
            outputs = [self._failed(state, error, response)]
        yield from outputs
        yield from self._take(self._schedule.after(state))

    def _on_error(self, failure: Failure) -> Iterator[PromotionOutput]:
        state: SourceState = failure.request.cb_kwargs["state"]  # type: ignore[attr-defined]
        yield self._failed(state, responses.failed_request_error(failure))
        yield from self._take(self._schedule.after(state))

    def _redirected(self, state: SourceState, response: Response) -> Request:
        """Return the request that follows a redirect. Raise SearchFailed if it must not be followed."""
        responses.check(response, (), accepted_statuses=REDIRECT_STATUSES)
        target = responses.redirect_target(response)
        try:
            target = check_source_url(target, allows_private=not self.live)
        except InvalidArgument as error:
            raise UnexpectedResponse(f"redirected: {error}") from error
        if urlsplit(state.url).scheme == "https" and urlsplit(target).scheme == "http":
            raise UnexpectedResponse(f"redirected from https to {target.partition('?')[0]}")
        if state.redirects == MAX_REDIRECTS:
            raise UnexpectedResponse("too many redirects")
        state.redirects += 1
        state.is_permanent = state.is_permanent and response.status in MOVED_STATUSES
        state.url = target
        if state.is_permanent:
            state.moved_to = target
        return self._request(state)

    def _unchanged(self, state: SourceState) -> list[PromotionOutput]:
        if not state.conditional:
            raise UnexpectedResponse("HTTP 304 to an unconditional request")
        if state.source.previous_text is not None:
            self.texts[state.source.url] = state.source.previous_text
        return [self._report(state, Outcome.FOUND, http_status=304)]

    def _read(self, state: SourceState, response: Response) -> list[PromotionOutput]:
        """Return the announcements of a response and the report. Raise SearchFailed."""
        source = state.source
        if response.status != 200 or not response.body.strip():
            responses.check(response, ())
        try:
            parsed = list(
                get_announcement_parser(self.name).parse(response.body, self._source_context(source, response))
            )
        except UnexpectedResponse as error:
            # Pages are HTML, and some sites send feeds as HTML, so only a response that cannot be read can be a block.
            if len(response.body) <= MAX_BLOCK_PAGE_BYTES and (block := responses.find_block(response)):
                raise block from error
            raise
        except Exception as error:
            self.logger.exception("Could not parse %s", source.url)
            raise SearchFailed(Reason.INTERNAL_ERROR, f"{type(error).__name__}: {error}") from error
        for warning in parsed:
            if isinstance(warning, ParseWarning):
                self._warn(source, warning)
        items = [item for item in parsed if isinstance(item, PromotionItem)]
        if self.checks_blocks_first and (items or source.previous_text is None):
            block = responses.find_block(response) if len(response.body) <= MAX_BLOCK_PAGE_BYTES else None
            if block:
                raise block
        text = next((item for item in parsed if isinstance(item, SourceText)), None)
        if text:
            self.texts[source.url] = text.text
        report = self._report(
            state,
            Outcome.FOUND,
            http_status=response.status,
            entries=text.entries if text else len(items),
            etag=_header(response, "ETag"),
            last_modified=_header(response, "Last-Modified"),
            text=text.text if text else None,
        )
        return [*items, report]

    def _source_context(self, source: PromotionSource, response: Response) -> SourceContext:
        return SourceContext(
            url=source.url,
            kind=source.kind,
            seen_at=self.now(),
            name=source.name,
            content_type=_header(response, "Content-Type") or "",
            language=source.language,
            selector=source.selector,
            previous_text=source.previous_text,
            other_texts=tuple(self.texts[other.url] for other in self._earlier(source) if other.url in self.texts),
            find_place=route_place,
        )

    def _earlier(self, source: PromotionSource) -> list[PromotionSource]:
        """Return the sources of the kinds that are requested before the kind of a source."""
        kinds = self.source_kinds[: self.source_kinds.index(source.kind)]
        return [other for other in self.context.sources if other.kind in kinds]

    def _is_conditional(self, source: PromotionSource) -> bool:
        """Return whether an unchanged response is of no use: it was read, and what it is compared with is unchanged."""
        return not source.is_first and all(
            self.texts.get(other.url, other.previous_text) == other.previous_text for other in self._earlier(source)
        )

    def _warn(self, source: PromotionSource, warning: ParseWarning) -> None:
        self.crawler.stats.inc_value(f"award/parse_warnings/{warning.path}")
        self.logger.warning("Unexpected value at %s in a response of %s: %s", warning.path, source.name, warning.value)

    # ---- reports ----

    def _failed(self, state: SourceState, error: SearchFailed, response: Response | None = None) -> SourceReportItem:
        """End a source with an error; its site gets no more requests in this run if the error affects all of them."""
        wait = error.wait_seconds
        if wait is None and response is not None and response.status in (429, 503):
            wait = responses.retry_after(response)
        paused_until = None
        if wait is not None:
            paused_until = self.now() + timedelta(seconds=wait)
        elif error.reason in BACKOFF_REASONS:
            paused_until = self.now() + BLOCK_PAUSE
        if error.reason in STOP_REASONS - {Reason.REFUSED_BY_ROBOTS, Reason.TERMS_NOT_ACCEPTED}:
            self._schedule.stop_site(state, error)
        return self._report(
            state,
            Outcome.FAILED,
            reason=error.reason,
            note=error.note or error.reason.value,
            http_status=response.status if response is not None else None,
            paused_until=paused_until,
        )

    def _report(self, state: SourceState, outcome: Outcome, *, note: str = "", **fields: Any) -> SourceReportItem:
        state.ended = True
        if outcome is Outcome.FOUND and state.moved_to:
            note = f"moved to {state.moved_to}"
        report = SourceReportItem(
            url=state.source.url,
            outcome=outcome,
            note=note,
            requested_at=state.requested_at or self.now(),
            **fields,
        )
        self.outcomes[report.reason or report.outcome] += 1
        return report

    def unfinished(self) -> Iterator[SourceReportItem]:
        """End the sources that were still open when the run closed, and yield their reports."""
        error = SearchFailed(Reason.INTERRUPTED, "the run was closed before this request ended")
        for state in self._schedule.unfinished():
            yield self._failed(state, error)

    def on_idle(self) -> None:
        """Raise CloseSpider with the most common reason if every source failed."""
        if reason := failed_run.common_failure(self.outcomes):
            self.crawler.stats.set_value("award/failed_run", str(reason))
            raise CloseSpider(str(reason))


def _header(response: Response, name: str) -> str | None:
    """Return a header of a response; None if it is missing or unusable as the header of a request."""
    value = (response.headers.get(name) or b"").decode("latin-1").strip()
    return value if 0 < len(value) <= 500 and value.isascii() and value.isprintable() else None
